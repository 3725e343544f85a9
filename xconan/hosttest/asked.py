"""What a host's Python says of itself, and the tags of wheels that an installer on that host would take.

The Python may be older than the oldest that a library of today supports. So it runs the standard library alone, and
what it says is made into tags here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.tags import cpython_tags, mac_platforms

from xconan.binary import elf
from xconan.emulate import WITHOUT_FOLDER
from xconan.ground.errors import HostPythonError
from xconan.ground.report import doing
from xconan.ground.run import capture
from xconan.host.platforms import MANYLINUX_ALIASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.emulate import Runner
    from xconan.host.platforms import Arch
    from xconan.host.targets import Target

# markers: https://packaging.python.org/specifications/dependency-specifiers/#environment-markers
_ASK = f"""\
{WITHOUT_FOLDER}
import json, os, platform, sys, sysconfig
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION")
except (AttributeError, OSError, ValueError):
    libc = None
if not libc and sys.platform == "linux":
    try:
        import ctypes
        version = ctypes.CDLL(None).gnu_get_libc_version
        version.restype = ctypes.c_char_p
        libc = "glibc " + version().decode()
    except (AttributeError, ImportError, OSError):
        libc = None
full = sys.implementation.version
kind = "" if full.releaselevel == "final" else full.releaselevel[0] + str(full.serial)
print(json.dumps({{
    "libc": libc or "",
    "macos": platform.mac_ver()[0],
    "suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
    "markers": {{
        "implementation_name": sys.implementation.name,
        "implementation_version": "%d.%d.%d" % full[:3] + kind,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "sys_platform": sys.platform,
    }},
}}))
"""
_PATIENCE = 300.0  # seconds that a Python has to say what it is: emulated ones are slow
_OLDEST_GLIBC = 17  # of 2.N that manylinux tags have; of x86 an older one
_OLDEST_GLIBC_X86 = 5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a host's Python takes.

    Attributes:
        abis: of wheels, the most specific first: "cp311", "abi3", "none".
        platforms: likewise: "manylinux_2_31_aarch64", …, "linux_aarch64".
        markers: the values of the environment markers of requirements, by name.
    """

    abis: tuple[str, ...]
    platforms: tuple[str, ...]
    markers: Mapping[str, str]


def ask_python(python: Path, env: Mapping[str, str], target: Target, runner: Runner) -> Answer:
    """Have a host's Python say what it is.

    Args:
        python: the program of this machine that runs it.
        env: its environment.
        target: what it is known to be.
        runner: what `python` runs.

    Raises:
        HostPythonError: it does not run.
    """
    with doing("asking the host's Python"):
        done = capture([str(python), "-c", _ASK], env=env, timeout=_PATIENCE)
    if done.code:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise HostPythonError(
            f"the host's Python does not run: {last}", where=python.read_text("utf-8").splitlines()[-1],
            hint="give the root of the host's file system with all libraries that its Python needs: --python ROOT",
        )  # fmt: skip
    said = cast("dict[str, str]", json.loads(done.stdout))
    markers = cast("dict[str, str]", said["markers"])
    return Answer(
        abis=tuple(dict.fromkeys(_abis(target, said["suffix"]))), platforms=tuple(_platforms(target, said, runner)),
        markers=markers,
    )  # fmt: skip


def _abis(target: Target, suffix: str) -> Iterator[str]:
    """PEP 425's, 384's and 803's; PyPy's own is in its modules' suffix: ".pypy39-pp73-x86_64-linux-gnu.so"."""
    if target.implementation == "cp":
        version = (int(target.version[0]), int(target.version[1:]))
        yield from (tag.abi for tag in cpython_tags(version, abis=[target.abi], platforms=["any"]))
        return
    match = re.match(r"\.(pypy\d+)-(pp\d+)", suffix)
    yield f"{match[1]}_{match[2]}" if match else target.abi
    yield "none"


def _platforms(target: Target, said: Mapping[str, str], runner: Runner) -> Iterator[str]:
    platform = target.platform
    arch = platform.arch
    if platform.os == "mac":
        major, minor = (int(part) for part in (*said["macos"].split("."), "0")[:2])
        yield from mac_platforms((major, minor), cast("Mapping[str, str]", said["markers"])["platform_machine"])
    elif platform.os == "linux":
        yield from _linux_platforms(arch, said["libc"], runner) if arch.has_manylinux else ()
        yield f"linux_{arch.name}"
    else:
        yield platform.tag


def _linux_platforms(arch: Arch, libc: str, runner: Runner) -> Iterator[str]:
    """PEP 656's or PEP 600's, of the host's C library and of all that are older, the newest first."""
    if match := re.search(r"^Version 1\.(\d+)", _words_of_musl(runner), re.MULTILINE):
        for minor in range(int(match[1]), -1, -1):
            yield f"musllinux_1_{minor}_{arch.name}"
    elif match := re.match(r"glibc 2\.(\d+)", libc):
        aliases = {minor: name for name, (_major, minor) in MANYLINUX_ALIASES.items()}
        oldest = _OLDEST_GLIBC_X86 if arch.name in ("x86_64", "i686") else _OLDEST_GLIBC
        for minor in range(int(match[1]), oldest - 1, -1):
            yield f"manylinux_2_{minor}_{arch.name}"
            if minor in aliases:
                yield f"{aliases[minor]}_{arch.name}"


def _words_of_musl(runner: Runner) -> str:
    """What musl's loader says when nothing is given to it: "musl libc (aarch64)", "Version 1.2.3"; "" of others."""
    *emulator, program = runner.argv
    if emulator and elf.is_of_musl(emulator[0]):
        return capture(emulator[:1], timeout=_PATIENCE).stderr
    name = elf.loader(Path(program))
    if not elf.is_of_musl(name):
        return ""
    root = emulator[emulator.index("-L") + 1] if "-L" in emulator else ""
    return capture([*emulator, f"{root}{name}"], timeout=_PATIENCE).stderr
