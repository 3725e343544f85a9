"""What every test of real cross builds shares; made once a session, the host Pythons once for all sessions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import make_conan_home
from tests.support.crossbuild import ARCHITECTURES, REPOSITORY, Host, Workshop
from tests.support.debian import host_python
from tests.support.emulate import HostError, emulator
from tests.support.needs import missing
from tests.support.sources import fill_download_cache
from tests.support.zig import share_zig
from xconan.fetch.pythons.apt import AptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.debian import HostRoot


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is of the tier e2e."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def kept() -> Path:
    """The folder of downloads that survives between sessions."""
    chosen = os.environ.get("XCONAN_TEST_CACHE")
    return Path(chosen).absolute() if chosen else Path("~/.cache/xconan-tests").expanduser()


@pytest.fixture(scope="session", autouse=True)
def _zigs_cache(kept: Path) -> Iterator[None]:
    """What zig makes for a target, its C++ library above all, is kept from one run of the tests to the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZIG_GLOBAL_CACHE_DIR", str(kept / "zig"))
        yield


@pytest.fixture(scope="session")
def host(kept: Path) -> Callable[..., Host]:
    """Hosts by the architecture's name in wheel tags: host("aarch64"), host("aarch64", "trixie")."""
    roots: dict[str, HostRoot] = {}

    def make(arch: str, suite: str = "bookworm") -> Host:
        architecture = ARCHITECTURES[arch]
        name = f"{suite}-{architecture.debian}"
        try:
            emulator(architecture.debian)
            if name not in roots:
                roots[name] = host_python(suite, architecture.debian, kept / "roots" / name)
        except (AptError, HostError) as error:
            missing(str(error))
        found = Host(architecture, roots[name])
        found.compiler("g++")
        return found

    return make


@pytest.fixture(scope="session")
def fresh_home(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Make a Conan home of a new folder, with the repository's recipes, sources at hand and nothing built."""
    try:
        downloads = fill_download_cache(kept / "downloads")
    except AptError as error:
        missing(str(error))
    template = tmp_path_factory.mktemp("home") / "template"
    make_conan_home(template, download_cache=downloads, recipes=REPOSITORY / "recipes")

    def make(folder: Path) -> Path:
        shutil.copytree(template, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def workshop(fresh_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory, kept: Path) -> Workshop:
    """A Conan home for all tests of a run, and a cache of xconan's own; empty at first."""
    folder = tmp_path_factory.mktemp("workshop")
    cache = folder / "cache"
    cache.mkdir()
    share_zig(cache, kept)
    return Workshop(fresh_home(folder / "conan"), cache)


@pytest.fixture
def native(tmp_path: Path) -> Workshop:
    """Builds for this very machine, with a cache and a Conan home of the test's own."""
    cache = tmp_path / "cache"
    cache.mkdir()
    return Workshop(tmp_path / "conan", cache)


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of xconan itself."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    code = "import os, sys; from flit_core import buildapi; os.chdir(sys.argv[1]); buildapi.build_wheel(sys.argv[2])"
    pytest.importorskip("flit_core")
    subprocess.run([sys.executable, "-c", code, REPOSITORY, folder], check=True, capture_output=True)
    return folder
