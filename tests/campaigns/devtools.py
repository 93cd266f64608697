"""Drive Chromium through its DevTools protocol, over a pipe: open pages, run script in them, take pictures."""

import base64
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUIET_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FLAGS = [
    *QUIET_FLAGS,
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
_LONGEST = 60.0  # seconds


class Tab:
    """A page of a browser; *events* are those that it has sent."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript *expression*, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def wait_for(self, event: str) -> None:
        """Read what the browser sends until that *event* is there."""
        end = time.monotonic() + _LONGEST
        while not any(one["method"] == event for one in self.events):
            self._browser.read(end)
        # What the page then still has to say comes with the answer to this.
        time.sleep(0.05)
        self.call("Runtime.getIsolateId")

    def look(self, width: int, *, is_dark: bool, is_reduced: bool = False) -> None:
        """Show pages *width* pixels wide, in that colour scheme, to someone who prefers reduced motion or not."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if is_reduced else "no-preference"},
        ]
        self.call("Emulation.setEmulatedMedia", media="screen", features=features)

    def screenshot(self, path: Path, tallest: int = 6_000) -> None:
        """Write a picture of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], tallest), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))


class Browser:
    """A running Chromium, and the pipe to it."""

    def __init__(self, process: subprocess.Popen[bytes], write: int, read: int) -> None:
        self._process = process
        self._write = write
        self._read = read
        self._buffer = b""
        self._number = 0
        self._tabs: dict[str, Tab] = {}
        self._answers: dict[int, Any] = {}

    def tab(self) -> Tab:
        """Return a new page, in a context of its own: without cookies and caches of others."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            tab.call(f"{domain}.enable")
        return tab

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Call a method, and return its result."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        end = time.monotonic() + _LONGEST
        while number not in self._answers:
            self.read(end)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def read(self, end: float) -> None:
        """Read what the browser sends next; fail when the monotonic time is *end*."""
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            assert ready, "the browser did not answer"
            piece = os.read(self._read, 1 << 20)
            assert piece, "the browser has gone"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        if "id" in message:
            self._answers[message["id"]] = message
        elif message.get("sessionId") in self._tabs:
            self._tabs[message["sessionId"]].events.append(message)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    to_browser, from_us = os.pipe()
    from_browser, to_us = os.pipe()

    def connect() -> None:
        # The browser reads 3 and writes 4; first away from there, as the pipes may be those.
        ends = os.dup(to_browser), os.dup(to_us)
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            command, close_fds=False, preexec_fn=connect, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(to_us)
        try:
            yield Browser(process, from_us, from_browser)
        finally:
            process.terminate()
            process.wait(20)
            os.close(from_us)
            os.close(from_browser)
