"""`xconan doctor` on made-up machines: each finding with its state and its remedy."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.door import Answer, Call, never_ends
from xconan import doctor
from xconan.cli import main
from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from tests.support.door import Door, FakeCMake, FakeConan


pytestmark = pytest.mark.usefixtures("door")


def lines(about: str, *, online: bool = False) -> list[doctor.Line]:
    return [line for line in doctor.examine(online=online) if line.about == about]


def one(about: str, *, online: bool = False) -> doctor.Line:
    (line,) = lines(about, online=online)
    return line


def assert_line(line: doctor.Line, state: str, *says: str, remedy: str = "") -> None:
    """A finding with its state, words, and remedy ("" for none at all)."""
    __tracebackhide__ = True
    assert_says(f"{line.state}: {line.says}\nhelp: {line.remedy}", f"{state}: ", *says)
    assert_says(line.remedy, remedy)
    assert bool(line.remedy) == bool(remedy), line


def test_every_check_has_a_say() -> None:
    """Also on a machine that has nothing."""
    found = {line.about for line in doctor.examine(online=False)}
    assert found == {
        "xconan", "Python", "cmake", "ninja", "C compiler", "C++ compiler", "cross compilers", "emulators", "Conan",
        "cache", "disk of cache", "disk of Conan", "disk of TMPDIR",
    }  # fmt: skip


def test_one_check_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:

    def broken() -> None:
        raise OSError(5, "Input/output error")

    def refused() -> None:
        raise ConfigError("XCONAN_CACHE is a file", where="XCONAN_CACHE", hint="unset it")

    monkeypatch.setattr("xconan.doctor.cache_folder", broken)
    assert_line(one("caches"), doctor.PROBLEM, "this can't be looked at: OSError: [Errno 5] Input/output error")
    monkeypatch.setattr("xconan.doctor.cache_folder", refused)
    assert_line(one("caches"), doctor.PROBLEM, "XCONAN_CACHE is a file: XCONAN_CACHE", remedy="unset it")


# --- xconan, Python --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (["pytest>=1"], ""),
        (["pytest>=1; python_version < '3'"], ""),
        (["no-such-thing; extra == 'zig'"], ""),
        (["no-such-thing>=1"], "no-such-thing>=1 (missing)"),
        (["pytest>=999", "pytest>=1"], "pytest>=999 ("),
    ],
)
def test_own_requirements(wanted: list[str], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.doctor.requires", lambda _: wanted)
    if problem:
        assert_line(one("xconan"), doctor.PROBLEM, "its environment lacks", problem, remedy="pip install")
    else:
        assert_line(one("xconan"), doctor.OK, "xconan")


def test_python_without_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.doctor.sysconfig.get_path", lambda _: str(tmp_path))
    assert_line(one("Python"), doctor.WARNING, f"there is no Python.h in {tmp_path}", remedy="xconan python add")
    (tmp_path / "Python.h").touch()
    assert_line(one("Python"), doctor.OK, f"headers in {tmp_path}")


def test_python_of_an_unknown_machine(monkeypatch: pytest.MonkeyPatch) -> None:

    def unknown() -> None:
        raise ConfigError("there is no platform 'plan9'", hint="name one that is known")

    monkeypatch.setattr("xconan.doctor.running_target", unknown)
    assert_line(one("Python"), doctor.PROBLEM, "there is no platform 'plan9'", remedy="name one that is known")


# --- programs --------------------------------------------------------------------------------------------------------


def test_cmake_that_will_do(cmake: FakeCMake) -> None:
    line = one("cmake")
    assert_line(line, doctor.OK, f"4.1.2, {cmake.path}")
    assert line.says == f"4.1.2, {cmake.path}"


def test_cmake_that_is_too_old(cmake: FakeCMake) -> None:
    cmake.version = "3.19.9"
    assert_line(one("cmake"), doctor.PROBLEM, f"{cmake.path} is 3.19.9, older than 3.20", remedy="pip install cmake")
    cmake.version = "3.20"
    assert_line(one("cmake"), doctor.OK, "3.20")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(code=1, stderr="first\nno such library\n"), "does not work (no such library)"),
        (Answer(code=3, stdout="4.1.2"), "does not work (exit code 3)"),
        (Answer(stdout="cmake of no version"), "does not work (exit code 0)"),
    ],
)
def test_cmake_that_does_not_work(answer: Answer, says: str, door: Door) -> None:
    door.install("cmake", lambda _: answer)
    assert_line(one("cmake"), doctor.PROBLEM, says, remedy="build frontends do so by themselves")


def test_cmake_that_never_answers(door: Door) -> None:
    door.install("cmake", never_ends)
    assert_line(one("cmake"), doctor.PROBLEM, "no answer within 20 s", remedy="pip install cmake")


def test_no_cmake() -> None:
    line = one("cmake")
    assert_line(line, doctor.PROBLEM, "there is none on PATH (needed: 3.20 or newer)", remedy="pip install cmake")


def test_another_cmake_behind_one_that_is_broken(
    cmake: FakeCMake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one beside our interpreter comes first, then PATH."""
    beside = tmp_path / "python/bin"
    beside.mkdir(parents=True)
    (beside / "cmake").write_bytes(b"")
    monkeypatch.setattr("sys.executable", str(beside / "python3"))
    line = one("cmake")
    assert_line(line, doctor.WARNING, f"4.1.2, {cmake.path}, {beside}/cmake does not work", remedy="remove what")


def test_compilers(door: Door) -> None:
    sources: dict[str, str] = {}

    def compiler(call: Call) -> Answer:
        sources[call.program] = Path(call.argv[1]).read_text("utf-8")
        return Answer()

    door.install("gcc", compiler)
    door.install("clang++", compiler)
    assert_line(one("C compiler"), doctor.OK, f"{door.folder}/gcc")
    assert_line(one("C++ compiler"), doctor.OK, f"{door.folder}/clang++")
    assert "int main" in sources["gcc"]
    assert "std::string" in sources["clang++"]
    (call,) = door.called("gcc")[:1]
    assert call.argv[2] == "-o"


def test_compilers_of_the_environment(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = door.install("mine", lambda _: None)
    monkeypatch.setenv("CC", f"{mine} -m32")
    line = one("C compiler")
    assert_line(line, doctor.OK, f"{mine} -m32 (CC)")
    assert door.called("mine")[0].argv[1] == "-m32"
    monkeypatch.setenv("CXX", "/no/such")
    assert_line(one("C++ compiler"), doctor.PROBLEM, "/no/such (CXX) can't build a program: /no/such: No such file",
                remedy="set CC and CXX")  # fmt: skip


def test_compiler_that_builds_nothing(door: Door) -> None:
    door.install("cc", lambda _: Answer(code=1, stderr="stdio.h: no such file\n\n"))
    assert_line(
        one("C compiler"), doctor.PROBLEM, "can't build a program: stdio.h: no such file", remedy="g++ on Debian"
    )
    door.install("cc", lambda _: Answer(code=4))
    assert_line(one("C compiler"), doctor.PROBLEM, "can't build a program: exit code 4", remedy="g++ on Debian")
    assert_line(one("C++ compiler"), doctor.PROBLEM, "none of c++, g++, clang++ is on PATH", remedy="by zig need none")


def test_cross_compilers(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ziglang", None)
    assert_line(one("cross compilers"), doctor.WARNING, "there is none", remedy="xconan[zig]")
    assert_line(one("emulators"), doctor.WARNING, "there is none", remedy="qemu-user-static")
    macros = "#define __GNUC__ 12\n#define __GNUC_MINOR__ 2\n#define __GNUC_PATCHLEVEL__ 0\n"
    for language in ("gcc", "g++"):
        door.install(f"s390x-linux-gnu-{language}", lambda _: Answer(stdout=macros))
    door.install("qemu-s390x-static", lambda _: None)
    assert_line(one("cross compilers"), doctor.OK, "gcc 12.2.0, for 1 kinds of hosts")
    assert_line(one("emulators"), doctor.OK, "qemu-s390x-static")


# --- Conan -----------------------------------------------------------------------------------------------------------


def test_conan_that_was_not_used_yet(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "none"))
    assert_line(one("Conan"), doctor.OK, f"it has not been used yet ({tmp_path}/none)")
    assert door.calls == [call for call in door.calls if call.program != "python3"]


def test_conan(conan: FakeConan) -> None:
    assert_line(one("Conan"), doctor.OK, f"2.34.0, {conan.home}")
    assert lines("Conan's remotes") == lines("Conan's profile") == []


@pytest.mark.parametrize(
    ("stdout", "states", "remedy"),
    [
        ('{"version": "2.34.0"}\n', [doctor.OK, doctor.PROBLEM], "move away what it names in "),
        ("", [doctor.PROBLEM], "pip install --force-reinstall conan"),
    ],
)
def test_conan_that_fails(stdout: str, states: list[str], remedy: str, conan: FakeConan) -> None:
    conan.report = Answer(code=1, stdout=stdout, stderr="conan.errors.ConanException: bad remotes.json\n")
    found = lines("Conan")
    assert [line.state for line in found] == states
    assert_line(found[-1], doctor.PROBLEM, "it can't be used: bad remotes.json", remedy=remedy)


def test_home_of_conan_that_can_not_be_written(conan: FakeConan, monkeypatch: pytest.MonkeyPatch) -> None:
    may = os.access
    monkeypatch.setattr("os.access", lambda path, mode: str(path) != str(conan.home) and may(path, mode))
    found = lines("Conan")
    assert_line(found[-1], doctor.PROBLEM, f"{conan.home} can't be written", remedy="owner and permissions")


def remotes(*found: tuple[str, bool]) -> str:
    return json.dumps({"remotes": [{"name": name, "enabled": enabled} for name, enabled in found]}) + "\n"


def test_remotes(conan: FakeConan) -> None:
    conan.report = Answer(stdout=remotes(("near", True), ("off", False), ("far", True)))
    assert one("Conan's remotes").says == "near, far"
    conan.report = Answer(stdout=remotes(("off", False)))
    assert_line(one("Conan's remotes"), doctor.WARNING, "none is enabled", remedy="conan remote enable NAME")


def test_remote_that_does_not_answer(conan: FakeConan) -> None:
    answer = json.dumps({"answer": {"name": "far", "error": "no route"}})
    conan.report = Answer(stdout=f"{remotes(('far', True))}{answer}\n")
    line = one("Conan's remotes", online=True)
    assert_line(line, doctor.WARNING, "far does not answer: no route", remedy="conan remote disable NAME")
    assert conan.door.called("python3")[-1].argv[-1] == "1"


def test_remotes_that_are_no_list(conan: FakeConan) -> None:
    conan.report = Answer(stdout='{"remotes": 1}\n')
    assert_line(lines("Conan")[-1], doctor.PROBLEM, "this can't be looked at: TypeError")


def test_profile_of_conan(conan: FakeConan) -> None:
    conan.report = Answer(stdout='{"profile_error": "bad line 3"}\n')
    assert_line(one("Conan's profile"), doctor.PROBLEM, "bad line 3", remedy="correct it")


# --- folders ---------------------------------------------------------------------------------------------------------


def test_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XCONAN_CACHE", str(cache))
    assert_line(one("cache"), doctor.OK, f"{cache}, empty")
    (cache / "sub").mkdir(parents=True)
    (cache / "sub/a").write_bytes(bytes(1500))
    (cache / "b").symlink_to("nowhere")
    assert_line(one("cache"), doctor.OK, f"1.5 KB in {cache}")
    monkeypatch.setattr("os.access", lambda path, _mode: str(path) != str(cache))
    assert_line(one("cache"), doctor.WARNING, f"{cache} can't be written", remedy="set XCONAN_CACHE")


def test_cache_below_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "file/cache"))
    assert_line(one("cache"), doctor.WARNING, "can't be written", remedy="set XCONAN_CACHE")


def test_cache_that_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted for a second."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "a").write_bytes(bytes(2_000_000))
    monkeypatch.setenv("XCONAN_CACHE", str(cache))
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("xconan.doctor.time.monotonic", lambda: next(clock))
    assert_line(one("cache"), doctor.OK, f"more than 2.0 MB in {cache}")


@pytest.mark.parametrize(
    ("free", "state", "says"),
    [
        (5 << 40, doctor.OK, "5.5 TB free"),
        (1 << 30, doctor.OK, "1.1 GB free"),
        ((1 << 30) - 1, doctor.WARNING, "1.1 GB free"),
        (100 << 20, doctor.WARNING, "105 MB free"),
        ((100 << 20) - 1, doctor.PROBLEM, "105 MB free"),
        (999, doctor.PROBLEM, "999 bytes free"),
        (0, doctor.PROBLEM, "0 bytes free"),
    ],
)
def test_disk(free: int, state: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.doctor.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    for name in ("cache", "Conan", "TMPDIR"):
        assert_line(one(f"disk of {name}"), state, says, remedy="" if state == doctor.OK else "free some space")


# --- the verb --------------------------------------------------------------------------------------------------------


def test_verb(conan: FakeConan, capsys: pytest.CaptureFixture[str]) -> None:
    conan.report = Answer(stdout='{"profile_error": "bad line 3"}\n')
    assert main(["doctor"]) == 3
    seen = capsys.readouterr().out
    assert_says(seen, "problem  Conan's profile      bad line 3\n                              help: correct it\n")
    assert main(["doctor", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["healthy"] is False
    assert {"about": "Conan's profile", "state": "problem", "says": "bad line 3", "remedy": "correct it"} in found[
        "lines"
    ]
