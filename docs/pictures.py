"""
Take the pictures of the pages anew, from the demo's reports: `tox -e pictures`.

It needs Debian's `chromium` and `chromium-driver`. What each picture shows is kept
beside them as a digest, so that a test can tell which have become stale.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.evaluation_files import write_folder  # noqa: E402 - after the path

from rekmetrics import cli  # noqa: E402
from rekmetrics.demo.digits import build_example  # noqa: E402
from rekmetrics.demo.run import run_demo  # noqa: E402
from rekmetrics.judgement import judge_version  # noqa: E402
from rekmetrics.loading import load_from_folder  # noqa: E402
from rekmetrics.report.page import render_summary  # noqa: E402
from rekmetrics.run.telling import build_content  # noqa: E402
from rekmetrics.thresholds import read_thresholds  # noqa: E402

if TYPE_CHECKING:
    from support.browser import Browser

IMAGES = ROOT / "docs" / "images"
SHOWN = IMAGES / "shown.json"

WIDTH = 1100
MARGIN = 20
PICTURES = {
    # The page, what stands at the top of the picture, at its bottom (or its height).
    "red-gate": ("weak.html", "body", 890),
    "heat-map": ("weak.html", "svg.rm-map", "svg.rm-map"),
    "comparison": ("weak.html", "section:has(#rm-baseline)", 870),
    "versions": ("compare.html", "body", 890),
}


def main() -> None:
    """Run the demo in a folder of its own, and keep parts of its pages."""
    from support.browser import start_browser

    with tempfile.TemporaryDirectory() as name, start_browser() as browser:
        folder = Path(name) / "demo-output"
        if run_demo(folder):
            sys.exit("The demo did not end as it should; no picture was taken.")
        _compare(folder)
        for picture, (page, top, bottom) in PICTURES.items():
            browser.open((folder / page).as_uri(), width=WIDTH)
            path = IMAGES / f"{picture}.png"
            path.write_bytes(_cut(browser, top, bottom))
            print(f"written: {path.relative_to(ROOT)}")
    SHOWN.write_text(json.dumps(digest_shown(), indent=1) + "\n", encoding="utf-8")


def digest_shown() -> dict[str, str]:
    """What each picture shows, by its name: its part of the page, and the style."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "thresholds.yaml", folder)
        good, weak, *_ = (load_from_folder(path) for path in _compare(folder))
        compared = (folder / "compare.html").read_text(encoding="utf-8")
    rules = read_thresholds(ROOT / "thresholds.yaml")
    judgement = judge_version(weak, rules, baseline=good)
    content = build_content(judgement, exit_code=1, hide_account=True)
    page = render_summary(replace(content, time="", versions={}))
    (heat_map,) = re.findall(r'<svg class="rm-map.*?</svg>', page, re.DOTALL)[:1]
    shown = {
        "red-gate": page.split('id="rm-confusions"')[0],
        "heat-map": heat_map,
        "comparison": page.split('id="rm-baseline"')[1].split("</section>")[0],
        "versions": re.sub(r"\d{4}-\d\d-\d\dT[\d:+]+", "", compared),
    }
    style = (files("rekmetrics.report") / "style.css").read_text(encoding="utf-8")
    return {
        name: hashlib.sha256(
            (style + shown[name].replace(str(folder), "")).encode()
        ).hexdigest()
        for name in PICTURES
    }


def _compare(folder: Path) -> list[Path]:
    """The demo's versions side by side in `compare.html`; the folders they are in."""
    paths = [
        write_folder(
            folder / version.version_name,
            summary=version.summary,
            manifest=version.manifest,
        )
        for version in build_example()
    ]
    words = ["--evaluation-dir", *map(str, paths), "--baseline-dir", str(paths[1])]
    words += [f"--thresholds={folder / 'thresholds.yaml'}"]
    words += [f"--output={folder / 'compare.html'}"]
    if cli.main(["compare", *words]):
        sys.exit("The comparison did not end as it should; no picture was taken.")
    return paths


def _cut(browser: Browser, top: str, bottom: str | int) -> bytes:
    """A part of the page, from an element on, as PNG."""
    x, y, width, height = browser.evaluate(
        f"(() => {{ const r = document.querySelector({top!r}).getBoundingClientRect(); "
        "return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()"
    )
    if isinstance(bottom, int):
        x, width, height = MARGIN, WIDTH - 2 * MARGIN, bottom
    clip = {
        "x": max(0, x - MARGIN),
        "y": max(0, y - MARGIN),
        "width": width + 2 * MARGIN,
        "height": height + (0 if isinstance(bottom, int) else 2 * MARGIN),
        "scale": 1,
    }
    shot = {"captureBeyondViewport": True, "clip": clip}
    result = browser.driver.execute_cdp_cmd("Page.captureScreenshot", shot)
    from PIL import Image

    # A palette is enough, and a third of the size.
    image = Image.open(io.BytesIO(base64.b64decode(result["data"])))
    out = io.BytesIO()
    image.convert("RGB").quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
