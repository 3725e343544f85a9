"""A bundle added to a store: fetched, verified, unpacked, tried, and moved to its place."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

from xconan.binary import elf
from xconan.fetch.archives import unpack
from xconan.fetch.download import download, published_sha256
from xconan.fetch.toolchains.catalog import PYTHONS, TOOLCHAIN, Options, Source, find_source, split_name, triples
from xconan.fetch.toolchains.store import TREE, Bundle, Record, Store, crosses, open_store, python_of
from xconan.ground.errors import (
    ConfigError,
    HostPythonError,
    MachineError,
    ToolchainError,
    XconanError,
    nearest_names,
)
from xconan.ground.files import cache_folder, file_digest, load_toml, read_json, remove_tree, write_json
from xconan.ground.lock import locked
from xconan.ground.report import say
from xconan.ground.run import capture
from xconan.ground.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LISTS = ("sha256sums", "sha256sums.txt", "SHA256SUMS")  # beside the archives, where there is no ARCHIVE.sha256
_PROGRAM = "int main(void) { return 0; }\n"
_MACHINES = {"AMD64": "X86_64", "ARM64": "AARCH64", "PPC64LE": "PPC64"}  # platform.machine() in words of ELF


def add_bundles(names: Sequence[str], store: Store, options: Options) -> tuple[list[Bundle], list[XconanError]]:
    """Add bundles one after the other; one that fails doesn't keep the others from being tried.

    Args:
        names: KIND:TRIPLE, or paths or addresses of archives.
        store: where they go.
        options: where their archives come from.

    Returns:
        What is there now, and why the others aren't.

    Raises:
        OSError: a full disk, a folder that can't be written; what would come next isn't tried.
    """
    added: list[Bundle] = []
    failed: list[XconanError] = []
    for name in names:
        try:
            added.append(add_bundle(name, store, options))
        except XconanError as error:  # noqa: PERF203 - a download is slower
            failed.append(error)
            if len(names) > 1:
                say(f"xconan: {name}: {error.message}; going on")
    return added, failed


def add_bundle(name: str, store: Store, options: Options) -> Bundle:
    """Add one bundle, unless it is there; it is tried in both cases.

    Args:
        name: KIND:TRIPLE, or the path or address of an archive, whose content tells what it is.
        store: where it goes.
        options: where its archive comes from, and what checksum it has.

    Raises:
        ConfigError: no such name, or something else lies where it should go.
        ToolchainError: no such archive, a wrong checksum, a damaged or hostile archive, a compiler that doesn't run.
        HostPythonError: the same of an archive of Pythons.
        MachineError: no network.
        OSError: a full disk, a folder that can't be written.
    """
    source = find_source(name, options)
    bundle = _present(source, store)
    if bundle and not store.new.exists():
        say(f"xconan: {bundle.name} is there already: {bundle.folder}")
        return bundle
    if source.unknown and not bundle:
        raise ConfigError(f"release {source.version} has no {source.name}", where="NAME", hint=source.unknown)
    with store.held():
        if bundle := _present(source, store):  # by whoever held the store before us, and may have been killed
            for address in source.addresses:
                _drop(_place(address, store), store)
            return bundle
        address, place = _fetch(source, store)
        with _no_use_after_errors(place, store):
            unpack(place, store.new, kind=_kind(source))
            label = _examine(store.new, source, store)
        sha256 = file_digest(place)
        record = Record(name=label, version=source.version, source=_shown(address), sha256=sha256, paths={})
        store.put(store.new / TREE, record)
        _drop(place, store)
    return store.bundle(label)


def next_step(bundle: Bundle, store: Store) -> str:
    """The command that the user can give now: the other half of the triple's bundles, or a build."""
    there = {bundle.name: bundle for bundle in store.bundles()}
    triple = split_name(bundle.name)[1]
    pythons = there.get(f"{PYTHONS}:{triple}")
    if f"{TOOLCHAIN}:{triple}" in there and pythons:
        return f"xconan build --cross {shlex.quote(str(pythons.crosses[-1]))}"
    other = f"python add {PYTHONS}" if bundle.compiler else f"toolchain add {TOOLCHAIN}"
    place = "" if store == open_store() else f" -o {shlex.quote(str(store.folder))}"
    return f"xconan {other}:{triple}{place}"


def _kind(source: Source) -> type[XconanError]:
    return HostPythonError if source.kind == PYTHONS else ToolchainError


def _present(source: Source, store: Store) -> Bundle | None:
    """What is asked for, where it is there and works; unpacked by hand as well, as the releases explain it.

    Raises:
        ToolchainError: what was unpacked by hand does not work.
    """
    for bundle in store.bundles():
        reason = None
        if bundle.record is None:
            same = bundle.name == source.name
        elif source.kind:  # whatever mirror it came from
            same = bundle.name == source.name and bundle.record.version == source.version
            same = same and _file_name(bundle.record.source) == _file_name(source.addresses[0])
        else:
            same = bundle.record.source == _shown(source.addresses[0])
            if same and (path := _local(source.addresses[0])):  # which may have been made anew
                same = file_digest(path) == bundle.record.sha256
        if bundle.record and same:
            same = all(os.path.lexists(store.tree / path) for path in bundle.record.paths)
            same = same and source.sha256 in {"", bundle.record.sha256}
        if same and bundle.compiler:
            reason = _try(bundle.compiler)
        if reason and bundle.record is None:
            reason.hint = f"xconan did not unpack it; remove {bundle.folder} and add it again"
            raise reason
        if same and reason is None:
            return bundle
    return None


def _fetch(source: Source, store: Store) -> tuple[str, Path]:
    """The archive: its address, and where it lies now.

    An archive whose checksum nobody publishes is taken as it comes, and remembered: from then on that address must
    give the same.
    """
    refused: XconanError | None = None
    for address in source.addresses:
        path = _local(address)
        place = path if path and path.is_file() else _place(address, store)
        shown = _shown(address)
        published = "" if source.sha256 else _published(address, source)
        remembered = "" if source.sha256 else str(read_json(_memory()).get(shown, ""))
        if published and remembered and published != remembered:
            raise _kind(source)(
                f"{source.name} had the SHA-256 {remembered} when it was first fetched; now {published} is published",
                where=shown, hint=f"if the archive was made anew, say --sha256 {published}",
            )  # fmt: skip
        known = source.sha256 or published or remembered
        try:
            with _no_use_after_errors(place, store):
                _obtain(address, place, source, known)
        except MachineError:
            raise
        except XconanError as error:
            if error.message.startswith("cannot "):  # the server has no such file
                refused = refused or error
                continue
            if known and known == remembered != published:
                error.hint = "it was another file when it was first fetched; if it was made anew, say --sha256 SUM"
            raise
        _remember(shown, file_digest(place), checked=bool(known))
        return address, place
    assert refused is not None  # noqa: S101 - for mypy: there is one address at least
    refused.hint = _advice(source, store)
    raise refused


def _place(address: str, store: Store) -> Path:
    """Where a download goes: by its address, as two releases may have archives of one name."""
    return store.ours / "downloads" / hashlib.sha256(address.encode()).hexdigest()[:16] / _file_name(address)


def _drop(place: Path, store: Store) -> None:
    """Remove a download; an archive of the user's own stays."""
    if store.ours / "downloads" in place.parents:
        remove_tree(place.parent)


@contextmanager
def _no_use_after_errors(place: Path, store: Store) -> Iterator[None]:
    """Remove a download that turns out to be wrong; after a lost network or a full disk it is still of use."""
    try:
        yield
    except MachineError:
        raise
    except XconanError:
        _drop(place, store)
        raise


def _obtain(address: str, place: Path, source: Source, sha256: str) -> None:
    if _local(address) != place:
        what = f"{source.name} {source.version}".strip() if source.kind else place.name
        download(address, place, sha256=sha256 or None, what=what, kind=_kind(source))
    elif sha256 and (actual := file_digest(place)) != sha256:
        raise _kind(source)(
            f"{place.name} is not the file it should be: its SHA-256 is {actual}, not {sha256}", where=str(place),
            hint="fetch it again, or ask whoever publishes it",
        )  # fmt: skip


def _published(address: str, source: Source) -> str:
    """The checksum that is published beside an archive; "" where there is none."""
    folder, _, file = address.rpartition("/")
    for lists, name in ((f"{address}.sha256", None), *((f"{folder}/{one}", file) for one in _LISTS)):
        path = _local(lists)
        if path and not path.is_file():
            continue
        try:
            return published_sha256(lists, what=file, kind=_kind(source), name=name)
        except (ToolchainError, HostPythonError):
            continue
    return ""


def _remember(address: str, sha256: str, *, checked: bool) -> None:
    if _local(address):  # whoever can change it could change what we remember
        return
    if not checked:
        say(f"xconan: no checksum is published for {address}: its SHA-256 {sha256} is remembered, and must be the "
            "same from now on")  # fmt: skip
    with locked(_memory().with_name("checksums.lock"), what="the list of checksums"):
        write_json(_memory(), {**read_json(_memory()), address: sha256})


def _memory() -> Path:
    return cache_folder() / "bundles" / "checksums.json"


def _advice(source: Source, store: Store) -> str:
    """What to do where there is no such archive: what there is instead, if the server says."""
    folder = source.addresses[0].rpartition("/")[0]
    names: set[str] = set()
    if path := _local(folder):
        names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    else:
        page = store.ours / "downloads/list/page"
        with suppress(XconanError):
            download(f"{folder}/", page, sha256=None, what="the release's list", kind=ToolchainError)
            names = set(re.findall(r"""href=["']?(?:[^"'>\s]*/)?([\w.+-]+)""", page.read_text("utf-8", "replace")))
        _drop(page, store)
    if archives := sorted(name for name in names if re.search(r"\.tar\.\w+$", name)):
        return f"there are {', '.join(archives)}"
    if not source.kind:
        return "check the path or address"
    known = [triple.name for triple in triples().values()]
    near = nearest_names(source.triple, known)
    if source.triple not in known:
        return f"did you mean {source.kind}:{near[0]}?" if near else f"the releases have {', '.join(known)}"
    return "check the address; --url, --version and --gcc say which release"


def _examine(new: Path, source: Source, store: Store) -> str:
    """Verify the layout of what was unpacked, and try it; return the bundle's name."""
    kind, where = _kind(source), source.addresses[0]
    tree = new / TREE
    top = sorted(path.name for path in new.iterdir())
    if top != [TREE] or not _is_folder(tree):
        raise kind(f"the archive holds {', '.join(top[:5]) or 'nothing'}, not the one folder {TREE}", where=where,
                   hint="is it a toolchain or python-dev archive?")  # fmt: skip
    folders = [path.name for path in sorted(tree.iterdir()) if not path.is_file()]
    if len(folders) != 1 or not _is_folder(tree / folders[0]):
        raise kind(f"below {TREE} the archive holds {', '.join(folders[:5]) or 'no folder'}, not one triple's folder",
                   where=where, hint="is it a toolchain or python-dev archive?")  # fmt: skip
    triple = folders[0]
    if source.triple not in {"", triple}:
        raise kind(f"the archive is for {triple}, not for {source.triple}", where=where)
    try:
        split_name(f"{TOOLCHAIN}:{triple}")
    except ConfigError:
        raise kind(f"'{triple}' is no triple", where=where) from None
    compiler = tree / triple / "bin" / f"{triple}-gcc"
    has_pythons = any((tree / triple).glob("python*/usr/local/include")) or any(
        (tree / triple).glob("pypy*/usr/local/include")
    )
    if source.kind == TOOLCHAIN or (not source.kind and compiler.exists()):
        if not compiler.exists():
            raise kind(f"the archive has no {triple}/bin/{compiler.name}", where=where)
        if reason := _try(compiler):
            raise reason
        label = TOOLCHAIN
    elif has_pythons:
        label = PYTHONS
    else:
        raise kind(f"the archive has neither a compiler nor Pythons below {TREE}/{triple}", where=where)
    if has_pythons:
        _check_crosses(tree, triple, store)
    return f"{label}:{triple}"


def _check_crosses(tree: Path, triple: str, store: Store) -> None:
    """Each Python's cross.toml can be read, and what it names is in the archive or in the store."""
    ready = [path for path in crosses(tree, triple) if (tree / triple / python_of(path, triple)).is_dir()]
    if not ready:
        raise HostPythonError("the archive has no cross.toml of a Python that is in it", where=f"{TREE}/{triple}.*")
    for path in ready:
        named = load_toml(path).get("toolchain_file")
        if not (isinstance(named, str) and any((place / named).is_file() for place in (tree, store.tree))):
            raise HostPythonError(f"there is no toolchain_file {named}", where=f"{TREE}/{path.name}: toolchain_file",
                                  hint="the archive is not complete")  # fmt: skip


def _try(compiler: Path) -> ToolchainError | None:
    """Compile and link a program; the error if that fails."""
    with scratch("try") as folder:
        program = Path(folder, "program")
        done = capture([str(compiler), "-x", "c", "-", "-o", str(program)], stdin=_PROGRAM)
        if done.code == 0 and program.is_file():
            return None
    with compiler.open("rb") as stream:
        header = elf.read_header(stream)
    machine = platform.machine().upper()
    if header and header.machine != _MACHINES.get(machine, machine):
        return ToolchainError(
            f"this toolchain runs on {header.describe()}, and this machine is {platform.machine()}",
            where=str(compiler), hint="take one that was made for this machine, or --target with zig",
        )  # fmt: skip
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or [f"exit code {done.code}"]
    return ToolchainError(
        f"{compiler.name} does not compile a C program: {lines[-1]}", where=str(compiler),
        hint="the toolchain is damaged, or this machine's C library is older than it wants",
    )  # fmt: skip


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _file_name(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def _local(address: str) -> Path | None:
    """The path of a file: address."""
    parts = urlsplit(address)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _shown(address: str) -> str:
    """The address without a name and password."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
