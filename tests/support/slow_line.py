"""A line to a server that can be slow, or break, in the middle of an upload."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16


@dataclass
class SlowLine:
    """A port of this machine that leads to another one.

    Attributes:
        listener: our end.
        port: where the line leads.
        name: of the file whose uploads (PUT) are disturbed.
        after: bytes of such an upload that come through beforehand.
        breaks: how many of these uploads are cut; all others pass.
        holds: the first one is kept waiting until `go_on`.
        held: one is waiting.
        broken: how many were cut so far.
    """

    listener: socket.socket
    port: int
    name: bytes
    after: int
    breaks: int = 0
    holds: bool = False
    held: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)
    broken: int = 0
    lock: Lock = field(default_factory=Lock)

    def serve(self) -> None:
        """Take calls, until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _address = self.listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.port))
                except OSError:  # the server is away
                    near.close()
                    continue
                Thread(target=self._there, args=(near, far), daemon=True).start()
                Thread(target=_copy, args=(far, near), daemon=True).start()

    def _there(self, near: socket.socket, far: socket.socket) -> None:
        """What the client says, as far as it is let through."""
        gone = 0
        with _whole(near, far):
            while data := near.recv(_CHUNK):
                if data.startswith(b"PUT ") and self.name in data.partition(b"\r\n")[0]:
                    gone = 1
                if gone and gone <= self.after < gone + len(data) and self._disturbed():
                    return
                gone += len(data) if gone else 0
                far.sendall(data)

    def _disturbed(self) -> bool:
        """Keep an upload waiting, or say that it is cut."""
        with self.lock:
            waits, self.holds = self.holds, False
            cut = self.broken < self.breaks
            self.broken += cut
        if waits:
            self.held.set()
            self.go_on.wait()
        return cut


@contextmanager
def _whole(*ends: socket.socket) -> Iterator[None]:
    """A call between two ends: once one hangs up, so does the other."""
    try:
        with suppress(OSError):
            yield
    finally:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # whoever else waits for it is woken
            end.close()


def _copy(source: socket.socket, place: socket.socket) -> None:
    with _whole(source, place):
        while data := source.recv(_CHUNK):
            place.sendall(data)


@contextmanager
def slow_line(port: int, *, name: str, after: int, breaks: int = 0, holds: bool = False) -> Iterator[SlowLine]:
    """A line to a port of this machine; see SlowLine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = SlowLine(listener, port, name.encode(), after, breaks, holds)
        Thread(target=line.serve, daemon=True).start()
        try:
            yield line
        finally:
            line.go_on.set()
