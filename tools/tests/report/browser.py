"""Headless Chromium, driven over a pipe by its DevTools protocol; nothing but the browser itself is needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT = 30.0  # seconds for one answer
# The browser reads commands from descriptor 3 and writes answers to 4.
_LAUNCHER = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find() -> str:
    """The browser's program: $CHROMIUM, else one on the PATH; empty where there is none."""
    told = os.environ.get("CHROMIUM", "")
    return told or next((found for name in NAMES if (found := shutil.which(name))), "")


class BrowserError(Exception):
    """The browser did not do what it was told."""


class Page:
    """One tab."""

    def __init__(self, ask: Callable[..., Any], events: list[dict[str, Any]]) -> None:
        self._ask = ask
        self.events = events

    def open(self, file: Path, fragment: str = "") -> float:
        """Load a file and wait until its script is done; the milliseconds that took, as the page measures them."""
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=file.as_uri() + (f"#{fragment}" if fragment else ""))
        self.until("performance.getEntriesByName('presync-ready').length > 0 && document.readyState === 'complete'")
        return float(self.run("performance.getEntriesByName('presync-ready')[0].startTime"))

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        done = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                if self.run(script):
                    return
            except BrowserError:
                pass  # the page is being replaced
            if time.monotonic() > end:
                raise BrowserError(f"{script} did not come true")
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys as a person does: a letter, or a name such as Enter."""
        codes = {"Enter": 13, "Escape": 27, "Tab": 9}
        for key in keys:
            text = "\r" if key == "Enter" else key if len(key) == 1 else ""
            common = {"key": key, "windowsVirtualKeyCode": codes.get(key, 0)}
            self._ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
            self._ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Into what has the focus."""
        self._ask("Input.insertText", text=text)

    def size(self, width: int, height: int) -> None:
        """Of the window; narrow ones are telephones."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def media(self, **features: str) -> None:
        """What the system says it likes: ``prefers_color_scheme="dark"``; ``media="print"``."""
        kind = features.pop("media", "")
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._ask("Emulation.setEmulatedMedia", media=kind, features=wanted)

    def scripts(self, enabled: bool) -> None:
        """Whether pages that are loaded from now on run scripts."""
        self._ask("Emulation.setScriptExecutionDisabled", value=not enabled)

    def load(self, file: Path) -> None:
        """Load a page that says nothing when it is ready."""
        self._ask("Page.navigate", url=file.as_uri())
        time.sleep(0.5)

    def bypass(self, enabled: bool) -> None:
        """Whether the page's own policy is left out, for scripts a test brings along."""
        self._ask("Page.setBypassCSP", enabled=enabled)

    def picture(self, file: Path, whole: bool = False) -> None:
        """A screenshot, of what is in the window or of the whole page."""
        done = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(done["data"]))

    def complaints(self) -> list[str]:
        """What the console and the browser's log said, and exceptions nobody caught."""
        found = []
        for event in self.events:
            about = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(about["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                found.append(str(about["args"]))
            elif event["method"] == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                found.append(str(about["entry"]))
        return found

    def requests(self) -> list[str]:
        """Every address the page asked for, apart from itself and what it holds."""
        asked = [event["params"]["request"]["url"] for event in self.events if event["method"].endswith("BeSent")]
        return [url for url in asked if not url.startswith(("file:", "data:", "about:"))]


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with a profile of its own; it is gone afterwards, whatever happens."""
    mine, theirs = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _LAUNCHER,
                str(mine[0]),
                str(theirs[1]),
                find(),
                "--headless=new",
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                "about:blank",
            ],
            pass_fds=(mine[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(mine[0])
        os.close(theirs[1])
        try:
            yield _tab(mine[1], theirs[0])
        finally:
            os.close(mine[1])
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(theirs[0])


def _tab(write: int, read: int) -> Page:
    events: list[dict[str, Any]] = []
    state: dict[str, Any] = {"number": 0, "rest": b"", "session": ""}
    os.set_blocking(read, False)

    def ask(method: str, **params: Any) -> Any:
        state["number"] += 1
        number = state["number"]
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if state["session"]:
            message["sessionId"] = state["session"]
        _all(write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + TIMEOUT
        while True:
            *whole, state["rest"] = state["rest"].split(b"\0")
            answer = None
            for one in whole:
                told = json.loads(one)
                if told.get("id") == number:
                    answer = told
                elif "method" in told:
                    events.append(told)
            if answer is not None:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer.get("result", {})
            if time.monotonic() > end:
                raise BrowserError(f"{method} had no answer")
            try:
                chunk = os.read(read, 1 << 20)
                if not chunk:
                    raise BrowserError("the browser has gone")
                state["rest"] += chunk
            except BlockingIOError:
                time.sleep(0.005)

    target = ask("Target.createTarget", url="about:blank")["targetId"]
    state["session"] = ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        ask(f"{domain}.enable")
    return Page(ask, events)


def _all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
