#!/bin/sh
# Judges a model version, and deploys it only if it passed: PROJECT_ARN=… VERSION_NAME=… sh model-gate.sh
set -eu
rm -f report.html metrics.json
pip install rekmetrics
rekmetrics gate --project-arn "$PROJECT_ARN" --version-name "$VERSION_NAME" --metrics-json metrics.json
python3 -c 'import json, os, sys; r = json.load(open("metrics.json")); sys.exit((r["verdict"], r["model"]["version_name"]) != ("passed", os.environ["VERSION_NAME"]))'
echo "Put your deployment of $VERSION_NAME here."
