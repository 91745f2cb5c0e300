"""A quality gate for Amazon Rekognition Custom Labels models."""

__version__ = "0.1.0"
