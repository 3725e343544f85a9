"""What a failure of CMake or of a compiler means: a package that is not there, a disk that is full."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.frameworks import framework_remedy
from xconan.ground.disk import first_full
from xconan.ground.errors import CMakeError, ConfigError, MachineError, XconanError, listed, nearest_names
from xconan.ground.files import cache_folder, load_toml, read_json
from xconan.ground.places import lies_in
from xconan.ground.run import capture
from xconan.host.tags import admits
from xconan.host.targets import dotted_version
from xconan.project.presets import FILES, preset_choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.model import BuildPlan

_STANDS_ABOVE = "the reason stands above"
# what CMake says of a package that it does not find; its lines are broken anywhere
_NOT_FOUND = (
    re.compile(r'Could not find a package configuration file provided by "([^"]+)"'),
    re.compile(r'Could not find a configuration file for package "([^"]+)"'),
    re.compile(r"(?<!-- )Could NOT find ([\w.+-]+) \(missing"),  # with hyphens it is one that need not be there
)
# what a module of CMake's misses where it looks for a program: PKG_CONFIG_EXECUTABLE, SWIG_EXECUTABLE
_NO_PROGRAM = r" \(missing: ((\w+)_EXECUTABLE)(?: \w+_(?:DIR|VERSION))*\)"
_OF_CXX = re.compile(r"CMAKE_CXX_COMPILER|C\+\+ compiler|CXX compiler")
_NO_TARGET = re.compile(r'links to:? (?:target "([^"]+)"|(\S+::\S+)) but the target was not found')
_NO_FOLDER = re.compile(r'Imported target "[^"]+" includes non-existent path "([^"]+)"')
_OF_PYTHON = re.compile(r"Python[23]?")
_OLD_PYTHON = re.compile(r"Python(Libs|Interp)")  # modules that CMake has taken away
# what CMake says of a name in the configuration that it does not know, and of names that it knows
_NO_GENERATOR = re.compile(r"Could not create named generator (.+)")
_GENERATOR = re.compile(r"^[* ] (\w[^=\n]*?)\s*= Generates", re.MULTILINE)
_NO_PRESETS = re.compile(r"Could not read presets from (.+?):\s+(?:JSON parse error\s+Errors:\s+)?(.+(?:\n\*.+\n.+)?)")
_NO_PRESET = re.compile(r'(?:No such|Could not use \w+) (?:(build|configure) )?preset in .+: "(.+)"')
_PRESET = re.compile(r'^  "([^"]+)"', re.MULTILINE)
_OF_PIP = ("pybind11", "nanobind")  # packages of the build environment that bring a CMake package
# those that bring headers, and what has a target find them
_HEADERS_OF_PIP = {
    "numpy": "have find_package(Python) find NumPy as well, and link to Python::NumPy",
    "pybind11": "make the module by pybind11_add_module()",
    "nanobind": "make the module by nanobind_add_module()",
}
# what clang, gcc and MSVC say of a header, and of a function of Python's, that is not there
_NO_HEADER = re.compile(
    r"fatal error: '(.+?)' file not found"
    r"|fatal error: ([^:'\n]+): No such file"
    r"|include file: '(.+?)': No such file"
)
_NO_FUNCTION = re.compile(
    r"undeclared (?:identifier|function) ['\u2018](_?Py\w+)"
    r"|declaration of function ['\u2018](_?Py\w+)"
    r"|['\u2018](_?Py\w+)['\u2019](?: was not declared| undeclared|: undeclared)"
)
_LEADS_PYTHON = ("PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONIOENCODING")  # what can keep it from starting
_STARTS_S = 60.0  # on a busy machine
_IMPORTED = re.compile(r"add_library\(([\w.+-]+::[\w.+-]+) ")
_CONFIG_FILE = re.compile(r"(?:(.+)-config|(.+)Config)\.cmake")


def failure(plan: BuildPlan, step: str, *, code: int, where: str, output: str) -> XconanError:
    """The error for a call of CMake that failed.

    Args:
        plan: what was to be built.
        step: "the configuration", "the build".
        code: CMake's exit code.
        where: the command, or the step and its log.
        output: what was printed; "" where it is in no file (XCONAN_VERBOSE=1 on a terminal).
    """
    if known := _no_room(plan, step, output) or _unknown_name(plan, output):
        return known
    message, hint = f"{step} failed with exit code {code}", _STANDS_ABOVE
    if remedy := framework_remedy(plan, output):
        return CMakeError(message, where=where, hint=remedy)
    if step != "the configuration":
        return CMakeError(message, where=where, hint=_too_new(plan, output) or _compile_remedy(plan, output) or hint)
    text = " ".join(output.split())
    package = next((match[1] for pattern in _NOT_FOUND if (match := pattern.search(text))), "")
    if plan.toolchain and "CXX" not in plan.toolchain.compilers and (_OF_CXX.search(text) or not output):
        hint = "the toolchain has no C++ compiler; install one"
    elif (absent := _NO_FOLDER.search(text)) and (package := _package_at(plan, absent[1])):
        said = Path(absent[1]).name
        hint = f"have the recipe of {package} package {said}/, or say in package_info(): self.cpp_info.includedirs = []"
        return CMakeError(f"{message}: {package} has no folder {said}, which its recipe names", where=where, hint=hint)
    elif unknown := _NO_TARGET.search(text):
        hint = _target_remedy(plan, unknown[1] or unknown[2])
    elif package and not _OF_PYTHON.fullmatch(package):
        message, hint = _not_found(plan, text, package, message)
    elif (package or not output) and (silent := _silent_python(plan, message)):
        return silent
    if not plan.python.library and not plan.cross.native and (_OF_PYTHON.fullmatch(package) or not output):
        hint += "; if it misses Python's library, set library in the cross.toml, or ask for Development.Module"
    return CMakeError(message, where=where, hint=hint)


def _unknown_name(plan: BuildPlan, output: str) -> ConfigError | None:
    """What the configuration names and CMake does not know: a generator, a preset; None where it is neither."""
    config, place = plan.project.cmake, plan.project.place
    if config is None:
        return None
    if missed := _NO_GENERATOR.search(output):
        known = _GENERATOR.findall(output)
        near = next((one for one in known if missed[1].lower() in one.lower()), missed[1])
        return ConfigError(f"CMake has no generator '{missed[1]}'", where=_place_of_generator(plan, missed[1]),
                           hint=_meant(near, known) or 'write "Ninja" or "Unix Makefiles"')  # fmt: skip
    if missed := _NO_PRESET.search(output):
        key = "cmake.build_presets" if missed[1] == "build" else "cmake.preset"
        known = _PRESET.findall(output[missed.end() :])
        hint = _meant(missed[2], known) or "name one of CMakePresets.json, or take the key away"
        return ConfigError(f"CMake knows no such preset: '{missed[2]}'", where=place(key), hint=hint)
    if missed := _NO_PRESETS.search(output):
        if not any((config.source_path / name).exists() for name in FILES):
            what, hint = f"there is no {FILES[0]} in {config.source_path}", "write that file, or take the key away"
            return ConfigError(what, where=place("cmake.preset"), hint=hint)
        return ConfigError(f"CMake can't read the presets: {' '.join(missed[2].split())}", where=missed[1],
                           hint="mend that file; the reason stands above")  # fmt: skip
    return None


def _place_of_generator(plan: BuildPlan, name: str) -> str:
    """What has chosen a generator: the key, a preset, or the environment."""
    config, place = plan.project.cmake, plan.project.place
    if "cmake.generator" in dict(plan.project.places):
        return place("cmake.generator")
    if config and config.preset and preset_choices(config.preset, source=config.source_path)[0] == name:
        return f"{place('cmake.preset')}, and {FILES[0]}: generator of '{config.preset}'"
    return "CMAKE_GENERATOR" if os.environ.get("CMAKE_GENERATOR") else place("cmake.generator")


def _meant(name: str, known: Sequence[str]) -> str:
    near = nearest_names(name, known)
    return f"did you mean '{near[0]}'?" if near else f"there are {listed(known, 6)}" if known else ""


def _silent_python(plan: BuildPlan, message: str) -> CMakeError | None:
    """What keeps the Python that CMake asks from its answers, None if it gives them."""
    program = plan.layout.python / "bin" / "python3"
    if not program.is_file():
        return None
    asked = capture([str(program), "-c", ""], cwd=plan.layout.root, timeout=_STARTS_S)
    if not asked.code and not asked.stdout:
        return None
    what = "Python does not start" if asked.code else "Python says more than it is asked"
    words = [line.strip() for line in (asked.stderr if asked.code else asked.stdout).splitlines() if line.strip()]
    why = words[-1] if words else f"exit code {asked.code}"
    named = [f"{name} ({os.environ[name]})" for name in _LEADS_PYTHON if os.environ.get(name)]
    hint = f"unset {listed(named, len(named))}, which it reads" if named else f"mend what {program} -c '' says"
    return CMakeError(f"{message}: {what}: {why}", where=str(program), hint=hint)


# --- compilers -------------------------------------------------------------------------------------------------------


def _compile_remedy(plan: BuildPlan, output: str) -> str:
    """What has a compiler find a header, or a function of Python's, that it misses; "" where it misses neither."""
    if missed := _NO_HEADER.search(output):
        return _header_remedy(plan, next(filter(None, missed.groups())))
    if not (unknown := _NO_FUNCTION.search(output)):
        return ""
    target, limited = plan.cross.target, plan.tags.limited_api
    python = f"{'PyPy' if target.implementation == 'pp' else 'Python'} {target.dotted_version}"
    api = f"the limited API of Python {dotted_version(limited)}" if limited else python
    which = "another release, such as pybind11 before 3," if target.implementation == "pp" else "another release"
    name = next(filter(None, unknown.groups()))
    return f"{api} has no {name}: take {which} of what uses it, or leave {python} out"


def _header_remedy(plan: BuildPlan, header: str) -> str:
    """What has a compiler find a header: the package that has it, or one that is not required."""
    for one in cast("list[dict[str, str]]", _conan_result(plan).get("packages", [])):
        if one.get("folder") and Path(one["folder"], "include", header).is_file():
            return f"{one['ref']} has {header}: link what includes it to that package's target"
    if Path(header).name == "pyconfig.h":  # Debian's own includes that of its machine: which headers are these?
        return ""
    if header == "Python.h":
        return "make the module by Python_add_library() or pybind11_add_module(), or link it to Python::Module"
    top, *below = Path(header).parts
    stem = top if below else Path(top).stem
    if remedy := _HEADERS_OF_PIP.get(stem):
        return f'add "{stem}" to requires in [build-system], pip install {stem}, and {remedy}'
    known = cast("dict[str, str]", load_toml(Path(__file__).with_name("conan_headers.toml")))
    place = "" if plan.cross.native else " for the host"
    required = _requiring(plan, known.get(top, stem.lower()))
    return f"there is no {header}{place}: if it is a library's of Conan's, {required}, and link what includes it to it"


# --- packages --------------------------------------------------------------------------------------------------------


def _not_found(plan: BuildPlan, text: str, package: str, message: str) -> tuple[str, str]:
    """The message with what find_package(PACKAGE) has not found, and the remedy."""
    missed = re.search(f"(?<!-- )Could NOT find {re.escape(package)}{_NO_PROGRAM}", text)
    if missed is None:
        return f"{message}: find_package({package}) found nothing", _package_remedy(plan, package)
    message = f"{message}: find_package({package}) found no program"
    variable, program = missed[1], missed[2].replace("_", "-").lower()
    options = plan.project.cmake.options if plan.project.cmake else ()
    if said := next((value for name, _, value in options if name == variable), ""):
        wrong = f"'{said}' is no {program} that runs here"
        return message, f"correct {plan.project.place('cmake.options')}, {variable}: {wrong}"
    return message, f"install {program} on this machine, or set cmake.options {variable} = '/path/to/it'"


def _package_remedy(plan: BuildPlan, package: str) -> str:
    """What has find_package(PACKAGE) find something: the name that Conan's package has, or a package that has it."""
    if _OLD_PYTHON.fullmatch(package):
        return "write find_package(Python COMPONENTS Interpreter Development.Module): CMake 3.27 has no such module"
    if package in _OF_PIP:
        return f'add "{package}" to requires in [build-system], and pip install {package}'
    provided = sorted(set(_provided_names(plan)))
    recipe = conan_name(package)
    named = next((name for name in provided if name.lower() == package.lower()), "")
    alike = named or next(iter(nearest_names(package, provided)), "")
    alike = alike if alike != package else ""
    if alike and (named or conan_name(alike) == recipe):
        return f"write find_package({alike}): that is what CMake calls the package of Conan's"
    guess = f"if {alike} of Conan's is meant, write find_package({alike}); " if alike else ""
    required = _required_names(plan)
    if recipe in required and provided:
        names = listed(provided, 10)
        return f"{guess}the recipe {recipe} is required, and Conan's packages provide find_package of {names}"
    other = "another library" if guess else "a library"
    return f"{guess}if it is {other} of Conan's, {_requiring(plan, recipe)}; `conan search '{recipe}*'` lists versions"


def _too_new(plan: BuildPlan, output: str) -> str:
    """What to do where headers of pybind11 or nanobind failed that are for newer Pythons; "" where they are not."""
    from importlib.metadata import PackageNotFoundError, metadata  # noqa: PLC0415 - after a failure alone

    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    python = plan.cross.target.dotted_version
    for package in _OF_PIP:
        if not re.search(rf"[/\\]{package}[/\\][^\s:]*:\d+:\d+: (?:fatal )?error:", output):
            continue
        with suppress(PackageNotFoundError):
            told = metadata(package)
            version, required = told["Version"], told["Requires-Python"] or ""
            if not admits(SpecifierSet(required), python):
                older = f"{package}<{'.'.join(version.split('.')[:2])}"
                return (
                    f'{package} {version} is for Python {required}, and the host\'s is {python}: write "{older}" in '
                    f"requires of [build-system], and pip install '{older}'"
                )
    return ""


def _target_remedy(plan: BuildPlan, target: str) -> str:
    """What to link to in place of a target that is none: those that Conan's packages have."""
    folder = Path(str(_conan_result(plan).get("generators_folder", "")))
    files = sorted(folder.glob("*.cmake")) if folder.is_absolute() else []
    texts = (file.read_text("utf-8", "replace") for file in files)
    known = sorted({name for text in texts for name in _IMPORTED.findall(text)})
    lower = {name.lower(): name for name in known}
    if close := nearest_names(target.lower(), lower):
        return f"write {lower[close[0]]} in place of {target}: that is the target of Conan's package"
    return f"Conan's packages have the targets {listed(known, 10)}" if known else _STANDS_ABOVE


def conan_name(package: str) -> str:
    """What Conan's recipe of a CMake package is called, as far as one can know."""
    known = cast("dict[str, str]", load_toml(Path(__file__).with_name("conan_names.toml")))
    return known.get(package, package.lower())


def _requiring(plan: BuildPlan, recipe: str) -> str:
    conan = plan.project.conan
    if conan.conanfile and conan.conanfile.suffix == ".py":
        return f'write self.requires("{recipe}/[*]") in requirements() of {conan.conanfile.name}'
    if conan.conanfile:
        return f"write {recipe}/[*] below [requires] in {conan.conanfile.name}"
    names = ", ".join(f'"{name}"' for name in [*conan.requires, f"{recipe}/[*]"])
    return f"write [tool.xconan.conan] requires = [{names}]"


def _conan_result(plan: BuildPlan) -> dict[str, object]:
    if not plan.conan:
        return {}
    return cast("dict[str, object]", read_json(plan.layout.conan_result).get("result", {}))


def _provided_names(plan: BuildPlan) -> Iterator[str]:
    """The names by which CMake finds Conan's packages: those of the files that Conan wrote for them."""
    folder = Path(str(_conan_result(plan).get("generators_folder", "")))
    for file in folder.glob("*onfig.cmake") if folder.is_absolute() else ():
        if match := _CONFIG_FILE.fullmatch(file.name):
            yield match[1] or match[2]


def _package_at(plan: BuildPlan, path: str) -> str:
    """The package of Conan's that a path belongs to: "lz4/1.9.4", "" for none."""
    packages = cast("list[dict[str, str]]", _conan_result(plan).get("packages", []))
    return next((one["ref"] for one in packages if one.get("folder") and lies_in(path, one["folder"])), "")


def _required_names(plan: BuildPlan) -> set[str]:
    packages = cast("list[dict[str, str]]", _conan_result(plan).get("packages", []))
    return {package["name"] for package in packages}


# --- disks -----------------------------------------------------------------------------------------------------------


def unwritten(plan: BuildPlan, script: Path) -> MachineError:
    """The error for a script that CMake has left empty."""
    message = f"CMake has written nothing into {script.name}, as on a full disk, and would install nothing"
    return MachineError(message, where=str(script), hint=_make_room(plan, plan.layout.root))


def _no_room(plan: BuildPlan, step: str, output: str) -> MachineError | None:
    full = _full_disk(plan, output)
    what = f"{step} failed: {os.strerror(errno.ENOSPC)}"
    return None if full is None else MachineError(what, where=str(full), hint=_make_room(plan, full))


def _full_disk(plan: BuildPlan, output: str) -> Path | None:
    """The folder whose disk is full, None where none is."""
    full = first_full((plan.layout.root, Path(tempfile.gettempdir()), cache_folder()))
    if os.strerror(errno.ENOSPC) in output or "No space left on device" in output:
        return full or plan.layout.root
    return None if output else full


def _make_room(plan: BuildPlan, full: Path) -> str:
    if full == plan.layout.root:
        return "free some space; or set cmake.build_path in [tool.xconan], as by -C override, to a larger disk"
    variable = "XCONAN_CACHE" if full == cache_folder() else "TMPDIR"
    return f"free some space, or set {variable} to a larger disk"
