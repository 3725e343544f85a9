"""Writes the tables of xconan/wheel/check: manylinux.toml, stable_abi.toml, musl.txt and glibc.txt.

They are what auditwheel, abi3info and zig know; python_names.toml is written by make_python_names.py.

pip install auditwheel abi3info ziglang
python -m tests.data.make_policies
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECK = Path(__file__).parents[2] / "xconan" / "wheel" / "check"
MANYLINUX = """\
# What manylinux_2_N promises: auditwheel {version}'s policies (MIT), rewritten by tests/data/make_policies.py.
#
# source        whose policies these are
# floors        each N that has a policy
# libraries     that every such system has, and the N of the first policy that says so
# hidden        symbols of such a library that a system's own build may lack; from the N on they are promised, 0: never
# versions      by architecture and family: [N, newest version]; a later policy promises what an earlier one does
# other         versions that are not numbers, and the N of the first policy that has them
"""
STABLE = """\
# The names of CPython's stable ABI by the version that added them, PEP 652: abi3info {version} (MIT),
# rewritten by tests/data/make_policies.py.
"""


def main() -> None:
    """Write the tables."""
    spec = find_spec("auditwheel")
    if spec is None or spec.origin is None or find_spec("abi3info") is None:
        sys.exit("error: pip install auditwheel abi3info")
    text = Path(spec.origin).with_name("policy").joinpath("manylinux-policy.json").read_text("utf-8")
    (CHECK / "manylinux.toml").write_text(manylinux(json.loads(text)), "utf-8")
    (CHECK / "stable_abi.toml").write_text(stable_abi(), "utf-8")
    zig = find_spec("ziglang")
    if zig and zig.origin:  # the labels of the stub that zig links against: every name of musl's
        stub = Path(zig.origin).with_name("lib") / "libc" / "musl" / "libc.S"
        names = sorted(set(re.findall(r"^(\w+):", stub.read_text("utf-8"), re.MULTILINE)))
        (CHECK / "musl.txt").write_text(textwrap.fill(" ".join(names), 118) + "\n", "utf-8")
        lists = stub.parents[1] / "glibc" / "abilists"
        (CHECK / "glibc.txt").write_text(textwrap.fill(" ".join(glibc(lists.read_bytes())), 118) + "\n", "utf-8")


def manylinux(policies: list[dict[str, Any]]) -> str:
    """The table of manylinux policies."""
    by_floor = sorted((int(one["name"].split("_")[2]), one) for one in policies if one["name"] != "linux")
    libraries: dict[str, int] = {}
    hidden: dict[str, dict[str, int]] = {}
    for floor, one in by_floor:
        for name in one["lib_whitelist"]:
            libraries.setdefault(name, floor)
        for library, names in one["blacklist"].items():
            known = hidden.setdefault(library, {})
            known.update({name: floor if since == 0 else since for name, since in known.items() if name not in names})
            known.update(dict.fromkeys(names, 0))
    lines = [MANYLINUX.format(version=version("auditwheel")), f"source = \"auditwheel {version('auditwheel')}\"",
             f"floors = {[floor for floor, _ in by_floor]}", ""]  # fmt: skip
    lines += ["[libraries]", *(f'"{name}" = {floor}' for name, floor in sorted(libraries.items())), ""]
    for library, names in sorted(hidden.items()):
        if not names:
            continue
        lines += [f'[hidden."{library}"]', *(f"{name} = {since}" for name, since in sorted(names.items())), ""]
    for arch in sorted({arch for _, one in by_floor for arch in one["symbol_versions"]}):
        lines += architecture(arch, [(floor, one["symbol_versions"].get(arch, {})) for floor, one in by_floor])
    return "\n".join(lines)


def architecture(arch: str, by_floor: Iterable[tuple[int, dict[str, list[str]]]]) -> list[str]:
    """The families of one architecture: each step up, and what has no number."""
    steps: dict[str, list[tuple[int, str]]] = {}
    other: dict[str, int] = {}
    for floor, families in by_floor:
        for family, versions in families.items():
            for word in versions:
                if not word[0].isdigit():
                    other.setdefault(f"{family}_{word}", floor)
            newest = max((word for word in versions if word[0].isdigit()), key=numbers, default="0")
            if newest == "0" or (family == "GLIBC" and numbers(newest) <= [2, floor]):
                continue  # nothing, or what the tag says itself
            known = steps.setdefault(family, [])
            if not known or numbers(known[-1][1]) < numbers(newest):
                known.append((floor, newest))
    lines = [f"[versions.{arch}]"]
    lines += [f"{family} = {json.dumps(known)}" for family, known in sorted(steps.items())]
    lines += ["", f"[other.{arch}]", *(f'"{name}" = {floor}' for name, floor in sorted(other.items())), ""]
    return lines


def glibc(lists: bytes) -> list[str]:
    """The names of every library of glibc: in zig's lists each stands behind a byte above 127, and before a zero."""
    return sorted({match[1].decode() for match in re.finditer(rb"[\x80-\xff]([A-Za-z_]\w+)\0", lists, re.ASCII)})


def numbers(text: str) -> list[int]:
    """A version as something to compare."""
    return [int(part) for part in text.split(".")]


def stable_abi() -> str:
    """The names of functions and data that modules for the stable ABI may need."""
    from abi3info import DATAS, FUNCTIONS  # noqa: PLC0415

    added: dict[tuple[int, int], list[str]] = {}
    for table in (FUNCTIONS, DATAS):
        for symbol, what in table.items():
            added.setdefault((what.added.major, what.added.minor), []).append(symbol.name)
    lines = [STABLE.format(version=version("abi3info")), f'source = "abi3info {version("abi3info")}"']
    for (major, minor), names in sorted(added.items()):
        wrapped = textwrap.fill(" ".join(sorted(names)), 118, break_long_words=False)
        lines += [f'{major}{minor} = """', wrapped, '"""']
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
