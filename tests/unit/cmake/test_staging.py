"""What lies in staging when a wheel is packed: what this installation put there, and what the build itself left."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import assert_error, assert_says, errors_of, raises_error
from xconan.cmake.build import build as carry_out
from xconan.cmake.staging import refuse_installed_outside, refuse_outside
from xconan.cmake.targets import Rule
from xconan.ground.errors import CMakeError, ErrorGroup
from xconan.project.config.records import WheelConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.door import Call, FakeCMake
    from xconan.model import BuildPlan


@pytest.fixture
def build(lock: int, cmake: FakeCMake) -> Callable[..., list[str]]:
    """Carry a plan out; return the names of the files in staging."""

    def build_it(plan: BuildPlan) -> list[str]:
        cmake.forget()
        carry_out(plan, None, inherit=lock)
        staging = plan.layout.staging
        return sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())

    return build_it


def generates(plan: BuildPlan, name: str) -> Callable[[Call], None]:
    """A build that writes a file into the wheel's folder, as SWIG may."""

    def write(_call: Call) -> None:
        (plan.layout.staging / name).write_text("x", "utf-8")

    return write


# --- what stays and what goes ----------------------------------------------------------------------------------------


def test_what_is_no_longer_installed_goes(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.installs[""] = {"demo/old.so": b"", "both.so": b""}
    assert build(plan()) == ["both.so", "demo/old.so"]
    cmake.installs[""] = {"demo/new.so": b"", "both.so": b""}
    assert build(plan()) == ["both.so", "demo/new.so"]


def test_what_the_build_wrote_stays(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """A second build writes nothing that is up to date."""
    cmake.installs[""] = {"demo.so": b""}
    cmake.does["build"] = generates(plan(), "swig.py")
    assert build(plan()) == ["demo.so", "swig.py"]
    cmake.does.clear()
    assert build(plan()) == ["demo.so", "swig.py"]
    assert cmake.stages == ["build", "install"]
    cmake.installs[""] = {}
    assert build(plan()) == ["swig.py"]


def test_fresh_build_folder_has_a_fresh_staging(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    cmake.does["build"] = generates(plan(), "swig.py")
    build(plan())
    cmake.does.clear()
    options = (("NO_SWIG", "", "ON"),)
    assert build(plan(cmake=facts.cmake_config(source_path=root, options=options))) == []
    assert cmake.stages == ["configure", "build", "install"]


def test_folders_of_caches_are_withdrawn_too(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.installs[""] = {"demo/__pycache__/table.json": b""}
    assert build(plan()) == ["demo/__pycache__/table.json"]
    cmake.installs[""] = {}
    assert build(plan()) == []


def test_staging_that_somebody_removed(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.installs[""] = {"demo.so": b""}
    build(plan())
    shutil.rmtree(plan().layout.staging)
    assert build(plan()) == ["demo.so"]


def test_file_that_was_installed_once_and_is_now_made_by_the_build(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """After a build that failed behind it, it is not taken for what the installation put there."""
    cmake.installs[""] = {"table.py": b""}
    build(plan())
    cmake.installs, cmake.does["build"], cmake.fails["build"] = {}, generates(plan(), "table.py"), 1
    with raises_error(CMakeError, "the build failed"):
        build(plan())
    cmake.does.clear()
    cmake.fails.clear()
    assert build(plan()) == ["table.py"]


def test_edited_source_makes_nothing_anew_that_the_build_wrote(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    """CMake writes the same files as before; one that came may be written into the wheel under another name."""
    cmake.does["build"] = generates(plan(), "swig.py")
    build(plan())
    cmake.does.clear()
    (root / "demo.c").write_text("int edited;\n", "utf-8")
    assert build(plan()) == ["swig.py"]
    assert cmake.stages == ["configure", "build", "install"]
    (root / "more.i").write_text("", "utf-8")
    assert build(plan()) == []
    assert cmake.stages == ["configure", "build", "configure", "build", "install"]


def test_staging_of_which_nothing_is_known(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.does["build"] = generates(plan(), "swig.py")
    build(plan())
    (plan().layout.root / "installed.json").unlink()
    cmake.does.clear()
    assert build(plan()) == []
    assert cmake.stages == ["configure", "build", "install"]


def test_failed_installation_is_withdrawn_too(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    cmake.installs = {"a": {"a.so": b""}, "b": {"b.so": b""}}

    def fail(call: Call) -> None:
        if "b" in call.argv:
            cmake.fails["install"] = 1

    cmake.does["install"] = fail
    components = facts.cmake_config(source_path=root, install_components=("a", "b"))
    with raises_error(CMakeError, "the installation failed"):
        build(plan(cmake=components))
    cmake.fails.clear()
    cmake.does.clear()
    cmake.installs = {"b": {"b.so": b""}}
    assert build(plan(cmake=components)) == ["b.so"]


def test_changed_lists_make_all_anew_that_the_build_wrote(
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What CMakeLists.txt no longer writes would stay in the wheel for ever."""
    cmake.does["build"] = generates(plan(), "swig.py")
    build(plan())
    cmake.does.clear()
    cmake.regenerates = True
    cmake.does["configure"] = lambda _call: setattr(cmake, "regenerates", False)  # then it is in no need of it
    assert build(plan()) == []
    assert cmake.stages == ["build", "configure", "build", "install"]
    assert_says(capfd.readouterr().err, "CMakeLists.txt or what it reads has changed, and what it wrote into the wheel")
    assert build(plan()) == []
    assert cmake.stages == ["build", "install"]  # nothing is left that would have to be made anew


def test_changed_lists_of_a_project_that_only_installs(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.installs[""] = {"demo.so": b""}
    build(plan())
    cmake.regenerates = True
    assert build(plan()) == ["demo.so"]
    assert cmake.stages == ["build", "install"]


# --- what is installed elsewhere -------------------------------------------------------------------------------------

DESTINATIONS = [
    (".", True),
    ("demo/sub", True),
    ("demo/../other", True),
    ("{staging}", True),
    ("{staging}/demo", True),
    ("${CMAKE_INSTALL_PREFIX}/demo", True),
    ("..", False),
    ("demo/../../x", False),
    ("/usr/lib", False),
    ("{staging}2", False),
]


def test_build_folder_by_a_path_with_dots(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    wish = plan()
    dotted = wish.layout.root.parent / "src" / ".." / wish.layout.root.name
    dotted.parent.parent.mkdir(parents=True, exist_ok=True)
    cmake.rules = [{"destination": "demo", "paths": ["a.txt"]}]
    assert build(replace(wish, layout=replace(wish.layout, root=dotted))) == []


@pytest.mark.parametrize(("destination", "fits"), DESTINATIONS)
def test_destination(
    destination: str,
    fits: bool,  # noqa: FBT001 - a table
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
) -> None:
    wish = plan()
    destination = destination.replace("{staging}", str(wish.layout.staging))
    cmake.rules = [{"destination": destination, "paths": ["src/a.txt", {"from": "x", "to": "sub/b.txt"}]}]
    if fits:
        assert build(wish) == []
        return
    with raises_error(
        CMakeError,
        ("install() puts a.txt, b.txt into /", f"outside of the wheel (DESTINATION {destination})"),
        where=f"{wish.project.root}/CMakeLists.txt:7",
        hint="write install(FILES a.txt b.txt DESTINATION demo)",
    ):
        build(wish)
    assert cmake.stages == ["configure"]  # before minutes of compiling
    assert not (wish.layout.root / "unfinished").exists()


def test_script_that_installs_outside(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """No rule tells of it; CMake's manifest does, and that of an earlier installation is no longer true."""
    wish = plan()

    def installs(*paths: object) -> Callable[[Call], None]:
        def install(_call: Call) -> None:
            (wish.layout.build / "install_manifest.txt").write_text("\n".join(map(str, paths)), "utf-8")

        return install

    cmake.does["install"] = installs(wish.layout.staging / "demo" / "a.so", "/opt/share/table.txt")
    with raises_error(
        CMakeError, "has installed /opt/share/table.txt, outside of the wheel", hint="${CMAKE_INSTALL_PREFIX}/demo"
    ):
        build(wish)
    cmake.does["install"] = installs(f"{wish.layout.staging}/demo/../other/a.so")
    assert build(wish) == []
    cmake.does.clear()
    (wish.layout.build / "install_manifest_old.txt").write_text("/opt/old.txt\n", "utf-8")
    assert build(wish) == []


def test_script_of_one_configuration_that_installs_outside(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    """Each configuration's manifest takes the place of the last one's; what was installed by then goes next time."""
    wish = plan(cmake=facts.cmake_config(source_path=root, install_config=("Debug", "Release")))
    cmake.installs[""] = {"demo/a.so": b""}

    def install(call: Call) -> None:
        path = "/opt/debug.txt" if "Debug" in call.argv else wish.layout.staging / "demo/a.so"
        (wish.layout.build / "install_manifest.txt").write_text(f"{path}\n", "utf-8")

    cmake.does["install"] = install
    with raises_error(CMakeError, "has installed /opt/debug.txt, outside of the wheel"):
        build(wish)
    cmake.does.clear()
    cmake.installs[""] = {}
    assert build(wish) == []


def test_below_another_folder_of_the_wheel(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.rules = [{"destination": ".."}, {"destination": "../.."}]
    wish = plan(wheel=WheelConfig(install_dir="demo"))
    with raises_error(CMakeError, "(DESTINATION ../..)", hint="install(FILES … DESTINATION demo)"):
        build(wish)


def test_every_rule_that_leads_outside_is_named(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.rules = [{"destination": "/a"}, {"destination": "."}, {"destination": "/b"}]
    with pytest.raises(ErrorGroup) as caught:
        build(plan())
    for error, place in zip(errors_of(caught.value), ("/a", "/b"), strict=True):
        assert_error(error, CMakeError, f"into {place}, outside")
    assert not (plan().layout.root / "unfinished").exists()


COMPONENTS: list[tuple[dict[str, object], tuple[str, ...], bool]] = [
    ({}, ("",), True),
    ({"component": "dev"}, ("",), True),
    ({"component": "dev"}, ("python",), False),
    ({"component": "dev"}, ("python", "dev"), True),
    ({"component": "dev", "isExcludeFromAll": True}, ("",), False),
    ({"component": "dev", "isExcludeFromAll": True}, ("dev",), True),
    ({"isForAllComponents": True}, ("python",), True),
    ({}, ("Unspecified",), True),
]


@pytest.mark.parametrize(("rule", "components", "chosen"), COMPONENTS)
def test_rules_of_other_components_matter_not(  # noqa: PLR0913, PLR0917 - a table
    rule: dict[str, object],
    components: tuple[str, ...],
    chosen: bool,  # noqa: FBT001
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    root: Path,
) -> None:
    cmake.rules = [{"destination": "/usr", **rule}]
    wish = plan(cmake=facts.cmake_config(source_path=root, install_components=components))
    if chosen:
        with raises_error(CMakeError, "outside of the wheel"):
            build(wish)
    else:
        assert build(wish) == []


def test_rules_of_configurations_that_are_not_installed_matter_not(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    """The made-up CMake's only configuration has no name."""
    cmake.rules = [{"destination": "/usr"}]
    config = facts.cmake_config(source_path=root, install_config=("Release",))
    assert build(plan(cmake=config)) == []


RULE = Rule(
    target="", names=(), destination="/usr", component="Unspecified", by_default=True, always=False, where=""
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "sentence", "where", "hint"),
    [
        ({}, "install() puts files into /usr,", "src/CMakeLists.txt", "write install(FILES … DESTINATION ns/demo)"),
        ({"names": ("a", "b"), "where": "x/CMakeLists.txt:3"}, "puts a, b into /usr,", "src/x/CMakeLists.txt:3",
         "write install(FILES a b DESTINATION ns/demo)"),
        ({"names": ("_core.so",), "target": "core"}, "puts _core.so (target core) into /usr,", "src/CMakeLists.txt",
         "write install(TARGETS core DESTINATION ns/demo)"),
        ({"target": "core"}, "puts files (target core) into", "src/CMakeLists.txt", "install(TARGETS core "),
    ],
)  # fmt: skip
def test_rule_is_named_as_it_can_be_found(
    rule: dict[str, Any], sentence: str, where: str, hint: str, plan: Callable[..., BuildPlan], root: Path
) -> None:
    wish = plan(cmake=facts.cmake_config(source_path=root / "src"))
    project = replace(wish.project, module=replace(wish.project.module, name="ns.demo"))
    with raises_error(CMakeError, sentence, where=str(root / where), hint=hint):
        refuse_outside(replace(wish, project=project), [replace(RULE, **rule)])


def _refuse(plan: BuildPlan, rules: list[Rule]) -> None:
    refuse_outside(plan, rules)
    refuse_installed_outside(plan)


COMPONENT = "a COMPONENT that cmake.install_components does not name"


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize(
    ("components", "remedy"),
    [
        (("",), "write EXCLUDE_FROM_ALL behind {}"),
        (("", "python"), f"write EXCLUDE_FROM_ALL behind {{}}, and give it {COMPONENT}"),
        (("python",), f"give it {COMPONENT}"),
    ],
)
def test_remedy_fits_the_components_that_are_installed(
    components: tuple[str, ...],
    remedy: str,
    script: bool,  # noqa: FBT001 - a table
    plan: Callable[..., BuildPlan],
    root: Path,
) -> None:
    """Without names of components CMake installs every component."""
    wish = plan(cmake=facts.cmake_config(source_path=root, install_components=components))
    wish.layout.build.mkdir(parents=True, exist_ok=True)
    (wish.layout.build / "install_manifest.txt").write_text("/opt/x\n", "utf-8")
    rules = [] if script else [replace(RULE, component="python")]
    with pytest.raises(CMakeError) as caught:
        _refuse(wish, rules)
    place = "what it runs" if script else "its DESTINATION"
    assert caught.value.hint.partition("), or ")[2] == remedy.format(place)


def test_rule_that_the_build_finds(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """A changed CMakeLists.txt is seen by Ninja, which has CMake configure."""
    cmake.installs[""] = {"demo.so": b""}
    build(plan())
    cmake.regenerates, cmake.rules = True, [{"destination": "/usr/lib"}]
    with raises_error(CMakeError, "outside of the wheel (DESTINATION /usr/lib)"):
        build(plan())
    assert cmake.stages == ["build"]


def test_code_and_scripts_have_no_destination(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    cmake.rules = [{"type": "code"}, {"type": "script"}]
    assert build(plan()) == []


OLD = """\
if(CMAKE_INSTALL_COMPONENT STREQUAL "dev" OR NOT CMAKE_INSTALL_COMPONENT)
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/usr/include/a.h;/usr/include/b.h")
  if(CMAKE_WARN_ON_ABSOLUTE_INSTALL_DESTINATION)
    message(WARNING "ABSOLUTE path INSTALL DESTINATION : ${CMAKE_ABSOLUTE_DESTINATION_FILES}")
  endif()
  file(INSTALL DESTINATION "/usr/include" TYPE FILE FILES
    "/src/a.h"
    "/src/b.h"
    )
endif()

if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/demo" TYPE MODULE FILES "/build/demo.so")
endif()
"""


@pytest.mark.parametrize(("components", "refused"), [(("",), True), (("dev",), True), (("Unspecified",), False)])
def test_cmake_that_tells_no_rules(
    components: tuple[str, ...],
    refused: bool,  # noqa: FBT001 - a table
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    root: Path,
) -> None:
    """CMake 3.20's scripts are read."""
    wish = plan(cmake=facts.cmake_config(source_path=root, install_components=components))

    def write_script(_call: Call) -> None:
        (wish.layout.build / "cmake_install.cmake").write_text(OLD, "utf-8")

    cmake.minor, cmake.does["configure"] = 2, write_script
    if not refused:
        assert build(wish) == []
        return
    script = wish.layout.build / "cmake_install.cmake"
    with raises_error(CMakeError, "install() puts a.h, b.h into /usr/include", where=str(script)):
        build(wish)
