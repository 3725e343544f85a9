"""The running Python's headers: fetched where its installation has none, once, and never with --offline.

apt is a recording stand-in on PATH: which packages it is asked for is the matter here, tests/fresh has the real one.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.installations import below, headers, write_tree
from xconan.build_machine.buildenv import running_target
from xconan.fetch.pythons.add import add_python
from xconan.fetch.pythons.own import is_own
from xconan.fetch.pythons.provide import provide_host_python
from xconan.ground.errors import HostPythonError
from xconan.inventory import answer, list_pythons, take_inventory
from xconan.project.config.records import CrossConfig
from xconan.pythons import own
from xconan.pythons.own import NoOwnHeadersError, own_target
from xconan.pythons.store import entry_name, store_folder

if TYPE_CHECKING:
    from xconan.pythons.records import HostPython

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"cp{VERSION.replace('.', '')}"
STEM = f"libpython{VERSION}"
APT = """\
#!/bin/sh
echo "$(basename "$0") $*" >> {log}
[ "$1" = {failing} ] && exit 100
case "$(basename "$0") $1" in
  "apt-get download") shift; for one in "$@"; do case $one in -*) ;; *) : > "$one.deb" ;; esac; done ;;
  "apt-cache pkgnames") echo {offered} ;;
  "dpkg-deb --extract") mkdir -p "$3"; case $2 in *-dev.deb) cp -R {tree}/. "$3" ;; esac ;;
esac
"""


class Bare:
    """A machine whose Python has no headers, and whose apt has them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.include = folder / "none"
        self._monkeypatch = monkeypatch
        version = sys.version_info[:3]
        write_tree(folder / "tree", below(f"usr/include/python{VERSION}", headers(version)))
        self.apt()
        get_path = sysconfig.get_path
        monkeypatch.setattr(sysconfig, "get_path", lambda name: str(self.include) if "inc" in name else get_path(name))
        monkeypatch.setattr(sys, "base_prefix", "/usr")
        monkeypatch.setenv("PATH", str(folder / "bin"), prepend=os.pathsep)

    def apt(self, *, failing: str = "nothing", offered: str = f"{STEM} {STEM}-dev") -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        text = APT.format(log=self.log, failing=failing, offered=offered, tree=self.folder / "tree")
        for name in ("apt-get", "apt-cache", "dpkg-deb"):
            program = self.folder / "bin" / name
            program.write_text(text, "utf-8")
            program.chmod(0o755)

    def asked(self) -> list[str]:
        lines = self.log.read_text("utf-8").splitlines() if self.log.is_file() else []
        return [line for line in lines if "dpkg" not in line]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bare:
    monkeypatch.delenv("XCONAN_OFFLINE", raising=False)
    monkeypatch.delenv("XCONAN_PYTHONS", raising=False)
    monkeypatch.setenv("XCONAN_DEBIAN_URL", "file:/nowhere")
    (tmp_path / "bare").mkdir()
    return Bare(tmp_path / "bare", monkeypatch)


def native(*, needed: bool = True) -> HostPython:
    cross = CrossConfig(target=running_target(), native=True, source="this machine")
    return provide_host_python(cross, None, needed=needed)


def foreign(host: str) -> HostPython:
    target = facts.target(host)
    cross = CrossConfig(target=target, native=False, source="a name")
    # the stored answers have sysroots of their own machine
    toolchain = replace(facts.toolchain_for(target.platform), variables={})
    return provide_host_python(cross, toolchain, needed=True)


def test_native(bare: Bare, capfd: pytest.CaptureFixture[str]) -> None:
    python = native()
    assert python.include_dir == store_folder() / own_entry() / f"include/python{VERSION}"
    assert python.pyconfig == python.include_dir / "pyconfig.h"
    assert python.ext_suffix == sysconfig.get_config_var("EXT_SUFFIX")
    assert bare.asked() == [
        "apt-get update --quiet=2",
        f"apt-cache pkgnames {STEM}",
        f"apt-get download --quiet=2 {STEM}-dev {STEM}-minimal {STEM}",
    ]
    said = capfd.readouterr().err
    assert f"Python {VERSION} has no headers here ({bare.include})" in said
    assert f"added {own_entry()}: {'.'.join(map(str, sys.version_info[:3]))}, from apt" in said


def test_ubuntus_library_has_another_name(bare: Bare) -> None:
    bare.apt(offered=f"{STEM}-dev {STEM}t64")
    assert native().include_dir
    assert bare.asked()[-1] == f"apt-get download --quiet=2 {STEM}-dev {STEM}-minimal {STEM}t64"


def own_entry() -> str:
    return f"{TAG}-linux-{own_target().platform.arch.name}"


def test_once(bare: Bare, capfd: pytest.CaptureFixture[str]) -> None:
    native()
    bare.log.unlink()
    capfd.readouterr()
    assert native() == native()
    assert foreign(f"{TAG}-manylinux_2_17_s390x").include_dir == native().include_dir
    assert not bare.asked()
    assert not capfd.readouterr().err


@pytest.mark.parametrize("platform", ["manylinux_2_17_aarch64", "linux_armv7l", "musllinux_1_2_x86_64"])
def test_the_same_python_on_other_machines(platform: str, bare: Bare) -> None:
    python = foreign(f"{TAG}-{platform}")
    assert python.include_dir == store_folder() / own_entry() / f"include/python{VERSION}"
    assert python.pyconfig is not None
    assert "__SIZEOF_POINTER__" in python.pyconfig.read_text("utf-8")
    assert len(bare.asked()) == 3


@pytest.mark.parametrize("host", ["cp39-manylinux_2_17_aarch64", f"{TAG}-win_amd64", "pp39-linux_aarch64"])
def test_other_pythons_are_added_by_a_command(host: str, bare: Bare) -> None:
    with pytest.raises(HostPythonError) as caught:
        foreign(host)
    assert "xconan python add" in caught.value.hint
    assert not isinstance(caught.value, NoOwnHeadersError)
    assert not bare.asked()


def test_no_headers_are_fetched_for_what_needs_none(bare: Bare) -> None:
    assert native(needed=False).include_dir is None
    assert not bare.asked()


@pytest.mark.parametrize("host", ["", f"{TAG}-manylinux_2_17_aarch64"])
def test_offline(host: str, bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_OFFLINE", "1")
    with pytest.raises(NoOwnHeadersError, match="--offline forbids") as caught:
        foreign(host) if host else native()
    assert caught.value.where == str(bare.include)
    assert f"`xconan python add {VERSION} --for linux_{own_target().platform.arch.name}`" in caught.value.hint
    assert f"`apt-get install python{VERSION}-dev` as root" in caught.value.hint.replace(
        "python3-", f"python{VERSION}-"
    )
    assert not bare.asked()
    # the remedy, followed literally
    add_python(own_target(), source=None)
    assert native().include_dir


@pytest.mark.parametrize("failing", ["update", "download"])
def test_what_apt_can_not_do_is_tried_elsewhere(
    failing: str, bare: Bare, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bare.apt(failing=failing)
    monkeypatch.setitem(sys.modules, "pbs_installer", None)  # nor is there an index of standalone builds
    with pytest.raises(NoOwnHeadersError, match="fetching them failed") as caught:
        native()
    assert "xconan python add" in caught.value.hint
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith(f"xconan: {entry_name(own_target())} can't be had from standalone: the index")
    told = [line for line in said if "can't be had" in line or "trying" in line]
    assert len(told) >= 2
    assert all(line.startswith(f"xconan: {entry_name(own_target())}") for line in told)
    assert not [path for path in store_folder().iterdir() if not path.name.startswith(".")]
    bare.apt()
    assert native().include_dir


def test_sources_without_the_package(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.apt(offered="libpython2.7-dev")
    monkeypatch.setitem(sys.modules, "pbs_installer", None)
    with pytest.raises(NoOwnHeadersError):
        native()


def test_damaged_headers_are_not_fetched_over(bare: Bare) -> None:
    (native().include_dir / "pyconfig.h").unlink()  # type: ignore[operator]
    with pytest.raises(HostPythonError, match="damaged") as caught:
        native()
    assert caught.value.hint.endswith("--from apt --force")
    assert not list_pythons()
    assert len(bare.asked()) == 3


def test_another_python_is_not_aptss(bare: Bare) -> None:
    with pytest.raises(HostPythonError, match="runs xconan alone"):
        add_python(facts.target("cp39-linux_aarch64"), source="apt")
    assert not bare.asked()


def test_is_own() -> None:
    own_one = own_target()
    assert is_own(own_one)
    assert not is_own(replace(own_one, version="39"))
    assert not is_own(replace(own_one, platform=facts.target("cp39-linux_s390x").platform))


def test_targets_say_that_they_come_by_themselves(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{TAG}-manylinux_2_17_aarch64"
    found = answer(take_inventory(), name)
    assert "fetched by the first build: xconan python add" in found.python
    monkeypatch.setenv("XCONAN_OFFLINE", "1")
    assert any("headers of" in need for need in answer(take_inventory(), name).needs)
    assert bare.include == Path(sysconfig.get_path("platinclude"))


@pytest.mark.parametrize(
    ("installer", "command"),
    [("dnf", "dnf install python"), ("zypper", "zypper install python"), ("apk", "apk add python3-dev")],
)
def test_installers(installer: str, command: str, bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = bare.folder / "other"
    programs.mkdir()
    (programs / installer).write_text("#!/bin/sh\n", "utf-8")
    (programs / installer).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    assert own.remedy().startswith(f"`{command}")
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")  # which no distribution's package serves
    assert own.remedy().startswith("`xconan python add")
