"""
One model version's evaluation, whole and checked, from AWS or from a folder.

What `load_from_aws` saves, `load_from_folder` reads again with the same numbers.
"""

from rekmetrics.loading.documents import Loaded
from rekmetrics.loading.folder import load_from_folder
from rekmetrics.loading.remote import load_from_aws

__all__ = ["Loaded", "load_from_aws", "load_from_folder"]
