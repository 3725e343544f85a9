"""What Conan's failures mean for whoever reads them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import assert_error, errors_of
from xconan.build_machine.tools import Tool
from xconan.conan import failures
from xconan.conan.failures import damage, failure, upload_failure
from xconan.conan.install import install_dependencies
from xconan.ground.errors import ConanError, ConfigError, MachineError
from xconan.plan import make_plan
from xconan.project.config.conan_table import ConanConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.door import FakeConan
    from xconan.ground.errors import XconanError
    from xconan.model import BuildPlan

NOBODY_KNOWS = "ERROR: something that nobody thought of"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "conan home"))
    monkeypatch.setenv("PWD", "/src/project")
    (tmp_path / "conan home").mkdir()
    return tmp_path / "conan home"


def wish(**changes: Any) -> BuildPlan:  # noqa: ANN401 - as facts.facts() takes them
    conan = ConanConfig(requires=("lz4/1.9.4",))
    return make_plan(facts.facts(project=facts.project(conan=conan), **changes))


def failed(message: str, *, code: int = 1, plan: BuildPlan | None = None, **answer: object) -> XconanError:
    return failure({"error": message, **answer}, plan or wish(), code=code)


@pytest.mark.parametrize(
    "said",
    ["configure: error: unsafe srcdir value: '/a b'", "configure: error: unsafe absolute working directory name"],
)
def test_autotools_below_a_folder_with_blanks(said: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "last_failure", lambda: f"checking ...\n{said}\n")
    error = failed("kat/1.0: Error in build() method, line 10")
    assert_error(error, ConanError, "Error in build()", hint=f"set CONAN_HOME to one without; it is {home}")


@pytest.mark.parametrize(
    ("program", "said", "hint"),
    [
        ("{cache}/compilers/1/clang", "make: {home}/my: No such file or directory", "set XCONAN_CACHE to one without"),
        ("{cache}/zig/cc", "configure: error: C compiler cannot create executables", "set XCONAN_CACHE to one without"),
        ("/opt/my sdk/bin/gcc", "make: /opt/my: not found", "have the compiler in one without; it is /opt/my sdk/bin"),
        ("{cache}/zig/cc", "core.c:1:2: error: unknown type", "see Conan's output above"),
        ("/usr/bin/gcc", "configure: error: C compiler cannot create executables", "see Conan's output above"),
    ],
)
def test_a_compiler_below_a_folder_with_blanks(
    program: str, said: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"cache": tmp_path / "my cache", "home": tmp_path}
    monkeypatch.setenv("XCONAN_CACHE", str(places["cache"]))
    monkeypatch.setattr(failures, "last_failure", lambda: said.format_map(places))
    toolchain = facts.toolchain("aarch64")
    compilers = {"C": replace(toolchain.compilers["C"], script=program.format_map(places))}
    plan = wish(toolchain=replace(toolchain, compilers=compilers))
    said_of_build = failed("kat/1.0: Error in build() method, line 10", plan=plan).hint or ""
    assert hint in said_of_build
    assert "see Conan's output above; if" not in said_of_build
    assert "blanks" not in (failed("kat/1.0: Error in package() method, line 10", plan=plan).hint or "")


def test_a_build_below_a_folder_with_blanks_whose_output_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the terminal has it: the blank may be the reason, and is not said to be."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "my cache"))
    monkeypatch.setattr(failures, "last_failure", lambda: "")
    toolchain = facts.toolchain("aarch64")
    compilers = {"C": replace(toolchain.compilers["C"], script=f"{tmp_path}/my cache/zig/cc")}
    plan = wish(toolchain=replace(toolchain, compilers=compilers))
    assert failed("kat/1.0: Error in build() method, line 10", plan=plan).hint == (
        f"see Conan's output above; if it says that there is no {tmp_path}/my, configure scripts and make can't run a "
        f"compiler below a folder with blanks: set XCONAN_CACHE to one without; it is {tmp_path}/my cache"
    )


# --- where -----------------------------------------------------------------------------------------------------------

SETTING = (
    "'settings.compiler.cpstd' doesn't exist for 'gcc'\n'settings.compiler' possible configurations are ['cppstd']"
)
KEYS = [
    # a table, what Conan says, the key, and the hint
    ({"settings": (("compiler.cpstd", "17"),)}, SETTING, "conan.settings", "did you mean 'cppstd'?"),
    ({"settings": (("compiler.cppstd", "99"),)},
     "ConanException: The provided compiler.cppstd=99 is not supported by gcc 12. Supported values are: ['98']",
     "conan.settings", "name one of these values"),
    ({"conf": (("tools.build:job", "3"),)}, "[conf] 'tools.build:job' does not exist in configuration list. Run …",
     "conan.conf", "`conan config list` has all of them"),
    ({"options": (("zlib:shared", "True"),)},
     "The usage of package names `zlib:shared` in options is deprecated, use a pattern like `zlib/*:shared` instead",
     "conan.options", 'in quotes: "lz4/*:shared"'),
    ({"settings": (("os", "Linux"),)}, NOBODY_KNOWS, "", "see Conan's output above"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "message", "key", "hint"), KEYS, ids=[one[1][:30] for one in KEYS])
def test_the_key_whose_name_conan_has(table: dict[str, Any], message: str, key: str, hint: str) -> None:
    conan = ConanConfig(conanfile=Path("/src/project/conanfile.txt"), **table)
    error = failed(message, plan=make_plan(facts.facts(project=facts.project(conan=conan))))
    where = f"/src/project/pyproject.toml: tool.xconan.{key}" if key else "/src/project/conanfile.txt"
    assert_error(error, ConanError, where=where, hint=hint)


def test_the_file_that_has_the_item() -> None:
    """Where the table is in several files."""
    settings = (("compiler.cpstd", "17"), ("arch", "x86"))
    places = (("conan.settings", "/c.toml: conan.settings"), ("conan.settings.compiler.cpstd", "/p.toml: settings"))
    project = facts.project(conan=ConanConfig(settings=settings, requires=("a/1",)), places=places)
    plan = make_plan(facts.facts(project=project))
    assert failed(SETTING, plan=plan).where == "/p.toml: settings"
    ours = [contradiction(key=key, file="") for key in ("compiler.cpstd", "arch")]
    first, second = errors_of(failed("x", plan=plan, contradictions=ours))
    assert first.where.startswith("/p.toml: settings: compiler.cpstd, and ")
    assert second.where.startswith("/c.toml: conan.settings: arch, and ")


def test_build_type_that_conan_does_not_know() -> None:
    config = facts.cmake_config(build_type="release")
    message = "Invalid setting 'release' is not a valid 'settings.build_type' value.\nPossible values are ['Release']"
    error = failed(message, plan=make_plan(facts.facts(project=facts.project(cmake=config))))
    where = "/src/project/pyproject.toml: tool.xconan.cmake.build_type"
    assert_error(error, ConanError, where=where, hint="did you mean 'Release'?")


@pytest.mark.parametrize(
    ("message", "line", "hint"),
    [
        (
            'Unable to load conanfile in {file}\n  File "{file}", line 4\n    x = = 1\nSyntaxError: invalid syntax',
            ":4",
            "",
        ),
        ("conanfile.py (demo/1.0): Error in requirements() method, line 6\n\tfoo()\nNameError: name 'foo'", ":6", ""),
        ("ImportError: cannot import name 'ConanFile' from 'conans' (/x)", "", "write `from conan import ConanFile`"),
    ],
)
def test_line_of_the_recipe(message: str, line: str, hint: str) -> None:
    file = "/src/project/conanfile.py"
    plan = make_plan(facts.facts(project=facts.project(conan=ConanConfig(conanfile=Path(file)))))
    assert_error(failed(message.format(file=file), plan=plan), ConanError, where=f"{file}{line}", hint=hint)


def test_conans_output_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "last_failure", lambda: "detect_api: Found cc=gcc-12.2.0\n")
    assert "above" not in (failed(NOBODY_KNOWS).hint or "")


# --- hints -----------------------------------------------------------------------------------------------------------

HINTS = [
    ("Error in source() method, line 3", "core.sources:download_urls"),
    ("interactive mode disabled", "conan remote login NAME USER, or $CONAN_LOGIN_USERNAME and $CONAN_PASSWORD"),
    ("Authentication error in remote x", "wrong user or password"),
    ("Permission denied for user: 'x'", "log in as somebody who may read there"),
    ("Max retries exceeded with url", "conan remote disable NAME"),
    ("Requirement 'lz4/1.9.4' not in lockfile 'requires'", "bring conan.lock up to date: xconan lock"),
    ("There is a cycle/loop in the graph:\n  a\n  b", "[tool_requires] in a profile: a package can't need"),
    ("Version conflict: Conflict between a/1 and a/2", "force=True"),
    ("Error parsing lockfile '/x/conan.lock'", "restore conan.lock, or make it anew: xconan lock --upgrade"),
    ("This lockfile was created with an incompatible version. Please regenerate the lockfile", "xconan lock --upgrade"),
    ("lockfile has config packages", "conan config install-pkg"),
    ("Package 'lz4/1.9.4' not resolved: no remote", "conan remote list"),
    ("Unable to find 'lz4/1.9.4' in remotes", "conan remote list"),
    ("Unable to connect to remote far=https://x", "conan remote disable far"),
    ("'lz4' is not a valid recipe reference", "a requirement is NAME/VERSION"),
    ("'x' is not a valid 'options.shared' value", "conan inspect"),
    ("ConfigParser: Unexpected line", "a conanfile.txt has sections"),
    ("Invalid setting '99' is not a valid 'settings.compiler.version'", "a newer Conan may"),
    ("Missing prebuilt package for 'lz4/1.9.4'", "--build=missing"),
    ("lz4/1.9.4: Invalid ID: no", "can't be built for this host"),
    ("There are invalid packages:\nlz4/1.9.4: Invalid: no", "can't be built for this host"),
    ("Invalid setting 'x' is not a valid 'settings.arch' value", "move that file away: Conan then writes its own anew"),
    (NOBODY_KNOWS, "see Conan's output above"),
]


@pytest.mark.parametrize(("message", "hint"), HINTS, ids=[words[:30] for words, _ in HINTS])
def test_hint(message: str, hint: str) -> None:
    error = failed(message)
    assert_error(error, ConanError, "Conan could not provide the dependencies: ", hint=hint,
                 where="/src/project/pyproject.toml: tool.xconan.conan")  # fmt: skip
    assert "{" not in error.hint


@pytest.mark.parametrize(
    ("setting", "message", "text"),
    [
        ("compiler.version=12", "compiler.version, 12 of gcc", 'compiler: {gcc: {version: ["12"]}}'),
        ("arch=armv8", "arch, armv8", 'arch: ["armv8"]'),
    ],
)
def test_toolchain_that_conan_does_not_know(setting: str, message: str, text: str, home: Path) -> None:
    """Whichever profiles there are: the toolchain says it, and not these."""
    name, _, value = setting.partition("=")
    plan = wish()
    assert plan.conan
    assert setting in plan.conan.host_profile.splitlines()
    said = f"Invalid setting '{value}' is not a valid 'settings.{name}' value.\nPossible values are ['1', '2']"
    words = f"Conan's settings don't know the toolchain's {message}"
    for profiles in ([], ["/x/mine.profile"]):
        error = failed(said, plan=plan, profiles=profiles)
        assert_error(error, ConanError, words, where=str(home / "settings.yml"), hint=text)
        assert "Possible values" not in error.message
    other = f"Invalid setting 'mine' is not a valid 'settings.{name}' value"
    assert_error(failed(other, plan=plan, profiles=["/x/mine.profile"]), ConfigError, where="/x/mine.profile")


def test_what_nobody_expected() -> None:
    assert_error(failed(NOBODY_KNOWS, unexpected=True), ConanError, hint="conan cache check-integrity '*'")
    assert "check-integrity" not in failed(NOBODY_KNOWS).hint


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Package 'lz4/1.9.4' Cannot load recipe: line 1", "conan remove -c lz4/1.9.4"),
        ("Cannot load recipe: line 1", "conan remove -c NAME/VERSION"),
        ("Pkg 'lz4/1.9.4#abc' folder must exist: /x", "conan remove -c lz4/1.9.4"),
        ("Package 'a b/1' folder must exist", "conan remove -c 'a b/1'"),
    ],
)
def test_package_that_is_spoken_of(message: str, hint: str) -> None:
    assert failed(message).hint.endswith(hint)


def test_damaged_index(home: Path) -> None:
    assert_error(failed("DatabaseError: file is not a database"), ConanError, hint=f"move {home}/p away")


def test_remote_that_is_spoken_of() -> None:
    message = "HTTPSConnectionPool: Max retries exceeded\nUnable to connect to remote far.away=https://x"
    error = failed(message)
    assert error.message.endswith("dependencies: Unable to connect to remote far.away=https://x")
    assert error.hint.endswith("conan remote disable far.away")


def test_tool_of_this_machine_in_another_version() -> None:
    plan = wish(machine=facts.machine(meson=Tool(path=Path("/build/bin/meson"), version="1.3.0")))
    for name, version in (("cmake", "4.1.2"), ("ninja", "1.13.1"), ("meson", "1.3.0")):
        error = failed(f"Package '{name}/9.9' not resolved: No remote", plan=plan)
        words = f"this machine has {name} {version}; add a remote that has the other"
        assert_error(error, ConanError, hint=(words, f"[replace_tool_requires] {name}/*: {name}/{version}"))
    assert "this machine has" not in failed("Package 'lz4/9.9' not resolved", plan=plan).hint
    assert "this machine has" not in failed("Package 'cmake/9.9' is invalid", plan=plan).hint
    assert "this machine has" not in failed("Package 'cmake/9.9' not resolved", plan=replace(plan, machine=None)).hint


def test_package_that_is_not_spoken_of() -> None:
    assert_error(failed("it is not resolved"), ConanError, hint="check the name and version")


def test_revision_that_is_nowhere() -> None:
    error = failed("Package 'lz4/1.9.4#abc' not resolved: no remote")
    assert error.hint == "conan.lock names a revision that is nowhere any more: get it back, or xconan lock --upgrade"


def test_revision_of_a_dependencys_dependency(tmp_path: Path) -> None:
    """Conan names the version alone."""
    plan = wish()
    plan = replace(plan, project=replace(plan.project, root=tmp_path))
    (tmp_path / "conan.lock").write_text('{"version": "0.5", "requires": ["hdr/1.5#abc%1.0", "new/1"]}', "utf-8")
    said = "Package 'hdr/1.5' not resolved: {}. Required by 'base/1.0'"
    for why in ("No remote defined", "Unable to find 'hdr/1.5' in remotes"):
        assert_error(
            failed(said.format(why), plan=plan), ConanError, hint="conan.lock names a revision that is nowhere"
        )
    assert "conan.lock" not in failed(said.format("No remote defined").replace("hdr", "new"), plan=plan).hint
    assert "conan.lock" not in failed(said.format("Unable to connect to remote far=https://x"), plan=plan).hint


def test_where_of_a_conanfile() -> None:
    plan = wish()
    conan = ConanConfig(conanfile=Path("/src/project/deps/conanfile.py"))
    plan = replace(plan, project=replace(plan.project, conan=conan))
    assert failed("x", plan=plan).where == "/src/project/deps/conanfile.py"


@pytest.mark.parametrize(
    ("pwd", "arguments", "command"),
    [
        ("/src/project", (), "xconan lock"),
        ("/src", (), "xconan lock /src/project"),
        ("/src/project", ("--target", "cp311-x y"), "xconan lock --target 'cp311-x y'"),
    ],
)
def test_command_that_locks_this_target(
    pwd: str, arguments: tuple[str, ...], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PWD", pwd)
    plan = wish(cross=facts.cross(arguments=arguments))
    assert failed("not in lockfile", plan=plan).hint == f"bring conan.lock up to date: {command}"


def test_without_pwd_it_is_where_we_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PWD")
    monkeypatch.chdir(tmp_path)
    assert failed("not in lockfile").hint.endswith("xconan lock /src/project")
    plan = wish()
    here = replace(plan, project=replace(plan.project, root=tmp_path))
    assert failed("not in lockfile", plan=here).hint.endswith(": xconan lock")


def test_exit_code_where_nothing_was_answered() -> None:
    assert_error(failure({}, wish()), ConanError, "dependencies: exit code 1")


# --- messages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", "exit code 7"),
        (" \n", "exit code 7"),
        ("ERROR: one line", "one line"),
        ("first\nmiddle\n  last  ", "first; last"),
        ("same\nsame", "same"),
        ("Missing binary: x You can try:\n - a\n", "Missing binary: x; - a"),
        ("Missing\nMore Info at 'https://x'\nRun 'conan graph info' for more", "Missing"),
        ('Missing\nRead "https://x" for more', "Missing"),
        ("There are invalid packages:\na/1: Invalid: x\nb/1: Invalid: y", "a/1: Invalid: x; b/1: Invalid: y"),
        ("There is a cycle/loop in the graph:\n a/1\n b/1", "There is a cycle/loop in the graph: a/1; b/1"),
        ("a/1 required by 'None'", "a/1 required by the project"),
        ("a/1 Required by 'cli'", "a/1 Required by the project"),
        ("a/1 required by 'b/1'", "a/1 required by 'b/1'"),
    ],
)
def test_message_in_one_line(message: str, shown: str) -> None:
    error = failed(message, code=7)
    assert_error(error, ConanError)
    assert error.message == f"Conan could not provide the dependencies: {shown}"
    assert upload_failure(message, 7, "x").message.endswith(f"could not be uploaded: {shown}")


# --- the disk, profiles ----------------------------------------------------------------------------------------------


def test_disk_that_is_full(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    said = failed(f"[Errno 28] {os.strerror(28)}")
    assert_error(said, MachineError, f"Conan had no space left: [Errno 28] {os.strerror(28)}", where=str(home),
                 hint="conan cache clean")  # fmt: skip
    for free, kind in (((1 << 20) - 1, MachineError), (1 << 20, ConanError)):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert_error(failed("gcc: exit code 1"), kind, "gcc: exit code 1")


def test_disk_that_can_not_be_asked(home: Path) -> None:
    home.rmdir()
    assert_error(failed("x"), ConanError)


def test_profiles_that_conan_can_not_use() -> None:
    error = failed("ERROR: bad line", profiles=["/p/a", "/p/b"])
    assert_error(error, ConfigError, "Conan can't use the profiles: bad line", where="/p/a, /p/b",
                 hint="conan profile show -pr:h FILE")  # fmt: skip


def contradiction(**changes: str) -> dict[str, str]:
    return {"key": "compiler.version", "profile": "11", "toolchain": "12", "file": "/p/a", "hint": "do", **changes}


def test_contradiction() -> None:
    plan = wish(cross=facts.cross(toolchain_file=Path("/t/t.cmake")))
    error = failed("x", plan=plan, contradictions=[contradiction()])
    assert_error(error, ConfigError, "compiler.version is 11 in the profile, but 12 by the toolchain", hint="do",
                 where="/p/a: compiler.version, and /t/t.cmake")  # fmt: skip
    error = failed("x", contradictions=[contradiction()])
    assert error.where == "/p/a: compiler.version, and /src/host.cross.toml"


def test_contradictions() -> None:
    facts_of_them = [contradiction(), contradiction(key="build_type", profile="Debug", toolchain="Release")]
    first, second = errors_of(failed("x", contradictions=facts_of_them))
    assert_error(first, ConfigError, "compiler.version is 11")
    assert_error(second, ConfigError, "build_type is Debug in the profile, but the project is built as Release",
                 where="/p/a: build_type, and cmake.build_type")  # fmt: skip


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def package(plan: Callable[..., BuildPlan], conan: FakeConan) -> tuple[BuildPlan, Path]:
    """A plan whose dependencies are there, and the folder of its package, with a file and a link."""
    wished = plan(conan=ConanConfig(requires=("lz4/1.9.4",)))
    install_dependencies(wished, inherit=0)
    folder = conan.home / "p/lz4-1.9.4"
    (folder / "link").symlink_to("lib/liblz4.a")
    (folder / "lib/liblz4.a").write_bytes(b"!<arch>\n")
    sums = {"lib/liblz4.a": b"!<arch>\n", "link": b"lib/liblz4.a"}
    lines = [f"{name}: {hashlib.md5(data, usedforsecurity=False).hexdigest()}" for name, data in sums.items()]
    (folder / "conanmanifest.txt").write_text("\n".join(["1700000000", *lines]), "utf-8")
    return wished, folder


def test_packages_as_they_were_made(package: tuple[BuildPlan, Path]) -> None:
    assert damage(package[0]) is None


def test_no_packages_at_all(plan: Callable[..., BuildPlan]) -> None:
    assert damage(plan()) is None


@pytest.mark.parametrize("name", ["lib/liblz4.a", "link", "conanmanifest.txt"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_damaged_package(name: str, how: str, package: tuple[BuildPlan, Path]) -> None:
    wished, folder = package
    path = folder / name
    path.unlink()
    if how == "changed":
        path.write_bytes(b"\xff")
    error = damage(wished)
    assert error
    assert_error(
        error,
        ConanError,
        f"lz4/1.9.4 in Conan's cache is damaged: {name} is missing or was changed",
        where=str(folder),
        hint="have it made anew: conan remove -c lz4/1.9.4:0",
    )


def test_packages_that_have_no_manifest(plan: Callable[..., BuildPlan], conan: FakeConan, tmp_path: Path) -> None:
    wished = plan(conan=ConanConfig(requires=("lz4/1.9.4",)))
    one = {"name": "lz4", "ref": "lz4/1", "package_id": "0", "context": "host", "built": ""}
    editable, unneeded = (
        {**one, "recipe": "Editable", "folder": str(tmp_path)},
        {**one, "recipe": "Cache", "folder": ""},
    )
    conan.more = {"packages": [editable, unneeded], "doubts": ["the state of lz4/1 is not known"]}
    install_dependencies(wished, inherit=0)
    assert damage(wished) is None
    conan.more = {"packages": [editable, {**editable, "recipe": "Cache"}]}
    install_dependencies(wished, inherit=0)
    error = damage(wished)
    assert error
    assert_error(error, ConanError, "conanmanifest.txt is missing")
