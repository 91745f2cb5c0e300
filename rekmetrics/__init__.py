"""
A quality gate for Amazon Rekognition Custom Labels models.

PYTEST_DONT_REWRITE: `rekmetrics gate` imports this before pytest, which would warn that
it came too late to rewrite it; under `filterwarnings = error` that ends the run.
"""

__version__ = "0.1.0"
