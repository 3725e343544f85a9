"""Makes the build machine's Python answer questions about itself as the host's Python would.

Copied beside `_xconan_host.py`, which holds the facts, into a folder on the cross interpreter's PYTHONPATH; where that
is not looked at, `_xconan_start.py` imports it.
sysconfig's answers come from `_sysconfigdata__xconan.py`. Version, pointer size and machine are only answered
as the host's for `python -c` (how CMake, pybind11 and nanobind ask), and only until the command imports a
package: a package must see the interpreter that really runs it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import struct
import sys
import sysconfig
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

from _xconan_host import HOST  # type: ignore[import-not-found]

# no packages: ours, and what the standard library itself looks for but does not list
_OURS = ("sitecustomize", "usercustomize", "_xconan_host", "_xconan_answers", "_sysconfigdata__xconan", "_wmi")

_SUFFIXES = tuple(importlib.machinery.EXTENSION_SUFFIXES)
with Path(sys.executable).open("rb") as _program:
    _OWN = _program.read(20)  # of the build machine's Python, before it is told to be another
_BINARIES = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm")


def _answer_include_paths() -> None:
    if not HOST["include"]:
        return
    folder = HOST["include"].replace("{", "{{").replace("}", "}}")
    for scheme in getattr(sysconfig, "_INSTALL_SCHEMES", {}).values():
        scheme.update(include=folder, platinclude=folder)


class _VersionInfo(tuple):  # type: ignore[type-arg]  # sys.version_info's own type can't be made
    """A version like sys.version_info's."""

    __slots__ = ()
    major = property(itemgetter(0))
    minor = property(itemgetter(1))
    micro = property(itemgetter(2))
    releaselevel = property(itemgetter(3))
    serial = property(itemgetter(4))


class _Disguise:
    """The host's answers, taken off as soon as a package is imported; a finder that never finds."""

    def __init__(self) -> None:
        calcsize, uname = struct.calcsize, os.uname()
        pointer = HOST["pointer_size"]
        host = os.uname_result((HOST["sysname"], *uname[1:4], HOST["machine"]))
        answers: list[tuple[ModuleType, str, object]] = [
            (sys, "version_info", _VersionInfo(HOST["version_info"])),
            (sys, "abiflags", HOST["abiflags"]),
            (sys, "maxsize", HOST["maxsize"]),
            (struct, "calcsize", lambda form: pointer if form in ("P", "@P") else calcsize(form)),
            (os, "uname", lambda: host),
            (importlib.machinery, "EXTENSION_SUFFIXES", HOST["suffixes"]),
        ]
        self._true = [(module, name, getattr(module, name)) for module, name, _answer in answers]
        for module, name, answer in answers:
            setattr(module, name, answer)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Importlib asks here first; a name that is not the standard library's ends the disguise."""
        del path, target
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in _OURS:
            for module, attribute, value in self._true:
                setattr(module, attribute, value)
            self._true = []


class _AnsweringFinder:
    """Finds a module as it lies, and lets one of its functions give the host's answer."""

    def __init__(self, name: str, function: str, answer: str) -> None:
        self.name, self.function, self.answer = name, function, answer

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Importlib asks here first; every other name is left to the others."""
        del target
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == self.name else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_answer(module: ModuleType) -> None:
            run(module)
            setattr(module, self.function, lambda: self.answer)

        spec.loader.exec_module = run_and_answer  # type: ignore[method-assign]
        return spec


class _HostModuleFinder:
    """Asked first where a module of the host, just built, is imported, as stub generators do.

    The command begins again in the host's own Python where that is allowed; else it is said why it can't go on.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Raise ImportError where the host's file for this module is the first on the path."""
        del target
        stem = name.rpartition(".")[2]
        for folder in path or sys.path if name.partition(".")[0] not in sys.stdlib_module_names else ():
            place = Path(folder, stem)
            if (place / "__init__.py").is_file():
                return
            for suffix in (HOST["sysconfig"]["EXT_SUFFIX"], ".abi3.so", ".so"):
                file = place.with_name(stem + suffix)
                if (file.is_file() and suffix not in _SUFFIXES) or _is_of_host(file):
                    _begin_again_on_host()
                    reason = f"{file} is a module of the host machine, which the build machine can't import"
                    message = f"{reason}; set cmake.emulate, or do this step only if(NOT CMAKE_CROSSCOMPILING)"
                    raise ImportError(message, name=name)
            if place.with_name(f"{stem}.py").is_file():
                return


def _is_of_host(file: Path) -> bool:
    """Whether this is a binary that the build machine's Python can't load: of another format or machine."""
    try:
        with file.open("rb") as stream:
            theirs = stream.read(20)
    except OSError:
        return False
    if theirs[:4] == _OWN[:4] == b"\x7fELF":
        return (theirs[4:6], theirs[18:]) != (_OWN[4:6], _OWN[18:])  # class, byte order; machine
    return theirs[:4] != _OWN[:4] and theirs.startswith(_BINARIES)


def _begin_again_on_host() -> None:
    """Run this command by the host's Python in our place, where there is one for it."""
    argv, words = HOST.get("runner"), sys.orig_argv[1:]
    if not argv or not words or asked(words) in (("", []), ("", ["-"])):
        return
    standard = Path(os.__file__).parent
    here = Path(__file__).parent
    packages = [folder for folder in map(Path, filter(None, sys.path)) if folder not in (here, standard)]
    packages = [folder for folder in packages if standard not in folder.parents or folder.name.endswith("-packages")]
    env = {**os.environ, **HOST["runner_env"], "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPATH"] = os.pathsep.join(map(str, packages))
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    try:
        os.execve(argv[0], [*argv, *words], env)  # noqa: S606 - a command as it is, by another Python
    except OSError as error:
        sys.stderr.write(f"xconan: {argv[0]} can't be started: {error.strerror}\n")


def _run_next_sitecustomize() -> None:
    """Run the sitecustomize that we stand in front of, pip's build isolation has one."""
    here = str(Path(__file__).parent)
    rest = [folder for folder in sys.path if folder != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def asked(words: Sequence[str]) -> tuple[str, list[str]]:
    """What Python is to do: "c" for `-c TEXT`, "m" for `-m NAME`, "" for a file; and the words from there on."""
    rest = list(words)
    while rest:
        word = rest[0]
        if not word.startswith("-") or word == "-":
            break
        del rest[0]
        if word.startswith("--"):
            if word == "--":
                break
            del rest[: word == "--check-hash-based-pycs"]
            continue
        for place, letter in enumerate(word[1:], start=2):
            if letter in "cm":
                return letter, [*filter(None, [word[place:]]), *rest]
            if letter in "WX":  # the rest of this word, or the next one, is the option's
                del rest[: place == len(word)]
                break
    return "", rest


def _lead_children_back() -> None:
    """Have children that start sys.executable get the same answers, and other programs of Python none.

    A virtual environment's python does not know our folder: with the name of our data alone it could not start.
    """
    here = Path(__file__).parent
    sys.executable = str(here.parent / "bin" / "python3")
    os.environ.pop("_PYTHON_SYSCONFIGDATA_NAME", None)
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(here) in folders:
        os.environ["PYTHONPATH"] = os.pathsep.join(folder for folder in folders if folder != str(here))
    if not os.environ.get("PYTHONPATH"):
        os.environ.pop("PYTHONPATH", None)


def _answer_platform() -> None:
    """Have this process answer with the host's platform, and no other Python that it starts.

    Those would take the variable for their own: pip in a virtual environment would install the host's wheels.
    """
    platform = os.environ.pop("_PYTHON_HOST_PLATFORM", "")
    if not platform:
        return
    sysconfig.get_platform = lambda: platform
    if sys.version_info < (3, 12):  # whose own distutils reads the variable by itself
        sys.meta_path.insert(0, _AnsweringFinder("distutils.util", "get_host_platform", platform))


def _answer_for_itself() -> None:
    """Have `python -m sysconfig` run the module that answers, not a second copy of it that does not."""
    spec = sysconfig.__spec__
    if spec is not None and spec.loader is not None and spec.submodule_search_locations is None:
        code = compile("import sysconfig; sysconfig._main()", "<sysconfig>", "exec")
        spec.loader.get_code = lambda _name: code  # type: ignore[attr-defined]


_answer_platform()
_answer_include_paths()
sysconfig.get_config_vars()  # reads the build Python's own data, which must not see the disguise
_lead_children_back()
if __name__ == "sitecustomize":  # else we were started by _xconan_start.py
    _run_next_sitecustomize()
sys.meta_path.insert(0, _HostModuleFinder())
_way, _words = asked(sys.orig_argv[1:])
if _way == "m" and _words[:1] == ["sysconfig"]:
    _answer_for_itself()
if _way == "c":
    if HOST["numpy"]:
        sys.meta_path.insert(0, _AnsweringFinder("numpy", "get_include", HOST["numpy"]))
    sys.meta_path.insert(0, _Disguise())
