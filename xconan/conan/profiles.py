"""In Conan's process: what profiles say against the toolchain, as facts for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from xconan.conan.contradictions import contradictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Facts = dict[str, dict[str, str]]


def facts_of_profiles(
    loader: Any,  # noqa: ANN401 - Conan has no types
    global_conf: object,
    base: Sequence[str],
    files: Sequence[str],
    request: Mapping[str, object],
) -> Facts:
    """What global.conf and the user's profiles say against the toolchain, by keys; the first that says it.

    Args:
        loader: Conan's, of profiles.
        global_conf: as Conan has read it.
        base: the derived profile, as its command line has it.
        files: global.conf, and the user's profiles in their order.
        request: toolchain_words, build_type.
    """
    facts: Facts = {}
    derived = loader.from_cli_args([*base], None, None, None, None, "host").serialize()
    user_profiles = files[1:]
    for number, file in enumerate(files):
        profile = loader.from_cli_args([*base, *user_profiles[:number]], None, None, None, None, "host")
        profile.conf.rebase_conf_definition(global_conf)
        words = cast("list[str]", request["toolchain_words"])
        for fact in contradictions(derived, profile.serialize(), str(request["build_type"]), words):
            said_in = "the profile" if number else "global.conf"
            facts.setdefault(fact["key"], {**fact, "file": file, "said_in": said_in})
    return facts
