"""
Take the pictures of the pages anew, from the demo's report: `tox -e pictures`.

It needs Debian's `chromium` and `chromium-driver`.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from PIL import Image  # noqa: E402 - after the path
from support.browser import Browser, start_browser  # noqa: E402
from support.evaluation_files import write_folder  # noqa: E402

from rekmetrics import cli  # noqa: E402
from rekmetrics.demo.digits import build_example  # noqa: E402
from rekmetrics.demo.run import run_demo  # noqa: E402

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
    with tempfile.TemporaryDirectory() as name, start_browser() as browser:
        folder = Path(name) / "demo-output"
        if run_demo(folder):
            sys.exit("The demo did not end as it should; no picture was taken.")
        _compare(folder)
        for picture, (page, top, bottom) in PICTURES.items():
            browser.open((folder / page).as_uri(), width=WIDTH)
            path = ROOT / "docs" / "images" / f"{picture}.png"
            path.write_bytes(_cut(browser, top, bottom))
            print(f"written: {path.relative_to(ROOT)}")


def _compare(folder: Path) -> None:
    """The demo's versions side by side, from folders, in `compare.html`."""
    good, weak, *rest = (
        str(
            write_folder(
                folder / version.version_name,
                summary=version.summary,
                manifest=version.manifest,
            )
        )
        for version in build_example()
    )
    words = ["--evaluation-dir", good, weak, *rest, "--baseline-dir", weak]
    words += [f"--thresholds={folder / 'thresholds.yaml'}"]
    words += [f"--output={folder / 'compare.html'}"]
    if cli.main(["compare", *words]):
        sys.exit("The comparison did not end as it should; no picture was taken.")


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
    # A palette is enough, and a third of the size.
    image = Image.open(io.BytesIO(base64.b64decode(result["data"])))
    out = io.BytesIO()
    image.convert("RGB").quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
