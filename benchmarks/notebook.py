"""
The way of the notebook that rekmetrics replaces, written anew, as the reference.

    AWS_ENDPOINT_URL=… python benchmarks/notebook.py PROJECT_ARN VERSION_NAME

The document is read whole, `json.loads` turns each line into dictionaries, truths and
predictions become two lists of strings, and scikit-learn computes the metrics of the
mission on these lists. It is no slower than that needs to be: dictionaries are let go
line by line, and what a notebook imports to draw with (2 to 3 seconds) is left out.

Its numbers are right only where every line has exactly one entry: it compares each
entry with the first truth, and takes entries of labels that were missed for correct
predictions. What is compared with it is the cost, not the numbers.
"""

from __future__ import annotations

import json
import sys
import warnings

import boto3
from sklearn import metrics

PREFIX = "rekognition-custom-labels"
AVERAGES = ("micro", "macro", "weighted")


def main() -> None:
    project_arn, version_name = sys.argv[1:]
    summary, manifest = fetch(project_arn, version_name)
    labels = summary["EvaluationDetails"]["Labels"]
    truths, predictions = read(manifest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        show(truths, predictions, labels)


def fetch(project_arn, version_name):
    rekognition, s3 = boto3.client("rekognition"), boto3.client("s3")
    found = rekognition.describe_project_versions(
        ProjectArn=project_arn, VersionNames=[version_name]
    )["ProjectVersionDescriptions"][0]
    asset = found["TestingDataResult"]["Output"]["Assets"][0]
    places = (found["EvaluationResult"]["Summary"], asset["GroundTruthManifest"])
    summary, manifest = (
        s3.get_object(Bucket=place["S3Object"]["Bucket"], Key=place["S3Object"]["Name"])
        for place in places
    )
    return json.loads(summary["Body"].read()), manifest["Body"].read().decode()


def read(manifest):
    """One truth and one prediction for each entry of each line."""
    truths, predictions = [], []
    for text in manifest.splitlines():
        line = json.loads(text)
        truth = line[f"{PREFIX}-training-0-metadata"]["class-name"]
        for key, value in line.items():
            if key.startswith(f"{PREFIX}-evaluation") and key.endswith("-metadata"):
                truths.append(truth)
                predictions.append(value["class-name"])
    return truths, predictions


def show(truths, predictions, labels):
    """The metrics of the mission, the matrix, and scikit-learn's report."""
    pair = (truths, predictions)
    values = {
        "accuracy": metrics.accuracy_score(*pair),
        "balanced_accuracy": metrics.balanced_accuracy_score(*pair),
        "hamming_loss": metrics.hamming_loss(*pair),
        "matthews_corrcoef": metrics.matthews_corrcoef(*pair),
    }
    for average in AVERAGES:
        for name in ("precision", "recall", "f1", "jaccard"):
            score = getattr(metrics, f"{name}_score")
            values[f"{name}_{average}"] = score(*pair, average=average)
    for name, value in values.items():
        print(f"{name}: {value:.4f}")
    print(metrics.confusion_matrix(*pair, labels=labels))
    print(metrics.classification_report(*pair, target_names=labels))


if __name__ == "__main__":
    main()
