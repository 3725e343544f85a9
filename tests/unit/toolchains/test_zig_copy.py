"""One copy of each ziglang package, whatever environment it is installed in."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.golden import REPOSITORY
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform
from xconan.toolchains.zig import write_zig_toolchain
from xconan.toolchains.zig_copy import kept_zig

FILES = {
    "zig": '#!/bin/sh\necho "$@"\n',
    "__init__.py": "",
    "lib/std/std.zig": "const a = 1;\n",
    'lib/a, "b".h': "#define A\n",
}


def package(site: Path, *, more: str = "", installer: str = "pip") -> Tool:
    """An installed package ziglang, with the RECORD that an installer writes."""
    lines = [f"ziglang-9.9.dist-info/INSTALLER,sha256={installer},3"]
    for name, text in FILES.items():
        path = site / "ziglang" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text + (more if name.endswith(".zig") else "")
        path.write_text(content, "utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")
        quoted = f"ziglang/{name}".replace('"', '""')
        lines.append(f'"{quoted}",sha256={digest},{len(content)}' if "," in name else f"{quoted},sha256={digest},1")
    (site / "ziglang" / "zig").chmod(0o755)
    if installer == "pip":
        lines = [*reversed(lines), "ziglang/__pycache__/__init__.cpython-311.pyc,,"]
    (site / "ziglang-9.9.dist-info").mkdir(exist_ok=True)
    (site / "ziglang-9.9.dist-info" / "RECORD").write_text("\n".join(lines) + "\n", "utf-8")
    return Tool(path=site / "ziglang" / "zig", version="9.9")


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_once_for_all_environments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pip and uv write RECORD in their own order; bytecode and their own files don't count."""
    cache = tmp_path / "cache"
    first = kept_zig(package(tmp_path / "one"), cache)
    assert "once for all build environments" in capsys.readouterr().err
    assert kept_zig(package(tmp_path / "two", installer="uv"), cache) == first
    assert capsys.readouterr().err == ""
    assert first.parent.parent == cache / "zig"
    assert first.parent.name.startswith("9.9-")
    assert content(first.parent) == FILES
    assert first.stat().st_ino == (tmp_path / "one" / "ziglang" / "zig").stat().st_ino
    other = kept_zig(package(tmp_path / "three", more="// patched"), cache)
    assert other.parent != first.parent


def test_copy_outlives_the_package(tmp_path: Path) -> None:
    """Removed, and upgraded in place as installers do it: the old file is taken away, a new one written."""
    zig = package(tmp_path / "site")
    kept = kept_zig(zig, tmp_path / "cache")
    shutil.rmtree(tmp_path / "site")
    package(tmp_path / "site", more="// newer")
    assert content(kept.parent) == FILES


def test_wrappers_are_the_same_in_each_environment(tmp_path: Path) -> None:
    platform, cache, texts = parse_platform("manylinux_2_17_aarch64"), tmp_path / "cache", []
    for name in ("one", "two"):
        file = write_zig_toolchain(platform, package(tmp_path / name), cache)
        texts.append({path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in file.parent.iterdir()})
        link = file.parent.parent / "zig"
        assert link.resolve() == kept_zig(package(tmp_path / name), cache)
    assert texts[0] == texts[1]


def test_where_nothing_can_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system: the content is copied, by whatever the machine has for it, with permissions and times."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    zig = package(tmp_path / "site")
    for name in ("with", "without"):
        if name == "without":
            monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
        kept = kept_zig(zig, tmp_path / name)
        assert content(kept.parent) == FILES
        assert os.access(kept, os.X_OK)
        assert kept.stat().st_mtime_ns == zig.path.stat().st_mtime_ns


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_package_that_is_not_what_was_installed(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody's own changes are used where they are, and don't become the copy of the others."""
    zig = package(tmp_path / "site")
    changed = zig.path.parent / "lib/std/std.zig"
    changed.write_text("changed", "utf-8") if damage == "changed" else changed.unlink()
    assert kept_zig(zig, tmp_path / "cache") == zig.path
    assert str(changed) in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "cache/zig").iterdir() if not path.name.endswith(".lock")] == []


def test_without_a_record_it_stays(tmp_path: Path) -> None:
    zig = package(tmp_path / "site")
    shutil.rmtree(tmp_path / "site/ziglang-9.9.dist-info")
    assert kept_zig(zig, tmp_path / "cache") == zig.path
    assert kept_zig(Tool(path=Path("/usr/bin/zig"), version="9.9"), tmp_path / "cache") == Path("/usr/bin/zig")


def test_what_a_killed_one_left_is_taken_away(tmp_path: Path) -> None:
    zig = package(tmp_path / "site")
    kept = kept_zig(zig, tmp_path / "cache")
    half = kept.parent.with_name(f".{kept.parent.name}.1.new")
    kept.parent.rename(half)
    (half / "zig").unlink()
    assert kept_zig(zig, tmp_path / "cache") == kept
    assert content(kept.parent) == FILES
    assert not half.exists()
    kept.unlink()
    assert content(kept_zig(zig, tmp_path / "cache").parent) == FILES


def test_a_full_disk_names_the_place_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        kept_zig(package(tmp_path / "site"), tmp_path / "cache")
    assert str(caught.value.filename).startswith(str(tmp_path / "cache/zig"))
    assert [path.name for path in (tmp_path / "cache/zig").iterdir() if not path.name.endswith(".lock")] == []


AT_ONCE = """
import sys
from pathlib import Path
from xconan.build_machine.tools import Tool
from xconan.toolchains.zig_copy import kept_zig
print(kept_zig(Tool(path=Path(sys.argv[1]), version="9.9"), Path(sys.argv[2])))
"""


def test_two_at_once(tmp_path: Path) -> None:
    zigs = [package(tmp_path / name).path for name in ("one", "two")]
    argv = [sys.executable, "-c", AT_ONCE]
    started = [
        subprocess.Popen([*argv, str(zig), str(tmp_path / "cache")], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        for zig in zigs
    ]
    said = {process.communicate()[0].strip() for process in started}
    assert len(said) == 1
    assert content(Path(said.pop()).parent) == FILES
