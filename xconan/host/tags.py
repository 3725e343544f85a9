"""Pure: a target and the tags of a wheel -> the names of its modules."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from xconan.host.platforms import Platform
    from xconan.host.targets import Target

from dataclasses import dataclass

from xconan.ground.record import Record


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelTags(Record):
    """A wheel's compressed tag set (PEP 425)."""

    python: tuple[str, ...]
    abi: tuple[str, ...]
    platform: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join(".".join(part) for part in (self.python, self.abi, self.platform))

    @property
    def pure(self) -> bool:
        """Whether the wheel runs on any platform."""
        return self.platform == ("any",)

    @property
    def limited_api(self) -> int | None:
        """The oldest CPython whose stable ABI the modules may use: 312 for 3.12; None for the full API."""
        if not {"abi3", "abi3t"} & {*self.abi}:
            return None
        versions = [int(tag[2:]) for tag in self.python if tag[:2] == "cp" and len(tag) > 3 and tag[2:].isdigit()]  # noqa: PLR2004
        return min(versions, default=None)


FIRST_ABI3T = 315  # PEP 803; also the first to know stable suffixes with a platform
PURE = WheelTags(python=("py3",), abi=("none",), platform=("any",))
_FIRST_ABI3 = 32  # PEP 384
_OLDEST, _NEWEST = 38, 15  # the first, and 3.N the last, that a wheel for every Python may be for
_RELEASES = 100  # of a version: more than any has
_FIRST_MUSL_SOABI = 311  # https://github.com/python/cpython/issues/87278: earlier ones say -gnu on musl too


def soabi(target: Target) -> str:
    """The middle of the module suffix (PEP 3149): "cpython-312-aarch64-linux-gnu", "cp312-win_amd64"."""
    triplet = platform_triplet(target)
    if target.implementation == "pp":
        return f"{target.abi.replace('_', '-')}-{triplet}"
    # https://github.com/python/cpython/blob/main/PC/pyconfig.h.in: PYD_TAGGED_SUFFIX
    name = "cp" if target.platform.os == "windows" else "cpython-"
    return f"{name}{target.version}{target.abi_flags}-{triplet}"


def admits(allowed: SpecifierSet, version: str) -> bool:
    """Whether Requires-Python takes any release of a Python, "3.13"."""
    return any(allowed.contains(f"{version}.{micro}", prereleases=True) for micro in range(_RELEASES))


def oldest_python(tags: WheelTags, host: str, requires_python: str) -> str:
    """The oldest Python that a wheel's files are for: "39". Of a wheel for one Python alone, that one.

    Args:
        tags: of the wheel. A tag that every Python 3 takes says no version of its own; nor does the stable ABI's first,
            which is what a project has that names none.
        host: the version of the Python that it is built for.
        requires_python: of the metadata, "" without.
    """
    named = tags.limited_api or min((int(tag[2:]) for tag in tags.python if re.fullmatch(r"py3\d+", tag)), default=None)
    if named is None and "py3" not in tags.python:
        return host
    first = _OLDEST if named in (None, _FIRST_ABI3) else named
    if requires_python:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - for projects that say it

        with suppress(InvalidSpecifier):
            allowed = SpecifierSet(requires_python)
            minors = range(int(str(first)[1:]), _NEWEST + 1)
            if admitted := next((f"3{minor}" for minor in minors if admits(allowed, f"3.{minor}")), ""):
                return admitted
    return str(first) if named else host


def platform_triplet(target: Target) -> str:
    """CPython's name of the platform, SOABI_PLATFORM: "aarch64-linux-gnu", "darwin"."""
    multiarch = target.platform.arch.multiarch
    if target.platform.libc is Libc.MUSL and int(target.version) >= _FIRST_MUSL_SOABI:
        return multiarch.replace("-gnu", "-musl")
    return multiarch


def sysconfig_platform(platform: Platform) -> str:
    """What sysconfig.get_platform() says on the host: "linux-aarch64", "macosx-11.0-arm64", "win-amd64".

    Pyodide's says the platform tag, as the variable does that its builds set (_PYTHON_HOST_PLATFORM).
    """
    arch = platform.arch.name
    if platform.os == "pyodide":
        return platform.tag
    if platform.os == "mac":
        major, minor = platform.floor or (11, 0)
        return f"macosx-{major}.{minor}-{arch}"
    return f"linux-{arch}" if platform.os == "linux" else platform.tag.replace("_", "-")


def ext_suffix(target: Target, chosen: str | None = None) -> str:
    """The suffix of the host's extension modules: ".cpython-312-aarch64-linux-gnu.so", ".cp312-win_amd64.pyd"."""
    return f".{chosen or soabi(target)}{target.platform.system.suffix}"


def is_suffix_of(target: Target, suffix: str) -> bool:
    """Whether a host's Python may have this module suffix: implementation, version, ABI and processor are its own.

    What follows the processor is the host's affair but for the C library that the platform tag names, and the version
    of PyPy itself is not looked at.
    """
    if "-gnu" in suffix and soabi(target).endswith(("-musl", "-musleabihf")):
        return False
    if "-musl" in suffix and target.platform.libc is Libc.GLIBC:
        return False
    if target.implementation == "pp":
        name = rf"pypy{target.version}-pp\d+-{re.escape(platform_triplet(target).split('-')[0])}"
    else:
        name = re.escape("-".join(soabi(target).split("-")[:3]))
    return re.fullmatch(rf"\.{name}([-_][\w.-]*)?\.\w+", suffix) is not None


def abi_of(suffix: str) -> str:
    """PyPy's ABI tag: "pypy310_pp73" of the module suffix ".pypy310-pp73-x86_64-linux-gnu.so"."""
    return "_".join(suffix.removeprefix(".").split("-")[:2])


def stable_soabi(target: Target, tags: WheelTags) -> str:
    """The middle of the suffix of modules for the stable ABI: "abi3"; "" on Windows, where it has none.

    "abi3-aarch64-linux-gnu" from 3.15 on, if no older Python is to import them (docs.python.org/3.15/whatsnew);
    "abi3t-…" for free-threaded Pythons (PEP 803).
    """
    if target.platform.os == "windows":
        return ""
    threaded = "abi3t" in tags.abi or (target.free_threaded and int(target.version) >= FIRST_ABI3T)
    name = "abi3t" if threaded else "abi3"
    return f"{name}-{platform_triplet(target)}" if (tags.limited_api or 0) >= FIRST_ABI3T else name


def stable_suffix(target: Target, tags: WheelTags) -> str:
    """The suffix of modules for the stable ABI: ".abi3.so", on Windows ".pyd"."""
    middle = stable_soabi(target, tags)
    return f".{middle}{target.platform.system.suffix}" if middle else target.platform.system.suffix


def extension_suffixes(target: Target, own: str) -> tuple[str, ...]:
    """What the host's Python takes for a module, the first it prefers (importlib.machinery.EXTENSION_SUFFIXES).

    CPython also takes the bare ".so" or ".pyd"; PyPy (3.9 and 3.11 were asked) its own suffix alone. It has no
    release for musl; those who build one leave "-gnu" in the suffix, or don't.

    Args:
        target: the host.
        own: its module suffix.
    """
    if target.implementation == "pp":
        return tuple(dict.fromkeys((own, own.replace("-musl", "-gnu"))))
    last, version = target.platform.system.suffix, int(target.version)
    stable: list[str] = []
    if target.implementation == "cp" and target.platform.os != "windows":
        stable += ["abi3"] if not target.free_threaded else []
        stable += ["abi3t"] if version >= FIRST_ABI3T else []
    if version >= FIRST_ABI3T:
        stable = [middle for name in stable for middle in (f"{name}-{platform_triplet(target)}", name)]
    return tuple(dict.fromkeys((own, *(f".{middle}{last}" for middle in stable), last)))


def shared_suffixes(target: Target, tags: WheelTags, own: str) -> tuple[str, ...]:
    """The suffixes of modules that every Python of a wheel's tags imports, the host's among them."""
    accepted = [extension_suffixes(target, own)]
    for abi in tags.abi:
        if tags.limited_api and abi in ("abi3", "abi3t"):
            version = str(tags.limited_api)
            oldest = replace(target, version=version, abi=f"cp{version}{abi.removeprefix('abi3')}")
            accepted.append(extension_suffixes(oldest, target.platform.system.suffix))
        elif abi == "none":
            accepted.append(
                tuple(suffix for suffix in accepted[0] if suffix != own or own == target.platform.system.suffix)
            )
    return tuple(suffix for suffix in accepted[0] if all(suffix in suffixes for suffixes in accepted))
