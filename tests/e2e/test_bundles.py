"""The documented workflow: toolchain and Pythons fetched from a mirror of their releases, then wheels from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_projects import INSTALL, LISTS
from tests.support.compare import assert_says
from tests.support.crossbuild import lz4_project, plain_project
from tests.support.mirror import Mirror, mirror
from tests.support.xtools import TRIPLES, pack, python_tree, toolchain_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.crossbuild import Host, Workshop


@pytest.fixture(scope="module")
def releases(host: Callable[..., Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """Both releases: a toolchain for 64-bit and one for 32-bit ARM, one and two Pythons."""
    folder = tmp_path_factory.mktemp("releases")
    files = {}
    for arch, suites in (("aarch64", ("bookworm", "trixie")), ("armv7l", ("bookworm",))):
        triple = TRIPLES[arch].triple
        for name, tree in (
            (f"1.0.1/x-tools-{triple}-gcc14.tar.xz", toolchain_tree(host(arch), folder / f"{arch}-tools")),
            (f"0.0.7/python-dev-{triple}.tar.xz", python_tree([host(arch, one) for one in suites], folder / arch)),
        ):
            files[name] = pack(tree, folder / name).read_bytes()
    with mirror(files) as state:
        yield state


def add(workshop: Workshop, releases: Mirror, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`xconan ARGUMENTS`, as a user types it, with the mirror in the environment."""
    argv = [sys.executable, "-m", "xconan", *arguments, "-o", str(out)]
    mirrors = {"XCONAN_X_TOOLS_URL": releases.address, "XCONAN_PYTHON_DEV_URL": releases.address}
    environment = {**workshop.environment, **mirrors}
    return subprocess.run(argv, env=environment, check=False, capture_output=True, text=True, cwd=workshop.cache)


@pytest.mark.parametrize("arch", TRIPLES)
def test_documented_workflow(
    arch: str, host: Callable[..., Host], releases: Mirror, workshop: Workshop, tmp_path: Path
) -> None:
    """Nothing but two commands and the name that the second one prints; a library of Conan's as well."""
    target, words, out = host(arch), TRIPLES[arch], tmp_path / "tool chäins"
    releases.cuts = [len(releases.files[f"1.0.1/x-tools-{words.triple}-gcc14.tar.xz"]) // 2]
    releases.statuses = [404] * 4  # no checksums, then the archive in two pieces
    toolchain = add(workshop, releases, out, "toolchain", "add", f"x-tools:{words.triple}")
    assert toolchain.returncode == 0, toolchain.stderr
    assert_says(toolchain.stderr, "trying again")
    pythons = add(workshop, releases, out, "python", "add", f"python-dev:{words.triple}")
    assert pythons.returncode == 0, pythons.stderr
    crosses = [Path(line) for line in pythons.stdout.splitlines()]
    assert crosses[0] == out / f"x-tools/{words.triple}.python3.11.py-build-cmake.cross.toml"
    assert_says(pythons.stderr, f"xconan: next: xconan build --cross '{crosses[-1]}'")
    built = workshop.build(lz4_project(tmp_path / "project"), crosses[0])
    assert built.wheel.name == f"plain-1.0-cp311-cp311-{words.arch}.whl"
    assert built.names == [f"plain{target.suffix}"]
    assert_says(built.log, str(out / f"x-tools/{words.triple}/bin/{words.triple}-gcc"))
    assert_says(built.log, f"for boards with it alone, the tag linux_{arch}")  # its file names the Pi's processor
    pointer = {"aarch64": 8, "armv7l": 4}[arch]
    assert target.run(built.wheel, "import plain; print(plain.answer())") == f"({pointer}, 11)"


def test_every_python_of_an_archive(
    host: Callable[..., Host], releases: Mirror, workshop: Workshop, tmp_path: Path
) -> None:
    words, out = TRIPLES["aarch64"], tmp_path / "toolchains"
    names = [f"x-tools:{words.triple}", f"python-dev:{words.triple}"]
    added = add(workshop, releases, out, "toolchain", "add", *names)
    assert added.returncode == 0, added.stderr
    project = plain_project(tmp_path / "project", LISTS["interpreter"] + INSTALL)
    for version, suite in (("3.11", "bookworm"), ("3.13", "trixie")):
        target = host("aarch64", suite)
        found = add(workshop, releases, out, "toolchain", "path", names[1], "--python", version)
        built = workshop.build(project, Path(found.stdout.strip()))
        assert f"-cp{target.python.version}-{words.arch}.whl" in built.wheel.name
        assert built.names == [f"plain{target.suffix}"]
        assert target.run(built.wheel, "import plain; print(plain.answer())") == f"(8, {version[2:]})"


def test_everything(releases: Mirror, workshop: Workshop, tmp_path: Path) -> None:
    """`--all` fetches what this mirror has, and says what it hasn't."""
    added = add(workshop, releases, tmp_path, "toolchain", "add", "--all")
    assert added.returncode == 3
    assert added.stderr.count("error: cannot fetch") == 6
    triple = TRIPLES["aarch64"].triple
    assert added.stdout.splitlines()[0] == str(tmp_path / "x-tools" / triple)
    assert len(added.stdout.splitlines()) == 3
