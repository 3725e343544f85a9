"""Flags that a project gives its own modules, and those of the environment, against the toolchain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import facts
from xconan.cmake.flags import refuse_other_machine
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.plan import make_plan

HOST = facts.target("cp311-linux_armv6l")


def refused(
    option: str = "", env: dict[str, str] | None = None, *, native: bool = False, name: str = "CMAKE_C_FLAGS",
    build_type: str | None = None,
) -> str:  # fmt: skip
    toolchain = facts.toolchain_for(HOST.platform)
    ours = {
        one: replace(compiler, flags="-march=armv6 -mfloat-abi=hard") for one, compiler in toolchain.compilers.items()
    }
    options = ((name, "", option),) if option else ()
    project = facts.project(cmake=facts.cmake_config(options=options, build_type=build_type))
    known = facts.facts(HOST, project=project, toolchain=replace(toolchain, compilers=ours),
                        cross=facts.cross(HOST, native=native))  # fmt: skip
    try:
        refuse_other_machine(make_plan(known), env or {})
    except (ConfigError, ErrorGroup) as error:
        return error.render()
    return ""


@pytest.mark.parametrize("flags", ["-O3 -DX=1", "-march=armv6", "-mfloat-abi=hard -g", "-mtune=cortex-a7", "-mfpu=vfp"])
def test_wishes(flags: str) -> None:
    assert refused(flags) == refused(env={"CFLAGS": flags}) == ""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("-O3 -march=armv7-a", "-march=armv7-a, and the toolchain says -march=armv6"),
        ("-mfloat-abi=soft", "-mfloat-abi=soft, and the toolchain says -mfloat-abi=hard"),
        ("--sysroot=/other", "--sysroot=/other, and the toolchain is for linux_armv6l"),
    ],
)
def test_other_machines(flags: str, said: str) -> None:
    assert said in (text := refused(flags))
    assert "pyproject.toml" in text
    assert said in refused(flags, name="CMAKE_SHARED_LINKER_FLAGS")
    assert said in (text := refused(env={"CXXFLAGS": flags}))
    assert "the environment" in text
    assert refused(flags, env={"CXXFLAGS": flags}).count(said) == 2
    assert not refused(flags, native=True)


@pytest.mark.parametrize("name", ["CMAKE_C_FLAGS", "CMAKE_CXX_FLAGS", "CMAKE_MODULE_LINKER_FLAGS"])
def test_flags_of_a_configuration(name: str) -> None:
    """Those of the one that is built, whose optimization and debug info are for the project to choose."""
    said = f"{name}_RELEASE makes code for another machine: -fshort-enums"
    assert said in refused("-O2 -fshort-enums", name=f"{name}_RELEASE")
    assert not refused("-Os -g1 -DNDEBUG -mtune=cortex-a7", name=f"{name}_RELEASE")
    assert not refused("-fshort-enums", name=f"{name}_DEBUG")
    assert refused("-fshort-enums", name=f"{name}_DEBUG", build_type="Debug")
    assert not refused("-fshort-enums", name=f"{name}_RELEASE", build_type="Debug")
