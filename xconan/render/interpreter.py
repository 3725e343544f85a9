"""Pure: records -> the scripts by which a build calls Python, and what the cross interpreter answers."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from xconan.host.tags import extension_suffixes, stable_suffix, sysconfig_platform
from xconan.render.toolchain import shown_include

if TYPE_CHECKING:
    from xconan.build_machine.buildenv import BuildMachine
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.model import Facts
    from xconan.project.config.records import CrossConfig
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython


def interpreter(machine: BuildMachine, *, cross: CrossConfig, layout: Layout, honest: bool) -> str:
    """A shell script that is the build machine's Python, and unless `honest` answers as the host's.

    It imports header-only packages from where they lie for good, so that what they say of their own place
    stays the same from one build environment to the next.
    """
    shelves = dict.fromkeys(package.import_path for package in machine.packages if not package.has_binaries)
    folders = [folder for folder in shelves if folder]
    lines = ["#!/bin/sh", f"# Python {machine.python_version[0]}.{machine.python_version[1]} of the build machine"]
    if not (honest or cross.native):
        lines[-1] += f", answering as {cross.target.name}"
        folders.insert(0, str(layout.python / "site"))
        lines += [
            "export _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__xconan",
            f"export _PYTHON_HOST_PLATFORM={sysconfig_platform(cross.target.platform)}",
        ]
    if folders:
        path = ":".join(shlex.quote(folder) for folder in folders)
        lines += [f'export PYTHONPATH={path}"${{PYTHONPATH:+:$PYTHONPATH}}"']
    return "\n".join([*lines, f'exec {shlex.quote(str(machine.python))} "$@"']) + "\n"


def emulator(layout: Layout, users: str) -> str:
    """The script for CMAKE_CROSSCOMPILING_EMULATOR: runs the cross interpreter, else the user's emulator.

    Without one, programs of the host fail, and try_run() says so, instead of pretending that they ran.
    """
    wrapper = shlex.quote(str(layout.python / "bin" / "python3"))
    last = f'exec {shlex.join(users.split(";"))} "$@"' if users else (
        'echo "xconan: $1 is a program of the host machine; set CMAKE_CROSSCOMPILING_EMULATOR in the '
        'toolchain file to run it" >&2\nexit 126'
    )  # fmt: skip
    return f'#!/bin/sh\nif [ "$1" -ef {wrapper} ]; then\n  exec "$@"\nfi\n{last}\n'


def host_facts(facts: Facts, tags: WheelTags) -> str:
    """The module that the cross interpreter's sitecustomize and sysconfig data read."""
    include = shown_include(facts.python, facts.layout) or ""
    numpy = facts.layout.python / "numpy" if facts.machine and facts.machine.numpy else ""
    stable = stable_suffix(facts.cross.target, tags)
    return host_module(facts.cross.target, facts.python, stable=stable, include=str(include), numpy=str(numpy))


def host_module(target: Target, python: HostPython, *, stable: str, include: str, numpy: str) -> str:
    """The same from its parts: suffix of the stable ABI, folders of Python's and NumPy's headers, "" for none."""
    arch = target.platform.arch
    flags = target.abi_flags
    own, *rest = extension_suffixes(target, python.ext_suffix)
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
        "suffixes": [own, *sorted(rest, key=lambda one: one != stable)],  # FindPython takes the first stable one
        "numpy": numpy,
        "sysconfig_file": str(python.sysconfig_file) if python.sysconfig_file else "",
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
    return f'"""Facts of {target.name}, written by xconan."""\n\nHOST = {host!r}\n'
