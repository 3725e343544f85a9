"""The frozen records that facts, plans and results are handed around in.

Words are those of CMake, Conan and GNU: the *build machine* runs the compiler, the *host machine* runs the
wheel. A path is of the build machine; everything in Platform, Target and HostPython speaks of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


NUMPY_CONFIG = "numpy/_numpyconfig.h"  # the one header of NumPy's that differs from machine to machine


class Record:
    """What dataclass would write for each record anew, which takes a third of this module's import: once."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


class Libc(str, Enum):
    """The C library of a Linux host."""

    GLIBC = "glibc"
    MUSL = "musl"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class System(Record):
    """An operating system of platforms.toml, where the columns are explained; `name` is its table's: "mac"."""

    name: str
    conan: str
    cmake: str
    suffix: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Arch(Record):
    """One row of platforms.toml, where the columns are explained."""

    name: str
    conan_arch: str
    processor: str
    triplet: str
    multiarch: str
    zig: str
    zig_oldest: str
    machine: str
    bits: int
    endian: str
    macros: tuple[str, ...]
    debian: str = ""
    debian_gcc: str = ""
    qemu: str = ""
    zig_cpu: str | None = None
    hard_float: bool = False
    max_arm: int | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Platform(Record):
    """A host platform as a wheel's platform tag names it (PEP 425, 600, 656).

    `floor` is the oldest C library that the tag promises to work with, on macOS the oldest macOS. `libc` and
    `floor` are None for `linux_*` tags, which promise nothing about the C library, and for Windows.
    """

    tag: str
    system: System
    arch: Arch
    libc: Libc | None = None
    floor: tuple[int, int] | None = None

    @property
    def os(self) -> str:
        """The operating system's name in configurations: "linux", "mac", "windows"."""
        return self.system.name


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Target(Record):
    """One wheel to make: a host Python on a host platform.

    `implementation` and `version` are as in a Python tag ("cp", "312"); `abi` is an ABI tag ("cp312"), of a PyPy
    whose files have not been looked at only its beginning ("pypy310").
    """

    implementation: str
    version: str
    abi: str
    platform: Platform

    @property
    def python_tag(self) -> str:
        """The tag of the host Python: "cp312"."""
        return self.implementation + self.version

    @property
    def interpreter(self) -> str:
        """The host Python as the names of targets have it: "cp312", "cp313t" without a GIL."""
        return self.python_tag + ("t" if self.free_threaded else "")

    @property
    def dotted_version(self) -> str:
        """The version as Python writes it: "3.12"."""
        return f"{self.version[0]}.{self.version[1:]}"

    @property
    def abi_flags(self) -> str:
        """What CPython's ABI tag says beside the version: "t" of "cp313t", "" of PyPy's."""
        return self.abi.removeprefix(f"cp{self.version}") if self.abi.startswith("cp") else ""

    @property
    def free_threaded(self) -> bool:
        """Whether the host Python has no GIL (PEP 703)."""
        return self.implementation == "cp" and "t" in self.abi_flags

    @property
    def abi_known(self) -> bool:
        """Whether `abi` is the whole tag: PyPy's has its own version in it, which its files must say."""
        return self.implementation != "pp" or "_" in self.abi

    @property
    def name(self) -> str:
        """The name of the configuration, used for build folders: "cp312-cp312-linux_aarch64"."""
        return f"{self.python_tag}-{self.abi}-{self.platform.tag}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossConfig(Record):
    """A cross.toml, read: everything it says about the host Python and its toolchain.

    Attributes:
        target: the wheel to make.
        native: no cross.toml was given; the host is the build machine.
        source: the file, or the file and table, that errors should point at.
        os: the operating system whose table the overrides inherit from, or None.
        toolchain: "zig", "gcc" or "clang": a toolchain by name, for which a file is written.
        toolchain_file, library, sabi_library, include_dir, prefix: absolute paths of the build machine.
        soabi: the middle of the module suffix, such as "cpython-312-aarch64-linux-gnu", when given.
        toolchain_options: `[cmake.options]` of the cross.toml as (name, type or "", value): the variables
            that its toolchain file may ask for.
        overrides: a digest of what files say beside target, toolchain and paths; "" for nothing, and in a project.
        arguments: the words of xconan's command line that choose this host: ("--target", "cp311-linux_aarch64").
    """

    target: Target
    native: bool
    source: str
    os: str | None = None
    toolchain: str | None = None
    toolchain_file: Path | None = None
    library: Path | None = None
    sabi_library: Path | None = None
    include_dir: Path | None = None
    prefix: Path | None = None
    soabi: str | None = None
    generator_platform: str | None = None
    toolchain_options: tuple[tuple[str, str, str], ...] = ()
    overrides: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProfileWishes(Record):
    """What a cross.toml wants of Conan's host profile: options of packages, build_type, profiles on top of it."""

    options: tuple[tuple[str, str], ...]
    build_type: str | None
    host_profiles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModuleConfig(Record):
    """`[tool.xconan.module]`: where the Python files are. `directory` is absolute or None (look)."""

    name: str
    directory: Path | None = None
    namespace: bool = False
    generated: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakeConfig(Record):
    """`[tool.xconan.cmake]` after inheritance and overrides. `options` are (name, type or "", value)."""

    minimum_version: str
    build_type: str | None
    config: tuple[str, ...]
    preset: str | None
    build_presets: tuple[str, ...]
    generator: str
    source_path: Path
    build_path: str
    options: tuple[tuple[str, str, str], ...]
    args: tuple[str, ...]
    find_python: bool
    find_python3: bool
    find_python_build_artifacts_prefix: str | None
    find_python3_build_artifacts_prefix: str | None
    build_args: tuple[str, ...]
    build_tool_args: tuple[str, ...]
    install_config: tuple[str, ...]
    install_args: tuple[str, ...]
    install_components: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelConfig(Record):
    """`[tool.xconan.wheel]`: wishes about the tags; None means "as the host Python has it"."""

    pure_python: bool | None = None
    python_tag: tuple[str, ...] = ("auto",)
    python_abi: str = "auto"
    abi3_minimum_cpython_version: int = 32
    abi_tag: tuple[str, ...] | None = None
    platform_tag: tuple[str, ...] | None = None
    build_tag: str | None = None
    policy: str = "error"
    install_dir: str = ""
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SdistConfig(Record):
    """`[tool.xconan.sdist]`: globs relative to the project."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConanConfig(Record):
    """`[tool.xconan.conan]` and the project's conanfile, if it has one.

    Attributes:
        options: (pattern:option, value) as a profile spells them.
        host_profiles, build_profiles: Conan profiles that go on top of ours, absolute.
        build_type: what the host profiles say of it; None where they say nothing.
        build: what Conan may build, as its --build spells it.
    """

    conanfile: Path | None = None
    requires: tuple[str, ...] = ()
    tool_requires: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    host_profiles: tuple[Path, ...] = ()
    build_profiles: tuple[Path, ...] = ()
    build_type: str | None = None
    build: tuple[str, ...] = ("missing",)

    @property
    def wanted(self) -> bool:
        """Whether there is anything for Conan to do."""
        return self.conanfile is not None or bool(self.requires or self.tool_requires)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Project(Record):
    """The project to build: pyproject.toml and the overrides for one configuration."""

    root: Path
    pyproject: Mapping[str, object]
    module: ModuleConfig
    cmake: CMakeConfig | None
    wheel: WheelConfig
    sdist: SdistConfig
    conan: ConanConfig

    @property
    def pyproject_file(self) -> Path:
        """The pyproject.toml."""
        return self.root / "pyproject.toml"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Metadata(Record):
    """Core metadata, ready to be written.

    Attributes:
        name: as the project spells it.
        file_name: normalized for file names (PEP 427, 625): "lz4_pybind11".
        version: normalized (PEP 440).
        text: METADATA / PKG-INFO.
        entry_points: text of entry_points.txt, "" for none.
        license_files: paths relative to the project, with forward slashes.
    """

    name: str
    file_name: str
    version: str
    text: str
    entry_points: str
    license_files: tuple[str, ...]
    readme: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tool(Record):
    """A program of the build machine and the version it says."""

    path: Path
    version: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildPackage(Record):
    """A package of the build environment that brings headers and CMake files for find_package.

    Attributes:
        name: of the distribution.
        prefixes: folders to search for packages in: the package's own folder, and entry points `cmake.prefix`.
        modules: folders for CMAKE_MODULE_PATH: entry points `cmake.module`.
        roots: (package, folder) for `<package>_ROOT`: entry points `cmake.root`.
        import_path: the folder from which Python imports the package.
        has_binaries: it brings libraries of the build machine too, so a cross-build must not search it.
    """

    name: str
    prefixes: tuple[str, ...]
    modules: tuple[str, ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    import_path: str = ""
    has_binaries: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildMachine(Record):
    """What the build machine offers: its Python, tools and build environment.

    Attributes:
        python: the interpreter that runs xconan.
        python_version: (major, minor, micro, release level, serial), as sys.version_info.
        abiflags: sys.abiflags.
        prefixes: where that Python is installed; the first is sys.prefix.
        cmake, ninja: the programs found, None where the machine has none new enough.
        meson: of the build environment, None where it has none.
        packages: of the build environment.
        numpy: NumPy's folder of headers in the build environment, None where it has no NumPy.
    """

    python: Path
    python_version: tuple[int, int, int, str, int]
    abiflags: str
    prefixes: tuple[str, ...]
    cmake: Tool
    ninja: Tool | None
    meson: Tool | None = None
    packages: tuple[BuildPackage, ...] = ()
    numpy: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compiler(Record):
    """One compiler of a toolchain.

    Attributes:
        path: of the driver, absolute.
        id, version: as CMake names them ("GNU", "12.2.0").
        flags: what the toolchain file adds to every call (CMAKE_<LANG>_FLAGS).
    """

    path: str
    id: str
    version: str
    flags: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Toolchain(Record):
    """A toolchain as CMake and the compiler themselves describe it.

    Attributes:
        file: the toolchain file, None for the build machine's own compilers.
        compilers: by CMake's name of the language: "C", "CXX", "Fortran".
        triplet: `-dumpmachine`.
        macros: the compiler's predefined macros that say what it compiles for.
        cppstd: the default C++ standard as Conan spells it ("gnu17"), None without a C++ compiler.
        libcxx: Conan's settings.compiler.libcxx, None without a C++ compiler.
        libc, libc_version: of the headers it compiles against; version None where not known (musl).
        variables: of CMake, after the toolchain file was read: sysroot, search modes, Python hints, ….
        unfound: names among the variables that CMake did not find and the compiler named instead, such as
            CMAKE_AR under CMAKE_FIND_ROOT_PATH_MODE_PROGRAM=ONLY; CMake must be told them.
        options: (name, type or "", value) of the given CMake variables that the toolchain file reads.
        content: a digest of the toolchain file, of what it includes and reads, and of the compilers.
        implicit_roots: folders that hold the host's own lib/ and include/, as the compiler searches them.
    """

    file: Path | None
    compilers: Mapping[str, Compiler]
    triplet: str
    macros: Mapping[str, str]
    cppstd: str | None
    libcxx: str | None
    libc: Libc | None
    libc_version: tuple[int, int] | None
    variables: Mapping[str, str]
    unfound: tuple[str, ...] = ()
    options: tuple[tuple[str, str, str], ...] = ()
    content: str = ""
    implicit_roots: tuple[str, ...] = ()

    @property
    def sysroot(self) -> str:
        """CMAKE_SYSROOT, "" for none."""
        return self.variables.get("CMAKE_SYSROOT", "")

    @property
    def compiler(self) -> Compiler:
        """The compiler that names the toolchain: C, else C++."""
        return self.compilers.get("C") or self.compilers["CXX"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostPython(Record):
    """The host's Python, as its own headers, library and build data describe it.

    Attributes:
        include_dir: holds Python.h; None where the wheel has no extension module.
        pyconfig: the pyconfig.h that the host uses: Debian's in include_dir only dispatches to it.
        version: (major, minor, micro, release level, serial) of the headers.
        library, sabi_library: to link against, None where modules need none.
        soabi: "cpython-312-aarch64-linux-gnu"; ext_suffix: "." + soabi + ".so".
        sysconfig_file: the host's own _sysconfigdata module, None where it is not at hand.
        origin: where the headers come from, for people to read.
        abi: the ABI tag, where only its own files know it: PyPy's; None: the target's.
    """

    include_dir: Path | None
    pyconfig: Path | None
    version: tuple[int, int, int, str, int]
    library: Path | None
    sabi_library: Path | None
    soabi: str
    ext_suffix: str
    sysconfig_file: Path | None = None
    origin: str = ""
    abi: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelTags(Record):
    """A wheel's compressed tag set (PEP 425)."""

    python: tuple[str, ...]
    abi: tuple[str, ...]
    platform: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join(".".join(part) for part in (self.python, self.abi, self.platform))

    @property
    def pure(self) -> bool:
        """Whether the wheel runs on any platform."""
        return self.platform == ("any",)

    @property
    def limited_api(self) -> int | None:
        """The oldest CPython whose stable ABI the modules may use: 312 for 3.12; None for the full API."""
        if not {"abi3", "abi3t"} & {*self.abi}:
            return None
        versions = [int(tag[2:]) for tag in self.python if tag[:2] == "cp" and len(tag) > 3 and tag[2:].isdigit()]  # noqa: PLR2004
        return min(versions, default=None)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Layout(Record):
    """The folders of one configuration, all below `root`."""

    root: Path

    @property
    def build(self) -> Path:
        """CMake's build folder."""
        return self.root / "cmake"

    @property
    def conan(self) -> Path:
        """What Conan generates, made anew with every install."""
        return self.root / "conan"

    @property
    def python(self) -> Path:
        """The cross interpreter and the headers that CMake is shown."""
        return self.root / "python"

    @property
    def staging(self) -> Path:
        """What CMake installs: the platlib part of the wheel."""
        return self.root / "staging"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Facts(Record):
    """Everything that a plan is made from.

    Attributes:
        project, cross: what was asked for.
        toolchain, machine: None where there is nothing for CMake to do.
        python: the host's, verified.
        metadata: of the project.
        layout: the folders to work in.
    """

    project: Project
    cross: CrossConfig
    toolchain: Toolchain | None
    python: HostPython
    machine: BuildMachine | None
    metadata: Metadata
    layout: Layout


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConanPlan(Record):
    """What Conan is asked to do.

    `conanfile_text` is for projects that name their requirements in pyproject.toml; it is written to
    `conanfile`. A derived host profile stands alone; otherwise it goes on top of the user's default profile,
    as the build profile always does. The user's `host_profiles` and `build_profiles` go on top of these, `options`
    and `settings` on top of the host's. `build` is what may be built, as Conan's --build spells it.
    """

    conanfile: Path
    conanfile_text: str | None
    host_profile: str
    build_profile: str
    derived: bool
    options: tuple[str, ...]
    settings: tuple[str, ...]
    host_profiles: tuple[Path, ...] = ()
    build_profiles: tuple[Path, ...] = ()
    build: tuple[str, ...] = ("missing",)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GivenDependencies(Record):
    """What Conan has already provided, for the recipe that a wheel is built for: it is not asked again.

    Attributes:
        target: the host that its package id names, None for the build machine.
        toolchain_file: Conan's conan_toolchain.cmake.
        generators: the folder of its package configurations.
        packages: folders of the host's libraries.
        options: (name, type or "", value) of CMake's cache variables that the recipe sets.
        settings: Conan's, of the recipe: "build_type", "arch", "compiler.cppstd".
        folder: to build in.
        abi: `user.xconan:abi` of the host profile, "" where it has none.
        env: for CMake.
        version: of the recipe's package.
    """

    target: Target | None
    toolchain_file: Path
    generators: Path
    packages: tuple[Path, ...]
    options: tuple[tuple[str, str, str], ...]
    settings: Mapping[str, str]
    folder: Path
    abi: str
    env: Mapping[str, str]
    version: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakePlan(Record):
    """The argument lists for CMake, and the files that they name.

    `files` are texts by path relative to the layout's root; `env` is set on top of the environment, with
    `${NAME}` of the environment expanded.
    """

    configure: tuple[str, ...]
    builds: tuple[tuple[str, ...], ...]
    installs: tuple[tuple[str, ...], ...]
    files: Mapping[str, str]
    env: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildPlan(Facts):
    """Everything that is going to happen for one wheel, known before anything runs.

    `parts` are the plans for the architectures of a universal wheel, whose files are joined; it has no more to do.
    """

    tags: WheelTags
    conan: ConanPlan | None
    cmake: CMakePlan | None
    parts: tuple[BuildPlan, ...] = ()

    @property
    def wheel_name(self) -> str:
        """The wheel's file name (PEP 427)."""
        build = f"-{self.project.wheel.build_tag}" if self.project.wheel.build_tag else ""
        return f"{self.metadata.file_name}-{self.metadata.version}{build}-{self.tags}.whl"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Finding(Record):
    """One thing about a file in a wheel that would not work on the host.

    `promise`: it may well work on the host at hand, but not on every one that the platform tag admits.
    """

    file: str
    message: str
    hint: str = ""
    promise: bool = False
