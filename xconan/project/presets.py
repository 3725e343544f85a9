"""Where `cmake --build --preset` builds: in the binaryDir of the preset that it configures with, whatever -B said.

https://cmake.org/cmake/help/latest/manual/cmake-presets.7.html
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.environment import expand_env
from xconan.ground.files import read_json
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.ground.text import Text
    from xconan.project.config.records import CMakeConfig

_FILES = ("CMakePresets.json", "CMakeUserPresets.json")
_MACRO = re.compile(r"\$(?P<kind>\w*)\{(?P<name>[^}]*)\}")

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
    return generator, presets.expand(str(kind), name)


def preset_toolchain(name: str, *, source: Path) -> Path | None:
    """The toolchain file that a configure preset chooses, None for none.

    Args:
        name: of the preset.
        source: the folder of CMakePresets.json; CMake looks there for a relative path.
    """
    presets = _Presets.read(source, os.environ)
    own = presets.table(presets.of_configurations, name, "cacheVariables").get("CMAKE_TOOLCHAIN_FILE")
    value = own.get("value") if isinstance(own, dict) else own
    chosen = value or presets.find(presets.of_configurations, name, "toolchainFile")
    return Path(os.path.normpath(source / presets.expand(str(chosen), name))) if chosen else None


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
        if not text or Path(os.path.normpath(source / presets.expand(text, configure))) != folder:
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

    Args:
        config: a preset that CMake does not find either adds nothing.
    """
    if not config.preset:
        return config
    presets = _Presets.read(config.source_path, os.environ)
    env = {
        name: presets.expand(str(value), config.preset)
        for name, value in presets.table(presets.of_configurations, config.preset, "environment").items()
    }
    presets = replace(presets, env={**os.environ, **env})
    arguments = []
    for name, given in presets.table(presets.of_configurations, config.preset, "cacheVariables").items():
        typed = cast("dict[str, object]", given) if isinstance(given, dict) else {"value": given}
        value, kind = typed.get("value"), typed.get("type")
        if value is not None:
            text = str(value).upper() if isinstance(value, bool) else presets.expand(str(value), config.preset)
            arguments.append(f"-D{name}:{kind}={text}" if kind else f"-D{name}={text}")
    return replace(config, args=(*arguments, *config.args), env={**env, **config.env})


@dataclass(frozen=True, kw_only=True)
class _Presets:
    """The presets of a project by name, with those of included files."""

    source: Path
    env: Mapping[str, str]
    of_configurations: dict[str, Preset]
    of_builds: dict[str, Preset]

    @classmethod
    def read(cls, source: Path, env: Mapping[str, str]) -> _Presets:
        presets = cls(source=source, env=env, of_configurations={}, of_builds={})
        seen: set[Path] = set()
        for name in _FILES:
            presets.add(source / name, seen)
        return presets

    def add(self, file: Path, seen: set[Path]) -> None:
        """Add a file's presets, and those of the files that it includes; one that can't be read has none."""
        if file.resolve() in seen:
            return
        seen.add(file.resolve())
        content = read_json(file)
        for name in _list(content.get("include")):
            self.add(file.parent / self.expand(str(name)), seen)
        for known, kind in ((self.of_configurations, "configurePresets"), (self.of_builds, "buildPresets")):
            presets = [cast("Preset", preset) for preset in _list(content.get(kind)) if isinstance(preset, dict)]
            known.update({str(preset.get("name")): preset for preset in presets})

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
        words += ["--target", *(self.expand(str(one), name) for one in named)] if named else []
        environment = {
            **self.table(self.of_configurations, configure, "environment"),
            **self.table(self.of_builds, name, "environment"),
        }
        return PresetBuild(
            environment=tuple(f"{one}={self.expand(str(value), name)}" for one, value in environment.items()),
            configuration=str(said("configuration") or ""),
            words=tuple(words),
            tool_words=tuple(self.expand(str(word), name) for word in _list(said("nativeToolOptions"))),
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

    def expand(self, text: str, preset: str = "") -> str:
        """Fill macros in; `environment` of presets aside, a variable is that of CMake's environment."""
        known = {
            "sourceDir": str(self.source),
            "sourceParentDir": str(self.source.parent),
            "sourceDirName": self.source.name,
            "presetName": preset,
            "dollar": "$",
            "pathListSep": os.pathsep,
        }

        def value(match: re.Match[str]) -> str:
            kind, name = match["kind"], match["name"]
            return self.env.get(name, "") if kind in ("env", "penv") else known.get(name, match[0])

        return _MACRO.sub(value, text)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
