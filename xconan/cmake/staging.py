"""The staging folder: what CMake writes into the wheel while it builds, and what install() puts beside it.

A project may write into the wheel's folder before anything is installed (SWIG's OUTPUT_DIR, configure_file, by
SKBUILD_PLATLIB_DIR). Such files stay as long as the build folder does; what the last installation put there goes,
so that nothing is left of a rule that is no more. And nothing may be installed elsewhere: it would lie around on this
machine and be missing in the wheel.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import CMakeError, combined
from xconan.ground.files import plain_path, read_json, relative_names, remove_tree, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.cmake.targets import Rule
    from xconan.model import BuildPlan
    from xconan.project.workspace import Layout


_MANIFESTS = "install_manifest*.txt"


def is_known(layout: Layout) -> bool:
    """Whether it is known who wrote what is in staging: without that, all of it has to be made anew."""
    return _stamp(layout).is_file()


def empty(layout: Layout) -> None:
    """Begin with nothing, for a build folder that begins with nothing."""
    remove_tree(layout.staging)
    layout.staging.mkdir(parents=True)
    write_json(_stamp(layout), {"installed": []})


def withdraw(layout: Layout) -> bool:
    """Remove what the last installation put there; return whether the build itself has left something."""
    installed = read_json(_stamp(layout)).get("installed")
    for name in installed if isinstance(installed, list) else ():
        (layout.staging / str(name)).unlink(missing_ok=True)
    layout.staging.mkdir(parents=True, exist_ok=True)
    write_json(_stamp(layout), {"installed": []})
    return bool(relative_names(layout.staging))


@contextmanager
def installing(layout: Layout) -> Iterator[None]:
    """Remember what is put there until we leave, well or with an error."""
    forget_installed(layout)
    before = _state(layout.staging)
    try:
        yield
    finally:
        now = _state(layout.staging)
        write_json(_stamp(layout), {"installed": [name for name, state in now.items() if before.get(name) != state]})


def _stamp(layout: Layout) -> Path:
    return layout.root / "installed.json"


def _state(folder: Path) -> Mapping[str, tuple[int, int, int]]:
    statuses = {name: (folder / name).lstat() for name in relative_names(folder, skip=())}
    return {name: (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) for name, status in statuses.items()}


def refuse_outside(plan: BuildPlan, rules: Sequence[Rule], folder: Path | None = None) -> None:
    """Refuse to install anything outside of the wheel.

    Args:
        plan: whose components count.
        rules: of install().
        folder: takes the place of the plan's staging folder.

    Raises:
        CMakeError: for each rule that would, an ErrorGroup for several.
    """
    config, staging = plan.project.cmake, plain_path(folder or plan.layout.staging)
    prefix = staging / plan.project.wheel.install_dir
    components = config.install_components if config else ()
    errors = [
        _outside(plan, rule, place)
        for rule in rules
        if is_chosen(rule, components) and not (place := rule.place(prefix)).is_relative_to(staging)
    ]
    if errors:
        raise combined(errors)


def refuse_installed_outside(plan: BuildPlan, folder: Path | None = None) -> None:
    """Refuse what install(CODE) and install(SCRIPT) have installed outside of the wheel, which no rule tells ahead.

    To be asked after each installation: CMake's manifests, which name what file(INSTALL) puts somewhere, are named by
    the component, and the next configuration's takes their place. What other commands copy, nobody writes down.

    Args:
        plan: what was installed.
        folder: takes the place of the plan's staging folder.

    Raises:
        CMakeError: with the first such file.
    """
    staging = plain_path(folder or plan.layout.staging)
    for manifest in sorted(plan.layout.build.glob(_MANIFESTS)):
        for line in manifest.read_text("utf-8", "surrogateescape").splitlines():
            if not Path(os.path.normpath(line)).is_relative_to(staging):
                raise CMakeError(
                    f"install(CODE) or install(SCRIPT) has installed {line}, outside of the wheel",
                    where=_at(plan, ""),
                    hint=r'write install(CODE "file(INSTALL … DESTINATION \${CMAKE_INSTALL_PREFIX}/'
                    f'{plan.project.module.name.replace(".", "/")})"), or {_left_out(plan, "what it runs")}',
                )


def forget_installed(layout: Layout) -> None:
    """Take away the manifests of earlier installations: what is installed next writes its own."""
    for manifest in layout.build.glob(_MANIFESTS):
        manifest.unlink()


def is_chosen(rule: Rule, components: Sequence[str]) -> bool:
    """Whether an installation of these components ("" is all that is not excluded) follows this rule."""
    return any(rule.always or rule.component == name if name else rule.by_default for name in components)


def _outside(plan: BuildPlan, rule: Rule, place: Path) -> CMakeError:
    package = plan.project.module.name.replace(".", "/")
    what = f"TARGETS {rule.target}" if rule.target else f"FILES {' '.join(rule.names) or '…'}"
    files = ", ".join(rule.names) or "files"
    files += f" (target {rule.target})" if rule.target else ""
    return CMakeError(
        f"install() puts {files} into {place}, outside of the wheel (DESTINATION {rule.destination})",
        where=_at(plan, rule.where),
        hint=f"write install({what} DESTINATION {package}), or {_left_out(plan, 'its DESTINATION')}",
    )


def _left_out(plan: BuildPlan, place: str) -> str:
    """What makes a rule no part of the installation: a component alone does not where all of them are installed ("").

    Args:
        plan: its install_components decide.
        place: the part of the rule that EXCLUDE_FROM_ALL may follow.
    """
    components = plan.project.cmake.install_components if plan.project.cmake else ()
    component = "a COMPONENT that cmake.install_components does not name"
    if "" not in components:
        return f"give it {component}"
    return f"write EXCLUDE_FROM_ALL behind {place}" + (f", and give it {component}" if any(components) else "")


def _at(plan: BuildPlan, where: str) -> str:
    """A place that CMake gave relative to the source folder, as a path."""
    source = plan.project.cmake.source_path if plan.project.cmake else plan.project.root
    return str(source / where) if where else str(source / "CMakeLists.txt")
