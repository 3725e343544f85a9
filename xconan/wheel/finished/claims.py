"""What a wheel's tags claim: whether any Python takes them, whether the index does, and the hosts that they mean."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from xconan.binary.finding import Finding
from xconan.ground.errors import ConfigError
from xconan.ground.files import load_toml
from xconan.host.platforms import parse_platform
from xconan.host.tags import WheelTags, admits, ext_suffix, oldest_python, soabi
from xconan.host.targets import Target, dotted_version
from xconan.pythons.records import HostPython
from xconan.wheel.check.modules import Host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.host.platforms import Platform
    from xconan.wheel.finished.opened import WheelName

_PYTHON = re.compile(r"(py|cp|pp|ip|jy|graalpy)([0-9]+)(_[0-9]+)*")
_ABI = re.compile(r"none|abi3t?|(cp|pp|pypy|graalpy|ip|jy)\d+\w*|(sabi|\w+)_?\w*", re.ASCII)
_OF_ONE = re.compile(r"cp(\d+)[a-z]*")  # the ABI of one CPython
_OURS = re.compile(r"(manylinux|musllinux|macosx|win)(?![a-z])")  # families whose members are all known
SUGGEST = "xconan check --suggest names the tag that its bytes deserve"


def check_tags(name: WheelName, requires_python: str) -> Iterator[Finding]:
    """Tags that are none, that no Python takes, or that the index refuses.

    Args:
        name: of the wheel.
        requires_python: of its metadata, "" without.
    """
    tags = name.tags
    for kind, values, pattern in (("Python", tags.python, _PYTHON), ("ABI", tags.abi, _ABI)):
        for value in values:
            if not pattern.fullmatch(value):
                yield Finding(file=name.file, message=f"'{value}' is no {kind} tag",
                              hint="tags are PYTHON-ABI-PLATFORM: cp312-cp312-manylinux_2_28_x86_64")  # fmt: skip
    yield from _check_pairs(name)
    yield from _check_requires_python(name, requires_python)
    for tag in tags.platform:
        yield from _check_platform(name.file, tag)
    if "any" in tags.platform and len({*tags.platform}) > 1:
        yield Finding(file=name.file, message="it is tagged for any platform, and for some", hint="name them, or any")


def _check_pairs(name: WheelName) -> Iterator[Finding]:
    """ABI tags that are of none of the Pythons."""
    tags = name.tags
    for abi in tags.abi:
        match = _OF_ONE.fullmatch(abi)
        if match and f"cp{match[1]}" not in tags.python:
            yield Finding(
                file=name.file, message=f"its ABI {abi} is of none of its Pythons ({', '.join(tags.python)}), so that "
                "no Python takes it", hint=f"name the Python cp{match[1]}, or the ABI of the Python",
            )  # fmt: skip
        if abi in ("abi3", "abi3t") and not any(re.match(r"cp3\d", python) for python in tags.python):
            yield Finding(
                file=name.file, message=f"its ABI {abi} is CPython's, and its Pythons are {', '.join(tags.python)}, so "
                "that no Python takes it", hint="name the oldest CPython that has what it needs: cp39-abi3",
            )  # fmt: skip


def _check_requires_python(name: WheelName, requires_python: str) -> Iterator[Finding]:
    """Pythons of the tags that the metadata refuses."""
    with suppress(InvalidSpecifier):
        allowed = SpecifierSet(requires_python)
        versions = [int(tag[2:]) for tag in name.tags.python if re.fullmatch(r"[cp]p3\d+", tag)]
        if not requires_python or not versions or name.tags.limited_api:
            return
        if not any(admits(allowed, dotted_version(version)) for version in versions):
            yield Finding(
                file=name.file, message=f"it is tagged {'.'.join(name.tags.python)}, and Requires-Python is "
                f"{requires_python}, so that no Python takes it", hint="build it for a Python that the project is for",
            )  # fmt: skip


def _check_platform(file: str, tag: str) -> Iterator[Finding]:
    if accepted_by_index(tag):
        if tag != "any" and platform_of(tag) is None:
            yield Finding(file=file, message=f"xconan knows no platform {tag}: its binaries are compared with nothing",
                          hint="look at them with the platform's own tools", warning=True)  # fmt: skip
    elif platform_of(tag):
        hint = SUGGEST
        if not tag.startswith("linux_"):
            hint = "hand it out by an index of your own: xconan index"
        yield Finding(file=file, message=f"the Python Package Index refuses the tag {tag}", hint=hint, warning=True)
    elif _OURS.match(tag):
        yield Finding(file=file, message=f"'{tag}' is no platform tag", hint=_nearest(tag))
    else:
        yield Finding(file=file, message=f"neither xconan nor the Python Package Index knows the platform {tag}",
                      hint=_nearest(tag), warning=True)  # fmt: skip


def _nearest(tag: str) -> str:
    try:
        parse_platform(tag)
    except ConfigError as error:
        return error.hint
    return ""


def accepted_by_index(tag: str) -> bool:
    """Whether the Python Package Index takes wheels with this platform tag."""
    table = _index_tags()
    if tag in cast("list[str]", table["exact"]):
        return True
    families = cast("dict[str, dict[str, object]]", table["families"]).values()
    return any(
        re.fullmatch(
            str(one["pattern"]).replace("{arch}", f"({'|'.join(cast('list[str]', one['arches']))})"), tag
        ) for one in families
    )  # fmt: skip


def platform_of(tag: str) -> Platform | None:
    """The platform that a tag names; None for one that xconan does not know."""
    with suppress(ConfigError):
        return parse_platform(tag)
    return None


def hosts_of(tags: WheelTags, requires_python: str = "") -> list[Host]:
    """What a wheel's files are to be compared with: a host for each machine that its platform tags name.

    Tags of the same machine are one host; a universal tag of macOS stands for its parts.

    Args:
        tags: of the wheel.
        requires_python: of its metadata: of the Pythons that a wheel for all of them may be for, the oldest is taken.
    """
    if tags.pure:
        return [_host(tags, requires_python, parse_platform("manylinux_2_17_x86_64"))]
    platforms = [platform for tag in tags.platform if (platform := platform_of(tag))]
    joined = {part for platform in platforms for part in platform.arch.parts}
    by_machine: dict[tuple[str, str], list[Platform]] = {}
    for platform in platforms:
        if platform.arch.name not in joined:
            by_machine.setdefault((platform.os, platform.arch.name), []).append(platform)
    hosts = []
    for same in by_machine.values():
        own = WheelTags(python=tags.python, abi=tags.abi, platform=tuple(platform.tag for platform in same))
        hosts.append(_host(own, requires_python, same[0]))
    return hosts


def _host(tags: WheelTags, requires_python: str, platform: Platform) -> Host:
    implementation, version = _python(tags, requires_python)
    abi = next((abi for abi in tags.abi if abi not in ("abi3", "abi3t", "none")), f"{implementation}{version}")
    target = Target(implementation=implementation, version=version, abi=abi, platform=platform)
    python = HostPython(
        include_dir=None, pyconfig=None, version=(int(version[0]), int(version[1:]), 0, "final", 0), library=None,
        sabi_library=None, soabi=soabi(target), ext_suffix=ext_suffix(target),
    )  # fmt: skip
    return Host(tags=tags, target=target, python=python, requires_python=requires_python)


def _python(tags: WheelTags, requires_python: str) -> tuple[str, str]:
    """The implementation and version that the tags mean; of py3, the oldest that the metadata admits."""
    for tag in tags.python:
        if re.fullmatch(r"[cp]p3\d+", tag):
            return tag[:2], tag[2:]
    return "cp", oldest_python(tags, "311", requires_python)


@cache
def _index_tags() -> dict[str, object]:
    return load_toml(Path(__file__).with_name("index_tags.toml"))
