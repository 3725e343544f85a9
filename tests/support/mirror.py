"""An HTTP server on the loopback that misbehaves as servers do."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(kw_only=True)
class Mirror:
    """What the server has and how it behaves; what it was asked and what it sent."""

    files: dict[str, bytes]
    ranges: bool = True
    etag: str = '"1"'
    cuts: list[int] = field(default_factory=list)
    """After how many bytes of its body each of the next answers stops."""
    statuses: list[int] = field(default_factory=list)
    """What the next answers say instead of 200."""
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    address: str = ""


@contextmanager
def mirror(files: dict[str, bytes]) -> Iterator[Mirror]:
    """Serve FILES, whose names have no leading slash, until the end of the block."""
    state = Mirror(files=files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, state)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, state: Mirror) -> None:
    wanted = request.headers.get("Range", "")
    state.asked.append(f"{request.path} {wanted}".strip())
    data = state.files.get(request.path.lstrip("/"))
    status = state.statuses.pop(0) if state.statuses else 404 if data is None else 200
    if status != 200 or data is None:
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    start = 0
    if wanted and state.ranges and request.headers.get("If-Range", state.etag) == state.etag:
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(data)}")
            request.end_headers()
            return
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    else:
        request.send_response(200)
    if state.etag:
        request.send_header("ETag", state.etag)
    request.send_header("Content-Length", str(len(data) - start))
    request.end_headers()
    body = data[start:]
    body = body[: state.cuts.pop(0)] if state.cuts else body
    state.sent += len(body)  # before the client has them, and looks
    request.wfile.write(body)
