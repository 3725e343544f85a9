"""What the files of a project say, read: the project, and the host that it is built for.

Each configuration key is a field here, and stands nowhere else: its type, its default, and by `key` its kind, its
meaning and what it may say. They are py-build-cmake's keys with py-build-cmake's meaning, so that moving a project is
a rename of the table, and `conan`, which is our own. A field without `key` is none.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from xconan.ground.record import Record
from xconan.host.tags import FIRST_ABI3T, abi_of
from xconan.host.targets import pypy_abi
from xconan.project.config.conan_table import REFERENCE, ConanConfig
from xconan.project.config.dialect import OURS, Dialect
from xconan.project.config.editable_table import EditableConfig
from xconan.project.config.matrix_table import MatrixConfig
from xconan.project.config.schema import DefaultContext, Kind, Spelling, key, keys_of
from xconan.project.config.test_table import TestConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.ground.text import Text
    from xconan.host.targets import Target
    from xconan.project.config.free_tables import GeneratedFile, MetadataProvider

MINIMUM_CMAKE = "3.20"  # the first with the file API's "toolchains" object

_TAG = Spelling(pattern=r"\w+(\.\w+)*", problem="is not a tag")
_LIBRARY_NAME = Spelling(
    pattern=r"[^/\s]+",
    problem="is no library's file name",
    hint='write it without folders: ["libfoo.so.*"]',
)


def _import_name(context: DefaultContext, values: Mapping[str, object]) -> str:
    if packages := cast("tuple[str, ...]", values.get("packages")):
        return PurePosixPath(packages[0]).stem
    if context.dialect.ours:
        return re.sub(r"[-.\s]+", "_", context.project_name)
    return re.sub(r"[-_.]+", "-", context.project_name).lower().replace("-", "_")


def _abi(context: DefaultContext, values: Mapping[str, object]) -> str:
    implementation, version = str(values["implementation"]), str(values["version"])
    running = context.running
    if implementation == "pp" and re.match(rf"pypy{version}-pp\d+-", suffix := str(values.get("soabi", ""))):
        return abi_of(suffix)
    if (implementation, version) == (running.implementation, running.version):
        return running.abi
    if implementation == "cp":
        return f"cp{version}m" if int(version) < 38 else f"cp{version}"  # noqa: PLR2004 - 3.8 dropped the m
    # the whole of PyPy's tag has the version of PyPy in it, which its headers know
    return pypy_abi(version) if implementation == "pp" else implementation + version


# a key reads as a row
# fmt: off


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TargetConfig(Record):
    """The keys of the cross table that say which wheel to make; Target is made of them."""

    implementation: str = field(metadata=key(
        Kind.STRING, "As in a wheel's tag: cp, pp.", default="the running interpreter's",
        compute=lambda context, _values: context.running.implementation,
        spelling=Spelling(pattern="cp|pp", problem="is no implementation", hint="cp is CPython, pp is PyPy",
                          example="cp"),
    ))
    version: str = field(metadata=key(
        Kind.STRING, "Major and minor without a dot: 312.", default="the running interpreter's",
        compute=lambda context, _values: context.running.version,
        spelling=Spelling(pattern=r"[23]\d{1,2}", problem="is no Python version",
                          hint="major and minor without a dot: '312' for 3.12", example="312"),
    ))
    abi: str = field(metadata=key(
        Kind.STRING, "ABI tag.", default="implementation and version", compute=_abi,
        spelling=Spelling(pattern="[a-z0-9_]+", problem="is no ABI tag",
                          hint="of CPython 3.12 the usual one is 'cp312'; leave abi out to have the usual one"),
    ))
    arch: str = field(metadata=key(
        Kind.STRING, "Platform tag: linux_aarch64, manylinux_2_27_armv7l.", default="the build machine's",
        compute=lambda context, _values: context.running.platform.tag,
    ))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossConfig(Record):
    """A cross.toml, read: everything it says about the host Python and its toolchain.

    Attributes:
        target: the wheel to make.
        native: no cross.toml was given; the host is the build machine.
        source: the file, or the file and table, that errors should point at.
        toolchain: a toolchain by name, for which a file is written.
        toolchain_package: a package of Conan's, for which a file is written once it is there.
        toolchain_options: `[cmake.options]` of the cross.toml as (name, type or "", value): the variables
            that its toolchain file may ask for.
        toolchain_args, toolchain_env: its `[cmake] args` and `[cmake.env]`, for the same.
        settings_digest: a digest of what the files say beside target, toolchain, paths and `[conan]`; "" for
            nothing, and in a project.
        arguments: the words of xconan's command line that choose this host: ("--target", "cp311-linux_aarch64").
        places: for each key that a file sets, the file and the key's dotted name in it.
        own_compiler: the build machine's own compiler builds for the host, once it is told so.
        remarks: lines to say of what the environment names as the host.
    """

    target: Target
    native: bool
    source: str
    os: str | None = field(default=None, metadata=key(
        Kind.STRING, "Operating system whose table, such as `[tool.xconan.linux]`, holds for this host too.",
        choices=("linux", "mac", "windows", "pyodide"),
    ))
    prefix: Path | None = field(default=None, metadata=key(Kind.PATH, "Root of the host's Python installation."))
    library: Path | None = field(default=None, metadata=key(Kind.PATH, "The host's libpython."))
    sabi_library: Path | None = field(default=None, metadata=key(
        Kind.PATH, "The host's libpython for the stable ABI.",
    ))
    include_dir: Path | None = field(default=None, metadata=key(Kind.PATH, "Folder of the host's Python.h."))
    soabi: str | None = field(default=None, metadata=key(
        Kind.STRING, "Middle of the module suffix: cpython-312-aarch64-linux-gnu.", default="from the rest",
        spelling=Spelling(pattern=r"[\w.-]+", problem="can't be part of a module's name",
                          hint="for example cpython-312-aarch64-linux-gnu"),
    ))
    toolchain_file: Path | None = field(default=None, metadata=key(Kind.PATH, "CMake toolchain file."))
    toolchain: str | None = field(default=None, metadata=key(
        Kind.STRING, "A toolchain by name, or the one that toolchain_file is of.",
        choices=("zig", "gcc", "clang", "emscripten"),
        default="this machine's cross gcc for linux_ tags, emscripten for Pyodide, else zig",
    ))
    toolchain_package: str | None = field(default=None, metadata=key(
        Kind.STRING, "A package of Conan's that brings the toolchain, by conf_info: gcc-aarch64/13.2.",
        spelling=REFERENCE,
    ))
    generator_platform: str | None = field(default=None, metadata=key(
        Kind.STRING, "CMAKE_GENERATOR_PLATFORM, for the Visual Studio generators.",
    ))
    toolchain_options: tuple[tuple[str, str, str], ...] = ()
    toolchain_args: tuple[str, ...] = ()
    toolchain_env: Mapping[str, str] = field(default_factory=dict)
    settings_digest: str = ""
    arguments: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    own_compiler: bool = False
    remarks: tuple[str, ...] = ()

    def place(self, name: str) -> str:
        """Where a key is set, for messages: "/p/host.toml: include_dir"; where it should be, if it is not."""
        return dict(self.places).get(name, f"{self.source}: {name}")

    def source_of(self, name: str) -> str:
        """The file that sets a key, for messages: "/p/host.toml"."""
        return self.place(name).rpartition(": ")[0]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostProfileConfig(Record):
    """What a cross.toml says of Conan's host profile: options of packages, build_type, profiles on top of it."""

    options: tuple[tuple[str, str], ...]
    build_type: str | None
    host_profiles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModuleConfig(Record):
    """`[tool.xconan.module]`: where the Python files are. `directory` is absolute or None (look)."""

    packages: tuple[str, ...] | None = field(default=None, metadata=key(
        Kind.LIST, 'Folders of packages, and modules, that the wheel holds by their last names: ["python/nav", '
        '"src/nav_tools", "src/one.py"]; `[]` for none.', default="the one that `name` means",
    ))
    name: str = field(metadata=key(
        Kind.STRING, "Import name.", default="the first of packages, else the project's name with underscores",
        compute=_import_name,
    ))
    directory: Path | None = field(default=None, metadata=key(
        Kind.PATH, "Folder that holds the package.", default="the project's folder, else `src` in it",
    ))
    namespace: bool = field(default=False, metadata=key(Kind.BOOL, "A PEP 420 namespace package."))
    generated: str | None = field(default=None, metadata=key(
        Kind.STRING, "The module or package is made by CMake alone.", choices=("module", "package"),
    ))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakeConfig(Record):
    """`[tool.xconan.cmake]`, all layers merged.

    Attributes:
        options: (name, type or "", value).
        number: of the table, where there are several: `[tool.xconan.cmake.1]`.
    """

    number: int = 0

    minimum_version: str = field(default=MINIMUM_CMAKE, metadata=key(
        Kind.STRING, "Oldest CMake that will do, else from PyPI.", default="or what CMakeLists.txt requires, if newer",
        spelling=Spelling(pattern=r"\d+(\.\d+)*", problem="is not a version such as 3.25", example="3.25"),
    ))
    build_type: str | None = field(default=None, metadata=key(
        Kind.STRING, "CMAKE_BUILD_TYPE, and Conan's build_type.", default="Release",
    ))
    config: tuple[str, ...] = field(metadata=key(
        Kind.LIST, "Configurations to build, for multi-config generators.", default="build_type",
        compute=lambda _context, values: (values["build_type"],) if values.get("build_type") else (),
    ))
    preset: str | None = field(default=None, metadata=key(Kind.STRING, "CMake preset to configure with."))
    build_presets: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST, "CMake presets to build with."))
    generator: str = field(metadata=key(
        Kind.STRING, "CMake generator.", default="the environment's CMAKE_GENERATOR, else Ninja",
        compute=lambda _context, _values: os.environ.get("CMAKE_GENERATOR") or "Ninja",
    ))
    source_path: Path = field(metadata=key(
        Kind.PATH, "Folder of CMakeLists.txt.", default="the project's",
        compute=lambda context, _values: context.root,
    ))
    build_path: str = field(default=".xconan_cache/{build_config}", metadata=key(
        Kind.STRING, "Build folder; {build_config} is the wheel's tag.",
    ))
    options: tuple[tuple[str, str, str], ...] = field(default=(), metadata=key(
        Kind.OPTIONS, "CMake variables: bool, string, list, or a table with =, +, -, prepend and type.",
    ))
    args: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST_PLUS, "Further arguments to configure with."))
    export_dependencies: bool = field(default=False, metadata=key(
        Kind.BOOL, "Modules export the names of Conan's static libraries too: others may take them over.",
    ))
    compiler_cache: str | None = field(default=None, metadata=key(
        Kind.STRING, "Program that keeps what compilers made, where build folders come and go: the launcher for C, "
        "C++, Objective-C and CUDA.", choices=("ccache", "sccache"),
    ))
    file_prefix_map: bool = field(default=True, metadata=key(
        Kind.BOOL, "Debug info and `__FILE__` name sources below /xconan/, not by this machine's folders; false keeps "
        "the paths, and lets the wheel name them.",
    ))
    find_python: bool = field(default=True, metadata=key(Kind.BOOL, "Give FindPython its hints."))
    find_python3: bool = field(default=True, metadata=key(Kind.BOOL, "Give FindPython3 its hints."))
    find_python_build_artifacts_prefix: str | None = field(default=None, metadata=key(
        Kind.STRING, "Python<PREFIX>_EXECUTABLE is the build machine's Python.",
    ))
    find_python3_build_artifacts_prefix: str | None = field(default=None, metadata=key(
        Kind.STRING, "Python3<PREFIX>_EXECUTABLE is the build machine's Python.",
    ))
    build_args: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, "Further arguments for cmake --build.",
    ))
    build_tool_args: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, "Further arguments for the build tool.",
    ))
    install_config: tuple[str, ...] = field(metadata=key(
        Kind.LIST, "Configurations to install.", default="those built",
        compute=lambda _context, values: values.get("config", ()),
    ))
    install_args: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, "Further arguments for cmake --install.",
    ))
    install_components: tuple[str, ...] = field(default=("",), metadata=key(
        Kind.LIST, "Components to install, one after the other.", default="everything",
    ))
    env: Mapping[str, str | Text] = field(default_factory=dict, metadata=key(
        Kind.TEXTS, "Environment for CMake; ${NAME} is expanded, $$ is a dollar.",
    ))
    env_passthrough: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, "Variables of the build machine's environment that a cross-build sees all the same: "
        '["CPATH"].', default="none",
        spelling=Spelling(pattern=r"[A-Za-z_]\w*", problem="is no name of a variable"),
    ))
    emulate: bool = field(default=False, metadata=key(
        Kind.BOOL, "In cross-builds for Linux, have the host's Python and emulator run what the build machine can't: "
        "stub generators, which import the module, and programs of the host's such as those of try_run.",
    ))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelConfig(Record):
    """`[tool.xconan.wheel]`: what the tags and the content of the wheel are to be."""

    pure_python: bool | None = field(default=None, metadata=key(
        Kind.BOOL, "No binaries: py3-none-any.", default="whether there is nothing for CMake to do",
    ))
    python_tag: tuple[str, ...] = field(default=("auto",), metadata=key(
        Kind.LIST, "Python tags.", default="the host Python's", spelling=_TAG,
    ))
    python_abi: str = field(default="auto", metadata=key(
        Kind.STRING, "auto: the host Python's; none: no Python API; abi3: the stable ABI; abi3t: that of PEP 803, "
        "which serves free-threaded Pythons as well.", choices=("auto", "none", "abi3", "abi3t"),
    ))
    abi3_minimum_cpython_version: int = field(default=32, metadata=key(
        Kind.INT, "With abi3: oldest CPython, 312 for 3.12.", default=f"with abi3t {FIRST_ABI3T}",
        spelling=Spelling(pattern=r"3\d{1,2}", problem="is not a version such as 312", example="312"),
    ))
    abi_tag: tuple[str, ...] | None = field(default=None, metadata=key(
        Kind.LIST, "Exact ABI tags.", default="from python_abi", spelling=_TAG,
    ))
    platform_tag: tuple[str, ...] | None = field(default=None, metadata=key(
        Kind.LIST, 'Exact platform tags; "guess" stands for the host\'s, "auto" for the widest that the files deserve.',
        default='as with ["guess"]', spelling=_TAG,
    ))
    compression_level: int = field(default=6, metadata=key(
        Kind.INT, "How hard files are compressed: 0, not at all, to 9.",
        spelling=Spelling(pattern=r"\d", problem="is no level from 0 to 9", example="6"),
    ))
    build_tag: str | None = field(default=None, metadata=key(
        Kind.STRING, "Build number; starts with a digit.",
        spelling=Spelling(
            pattern=r"\d[\w.]*",
            problem="is not a build number: it starts with a digit, and has letters, digits, _ and . alone",
            example="1",
        ),
    ))
    policy: str = field(default="error", metadata=key(
        Kind.STRING, "What the platform tag promises of the C library and others, and a file breaks.",
        choices=("error", "warning"),
    ))
    sbom: bool = field(default=False, metadata=key(
        Kind.BOOL, "Put a software bill of materials into the wheel (PEP 770): CycloneDX, from Conan's graph.",
    ))
    conan_licenses: bool = field(default=False, metadata=key(
        Kind.BOOL, "Put the licence files of Conan's libraries into the wheel, named in its metadata (PEP 639).",
    ))
    runtime_dispatch: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, "CMake's targets, and globs of sources, that are compiled for newer processors than the platform "
        'tag promises and chosen when the code runs: ["kernels_avx2", "src/*_avx2.c"].', default="none",
    ))
    bundle: tuple[str, ...] = field(default=("auto",), metadata=key(
        Kind.LIST, 'Shared libraries of Conan\'s that go into the wheel: "auto", all that its files need; "never"; '
        'or those that globs of file names mean, ["liblz4.so.*"].', spelling=_LIBRARY_NAME,
    ))
    bundle_exclude: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Globs of libraries that the host has, and that stay out of the wheel: ["libcuda.so.*"], as '
        "auditwheel's --exclude.", spelling=_LIBRARY_NAME,
    ))
    install_dir: str = field(default="", metadata=key(
        Kind.STRING, "Folder of the wheel that CMake installs into.", default="its top",
    ))
    include: Mapping[str, str | Text] = field(default_factory=dict, metadata=key(
        Kind.TEXTS, 'Further files and folders of the project, by their places in the wheel: {"nav/data" = "data", '
        '"{scripts}/nav" = "tools/nav.sh"}; {scripts}, {data} and {headers} are installed beside the packages. '
        "The first line of a script for Python becomes #!python, in whose place installers write their own.",
    ))
    exclude: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Globs of files to leave out of the wheel: ["**/*.cpp"].',
    ))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SdistConfig(Record):
    """`[tool.xconan.sdist]`: globs relative to the project."""

    include: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, "Globs of files to pack beside the wheel's own.", default="all of the project's",
    ))
    exclude: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST, "Globs of files to leave out of the sdist."))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StubgenConfig(Record):
    """`[tool.xconan.stubgen]`: mypy's stubgen writes .pyi files of the wheel's Python files, if the table is there."""

    packages: tuple[str, ...] | None = field(default=None, metadata=key(
        Kind.LIST, "Packages, -p.", default="the project's, if it is one",
    ))
    modules: tuple[str, ...] | None = field(default=None, metadata=key(
        Kind.LIST, "Modules, -m.", default="the project's, if it is one",
    ))
    files: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST, "Files, relative to the wheel's top."))
    args: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST_PLUS, "Further arguments of stubgen."))


# fmt: on


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Project(Record):
    """The project to build: pyproject.toml and what goes on top of it for one configuration.

    Attributes:
        places: for each key that a file sets ("cmake.build_path"), the file and the key's dotted name in it.
        more_cmakes: further configurations whose files are in the same wheel: `[cmake.1]`, `[cmake.2]`.
        more_conans: for each of these `[conan.1]`, None where it shares `conan`.
        dialect: whose meaning the table has.
        providers: of dynamic metadata: `[tool.xconan.metadata]`.
        generated: files made from templates: `[[tool.xconan.generate]]`.
        builds_by_recipe: the conanfile.py's own build() and package() make the wheel's files; of `cmake` its build
            type, environment and folder hold, and what it says of Python.
    """

    root: Path
    pyproject: Mapping[str, object]
    module: ModuleConfig
    cmake: CMakeConfig | None
    wheel: WheelConfig
    sdist: SdistConfig
    conan: ConanConfig
    matrix: MatrixConfig = field(default_factory=MatrixConfig)
    editable: EditableConfig = field(default_factory=EditableConfig)
    test: TestConfig = field(default_factory=TestConfig)
    places: tuple[tuple[str, str], ...] = ()
    more_cmakes: tuple[CMakeConfig, ...] = ()
    more_conans: tuple[ConanConfig | None, ...] = ()
    stubgen: StubgenConfig | None = None
    dialect: Dialect = OURS
    builds_by_recipe: bool = False
    providers: tuple[MetadataProvider, ...] = ()
    generated: tuple[GeneratedFile, ...] = ()

    @property
    def pyproject_file(self) -> Path:
        """The pyproject.toml."""
        return self.root / "pyproject.toml"

    def place(self, name: str, item: str = "") -> str:
        """Where a key ("cmake.env"), or an item of it, is set, for messages; else its place in pyproject.toml."""
        places = dict(self.places)
        whole = places.get(name, f"{self.pyproject_file}: tool.{self.dialect.table}.{name}")
        return places.get(f"{name}.{item}", whole)


RECORDS: dict[str, tuple[type[Record], ...]] = {
    "module": (ModuleConfig,),
    "conan": (ConanConfig,),
    "editable": (EditableConfig,),
    "sdist": (SdistConfig,),
    "cmake": (CMakeConfig,),
    "wheel": (WheelConfig,),
    "stubgen": (StubgenConfig,),
    "test": (TestConfig,),
    "cross": (TargetConfig, CrossConfig),
    "matrix": (MatrixConfig,),
}  # the records that hold the keys of each table
KEYS = {
    table: {name: one for record in records for name, one in keys_of(record).items()}
    for table, records in RECORDS.items()
}
SYSTEMS = ("linux", "windows", "mac", "pyodide")
# what a system's table and a cross.toml may hold: what may differ from host to host
HOST_TABLES = {table: KEYS[table] for table in ("conan", "editable", "sdist", "cmake", "wheel", "test")}
