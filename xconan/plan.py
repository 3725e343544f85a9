"""Pure: facts -> BuildPlan. Nothing here looks at the world; what is planned can be printed and compared."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.build_machine.pyodide import without_wrappers
from xconan.host.tags import stable_soabi
from xconan.model import BuildPlan, CMakePlan, ConanPlan, Facts, RecipePlan
from xconan.project.config.dialect import MEANT_VERSION
from xconan.project.config.recipe import read_recipe
from xconan.project.presets import SEVERAL_CONFIGURATIONS
from xconan.project.wheel_tags import pure, wheel_tags
from xconan.render import interpreter, profile
from xconan.render import toolchain as cmake_texts
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.build_machine.tools import Tool
    from xconan.ground.text import Text
    from xconan.host.tags import WheelTags
    from xconan.project.config.conan_table import ConanConfig
    from xconan.project.config.records import CMakeConfig, Project
    from xconan.project.presets import PresetBuild
    from xconan.toolchains.records import Toolchain

_CHANGED_BY_D = re.compile(r"(?s).*[ \t]|(['\"]).*\1")
_SUFFIX_WITH_PLATFORM = (3, 15)  # the first Python whose suffixes for the stable ABI may name the platform
_FLAGS_OF_CONAN = {"CFLAGS": "cflags", "CXXFLAGS": "cxxflags", "LDFLAGS": "sharedlinkflags"}
_UNSHOWN = ("pyproject", "places", "dialect")  # of records, in JSON
_CACHED_LANGUAGES = ("C", "CXX", "OBJC", "OBJCXX", "CUDA")  # that ccache and sccache know
# what packagers set: installed files go below an image of a system, or are links into the build folder
INSTALLED_ELSEWHERE = ("DESTDIR", "CMAKE_INSTALL_MODE")
_PREFIXES = ("XCONAN", "PY_BUILD_CMAKE")  # ours, and the one that projects moving here already use


def make_plan(facts: Facts, parts: tuple[BuildPlan, ...] = (), *, provided: bool = False) -> BuildPlan:
    """Plan one wheel: its tags, and what Conan and CMake are asked to do.

    Args:
        facts: without toolchain and machine where there is nothing for CMake to do, as for a universal wheel.
        parts: the plans for the architectures of a universal wheel.
        provided: the dependencies are there already, so Conan is asked nothing.
    """
    project, toolchain, machine = facts.project, facts.toolchain, facts.machine
    tags = wheel_tags(facts.cross.target, project.wheel, pure=pure(project))
    cmake = conan = None
    if project.cmake and toolchain and machine:
        wanted = project.conan.wanted and not provided
        conan = _plan_conan(facts, project.cmake, toolchain, machine) if wanted else None
        planner = _CMakePlanner(facts=facts, config=project.cmake, toolchain=toolchain, machine=machine, tags=tags)
        cmake = planner.plan(dependencies=provided or (conan is not None and conan.recipe is None))
    gathered = {field.name: getattr(facts, field.name) for field in fields(Facts)}
    return BuildPlan(**gathered, tags=tags, conan=conan, cmake=cmake, parts=parts)


def with_preset_builds(plan: BuildPlan, found: Mapping[str, PresetBuild]) -> BuildPlan:
    """The plan with those build presets said word by word that would build in another folder."""
    if plan.cmake is None or not found:
        return plan
    folder = str(plan.layout.build)
    builds = tuple(_without_preset(argv, folder, found) for argv in plan.cmake.builds)
    return replace(plan, cmake=replace(plan.cmake, builds=builds))


def _without_preset(argv: tuple[str, ...], folder: str, found: Mapping[str, PresetBuild]) -> tuple[str, ...]:
    cmake, _build, _preset, name, *more = argv  # as _CMakePlanner makes them
    if name not in found:
        return argv
    preset = found[name]
    environment = [cmake, "-E", "env", *preset.environment] if preset.environment else []
    configuration = ["--config", preset.configuration] if preset.configuration and "--config" not in more else []
    own, tool = (more[: more.index("--")], more[more.index("--") + 1 :]) if "--" in more else (more, [])
    tool = [*preset.tool_words, *tool]
    words = [*environment, cmake, "--build", folder, *configuration, *own, *preset.words]
    return (*words, "--", *tool) if tool else tuple(words)


def needs_headers(project: Project) -> bool:
    """Whether a module is compiled against the host's Python."""
    return project.cmake is not None and not pure(project) and project.wheel.python_abi != "none"


def build_type(config: CMakeConfig, conan: ConanConfig | None = None) -> str:
    """CMAKE_BUILD_TYPE: a wheel is a release unless somebody says otherwise, a Conan profile at last."""
    options = {name: value for name, _kind, value in config.options}
    by_profile = conan.build_type if conan else None
    return config.build_type or options.get("CMAKE_BUILD_TYPE") or by_profile or "Release"


def platform_tools(machine: BuildMachine) -> list[tuple[str, Tool]]:
    """The programs that Conan recipes may use as they are, by their names in Conan."""
    tools = {"cmake": machine.cmake, "ninja": machine.ninja, "meson": machine.meson}
    return [(name, tool) for name, tool in tools.items() if tool]


def as_json(value: object) -> object:
    """A record as JSON's types, for `xconan plan --json`; without the raw pyproject.toml and the places of keys."""
    if isinstance(value, Template):
        return value.text
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in _UNSHOWN]
        return {name: as_json(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, Enum):
        return cast("object", value.value)
    return str(value) if isinstance(value, Path) else value


def as_object(plan: BuildPlan) -> dict[str, object]:
    """A plan as a JSON object."""
    return cast("dict[str, object]", as_json(plan))


def _plan_conan(facts: Facts, cmake: CMakeConfig, toolchain: Toolchain, machine: BuildMachine) -> ConanPlan:
    project, cross, layout = facts.project, facts.cross, facts.layout
    config, tools = project.conan, platform_tools(machine)
    kind, platform = build_type(cmake, config), cross.target.platform
    on_top = profile.build_profile(tools)
    host = profile.HostProfile(
        platform=platform,
        toolchain=toolchain,
        build_type=kind,
        tools=tools,
        toolchain_package=cross.toolchain_package,
    )
    derived = None if cross.native else host.text()
    return ConanPlan(
        conanfile=config.conanfile or layout.root / "conanfile.txt",
        conanfile_text=None if config.conanfile else profile.conanfile_txt(config),
        host_profile=derived or on_top,
        build_profile=on_top,
        derived=derived is not None,
        options=tuple(f"{name}={value}" for name, value in config.options),
        settings=(
            f"build_type={kind}",
            *([f"arch={platform.arch.conan_arch}"] if cross.native and platform.arch.parts else []),
            *(f"{name}={value}" for name, value in config.settings),
        ),
        conf=tuple(f"{name}={value}" for name, value in config.conf),
        host_profiles=config.host_profiles,
        build_profiles=config.build_profiles,
        build=config.build,
        recipe=_plan_recipe(facts) if project.builds_by_recipe else None,
    )


def _plan_recipe(facts: Facts) -> RecipePlan:
    project, layout = facts.project, facts.layout
    recipe = read_recipe(project.conan.conanfile)
    confs = {name: f"tools.build:{key}" for name, key in _FLAGS_OF_CONAN.items()}
    given = {} if facts.cross.native else {name: os.environ.get(name, "") for name in confs}
    return RecipePlan(
        name="" if recipe is None or recipe.says("name") else facts.metadata.file_name.replace("_", "-"),
        version="" if recipe is None or recipe.says("version") else facts.metadata.version,
        source=recipe is None or "source" in recipe.methods,
        profile=profile.recipe_profile(
            layout, native=facts.cross.native, flags={confs[name]: words for name, words in given.items() if words}
        ),
        machine_file=profile.machine_file(layout),
        prefix=layout.staging / project.wheel.install_dir,
    )


@dataclass(frozen=True, kw_only=True)
class _CMakePlanner:
    """Plans the calls of CMake for one project; every method is a part of the plan."""

    facts: Facts
    config: CMakeConfig
    toolchain: Toolchain
    machine: BuildMachine
    tags: WheelTags

    def plan(self, *, dependencies: bool) -> CMakePlan:
        """The whole of it."""
        return CMakePlan(
            configure=self._configure(),
            builds=tuple(self._builds()),
            installs=tuple(self._installs()),
            files=self._files(dependencies=dependencies),
            env=self._env(),
        )

    @property
    def _prefix(self) -> Path:
        return self.facts.layout.staging / self.facts.project.wheel.install_dir

    def _files(self, *, dependencies: bool) -> dict[str, Template]:
        newest = max(self.machine.python_version[:2], self.facts.python.version[:2])
        patched = not self.facts.cross.native or newest >= _SUFFIX_WITH_PLATFORM
        outer = cmake_texts.outer_toolchain(
            self.facts,
            self.config,
            self.toolchain,
            tags=self.tags,
            dependencies=dependencies,
            patched_find_python=patched,
        )
        files: dict[str, Template] = {
            "toolchain.cmake": outer,
            "preload.cmake": cmake_texts.Preload(variables={**self._variables(), **self._exact_options()}),
            **({profile.RECIPE_VARIABLES: self._told_recipe()} if self.facts.project.builds_by_recipe else {}),
            "python/bin/python3": self._interpreter(as_host=True),
            "python/bin/build-python": self._interpreter(as_host=False),
        }
        if patched:
            names = ("Python", "Python3")
            files |= {f"modules/Find{name}.cmake": cmake_texts.FindPythonModule(name=name) for name in names}
        if dependencies:
            files[cmake_texts.PKG_CONFIG] = cmake_texts.PkgConfig()
        if not self.facts.cross.native:
            command = self.toolchain.variables.get("CMAKE_CROSSCOMPILING_EMULATOR", "")
            files["python/bin/emulator"] = interpreter.emulator(self.facts.layout, command, self.facts.runner)
            files["python/site/_xconan_host.py"] = interpreter.host_facts(self.facts, self.tags)
        return files

    def _told_recipe(self) -> Template:
        """What CMake is told of the wheel where the recipe calls it, and chooses the rest itself."""
        told = {name: value for name, value in self._variables().items() if not name.startswith("CMAKE_")}
        return cmake_texts.Preload(variables=told)

    def _interpreter(self, *, as_host: bool) -> Template:
        return interpreter.interpreter(self.machine, cross=self.facts.cross, layout=self.facts.layout, as_host=as_host)

    def _configure(self) -> tuple[str, ...]:
        config, root = self.config, self.facts.layout.root
        argv = [str(self.machine.cmake.path), "-S", str(config.source_path)]
        argv += ["--preset", config.preset] if config.preset else []
        argv += ["-B", str(self.facts.layout.build), "-G", config.generator]
        if self.facts.cross.generator_platform and config.generator.startswith("Visual Studio"):
            argv += ["-A", self.facts.cross.generator_platform]
        argv += ["-C", str(root / "preload.cmake")]
        argv += [f"-DCMAKE_TOOLCHAIN_FILE:FILEPATH={root / 'toolchain.cmake'}"]
        skipped = ("CMAKE_TOOLCHAIN_FILE", *self._exact_options())
        options = [option for option in config.options if option[0] not in skipped]
        argv += [f"-D{name}:{kind}={value}" if kind else f"-D{name}={value}" for name, kind, value in options]
        return (*argv, *config.args)

    def _exact_options(self) -> dict[str, tuple[str, str]]:
        """Options that -D would change: it takes blanks behind a value, and quotes around it, away.

        py-build-cmake's table keeps that meaning.
        """
        options = self.config.options if self.facts.project.dialect.ours else ()
        return {name: (kind or "STRING", value) for name, kind, value in options if _CHANGED_BY_D.fullmatch(value)}

    def _builds(self) -> list[tuple[str, ...]]:
        config, argvs = self.config, []
        for preset in config.build_presets or (None,):
            for kind in config.config or (None if preset else self._default_configuration,):
                argv = [str(self.machine.cmake.path), "--build"]
                argv += ["--preset", preset] if preset else [str(self.facts.layout.build)]
                argv += ["--config", kind] if kind else []
                argv += config.build_args
                argv += ["--", *config.build_tool_args] if config.build_tool_args else []
                argvs.append(tuple(argv))
        return argvs

    @property
    def _default_configuration(self) -> str | None:
        """What a generator of several configurations builds: its own default is Debug."""
        several = self.config.generator.startswith(SEVERAL_CONFIGURATIONS)
        return build_type(self.config, self.facts.project.conan) if several else None

    def _installs(self) -> list[tuple[str, ...]]:
        config, argvs = self.config, []
        default = None if config.build_presets else self._default_configuration
        for kind in config.install_config or (default,):
            for component in config.install_components:
                argv = [str(self.machine.cmake.path), "--install", str(self.facts.layout.build)]
                argv += ["--prefix", str(self._prefix)]
                argv += ["--config", kind] if kind else []
                argv += ["--component", component] if component else []
                argvs.append((*argv, *config.install_args))
        return argvs

    def _variables(self) -> dict[str, tuple[str, str]]:
        """What the project may know, as cache variables (docs/configuration.md)."""
        version = self.machine.python_version
        python = str(self.facts.layout.python / "bin" / "build-python")
        own = {
            "VERSION": ("STRING", __version__),
            "PROJECT_NAME": ("STRING", self.facts.metadata.file_name),
            "PROJECT_VERSION": ("STRING", self.facts.metadata.version),
            "IMPORT_NAME": ("STRING", self.facts.project.module.name),
            "PACKAGE_PYTHON_TAG": ("STRING", ";".join(self.tags.python)),
            "PACKAGE_ABI_TAG": ("STRING", ";".join(self.tags.abi)),
            "BUILD_PYTHON_INTERPRETER": ("FILEPATH", python),
            "BUILD_PYTHON_VERSION": ("STRING", _dotted(version)),
            "BUILD_PYTHON_VERSION_MAJOR": ("STRING", str(version[0])),
            "BUILD_PYTHON_VERSION_MINOR": ("STRING", str(version[1])),
            "BUILD_PYTHON_VERSION_PATCH": ("STRING", str(version[2])),
            "BUILD_PYTHON_RELEASE_LEVEL": ("STRING", version[3]),
            "BUILD_PYTHON_ABIFLAGS": ("STRING", self.machine.abiflags),
        }
        if limited := self.tags.limited_api:
            major, minor = int(str(limited)[0]), int(str(limited)[1:])
            own["PACKAGE_LIMITED_API"] = ("STRING", f"0x{major:02X}{minor:02X}0000")
            own["PACKAGE_USE_SABI"] = ("STRING", f"{major}.{minor}")
            if "abi3t" in self.tags.abi:
                own["PACKAGE_TARGET_ABI3T"] = own["PACKAGE_LIMITED_API"]
        older = {
            "PACKAGE_NAME": "PROJECT_NAME", "PACKAGE_VERSION": "PROJECT_VERSION", "MODULE_NAME": "IMPORT_NAME",
            **{name.replace("BUILD_PYTHON", "PYTHON"): name for name in own if name.startswith("BUILD_PYTHON")},
        }  # fmt: skip
        own |= {name: own[newer] for name, newer in older.items()}
        variables = {f"{prefix}_{name}": value for prefix in _PREFIXES for name, value in own.items()}
        variables["PY_BUILD_CMAKE_VERSION"] = ("STRING", MEANT_VERSION)
        variables |= self._scikit_build_variables()
        variables["CMAKE_BUILD_TYPE"] = ("STRING", build_type(self.config, self.facts.project.conan))
        variables["CMAKE_INSTALL_PREFIX"] = ("PATH", str(self._prefix))
        variables["CMAKE_FIND_NO_INSTALL_PREFIX"] = ("BOOL", "ON")
        if cache := self.config.compiler_cache:
            variables |= {f"CMAKE_{language}_COMPILER_LAUNCHER": ("STRING", cache) for language in _CACHED_LANGUAGES}
        if self.machine.ninja and self.config.generator.startswith("Ninja"):
            variables["CMAKE_MAKE_PROGRAM"] = ("FILEPATH", str(self.machine.ninja.path))
        return variables

    def _scikit_build_variables(self) -> dict[str, tuple[str, str]]:
        """What scikit-build-core tells its projects, for those that move here.

        https://scikit-build-core.readthedocs.io/en/latest/guide/cmakelists.html#accessing-information
        """
        metadata, staging = self.facts.metadata, self.facts.layout.staging
        base = f"{metadata.file_name}-{metadata.version}"
        folders = {"PLATLIB": staging, "METADATA": staging / f"{base}.dist-info"}
        folders |= {name: staging / f"{base}.data" / name.lower() for name in ("DATA", "HEADERS", "SCRIPTS")}
        texts = {
            "SKBUILD": "2",
            "SKBUILD_STATE": "wheel",
            "SKBUILD_PROJECT_NAME": re.sub("[-.]", "_", metadata.name),
            "SKBUILD_PROJECT_VERSION": ".".join(_release(metadata.version)[:4]),
            "SKBUILD_PROJECT_VERSION_FULL": metadata.version,
            "SKBUILD_SOABI": self.facts.python.soabi,
            "SKBUILD_SABI_COMPONENT": "",
            "SKBUILD_SABI_VERSION": "",
        }
        if limited := self.tags.limited_api:
            texts["SKBUILD_SOABI"] = stable_soabi(self.facts.cross.target, self.tags)
            texts["SKBUILD_SABI_COMPONENT"] = "Development.SABIModule"
            texts["SKBUILD_SABI_VERSION"] = f"{str(limited)[0]}.{str(limited)[1:]}"
        variables = {name: ("STRING", text) for name, text in texts.items()}
        return variables | {f"SKBUILD_{name}_DIR": ("PATH", str(folder)) for name, folder in folders.items()}

    def _env(self) -> dict[str, str | Text]:
        own = {
            "VERSION": __version__,
            "PROJECT_NAME": self.facts.metadata.file_name,
            "PROJECT_VERSION": self.facts.metadata.version,
            "IMPORT_NAME": self.facts.project.module.name,
            "PACKAGE_NAME": self.facts.metadata.file_name,
            "PACKAGE_VERSION": self.facts.metadata.version,
            "MODULE_NAME": self.facts.project.module.name,
            "BINARY_DIR": str(self.facts.layout.build),
            "INSTALL_PREFIX": str(self._prefix),
        }
        env = {f"{prefix}_{name}": value for prefix in _PREFIXES for name, value in own.items()}
        env["PY_BUILD_CMAKE_VERSION"] = MEANT_VERSION
        return {**{name: value.replace("$", "$$") for name, value in env.items()}, **self.config.env}


def without_cleared(facts: Facts, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for CMake, Conan's recipes and compilers, without what must not lead them elsewhere.

    Left out is what leads to the build machine's headers and libraries, in a cross-build, and in every build what has
    files installed into an image of a system, or as links into a build folder; and the compilers of pyodide build,
    which have names of this machine's.
    """
    left_out = {*facts.cleared, *INSTALLED_ELSEWHERE}
    return {name: value for name, value in without_wrappers(environ).items() if name not in left_out}


def expand_conan_env(wanted: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """The environment that Conan asks for on top of `base`: ${NAME} in NAME is what stands before, if anything."""
    env = dict(base)
    for name, text in wanted.items():
        reference, before = f"${{{name}}}", env.get(name, "")
        value = text.replace(reference, before)
        env[name] = value if before or reference not in text else value.strip(f" {os.pathsep}")
    return env


def _dotted(version: tuple[int, int, int, str, int]) -> str:
    return ".".join(str(part) for part in version[:3])


def _release(version: str) -> list[str]:
    """The numbers of a version: ["1", "2"] of "1!1.2rc1.dev3+local"."""
    plain = re.split(r"[a-z+]|\.[a-z]", version.rpartition("!")[2])[0]
    return re.findall(r"\d+", plain)
