"""Source distributions."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.project.config.conan_table import ConanConfig
from xconan.project.config.free_tables import MetadataProvider
from xconan.project.config.records import ModuleConfig, SdistConfig
from xconan.project.module import find_module
from xconan.wheel.sdist import write_sdist

if TYPE_CHECKING:
    from xconan.project.config.records import Project

METADATA = facts.metadata(readme="README.md", license_files=("LICENSE",))
DOCS = {"docs/a.txt", "docs/ba.txt.md", "docs/a/b.txt", "docs/za.txt_"}
FILES = ("pyproject.toml", "README.md", "LICENSE", "CMakeLists.txt", "demo/__init__.py", "demo/ü ü.txt", "docs/a.txt")


@pytest.fixture
def project(root: Path) -> Project:
    for name in (*FILES, "demo/__pycache__/x.pyc", ".xconan_cache/x", "dist/old.tar.gz", ".venv/lib/y", "notes.log"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return facts.project(root)


def write(project: Project, out: Path) -> str:
    return write_sdist(project, METADATA, find_module(project), out)


def git(root: Path, *arguments: str) -> None:
    from tests.support.needs import missing  # noqa: PLC0415

    if shutil.which("git") is None:
        missing("git")
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".gitignore").write_text("*.log\ndist/\n.*_cache/\n.venv/\n__pycache__/\n", encoding="utf-8")
    git(root, "add", ".")


def names(project: Project, out: Path) -> set[str]:
    name = write(project, out)
    assert name == "demo-1.2.tar.gz"
    with tarfile.open(out / name) as archive:
        found = archive.getnames()
    assert all(one.startswith("demo-1.2/") for one in found)
    assert len(set(found)) == len(found)
    return {one.removeprefix("demo-1.2/") for one in found}


def test_files_without_git(project: Project, tmp_path: Path) -> None:
    assert names(project, tmp_path / "out") == {*FILES, "notes.log", "PKG-INFO"}


def test_files_of_git(project: Project, tmp_path: Path) -> None:
    commit(project.root)
    (project.root / "new.py").touch()
    (project.root / "demo/ü ü.txt").unlink()
    assert names(project, tmp_path / "out") == {*FILES, "new.py", ".gitignore", "PKG-INFO"} - {"demo/ü ü.txt"}


def test_ignored_folder_of_a_repository(project: Project, tmp_path: Path) -> None:
    """A project below a repository that ignores it."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    assert set(FILES) <= names(project, tmp_path / "out")


@pytest.mark.parametrize("place", ["dist", "out/deep", "."])
def test_out_within_the_project(project: Project, place: str) -> None:
    out = project.root / place
    first = names(project, out)
    assert set(FILES) <= first
    assert not any(name.endswith(".gz") for name in first - {"demo-1.2.tar.gz"})


def test_the_projects_wheel_at_its_top(project: Project, tmp_path: Path) -> None:
    """As `xconan build -o ''` leaves it; wheels of others are the project's, and what git tracks."""
    for name in ("demo-1.1-py3-none-any.whl", "demo_data-1-py3-none-any.whl", "docs/demo-1.1-py3-none-any.whl"):
        (project.root / name).touch()
    found = names(project, tmp_path / "out")
    assert {name for name in found if name.endswith(".whl")} == {
        "demo_data-1-py3-none-any.whl", "docs/demo-1.1-py3-none-any.whl",
    }  # fmt: skip
    commit(project.root)
    assert "demo-1.1-py3-none-any.whl" in names(project, tmp_path / "out")


def test_include_names_all_that_is_packed(project: Project, tmp_path: Path) -> None:
    """As py-build-cmake has it: the wheel's files, and what is named; exclude comes last."""
    commit(project.root)
    (project.root / "docs/.env").touch()
    config = SdistConfig(include=("CMakeLists.txt", "*.log", "docs", "dist"), exclude=("**/*.txt.md", "dist/none"))
    found = names(facts.project(project.root, sdist=config), tmp_path / "out")
    expected = {"pyproject.toml", "README.md", "LICENSE", "demo/__init__.py", "demo/ü ü.txt", "PKG-INFO"}
    assert found == expected | {"CMakeLists.txt", "notes.log", "docs/a.txt", "dist/old.tar.gz"}


def test_include_of_everything(project: Project, tmp_path: Path) -> None:
    found = names(facts.project(project.root, sdist=SdistConfig(include=(".",))), tmp_path / "out")
    assert set(FILES) <= found
    assert not any("cache" in name for name in found)


def test_include_without_what_cmake_reads(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the build reads CMakeLists\.txt") as caught:
        names(facts.project(project.root, sdist=SdistConfig(include=("docs",))), tmp_path / "out")
    assert 'add "CMakeLists.txt" to sdist.include' in caught.value.hint


@pytest.mark.parametrize("key", ["include", "exclude"])
@pytest.mark.parametrize("pattern", ["../x", "/etc", "a/../../b", ""])
def test_globs_stay_in_the_project(project: Project, tmp_path: Path, key: str, pattern: str) -> None:
    config = SdistConfig(**{key: (pattern,)})
    with pytest.raises(ConfigError) as caught:
        names(facts.project(project.root, sdist=config), tmp_path / "out")
    assert f"tool.xconan.sdist.{key}" in caught.value.where


def test_exclude_of_everything(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names no files"):
        names(facts.project(project.root, sdist=SdistConfig(exclude=(".",))), tmp_path / "out")


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("docs", DOCS),
        ("docs/", DOCS),
        ("docs/*.txt", {"docs/a.txt"}),
        ("*.txt", {"a.txt"}),
        ("**/a.txt", {"a.txt", "docs/a.txt"}),
        ("docs/**", DOCS),
        ("docs/**/*.txt", {"docs/a.txt", "docs/a/b.txt"}),
    ],
)
def test_globs(root: Path, tmp_path: Path, pattern: str, gone: set[str]) -> None:
    all_names = {"a.txt", "aa.txt.in", *DOCS}
    for name in ("pyproject.toml", "README.md", "LICENSE", *all_names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = names(facts.project(root, sdist=SdistConfig(exclude=(pattern,))), tmp_path / "out")
    assert all_names - found == gone


def test_pattern_with_stars_matches_whole_names(root: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "test.py", "mytest.py", "d/test.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = names(facts.project(root, sdist=SdistConfig(exclude=("**/test.py",))), tmp_path / "out")
    assert "mytest.py" in found
    assert not {"test.py", "d/test.py"} & found


def test_crucial_files_stay(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = facts.project(project.root, sdist=SdistConfig(exclude=("**",)), cmake=None)
    assert names(everything, tmp_path / "out") == {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}
    assert "demo/__init__.py" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"the build reads CMakeLists\.txt") as caught:
        names(facts.project(project.root, sdist=SdistConfig(exclude=("**",))), tmp_path / "out")
    assert "sdist.exclude" in caught.value.hint


def test_reproducible(project: Project, tmp_path: Path) -> None:
    names(project, tmp_path / "a")
    (project.root / "LICENSE").touch()
    (project.root / "README.md").chmod(0o600)
    names(project, tmp_path / "b")
    assert (tmp_path / "a/demo-1.2.tar.gz").read_bytes() == (tmp_path / "b/demo-1.2.tar.gz").read_bytes()


@pytest.mark.parametrize(("epoch", "time"), [("1700000000", 1700000000), ("0", 0), ("9999999999", 2**32 - 1)])
def test_source_date_epoch(
    project: Project, tmp_path: Path, epoch: str, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    write(project, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        assert {info.mtime for info in archive.getmembers()} == {time}


def test_owners_and_modes(project: Project, tmp_path: Path) -> None:
    (project.root / "CMakeLists.txt").chmod(0o700)
    write(project, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        infos = archive.getmembers()
    assert {(info.uid, info.gid, info.uname, info.gname) for info in infos} == {(0, 0, "", "")}
    assert {info.mode for info in infos if info.name.endswith("CMakeLists.txt")} == {0o755}
    assert {info.mode for info in infos if not info.name.endswith("CMakeLists.txt")} == {0o644}


def test_nothing_is_left_of_a_failure(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "LICENSE").unlink()
    with pytest.raises(ConfigError, match="LICENSE can't be a part of the source distribution: there is no such file"):
        write(project, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (project.root / "LICENSE").touch()
    monkeypatch.setattr("xconan.wheel.sdist._add_bytes", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(project, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(ConfigError):
        write(project, tmp_path / "out")


def test_pkg_info_of_an_unpacked_sdist_is_replaced(project: Project, tmp_path: Path) -> None:
    (project.root / "PKG-INFO").write_text("old", encoding="utf-8")
    write(project, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        stream = archive.extractfile("demo-1.2/PKG-INFO")
        assert stream
        assert stream.read().decode() == METADATA.text


# --- what the wheel is made from -------------------------------------------------------------------------------------


def add(root: Path, *files: str, text: str = "") -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def repository(folder: Path) -> None:
    """A commit of all that is in a folder."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "one")


def refused(project: Project, out: Path, words: str) -> str:
    """The help of the error, which says these words."""
    with pytest.raises(ConfigError, match=words) as caught:
        names(project, out)
    assert not out.exists()
    return caught.value.hint


def test_ignored_files_of_the_wheel(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(project.root, "demo/_version.py", "demo/old.so", "demo/build/__init__.py", "build/x.o")
    add(project.root, ".gitignore", text="_version.py\n/build/\n*.so\n")
    git(project.root, "init", "-q")
    found = names(project, tmp_path / "out")
    assert {"demo/_version.py", "demo/build/__init__.py"} <= found
    assert not {"demo/old.so", "build/x.o"} & found
    said = capsys.readouterr().err
    assert "demo/_version.py: ignored by git, but in the wheel: packed, too" in said
    assert "warning: demo/old.so: ignored by git and made by a compiler" in said
    assert "or have git track it" in said


def test_left_out_files_of_the_wheel_without_git(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(project.root, "demo/node_modules/x.js", "demo/node_modules/old.so")
    assert "demo/node_modules/x.js" in names(project, tmp_path / "out")
    said = capsys.readouterr().err
    assert "demo/node_modules/x.js: in a folder of builds, caches or environments, but in the wheel: packed" in said
    assert "warning: demo/node_modules/old.so: in a folder of builds, caches or environments and made by a" in said
    assert "git" not in said


def test_submodules(project: Project, tmp_path: Path) -> None:
    library, inner = tmp_path / "library", tmp_path / "inner"
    add(inner, "deep.c")
    repository(inner)
    add(library, "x.c")
    add(library, ".gitignore", text="*.o\n")
    repository(library)
    allow = ("-c", "protocol.file.allow=always")
    git(library, *allow, "submodule", "add", str(inner), "inner")
    git(library, "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "two")
    git(project.root, "init", "-q")
    git(project.root, *allow, "submodule", "add", str(library), "extern/x")
    hint = refused(project, tmp_path / "out", "extern/x/inner .* is a submodule that is not checked out")
    assert hint.startswith("git submodule update --init --recursive")
    spared = facts.project(project.root, sdist=SdistConfig(exclude=("extern/x/inner",)))
    assert "extern/x/x.c" in names(spared, tmp_path / "spared")
    git(project.root, *allow, "submodule", "update", "--init", "--recursive")
    add(project.root, "extern/x/new.c", "extern/x/y.o", "extern/x/inner/new.c")
    found = {name for name in names(project, tmp_path / "out") if name.startswith("extern/")}
    assert {"extern/x/x.c", "extern/x/inner/deep.c", "extern/x/new.c", "extern/x/inner/new.c"} <= found
    assert "extern/x/y.o" not in found
    assert not any(name.endswith("/.git") for name in found)


def test_clone_that_is_no_submodule_yet(project: Project, tmp_path: Path) -> None:
    git(project.root, "init", "-q")
    add(project.root, "extern/x.c", "extern/x.o")
    add(project.root, "extern/.gitignore", text="*.o\n")
    repository(project.root / "extern")
    assert {"extern/x.c", "extern/.gitignore"} == {
        name for name in names(project, tmp_path / "out") if name.startswith("extern/")
    }


def test_sparse_checkout(project: Project, tmp_path: Path) -> None:
    repository(project.root)
    git(project.root, "sparse-checkout", "set", "--no-cone", "/*", "!/docs")
    assert not (project.root / "docs").exists()
    assert refused(project, tmp_path / "out", "sparse checkout").startswith("git sparse-checkout disable")


def test_export_ignore(project: Project, tmp_path: Path) -> None:
    """What `git archive` leaves out; but not what the wheel is made from."""
    add(project.root, "ci/a.yml", "tests/t.py")
    add(project.root, ".gitattributes", text="ci export-ignore\ntests/ export-ignore\ndemo export-ignore\n")
    git(project.root, "init", "-q")
    found = names(project, tmp_path / "out")
    assert not {"ci/a.yml", "tests/t.py"} & found
    assert {"demo/__init__.py", "docs/a.txt"} <= found


def test_distrusted_repository(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(project.root)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own tests ask this of it
    hint = refused(project, tmp_path / "out", "dubious ownership")
    assert hint == f"git config --global --add safe.directory {project.root}"


def test_damaged_repository(project: Project, tmp_path: Path) -> None:
    add(project.root, ".git", text=f"gitdir: {tmp_path}/gone/.git/worktrees/x\n")
    assert "git -C" in refused(project, tmp_path / "out", "not a git repository: .*gone")


def test_repository_without_git(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(project.root)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install git" in refused(project, tmp_path / "out", "there is no git")


def test_within_a_hook_of_git(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(project.root)
    add(tmp_path / "other", "x")
    repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))
    assert set(FILES) <= names(project, tmp_path / "out")


def test_unpacked_within_the_repository_of_somebody_else(project: Project, tmp_path: Path) -> None:
    """A source distribution is its own list; what the repository around it ignores doesn't matter."""
    add(tmp_path, ".gitignore", text="_version.py\n/out\n")
    git(tmp_path, "init", "-q")
    add(project.root, "demo/_version.py", "extra/_version.py", "PKG-INFO", "rpi.cross.toml", "tests/key.env")
    found = names(project, tmp_path / "out")
    assert {"demo/_version.py", "extra/_version.py", "rpi.cross.toml", "tests/key.env"} <= found


@pytest.mark.parametrize("in_git", [False, True], ids=["plain", "git"])
def test_what_is_nobody_elses(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, in_git: bool
) -> None:
    root = project.root
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    add(root, "deploy.pem", "server.key", "keys/deploy", text=key)
    add(root, "cacert.pem", "demo/cacert.pem", text="-----BEGIN CERTIFICATE-----\n")
    add(root, "keys/about", text=f"A file is a key if it begins so:\n{key}")
    add(root, ".env", ".envrc", "config/.env.local", "id_ed25519", ".ssh/config", "env/pyvenv.cfg", "env/lib/x.py")
    add(root, "xconan.local.toml", "xconan.cross.toml", "rpi.cross.toml", "py-build-cmake.local.toml")
    add(root, "made/CMakeCache.txt", "made/x.o", "dist/a.whl", "node_modules/x.js", "cache/CACHEDIR.TAG", "cache/x")
    add(root, "site/.xconan-index", "site/simple/demo/index.html", "site/simple/demo/demo-1.0-py3-none-any.whl")
    add(root, "demo/dist/__init__.py", ".env.example", "demo/.DS_Store", "demo/.ipynb_checkpoints/a.txt")
    if in_git:
        git(root, "init", "-q")
    found = names(project, tmp_path / "out")
    added = found - {*FILES, "notes.log", "PKG-INFO"}
    assert added == {"cacert.pem", "demo/cacert.pem", "demo/dist/__init__.py", ".env.example", "keys/about"}
    said = capsys.readouterr().err
    assert ".env" in said
    assert "git add" in said
    assert "xconan.local.toml" in said


def test_byte_order_mark(project: Project, tmp_path: Path) -> None:
    """What no build frontend could build is not written."""
    file = project.root / "pyproject.toml"
    text = file.read_text("utf-8")
    file.write_text(text, "utf-8-sig")
    with raises_error(ConfigError, "byte order mark", where="pyproject.toml", hint="UTF-8 without"):
        write(project, tmp_path / "out")
    assert not [*(tmp_path / "out").rglob("*.gz")]
    file.write_text(text, "utf-8")
    write(project, tmp_path / "out")


def test_what_git_tracks_is_the_projects(project: Project, tmp_path: Path) -> None:
    add(project.root, ".env", "rpi.cross.toml", "xconan.local.toml", "dist/bundle.js", "tests/id_rsa")
    git(project.root, "init", "-q")
    git(project.root, "add", ".")
    found = names(project, tmp_path / "out")
    assert {".env", "rpi.cross.toml", "dist/bundle.js", "tests/id_rsa"} <= found
    assert "xconan.local.toml" not in found  # one developer's, even so


def test_build_folders_stay_out(project: Project, tmp_path: Path) -> None:
    for path in ("work/{build_config}", "work-{build_config}", "deep/work/{build_config}/x"):
        cmake = facts.cmake_config(source_path=project.root, build_path=path)
        add(project.root, f"{path.format(build_config='cp311-linux_aarch64')}/cmake/x.o", "worker/a.c")
        found = names(facts.project(project.root, cmake=cmake), tmp_path / "out")
        assert "worker/a.c" in found
        shutil.rmtree(project.root / path.partition("/")[0].format(build_config="cp311-linux_aarch64"))
        assert not any(name.endswith("x.o") for name in found)


# --- links, pipes, names ---------------------------------------------------------------------------------------------


@pytest.fixture(params=[False, True], ids=["plain", "git"])
def monorepo(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that has files of its neighbours by links."""
    top = tmp_path / "mono"
    root = top / "py"
    for name in FILES:
        add(root, name)
    add(top, "shared/core.c", "shared/data/table.txt", "shared/secret.env", "LICENSE")
    add(top, ".gitignore", text="*.env\n")
    (root / "LICENSE").unlink()
    (root / "LICENSE").symlink_to("../LICENSE")
    (root / "cpp").symlink_to("../shared")
    (root / "demo" / "data").symlink_to("../../shared/data")
    (root / "demo" / "up").symlink_to("..")
    (root / "demo" / "again").symlink_to("../docs")
    if request.param:
        repository(top)
    return facts.project(root)


def test_links_within_a_monorepo(monorepo: Project, tmp_path: Path) -> None:
    expected = {*FILES, "cpp/core.c", "cpp/data/table.txt", "demo/data/table.txt", "demo/again/a.txt", "PKG-INFO"}
    assert names(monorepo, tmp_path / "out") == expected
    with tarfile.open(tmp_path / "out" / "demo-1.2.tar.gz") as archive:
        assert all(member.isreg() for member in archive)


def test_links_out_of_a_monorepo(monorepo: Project, tmp_path: Path) -> None:
    add(tmp_path, "outside.txt")
    add(monorepo.root, "more/z.txt")
    (monorepo.root / "more" / "x.txt").symlink_to("../../../outside.txt")
    (monorepo.root / "more" / "y").symlink_to("/etc")
    with pytest.raises(ErrorGroup) as caught:
        names(monorepo, tmp_path / "out")
    assert [str(one).partition(" ")[0] for one in caught.value.errors] == ["more/x.txt", "more/y"]
    assert all("out of the project" in one.message for one in caught.value.errors)


def test_link_to_a_secret_of_the_neighbourhood(monorepo: Project, tmp_path: Path) -> None:
    (monorepo.root / "docs" / "x.txt").symlink_to("../../shared/secret.env")
    assert "remove the link" in refused(monorepo, tmp_path / "out", "holds a secret")


def test_absolute_links_without_a_repository(project: Project, tmp_path: Path) -> None:
    """They lead elsewhere on every other machine; those into the project do no harm."""
    (project.root / "docs/in.txt").symlink_to(project.root / "README.md")
    assert "docs/in.txt" in names(project, tmp_path / "a")
    add(tmp_path, "beside.txt")
    (project.root / "docs/out.txt").symlink_to(tmp_path / "beside.txt")
    assert "a copy" in refused(project, tmp_path / "b", "out of the project")


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CMakeLists.txt", "demo/x.py"])
def test_password_file_behind_a_link(project: Project, tmp_path: Path, name: str) -> None:
    (project.root / name).unlink(missing_ok=True)
    (project.root / name).symlink_to("/etc/passwd")
    refused(project, tmp_path / "out", "a link out of the project, to /etc/passwd")


def test_dangling_link(project: Project, tmp_path: Path) -> None:
    (project.root / "docs/gone").symlink_to("nowhere")
    hint = refused(project, tmp_path / "out", "docs/gone .* a link to nowhere, which is not there")
    assert 'exclude = ["docs/gone"]' in hint
    spared = facts.project(project.root, sdist=SdistConfig(exclude=("docs/gone",)))
    assert "docs/a.txt" in names(spared, tmp_path / "out")


def test_pipes_and_sockets(project: Project, tmp_path: Path) -> None:
    os.mkfifo(project.root / "docs/pipe")
    assert "remove it" in refused(project, tmp_path / "out", "a named pipe")


def test_names_that_are_no_utf_8(project: Project, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(project.root) + b"/docs/\xff.txt")).touch()
    assert "rename it" in refused(project, tmp_path / "out", r"no UTF-8: b'\\xff\.txt'")


@pytest.mark.parametrize("name", ["docs/a\nb.txt", "demo/a\x7f/x.py"])
def test_control_characters_in_names(project: Project, tmp_path: Path, name: str) -> None:
    """Installers refuse them in wheels: the source distribution of such a project would be of no use."""
    add(project.root, name)
    if name.startswith("demo"):
        with pytest.raises(ConfigError, match="control character") as caught:
            find_module(project)
        assert "rename it" in caught.value.hint
        return
    hint = refused(project, tmp_path / "out", "its name has a control character")
    assert hint == 'rename it, or exclude = ["docs/a?b.txt"] in [tool.xconan.sdist]'
    project = facts.project(project.root, sdist=SdistConfig(exclude=("docs/a?b.txt",)))
    assert name not in names(project, tmp_path / "out")


def test_control_characters_above_the_project(tmp_path: Path) -> None:
    root = tmp_path / "a\tb"
    add(root, *FILES)
    assert set(FILES) <= names(facts.project(root), tmp_path / "out")


# --- what lies elsewhere ---------------------------------------------------------------------------------------------


def test_cmake_lists_above(project: Project, tmp_path: Path) -> None:
    add(tmp_path, "CMakeLists.txt")
    above = facts.project(
        project.root,
        cmake=facts.cmake_config(source_path=tmp_path),
        pyproject={"tool": {"xconan": {"cmake": {"source_path": ".."}}}},
    )
    assert "move pyproject.toml" in refused(above, tmp_path / "out", "outside of the project")


def test_python_files_elsewhere(project: Project, tmp_path: Path) -> None:
    add(tmp_path, "py/demo/__init__.py")
    elsewhere = facts.project(project.root, module=ModuleConfig(name="demo", directory=tmp_path / "py"))
    assert "module.directory" not in refused(elsewhere, tmp_path / "out", "Python files lie outside")


def test_readme_elsewhere(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lies outside") as caught:
        write_sdist(project, facts.metadata(readme="../README.md"), find_module(project), tmp_path / "out")
    assert caught.value.hint.startswith("ln -s ../README.md")


def provider(root: Path, name: str, *, path: Path | None = None, **settings: object) -> MetadataProvider:
    place = f"{root / 'pyproject.toml'}: tool.xconan.metadata.version"
    return MetadataProvider(field="version", name=name, path=path, settings=settings, place=place)


@pytest.mark.parametrize("config", [SdistConfig(include=("CMakeLists.txt",)), SdistConfig(exclude=("*.txt", "tools"))])
@pytest.mark.parametrize("name", ["regex", "scikit_build_core.metadata.regex", "module"])
def test_what_says_the_version_is_packed(project: Project, tmp_path: Path, name: str, config: SdistConfig) -> None:
    """Without it, every build of the source distribution would end with "there is no version.txt"."""
    add(project.root, "version.txt", text="__version__ = '1.2'")
    providers = (provider(project.root, name, input="version.txt"),)
    found = names(facts.project(project.root, sdist=config, providers=providers, cmake=None), tmp_path / "out")
    assert "version.txt" in found


def test_input_outside_of_the_project(project: Project, tmp_path: Path) -> None:
    add(project.root.parent, "version.txt", text="1.2")
    mine = provider(project.root, "regex", input="../version.txt")
    with pytest.raises(ConfigError, match=r"outside of the project") as caught:
        names(facts.project(project.root, providers=(mine,)), tmp_path / "out")
    assert caught.value.where == mine.place


def test_modules_of_providers_and_backends_are_packed(project: Project, tmp_path: Path) -> None:
    """With what they import beside them, and nothing else of their folders."""
    root = project.root
    add(root, "tools/plugin.py", text="import json\nfrom helper import x")
    add(root, "tools/helper.py", "tools/no.py", "back/other.py")
    add(root, "back/mine/__init__.py", "back/mine/data.txt", text="import xconan")
    pyproject = {**project.pyproject, "build-system": {"build-backend": "mine.api:Backend", "backend-path": ["back"]}}
    providers = (provider(root, "plugin", path=root / "tools"),)
    wanted = facts.project(root, sdist=SdistConfig(include=("CMakeLists.txt",)), providers=providers,
                           pyproject=pyproject)  # fmt: skip
    found = {name for name in names(wanted, tmp_path / "out") if name.startswith(("tools/", "back/"))}
    assert found == {"tools/plugin.py", "tools/helper.py", "back/mine/__init__.py", "back/mine/data.txt"}


def test_fragments_of_a_readme_are_packed(project: Project, tmp_path: Path) -> None:
    add(project.root, "docs/intro.md", "docs/no.md", text="x")
    hook = {"hooks": {"fancy-pypi-readme": {"fragments": [{"text": "a"}, {"path": "docs/intro.md"}]}}}
    pyproject = {**project.pyproject, "tool": {"hatch": {"metadata": hook}}}
    wanted = facts.project(project.root, sdist=SdistConfig(include=("CMakeLists.txt",)), pyproject=pyproject,
                           providers=(provider(project.root, "fancy_pypi_readme"),))  # fmt: skip
    found = names(wanted, tmp_path / "out")
    assert "docs/intro.md" in found
    assert "docs/no.md" not in found


def test_every_configuration_is_looked_at(project: Project, tmp_path: Path) -> None:
    """A second CMakeLists.txt, and a second conanfile, are read by every build."""
    root = project.root
    add(root, "b/CMakeLists.txt", "c/conanfile.txt", "c/host.ini")
    second = facts.cmake_config(source_path=root / "b", number=1)
    packages = ConanConfig(conanfile=root / "c/conanfile.txt", host_profiles=(root / "c/host.ini",))
    changes = {"more_cmakes": (second,), "more_conans": (packages,)}
    with pytest.raises(ErrorGroup) as caught:
        names(facts.project(root, sdist=SdistConfig(include=("CMakeLists.txt",)), **changes), tmp_path / "out")
    told = str(caught.value)
    assert "b/CMakeLists.txt" in told
    assert "c/host.ini" in told
    include = ("CMakeLists.txt", "b/CMakeLists.txt", "c/host.ini")
    found = names(facts.project(root, sdist=SdistConfig(include=include), **changes), tmp_path / "out")
    assert {"b/CMakeLists.txt", "c/conanfile.txt", "c/host.ini"} <= found


def test_presets_that_are_included(project: Project, tmp_path: Path) -> None:
    root = project.root
    add(root, "CMakePresets.json", text='{"version": 4, "include": ["presets/base.json"]}')
    add(root, "presets/base.json", "presets/other.json", text='{"version": 4}')
    add(root, "CMakeUserPresets.json", text='{"version": 4, "include": ["presets/other.json"]}')
    cmake = facts.cmake_config(source_path=root, preset="base")
    with pytest.raises(ConfigError, match=r"the build reads presets/base\.json") as caught:
        names(facts.project(root, sdist=SdistConfig(include=("CMakeLists.txt",)), cmake=cmake), tmp_path / "out")
    assert 'add "presets/base.json" to sdist.include' in caught.value.hint
    include = ("CMakeLists.txt", "presets/base.json")
    found = names(facts.project(root, sdist=SdistConfig(include=include), cmake=cmake), tmp_path / "out")
    assert {"CMakePresets.json", "presets/base.json"} <= found
    assert "presets/other.json" not in found


def test_second_cmake_lists_above(project: Project, tmp_path: Path) -> None:
    add(project.root.parent, "b/CMakeLists.txt")
    second = facts.cmake_config(source_path=project.root.parent / "b", number=1)
    pyproject = {**project.pyproject, "tool": {"xconan": {"cmake": {"1": {"source_path": "../b"}}}}}
    with pytest.raises(ConfigError, match="outside of the project") as caught:
        names(facts.project(project.root, pyproject=pyproject, more_cmakes=(second,)), tmp_path / "out")
    assert caught.value.where.endswith("tool.xconan.cmake.1.source_path")
