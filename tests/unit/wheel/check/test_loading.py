"""Where the host's loader looks for libraries of the wheel, and who may define a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from xconan.binary.dynamic import Dynamic
from xconan.wheel.check.loading import Loading
from xconan.wheel.check.names import PythonNames

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHONS = PythonNames(facts.target("cp311-linux_aarch64"))
C = "libc.so.6"


def messages(binaries: Mapping[str, Dynamic], **more: Any) -> list[str]:  # noqa: ANN401 - of Loading
    """What the loader of a host with glibc would not find in a wheel of these files."""
    loading = Loading(binaries=binaries, names=list(binaries), python_loads_libraries=False, pythons=PYTHONS, **more)
    return [f"{finding.file}: {finding.message}" for finding in loading.check()]


def rpath(*entries: str, needed: tuple[str, ...] = (C,)) -> Dynamic:
    """A file with DT_RPATH alone."""
    return Dynamic(needed=needed, search=entries, lent=entries)


def runpath(*entries: str, needed: tuple[str, ...] = (C,)) -> Dynamic:
    """A file with DT_RUNPATH."""
    return Dynamic(needed=needed, search=entries)


LEAF = Dynamic(needed=(C,))
LOST = "demo/libb.so: it needs liba.so, and its RPATH does not lead to libs/liba.so"


@pytest.mark.parametrize(
    ("library", "module", "found"),
    [
        (runpath("$ORIGIN/../libs", needed=("liba.so",)), LEAF, True),
        (runpath("${ORIGIN}/../libs", needed=("liba.so",)), LEAF, True),
        (runpath("$ORIGIN", needed=("liba.so",)), LEAF, False),
        # the DT_RPATH of a loader serves what has no DT_RUNPATH
        (runpath(needed=("liba.so",)), rpath("$ORIGIN/libs", needed=("libb.so",)), True),
        (rpath("$ORIGIN", needed=("liba.so",)), rpath("$ORIGIN/libs", needed=("libb.so",)), True),
        (runpath("$ORIGIN", needed=("liba.so",)), rpath("$ORIGIN/libs", needed=("libb.so",)), False),
        (runpath(needed=("liba.so",)), runpath("$ORIGIN/libs", needed=("libb.so",)), False),
        # who does not load it lends nothing
        (runpath(needed=("liba.so",)), rpath("$ORIGIN/libs"), False),
        # what a loader needs itself is loaded already
        (runpath(needed=("liba.so",)), runpath("$ORIGIN/libs", needed=("libb.so", "liba.so")), True),
    ],
)
def test_library_in_another_folder(library: Dynamic, module: Dynamic, found: bool) -> None:  # noqa: FBT001 - a table
    binaries = {"_core.so": module, "demo/libb.so": library, "libs/liba.so": LEAF}
    told = [message for message in messages(binaries) if message.startswith("demo/libb.so")]
    assert told == ([] if found else [LOST])


def test_loaders_of_loaders_lend_too() -> None:
    binaries = {
        "_core.so": rpath("$ORIGIN/libs", needed=("libm1.so",)),
        "libs/libm1.so": runpath(needed=("libm2.so",)),
        "libs/libm2.so": runpath(needed=("libm3.so",)),
        "libs/libm3.so": LEAF,
    }
    assert messages(binaries) == []


def test_musl_searches_the_runpath_of_loaders() -> None:
    binaries = {
        "_core.so": runpath("$ORIGIN/libs", needed=("libm1.so",)),
        "libs/libm1.so": runpath(needed=("libm2.so",)),
        "libs/libm2.so": LEAF,
    }
    assert len(messages(binaries)) == 1
    assert messages(binaries, musl=True) == []


def test_relative_entry_leads_nowhere() -> None:
    """It is relative to wherever the program was started, not to the wheel."""
    binaries = {"_core.so": runpath("libs", needed=("liba.so",)), "libs/liba.so": LEAF}
    assert messages(binaries) == [
        "_core.so: its RPATH names 'libs', which is relative to wherever the program was started",
        "_core.so: it needs liba.so, and its RPATH does not lead to libs/liba.so",
    ]


@pytest.mark.parametrize(
    ("module", "library", "path"),
    [
        ("_core.so", "liba.so", "$ORIGIN"),
        ("demo/_core.so", "demo/liba.so", "$ORIGIN"),
        ("demo/_core.so", "demo.libs/liba.so", "$ORIGIN/../demo.libs"),
        ("_core.so", "demo/liba.so", "$ORIGIN/demo"),
        ("demo/_core.so", "liba.so", "$ORIGIN/.."),
    ],
)
def test_remedy_leads_there(module: str, library: str, path: str) -> None:
    binaries = {module: runpath(needed=("liba.so",)), library: LEAF}
    loading = Loading(binaries=binaries, names=list(binaries), python_loads_libraries=False, pythons=PYTHONS)
    (finding,) = loading.check()
    assert finding.hint.startswith(f'write set_target_properties(_core PROPERTIES INSTALL_RPATH "{path}") behind')
    assert messages({**binaries, module: runpath(path, needed=("liba.so",))}) == []


def test_name_from_a_library_behind_one_that_was_seen() -> None:
    """Both libraries of the wheel need a third, and the second one a C library that may have the name."""
    binaries = {
        "_core.so": Dynamic(needed=("liba.so", "libb.so"), undefined=("deflate",), search=("$ORIGIN",)),
        "liba.so": Dynamic(needed=(C,)),
        "libb.so": Dynamic(needed=(C, "libz.so.1")),
    }
    assert messages(binaries) == []
    binaries["libb.so"] = Dynamic(needed=(C,))
    assert messages(binaries) == ["_core.so: nothing that is loaded defines deflate"]


@pytest.mark.parametrize(("name", "provided"), [("deflate", True), ("_Z3foov", False), ("_RNvC3foo", False)])
def test_c_library_defines_no_mangled_names(name: str, provided: bool) -> None:  # noqa: FBT001 - a table
    told = messages({"_core.so": Dynamic(needed=(C, "libz.so.1"), undefined=(name,))})
    assert told == ([] if provided else [f"_core.so: nothing that is loaded defines {name}"])


def test_a_shared_python_is_what_not_all_hosts_have() -> None:
    """Of other tags the policy speaks; where the host's own is at hand, it has it."""
    binaries = {"_core.so": Dynamic(needed=(C, "libpython3.11.so.1.0"))}
    told = "_core.so: it needs libpython3.11.so.1.0, which hosts lack whose interpreter has it in itself"
    assert messages(binaries, has_policy=False) == [told]
    assert messages(binaries, has_policy=False, shared_python=True) == []
    assert messages(binaries, has_policy=True) == []
