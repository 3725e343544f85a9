"""The tags of the wheel that a project wants for a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.host.tags import FIRST_ABI3T, PURE, WheelTags

if TYPE_CHECKING:
    from xconan.host.targets import Target
    from xconan.project.config.records import WheelConfig


def wheel_tags(target: Target, wishes: WheelConfig, *, pure: bool) -> WheelTags:
    """The tags of the wheel (PEP 425).

    Args:
        target: the host.
        wishes: `[tool.xconan.wheel]`.
        pure: there is nothing but Python files.
    """
    if pure:
        tags = PURE
    else:
        stable = _stable_abis(target, wishes)
        tags = WheelTags(
            python=(f"cp{_oldest(wishes)}" if stable else target.python_tag,),
            abi=stable or ("none" if wishes.python_abi == "none" else target.abi,),
            platform=(target.platform.tag,),
        )
    python = [tag for wish in wishes.python_tag for tag in (tags.python if wish == "auto" else (wish,))]
    platform = [
        tag for wish in wishes.platform_tag or ("guess",) for tag in (tags.platform if wish == "guess" else (wish,))
    ]
    return WheelTags(
        python=tuple(dict.fromkeys(python)),
        abi=wishes.abi_tag or tags.abi,
        platform=tuple(dict.fromkeys(platform)),
    )


def _stable_abis(target: Target, wishes: WheelConfig) -> tuple[str, ...]:
    """The stable ABIs that a wheel for this host has; none where its Python is too old, or is PyPy.

    A free-threaded Python has no abi3 (PEP 703). What is built for abi3t serves both (PEP 803).
    """
    if target.implementation != "cp" or int(target.version) < _oldest(wishes):
        return ()
    if wishes.python_abi == "abi3t":
        return ("abi3", "abi3t")
    return ("abi3",) if wishes.python_abi == "abi3" and not target.free_threaded else ()


def _oldest(wishes: WheelConfig) -> int:
    """The oldest CPython that a wheel for the stable ABI runs on: 312 for 3.12."""
    minimum = wishes.abi3_minimum_cpython_version
    return max(minimum, FIRST_ABI3T) if wishes.python_abi == "abi3t" else minimum
