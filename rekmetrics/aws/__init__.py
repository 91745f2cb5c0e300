"""Model versions and their documents, from AWS; the only user of boto3."""

from rekmetrics.aws.client import Aws
from rekmetrics.aws.description import S3Location, VersionDescription

__all__ = ["Aws", "S3Location", "VersionDescription"]
