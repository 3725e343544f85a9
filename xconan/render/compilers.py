"""Pure: the toolchain files and compiler scripts behind the names zig, gcc and clang."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.ground.record import Record
from xconan.render.templates.template import Template


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RefusedOptions(Record):
    """Options of linkers that zig has nothing for, and what would be lost without them."""

    reason: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LinkerOptions(Record):
    """Options of linkers that zig refuses; "-z NAME" for the word after -z.

    Attributes:
        left_out: those that nothing is lost without.
        left_out_with_value: the same, with a value in the next word.
        refused: the others.
    """

    left_out: tuple[str, ...]
    left_out_with_value: tuple[str, ...]
    refused: tuple[RefusedOptions, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigCompiler(Template, file="zig_compiler.sh.j2"):
    """A script that is a compiler by zig, and like gcc and clang where that adds flags of its own or refuses some.

    Attributes:
        name: zig's own name of the compiler, "cc" or "c++".
        target: zig's, "aarch64-linux-gnu.2.17".
        cpu: zig's name of the processor, with - features that it does without; "" for the usual one.
        processor: that name alone, "baseline" for the usual one.
        system: the key of the host's system in the table of platforms: "linux", "mac", "windows".
        triplet: what -dumpmachine answers.
        long_double: long double is a pair of doubles, and long_double.h lies beside the script.
        zig: the program; "" for the one beside the script.
        cache: where it keeps what it made, unless the environment says; "" where zig itself knows.
        libcxx: the folder there that has the C++ library's archives once they were made; "" to leave that to zig.
        archives: their names: of the library itself, and of its ABI's part.
        linker: the options that zig's linker refuses.
        headers: names that zig finds in its C library before it looks into folders of -isystem.
        processors: options for processors that zig has other names for can be said by these.
        arm: those of ARM with 32 bits, and of its floating-point units.
    """

    name: str
    target: str
    cpu: str
    processor: str
    system: str
    triplet: str
    long_double: bool
    zig: str
    cache: str
    libcxx: str
    archives: tuple[str, str]
    linker: LinkerOptions
    headers: tuple[str, ...]
    processors: bool
    arm: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigTool(Template, file="zig_tool.sh.j2"):
    """A script that is a binary tool by zig: "ar", "ranlib", "dlltool"; zig and cache as for a compiler."""

    name: str
    zig: str
    cache: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigWindres(Template, file="zig_windres.sh.j2"):
    """A script that compiles Windows' resources, for a machine by zig's name; zig and cache as for a compiler."""

    machine: str
    zig: str
    cache: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigStrip(Template, file="zig_strip.sh.j2"):
    """A script that does nothing, in place of the strip that zig lacks."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigInstallNameTool(Template, file="zig_install_name_tool.sh.j2"):
    """A script that fails and says why, in place of the install_name_tool that zig lacks."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WrittenOut(Record):
    """What a toolchain file says beside the rest where `xconan cross` writes it, for people to keep and edit.

    Attributes:
        tag: of the platform.
        compiler: its name and version.
        stem: what the platform's files are called; the scripts lie in STEM/bin.
        triplet: of the host.
        roots: the host's own folders, as the compiler searches them.
        debian: Debian's name of the architecture, "" for none.
    """

    tag: str
    compiler: str
    stem: str
    triplet: str
    roots: tuple[str, ...]
    debian: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Program(Record):
    """A program: its path, or what follows ${CROSS_GNU_TRIPLE} in its name."""

    path: str
    after_triple: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigToolchain(Template, file="zig.cmake.j2"):
    """The toolchain file for zig; the scripts lie beside it.

    Attributes:
        about: its first line.
        system: as for a compiler.
        system_name, processor, library_architecture: CMAKE_SYSTEM_NAME and so on; "" for none.
        tools: the scripts for CMAKE_AR and so on, by the lower-case names of these.
        written_out: None for a build's own.
    """

    about: str
    system: str
    system_name: str
    processor: str
    library_architecture: str
    tools: tuple[str, ...]
    written_out: WrittenOut | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SystemToolchain(Template, file="system.cmake.j2"):
    """The toolchain file for cross compilers that are installed on this machine.

    Attributes:
        about: its first line.
        system_name, processor, library_architecture: CMAKE_SYSTEM_NAME and so on; "" for none.
        c, cxx: the compilers.
        compiler_target: CMAKE_C_COMPILER_TARGET for a compiler that serves many, "" for others.
        tools: CMAKE_AR and so on, with the programs.
        static: modules are linked with all that is not the system's.
        written_out: None for a build's own.
    """

    about: str
    system_name: str
    processor: str
    library_architecture: str
    c: Program
    cxx: Program
    compiler_target: str
    tools: tuple[tuple[str, Program], ...]
    static: bool
    written_out: WrittenOut | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PackageToolchain(Template, file="package.cmake.j2"):
    """The toolchain file for what a package of Conan's brings by its conf_info and buildenv_info.

    Attributes:
        about: its first line.
        system_name, processor: CMAKE_SYSTEM_NAME and CMAKE_SYSTEM_PROCESSOR.
        library_architecture: "": CMake asks the compiler.
        variables: of CMake, with their values.
        flags: (variable, words) of the compilers and linkers.
        env: ("ENV{NAME}", value), which the package's own files may read.
        path: folders of its programs.
        files: its own toolchain files, which come last and say what they like.
        written_out: None.
    """

    about: str
    system_name: str
    processor: str
    variables: tuple[tuple[str, str], ...]
    flags: tuple[tuple[str, str], ...]
    env: tuple[tuple[str, str], ...]
    path: str
    files: tuple[str, ...]
    library_architecture: str = ""
    written_out: WrittenOut | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InEnvironment(Template, file="in_environment.sh.j2"):
    """A script that is a compiler of a package, which needs the environment that the package says, wherever it runs.

    Attributes:
        about: what it stands for.
        env: (name, value) of the variables.
        path: folders that come first on PATH.
        command: the compiler, and words that are part of its name.
    """

    about: str
    env: tuple[tuple[str, str], ...]
    path: str
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OwnToolchain(Template, file="own.cmake.j2"):
    """The toolchain file for the compiler of this machine that builds for others of its system: Apple's, Microsoft's.

    Attributes:
        about: its first line.
        system_name, processor: CMAKE_SYSTEM_NAME and so on.
        architectures: CMAKE_OSX_ARCHITECTURES, "" for another system.
        deployment_target: CMAKE_OSX_DEPLOYMENT_TARGET, "" for another system.
        library_architecture: "": CMake asks the compiler.
        written_out: None.
    """

    about: str
    system_name: str
    processor: str
    architectures: str
    deployment_target: str
    library_architecture: str = ""
    written_out: WrittenOut | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CompilerScript(Template, file="compiler.sh.j2"):
    """A script that is a compiler for whoever reads no toolchain file: Autotools, Make, Meson.

    Attributes:
        about: what it stands for.
        launcher: what stands before a call that links.
        compile: the program and the words that come first in every call.
        includes: folders of headers, at the end of every call.
        exe_flags, shared_flags: what follows `compile` where a program or a library is linked.
        exe_libraries, shared_libraries: what stands at the end of such a line.
    """

    about: str
    launcher: tuple[str, ...]
    compile: tuple[str, ...]
    includes: tuple[str, ...]
    exe_flags: tuple[str, ...]
    shared_flags: tuple[str, ...]
    exe_libraries: tuple[str, ...]
    shared_libraries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RefusedProgram(Template, file="refused.sh.j2"):
    """A script that fails and says why, in place of a program that a toolchain lacks.

    Attributes:
        message: what it says.
    """

    message: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SeveralToolchains(Template, file="several_toolchains.cmake.j2"):
    """Toolchain files one after the other, as Conan's conan_toolchain.cmake includes them.

    Attributes:
        files: in their order.
    """

    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UserToolchain(Template, file="user_toolchain.cmake.j2"):
    """A file that includes a user's toolchain file, where another than the project's own build does it.

    Attributes:
        toolchain_file: the user's.
        options: (name, type, value) of the cache variables that it reads, or CMake beside it.
        flags: (variable, words) that come after the file's own; "" for what the file sets and Conan is to add to.
        env: ("ENV{NAME}", value) of the variables of the environment that it reads and the build sets.
    """

    toolchain_file: str
    options: tuple[tuple[str, str, str], ...]
    flags: tuple[tuple[str, str], ...]
    env: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ComposingToolchain(Template, file="composing.cmake.j2"):
    """A file that includes a user's toolchain file, and puts flags that a build gives after those of the file.

    As the toolchain of a build does it (toolchain.cmake.j2).

    Attributes:
        toolchain_file: the user's.
        flags: the variables of CMake's with these flags.
        separator: after each "FLAGS/NAME=…" in the global property _xconan_flags, which has all variables with flags.
    """

    toolchain_file: str
    flags: tuple[str, ...]
    separator: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EmscriptenToolchain(Template, file="emscripten.cmake.j2"):
    """The toolchain file for Emscripten, by that one's own or by that of pyodide build.

    Attributes:
        about: its first line.
        c, cxx: the compilers.
        toolchain_file: that is included.
        modules: that file knows nothing of modules that a program loads, and of libraries for them.
        exports: modules are told to export what Python asks for; the compilers don't do so by themselves.
        flags: (variable of CMake's, words) that are added.
    """

    about: str
    c: str
    cxx: str
    toolchain_file: str
    modules: bool
    exports: bool
    flags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PyodideCompiler(Template, file="pyodide_compiler.sh.j2"):
    """A script that is a compiler of pyodide build, in whichever folder this build has it: "cc", "c++"."""

    name: str
