"""The conan table -> ConanConfig: profiles that exist, what Conan may build, one source of requirements."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import nearest_names
from xconan.ground.files import conan_home, unreadable
from xconan.project.config.conan_table import CONANFILES, ConanConfig
from xconan.project.config.options import conan_confs, conan_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.project.config.merge import MergedTable
    from xconan.project.config.schema import DefaultContext

# https://docs.conan.io/2/reference/commands/install.html, --build
_MODES = ("missing", "never", "cascade", "editable")
_PATTERN = re.compile(r"[~!]?(missing:|compatible:)?[~!]?[^\s:]*[/*&][^\s]*")


def read_conan(table: MergedTable, context: DefaultContext) -> ConanConfig:
    """Read the merged conan table; what is wrong is noted in its problems."""
    host_profiles = _profiles(table, "host_profiles", context.root)
    more = {"conanfile": _in_folder(given)} if isinstance(given := table.get("conanfile"), Path) else {}
    config = table.record(
        ConanConfig,
        context,
        **more,
        options=conan_options(table.get("options")),
        settings=conan_options(table.get("settings")),
        conf=conan_confs(table.get("conf")),
        host_profiles=host_profiles,
        build_profiles=_profiles(table, "build_profiles", context.root),
        build_type=build_type_of(host_profiles),
    )
    _check_conanfile(table, config)
    _check_build(table, config.build)
    return config


def _in_folder(conanfile: Path) -> Path:
    """The conanfile in a folder, where a folder is named that has one."""
    inside = [conanfile / name for name in CONANFILES] if conanfile.is_dir() else []
    return next((file for file in inside if file.is_file()), conanfile)


def _check_conanfile(table: MergedTable, config: ConanConfig) -> None:
    file = config.conanfile
    if file is None:
        return
    if not table.get("conanfile") and file.name == "conanfile.py" and (file.parent / "conanfile.txt").is_file():
        table.problems.add(
            "there are conanfile.py and conanfile.txt, and one of them would not be read", file=file,
            hint='remove one; or name the one that counts: [tool.xconan.conan] conanfile = "conanfile.py"',
        )  # fmt: skip
    for key in ("requires", "tool_requires"):
        if table.get(key):
            hint = f"name the requirements in {file.name}, or remove it"
            table.report(key, f"the project has {file.name} and this as well", hint)
    if not file.is_file():
        kind = "this is a folder" if file.exists() else "there is no such file"
        if table.get("conanfile"):
            kind = kind.replace("this is a folder", "there is no conanfile in this folder")
            table.report("conanfile", f"{kind}: {file}", "name a conanfile.py or conanfile.txt")
        else:
            table.problems.add(kind, file=file, hint="a conanfile is a file: rename the folder, or write conanfile")
        return
    try:
        file.open("rb").close()
    except PermissionError as error:
        table.problems.found.append(unreadable(error))


def _profiles(table: MergedTable, key: str, root: Path) -> tuple[Path, ...]:
    """The files of the profiles: what is no file is a name in Conan's home."""
    names = cast("tuple[str, ...]", table.get(key, ()))
    if not names:
        return ()
    home = conan_home(root) / "profiles"
    files = []
    for name in names:
        path = home / name  # what is absolute already stays so
        if name and path.is_file():
            files.append(path)
            continue
        known = [file.relative_to(home).as_posix() for file in sorted(home.rglob("*")) if file.is_file()]
        close = nearest_names(name, known)
        hint = f"did you mean '{close[0]}'?" if close else f"name a file, or a profile in {home}"
        table.report(key, f"there is no profile '{name}'", hint, item=name)
    return tuple(files)


def _check_build(table: MergedTable, modes: Sequence[str]) -> None:
    """What Conan may build: modes and patterns that it knows, and that don't contradict each other."""
    for mode in modes:
        if mode in _MODES or _PATTERN.fullmatch(mode):
            continue
        close = nearest_names(mode, _MODES)
        hint = f"did you mean '{close[0]}'?" if close else f"for a package write '{mode or 'name'}/*'"
        message = f"'{mode}' is neither a pattern of packages nor one of {', '.join(_MODES)}"
        table.report("build", message, hint, item=mode)
    if not modes:
        table.report("build", "this says nothing", 'write build = "never", or leave it out')
    if "never" in modes and len(modes) > 1:
        table.report("build", "'never' leaves nothing to be built", "take it out, or the others", item="never")


def build_type_of(profiles: Sequence[Path]) -> str | None:
    """The build type that host profiles plainly say, the last one's: the modules are built so as well."""
    chosen = None
    for path in profiles:
        sections = re.split(r"^\s*\[", path.read_text("utf-8", "replace"), flags=re.MULTILINE)
        settings = "\n".join(section for section in sections if section.startswith("settings]"))
        chosen = next(iter(re.findall(r"^\s*build_type\s*=\s*(\w+)\s*$", settings, re.MULTILINE)[-1:]), chosen)
    return chosen
