"""One file from the network: whole and the right one, or not there at all.

What has come stays in PLACE.part when the connection stops or we are interrupted, and the next try goes on from
there: by a Range request with If-Range (RFC 9110, 13.1.5 and 14.2), so that a file which changed on the server is
not glued to the rest of another one. requests does the talking because Conan brings it into every environment:
HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and .netrc mean here what they mean there.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

from xconan.ground.errors import ConfigError, MachineError, XconanError
from xconan.ground.files import about, file_digest, read_json, write_json
from xconan.ground.lock import locked
from xconan.ground.report import doing, say
from xconan.ground.scratch import scratch

if TYPE_CHECKING:
    import requests

_TIMEOUT = (20.0, 60.0)  # seconds to connect, and between two bytes
_PAUSES = (1.0, 2.0, 4.0)  # seconds before each further try
_PROGRESS = 1 << 20  # bytes that make a try count as no failure
_BLOCK = 1 << 16
_TELL = 5.0  # seconds between two lines of progress
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that may pass
_OK, _PARTIAL, _RANGE = 200, 206, 416
_HELP = "check the connection and HTTPS_PROXY; what has come is kept and the next run goes on from there"


class _Again(Exception):  # noqa: N818 - no error yet
    """The connection stopped, or the server is busy; says why."""


def download(url: str, place: Path, *, sha256: str | None, what: str, kind: type[XconanError]) -> None:
    """Fetch a file, unless it is there already.

    Args:
        url: https, http or file.
        place: where it goes, with its name. A file there is kept if it has the checksum, or none is given.
            PLACE.lock stays beside it.
        sha256: what the file must have, in hex; None where nobody says.
        what: the file in the user's words, for progress and errors: "CPython 3.13 for aarch64".
        kind: the error for a file that isn't there or isn't the right one: ToolchainError, HostPythonError.

    Raises:
        XconanError: of that kind.
        ConfigError: an address that can't be one.
        MachineError: no network, or a server that can't be reached or stops again and again.
        OSError: a full disk, a folder that can't be written.
    """
    local_file(url)  # an address?
    shown = shown_address(url)
    with locked(place.with_name(f"{place.name}.lock"), what=shown):
        if place.is_file() and (sha256 is None or file_digest(place) == sha256.lower()):
            return
        part = place.with_name(f"{place.name}.part")
        resumed = _fetch(url, part, sha256=sha256, what=what, kind=kind)
        if sha256 is not None and (digest := file_digest(part)) != sha256.lower():
            _forget(part)
            if resumed:  # the older half may be another file's
                _fetch(url, part, sha256=sha256, what=what, kind=kind)
                digest = file_digest(part)
            if digest != sha256.lower():
                _forget(part)
                raise kind(
                    f"{what} is not the file it should be: its SHA-256 is {digest}, not {sha256.lower()}", where=shown,
                    hint="the file was changed or damaged on the way; try again, or ask whoever publishes it",
                )  # fmt: skip
        part.replace(place)
        _notes(part).unlink(missing_ok=True)


def published_sha256(url: str, *, what: str, kind: type[XconanError], name: str | None = None) -> str:
    """The checksum that a server publishes for a file.

    Args:
        url: of the list: FILE.sha256, or SHA256SUMS with a line for each file (as `sha256sum` writes them).
        what: as for download.
        kind: as for download.
        name: the file's name in the list; None where the list is about one file.

    Raises:
        XconanError: of that kind, where the list has no such file; else as for download.
    """
    with scratch("checksum") as folder:
        file = Path(folder) / "list"
        _fetch(url, file, sha256=None, what=f"the checksum of {what}", kind=kind)
        text = file.read_text("utf-8", "replace")
    lines = [line for line in text.splitlines() if name is None or name in re.split(r"[\s*()/]+", line)]
    for line in lines:
        if match := re.search(r"\b[0-9a-fA-F]{64}\b", line):
            return match.group().lower()
    raise kind(
        f"there is no SHA-256 of {name or what} in the list of checksums", where=shown_address(url),
        hint="give the checksum yourself, or ask whoever publishes the file",
    )  # fmt: skip


def _fetch(url: str, part: Path, *, sha256: str | None, what: str, kind: type[XconanError]) -> bool:
    """Fill PART with the whole file; return whether bytes of an earlier run are in it."""
    part.parent.mkdir(parents=True, exist_ok=True)
    if path := local_file(url):
        _copy(path, part, kind=kind, what=what)
        return False
    resumed = _size(part) > 0 and read_json(_notes(part)).get("url") == url
    if not resumed:
        _forget(part)
    failed, most = 0, _size(part)
    while reason := _stopped(url, part, trusted=sha256 is not None, what=what, kind=kind):
        failed = 0 if _size(part) - most >= _PROGRESS else failed + 1
        most = max(most, _size(part))  # the same bytes over and over are no progress
        _wait(max(failed, 1), url, what, reason)
    return resumed


def _stopped(url: str, part: Path, *, trusted: bool, what: str, kind: type[XconanError]) -> str:
    """One connection; return why it ended before the file did, "" where it did not."""
    import requests  # noqa: PLC0415 - 0.1 s, for who downloads alone
    import urllib3  # noqa: PLC0415 - requests stands on it; reading raises its errors

    try:
        with doing(f"waiting for {urlsplit(url).hostname}: {what}"):
            _go_on(url, part, trusted=trusted, what=what, kind=kind)
    except _Again as reason:
        return str(reason)
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        return _innermost(error)
    return ""


def _go_on(url: str, part: Path, *, trusted: bool, what: str, kind: type[XconanError]) -> None:
    """One connection: ask for what is missing and append it."""
    have, notes = _size(part), read_json(_notes(part))
    headers = {}
    if have and (notes.get("validator") or trusted):
        headers = {"Range": f"bytes={have}-"}
        if notes.get("validator"):
            headers["If-Range"] = str(notes["validator"])
    with closing(_get(url, headers, kind=kind, what=what)) as response:
        begin, total = _extent(response, have)
        if begin != have:  # a server without ranges, or a file that has changed: from its start
            _forget(part)
            if begin:
                raise _Again("the server's answer is about another part of the file")
        size = f" ({total / 1e6:.1f} MB)" if total else ""
        say(f"xconan: {'going on with' if begin else 'downloading'} {what}{size} from {shown_address(url)}")
        with about(part):
            if not begin:
                write_json(_notes(part), {"url": url, "validator": _validator(response)})
            with part.open("ab") as stream:
                _pump(response, stream, begin, total, what)


def _pump(response: requests.Response, stream: BinaryIO, begin: int, total: int | None, what: str) -> None:
    have, last_line = begin, time.monotonic()
    response.raw.enforce_content_length = False  # it would throw the last bytes away that came; we count ourselves
    while have != total and (block := response.raw.read(_BLOCK, decode_content=False)):
        stream.write(block)
        have += len(block)
        if time.monotonic() - last_line > _TELL:
            last_line = time.monotonic()
            of = f" of {total / 1e6:.1f} MB, {100 * have // total} %" if total else " MB"
            say(f"xconan: {what}: {have / 1e6:.1f}{of}")
    if total is not None and have != total:
        raise _Again(f"the connection was closed after {have} of {total} bytes")


def _get(url: str, headers: dict[str, str], *, kind: type[XconanError], what: str) -> requests.Response:
    """An answer that has a body to read, or an error."""
    import requests  # noqa: PLC0415 - as above

    with requests.Session() as session:
        # requests itself knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE alone
        session.verify = os.environ.get("SSL_CERT_FILE") or True
        try:
            # a server that compresses on the way would count other bytes than the file has
            response = session.get(
                url, headers={"Accept-Encoding": "identity", **headers}, stream=True, timeout=_TIMEOUT
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise ConfigError(f"this is no address to download from: {error}", where=shown_address(url)) from None
        except requests.exceptions.SSLError as error:
            raise MachineError(
                f"cannot fetch {what}: the server's certificate is not accepted: {_innermost(error)}",
                where=shown_address(url),
                hint="set REQUESTS_CA_BUNDLE to a file with the certificates that your network needs",
            ) from None  # fmt: skip
    if response.status_code in {_OK, _PARTIAL, _RANGE}:
        return response
    response.close()
    if response.status_code in _BUSY:
        raise _Again(f"the server answers {response.status_code} {response.reason}")
    raise kind(
        f"cannot fetch {what}: the server answers {response.status_code} {response.reason}", where=shown_address(url),
        hint="check the address; a server that asks for a name and password takes them from ~/.netrc",
    )  # fmt: skip


def _extent(response: requests.Response, have: int) -> tuple[int, int | None]:
    """Which byte of the file the answer begins with, and how many the file has."""
    stated = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    total = int(stated[2]) if stated and stated[2] != "*" else None
    if response.status_code == _PARTIAL:
        return (int(stated[1]) if stated and stated[1] else -1), total
    if response.status_code == _RANGE:  # there is nothing behind what we have: all of it, or of another file
        return (have if total == have else -1), total
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _validator(response: requests.Response) -> str:
    """What If-Range may name: a strong ETag, else the date of the last change."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _innermost(error: BaseException) -> str:
    """What really happened: requests and urllib3 wrap it in their own errors, one in another."""
    inner = [getattr(error, "reason", None), *error.args]
    for cause in inner:
        if isinstance(cause, BaseException):
            return _innermost(cause)
    return str(error).rpartition(">: ")[2] or type(error).__name__


def _wait(failed: int, url: str, what: str, reason: str) -> None:
    """Wait before the next try, after so many that failed; there is a last one."""
    if failed > len(_PAUSES):
        raise MachineError(f"cannot fetch {what}: {reason}", where=shown_address(url), hint=_HELP)
    say(f"xconan: {what}: {reason}; trying again in {_PAUSES[failed - 1]:.0f} s")
    time.sleep(_PAUSES[failed - 1])


def local_file(url: str) -> Path | None:
    """The file of a file: address; None for one of the network.

    Raises:
        ConfigError: it is no address to download from.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
            return Path(url2pathname(parts.path))
        if parts.scheme in {"http", "https"} and parts.hostname:
            return None
    raise ConfigError("this is no address to download from", where=url, hint="give an https: or file: address")


def _copy(path: Path, part: Path, *, kind: type[XconanError], what: str) -> None:
    try:
        source = path.open("rb")
    except OSError as error:
        raise kind(f"cannot read {what}: {error.strerror}", where=str(path), hint="check the path") from None
    with source, about(part), part.open("wb") as stream, doing(f"copying {path}"):
        shutil.copyfileobj(source, stream)


def shown_address(url: str) -> str:
    """An address without a name and password, for people to read and records to keep."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


def _notes(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
