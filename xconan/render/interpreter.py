"""Pure: records -> the scripts by which a build calls Python, and what the cross interpreter answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.host.tags import extension_suffixes, stable_suffix, sysconfig_platform
from xconan.render.templates.template import Template
from xconan.render.toolchain import shown_include

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.model import Facts, HostRunner
    from xconan.project.config.records import CrossConfig
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Interpreter(Template, file="interpreter.sh.j2"):
    """A shell script that is the build machine's Python.

    It imports header-only packages from where they lie for good, so that what they say of their own place
    stays the same from one build environment to the next.

    Attributes:
        python: the program.
        version: its own, "3.12".
        site: the folder of what gives the answers, "" for none.
        folders: in front of PYTHONPATH.
        answers_as: the target that it answers as, "" where it answers as itself.
        platform: sysconfig's name of the target's, where it answers as one.
    """

    python: str
    version: str
    site: str
    folders: tuple[str, ...]
    answers_as: str
    platform: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Emulator(Template, file="emulator.sh.j2"):
    """The script for CMAKE_CROSSCOMPILING_EMULATOR: runs the cross interpreter, else the emulator of the host.

    Without one, programs of the host fail, and try_run() says so, instead of pretending that they ran.

    Attributes:
        interpreter: the cross interpreter.
        command: the toolchain file's emulator and its arguments, or what runs the host's Python; empty for none.
        loader: musl's, where it is the command: it runs no program that is linked statically, which needs none.
    """

    interpreter: str
    command: tuple[str, ...]
    loader: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostModule(Template, file="host.py.j2"):
    """The module that the cross interpreter's sitecustomize and sysconfig data read.

    Attributes:
        name: of the target.
        host: its facts, as literals of Python.
        movable: there are Beside among them.
    """

    name: str
    host: Mapping[str, object]
    movable: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Beside(Record):
    """A path below the folder of a cross interpreter, in a HostModule that may be moved with it."""

    path: str

    def __repr__(self) -> str:
        return f"str(HERE / {self.path!r})"


def interpreter(machine: BuildMachine, *, cross: CrossConfig, layout: Layout, as_host: bool) -> Interpreter:
    """The script by which a build calls Python.

    Args:
        machine: whose Python it is.
        cross: the host.
        layout: of the build folder, which has what the cross interpreter imports.
        as_host: it answers as the host's, which in a native build it is.
    """
    header_only = [package.import_path for package in machine.packages if not package.has_binaries]
    folders = [folder for folder in dict.fromkeys(header_only) if folder]
    answers = as_host and not cross.native
    site = str(layout.python / "site") if answers else ""
    return Interpreter(
        python=str(machine.python),
        version=f"{machine.python_version[0]}.{machine.python_version[1]}",
        site=site,
        folders=tuple(folder for folder in (site, *folders) if folder),
        answers_as=cross.target.name if answers else "",
        platform=sysconfig_platform(cross.target.platform) if answers else "",
    )


def emulator(layout: Layout, command: str, runner: HostRunner | None) -> Emulator:
    """The script for CMAKE_CROSSCOMPILING_EMULATOR.

    Args:
        layout: of the build folder.
        command: the toolchain file's own value, a list of CMake's, which comes first.
        runner: of the host's Python, None where it may not be run.
    """
    words = tuple(command.split(";")) if command else runner.argv[:-1] if runner else ()
    loader = words[0] if words and words[0].rpartition("/")[2].startswith("ld-musl-") else ""
    return Emulator(interpreter=str(layout.python / "bin" / "python3"), command=words, loader=loader)


def host_facts(facts: Facts, tags: WheelTags) -> HostModule:
    """The module for the cross interpreter of a build."""
    include = shown_include(facts.python, facts.layout)
    numpy = facts.layout.python / "numpy" if facts.machine and facts.machine.numpy else ""
    module = host_module(
        facts.cross.target,
        facts.python,
        stable=stable_suffix(facts.cross.target, tags),
        include=str(include or ""),
        numpy=str(numpy),
        build_data=str(facts.python.sysconfig_file or ""),
    )
    if facts.runner is None:
        return module
    return replace(module, host={**module.host, "runner": [*facts.runner.argv], "runner_env": dict(facts.runner.env)})


def host_module(
    target: Target,
    python: HostPython,
    *,
    stable: str,
    include: str | Beside,
    numpy: str,
    build_data: str | Beside,
) -> HostModule:
    """The same from its parts.

    Args:
        target: the host.
        python: as found.
        stable: the suffix of modules for the stable ABI.
        include: the folder of Python's headers, "" for none.
        numpy: of NumPy's, "" for none.
        build_data: the host's own _sysconfigdata module, "" for none.
    """
    arch = target.platform.arch
    flags = target.abi_flags
    full, *rest = extension_suffixes(target, python.ext_suffix)
    size = arch.bits // 8
    # where the build machine is another system, so are the libraries that its own Python was linked with
    libraries = {} if target.platform.os == "linux" else {"LIBS": "", "SYSLIBS": "", "LIBM": "", "LOCALMODLIBS": ""}
    host = {
        "version_info": list(python.version),
        "abiflags": flags,
        "pointer_size": size,
        "maxsize": 2 ** (arch.bits - 1) - 1,
        "sysname": target.platform.system.cmake,
        "machine": arch.processor,
        "include": include,
        "suffixes": [full, *sorted(rest, key=lambda suffix: suffix != stable)],  # FindPython takes the first stable one
        "numpy": numpy,
        "sysconfig_file": build_data,
        "sysconfig": {
            "EXT_SUFFIX": python.ext_suffix,
            "SOABI": python.soabi,
            "SHLIB_SUFFIX": target.platform.system.suffix,
            "MULTIARCH": "-".join(python.soabi.split("-")[2:]),
            "HOST_GNU_TYPE": arch.triplet,
            "VERSION": target.dotted_version,
            "LDVERSION": target.dotted_version + flags,
            "ABIFLAGS": flags,
            "Py_GIL_DISABLED": int(target.free_threaded),
            "Py_DEBUG": int("d" in flags),
            "SIZEOF_VOID_P": size,
            "INCLUDEPY": include,
            "CONFINCLUDEPY": include,
            **libraries,
        },
    }
    return HostModule(name=target.name, host=host, movable=isinstance(include, Beside))
