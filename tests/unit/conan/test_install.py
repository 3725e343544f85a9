"""Conan is asked when something changed; what it is asked, and what its answer becomes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import assert_says, raises_error
from tests.unit.binary.test_archive import archive
from xconan.build_machine.tools import Tool
from xconan.conan.install import HIDDEN, install_dependencies
from xconan.ground import reads
from xconan.ground.errors import ConanError
from xconan.project.config.conan_table import ConanConfig
from xconan.project.local_folders import LocalFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.door import Door, FakeCMake, FakeConan
    from xconan.conan.install import Dependencies
    from xconan.model import BuildPlan

REQUIRES = ConanConfig(requires=("lz4/1.9.4",))
RECIPE = 'requires = "lz4/1.9.4"\nos.environ.get("TINY_WISH")\n'


@pytest.fixture
def wish(plan: Callable[..., BuildPlan]) -> Callable[..., BuildPlan]:
    """The plan of a project that wants lz4 of Conan; keywords of ConanConfig, and of facts.plan_at()."""

    def planned(host: str = "cp311-linux_aarch64", **changes: object) -> BuildPlan:
        changes.setdefault("conan", REQUIRES)
        return plan(host, **changes)

    return planned


@pytest.fixture
def asked(conan: FakeConan, lock: int) -> Callable[[BuildPlan], bool]:
    """Have a plan's dependencies; whether Conan was asked for them."""

    def install(plan: BuildPlan) -> bool:
        conan.requests.clear()
        install_dependencies(plan, inherit=lock)
        assert conan.kinds in ([], ["install"])
        return bool(conan.requests)

    return install


def install(plan: BuildPlan) -> Dependencies:
    return install_dependencies(plan, inherit=0)


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_what_conan_is_asked(
    wish: Callable[..., BuildPlan], conan: FakeConan, door: Door, lock: int, capfd: pytest.CaptureFixture[str]
) -> None:
    config = ConanConfig(
        requires=("lz4/1.9.4",),
        options=(("lz4/*:shared", "True"),),
        host_profiles=(Path("/p/host"),),
        build_profiles=(Path("/p/build"),),
        build=("missing", "lz4/*"),
    )
    plan = wish(conan=config)
    assert plan.conan
    assert plan.toolchain
    root = plan.layout.root
    install_dependencies(plan, inherit=lock)
    assert conan.requests == [
        {
            "kind": "install",
            "conanfile": str(root / "conanfile.txt"),
            "output_folder": str(root / "conan"),
            "host_profile": str(root / "host.profile"),
            "build_profile": str(root / "build.profile"),
            "derived": True,
            "tag": "linux_aarch64",
            "options": ["lz4/*:shared=True"],
            "settings": ["build_type=Release"],
            "conf": [],
            "host_profiles": ["/p/host"],
            "build_profiles": ["/p/build"],
            "build_type": "Release",
            "build": ["missing", "lz4/*", "editable"],
            "lockfile": "",
            "file_prefix_map": False,
            "toolchain_words": [],
            "compilers": {name: compiler.path for name, compiler in plan.toolchain.compilers.items()},
            "toolchain_package": "",
        }
    ]
    texts = {name: (root / name).read_text("utf-8") for name in ("host.profile", "build.profile", "conanfile.txt")}
    assert texts == {
        "host.profile": plan.conan.host_profile,
        "build.profile": plan.conan.build_profile,
        "conanfile.txt": plan.conan.conanfile_text,
    }
    (call,) = door.called("python3")
    assert call.cwd == plan.project.root
    assert call.inherited[0] == lock
    assert len(call.inherited) == 2  # and the lock of the Conan home
    assert json.loads(call.argv[call.argv.index("-c") + 2])[-1]  # our own search path
    assert capfd.readouterr().err == (
        f"$ conan install {root}/conanfile.txt -pr:h {root}/host.profile -pr:h /p/host -pr:b default "
        f"-pr:b {root}/build.profile -pr:b /p/build -of {root}/conan --build=missing --build=lz4/* --build=editable "
        "-o:h lz4/*:shared=True\nconan's own words\n"
    )


def test_native_build_goes_by_the_default_profile(
    wish: Callable[..., BuildPlan], conan: FakeConan, capfd: pytest.CaptureFixture[str]
) -> None:
    install(wish("cp312-linux_x86_64", native=True))
    assert conan.requests[0]["derived"] is False
    assert_says(capfd.readouterr().err, "-pr:h default -pr:h ")


def test_nothing_is_built_where_nothing_may_be(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    install(wish(conan=replace(REQUIRES, build=("never",))))
    assert conan.requests[0]["build"] == ["never"]


def test_lockfile_beside_the_conanfile(
    wish: Callable[..., BuildPlan], conan: FakeConan, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (root / "conan.lock").touch()
    install(wish())
    assert conan.requests[-1]["lockfile"] == str(root / "conan.lock")
    assert_says(capfd.readouterr().err, f" --lockfile {root / 'conan.lock'}\n")
    folder = root / "deps"
    folder.mkdir()
    (folder / "conanfile.py").write_text(RECIPE, "utf-8")
    config = ConanConfig(conanfile=folder / "conanfile.py")
    install(wish(conan=config))
    assert conan.requests[-1]["lockfile"] == ""
    assert conan.requests[-1]["conanfile"] == str(folder / "conanfile.py")
    (folder / "conan.lock").touch()
    install(wish(conan=config))
    assert conan.requests[-1]["lockfile"] == str(folder / "conan.lock")


def test_folder_of_generated_files_is_made_anew(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    install(wish())
    old = wish().layout.conan / "old-config.cmake"
    old.touch()
    install(wish(conan=replace(REQUIRES, options=(("x", "y"),))))
    assert len(conan.requests) == 2
    assert not old.exists()


def test_plan_that_asks_nothing(plan: Callable[..., BuildPlan]) -> None:
    with pytest.raises(ValueError, match="asks nothing of Conan"):
        install(plan())
    asking = plan(conan=REQUIRES)
    with pytest.raises(ValueError, match="asks nothing of Conan"):
        install(replace(asking, toolchain=None))


def test_programs_that_recipes_call_by_name(
    wish: Callable[..., BuildPlan], conan: FakeConan, door: Door, tmp_path: Path, cmake: FakeCMake
) -> None:
    tools = {"cmake": Tool(path=cmake.path, version="4.1.2"), "ninja": Tool(path=tmp_path / "n/ninja", version="1.1")}
    install(wish(machine=facts.machine(**tools)))
    assert conan.kinds == ["install"]
    found = door.called("python3")[0].env["PATH"].split(os.pathsep)
    assert found == [str(door.folder), str(tmp_path / "n"), str(door.folder)]


# --- what the answer becomes -----------------------------------------------------------------------------------------


def test_dependencies(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    conan.packages = (("lz4/1.9.4", ("liblz4.so", "liblz4.so.1", "lz4.pc")), ("zlib/1.3", ("libz.a",)))
    found = install(wish())
    layout = wish().layout
    assert found.env == {"TINY": "${TINY}1"}
    assert found.shared == {"liblz4.so", "liblz4.so.1"}
    lines = found.text.splitlines()
    assert lines[0] == f'include("{layout.conan}/conan_toolchain.cmake")'
    assert "unset(CMAKE_CXX_STANDARD)" in lines  # the compiler's default: not a wish
    roots = [line for line in lines if "CMAKE_FIND_ROOT_PATH " in line]
    assert roots == [
        f'list(PREPEND CMAKE_FIND_ROOT_PATH "{folder}")'
        for folder in (conan.home / "p/zlib-1.3", conan.home / "p/lz4-1.9.4", layout.conan)
    ]


def test_programs_of_the_build_machine_are_no_libraries(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    conan.packages = (("tool/1.0", ("libtool.so",)),)
    answer = conan._install({"output_folder": str(conan.home)})  # noqa: SLF001 - as it would be, but for the build machine
    packages = answer["packages"]
    assert isinstance(packages, list)
    conan.more = {"packages": [{**packages[0], "context": "build"}, {**packages[0], "folder": ""}]}
    found = install(wish())
    assert found.shared == frozenset()
    assert "tool-1.0" not in found.text


def test_version_script_of_zig(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    """It goes with the text that names it, and another script is another identity."""
    folder = conan.home / "p/lz4-1.9.4/lib64"
    folder.mkdir(parents=True)
    (folder / "libz.a").write_bytes(archive("/", b"\0\0\0\1\0\0\0Ddeflate\0"))
    by_name = install(wish())
    assert by_name.hidden == ""
    assert_says(by_name.text, "libz.a", lacks=[HIDDEN])
    with_zig = replace(wish(), cross=replace(wish().cross, toolchain="zig"))
    first = install(with_zig)
    assert first.hidden == "{\n  local:\n    deflate;\n};\n"
    assert_says(first.text, f"--version-script=${{CMAKE_CURRENT_LIST_DIR}}/{HIDDEN}")
    (folder / "libz.a").write_bytes(archive("/", b"\0\0\0\1\0\0\0Dinflate\0"))
    assert install(with_zig).identity != first.identity


def test_packages_are_told_once(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    """Of those that were there before nothing was done."""
    told = install(wish()).packages
    assert told is not None
    assert [package["ref"] for package in told] == ["lz4/1.9.4"]
    assert install(wish()).packages is None
    assert conan.kinds == ["install"]


def test_libraries_of_64_bits(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    folder = conan.home / "p/lz4-1.9.4/lib64"
    folder.mkdir(parents=True)
    (folder / "liblz4.so.1").touch()
    assert install(wish()).shared == {"liblz4.so.1"}


@pytest.mark.parametrize(("cppstd", "native"), [("20", False), ("gnu17", True)])
def test_standard_that_somebody_wished(
    cppstd: str,
    native: bool,  # noqa: FBT001 - a table
    wish: Callable[..., BuildPlan],
    conan: FakeConan,
) -> None:
    conan.more = {"cppstd": cppstd}
    found = install(wish("cp312-linux_x86_64" if native else "cp311-linux_aarch64", native=native))
    assert "unset(CMAKE_CXX_STANDARD)" not in found.text


def test_standard_that_the_project_wished(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    """It is what the compiler takes by itself; CMake is told all the same."""
    by_itself = str(facts.toolchain("aarch64").cppstd)
    for named in (True, False):
        conan.more = {"cppstd": by_itself, "cppstd_named": named}
        settings = (("compiler.cppstd", by_itself),) if named else ()
        found = install(wish(conan=replace(REQUIRES, settings=settings)))
        assert ("unset(CMAKE_CXX_STANDARD)" in found.text) != named


def test_folders_of_packages_have_names_in_debug_info(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    named = replace(wish(), local_folders=(LocalFolder(path="/p", name="/xconan/demo", what="the project"),))
    package = {"context": "host", "recipe": "Cache", "built": ""}
    conan.more = {"packages": [
        {**package, "name": "lz4", "ref": "lz4/1.9.4", "folder": "/home/p/lz4"},
        {**package, "name": "m4", "ref": "m4/1.4", "folder": "/home/p/m4", "context": "build"},
        {**package, "name": "none", "ref": "none/1.0", "folder": ""},
    ]}  # fmt: skip
    assert_says(install(named).text, "-ffile-prefix-map=/home/p/lz4=/xconan/lz4/1.9.4", lacks=["m4", "none"])
    assert "prefix-map" not in install(wish()).text


def test_variables_of_the_recipe(wish: Callable[..., BuildPlan], conan: FakeConan, tmp_path: Path) -> None:
    variables = {
        "PLAIN": "a",
        "TYPED": {"type": "BOOL", "value": "ON"},
        "CMAKE_BUILD_TYPE": "Debug",
        "CMAKE_POLICY_DEFAULT_CMP0091": "NEW",
    }
    presets = {"configurePresets": [{"name": "x"}, {"cacheVariables": variables}]}
    (tmp_path / "generators").mkdir()
    (tmp_path / "generators/CMakePresets.json").write_text(json.dumps(presets), "utf-8")
    conan.more = {"generators_folder": str(tmp_path / "generators")}
    lines = install(wish()).text.splitlines()
    assert [line for line in lines if "from the recipe" in line] == [
        'set(PLAIN "a" CACHE STRING "from the recipe" FORCE)',
        'set(TYPED "ON" CACHE STRING "from the recipe" FORCE)',
    ]


def test_identity_changes_with_what_cmake_sees(wish: Callable[..., BuildPlan], conan: FakeConan) -> None:
    first = install(wish()).identity
    assert install(wish()).identity == first
    conan.packages = (("lz4/1.9.4", ("liblz4.a",)), ("zlib/1.3", ()))
    (wish().layout.root / "conan.json").unlink()
    second = install(wish()).identity
    assert second != first
    assert install(wish(conan=replace(REQUIRES, options=(("x", "y"),)))).identity not in (first, second)


# --- when it is asked again ------------------------------------------------------------------------------------------


def test_unchanged_project_asks_once(wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool]) -> None:
    assert asked(wish())
    assert not asked(wish())


HOME_FILES = (
    "global.conf",
    "settings.yml",
    "settings_user.yml",
    "remotes.json",
    "editable_packages.json",
    "profiles/default",
)


@pytest.mark.parametrize("name", HOME_FILES)
def test_changed_file_of_the_home(
    name: str, wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan
) -> None:
    asked(wish())
    (conan.home / name).parent.mkdir(exist_ok=True)
    (conan.home / name).write_text("x", "utf-8")
    assert asked(wish())
    assert not asked(wish())
    (conan.home / name).write_text("y", "utf-8")
    assert asked(wish())


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("CONAN_CACHE_STORAGE", True),
        ("CONAN_PASSWORD", False),
        ("CONAN_PASSWORD_MINE", False),
        ("CONAN_LOGIN_USERNAME", False),
        ("CONAN_LOGIN_USERNAME_MINE", False),
        ("CC", True),
        ("LDFLAGS", True),
        ("EDITOR", False),
        ("TINY_WISH", False),  # no recipe asks for it
    ],
)
def test_environment(
    name: str,
    matters: bool,  # noqa: FBT001 - a table
    wish: Callable[..., BuildPlan],
    asked: Callable[[BuildPlan], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked(wish())
    monkeypatch.setenv(name, "other")
    assert asked(wish()) == matters


WISHES: dict[str, dict[str, object]] = {
    "requirement": {"conan": ConanConfig(requires=("lz4/1.10.0",))},
    "option": {"conan": replace(REQUIRES, options=(("lz4/*:shared", "True"),))},
    "what may be built": {"conan": replace(REQUIRES, build=("never",))},
    "setting": {"conan": replace(REQUIRES, build_type="Debug")},
    "toolchain": {"toolchain": replace(facts.toolchain("aarch64"), triplet="aarch64-other-linux-gnu")},
    "profile of the host": {"conan": replace(REQUIRES, host_profiles=(Path("/p/host"),))},
    "profile of the build machine": {"conan": replace(REQUIRES, build_profiles=(Path("/p/build"),))},
}


@pytest.mark.parametrize("what", WISHES)
def test_changed_plan(what: str, wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool]) -> None:
    asked(wish())
    assert asked(wish(**WISHES[what]))
    assert not asked(wish(**WISHES[what]))


def test_another_cmake(wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], cmake: FakeCMake) -> None:
    asked(wish())
    plan = wish()
    newer = facts.machine(cmake=Tool(path=cmake.path, version="4.2.0"))
    assert asked(replace(plan, machine=newer))


@pytest.mark.parametrize(
    ("name", "txt", "py"),
    [
        ("conanfile", True, True),
        ("conandata.yml", True, True),
        ("helper.py", False, True),
        ("conan.lock", True, True),
        ("words.txt", False, False),
    ],
)
@pytest.mark.parametrize("kind", ["txt", "py"])
def test_changed_file_of_the_project(  # noqa: PLR0913, PLR0917 - a table
    name: str,
    txt: bool,  # noqa: FBT001
    py: bool,  # noqa: FBT001
    kind: str,
    wish: Callable[..., BuildPlan],
    asked: Callable[[BuildPlan], bool],
    root: Path,
) -> None:
    conanfile = root / f"conanfile.{kind}"
    conanfile.write_text(RECIPE, "utf-8")
    plan = wish(conan=ConanConfig(conanfile=conanfile))
    asked(plan)
    assert not asked(plan)
    path = conanfile if name == "conanfile" else root / name
    path.write_text("# changed\n", "utf-8")
    assert asked(plan) == {"txt": txt, "py": py}[kind]


def test_variable_that_a_recipe_names(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "conanfile.py").write_text(RECIPE, "utf-8")
    plan = wish(conan=ConanConfig(conanfile=root / "conanfile.py"))
    asked(plan)
    monkeypatch.setenv("TINY_WISH", "sweet")
    assert asked(plan)


@pytest.mark.parametrize("content", [b"\xff'X'", None])
def test_recipe_that_can_not_be_read(
    content: bytes | None, wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], root: Path
) -> None:
    """Conan says what is wrong with it."""
    if content:
        (root / "conanfile.py").write_bytes(content)
    plan = wish(conan=ConanConfig(conanfile=root / "conanfile.py"))
    assert asked(plan)
    assert not asked(plan)


PROFILES = {
    "itself": ("mine", "[settings]\n", "changed"),
    "included, beside it": ("sub/more", "include(sub/more)\n", "changed"),
    "included, of the home": ("../conan home/profiles/more", "include(more)\n", "changed"),
    "included by the included": ("third", "include(second)\n", "changed"),
    "a program that it names": ("tool", "CC='tool'\n", "\xff"),
    "a file of flags": ("some flags", "tools.build:cflags=['-g', '@some flags']\n", "-O3"),
    "a file of flags, in [buildenv]": ("flags.rsp", "CFLAGS=-g @flags.rsp\n", "-O3"),
    "a configuration of clang's": ("board.cfg", "CFLAGS=-g --config=board.cfg\n", "-O3"),
    "a file that a file of flags names": ("third.rsp", "CFLAGS=-g --config second.rsp\n", "-O3"),
}


@pytest.mark.parametrize("what", PROFILES)
def test_changed_profile(
    what: str,
    wish: Callable[..., BuildPlan],
    asked: Callable[[BuildPlan], bool],
    tmp_path: Path,
) -> None:
    name, text, after = PROFILES[what]
    folder = tmp_path / "my profiles"
    folder.mkdir()
    (folder / "mine").write_text(text, "utf-8")
    (folder / "second").write_text("include(third)\n", "utf-8")
    (folder / "second.rsp").write_text("-Wall @third.rsp\n", "utf-8")
    plan = wish(conan=replace(REQUIRES, host_profiles=(folder / "mine",)))
    asked(plan)
    assert not asked(plan)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(after, "latin-1")
    assert asked(plan)
    assert not asked(plan)


@pytest.mark.parametrize(("size", "matters"), [(100, True), (1 << 16, False)])
def test_variable_that_a_profile_names(
    size: int,
    matters: bool,  # noqa: FBT001 - a table
    wish: Callable[..., BuildPlan],
    asked: Callable[[BuildPlan], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is longer than any profile is a program that one names, and is not searched."""
    text = "{{ os.getenv('TINY_WISH') }}\n"
    (tmp_path / "mine").write_text(text + "#" * (size - len(text)), "utf-8")
    plan = wish(conan=replace(REQUIRES, build_profiles=(tmp_path / "mine",)))
    asked(plan)
    monkeypatch.setenv("TINY_WISH", "sweet")
    assert asked(plan) == matters


def test_profiles_that_include_each_other(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("include(b)\n", "utf-8")
    (tmp_path / "b").write_text("include(a)\n", "utf-8")
    plan = wish(conan=replace(REQUIRES, host_profiles=(tmp_path / "a", tmp_path / "b")))
    assert asked(plan)
    assert not asked(plan)


def test_generated_files_are_gone(wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool]) -> None:
    asked(wish())
    (wish().layout.conan / "conan_toolchain.cmake").unlink()
    assert asked(wish())


def test_package_is_gone(wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan) -> None:
    asked(wish())
    (conan.home / "p/lz4-1.9.4").rename(conan.home / "away")
    assert asked(wish())


def test_package_without_a_folder(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan
) -> None:
    """A program of the build machine that was not needed."""
    conan.more = {"packages": [{"name": "t", "context": "build", "folder": "", "recipe": "Cache", "built": ""}]}
    asked(wish())
    assert not asked(wish())


def test_file_that_the_recipe_read(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan, root: Path
) -> None:
    (root / "words.txt").write_text("a", "utf-8")
    conan.more = {"read": [str(root / "words.txt")]}
    asked(wish())
    assert not asked(wish())
    (root / "words.txt").write_text("b", "utf-8")
    assert asked(wish())


@pytest.mark.parametrize("doubts", [["the state of lz4/1.9.4 is not known"], []])
def test_an_editable_package_ends_the_record_of_what_was_read(
    doubts: list[str], wish: Callable[..., BuildPlan], conan: FakeConan
) -> None:
    noted = reads.watch()
    conan.more = {"doubts": doubts}
    try:
        install(wish())
    finally:
        reads.unwatch()
    assert noted.doubts == doubts


def test_editable_package_is_always_looked_at(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan
) -> None:
    conan.more = {"doubts": ["the state of lz4/1.9.4 is not known"]}
    assert asked(wish())
    assert asked(wish())


@pytest.mark.parametrize(
    ("reference", "matters"),
    [("lz4/1.9.4", True), ("lz4/1.10.0", True), ("tools/1.0", True), ("zlib/1.3", False), ("lz4x/1.0", False)],
)
def test_recipe_that_is_new_in_the_cache(
    reference: str,
    matters: bool,  # noqa: FBT001 - a table
    wish: Callable[..., BuildPlan],
    asked: Callable[[BuildPlan], bool],
    conan: FakeConan,
) -> None:
    """A range may be resolved to it."""
    conan.more = {"python_requires": ["tools"]}
    asked(wish())
    conan.export(reference, "2")
    assert asked(wish()) == matters


@pytest.mark.parametrize("content", [None, b"no database at all" * 100])
def test_cache_that_can_not_be_read(
    content: bytes | None, wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan
) -> None:
    asked(wish())
    database = conan.home / "p/cache.sqlite3"
    database.unlink()
    if content:
        database.write_bytes(content)
    assert asked(wish())
    assert asked(wish())


def test_failure_is_not_taken_for_done(
    wish: Callable[..., BuildPlan], asked: Callable[[BuildPlan], bool], conan: FakeConan
) -> None:
    asked(wish())
    conan.error = {"install": {"error": "out of cheese"}}
    changed = wish(**WISHES["option"])
    with raises_error(ConanError, "out of cheese"):
        asked(changed)
    conan.error = {}
    assert asked(wish())
