"""Pure: a target and the wishes of `[tool.xconan.wheel]` -> the tags of a wheel, the names of its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.model import Libc, WheelTags

if TYPE_CHECKING:
    from xconan.model import Target, WheelConfig

PURE = WheelTags(python=("py3",), abi=("none",), platform=("any",))
_FIRST_MUSL_SOABI = 311  # https://github.com/python/cpython/issues/87278: earlier ones say -gnu on musl too


def soabi(target: Target) -> str:
    """The middle of the module suffix (PEP 3149): "cpython-312-aarch64-linux-gnu", "cp312-win_amd64"."""
    platform = target.platform
    multiarch = platform.arch.multiarch
    if platform.libc is Libc.MUSL and int(target.version) >= _FIRST_MUSL_SOABI:
        multiarch = multiarch.replace("-gnu", "-musl")
    if target.implementation == "pp":
        return f"{target.abi.replace('_', '-')}-{multiarch}"
    flags = target.abi.removeprefix(f"cp{target.version}") if target.abi.startswith("cp") else ""
    # https://github.com/python/cpython/blob/main/PC/pyconfig.h.in: PYD_TAGGED_SUFFIX
    name = "cp" if platform.os == "windows" else "cpython-"
    return f"{name}{target.version}{flags}-{multiarch}"


def ext_suffix(target: Target, chosen: str | None = None) -> str:
    """The suffix of the host's extension modules: ".cpython-312-aarch64-linux-gnu.so", ".cp312-win_amd64.pyd"."""
    return f".{chosen or soabi(target)}{target.platform.system.suffix}"


def stable_suffix(target: Target) -> str:
    """The suffix of modules for the stable ABI: ".abi3.so", on Windows ".pyd" (importlib's EXTENSION_SUFFIXES)."""
    return ".pyd" if target.platform.os == "windows" else ".abi3.so"


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
        stable = wishes.python_abi == "abi3" and _has_stable_abi(target, wishes.abi3_minimum_cpython_version)
        tags = WheelTags(
            python=(f"cp{wishes.abi3_minimum_cpython_version}" if stable else target.python_tag,),
            abi=("abi3" if stable else "none" if wishes.python_abi == "none" else target.abi,),
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


def _has_stable_abi(target: Target, minimum: int) -> bool:
    """PEP 384; free-threaded builds before 3.15 have none, PyPy has none, older Pythons lack some of it."""
    return target.implementation == "cp" and not target.free_threaded and int(target.version) >= minimum
