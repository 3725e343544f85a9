"""Records of xconan.model with made-up but plausible facts, for tests that look at nothing of the machine."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.data.make_probes import ZIG_TAGS
from xconan.build_machine.buildenv import BuildMachine
from xconan.build_machine.tools import Tool
from xconan.host.platforms import Libc, Platform, parse_platform
from xconan.host.tags import ext_suffix, soabi
from xconan.host.targets import Target
from xconan.model import Facts
from xconan.plan import make_plan
from xconan.project.config.conan_table import ConanConfig
from xconan.project.config.records import (
    CMakeConfig,
    CrossConfig,
    ModuleConfig,
    Project,
    SdistConfig,
    WheelConfig,
)
from xconan.project.metadata import Metadata
from xconan.project.workspace import Layout
from xconan.pythons.records import HostPython
from xconan.toolchains.probe import toolchain_from_record

if TYPE_CHECKING:
    from xconan.model import BuildPlan
    from xconan.toolchains.records import Toolchain

PROBES = Path(__file__).parents[1] / "data" / "probes"


def target(name: str = "cp311-linux_aarch64", *, abi: str = "") -> Target:
    """The target spelled as "cp311-linux_aarch64"."""
    python, _, tag = name.partition("-")
    implementation, version = python[:2], python[2:]
    default = f"pypy{version}_pp73" if implementation == "pp" else python
    return Target(implementation=implementation, version=version, abi=abi or default, platform=parse_platform(tag))


def cross(host: Target | None = None, **changes: object) -> CrossConfig:
    """A cross.toml for HOST."""
    values: dict[str, Any] = {"target": host or target(), "native": False, "source": "/src/host.cross.toml"}
    values.update(changes)
    return CrossConfig(**values)


def toolchain(name: str) -> Toolchain:
    """The stored answer of a toolchain: "aarch64" by Debian's gcc, "zig/win_amd64"."""
    found = toolchain_from_record(json.loads((PROBES / f"{name}.json").read_text("utf-8")))
    compilers = {
        language: replace(one, script=f"/opt/cross/scripts/{Path(one.path).name}") if one.flags else one
        for language, one in found.compilers.items()
    }
    return replace(found, compilers=compilers)


def toolchain_for(platform: Platform) -> Toolchain:
    """The stored answer of the toolchain for a platform: Debian's gcc or Emscripten where it has one, else zig."""
    if platform.os == "pyodide":
        return toolchain("emscripten/emscripten_3_1_6_wasm32")
    kind = _kind(platform)
    asked = (PROBES / f"{platform.arch.name}.json").is_file()  # Debian's gcc, by a toolchain file
    if platform.os == "linux" and asked and platform.libc is not Libc.MUSL:
        return toolchain(platform.arch.name)
    return toolchain("zig/" + next(tag for tag in ZIG_TAGS if _kind(parse_platform(tag)) == kind))


def _kind(platform: Platform) -> tuple[str, str, bool]:
    """What platforms have in common that are served by one toolchain."""
    return platform.os, platform.arch.name, platform.libc is Libc.MUSL


def python(host: Target | None = None, **changes: object) -> HostPython:
    """The host's Python, headers at /host/include."""
    host = host or target()
    include = Path(f"/host/usr/include/python{host.dotted_version}")
    values: dict[str, Any] = {
        "include_dir": include,
        "pyconfig": include / "pyconfig.h",
        "version": (int(host.version[0]), int(host.version[1:]), 2, "final", 0),
        "library": None,
        "sabi_library": None,
        "soabi": soabi(host),
        "ext_suffix": ext_suffix(host),
        "origin": "the test",
    }
    values.update(changes)
    return HostPython(**values)


def machine(**changes: object) -> BuildMachine:
    """A build machine with CMake 4 and Ninja in /build/bin."""
    values: dict[str, Any] = {
        "python": Path("/build/bin/python3"),
        "python_version": (3, 12, 4, "final", 0),
        "abiflags": "",
        "prefixes": ("/build",),
        "cmake": Tool(path=Path("/build/bin/cmake"), version="4.1.2"),
        "ninja": Tool(path=Path("/build/bin/ninja"), version="1.13.1"),
    }
    values.update(changes)
    return BuildMachine(**values)


def cmake_config(**changes: object) -> CMakeConfig:
    """`[tool.xconan.cmake]` with nothing in it."""
    values: dict[str, Any] = {
        "minimum_version": "3.20", "build_type": None, "config": (), "preset": None, "build_presets": (),
        "generator": "Ninja", "source_path": Path("/src/project"), "build_path": ".xconan_cache/{build_config}",
        "options": (), "args": (), "find_python": True, "find_python3": True,
        "find_python_build_artifacts_prefix": None, "find_python3_build_artifacts_prefix": None,
        "build_args": (), "build_tool_args": (), "install_config": (), "install_args": (),
        "install_components": ("",), "env": {}, "env_passthrough": (), "export_dependencies": False,
        "file_prefix_map": True,
    }  # fmt: skip
    values.update(changes)
    return CMakeConfig(**values)


def project(root: Path = Path("/src/project"), **changes: object) -> Project:
    """The project "demo" with one module; keywords of Project replace what it has."""
    values: dict[str, Any] = {
        "root": root,
        "pyproject": {"project": {"name": "demo", "version": "1.2"}},
        "module": ModuleConfig(name="demo"),
        "cmake": cmake_config(source_path=root),
        "wheel": WheelConfig(),
        "sdist": SdistConfig(),
        "conan": ConanConfig(),
    }
    values.update(changes)
    return Project(**values)


def metadata(**changes: object) -> Metadata:
    """Core metadata of "demo"."""
    values: dict[str, Any] = {
        "name": "demo",
        "file_name": "demo",
        "version": "1.2",
        "text": "Metadata-Version: 2.1\nName: demo\nVersion: 1.2\n",
        "entry_points": "",
        "license_files": (),
    }
    values.update(changes)
    return Metadata(**values)


def facts(host: Target | None = None, **changes: object) -> Facts:
    """All of the above for HOST."""
    host = host or target()
    values: dict[str, Any] = {
        "project": project(),
        "cross": cross(host),
        "toolchain": toolchain_for(host.platform),
        "python": python(host),
        "machine": machine(),
        "metadata": metadata(),
        "layout": Layout(root=Path("/src/out")),
    }
    values.update(changes)
    return Facts(**values)


def plan_at(root: Path, host: Target | None = None, *, native: bool = False, **changes: object) -> BuildPlan:
    """The plan for a project in the folder ROOT, which actions may carry out: its layout is there.

    A toolchain, machine or another part of Facts may be given; keywords of Project go into the project.
    """
    host = host or target()
    given = {name: changes.pop(name) for name in ("toolchain", "python", "machine", "metadata") if name in changes}
    layout = Layout(root=root / ".xconan_cache" / host.name)
    layout.root.mkdir(parents=True, exist_ok=True)
    options = {"cmake": cmake_config(source_path=root), **changes}
    return make_plan(
        facts(host, project=project(root, **options), cross=cross(host, native=native), layout=layout, **given)
    )


def say(argv: list[str]) -> str:
    """What a program prints."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
