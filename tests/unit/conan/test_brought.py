"""What packages that are tool_requires say, as it is held against the toolchain."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xconan.conan.brought import ToolsCheck

MESON = "tools.meson.mesontoolchain:extra_variables"
COMPILERS = {"c": "/x/gcc", "fortran": "/x/gfortran"}
DERIVED = {
    "conf": {"tools.build:compiler_executables": COMPILERS, MESON: {"binaries": {"fortran": "/x/gfortran"}}},
}  # fmt: skip


def facts_of(conf: dict[str, object]) -> list[str]:
    """The keys by which a package contradicts the toolchain whose conf this is."""
    tool = SimpleNamespace(
        ref=SimpleNamespace(name="tool", version="1"), cpp_info=SimpleNamespace(bindirs=[]),
        conf_info=SimpleNamespace(serialize=lambda: conf), buildenv_info=SimpleNamespace(dumps=lambda: ""),
    )  # fmt: skip
    profile = SimpleNamespace(serialize=lambda: DERIVED)
    loader = SimpleNamespace(from_cli_args=lambda *_: profile)
    request = {
        "derived": True, "host_profile": "host", "build_type": "Release", "toolchain_words": [], "compilers": {},
        "toolchain_package": "",
    }  # fmt: skip
    check = ToolsCheck(loader, request)
    dependencies = SimpleNamespace(direct_build={"tool": tool})
    node: Any = SimpleNamespace(conanfile=SimpleNamespace(context="host", dependencies=dependencies))
    check.look_at_all(SimpleNamespace(nodes=[node]))
    return list(check.facts)


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        ({MESON: {"binaries": {"swig": "/y"}}}, []),  # the profile's section comes over it, and loses nothing
        ({f"{MESON}!": {"binaries": {"swig": "/y"}}}, [f"tool/*:{MESON}: binaries.fortran"]),  # here this is stronger
        ({MESON: {"properties": {"sys_root": "/y"}}}, [f"tool/*:{MESON}: properties.sys_root"]),
    ],
)
def test_what_packages_tell_meson(conf: dict[str, object], said: list[str]) -> None:
    assert facts_of(conf) == said
