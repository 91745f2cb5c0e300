"""The documentation site: `tox -e docs` builds it, strictly."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["COLUMNS"] = "80"  # what the help of commands is folded to
sys.path.insert(0, str(Path(__file__).parent))

from generated import PAGES

import rekmetrics

project = "rekmetrics"
version = release = rekmetrics.__version__
html_title = f"rekmetrics {version}"
copyright = "the rekmetrics authors, MIT-0"  # noqa: A001 - Sphinx's name

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]

html_theme = "furo"
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
# Types of other projects: their inventories would have to be fetched.
nitpick_ignore_regex = [
    (r"py:.*", r"(argparse|collections|datetime|fractions|numpy|pathlib|typing)\..*"),
    (
        r"py:.*",
        r"(np|npt|NDArray|Path|Any|Literal|Callable|Mapping|Sequence).*",
    ),
    (r"py:.*", r"rekmetrics\..*"),
    # Types that appear in signatures alone.
    (r"py:class", r"csr_matrix|Summary|ProjectArn|Task|Loaded|Aws"),
]


def _generate(_: object, page: str, source: list[str]) -> None:
    """Put what the code says about itself under a page's head."""
    if page in PAGES:
        source[0] += PAGES[page]()


def _keep_shape(_: object, kind: str, *others: Any) -> None:
    """Napoleon would take the shape of an array, up to the colon, for its type."""
    lines: list[str] = others[-1]
    if kind in ("attribute", "property") and lines:
        lines[0] = lines[0].replace(": ", "; ", 1)


def setup(app: Any) -> None:
    """Register the steps that write reference pages."""
    app.connect("source-read", _generate)
    app.connect("autodoc-process-docstring", _keep_shape, priority=100)
