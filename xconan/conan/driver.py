"""Runs in a process of its own and alone touches Conan's Python API, whose range pyproject.toml pins.

    main([REQUEST.json, RESULT.json])    # install, lock, graph or upload, as the request's "kind" says
    report(online=False)

An own process, because it goes on undisturbed if the build that started it is killed, because its memory is
not ours, and because `conan install` would take 0.5 s longer: the sequence below is that command's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, cast

from conan import conan_version  # noqa: TID251 - this is the one module that may
from conan.api.conan_api import ConanAPI  # noqa: TID251
from conan.api.model import PackagesList, PkgReference, RecipeReference  # noqa: TID251
from conan.api.output import LEVEL_WARNING, ConanOutput  # noqa: TID251
from conan.cli.printers.graph import print_graph_basic, print_graph_packages  # noqa: TID251
from conan.errors import ConanException  # noqa: TID251
from conan.internal.api.profile.profile_loader import ProfileLoader  # noqa: TID251
from conan.internal.errors import conanfile_exception_formatter  # noqa: TID251
from conan.internal.graph.graph import BINARY_BUILD, BINARY_CACHE, BINARY_SKIP  # noqa: TID251
from conan.internal.graph.install_graph import InstallGraph  # noqa: TID251
from conan.internal.graph.profile_node_definer import consumer_definer  # noqa: TID251
from conan.internal.rest import file_uploader  # noqa: TID251
from conan.internal.util.files import chdir  # noqa: TID251
from conan.tools.cmake import CMakeConfigDeps, CMakeToolchain  # noqa: TID251
from conan.tools.env import VirtualBuildEnv  # noqa: TID251

from xconan.conan import nodes, surroundings
from xconan.conan.brought import ToolsCheck, beside_the_toolchain, brought_toolchain
from xconan.conan.hook_xconan import map_prefixes
from xconan.conan.profiles import facts_of_plugin, facts_of_profiles, names_cppstd, tell_toolchain_files
from xconan.conan.second_names import second_names, write_second_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conan import ConanFile  # noqa: TID251
    from conan.internal.graph.graph import DepsGraph  # noqa: TID251
    from conan.internal.model.lockfile import Lockfile  # noqa: TID251
    from conan.internal.model.profile import Profile  # noqa: TID251

_TOOLCHAIN = "conan_toolchain.cmake"
_FOLDERS = "tools.cmake.cmake_layout:build_folder_vars"
# CMakeConfigDeps writes the first, CMakeDeps the others
_DEPS = ("conan_cmakedeps_paths.cmake", "cmakedeps_macros.cmake", "conandeps_legacy.cmake")


def main(argv: list[str]) -> int:
    """Do what the request says and write the result; exit code 1 with `error` in it where Conan failed."""
    request = json.loads(Path(argv[0]).read_bytes())
    try:
        result = _KINDS[request["kind"]](request)
    except ConanException as error:
        result = {"error": str(error), "contradictions": getattr(error, "facts", []),
                  "profiles": getattr(error, "profiles", [])}  # fmt: skip
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - Conan meets a damaged cache with whatever the first wrong line raises
        if os.environ.get("XCONAN_TRACEBACK") == "1":
            traceback.print_exc()
        result = {"error": f"{type(error).__name__}: {error}", "unexpected": True}
    Path(argv[1]).write_text(json.dumps(result), "utf-8")
    return 1 if "error" in result else 0


def install(request: dict[str, object]) -> dict[str, object]:
    """Resolve, build what is missing, and generate the files for CMake.

    Args:
        request: kind, conanfile, output_folder, host_profile, build_profile (files), derived, tag, options, settings,
            conf, lockfile (a file, "" for none); host_profiles, build_profiles (the user's files), build_type, build
            (as --build spells it); file_prefix_map: libraries are built without paths of this machine.

    Returns:
        toolchain_file, generators_folder, packages, build_env and more: what install.py and inputs.py read.
    """
    conanfile, output_folder = str(request["conanfile"]), str(request["output_folder"])
    read = surroundings.reads_below(Path(conanfile).parent, but=Path(output_folder).parent)
    api = _connect()
    profiles, recipe = _profiles(api, request), cast("dict[str, object] | None", request.get("recipe"))
    graph = _analyzed(api, request, profiles)
    print_graph_basic(graph)
    print_graph_packages(graph)
    _install_binaries(api, request, graph)
    root = graph.root.conanfile
    if not root.settings.fields:  # as a conanfile.txt has them; what is generated for CMake needs some
        consumer_definer(root, *profiles)
    api.install.install_consumer(graph, [], source_folder=str(Path(conanfile).parent), output_folder=output_folder)
    generators = Path(root.generators_folder)
    modules = [] if recipe else _complete(root, generators)
    if recipe:
        _build_and_package(api, root, Path(str(recipe["prefix"])))
    return {
        "modules": modules,
        "toolchain_file": conanfile if recipe else (generators / _TOOLCHAIN).as_posix(),
        "generators_folder": generators.as_posix(),
        "packages": nodes.installed_packages(graph),
        "build_env": dict(VirtualBuildEnv(root).vars().items(variable_reference="${{{name}}}")),
        "storage": surroundings.storage_folder(api),
        **surroundings.what_decides(api, graph, read),
        "cppstd": root.settings.get_safe("compiler.cppstd") or profiles[0].settings.get("compiler.cppstd"),
        "cppstd_named": names_cppstd(ProfileLoader(api.cache_folder), request, root.name),
        "beside": beside_the_toolchain(graph, profiles[0]),
        "dropped": nodes.options_of_nobody(graph, cast("list[str]", request["options"])),
    }


def source(request: dict[str, object]) -> dict[str, object]:
    """Have the project's recipe, conanfile, get its sources; `recipe` has the name and version that it is given."""
    api, named = _connect(), cast("dict[str, str]", request["recipe"])
    name, version = named["name"] or None, named["version"] or None
    api.local.source(str(request["conanfile"]), name=name, version=version, remotes=api.remotes.list())
    return {"sourced": True}


def _build_and_package(api: ConanAPI, conanfile: ConanFile, prefix: Path) -> None:
    """Run build() and package() of the project's recipe; PREFIX, an empty folder, is its `self.package_folder`."""
    if missing := [name for name in ("build", "package") if not hasattr(conanfile, name)]:
        raise ConanException(f"the recipe is to build the wheel, and has no {'() and no '.join(missing)}()")
    api.local.build(conanfile)
    conanfile.folders.set_base_package(str(prefix))
    prefix.mkdir(parents=True, exist_ok=True)
    with conanfile_exception_formatter(conanfile, "package"), chdir(conanfile.build_folder):
        conanfile.package()


def _analyzed(api: ConanAPI, request: dict[str, object], profiles: tuple[Profile, Profile]) -> DepsGraph:
    """The graph of a target with what is to be done for each binary."""
    lockfile = _strict(api, str(request["lockfile"]), profiles)
    graph = _resolve(api, request, profiles, lockfile)
    graph.report_graph_error()
    api.graph.analyze_binaries(graph, request["build"], remotes=api.remotes.list(), lockfile=lockfile)
    return graph


def _install_binaries(api: ConanAPI, request: dict[str, object], graph: DepsGraph) -> None:
    """Fetch and build, with our hooks in this process alone; what tools say against the toolchain is refused."""
    hooks = api._api_helpers.hook_manager.hooks.setdefault("pre_generate", [])  # noqa: SLF001 - there is no other way
    check = ToolsCheck(ProfileLoader(api.cache_folder), request)
    hooks += [("xconan", one) for one in ((map_prefixes, check) if request["file_prefix_map"] else (check,))]
    try:
        api.install.install_binaries(graph, api.remotes.list())
        check.look_at_all(graph)
    finally:
        _refuse(check.facts)


def lock(request: dict[str, object]) -> dict[str, object]:
    """Resolve every target, each by what is locked already, and lock the rest.

    Args:
        request: kind; targets, as for install(); known: the lockfile to keep, "" for none; update: ask the remotes
            for newer versions than the cache has; share: say what other machines need of this one.

    Returns:
        lockfile: its text; share: what nodes.to_share() yields for each target.
    """
    api = _connect()
    known, share = str(request["known"]), list[dict[str, object]]()
    lockfile = api.lockfile.get_lockfile(known, partial=True) if known else api.lockfile.add_lockfile()
    lockfile.partial = True
    for target in cast("list[dict[str, object]]", request["targets"]):
        graph = _resolve(api, target, _profiles(api, target), lockfile, update=["*"] if request["update"] else None)
        graph.report_graph_error()
        lockfile = api.lockfile.update_lockfile(lockfile, graph)
        if request.get("share"):
            api.graph.analyze_binaries(graph, target["build"], remotes=api.remotes.list(), lockfile=lockfile)
            share += nodes.to_share(graph)
    return {"lockfile": nodes.lock_text(lockfile.serialize()), "share": share}


def graph(request: dict[str, object]) -> dict[str, object]:
    """Resolve every target and say where each binary would come from; recipes are fetched, nothing is built.

    Args:
        request: kind; targets, as for install().

    Returns:
        targets: for each its packages as far as they are known, what must be built in Conan's own order, and Conan's
            error, "" for none, with what of the user's profiles contradicts the toolchain.
    """
    api = _connect()
    remotes = api.remotes.list()
    answers = []
    for target in cast("list[dict[str, object]]", request["targets"]):
        packages: list[dict[str, object]] = []
        order: list[dict[str, object]] = []
        error = ""
        facts: list[dict[str, str]] = []
        try:
            profiles = _profiles(api, target)
            lockfile = _strict(api, str(target["lockfile"]), profiles)
            resolved = _resolve(api, target, profiles, lockfile)
            packages = nodes.graph_nodes(resolved)
            resolved.report_graph_error()
            api.graph.analyze_binaries(resolved, target["build"], remotes=remotes, lockfile=lockfile)
            packages = nodes.graph_nodes(resolved)
            order = nodes.build_order(InstallGraph(resolved, order_by="configuration"))
        except ConanException as reason:
            error, facts = str(reason), getattr(reason, "facts", [])
        answers.append({"packages": packages, "order": order, "error": error, "contradictions": facts})
    return {"targets": answers}


def library(request: dict[str, object]) -> dict[str, object]:
    """Build one package of a target's graph, whose own requirements are there; none of the others is built.

    Args:
        request: kind; target, as for install(); package: its NAME/VERSION#REVISION:ID, as graph() has it; store: the
            remote that it is put into, where it has not come from one.

    Returns:
        built: whether it was built; another process may have done so meanwhile. binary: where it is from otherwise.
    """
    target, package = cast("dict[str, object]", request["target"]), str(request["package"])
    api = _connect()
    resolved = _analyzed(api, target, _profiles(api, target))
    mine = [node for node in resolved.nodes if nodes.is_package(node, package)]
    if not mine:
        raise ConanException(f"this machine resolves {package.partition('#')[0]} to another package than {package}")
    building = [node for node in mine if node.binary == BINARY_BUILD]
    needed = nodes.needed_by(mine)
    for node in resolved.nodes:
        if (node.binary == BINARY_BUILD and node not in building) or (node.binary and id(node) not in needed):
            node.binary = BINARY_SKIP
    if building:
        _install_binaries(api, target, resolved)
    if request.get("store") and mine[0].binary in (BINARY_BUILD, BINARY_CACHE):
        upload({"remote": request["store"], "packages": [f"{package}#{mine[0].prev}"]})
    return {"built": bool(building), "binary": str(mine[0].binary)}


def toolchain(request: dict[str, object]) -> dict[str, object]:
    """Provide a package that brings a toolchain, and say what it brings.

    Args:
        request: kind, package, and of those for install() what is about profiles and `build`.
    """
    api = _connect()
    profiles, remotes = _profiles(api, request), api.remotes.list()
    graph = api.graph.load_graph_requires(None, [str(request["package"])], *profiles, None, remotes, None)
    graph.report_graph_error()
    api.graph.analyze_binaries(graph, request["build"], remotes=remotes)
    api.install.install_binaries(graph, remotes)
    said = brought_toolchain(graph, dict(VirtualBuildEnv(graph.root.conanfile).vars()))
    packages, storage = nodes.installed_packages(graph), surroundings.storage_folder(api)
    return {**said, "packages": packages, "storage": storage, **surroundings.what_decides(api, graph)}


def upload(request: dict[str, object]) -> dict[str, object]:
    """Put packages and their recipes into a remote, as far as it does not have them.

    Args:
        request: kind; remote, by name; packages: NAME/VERSION#REVISION:ID#REVISION, or recipes NAME/VERSION#REVISION.

    Returns:
        uploaded: those packages that the remote did not have.
    """
    api, packages = _connect(), PackagesList()
    for text in cast("list[str]", request["packages"]):
        packages.add_ref(RecipeReference.loads(text.partition(":")[0]))
        if ":" in text:
            packages.add_pref(PkgReference.loads(text))
    with surroundings.whole_or_nothing(file_uploader):
        api.upload.upload_full(packages, api.remotes.get(str(request["remote"])), api.remotes.list())
    states = [(pref, packages.package_dict(pref)) for _ref, prefs in packages.items() for pref in prefs]
    return {"uploaded": [pref.repr_notime() for pref, state in states if state.get("upload")]}


def report(*, online: bool) -> None:
    """Say what there is of Conan, one JSON object a line, so that what comes before a failure is known.

    Args:
        online: ask each enabled remote for an answer, too.
    """
    _say(version=str(conan_version))
    api = ConanAPI()
    _say(home=api.home_folder)
    remotes = api.remotes.list(only_enabled=False)
    _say(remotes=[{"name": remote.name, "url": remote.url, "enabled": not remote.disabled} for remote in remotes])
    try:
        profile = str(api.profiles.get_default_build())
        api.profiles.get_profile([profile])
        _say(profile=profile)
    except ConanException as error:
        missing = "doesn't exist" in str(error)
        _say(**({"profile": ""} if missing else {"profile_error": str(error)}))
    for remote in remotes:
        if online and not remote.disabled:
            _say(answer={"name": remote.name, "error": surroundings.ping(remote.url, verify=remote.verify_ssl)})


def tools() -> None:
    """Say what the default profile declares of this machine's programs."""
    api = ConanAPI()
    try:
        profile = api.profiles.get_profile([str(api.profiles.get_default_build())])
    except ConanException as error:
        if "doesn't exist" not in str(error):
            raise
        _say(platform=[], replaced={})
        return
    platform = [f"{tool.name}/{tool.version}" for tool in profile.platform_tool_requires]
    _say(
        platform=platform,
        replaced={str(replaced): str(other) for replaced, other in profile.replace_tool_requires.items()},
    )


def _connect() -> ConanAPI:
    """Conan's API; a remote that wants a password is an error, because nobody is there to be asked."""
    api = ConanAPI()
    api._api_helpers.set_core_confs(["core:non_interactive=True"])  # noqa: SLF001 - as `conan -cc` does
    return api


def _say(**fact: object) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def _resolve(
    api: ConanAPI,
    request: dict[str, object],
    profiles: tuple[Profile, Profile],
    lockfile: Lockfile | None,
    update: list[str] | None = None,
) -> DepsGraph:
    """The graph of a target's conanfile; what is wrong with it stands in its `error`."""
    recipe = cast("dict[str, str]", request.get("recipe") or {})
    named = (recipe.get("name") or None, recipe.get("version") or None)
    return api.graph.load_graph_consumer(
        str(request["conanfile"]), *named, None, None, *profiles, lockfile, api.remotes.list(), update
    )


def _strict(api: ConanAPI, file: str, profiles: tuple[Profile, Profile]) -> Lockfile | None:
    """The lockfile, to which nothing may be added but the programs that this machine has by itself."""
    if not file:
        return None
    lockfile = api.lockfile.get_lockfile(file)
    api.lockfile.check_lockfile_config(lockfile)
    tools = [tool for profile in profiles for tool in profile.platform_tool_requires]
    libraries = [library for profile in profiles for library in profile.platform_requires]
    return api.lockfile.add_lockfile(
        lockfile, requires=_as_platform(libraries), build_requires=_as_platform([*tools, *libraries])
    )


def _as_platform(references: Iterable[RecipeReference]) -> list[RecipeReference]:
    return [RecipeReference.loads(f"{reference}#{reference.revision or nodes.PLATFORM}") for reference in references]


def _profiles(api: ConanAPI, request: dict[str, object]) -> tuple[Profile, Profile]:
    """The profiles for host and build: ours, and on top those that the user names.

    Raises:
        ConanException: with `profiles`, the user's own, where they can't be read; or one of these is not of the
            toolchain: as `facts` it has what contradictions() yields.
    """
    try:
        return _composed(api, request)
    except ConanException as error:
        error.profiles = [*cast("list[str]", request["host_profiles"]), *cast("list[str]", request["build_profiles"])]
        raise


def _composed(api: ConanAPI, request: dict[str, object]) -> tuple[Profile, Profile]:
    own_host, own_build = str(request["host_profile"]), str(request["build_profile"])
    build = [_default(api, "build", request), own_build, *cast("list[str]", request["build_profiles"])]
    alone = request["derived"] or request.get("kind") == "toolchain"
    host = [own_host] if alone else [_default(api, "host", request), own_host]
    options, settings = request["options"], request["settings"]
    user_profiles = cast("list[str]", request["host_profiles"])
    if request["derived"]:
        _compare(api, host, user_profiles, request)
    host += user_profiles
    host += [str(cast("dict[str, object]", recipe)["profile"])] if (recipe := request.get("recipe")) else []
    # they are built in their own folders, where one target must not meet the objects of another
    editables = [*api.local.editable_list(), *(api.workspace.packages() or ())] if request["derived"] else []
    apart = [f"{package}:{_FOLDERS}=['const.{request['tag']}']" for package in editables]
    apart += cast("list[str]", request["conf"])
    jobs = surroundings.jobs_confs()
    profiles = (
        api.profiles.get_profile(host, settings=settings, options=options, conf=apart + jobs, context="host"),
        api.profiles.get_profile(build, conf=jobs, context="build"),
    )
    surroundings.share_tools(*profiles)
    if request["derived"]:
        _refuse(facts_of_plugin(profiles[0], ProfileLoader(api.cache_folder), request))
        tell_toolchain_files(profiles[0], ProfileLoader(api.cache_folder), own_host)
    return profiles


def _compare(api: ConanAPI, base: list[str], user_profiles: list[str], request: dict[str, object]) -> None:
    """Refuse what global.conf and the user's profiles say against the toolchain."""
    loader = ProfileLoader(api.cache_folder)  # the API's get_profile() would end at a setting that makes no sense
    global_conf = api._api_helpers.global_conf  # noqa: SLF001 - the API applies it where it validates as well
    _refuse(facts_of_profiles(loader, global_conf, base, [f"{api.home_folder}/global.conf", *user_profiles], request))


def _refuse(facts: dict[str, dict[str, str]]) -> None:
    if facts:
        error = ConanException("; ".join(f"{fact['key']} is {fact['profile']}" for fact in facts.values()))
        error.facts = list(facts.values())
        raise error


def _default(api: ConanAPI, which: str, request: dict[str, object]) -> str:
    """The user's default profile; without one, what Conan detects, kept out of the user's configuration."""
    try:
        return str(api.profiles.get_default_build() if which == "build" else api.profiles.get_default_host())
    except ConanException:
        detected = Path(str(request["output_folder"])) / "detected.profile"
        if not detected.is_file():  # it takes a second, and host and build may both need it
            level = ConanOutput.get_output_level()
            ConanOutput.set_output_level(LEVEL_WARNING)  # what it finds would stand above errors of other profiles
            detected.write_text(api.profiles.detect().dumps(), "utf-8")
            ConanOutput.set_output_level(level)
        return str(detected)


def _complete(conanfile: ConanFile, generators: Path) -> list[str]:
    """Generate what the conanfile's own generators did not; the names of packages in CMake's own modules."""
    generators.mkdir(parents=True, exist_ok=True)
    packages = [dependency for _require, dependency in conanfile.dependencies.host.items()]
    names = [found for one in packages if (found := second_names(one.ref.name, one.cpp_info))]
    with chdir(str(generators)):
        if not (generators / _TOOLCHAIN).is_file():
            CMakeToolchain(conanfile).generate()
        if not any((generators / name).is_file() for name in _DEPS):
            deps = CMakeConfigDeps(conanfile)
            for key, aliases in [pair for one in names for pair in one.aliases.items()]:
                deps.set_property(key, "cmake_target_aliases", aliases)
            deps.generate()
    if not (generators / _DEPS[0]).is_file():  # CMakeDeps has modules of its own
        return []
    write_second_files(generators, names)
    return [one.module for one in names]


_KINDS = {kind.__name__: kind for kind in (install, source, lock, graph, library, toolchain, upload)}
