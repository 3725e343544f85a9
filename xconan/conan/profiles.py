"""In Conan's process: what profiles say against the toolchain, as facts for people, and what they add to it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xconan.conan.contradictions import contradictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOOLCHAIN_FILES = "tools.cmake.cmaketoolchain:user_toolchain"
_TOLD = "user.xconan:toolchain_files"
Facts = dict[str, dict[str, str]]


def facts_of_profiles(
    loader: Any,  # noqa: ANN401 - Conan has no types
    global_conf: object,
    base: Sequence[str],
    files: Sequence[str],
    request: Mapping[str, object],
) -> Facts:
    """What global.conf, the user's profiles and the project say against the toolchain, by keys; the first that says it.

    Args:
        loader: Conan's, of profiles.
        global_conf: as Conan has read it.
        base: the derived profile, as its command line has it.
        files: global.conf, and the user's profiles in their order.
        request: toolchain_words, build_type; settings, conf, of the project, which are stronger than profiles;
            configuration, where these stand.
    """
    facts: Facts = {}
    derived = loader.from_cli_args([*base], None, None, None, None, "host").serialize()
    user_profiles = files[1:]
    said = ["global.conf", *["the profile"] * len(user_profiles), "the configuration"]
    for number, (file, said_in) in enumerate(zip([*files, str(request["configuration"])], said, strict=True)):
        last = number == len(files)
        settings, conf = (request["settings"], request["conf"]) if last else (None, None)
        profile = loader.from_cli_args([*base, *user_profiles[:number]], settings, None, conf, None, "host")
        profile.conf.rebase_conf_definition(global_conf)
        words = cast("list[str]", request["toolchain_words"])
        for fact in contradictions(derived, profile.serialize(), str(request["build_type"]), words):
            hint = fact["hint"].replace("the profile", said_in)
            facts.setdefault(fact["key"], {**fact, "file": file, "said_in": said_in, "hint": hint})
    return facts


def tell_toolchain_files(profile: Any, loader: Any, own: str) -> None:  # noqa: ANN401
    """Have package ids tell which toolchain files profiles add to the toolchain's, by content: others, other libraries.

    Args:
        profile: the host's, composed.
        loader: Conan's, of profiles.
        own: the derived profile's file.
    """
    ours = set(_toolchain_files(loader.from_cli_args([own], None, None, None, None, "host")))
    more = [Path(file) for file in _toolchain_files(profile) if file not in ours]
    if more:
        texts = [file.read_bytes() if file.is_file() else b"" for file in more]
        profile.conf.update(_TOLD, sha256(b"\0".join(texts)).hexdigest()[:16])
        profile.conf.update("tools.info.package_id:confs", _TOLD, method="append")


def _toolchain_files(profile: Any) -> list[str]:  # noqa: ANN401
    lists = [files for name, files in profile.conf.serialize().items() if name.endswith(_TOOLCHAIN_FILES)]
    return [str(file) for files in lists if isinstance(files, list) for file in files]
