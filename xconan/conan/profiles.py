"""In Conan's process: what profiles say against the toolchain, as facts for people, and what they add to it."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xconan.conan.contradictions import ADDED_TO, contradictions, taken_away

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOOLCHAIN_FILES = "tools.cmake.cmaketoolchain:user_toolchain"
_STANDARD = "compiler.cppstd"
_TOLD = "user.xconan:toolchain_files"
_OF_CONANS_PLUGIN = ("compiler.runtime_type",)  # what the plugin that Conan itself writes adds
_PLUGIN_REMEDY = (
    "let profile_plugin() leave profiles alone that have user.xconan:abi in their conf: the toolchain decides"
)
Facts = dict[str, dict[str, str]]


def derived_profile(loader: Any, *files: str) -> Any:  # noqa: ANN401 - Conan has no types
    """The profile of the host that is derived from the toolchain, without what global.conf and the user's add to it.

    Args:
        loader: Conan's, of profiles.
        files: it stands in.
    """
    return loader.from_cli_args([*files], None, None, None, None, "host")


def names_cppstd(loader: Any, request: Mapping[str, object], project: str | None) -> bool:  # noqa: ANN401
    """Whether the user's profiles, or settings of the project, name the C++ standard of the project itself.

    Args:
        loader: Conan's, of profiles.
        request: host_profiles, settings.
        project: its recipe's name.
    """
    files, settings = cast("Sequence[str]", request["host_profiles"]), request["settings"]
    profile = loader.from_cli_args([*files], settings, None, None, None, "host")
    meant = [
        pattern for pattern in profile.package_settings if pattern[0] in "&*!~" or pattern.split("/")[0] == project
    ]
    return any(_STANDARD in one for one in (profile.settings, *map(profile.package_settings.get, meant)))


def facts_of_profiles(
    loader: Any,  # noqa: ANN401 - Conan has no types
    global_conf: object,
    base: Sequence[str],
    files: Sequence[str],
    request: Mapping[str, object],
) -> Facts:
    """What global.conf, the user's profiles and the project say against the toolchain, by keys; the first that says it.

    The `file` of what the project says is "".

    Args:
        loader: Conan's, of profiles.
        global_conf: as Conan has read it.
        base: the derived profile, as its command line has it.
        files: global.conf, and the user's profiles in their order.
        request: toolchain_words, build_type; settings, conf, of the project, which are stronger than profiles.
    """
    facts: Facts = {}
    derived = derived_profile(loader, *base).serialize()
    user_profiles = files[1:]
    said = ["global.conf", *["the profile"] * len(user_profiles), "the configuration"]
    for number, (file, said_in) in enumerate(zip([*files, ""], said, strict=True)):
        last = number == len(files)
        settings, conf = (request["settings"], request["conf"]) if last else (None, None)
        profile = loader.from_cli_args([*base, *user_profiles[:number]], settings, None, conf, None, "host")
        profile.conf.rebase_conf_definition(global_conf)
        words = cast("list[str]", request["toolchain_words"])
        found = [*contradictions(derived, profile.serialize(), str(request["build_type"]), words)]
        for fact in (*found, *taken_away(derived, _of_some_packages(profile))):
            hint = (_in_toml(fact["hint"]) if last else fact["hint"]).replace("the profile", said_in)
            facts.setdefault(fact["key"], {**fact, "file": file, "said_in": said_in, "hint": hint})
    return facts


def _of_some_packages(profile: Any) -> dict[str, object]:  # noqa: ANN401
    """What lists and tables are for packages that a profile speaks of, by "lz4/*:NAME": `=` is not `+=` or `*=` there.

    Conan's text of a profile does not tell these apart.
    """
    confs = profile.conf._pattern_confs  # noqa: SLF001 - what it offers takes a package, and there is a pattern
    found: dict[str, object] = {}
    for pattern, conf in confs.items():
        whole = conf.copy()
        whole.compose_conf(confs.get(None, conf))
        values = {name.removesuffix("!"): value for name, value in whole.serialize().items()}
        said = {name.removesuffix("!") for name in conf.serialize()} if pattern is not None else set()
        found |= {f"{pattern}:{name}": values[name] for name in ADDED_TO if name in said}
    return found


def facts_of_plugin(profile: Any, loader: Any, request: Mapping[str, object]) -> Facts:  # noqa: ANN401
    """What Conan's plugin profile.py has made of the host's profile against the toolchain; it comes after all others.

    Args:
        profile: the host's, as Conan builds with it.
        loader: Conan's, of profiles.
        request: host_profile, the derived one; recipe, whose profile is xconan's, too; toolchain_words, build_type.
    """
    own = str(request["host_profile"])
    derived, composed = derived_profile(loader, own).serialize(), profile.serialize()
    recipe = cast("Mapping[str, str]", request.get("recipe") or {})
    told = derived_profile(loader, own, recipe["profile"]).serialize()["conf"] if recipe else derived["conf"]
    conf = {
        name: value for name, value in composed["conf"].items() if name in derived["conf"] or told.get(name) != value
    }
    usual = [name for name in _OF_CONANS_PLUGIN if name not in derived["settings"]]
    settings = {name: value for name, value in composed["settings"].items() if name not in usual}
    words = cast("list[str]", request["toolchain_words"])
    found = contradictions(derived, {**composed, "settings": settings, "conf": conf}, str(request["build_type"]), words)
    more = {"file": "extensions/plugins/profile.py", "said_in": "Conan's plugin", "hint": _PLUGIN_REMEDY}
    return {fact["key"]: {**fact, **more} for fact in found}


def _in_toml(hint: str) -> str:
    """A remedy in the words of a profile as pyproject.toml has it."""
    appended = re.sub(r"(\S+?)\+=\[…\]", r'"\1" = {append = […]} in conf', hint)
    return re.sub(r"(\S+?)\*=\{…\}", r'"\1*" = "{…}" in conf', appended)


def tell_toolchain_files(profile: Any, loader: Any, own: str) -> None:  # noqa: ANN401
    """Have package ids tell which toolchain files profiles add to the toolchain's, by content: others, other libraries.

    Args:
        profile: the host's, composed.
        loader: Conan's, of profiles.
        own: the derived profile's file.
    """
    ours = _toolchain_files(derived_profile(loader, own))
    known = {file for files in ours.values() for file in files}
    further = {
        pattern: more for pattern, files in _toolchain_files(profile).items()
        if (more := [Path(file) for file in files if file not in known])
    }  # fmt: skip
    for pattern, files in further.items():
        texts = [file.read_bytes() if file.is_file() else b"" for file in files]
        profile.conf.update(f"{pattern}{_TOLD}", sha256(b"\0".join(texts)).hexdigest()[:16])
    if further:  # with !, without which a profile's own list that is marked so would stay as it is
        profile.conf.update("tools.info.package_id:confs!", _TOLD, method="append")


def _toolchain_files(profile: Any) -> dict[str, list[str]]:  # noqa: ANN401
    """By the pattern of packages, "" for all, as in "lz4/*:"."""
    confs = {name.removesuffix("!"): files for name, files in profile.conf.serialize().items()}
    return {
        name.removesuffix(_TOOLCHAIN_FILES): [str(file) for file in files]
        for name, files in confs.items()
        if name.endswith(_TOOLCHAIN_FILES) and isinstance(files, list)
    }
