"""
How often the intervals hold the truth, by simulation.

    python benchmarks/coverage_of_intervals.py [n_tests]

Rates are summed exactly. Composite numbers are simulated: models whose true rates are
known are tested on n images, and it is counted how often the nominal 95 % interval
holds the true number, with a plain percentile bootstrap beside it. The standard error
of a share of 400 tests is 1.1 points.
"""

from __future__ import annotations

import sys
from array import array

import numpy as np
from scipy.stats import binom

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import Texts
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.numbers import tally
from rekmetrics.metrics.records import Tally
from rekmetrics.metrics.registry import OVERALL
from rekmetrics.statistics import (
    IntervalRequest,
    intervals,
    mcnemar_p_value,
    rate_interval,
    wilson_interval,
)
from rekmetrics.statistics.rows import as_rows, layout_of
from rekmetrics.statistics.urn import quantile_interval, resample

SIZES = (10, 20, 50, 200)
RATES = (0.5, 0.8, 0.95)
COMPOSITES = ("balanced_accuracy", "f1_macro", "jaccard_macro", "matthews_corrcoef")
SHARES = {"4 equal labels": (0.25,) * 4, "50, 30, 15, 5 %": (0.5, 0.3, 0.15, 0.05)}


def main() -> None:
    n_tests = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("Coverage of nominal 95 % intervals, in %\n\nRates (exact sums)")
    print("   n  rate  Wilson  ours  percentile bootstrap")
    for n_images in SIZES:
        for rate in RATES:
            print(f"{n_images:4}  {rate:4}  {show_rates(n_images, rate)}")
    for name, shares in SHARES.items():
        print(f"\nComposites, {name}, ours (percentile bootstrap)")
        print("   n  rate  " + "  ".join(f"{m:>18}" for m in COMPOSITES))
        for n_images in SIZES:
            for rate in RATES:
                found = simulate(np.array(shares), rate, n_images, n_tests)
                cells = (f"{100 * o:9.1f} ({100 * p:5.1f})" for o, p in found)
                print(
                    f"{n_images:4}  {rate:4}  " + "  ".join(f"{c:>18}" for c in cells)
                )
    print("\nPower of McNemar's exact test, one-sided, alpha 0.05, 300 images")
    print(f"0.90 to 0.86 (20 broken, 8 mended expected): {power(300, 20, 8):.0%}")


def show_rates(n_images: int, rate: float) -> str:
    chances = binom.pmf(np.arange(n_images + 1), n_images, rate)
    shares = []
    for method in (wilson_interval, rate_interval, percentile):
        ends = [method(n_hits, n_images) for n_hits in range(n_images + 1)]
        holds = [low <= rate <= high for low, high in ends]
        shares.append(100 * float(chances @ np.array(holds)))
    return "  ".join(f"{share:5.1f}" for share in shares)


def percentile(n_hits: int, n_images: int) -> tuple[float, float]:
    """Where a bootstrap of a rate ends without resampling: binomial quantiles."""
    low, high = binom.ppf([0.025, 0.975], n_images, n_hits / n_images)
    return low / n_images, high / n_images


def simulate(
    shares: np.ndarray, rate: float, n_images: int, n_tests: int
) -> list[tuple[float, float]]:
    """For each composite, the coverage of our intervals and of percentile ones."""
    n = len(shares)
    chances = np.full((n, n), (1 - rate) / (n - 1))
    np.fill_diagonal(chances, rate)
    chances *= shares[:, None]
    truth = {m: float(OVERALL[m].values(counts_of(chances))) for m in COMPOSITES}
    random = np.random.default_rng(7)
    n_held = np.zeros((len(COMPOSITES), 2))
    n_defined = np.zeros(len(COMPOSITES))
    for seed in range(n_tests):
        cells = random.choice(n * n, n_images, p=chances.ravel() / chances.sum())
        evaluation = make_evaluation(*np.divmod(cells, n), n)
        for row, (name, ours, plain) in enumerate(both(evaluation, seed)):
            n_defined[row] += ours is not None
            for column, interval in enumerate((ours, plain)):
                if interval is not None:
                    low, high = interval
                    n_held[row, column] += low <= truth[name] + 1e-12 <= high + 2e-12
    return [tuple(row) for row in n_held / n_defined[:, None]]


def both(evaluation: Evaluation, seed: int):
    """Each composite with our interval and a plain percentile one."""
    counts = tally(evaluation)
    values = {m: float(OVERALL[m].values(counts)) for m in COMPOSITES}
    numbers = Numbers(
        {m: Estimate(None if np.isnan(v) else v) for m, v in values.items()}
    )
    requests = [IntervalRequest(None, m) for m in COMPOSITES]
    ours = intervals(evaluation, numbers, requests, n_resamples=600, seed=seed)
    layout = layout_of(evaluation)
    totals, n_images = resample(
        evaluation.patterns.counts,
        as_rows(evaluation.patterns, layout),
        n_resamples=600,
        random=np.random.default_rng(seed),
    )
    resampled = layout.tally(totals, n_images)
    for request in requests:
        name = request.metric
        drawn = OVERALL[name].values(resampled)
        plain = quantile_interval(drawn, 0.95, values[name])
        yield name, ours[request], plain


def counts_of(matrix: np.ndarray) -> Tally:
    hits = np.diagonal(matrix)
    return Tally(hits, matrix.sum(0) - hits, matrix.sum(1) - hits, matrix.sum())


def make_evaluation(y_true: np.ndarray, y_pred: np.ndarray, n: int) -> Evaluation:
    """One entry an image, from codes."""
    starts = np.arange(len(y_true) + 1, dtype=np.uint32)
    names = [str(index).encode() for index in range(len(y_true))]
    ends = np.cumsum([len(name) for name in names]).tolist()
    return Evaluation(
        task="multiclass",
        labels=tuple(f"label {code}" for code in range(n)),
        sources=Texts(b"".join(names), array("Q", ends)),
        truth_starts=starts,
        truth_labels=y_true.astype(np.uint16),
        entry_starts=starts,
        entry_labels=y_pred.astype(np.uint16),
        entry_kinds=np.where(y_true == y_pred, 1, 2).astype(np.uint8),
        entry_confidences=np.full(len(y_true), 0.9, dtype=np.float32),
        assumed_thresholds=np.full(n, 0.5),
    )


def power(n_images: int, n_broken: float, n_mended: float) -> float:
    """How often a loss is found, over 4,000 pairs of tests."""
    chances = [n_broken / n_images, n_mended / n_images]
    drawn = np.random.default_rng(3).multinomial(
        n_images, [*chances, 1 - sum(chances)], size=4000
    )
    found = [mcnemar_p_value(int(b), int(m)) <= 0.05 for b, m, _ in drawn]
    return float(np.mean(found))


if __name__ == "__main__":
    main()
