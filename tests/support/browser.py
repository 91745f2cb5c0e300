"""A headless Chromium, and a server on loopback that sends a policy with each page."""

from __future__ import annotations

import base64
import functools
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """Chromium by way of its debugging protocol: what a page shows, asks and runs."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self,
        url: str,
        *,
        width: int = 1280,
        scheme: str = "light",
        has_scripts: bool = True,
        media: str = "screen",
    ) -> None:
        call = self.driver.execute_cdp_cmd
        feature = {"name": "prefers-color-scheme", "value": scheme}
        call("Emulation.setScriptExecutionDisabled", {"value": not has_scripts})
        call("Emulation.setEmulatedMedia", {"media": media, "features": [feature]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1}
        is_phone = width < 600
        call("Emulation.setDeviceMetricsOverride", {**size, "mobile": is_phone})
        self.driver.get_log("performance")
        self.driver.get(url)

    def requests(self) -> list[str]:
        """Addresses asked for since the page was opened, the browser's icon aside."""
        messages = [
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        ]
        asked = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.endswith("/favicon.ico")]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, computed in the page even if its scripts rest."""
        result = self.driver.execute_cdp_cmd(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": True},
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def screenshot(self, path: Path) -> Path:
        """The page from top to bottom, at most some screens of it."""
        metrics = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})
        size = metrics["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        result = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot",
            {
                "captureBeyondViewport": True,
                "clip": {**clip, "height": min(size["height"], 4000)},
            },
        )
        path.write_bytes(base64.b64decode(result["data"]))
        return path


@contextmanager
def start_browser() -> Iterator[Browser]:
    """A fresh Chromium; a test that needs it is skipped where it is not installed."""
    reason = "needs Chromium: apt-get install chromium chromium-driver"
    chromium, driver_path = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver_path is None:
        pytest.skip(reason)
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=service.Service(driver_path))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@contextmanager
def serve(folder: Path, *, policy: str = "") -> Iterator[str]:
    """The address of a folder on loopback; each answer bears the policy."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            if policy:
                self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def run_axe(browser: Browser, *, has_contrast: bool = True) -> list[Any]:
    """axe-core's findings of weight, as rule and first place."""
    axe = files("axe_core_python") / "axe.min.js"
    browser.evaluate(axe.read_text(encoding="utf-8") + ";0")
    # The environment is pytest-html's own, a list in a list.
    rules = "" if has_contrast else "rules: {'color-contrast': {enabled: false}},"
    found = browser.evaluate(
        f"axe.run({{exclude: ['#environment']}}, {{{rules}"
        "resultTypes: ['violations']})"
    )
    return [
        (rule["id"], rule["impact"], rule["nodes"][0]["html"][:200])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
