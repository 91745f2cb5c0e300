"""Rekognition and S3 on loopback, for the demo and for tests."""
