"""A toolchain that is a package of Conan's: cross compilers with their files, which conf_info and buildenv_info name.

Conan provides the package for the build machine, with the host in settings_target, and what it says becomes a toolchain
file below xconan's cache: from there on all is as with a file of the user's. The package is a tool_requires of the host
profile too, so that libraries and modules are compiled in its environment.
https://docs.conan.io/2/examples/cross_build/toolchain_packages.html
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.inputs import cache_state, note_doubts, profile_digests, read_files, still_there
from xconan.conan.process import conan_init, drive
from xconan.ground.errors import ConanError, ToolchainError
from xconan.ground.files import cache_folder, conan_home, digest, file_digest, read_json, write_json, write_text
from xconan.ground.report import logged, working_on
from xconan.ground.run import which
from xconan.render.compilers import InEnvironment, PackageToolchain
from xconan.render.profile import profile_text
from xconan.render.templates.template import write_templates
from xconan.toolchains.binutils import variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.platforms import Platform
    from xconan.project.config.conan_table import ConanConfig
    from xconan.project.config.records import CrossConfig

_COMPILERS = {"c": ("C", "CC"), "cpp": ("CXX", "CXX"), "fortran": ("Fortran", "FC")}  # Conan's name: CMake's, Make's
_BINARY_TOOLS = ("AR", "RANLIB", "STRIP", "NM", "OBJCOPY", "OBJDUMP", "LD")
_FLAGS = {
    "tools.build:cflags": ("CMAKE_C_FLAGS_INIT",),
    "tools.build:cxxflags": ("CMAKE_CXX_FLAGS_INIT",),
    "tools.build:defines": ("CMAKE_C_FLAGS_INIT", "CMAKE_CXX_FLAGS_INIT"),
    "tools.build:exelinkflags": ("CMAKE_EXE_LINKER_FLAGS_INIT",),
    "tools.build:sharedlinkflags": ("CMAKE_SHARED_LINKER_FLAGS_INIT", "CMAKE_MODULE_LINKER_FLAGS_INIT"),
}
_FILES = "tools.cmake.cmaketoolchain:user_toolchain"


def with_toolchain_package(
    cross: CrossConfig, config: ConanConfig | None = None, root: Path | None = None
) -> CrossConfig:
    """The configuration with a toolchain file written for the package that it names, if it names one.

    Args:
        cross: of the host.
        config: the project's, whose profiles count for the package as well.
        root: the project's folder; None: the working folder.

    Raises:
        ConanError: Conan can't provide the package.
        ToolchainError: it brings no toolchain.
    """
    if cross.native or not cross.toolchain_package:
        return cross
    said = _provided(cross, config, root)
    template = _template(cross, said)
    folder = cache_folder() / "toolchain-packages" / template.identity[:16]
    write_templates(folder, {"toolchain.cmake": template})
    return replace(cross, toolchain_file=folder / "toolchain.cmake")


def _provided(cross: CrossConfig, config: ConanConfig | None, root: Path | None) -> Mapping[str, object]:
    """What the package says, asked of Conan unless its cache and the profiles are as they were."""
    hosts = [str(path) for path in config.host_profiles] if config else []
    builds = [str(path) for path in config.build_profiles] if config else []
    request: dict[str, object] = {
        "kind": "toolchain",
        "package": cross.toolchain_package,
        "host_profiles": hosts,
        "build_profiles": builds,
        "build": list(config.build) if config else ["missing"],
        "host": _host_profile(cross.target.platform),
    }
    home = conan_home(root)
    key = digest(request, str(home), file_digest(conan_init()), file_digest(__file__))[:16]
    folder = cache_folder() / "toolchain-packages" / key
    environ = {name: value for name, value in os.environ.items() if name.startswith("CONAN_")}
    inputs = digest(profile_digests([*hosts, *builds], home), environ)
    stamp = folder / "provided.json"
    done = read_json(stamp)
    if not (done.get("inputs") == inputs and still_there(done)):
        stamp.unlink(missing_ok=True)
        done = {"inputs": inputs, "result": _ask(cross, request, folder, root)}
        write_json(stamp, {**done, "cache": cache_state(done), "read": read_files(done)})
    note_doubts(done)
    return cast("Mapping[str, object]", done["result"])


def _ask(cross: CrossConfig, request: dict[str, object], folder: Path, root: Path | None) -> dict[str, object]:
    own, build = folder / "host.profile", folder / "build.profile"
    write_text(own, str(request["host"]))
    write_text(build, "# the default profile says all\n")
    further = {"output_folder": str(folder), "host_profile": str(own), "build_profile": str(build), "derived": False}
    with logged(folder / "conan.log"):
        working_on(f"asking Conan for {cross.toolchain_package}")
        code, result = drive({**request, **further, "options": [], "settings": [], "conf": []}, folder, cwd=root)
    if code or "error" in result:
        words = [line.strip() for line in str(result.get("error", "")).splitlines() if line.strip()]
        reason = "; ".join(words) or f"exit code {code}"
        raise ConanError(
            f"Conan could not provide the toolchain {cross.toolchain_package}: {reason}",
            where=cross.place("toolchain_package"),
            hint="correct the reference, or add the remote that has it; where the recipe asks for the compiler's "
            "settings, name them in a profile of host_profiles",
        )
    return {**result, "toolchain_file": str(own)}


def _host_profile(platform: Platform) -> str:
    """What is known of the host before its compiler is."""
    settings = [f"os={platform.system.conan}", f"arch={platform.arch.conan_arch}", "build_type=Release"]
    return profile_text(f"# {platform.tag}, for a package that brings the toolchain", {"settings": settings})


def _template(cross: CrossConfig, said: Mapping[str, object]) -> PackageToolchain:
    """The toolchain file for what the package says.

    Raises:
        ToolchainError: it names no compiler.
    """
    platform, reference = cross.target.platform, str(cross.toolchain_package)
    brought = _Brought.read(said)
    if not (brought.files or brought.compilers):
        raise ToolchainError(
            f"{reference} brings no toolchain",
            where=cross.place("toolchain_package"),
            hint="its package_info() names it: tools.build:compiler_executables or "
            f"{_FILES} in conf_info, or CC and CXX in buildenv_info",
        )
    confs = brought.confs
    compilers = {
        f"CMAKE_{language}_COMPILER": _in_environment(words, brought) for language, words in brought.compilers.items()
    }
    named = {tool: brought.env[tool] for tool in _BINARY_TOOLS if tool in brought.env}
    tools = {variable_of(tool.lower()): _program(name, brought.path) for tool, name in named.items()}
    sysroot = {"CMAKE_SYSROOT": str(confs["tools.build:sysroot"])} if confs.get("tools.build:sysroot") else {}
    extra = cast("Mapping[str, object]", confs.get("tools.cmake.cmaketoolchain:extra_variables", {}))
    further = {name: str(value["value"] if isinstance(value, dict) else value) for name, value in extra.items()}
    return PackageToolchain(
        about=f"The toolchain of Conan's package {reference} for {platform.tag}",
        system_name=str(confs.get("tools.cmake.cmaketoolchain:system_name") or platform.system.cmake),
        processor=str(confs.get("tools.cmake.cmaketoolchain:system_processor") or platform.arch.processor),
        variables=tuple({**compilers, **tools, **sysroot, **further}.items()),
        flags=tuple(
            (
                variable,
                shlex.join(f"-D{word}" if name.endswith("defines") else word for word in cast("list[str]", words)),
            )
            for name, words in confs.items()
            for variable in _FLAGS.get(name, ())
        ),
        env=tuple((f"ENV{{{name}}}", value) for name, value in brought.variables),
        path=brought.path,
        files=brought.files,
    )


@dataclass(frozen=True, kw_only=True)
class _Brought:
    """What a package says.

    Attributes:
        confs, env: by name.
        path: folders of its programs.
        files: its toolchain files.
        compilers: by CMake's name of the language, program and words.
        variables: what of env its programs may read.
    """

    confs: Mapping[str, object]
    env: Mapping[str, str]
    path: str
    files: tuple[str, ...]
    compilers: Mapping[str, tuple[str, ...]]
    variables: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, said: Mapping[str, object]) -> _Brought:
        confs, env = cast("Mapping[str, object]", said["conf"]), cast("Mapping[str, str]", said["env"])
        path = os.pathsep.join(cast("list[str]", said["path"]))
        named = cast("Mapping[str, str]", confs.get("tools.build:compiler_executables", {}))
        compilers = {}
        for key, (language, variable) in _COMPILERS.items():
            if text := named.get(key) or env.get(variable):
                program, *words = shlex.split(text)
                compilers[language] = (_program(program, path), *words)
        ours = {*_BINARY_TOOLS, *(variable for _, variable in _COMPILERS.values()), "PATH"}
        variables = [(name, value) for name, value in env.items() if name not in ours and re.fullmatch(r"\w+", name)]
        files = tuple(cast("list[str]", confs.get(_FILES, [])))
        return cls(confs=confs, env=env, path=path, files=files, compilers=compilers, variables=tuple(variables))


def _in_environment(words: tuple[str, ...], brought: _Brought) -> str:
    """CMAKE_<LANG>_COMPILER: a list where it is several words, a script where it needs an environment."""
    if not brought.variables:
        return ";".join(words)
    script = InEnvironment(about=words[0], env=brought.variables, path=brought.path, command=words)
    folder, name = cache_folder() / "compilers" / script.identity[:16], Path(words[0]).name
    write_templates(folder, {name: script}, programs=[name])
    return str(folder / name)


def _program(name: str, path: str) -> str:
    """A program by its whole path, as the package's own PATH has it first."""
    for folder in path.split(os.pathsep):
        if folder and (found := which(str(Path(folder) / name))):
            return str(found)
    return str(which(name) or name)
