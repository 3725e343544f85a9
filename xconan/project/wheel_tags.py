"""The tags of the wheel that a project wants for a host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, HostPythonError
from xconan.host.tags import FIRST_ABI3T, PURE, WheelTags, admits

if TYPE_CHECKING:
    from xconan.host.targets import Target
    from xconan.project.config.records import Project, WheelConfig


AUTO = "auto"
"""In platform_tag: the widest tag that the files deserve. Until there are files, the host's."""


def wheel_tags(target: Target, config: WheelConfig, *, pure: bool) -> WheelTags:
    """The tags of the wheel (PEP 425).

    Args:
        target: the host.
        config: `[tool.xconan.wheel]`.
        pure: there is nothing but Python files.
    """
    if pure:
        tags = PURE
    else:
        stable = _stable_abis(target, config)
        tags = WheelTags(
            python=(f"cp{_oldest(config)}" if stable else target.python_tag,),
            abi=stable or ("none" if config.python_abi == "none" else target.abi,),
            platform=(target.platform.tag,),
        )
    python = [tag for name in config.python_tag for tag in (tags.python if name == "auto" else (name,))]
    platform = [
        tag
        for name in config.platform_tag or ("guess",)
        for tag in (tags.platform if name in ("guess", AUTO) else (name,))
    ]
    return WheelTags(
        python=tuple(dict.fromkeys(python)),
        abi=config.abi_tag or tags.abi,
        platform=tuple(dict.fromkeys(platform)),
    )


def has_own_tags(config: WheelConfig) -> bool:
    """Whether a tag is the project's own word, and not what the host and the files say."""
    return bool(config.abi_tag or {*config.python_tag, *(config.platform_tag or ())} - {"auto", "guess"})


def check_abi_is_known(target: Target, tags: WheelTags, *, where: str) -> None:
    """Refuse tags with an ABI of PyPy of which nothing says the version.

    Raises:
        HostPythonError: at `where`, the file that names the host.
    """
    if not target.abi_known and target.abi in tags.abi:
        raise HostPythonError(
            f"the version of this PyPy {target.dotted_version} is not known, and its ABI tag has it",
            where=where,
            hint=f"set abi, as '{target.abi}_pp73', or name its headers by include_dir",
        )


def required_python(metadata: str) -> str:
    """What the text of METADATA says of the Pythons that the project is for; "" where it says nothing."""
    found = re.search(r"^Requires-Python: (.+)$", metadata.partition("\n\n")[0], re.MULTILINE)
    return found[1] if found else ""


def check_requires_python(target: Target, tags: WheelTags, metadata: str, *, where: str) -> None:
    """Refuse a host whose Python the project is not for: no installer would take the wheel.

    Args:
        target: the host.
        tags: of the wheel; one that is not for this Python alone may be for others.
        metadata: the text of METADATA.
        where: the file and key that say which Pythons the project is for.

    Raises:
        ConfigError: it is such a host.
    """
    required = required_python(metadata)
    if not required or tags.python != (target.python_tag,) or tags.limited_api:
        return
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - for projects that say it

    if not admits(SpecifierSet(required), target.dotted_version):
        raise ConfigError(
            f"the project is for Python {required}, and the wheel for {target.dotted_version}", where=where,
            hint="name a host with such a Python, --target cp313-… say; or correct requires-python",
        )  # fmt: skip


def _stable_abis(target: Target, config: WheelConfig) -> tuple[str, ...]:
    """The stable ABIs that a wheel for this host has; none where its Python is too old, or is PyPy.

    A free-threaded Python has no abi3 (PEP 703). What is built for abi3t serves both (PEP 803).
    """
    if target.implementation != "cp" or int(target.version) < _oldest(config):
        return ()
    if config.python_abi == "abi3t":
        return ("abi3", "abi3t")
    return ("abi3",) if config.python_abi == "abi3" and not target.free_threaded else ()


def _oldest(config: WheelConfig) -> int:
    """The oldest CPython that a wheel for the stable ABI runs on: 312 for 3.12."""
    minimum = config.abi3_minimum_cpython_version
    return max(minimum, FIRST_ABI3T) if config.python_abi == "abi3t" else minimum


def pure(project: Project) -> bool:
    """Whether the wheel holds Python files alone: as the project says, else whether CMake has nothing to do."""
    if project.wheel.pure_python is not None:
        return project.wheel.pure_python
    return project.cmake is None
