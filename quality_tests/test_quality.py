"""
The gate: one test for each bound in thresholds.yaml.

    pytest --project-arn ARN --version NAME
"""


def test_metric(metric_check):
    """Each metric of the model as a whole holds its bound."""
    metric_check.assert_holds()


def test_label(label_check):
    """Each metric of a label holds its bound."""
    label_check.assert_holds()


def test_confusion(confusion_check):
    """No label is mistaken for another more often than its bound allows."""
    confusion_check.assert_holds()


def test_regression(regression_check):
    """No metric has fallen further behind the baseline than its bound allows."""
    regression_check.assert_holds()


def test_test_set(test_set_check):
    """The test set itself is fit to judge by, as far as thresholds.yaml asks."""
    test_set_check.assert_holds()
