"""What packages that are tool_requires bring of a toolchain; Conan's objects are taken as they come."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, cast

from xconan.conan.contradictions import CMAKE_LANGUAGES, EXECUTABLES, LANGUAGES, MESON_VARIABLES, contradictions
from xconan.conan.profiles import derived_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOOLCHAIN_FILES = "tools.cmake.cmaketoolchain:user_toolchain"


def brought_toolchain(graph: Any, env: Mapping[str, str]) -> dict[str, object]:  # noqa: ANN401 - Conan has no types
    """What the packages say that the root of a graph has as tool_requires.

    Args:
        graph: installed.
        env: the root's environment of builds, as Conan composes it.

    Returns:
        conf, by name; env, of what they define; path, the folders of their programs.
    """
    conf: dict[str, object] = {}
    names: set[str] = set()
    for tool in graph.root.conanfile.dependencies.direct_build.values():
        conf |= tool.conf_info.serialize()
        names |= {line.partition("=")[0].rstrip("+") for line in tool.buildenv_info.dumps().splitlines() if "=" in line}
    before = os.environ.get("PATH", "").split(os.pathsep)
    path = [folder for folder in env.get("PATH", "").split(os.pathsep) if folder and folder not in before]
    return {"conf": conf, "env": {name: value for name, value in env.items() if name in names}, "path": path}


def beside_the_toolchain(graph: Any, profile: Any) -> dict[str, object]:  # noqa: ANN401 - Conan has no types
    """What profiles and packages add to the toolchain.

    Args:
        graph: installed.
        profile: the host's, composed.

    Returns:
        toolchain_files, as further_toolchain_files() has them; runner, where `conan create` would build: "docker", "".
    """
    return {"toolchain_files": further_toolchain_files(graph), "runner": str(profile.runner.get("type") or "")}


def further_toolchain_files(graph: Any) -> list[dict[str, object]]:  # noqa: ANN401
    """The toolchain files that host packages, or the project, get one after another: Conan includes them all.

    Profiles name them, and packages that are tool_requires.

    Args:
        graph: installed.

    Returns:
        Each list of more than one once: package, the first that gets it, "" for the project; files, in Conan's order;
        tools, the packages that bring some of them.
    """
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for node in graph.nodes:
        if node.context != "host" or node.conanfile is None:
            continue
        conf, tools = node.conanfile.conf.copy(), []
        for tool in node.conanfile.dependencies.direct_build.values():
            if tool.conf_info.get(_TOOLCHAIN_FILES, check_type=list):
                conf.compose_conf(tool.conf_info)
                tools.append(f"{tool.ref.name}/{tool.ref.version}")
        files = tuple(dict.fromkeys(conf.get(_TOOLCHAIN_FILES, default=[], check_type=list)))
        if len(files) > 1:
            package = str(node.ref) if node.ref and node.ref.name else ""
            found.setdefault(files, {"package": package, "files": files, "tools": tools})
    return list(found.values())


class ToolsCheck:
    """Called by Conan before it builds a package: refuses what its tool_requires say against the toolchain.

    Attributes:
        facts: by key, as contradictions() yields them, with file, said_in and a hint.
    """

    def __init__(self, loader: Any, request: Mapping[str, object]) -> None:  # noqa: ANN401 - Conan has no types
        """A check against a toolchain.

        Args:
            loader: Conan's, of profiles.
            request: derived, whether there is a toolchain to check against; host_profile, the derived one; build_type
                (CMAKE_BUILD_TYPE of the project), toolchain_words (what the toolchain adds to every call of a
                compiler), compilers (their paths by CMake's names of languages), toolchain_package (which is the
                toolchain, "" for none).
        """
        self.facts: dict[str, dict[str, str]] = {}
        self._request = request
        self._derived: Mapping[str, object] = {}
        if request["derived"]:
            self._derived = derived_profile(loader, str(request["host_profile"])).serialize()

    def __call__(self, conanfile: Any) -> None:  # noqa: ANN401
        """Look at one package, whose tools are there.

        Raises:
            ValueError: they contradict the toolchain, as `facts` tells.
        """
        self._look_at(conanfile)
        if self.facts:
            raise ValueError(", ".join(self.facts))

    def look_at_all(self, graph: Any) -> None:  # noqa: ANN401
        """Look at the packages of an installed graph, those that were built before among them."""
        for node in graph.nodes:
            if node.conanfile is not None:
                self._look_at(node.conanfile)

    def _look_at(self, conanfile: Any) -> None:  # noqa: ANN401
        request, wanted = self._request, self._derived and conanfile.context == "host"
        words, own = cast("list[str]", request["toolchain_words"]), str(request["toolchain_package"]).partition("/")[0]
        for tool in conanfile.dependencies.direct_build.values() if wanted else ():
            if tool.ref.name == own:
                continue
            said = _said(tool, self._derived, cast("Mapping[str, str]", request["compilers"]))
            hint = (
                f"let it be the toolchain: toolchain_package = '{tool.ref.name}/{tool.ref.version}' in the "
                f"cross.toml; or take {tool.ref.name} out of tool_requires"
            )
            for fact in contradictions(self._derived, said, str(request["build_type"]), words):
                more = {"file": str(tool.ref), "said_in": "a package", "hint": hint}
                self.facts.setdefault(fact["key"], {**fact, **more})


def _said(tool: Any, derived: Mapping[str, object], compilers: Mapping[str, str]) -> dict[str, object]:  # noqa: ANN401
    """A package's words as a profile's, where a compiler of the toolchain's by another spelling is the toolchain's.

    The profile's tables for Meson come over the package's, which take nothing out of them.
    """
    decided = cast("Mapping[str, object]", derived["conf"])
    ours = cast("Mapping[str, str]", decided.get(EXECUTABLES, {}))
    path = os.pathsep.join([*tool.cpp_info.bindirs, os.environ.get("PATH", os.defpath)])

    def known(language: str, program: str) -> str:
        found = shutil.which(program, path=path)
        return ours.get(language, program) if found and found == compilers.get(CMAKE_LANGUAGES[language]) else program

    confs = dict(tool.conf_info.serialize())
    if isinstance(named := confs.get(EXECUTABLES), dict):
        confs[EXECUTABLES] = {
            key: known(key, program) if key in CMAKE_LANGUAGES else program for key, program in named.items()
        }
    tables = cast("Mapping[str, object]", decided.get(MESON_VARIABLES) or {})
    if isinstance(said := confs.get(MESON_VARIABLES), dict):
        confs[MESON_VARIABLES] = {**said, **tables}
    lines = []
    for line in tool.buildenv_info.dumps().splitlines():
        name, _, program = line.partition("=")
        lines.append(f"{name}={known(LANGUAGES[name], program)}" if name in LANGUAGES else line)
    return {
        "conf": {f"{tool.ref.name}/*:{key}": value for key, value in confs.items()},
        "build_env": "\n".join(lines),
    }
