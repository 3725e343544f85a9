"""Builds for macOS that miss a framework of Apple's are told where there is one, in whoever's words they miss it."""

from __future__ import annotations

import pytest

from tests.support import facts
from xconan.conan import failures
from xconan.conan.frameworks import framework_remedy
from xconan.plan import make_plan
from xconan.project.config.conan_table import ConanConfig


@pytest.mark.parametrize(
    "said",
    [
        'error: unable to find system framework "CoreFoundation". searched paths: none',
        "error: unable to find framework 'CoreFoundation'. searched paths:",
        "ld64.lld: error: framework not found for -framework CoreFoundation",
        "ld: framework not found CoreFoundation",
        "Framework library CoreFoundation not found in paths: ",
        "a.c:1:10: fatal error: 'CoreFoundation/CoreFoundation.h' file not found",
    ],
)
def test_framework(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "last_failure", lambda: f"[1/2] x\n{said}\n")
    conan = ConanConfig(requires=("lz4/1.9.4",))
    mac, linux = (
        make_plan(facts.facts(facts.target(tag), project=facts.project(conan=conan)))
        for tag in ("cp311-macosx_11_0_arm64", "cp311-linux_aarch64")
    )
    assert "what needs CoreFoundation needs a toolchain_file in the cross.toml" in framework_remedy(mac, said)
    assert framework_remedy(mac, "a.c:1:10: fatal error: 'lz4/lz4.h' file not found") == ""
    assert framework_remedy(linux, said) == ""
    message = {"error": "kat/1.0: Error in build() method, line 10"}
    assert "what needs CoreFoundation" in failures.failure(message, mac).hint
    assert "what needs CoreFoundation" not in failures.failure(message, linux).hint
