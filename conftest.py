"""
A place for your own fixtures and metrics; rekmetrics needs nothing here.

A metric of your own takes the evaluation and gives a number; its name can then stand
in thresholds.yaml beside the built-in ones:

    from rekmetrics.metrics.registry import register

    def share_without_prediction(evaluation):
        return float((evaluation.y_pred == evaluation.n_labels).mean())

    register("share_without_prediction", share_without_prediction,
             greater_is_better=False)

A test of your own takes the fixtures `evaluation` and `metrics`:

    def test_every_label_is_tested(evaluation):
        assert evaluation.support.min() > 0
"""
