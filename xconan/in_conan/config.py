"""The action of `xconan conan-config`: a folder for `conan config install`.

extensions/commands/xconan/     conan xconan:wheel, conan xconan:profile
extensions/deployers/           xconan_wheels
extensions/hooks/xconan/        no paths of this machine in libraries that are built by these profiles
profiles/xconan/                a host profile for each target
xconan/                         the recipe xconan, as a local recipes index
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan import __version__
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, Problems
from xconan.ground.files import write_text
from xconan.ground.report import say
from xconan.host.platforms import parse_platform
from xconan.in_conan.profile import profile
from xconan.inventory import list_platforms, take_inventory

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = Path(__file__).parents[1]
_FILES = {
    "extensions/commands/xconan/cmd_wheel.py": "cmd_wheel.py",
    "extensions/commands/xconan/cmd_profile.py": "cmd_profile.py",
    "extensions/hooks/xconan/hook_xconan.py": "conan/hook_xconan.py",
    "extensions/deployers/xconan_wheels.py": "in_conan/files/xconan_wheels.py",
    "xconan/xconan/conanfile.py": "in_conan/files/conanfile.py",
}


def write_conan_config(out: Path, targets: Sequence[str]) -> list[Path]:
    """Write the folder, and return the profiles; files that are there already are replaced.

    Args:
        out: the folder: a new or empty one, or one that this has made.
        targets: to write profiles for, by name.

    Raises:
        ConfigError: the folder has something else in it, or is a file.
        XconanError: a target has no compiler here, or its name means none.
    """
    _refuse_foreign(out)
    profiles: dict[str, str] = {}
    problems = Problems()
    for target in targets:
        say(f"xconan: the profile of {target}")
        with problems.collected():
            profiles[f"profiles/xconan/{target}"] = profile([], target=target)
    problems.raise_if_any()
    for name, text in {**config_files(), **profiles}.items():
        write_text(out / name, text)
    return [out / name for name in profiles]


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ConfigError("the folder is a file", where=str(out), hint="name another folder by -o")
    if not out.is_dir() or any((out / name).is_file() for name in _FILES):
        return
    if any(path.name != ".git" for path in out.iterdir()):
        raise ConfigError("the folder has something else in it", where=str(out),
                          hint="name a new folder by -o, or empty this one")  # fmt: skip


def config_files() -> dict[str, str]:
    """What is the same on every machine, by its name in the folder."""
    texts = {name: (_PACKAGE / source).read_text("utf-8") for name, source in _FILES.items()}
    texts["xconan/recipes/xconan/config.yml"] = f'versions:\n  "{__version__}":\n    folder: ../../xconan\n'
    return texts


def usual_targets() -> list[str]:
    """The running Python on every kind of host, as old a one as zig reaches; else what a cross gcc is for."""
    python = running_target().interpreter
    tags = []
    for row in list_platforms(take_inventory()):
        if any(one.name == "zig" for one in row.compilers) and not parse_platform(row.tag).arch.parts:
            tags.append(row.tag)
        elif row.compilers and row.os == "linux":
            tags.append(f"linux_{row.arch}")
    return [f"{python}-{tag}" for tag in tags]
