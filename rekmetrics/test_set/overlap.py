"""Which test images are in the training set too, and which stand there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rekmetrics.manifest import list_repeated

if TYPE_CHECKING:
    from rekmetrics.manifest import Texts
    from rekmetrics.manifest.sources import Images, Training


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the test images, by index; `unknown` says why there may be more."""

    images: tuple[int, ...]
    n_total: int
    unknown: str = ""
    copies: Mapping[int, str] = field(default_factory=dict)
    """The other name that an image of these has, where that is not its own."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The training manifest, and what else is known of what it lists."""

    manifest: Training | None
    n_images: int | None
    """As the summary counts them."""
    is_split: bool
    """Whether AWS split the test set off the same data set."""


def find_duplicates(sources: Texts, images: Images | None = None) -> Share:
    """The lines whose source-ref, or whose bytes, an earlier line has as well."""
    repeated = {*list_repeated(sources)}
    if images is None:
        return Share(tuple(sorted(repeated)), len(sources))
    by_bytes = _Bytes(images)
    for image, source in enumerate(sources):
        if image not in repeated and by_bytes.find(image, source):
            repeated.add(image)
        by_bytes.add(source)
    return by_bytes.share(sorted(repeated), len(sources))


def find_overlap(
    sources: Texts, trained_on: TrainingSet, images: Images | None = None
) -> Share:
    """
    The test images whose source-ref, or whose bytes, the training manifest has.

    Where AWS split one data set, the training manifest may list the whole of it: by
    the summary's counts it is known whether it does, and each test image is then taken
    out of it once. A manifest that lists fewer images than the summary counts may lack
    the very ones that are shared.
    """
    training = trained_on.manifest
    if training is None or training.sources is None:
        return Share((), len(sources), training.why_not if training else _NOT_SAVED)
    trained = Counter(training.sources)
    is_split, n_trained = trained_on.is_split, trained_on.n_images
    n_listed = len(training.sources)
    if is_split and n_trained and n_listed == n_trained + len(sources):
        trained.subtract(sources)
    shared = {i for i, source in enumerate(sources) if trained.get(source, 0) > 0}
    if is_split and len(shared) == len(sources) and n_listed != n_trained:
        return Share((), len(sources), _UNTOLD)
    share = _add_copies(shared, sources, trained, images)
    if n_trained is None or n_listed >= n_trained:
        return share
    short = (
        f"the training manifest lists {n_listed:,} images, the summary "
        f"counts {n_trained:,}"
    )
    unknown = f"{short}; and {share.unknown}" if share.unknown else short
    return replace(share, unknown=unknown)


def _add_copies(
    shared: set[int], sources: Texts, trained: Counter[str], images: Images | None
) -> Share:
    """The images that are shared by name, and those whose bytes are."""
    if images is None:
        return Share(tuple(sorted(shared)), len(sources))
    by_bytes = _Bytes(images, (source for source, n in trained.items() if n > 0))
    copies = {
        image
        for image, source in enumerate(sources)
        if image not in shared and by_bytes.find(image, source)
    }
    return by_bytes.share(sorted(shared | copies), len(sources))


class _Bytes:
    """
    Images that were met, by what S3 tells of their bytes.

    Images of one size have the same bytes where their ETags are equal, and others
    where these are hashes of parts of the same sizes; else it is not known.
    """

    def __init__(self, images: Images, sources: Iterable[str] = ()) -> None:
        self._stored, self._why_not = images.stored, images.why_not
        self._names: dict[tuple[int, str], str] = {}
        self._parts: dict[int, set[tuple[int, ...] | None]] = {}
        self._untold: set[str] = set()
        self._copies: dict[int, str] = {}
        for source in sources:
            self.add(source)

    def add(self, source: str) -> None:
        """Meet an image."""
        if self._stored is None:
            return
        one = self._stored.get(source)
        if one is None:
            self._untold.add(source)
            return
        self._names.setdefault((one.size, one.etag), source)
        self._parts.setdefault(one.size, set()).add(one.parts)

    def find(self, image: int, source: str) -> bool:
        """Whether an image that was met has the bytes of this one, as far as told."""
        if self._stored is None:
            return False
        one = self._stored.get(source)
        if one is None:
            self._untold.add(source)
            return False
        name = self._names.get((one.size, one.etag))
        if name is not None:
            self._copies[image] = name
            return True
        parts = self._parts.get(one.size, set())
        if parts and (None in parts or parts != {one.parts}):
            self._untold.add(source)
        return False

    def share(self, found: Iterable[int], n_total: int) -> Share:
        """What was found, and whether there may be more."""
        unknown = self._why_not
        if n := len(self._untold):
            what = "1 image has" if n == 1 else f"{n:,} images have"
            unknown = (
                f"S3 does not tell whether {what} the bytes of others: not there, or "
                "with an ETag that is no hash of them (SSE-KMS, SSE-C), or one of "
                "other parts"
            )
        return Share(tuple(found), n_total, unknown, self._copies)


_NOT_SAVED = (
    "the folder holds no training manifest; save the evaluation again with this rule "
    "in the thresholds file"
)
_UNTOLD = (
    "AWS split the test set off, and the training manifest lists every test image: it "
    "may list the whole data set, and the summary's counts do not tell"
)
