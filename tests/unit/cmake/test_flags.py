"""Flags that a project gives its own modules, and those of the environment, against the toolchain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.crossbuild import write
from xconan.cmake.flags import refuse_other_machine, tell_misspelt_build_type
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.plan import make_plan
from xconan.project.workspace import Layout

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize(
    ("kind", "flags", "lists", "meant"),
    [
        ("Relase", "", "", "Release"),
        ("relwithdebinf", "", "", "RelWithDebInfo"),
        ("Relase", "", "set(CMAKE_C_FLAGS_RELASE -O2)", ""),
        ("Relase", "", "add_compile_options($<$<CONFIG:relase>:-O2>)", ""),
        ("Relase", "-O2", "", ""),
        ("Release", "-O3", "", ""),
        ("release", "-O3", "", ""),
        ("Coverage", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_build_type_without_flags(  # noqa: PLR0913, PLR0917 - a table
    kind: str, flags: str, lists: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    project = facts.project(tmp_path, cmake=facts.cmake_config(build_type=kind or None))
    plan = make_plan(facts.facts(project=project))
    plan = replace(plan, layout=Layout(root=tmp_path / "b"))
    cache = f"CMAKE_BUILD_TYPE:STRING={kind}\nCMAKE_C_FLAGS_{kind.upper()}:STRING={flags}\n"
    write(plan.layout.build / "CMakeCache.txt", cache)
    own, theirs = write(plan.layout.root / "preload.cmake", cache), write(tmp_path / "CMakeLists.txt", lists)
    monkeypatch.setattr("xconan.cmake.flags.files_of_cmake", lambda _build: [str(own), str(theirs)])
    tell_misspelt_build_type(plan)
    said = capfd.readouterr().err
    assert (f"cmake.build_type is {kind}, for which there are no flags" in said) == bool(meant)
    assert (f"did you mean {meant}?" in said) == bool(meant)
