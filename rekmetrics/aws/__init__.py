"""Model versions and their documents, from AWS; the only user of boto3."""

from rekmetrics.aws.client import Aws, default_region
from rekmetrics.aws.description import ListedVersion, S3Location, VersionDescription

__all__ = ["Aws", "ListedVersion", "S3Location", "VersionDescription", "default_region"]
