"""platform_tag = "auto": the tags of a wheel by its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.wheels import CORE, GLIBC, X86, module
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.deserving import with_deserved_tags

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.model import BuildPlan

STRANGER = X86.library("PyInit__core", needed=("libfoo.so.1",))
PROMISES_NOTHING = (
    f"the wheel is tagged linux_x86_64, which promises nothing to other machines: {CORE}: it needs libfoo.so.1"
)


def plan(root: Path, *platform_tag: str) -> BuildPlan:
    wheel = WheelConfig(platform_tag=platform_tag or None)
    made = facts.plan_at(root, facts.target("cp311-linux_x86_64"), wheel=wheel)
    made.layout.root.mkdir(parents=True, exist_ok=True)
    return made


@pytest.mark.parametrize(
    ("wish", "data", "tag", "warning"),
    [
        (("auto",), module(GLIBC), "manylinux_2_17_x86_64", ""),
        (("auto", "linux_x86_64"), module(GLIBC), "manylinux_2_17_x86_64.linux_x86_64", ""),
        (("guess",), module(GLIBC), "linux_x86_64", ""),
        ((), module(GLIBC), "linux_x86_64", ""),
        (("auto",), STRANGER, "linux_x86_64", PROMISES_NOTHING),
        (("auto",), b"no library", "linux_x86_64", ""),
    ],
)  # fmt: skip
def test_the_tag(
    root: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, ...], data: bytes, tag: str, warning: str
) -> None:
    content = [Entry(name=CORE, source=data)]
    for _ in range(2):  # the second time, it is known
        assert with_deserved_tags(plan(root, *wish), content).wheel_name.endswith(f"-cp311-cp311-{tag}.whl")
        said = capsys.readouterr().err
        assert warning in said
        assert bool(said) == bool(warning)


def test_other_files_deserve_another_tag(root: Path) -> None:
    names = [
        with_deserved_tags(
            plan(root, "auto"), [Entry(name=CORE, source=module(("libc.so.6", f"GLIBC_{version}", "x")))]
        )
        for version in ("2.17", "2.28", "2.17")
    ]
    assert [made.tags.platform[0] for made in names] == [
        "manylinux_2_17_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64",
    ]  # fmt: skip


def test_until_there_are_files_it_is_the_hosts() -> None:
    tags = wheel_tags(facts.target("cp312-linux_x86_64"), WheelConfig(platform_tag=("auto",)), pure=False)
    assert str(tags) == "cp312-cp312-linux_x86_64"
