"""
All pairs, in one process tree: ratios, peak memory and floors, as Markdown.

    python benchmarks/run.py             everything: half an hour, 2 GB of disk
    python benchmarks/run.py --quick     tiny sizes, to see that it runs

Ours and what it is held against run in turn, so that a busy machine slows both.
Nothing here judges: `RESULTS.md` keeps a run, with what the aims are.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from processes import HERE, Cost, call, in_turns, median, run
from server import PROJECT_ARN, VERSION_NAME, serving

GATE = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
FROM_AWS = ("--project-arn", PROJECT_ARN, "--version-name", VERSION_NAME)
LIBRARIES = "import sklearn.metrics, boto3, pytest"
RULES = """\
metrics: {accuracy: 0.2, f1_macro: 0.2, matthews_corrcoef: 0.2}
labels:
  "*": {recall: 0.01}
"""
A_THOUSAND = 'labels: {"*": {precision: %s, recall: %s, f1: %s, jaccard: %s}}\n'


@dataclass(frozen=True)
class Sizes:
    """How much of everything; all image counts of a full run are AWS's limits."""

    images: int = 250_000
    few: int = 250
    some: int = 25_000
    many_labels: int = 250
    grown_images: Sequence[int] = (1_000, 25_000, 250_000, 500_000)
    grown_labels: Sequence[int] = (2, 30, 250)
    n_parses: int = 5
    n_turns: int = 3
    n_short_turns: int = 15
    n_start_turns: int = 40


QUICK = Sizes(200, 200, 200, 6, (100, 200), (2, 6), 1, 1, 1, 1)


class Bench:
    """A folder of evaluations, made when they are needed, and a repository."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes
        self.labels = 30 if sizes.images > 1000 else 6
        self.repository = folder / "repository"
        self.repository.mkdir()
        (self.repository / "thresholds.yaml").write_text(RULES)
        (self.repository / "tests").mkdir()
        (self.repository / "tests" / "test_one.py").write_text("def test(): pass\n")

    @contextmanager
    def evaluation(
        self, n_images: int, n_labels: int, kind: str = "multiclass"
    ) -> Iterator[Path]:
        """The folder of an evaluation, taken away again if it is large or seldom."""
        folder = self.folder / f"{kind}-{n_images}-{n_labels}"
        if not folder.exists():
            words = ["--images", str(n_images), "--labels", str(n_labels)]
            run([str(HERE / "manifests.py"), str(folder), *words, "--kind", kind])
        yield folder
        is_large = n_images * n_labels > self.sizes.images * self.labels
        if is_large or kind != "multiclass":
            (folder / "manifest.jsonl").unlink()
            (folder / "summary.json").unlink()
            folder.rmdir()

    def gate(self, *words: str, failing: bool = False, **variables: str) -> Cost:
        """One gate, as users run it; a failing one must end with 1."""
        return run(
            [*GATE, *words],
            cwd=self.repository,
            variables=variables,
            codes=(1,) if failing else (0,),
        )


def show_parsing(bench: Bench) -> Iterator[str]:
    yield (
        "| manifest | ours / skipping lines | / skipping blocks | arrays | promised "
        "| peak beside the arrays |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    sizes = bench.sizes
    for n_images, n_labels, kind in (
        (sizes.images, bench.labels, "multiclass"),
        (sizes.grown_images[-1], bench.labels, "multiclass"),
        (4 * sizes.some, sizes.many_labels, "multiclass"),
        (4 * sizes.some, bench.labels, "multilabel"),
        (sizes.some, bench.labels, "detection"),
    ):
        with bench.evaluation(n_images, n_labels, kind) as folder:
            path = folder / "manifest.jsonl"
            found = call("parse", "measure", path, sizes.n_parses)
        yield (
            f"| {kind}, {n_images:,} images, {n_labels} labels, {found['size']:.0f} MB "
            f"| {found['ratio']:.2f} | {found['ratio_blocks']:.2f} "
            f"| {found['arrays']:.1f} MiB | {found['allowed']:.1f} MiB "
            f"| {found['growth'] - found['arrays']:.1f} MiB |"
        )


def show_overlap(bench: Bench) -> Iterator[str]:
    with bench.evaluation(bench.sizes.images, bench.labels) as folder:
        found = call("overlap", "measure", folder, bench.sizes.n_parses)
    yield (
        f"Download {found['download']:.2f} s, parse {found['parse']:.2f} s, together "
        f"{found['together']:.2f} s: **{found['ratio']:.2f}** times the slower of the "
        "two (by the clock, best of several)."
    )


def show_images(bench: Bench) -> Iterator[str]:
    n_images = bench.sizes.images
    with bench.evaluation(n_images, bench.labels) as folder:
        found = call("images", "measure", folder, n_images)
    yield (
        f"{n_images:,} test images and as many training images: read in "
        f"{found['read']:.2f} s, compared by name in {found['compared']:.2f} s more: "
        f"**{found['ratio']:.2f}** times reading both; {found['memory']:.0f} MiB."
    )
    yield ""
    yield (
        f"With `--check-images`: {found['n_listed']:,} objects listed by a server on "
        f"loopback in {found['listed']:.0f} s, compared in "
        f"{found['list_compared']:.1f} s; {found['list_memory']:.0f} MiB. To ask how "
        f"one is kept takes {found['asked']:.1f} ms."
    )


def show_metrics(bench: Bench) -> Iterator[str]:
    yield "| labels | scikit-learn / ours | ours | all intervals | a comparison |"
    yield "| --- | --- | --- | --- | --- |"
    for n_labels in (bench.labels, bench.sizes.many_labels):
        found = call("metrics", "measure", n_labels, bench.sizes.images)
        yield (
            f"| {n_labels} | {found['ratio']:.1f} | {found['quick']:.2f} s "
            f"| {found['labels']:.2f} s | {found['comparison']:.2f} s |"
        )


def show_start(bench: Bench) -> Iterator[str]:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    cwd = bench.repository
    with_it, without = in_turns(
        bench.sizes.n_start_turns,
        partial(run, words, cwd=cwd),
        partial(run, [*words, "-p", "no:rekmetrics.plugin"], cwd=cwd),
    )
    yield (
        f"pytest on one empty test, with the plugin and without, in pairs: "
        f"**{1000 * difference(with_it, without, 'cpu'):+.1f} ms** of the processor, "
        f"{1000 * difference(with_it, without, 'seconds'):+.1f} ms by the clock "
        f"(medians of {len(without)}; bare {1000 * median(without, 'cpu'):.0f} ms)."
    )


def show_gate(bench: Bench) -> Iterator[str]:
    with (
        bench.evaluation(bench.sizes.images, bench.labels) as folder,
        serving(folder) as variables,
    ):
        script = str(HERE / "notebook.py")
        ours, notebook, libraries = in_turns(
            bench.sizes.n_turns,
            partial(bench.gate, *FROM_AWS, **variables),
            partial(run, [script, PROJECT_ARN, VERSION_NAME], variables=variables),
            partial(run, ["-c", LIBRARIES]),
        )
    yield (
        "| | the gate | the notebook's way | ratio | the libraries' import alone "
        "| ratio if all else were free |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, figure, unit in (
        ("clock", "seconds", "s"),
        ("processor", "cpu", "s"),
        ("peak memory", "peak", "MiB"),
    ):
        a, b, c = (median(costs, figure) for costs in (ours, notebook, libraries))
        yield (
            f"| {name} | {a:.1f} {unit} | {b:.1f} {unit} | **{b / a:.1f}** "
            f"| {c:.1f} {unit} | {b / c:.1f} |"
        )


def show_unavoidable(bench: Bench) -> Iterator[str]:
    with bench.evaluation(bench.sizes.images, bench.labels) as folder:
        scan = f"parse.skip_blocks(pathlib.Path({str(folder / 'manifest.jsonl')!r}))"
        ours, floor = in_turns(
            bench.sizes.n_turns,
            partial(bench.gate, "--evaluation-dir", str(folder)),
            partial(run, ["-c", f"{LIBRARIES}, parse, pathlib; {scan}"]),
        )
    for name, figure in (("clock", "seconds"), ("processor", "cpu")):
        a, b = median(ours, figure), median(floor, figure)
        yield (
            f"By the {name} {a:.2f} s, of which the libraries' import and a scan in "
            f"blocks that skips take {b:.2f} s: **{a / b:.2f}** times."
        )


def show_small_gate(bench: Bench) -> Iterator[str]:
    yield "| each answer takes | over the libraries' import: clock | processor |"
    yield "| --- | --- | --- |"
    for delay in (0.0, 0.1):
        with (
            bench.evaluation(bench.sizes.few, bench.labels) as folder,
            serving(folder, delay=delay) as variables,
        ):
            ours, floor = in_turns(
                bench.sizes.n_short_turns,
                partial(bench.gate, *FROM_AWS, **variables),
                partial(run, ["-c", LIBRARIES]),
            )
        yield (
            f"| {1000 * delay:.0f} ms | {difference(ours, floor, 'seconds'):+.2f} s "
            f"| {difference(ours, floor, 'cpu'):+.2f} s |"
        )
    yield ""
    yield f"The floor, `{LIBRARIES}`: {median(floor, 'cpu'):.2f} s of the processor."


def show_report(bench: Bench) -> Iterator[str]:
    n_labels = bench.sizes.many_labels
    yield "| checks | the whole page | the gate, processor |"
    yield "| --- | --- | --- |"
    with bench.evaluation(bench.sizes.some, n_labels) as folder:
        for told, bound in (("pass", 0.01), ("fall short", 1)):
            (bench.repository / "many.yaml").write_text(A_THOUSAND % ((bound,) * 4))
            words = ["--evaluation-dir", str(folder), "--thresholds", "many.yaml"]
            cost = bench.gate(*words, failing=bound == 1)
            size = (bench.repository / "report.html").stat().st_size / 1e6
            yield f"| {4 * n_labels} {told} | {size:.2f} MB | {cost.cpu:.1f} s |"
        found = call("report", "measure", folder, bench.repository / "many.yaml")
    yield ""
    yield (
        f"Our part of it: **{found['seconds']:.2f} s** to render, "
        f"{found['size'] / 1e6:.2f} MB."
    )


def show_growth(bench: Bench) -> Iterator[str]:
    yield "| images | labels | manifest | gate, clock | processor | peak memory |"
    yield "| --- | --- | --- | --- | --- | --- |"
    sizes = bench.sizes
    for n_images, n_labels in (
        *((n_images, bench.labels) for n_images in sizes.grown_images),
        *((sizes.images, n_labels) for n_labels in sizes.grown_labels),
    ):
        with bench.evaluation(n_images, n_labels) as folder:
            words = ("--evaluation-dir", str(folder))
            (costs,) = in_turns(sizes.n_turns, partial(bench.gate, *words))
            size = (folder / "manifest.jsonl").stat().st_size / 1e6
        yield (
            f"| {n_images:,} | {n_labels} | {size:.0f} MB "
            f"| {median(costs, 'seconds'):.1f} s | {median(costs, 'cpu'):.1f} s "
            f"| {median(costs, 'peak'):.0f} MiB |"
        )


def difference(ours: Sequence[Cost], others: Sequence[Cost], figure: str) -> float:
    """The median of what ours takes more, pair by pair."""
    return statistics.median(
        getattr(a, figure) - getattr(b, figure)
        for a, b in zip(ours, others, strict=True)
    )


SECTIONS: dict[str, Callable[[Bench], Iterator[str]]] = {
    "Parsing beside a scan that skips": show_parsing,
    "Download and parse": show_overlap,
    "Training images among the test images": show_images,
    "Metrics and intervals": show_metrics,
    "Start-up of pytest runs without a gate": show_start,
    "The whole gate beside the notebook": show_gate,
    "The gate beside what is unavoidable": show_unavoidable,
    "The whole gate on few images": show_small_gate,
    "The report of a thousand checks": show_report,
    "How cost grows (gate on a folder)": show_growth,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, in a minute")
    parser.add_argument("--only", metavar="WORD", default="", help="sections with it")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.system()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), QUICK if options.quick else Sizes())
        for title, show in SECTIONS.items():
            if options.only.lower() in title.lower():
                print(f"\n## {title}\n", flush=True)
                for line in show(bench):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
