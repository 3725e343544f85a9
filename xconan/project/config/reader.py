"""The files of one configuration -> Project and CrossConfig, with all errors in one pass."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, Problems, XconanError, nearest_names
from xconan.ground.files import digest, load_toml
from xconan.host.platforms import parse_platform
from xconan.host.tags import FIRST_ABI3T
from xconan.host.targets import parse_target
from xconan.project.config.conan import ConanTable, build_type_of
from xconan.project.config.cross import cross_from_layers
from xconan.project.config.layers import Layer, flat, merge, report_unknown
from xconan.project.config.override import parse_override
from xconan.project.config.records import (
    CMakeConfig,
    ConanConfig,
    CrossConfig,
    ModuleConfig,
    ProfileWishes,
    Project,
    SdistConfig,
    WheelConfig,
)
from xconan.project.config.schema import CONAN, CROSS, OVERRIDES, SYSTEMS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.targets import Target

MINIMUM_CMAKE = "3.20"  # the first with the file API's "toolchains" object
SETTINGS = ("target", "cross", "local", "override")
_TAG = r"\w+(\.\w+)*"
_SPELLINGS = {
    "wheel": (
        ("python_tag", _TAG, "a tag"),
        ("abi_tag", _TAG, "a tag"),
        ("platform_tag", _TAG, "a tag"),
        ("build_tag", r"\d[\w.]*", "a build number: it starts with a digit, and has letters, digits, _ and . alone"),
        ("abi3_minimum_cpython_version", r"3\d{1,2}", "a version such as 312"),
    ),
    "cmake": (("minimum_version", r"\d+(\.\d+)*", "a version such as 3.25"),),
}
CROSS_FILES = ("xconan.cross.toml", "py-build-cmake.cross.toml")
LOCAL_FILES = ("xconan.local.toml", "py-build-cmake.local.toml")


# of a cross.toml: what the target and the toolchain say as well, paths, and [conan], whose libraries have package ids
_NO_OVERRIDES = frozenset(CROSS) - {"soabi", "generator_platform"} | {"conan"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a command line adds to the files: a target by name, cross.toml, local overrides, single values.

    `folder` is where the command was given: relative paths in `override` are relative to it.
    """

    cross: tuple[Path, ...] = ()
    local: tuple[Path, ...] = ()
    override: tuple[str, ...] = ()
    target: str | None = None
    folder: Path = Path()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The same as words of xconan's command line."""
        found = ["--target", self.target] if self.target else []
        several = len(self.cross) > 1  # where --cross may be repeated, each is a host of its own; these are one
        found += [
            word for file in self.cross for word in (("-C", f"cross={file}") if several else ("--cross", str(file)))
        ]
        found += [word for file in self.local for word in ("-C", f"local={file}")]
        return (*found, *(word for text in self.override for word in ("-C", f"override={text}")))


def parse_settings(given: Mapping[str, object] | None, *, root: Path) -> Settings:
    """Read PEP 517 config settings (`-C cross=FILE`); each may be given several times, with or without dashes.

    Relative paths are relative to the folder where the command was given ($PWD; frontends change the
    working directory before they call us), else to the project.

    Raises:
        ConfigError: an unknown setting that looks like a known one, or a file that is not there.
    """
    files: dict[str, list[Path]] = {"cross": [], "local": []}
    override: list[str] = []
    targets: list[str] = []
    problems = Problems()
    for written, value in (given or {}).items():
        name = written.lstrip("-")
        texts = value if isinstance(value, list) else [value]
        if name in files:
            files[name] += [_locate(str(text), root=root, name=name, problems=problems) for text in texts]
        elif name in ("override", "o"):
            override += [str(text) for text in texts]
        elif name == "target":
            targets += [str(text) for text in texts]
        elif close := nearest_names(name, SETTINGS):
            problems.add(f"unknown setting '{written}'", key=f"-C {written}", hint=f"did you mean '{close[0]}'?")
    if len(targets) > 1:
        problems.add(
            f"{len(targets)} targets are given", key="-C target", hint="one wheel has one: build each by itself"
        )
    problems.raise_if_any()
    cross, local = (tuple(files[name]) for name in ("cross", "local"))
    return Settings(
        cross=cross,
        local=local,
        override=tuple(override),
        target=next(iter(targets), None),
        folder=_invoked_from(),
    )


def read_project(root: Path, settings: Settings, *, running: Target) -> tuple[Project, CrossConfig]:
    """Read pyproject.toml, its overrides and the cross.toml for one configuration.

    Args:
        root: the project's folder, absolute.
        settings: from the command line.
        running: the interpreter that runs us, whose values are the defaults.

    Raises:
        ConfigError: or ErrorGroup, with every error of every file.
    """
    problems = Problems()
    pyproject = load_toml(root / "pyproject.toml")
    layers = _tool_layers(root, pyproject, settings, problems)
    overrides = _overrides(settings, problems)
    cross_layers = _target_layers(settings, problems)
    cross_layers += [sub for layer in layers if (sub := layer.sub("cross"))]
    cross_layers += _cross_files(root, settings, problems)
    cross_layers += [sub for layer in overrides if (sub := layer.sub("cross"))]
    layers += overrides
    _check_tables(layers, problems)
    cross = cross_from_layers(cross_layers, running, problems)
    _check_target(settings, cross, problems)
    _check_known_project(pyproject, root, problems)
    project = _Builder(
        root=root, pyproject=pyproject, layers=layers, cross=cross_layers, os=cross.os, problems=problems
    ).build(native_os=cross.target.platform.os if cross.native else None)
    problems.raise_if_any()
    return project, replace(cross, arguments=settings.arguments)


def read_cross(
    files: Sequence[Path], *, running: Target, target: str | None = None, override: Sequence[str] = ()
) -> CrossConfig:
    """Read cross.toml files alone, without a project; they may say more about a target by name.

    Args:
        files: absolute; a later one overrides.
        running: the interpreter that runs us.
        target: "cp311-manylinux_2_17_aarch64".
        override: on top of the files, as `-C override` has it: "cross.soabi=!".

    Raises:
        ConfigError: or ErrorGroup, with every error of every file.
    """
    problems = Problems()
    settings = Settings(target=target, override=tuple(override), folder=_invoked_from())
    layers = _target_layers(settings, problems)
    layers += [layer for file in files if (layer := _load_layer(file, problems))]
    last = [sub for layer in _overrides(settings, problems) if (sub := layer.sub("cross"))]
    cross = cross_from_layers([*layers, *last], running, problems)
    for name, keys in OVERRIDES.items():
        merge([sub for layer in layers if (sub := layer.sub(name))], keys, problems)
    problems.raise_if_any()
    said = [(key, value) for layer in layers for key, value in sorted(layer.table.items()) if key not in _NO_OVERRIDES]
    return replace(cross, overrides=_conf_digest(said) if said else "")


def files_digest(files: Sequence[Path]) -> str:
    """A conf of Conan's for all that TOML files say, comments aside.

    Raises:
        ConfigError: one is missing, or no TOML.
    """
    return _conf_digest([load_toml(file) for file in files])


def _conf_digest(value: object) -> str:
    """Short, and no number: Conan reads 248863645e13 as one."""
    return f"x{digest(value)[:12]}"


def read_wishes(files: Sequence[Path]) -> ProfileWishes:
    """What cross.toml files, which read_cross() finds in order, want of Conan's host profile."""
    problems = Problems()
    layers = [layer for file in files if (layer := _load_layer(file, problems))]
    conan, cmake = (
        merge([sub for layer in layers if (sub := layer.sub(name))], OVERRIDES[name], problems)
        for name in ("conan", "cmake")
    )
    return ProfileWishes(
        options=tuple((name, _conan_value(value)) for name, _type, value in flat(conan.get("options"))),
        build_type=cast("str | None", cmake.get("build_type")),
        host_profiles=cast("tuple[str, ...]", conan.get("host_profiles", ())),
    )


def read_named(
    name: str, *, running: Target, toolchain: str | None = None, include_dir: Path | None = None
) -> CrossConfig:
    """A target by name alone, without a project.

    Args:
        name: "cp311-manylinux_2_17_aarch64".
        running: the interpreter that runs us.
        toolchain: by name, None for the usual one.
        include_dir: the host Python's headers, absolute; None for those at hand.

    Raises:
        ConfigError: or ErrorGroup; the name means no target.
    """
    problems = Problems()
    more = {"toolchain": toolchain, "include_dir": str(include_dir) if include_dir else None}
    table = parse_target(name) | {key: value for key, value in more.items() if value}
    cross = cross_from_layers([Layer(Path(f"target {name}"), "", table)], running, problems)
    problems.raise_if_any()
    return cross


def _invoked_from() -> Path:
    return Path(os.environ.get("PWD") or ".").absolute()


def _locate(text: str, *, root: Path, name: str, problems: Problems) -> Path:
    given = Path(text).expanduser()
    tried = [_invoked_from() / given, root / given]
    for path in tried:
        if path.is_file():
            return path
    if given.is_absolute() or tried[0] == tried[1]:
        tried = tried[:1]
    places = " or ".join(str(path) for path in dict.fromkeys(tried))
    message = "this is a folder" if any(path.is_dir() for path in tried) else "there is no such file"
    problems.add(message, file=places, key=f"-C {name}={text}", hint="check the path")
    return tried[0]


def _tool_layers(root: Path, pyproject: Mapping[str, object], settings: Settings, problems: Problems) -> list[Layer]:
    file = root / "pyproject.toml"
    tool = Layer(file, "", pyproject).sub("tool")
    if tool and "xconan" in tool.table and tool.sub("xconan") is None:
        problems.add("this must be a table", file=file, key="tool.xconan")
    own = tool.sub("xconan") if tool else None
    layers = [own] if own else []
    local = next((root / name for name in LOCAL_FILES if (root / name).is_file()), None)
    for path in (*([local] if local else []), *settings.local):
        layers += [layer] if (layer := _load_layer(path, problems)) else []
    return layers


def _cross_files(root: Path, settings: Settings, problems: Problems) -> list[Layer]:
    beside = next((root / name for name in CROSS_FILES if (root / name).is_file()), None)
    files = (*([beside] if beside else []), *settings.cross)
    return [layer for path in files if (layer := _load_layer(path, problems))]


def _overrides(settings: Settings, problems: Problems) -> list[Layer]:
    return [layer for text in settings.override if (layer := _override(text, settings.folder, problems))]


def _override(text: str, folder: Path, problems: Problems) -> Layer | None:
    try:
        return Layer(Path(f"-C override={text}"), "", parse_override(text), folder)
    except ConfigError as error:
        problems.found.append(error)
        return None


def _target_layers(settings: Settings, problems: Problems) -> list[Layer]:
    """A target by name: the weakest of all, so that files can say more about the same host."""
    if settings.target is None:
        return []
    try:
        return [Layer(Path(f"target {settings.target}"), "", parse_target(settings.target))]
    except ConfigError as error:
        problems.found.append(error)
        return []


def _load_layer(path: Path, problems: Problems) -> Layer | None:
    try:
        table = load_toml(path)
    except XconanError as error:
        problems.found.append(error)
        return None
    return Layer(path.absolute(), "", table) if table else None  # an empty file overrides nothing


def _check_tables(layers: Sequence[Layer], problems: Problems) -> None:
    known = {**TABLES, "cross": CROSS, **dict.fromkeys(SYSTEMS, OVERRIDES)}
    for layer in layers:
        for name, value in layer.table.items():
            if name not in known:
                report_unknown(layer, name, known, problems)
            elif not isinstance(value, dict):
                problems.add("this must be a table", file=layer.file, key=layer.key(name))
        for system in SYSTEMS:
            if within := layer.sub(system):
                _check_system(within, problems)


def _check_system(within: Layer, problems: Problems) -> None:
    for name, value in within.table.items():
        if name not in OVERRIDES:
            report_unknown(within, name, OVERRIDES, problems)
        elif not isinstance(value, dict):
            problems.add("this must be a table", file=within.file, key=within.key(name))


def _check_target(settings: Settings, cross: CrossConfig, problems: Problems) -> None:
    """Files may say more about a target by name, and not another host: nobody would get what they asked for."""
    if settings.target is None or problems.found:
        return
    named, found = parse_target(settings.target), cross.target
    said = {"implementation": found.implementation, "version": found.version, "arch": found.platform.tag}
    wanted = {**named, "arch": parse_platform(str(named["arch"])).tag} if "arch" in named else named
    for key, value in said.items():
        if wanted.get(key, value) != value:
            problems.add(f"{key} is '{value}', but the target is {settings.target}", file=cross.source,
                         key=key, hint=f"leave out {key} there, or the target")  # fmt: skip


def _check_known_project(pyproject: Mapping[str, object], root: Path, problems: Problems) -> None:
    if not isinstance(pyproject.get("project"), dict):
        problems.add(
            "there is no [project] table", file=root / "pyproject.toml", key="project",
            hint="add [project] with name and version, https://packaging.python.org/specifications/pyproject-toml/",
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Builder:
    """Builds the Project from the layers of every table."""

    root: Path
    pyproject: Mapping[str, object]
    layers: Sequence[Layer]
    cross: Sequence[Layer]
    os: str | None
    problems: Problems

    def build(self, *, native_os: str | None) -> Project:
        """The project; `native_os` names the table that a native build inherits from."""
        inherited = native_os or self.os
        cmake = self._merged("cmake", inherited)
        wheel = self._merged("wheel", inherited)
        sdist = self._merged("sdist", inherited)
        self._check_spelling("wheel", wheel)
        self._check_spelling("cmake", cmake)
        if wheel.get("python_abi") == "abi3t":
            minimum = cast("int", wheel.get("abi3_minimum_cpython_version", FIRST_ABI3T))
            if minimum < FIRST_ABI3T:
                message = f"abi3t begins with Python 3.15, but {minimum} is to be the oldest"
                self.problems.add(message, file=self.root / "pyproject.toml", hint="leave it out",
                                  key="tool.xconan.wheel.abi3_minimum_cpython_version")  # fmt: skip
        inside = PurePosixPath(str(wheel.get("install_dir", "")))
        if inside.is_absolute() or ".." in inside.parts:
            self.problems.add(f"'{inside}' leads out of the wheel", file=self.root / "pyproject.toml",
                              key="tool.xconan.wheel.install_dir", hint="name a folder of the wheel: pkg")  # fmt: skip
        self._merged("editable", inherited)  # for its errors alone: it speaks of editable installs
        for name in OVERRIDES:  # the other systems' tables, for their errors alone
            others = [
                sub for layer in self.layers for system in SYSTEMS if system != inherited and (sub := layer.sub(system))
            ]
            merge([sub for within in others if (sub := within.sub(name))], OVERRIDES[name], self.problems)
        return Project(
            root=self.root,
            pyproject=self.pyproject,
            module=self._module(),
            cmake=self._cmake(cmake, pure=wheel.get("pure_python") is True),
            wheel=WheelConfig(**wheel),  # type: ignore[arg-type]  # schema.WHEEL has its keys and types
            sdist=SdistConfig(**sdist),  # type: ignore[arg-type]  # schema.SDIST has its keys and types
            conan=self._conan(inherited),
        )

    def _check_spelling(self, name: str, values: Mapping[str, object]) -> None:
        """What becomes part of file names, or is compared as a version, must be spelled as such."""
        for key, form, meaning in _SPELLINGS[name]:
            texts = values.get(key, ())
            for text in (texts,) if isinstance(texts, (str, int)) else cast("tuple[str, ...]", texts):
                if not re.fullmatch(form, str(text)):
                    self.problems.add(f"'{text}' is not {meaning}", file=self.root / "pyproject.toml",
                                      key=f"tool.xconan.{name}.{key}")  # fmt: skip

    def _tables(self, name: str, system: str | None) -> list[Layer]:
        tables = [sub for layer in self.layers if (sub := layer.sub(name))]
        for layer in self.layers:
            within = layer.sub(system) if system else None
            tables += [sub] if within and (sub := within.sub(name)) else []
        return tables + [sub for layer in self.cross if (sub := layer.sub(name))]

    def _merged(self, name: str, system: str | None) -> dict[str, object]:
        return merge(self._tables(name, system), OVERRIDES[name], self.problems)

    def _module(self) -> ModuleConfig:
        values = merge([sub for layer in self.layers if (sub := layer.sub("module"))], TABLES["module"], self.problems)
        project = self.pyproject.get("project")
        name = project.get("name") if isinstance(project, dict) else None
        default = re.sub(r"[-.\s]+", "_", name) if isinstance(name, str) else ""
        values["name"] = str(values.get("name", default)).replace("-", "_")
        return ModuleConfig(**values)  # type: ignore[arg-type]  # schema.MODULE has its keys and types

    def _cmake(self, values: dict[str, object], *, pure: bool) -> CMakeConfig | None:
        asked = any(layer.sub("cmake") for layer in (*self.layers, *self.cross))
        source = cast("Path", values.get("source_path", self.root))
        lists = source / "CMakeLists.txt"
        if not asked and (pure or not lists.is_file()):
            return None
        if not lists.is_file():
            where = self.root / "pyproject.toml"
            self.problems.add(f"there is no {lists}", file=where, key="tool.xconan.cmake.source_path",
                              hint="write a CMakeLists.txt, or say where it is")  # fmt: skip
        config = cast("tuple[str, ...]", values.get("config", ()))
        defaults: dict[str, object] = {
            "minimum_version": MINIMUM_CMAKE, "build_type": None, "config": (), "preset": None,
            "build_presets": (), "generator": os.environ.get("CMAKE_GENERATOR") or "Ninja",
            "build_path": ".xconan_cache/{build_config}", "args": (),
            "find_python": True, "find_python3": True, "find_python_build_artifacts_prefix": None,
            "find_python3_build_artifacts_prefix": None, "build_args": (), "build_tool_args": (),
            "install_config": config, "install_args": (), "install_components": ("",), "env": {},
        }  # fmt: skip
        merged = {**defaults, **values, "source_path": source, "options": flat(values.get("options"))}
        return CMakeConfig(**merged)  # type: ignore[arg-type]  # schema.CMAKE has its keys and types

    def _conan(self, system: str | None) -> ConanConfig:
        tables = self._tables("conan", system)
        values = merge(tables, CONAN, self.problems)
        names = ("conanfile.py", "conanfile.txt")
        found = next((self.root / name for name in names if (self.root / name).exists()), None)
        conanfile = cast("Path | None", values.get("conanfile", found))
        checked = ConanTable(tables=tables, values=values, problems=self.problems)
        host_profiles = checked.profiles("host_profiles")
        for key in ("requires", "tool_requires"):
            if conanfile and values.get(key):
                checked.bad(key, f"the project has {conanfile.name} and this as well",
                            f"name the requirements in {conanfile.name}, or remove it")  # fmt: skip
        if conanfile and not conanfile.is_file():
            self.problems.add("there is no such file" if not conanfile.exists() else "this is a folder", file=conanfile,
                              hint="check tool.xconan.conan.conanfile")  # fmt: skip
        options = tuple((name, _conan_value(value)) for name, _type, value in flat(values.get("options")))
        return ConanConfig(
            conanfile=conanfile,
            requires=cast("tuple[str, ...]", values.get("requires", ())),
            tool_requires=cast("tuple[str, ...]", values.get("tool_requires", ())),
            options=options,
            host_profiles=host_profiles,
            build_profiles=checked.profiles("build_profiles"),
            build_type=build_type_of(host_profiles),
            build=checked.build(),
        )


def _conan_value(value: str) -> str:
    return {"On": "True", "Off": "False"}.get(value, value)
