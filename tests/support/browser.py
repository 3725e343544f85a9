"""A real browser without a window, by its own protocol: what a page looks like, and what keys do.

https://chromedevtools.github.io/devtools-protocol/, over a pipe: no port, no further package.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_KEYS = {"Tab": 9, "Enter": 13, " ": 32}


class Browser:
    """A page in a browser that is running.

    Args:
        to, of: the ends of two pipes to the browser: what is asked, what is answered.
    """

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of, self._session, self._number, self._read = to, of, "", 0, b""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """What the browser answers to a command of the protocol."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            piece = os.read(self._of, 1 << 20)
            assert piece, "the browser has ended"
            self._read += piece
        first, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(first))

    def show(self, page: Path, *, dark: bool = False, width: int = 1200) -> None:
        """Show a page, as a reader with these wishes sees it."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=page.as_uri())
        while self.value("document.readyState") != "complete" or self.value("location.href") != page.as_uri():
            pass
        self.ask("Page.bringToFront")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - JSON
        """What an expression of JavaScript has as its value."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        facts = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        down = {**facts, "text": text} if text else facts
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **down)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **facts)

    def picture(self, place: Path) -> Path:
        """The whole page as a PNG file."""
        data = self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        place.write_bytes(base64.b64decode(data))
        return place


def find_browser() -> str | None:
    """The program, None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser that reaches no network, with a profile of its own."""
    program = find_browser()
    assert program
    read_by_it, to = os.pipe()
    of, written_by_it = os.pipe()

    def give_pipes() -> None:  # Chromium reads descriptor 3 and writes 4
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_by_it, written_by_it)]
        for number, end in zip((3, 4), ends, strict=True):
            os.dup2(end, number)

    words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "--proxy-server=127.0.0.1:9"]  # fmt: skip
    with subprocess.Popen(
        words, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=give_pipes,  # noqa: PLW1509 - it calls nothing that takes a lock
    ) as running:  # fmt: skip
        os.close(read_by_it)
        os.close(written_by_it)
        try:
            yield Browser(to, of)
        finally:
            running.kill()
            os.close(to)
            os.close(of)
