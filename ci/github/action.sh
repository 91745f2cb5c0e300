#!/usr/bin/env bash
# The one step of action.yml that judges: options from its inputs, outputs from the result.
set -euo pipefail

options=()
add() { # OPTION VALUE: an input that was left empty is no option
    if [ -n "$2" ]; then options+=("$1=$2"); fi
}
add --project-arn "$PROJECT_ARN"
add --version-name "$VERSION_NAME"
add --evaluation-dir "$EVALUATION_DIR"
add --thresholds "$THRESHOLDS"
add --baseline-version "$BASELINE_VERSION"
add --baseline-dir "$BASELINE_DIR"
add --save-evaluation "$SAVE_EVALUATION"
add --metrics-json "$METRICS_JSON"
add --attestation "$ATTESTATION"
add --html "$HTML"
add --report-images "$REPORT_IMAGES"
if [ "$CHECK_IMAGES" = true ]; then options+=(--check-images); fi
if [ "$MASK_ACCOUNT" = true ]; then options+=(--mask-account); fi
if [ "$TAG_VERSION" = true ]; then options+=(--tag-version); fi

# What an earlier run has left is not this run's.
rm -f -- "$METRICS_JSON" "$HTML"

code=0
rekmetrics gate "${options[@]}" || code=$?
verdict=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"])' \
    "$METRICS_JSON" 2>/dev/null) || verdict=incomplete
{
    echo "verdict=$verdict"
    echo "exit-code=$code"
    echo "report=$HTML"
} >>"$GITHUB_OUTPUT"

# 0 is only believed of a run that says so twice.
if [ "$code" = 0 ] && [ "$verdict" != passed ]; then exit 3; fi
exit "$code"
