"""Files by which find_package() finds Conan's packages by the names of CMake's own modules, too.

A recipe may declare two names: `expat` and `expat::expat`, as the library's own configuration file has it, and `EXPAT`
and `EXPAT::EXPAT`, as CMake's FindEXPAT.cmake does (cmake_module_file_name, cmake_module_target_name). CMakeConfigDeps
writes the first alone. The second would be whatever CMake's module finds, in a sysroot say: another library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from xconan.ground.files import write_text
from xconan.ground.record import Record
from xconan.render.templates.quoting import cmake as quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CONFIG_DEPS = "conan_cmakedeps_paths.cmake"  # what CMakeConfigDeps writes, and CMakeDeps does not
MODULES = "xconan-modules"  # below the generators' folder


class _Info(Protocol):
    """What is used of Conan's cpp_info."""

    @property
    def components(self) -> Mapping[str, _Info]: ...

    def get_property(self, name: str) -> object: ...


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SecondNames(Record):
    """A package as CMake's module names it.

    Attributes:
        module: what find_package() is asked for: "EXPAT".
        file: what the recipe calls it otherwise, the same or "expat".
        targets: the module's targets, and the recipe's behind them.
        aliases: by Conan's name of a package or component, all that its target is called beside; for packages whose
            two names differ in their targets alone.
    """

    module: str
    file: str
    targets: tuple[tuple[str, str], ...]
    aliases: Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Declared(Record):
    """What a recipe's cpp_info declares, where Conan's own is not at hand: properties by name, components likewise."""

    properties: Mapping[str, object]
    components: Mapping[str, Declared]

    @classmethod
    def read(cls, said: Mapping[str, object]) -> Declared:
        """As JSON has it, {"properties": {…}, "components": {NAME: {"properties": {…}}}}."""
        parts = cast("Mapping[str, Mapping[str, object]]", said.get("components", {}))
        properties = cast("Mapping[str, object]", said.get("properties", {}))
        return cls(properties=properties, components={name: cls.read(one) for name, one in parts.items()})

    def get_property(self, name: str) -> object:
        """A property's value, None for none."""
        return self.properties.get(name)


def second_names(package: str, info: _Info) -> SecondNames | None:
    """A package's names in CMake's modules; None where its recipe speaks of none.

    Args:
        package: its name in Conan.
        info: its cpp_info.
    """
    mode = str(info.get_property("cmake_find_mode") or "config").lower()
    file = str(info.get_property("cmake_file_name") or package)
    module = info.get_property("cmake_module_file_name") or (file if mode in ("module", "both") else None)
    if mode == "none" or not module:
        return None
    found: dict[str, tuple[str, str]] = {}
    aliases: dict[str, list[str]] = {}
    parts = [(package, f"{package}::{package}", info)]
    parts += [(f"{package}::{name}", f"{package}::{name}", one) for name, one in info.components.items()]
    for key, usual, one in parts:
        alias, target = one.get_property("cmake_module_target_name"), one.get_property("cmake_target_name") or usual
        known = cast("list[str]", one.get_property("cmake_target_aliases") or [])
        if alias and alias != target and alias not in known:
            found[key] = (str(alias), str(target))
            aliases[key] = [*known, str(alias)]
    return SecondNames(
        module=str(module), file=file, targets=tuple(found.values()), aliases=aliases if module == file else {}
    )


def second_files(names: SecondNames) -> dict[str, str]:
    """The files for one package, by their names below the generators' folder.

    Where the names are the same, only who insists on `find_package(NAME MODULE)` needs one.
    """
    config, version = _config(names.file)
    files = {}
    if names.module != names.file:
        files[f"{names.module}Config.cmake"] = _config_text(names, config)
        files[f"{names.module}ConfigVersion.cmake"] = f'include("${{CMAKE_CURRENT_LIST_DIR}}/{version}")\n'
        config = f"{names.module}Config.cmake"
    files[f"{MODULES}/Find{names.module}.cmake"] = _module_text(names, config)
    return files


def write_second_files(generators: Path, names: Iterable[SecondNames]) -> None:
    """Write the files for all packages, but none that Conan or a recipe has written."""
    for one in names:
        for name, text in second_files(one).items():
            if not (generators / name).is_file():
                write_text(generators / name, text)


def add_aliases(generators: Path, names: Iterable[SecondNames]) -> None:
    """Add the targets of packages whose two names differ in these alone to files that CMakeConfigDeps has written."""
    for one in names:
        path = generators / _config(one.file)[0]
        lines = "\n".join(_alias_lines(one)) + "\n"
        if one.aliases and path.is_file() and lines not in (text := path.read_text("utf-8")):
            write_text(path, f"{text}\n{lines}")


def _config(file: str) -> tuple[str, str]:
    """How CMakeConfigDeps names its files for a package."""
    if file == file.lower():
        return f"{file}-config.cmake", f"{file}-config-version.cmake"
    return f"{file}Config.cmake", f"{file}ConfigVersion.cmake"


def _config_text(names: SecondNames, config: str) -> str:
    lines = [f"# {names.module} is the name in CMake's own modules of what Conan's recipe calls {names.file}"]
    lines.append(f'include("${{CMAKE_CURRENT_LIST_DIR}}/{config}")')
    lines += _alias_lines(names)
    prefixes = " ".join(dict.fromkeys((names.module, names.module.upper())))
    lines += [
        f"foreach(_xconan_prefix IN ITEMS {prefixes})",
        "  foreach(_xconan_part IN ITEMS VERSION_STRING INCLUDE_DIRS INCLUDE_DIR LIBRARIES DEFINITIONS)",
        f"    if(DEFINED {names.file}_${{_xconan_part}} AND NOT DEFINED ${{_xconan_prefix}}_${{_xconan_part}})",
        f"      set(${{_xconan_prefix}}_${{_xconan_part}} ${{{names.file}_${{_xconan_part}}}})",
        "    endif()",
        "  endforeach()",
        "  set(${_xconan_prefix}_LIBRARY ${${_xconan_prefix}_LIBRARIES})",
        "  set(${_xconan_prefix}_FOUND TRUE)",
        "endforeach()",
    ]
    return "\n".join(lines) + "\n"


def _alias_lines(names: SecondNames) -> list[str]:
    lines = []
    for alias, target in names.targets:
        lines += [f"if(TARGET {target} AND NOT TARGET {alias})", f"  add_library({alias} INTERFACE IMPORTED)",
                  f"  set_property(TARGET {alias} PROPERTY INTERFACE_LINK_LIBRARIES {target})", "endif()"]  # fmt: skip
    return lines


def _module_text(names: SecondNames, config: str) -> str:
    module = names.module
    path = quote(f"../{config}").strip('"')
    return "\n".join([
        f"# {module} is Conan's, also for find_package({module} MODULE)",
        f'set({module}_CONFIG "${{CMAKE_CURRENT_LIST_DIR}}/{path}")',
        f'include("${{{module}_CONFIG}}")',
        "include(FindPackageHandleStandardArgs)",
        f"find_package_handle_standard_args({module}",
        f"  REQUIRED_VARS {module}_CONFIG VERSION_VAR {names.file}_VERSION_STRING)",
        "",
    ])  # fmt: skip
