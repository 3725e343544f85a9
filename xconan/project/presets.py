"""What CMake's presets say: of the toolchain, of variables, and where `cmake --build --preset` builds.

That is the binaryDir of the preset that it configures with, whatever -B said.
https://cmake.org/cmake/help/latest/manual/cmake-presets.7.html
"""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.environment import expand_env
from xconan.ground import reads
from xconan.ground.files import file_digest
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.ground.text import Text
    from xconan.project.config.records import CMakeConfig

FILES = ("CMakePresets.json", "CMakeUserPresets.json")
_MACRO = re.compile(r"\$(?P<kind>\w*)\{(?P<name>[^}]*)\}")
_OWN_FOLDER = 12  # the version since which ${fileDir} is the folder of the file that has it, not of the preset in use

SEVERAL_CONFIGURATIONS = ("Ninja Multi-Config", "Visual Studio", "Xcode")
"""What generators begin with that leave it to each build which configuration it is of."""
Preset = dict[str, object]


def preset_choices(name: str, *, source: Path) -> tuple[str, str]:
    """The generator and CMAKE_BUILD_TYPE that a configure preset chooses, "" for none.

    Args:
        name: of the preset.
        source: the folder of CMakePresets.json.
    """
    presets = _Presets.read(source, os.environ)
    generator = str(presets.find(presets.of_configurations, name, "generator") or "")
    value = presets.table(presets.of_configurations, name, "cacheVariables").get("CMAKE_BUILD_TYPE", "")
    kind = value.get("value", "") if isinstance(value, dict) else value
    return generator, presets.configuration(name).expand(str(kind))


def preset_configurations(names: Sequence[str], *, source: Path) -> tuple[str, ...]:
    """The configurations that build presets choose, each once.

    Args:
        names: of the build presets.
        source: the folder of CMakePresets.json.
    """
    presets = _Presets.read(source, os.environ)
    chosen = [str(presets.find(presets.of_builds, name, "configuration") or "") for name in names]
    return tuple(dict.fromkeys(filter(None, chosen)))


def preset_toolchain(name: str, *, source: Path, variables: Mapping[str, str | Text]) -> Path | None:
    """The toolchain file that a configure preset chooses, None for none.

    Args:
        name: of the preset.
        source: the folder of CMakePresets.json; CMake looks there for a relative path.
        variables: what CMake's environment will have on top of ours.
    """
    presets = _Presets.read(source, expand_env(variables, os.environ))
    own = presets.table(presets.of_configurations, name, "cacheVariables").get("CMAKE_TOOLCHAIN_FILE")
    value = own.get("value") if isinstance(own, dict) else own
    chosen = presets.find(presets.of_configurations, name, "toolchainFile") or value
    return Path(os.path.normpath(source / presets.configuration(name).expand(str(chosen)))) if chosen else None


def build_arguments(
    names: Sequence[str], *, source: Path, folder: Path, variables: Mapping[str, str | Text]
) -> dict[str, PresetBuild]:
    """What stands for build presets that would build in another folder than the one that was configured.

    `cmake --build --preset` goes to the binaryDir of its configure preset. A wheel is built in a folder of its own,
    which a build may remove, so these presets are said to CMake word by word.

    Args:
        names: of the build presets; what CMake does not find either is left for it to say.
        source: the folder of CMakePresets.json.
        folder: CMake's build folder.
        variables: what CMake's environment will have on top of ours.
    """
    presets = _Presets.read(source, expand_env(variables, os.environ))
    found = {}
    for name in names:
        build = presets.of_builds.get(name)
        configure = str(presets.find(presets.of_builds, name, "configurePreset") or "")
        if build is None or configure not in presets.of_configurations:
            continue
        text = str(presets.find(presets.of_configurations, configure, "binaryDir") or "")
        if not text or Path(os.path.normpath(source / presets.configuration(configure).expand(text))) != folder:
            found[name] = presets.build(name, configure)
    return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PresetBuild(Record):
    """A build preset as words of a command line.

    Attributes:
        environment: NAME=VALUE that it sets.
        configuration: --config, "" for none.
        words: further arguments of cmake --build.
        tool_words: of the build tool.
    """

    environment: tuple[str, ...]
    configuration: str
    words: tuple[str, ...]
    tool_words: tuple[str, ...]


def with_preset(config: CMakeConfig) -> CMakeConfig:
    """The configuration with what its configure preset gives to CMake: variables before its arguments, environment.

    CMake sets the preset's environment in its own process, over what it was started with.

    Args:
        config: a preset that CMake does not find either adds nothing.
    """
    if not config.preset:
        return config
    presets = _Presets.read(config.source_path, expand_env(config.env, os.environ))
    macros = presets.configuration(config.preset)
    env = {name: value.replace("$", "$$") for name, value in macros.environment().items()}
    arguments = []
    for name, given in presets.table(presets.of_configurations, config.preset, "cacheVariables").items():
        typed = cast("dict[str, object]", given) if isinstance(given, dict) else {"value": given}
        value, kind = typed.get("value"), typed.get("type")
        if value is not None:
            text = str(value).upper() if isinstance(value, bool) else macros.expand(str(value))
            arguments.append(f"-D{name}:{kind}={text}" if kind else f"-D{name}={text}")
    return replace(config, args=(*arguments, *config.args), env={**config.env, **env})


def preset_inputs(source: Path) -> PresetInputs:
    """What presets are made from, those of all files that include each other.

    Args:
        source: the folder of CMakePresets.json.
    """
    presets = _Presets.read(source, os.environ)
    return PresetInputs(files=presets.files, variables=frozenset(presets.variables))


def shared_preset_files(source: Path) -> list[Path]:
    """CMakePresets.json of a folder and the files that it includes; what CMakeUserPresets.json adds is one user's."""
    presets = _Presets(source=source, env=os.environ)
    presets.add(source / "CMakePresets.json", set())
    return [Path(os.path.normpath(file)) for file in presets.files]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PresetInputs(Record):
    """What decides about presets.

    Attributes:
        files: those in the project's folder and those that they include, wherever these lie, with a digest of each.
        variables: of the environment, that they name.
    """

    files: Mapping[str, str]
    variables: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Macros(Record):
    """What macros stand for in one preset.

    Attributes:
        known: by name, those without a namespace.
        own: its `environment`, not expanded.
        parent: the environment that CMake is started with.
    """

    known: Mapping[str, str]
    own: Mapping[str, object]
    parent: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """What the preset sets in it."""
        return {name: self.expand(str(value), (name,)) for name, value in self.own.items()}

    def expand(self, text: str, above: tuple[str, ...] = ()) -> str:
        """Fill macros in; variables that name each other in a circle, which CMake refuses, are the parent's."""

        def value(match: re.Match[str]) -> str:
            kind, name = match["kind"], match["name"]
            if kind == "env" and name in self.own and name not in above:
                return self.expand(str(self.own[name]), (*above, name))
            return self.parent.get(name, "") if kind in ("env", "penv") else self.known.get(name, match[0])

        return _MACRO.sub(value, text)


@dataclass(frozen=True, kw_only=True)
class _Presets:
    """The presets of a project by name, with those of included files.

    Attributes:
        source: the project's folder of CMakePresets.json.
        env: the environment that CMake is started with.
        of_configurations, of_builds: the presets as they are written.
        folders: of the files that configure presets and build presets stand in, by kind and name.
        files: that were read, with a digest of each.
        variables: of the environment, that they name.
    """

    source: Path
    env: Mapping[str, str]
    of_configurations: dict[str, Preset] = field(default_factory=dict)
    of_builds: dict[str, Preset] = field(default_factory=dict)
    folders: dict[tuple[str, str], str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, source: Path, env: Mapping[str, str]) -> _Presets:
        presets = cls(source=source, env=env)
        seen: set[Path] = set()
        for name in FILES:
            presets.add(source / name, seen)
        reads.variables(presets.variables)
        return presets

    def add(self, file: Path, seen: set[Path]) -> None:
        """Add a file's presets, and those of the files that it includes; one that can't be read has none."""
        if file.resolve() in seen:
            return
        seen.add(file.resolve())
        content = self._read(file)
        macros = self._macros(folder=str(file.parent))
        for name in _list(content.get("include")):
            self.add(file.parent / macros.expand(str(name)), seen)
        version = content.get("version")
        if isinstance(version, int) and version >= _OWN_FOLDER:
            content = cast("Preset", _filled(content, str(file.parent)))
        for known, kind in ((self.of_configurations, "configurePresets"), (self.of_builds, "buildPresets")):
            presets = [cast("Preset", preset) for preset in _list(content.get(kind)) if isinstance(preset, dict)]
            known.update({str(preset.get("name")): preset for preset in presets})
            self.folders.update({(kind, str(preset.get("name"))): str(file.parent) for preset in presets})

    def _read(self, file: Path) -> Preset:
        try:
            data = reads.seen(file).read_bytes()
            content: object = json.loads(data)
        except (OSError, ValueError, RecursionError):
            return {}
        self.files[str(file)] = file_digest(file)
        named = _MACRO.finditer(data.decode("utf-8", "replace"))
        self.variables.update(match["name"] for match in named if match["kind"] in ("env", "penv"))
        return cast("Preset", content) if isinstance(content, dict) else {}

    def configuration(self, name: str) -> _Macros:
        """The macros of a configure preset."""
        return self._macros(
            name,
            folder=self.folders.get(("configurePresets", name), ""),
            generator=str(self.find(self.of_configurations, name, "generator") or ""),
            own=self.table(self.of_configurations, name, "environment"),
        )

    def _macros(
        self, preset: str = "", *, folder: str, generator: str = "", own: Mapping[str, object] | None = None
    ) -> _Macros:
        known = {
            "sourceDir": str(self.source),
            "sourceParentDir": str(self.source.parent),
            "sourceDirName": self.source.name,
            "presetName": preset,
            "generator": generator,
            "hostSystemName": platform.system(),
            "fileDir": folder,
            "dollar": "$",
            "pathListSep": os.pathsep,
        }
        return _Macros(known=known, own=own or {}, parent=self.env)

    def find(self, presets: Mapping[str, Preset], name: str, key: str, above: tuple[str, ...] = ()) -> object:
        """What a preset sets, else the first of those that it inherits and that does; None if none."""
        preset = presets.get(name, {})
        if key in preset or name in above:
            return preset.get(key)
        inherited = preset.get("inherits")
        parents = [inherited] if isinstance(inherited, str) else _list(inherited)
        values = (self.find(presets, str(parent), key, (*above, name)) for parent in parents)
        return next((value for value in values if value is not None), None)

    def build(self, name: str, configure: str) -> PresetBuild:
        """A build preset, and the environment of the one that it configures with."""

        def said(key: str) -> object:
            return self.find(self.of_builds, name, key)

        jobs, targets = said("jobs"), said("targets")
        named = [targets] if isinstance(targets, str) else _list(targets)
        words = [f"-j{jobs}" if isinstance(jobs, int) and jobs else "-j"] if jobs is not None else []
        words += ["--verbose"] if said("verbose") else []
        own = {
            **self.table(self.of_configurations, configure, "environment"),
            **self.table(self.of_builds, name, "environment"),
        }
        macros = self._macros(
            name,
            folder=self.folders.get(("buildPresets", name), ""),
            generator=str(self.find(self.of_configurations, configure, "generator") or ""),
            own=own,
        )
        words += ["--target", *(macros.expand(str(one)) for one in named)] if named else []
        return PresetBuild(
            environment=tuple(f"{one}={value}" for one, value in macros.environment().items()),
            configuration=str(said("configuration") or ""),
            words=tuple(words),
            tool_words=tuple(macros.expand(str(word)) for word in _list(said("nativeToolOptions"))),
        )

    def table(self, presets: Mapping[str, Preset], name: str, key: str) -> Preset:
        """A table that a preset sets, over those of the presets that it inherits; null takes a name out."""
        return {one: value for one, value in self._merged(presets, name, key).items() if value is not None}

    def _merged(self, presets: Mapping[str, Preset], name: str, key: str, above: tuple[str, ...] = ()) -> Preset:
        preset = presets.get(name, {})
        inherited = preset.get("inherits")
        parents = [inherited] if isinstance(inherited, str) else _list(inherited)
        found: Preset = {}
        for parent in reversed(parents):
            if parent not in above:  # the first of several is the stronger
                found |= self._merged(presets, str(parent), key, (*above, name))
        own = preset.get(key)
        return found | (cast("Preset", own) if isinstance(own, dict) else {})


def _filled(content: object, folder: str) -> object:
    """Content of a file of presets with the folder for ${fileDir}."""
    if isinstance(content, dict):
        return {name: _filled(value, folder) for name, value in content.items()}
    if isinstance(content, list):
        return [_filled(value, folder) for value in content]
    return content.replace("${fileDir}", folder) if isinstance(content, str) else content


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
