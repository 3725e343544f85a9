"""The compilers of one toolchain against each other: C and C++ are for one machine, or one of them is a stray."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import ToolchainError
from xconan.host.platforms import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.toolchains.records import Compiler

_VARIABLES = {"C": "CC", "CXX": "CXX"}


@cache
def machine_macros() -> frozenset[str]:
    """The macros by which compilers tell the machines of platforms.toml apart."""
    return frozenset(
        macro.removeprefix("!") for rows in table().values() for row in rows.values() for macro in row.macros
    )


def stray_compiler(
    file: Path | None,
    compilers: Mapping[str, Compiler],
    macros: Mapping[str, Mapping[str, str]],
    *,
    inputs: Sequence[str],
    env: Mapping[str, str],
) -> str:
    """The language whose compiler is this machine's own, to which CMake fell back: nobody names it; "" for none.

    Args:
        file: the toolchain file; None in a native build.
        compilers: by their languages.
        macros: what those for C and C++ predefine.
        inputs: the toolchain file and what it reads.
        env: the environment that CMake was asked in.

    Raises:
        ToolchainError: both are named, and they are for two machines.
    """
    if (
        len(macros) < len(_VARIABLES)
        or macros["C"].keys() & machine_macros() == macros["CXX"].keys() & machine_macros()
    ):
        return ""
    texts = [Path(path).read_text("utf-8", "replace") for path in inputs]
    by_file = {name for name in _VARIABLES if any(re.search(rf"CMAKE_{name}_COMPILER\b", text) for text in texts)}
    by_env = {name for name, variable in _VARIABLES.items() if env.get(variable)}
    named = by_file or by_env
    if file and len(named) < len(_VARIABLES):
        return "C" if named == {"CXX"} else "CXX"
    paths = {name: compilers[name].path for name in _VARIABLES}
    where = str(file) if by_file else f"{' and '.join(_VARIABLES[name] for name in sorted(by_env))} in the environment"
    raise ToolchainError(
        f"{paths['C']}, for C, and {paths['CXX']}, for C++, compile for two machines", where=where,
        hint="name the compilers of one machine" if by_file else "set both, or neither",
    )  # fmt: skip
