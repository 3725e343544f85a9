"""Several packages in one wheel, packages of other names than the project's, none at all, and further files."""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError, ErrorGroup, XconanError
from xconan.pipeline import build_wheel
from xconan.project.files import read_project_files
from xconan.wheel.sdist import build_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASE = '[project]\nname = "{name}"\nversion = "1"\n'
PACKAGES = "[tool.xconan.module]\npackages = "
INCLUDE = "[tool.xconan.wheel]\ninclude = "


def project(root: Path, files: Mapping[str, str], tool: str = "", name: str = "nav") -> Path:
    """A project without CMake."""
    for place, text in {"pyproject.toml": BASE.format(name=name) + tool, **files}.items():
        write(root / place, text)
    return root


def content(root: Path) -> dict[str, str]:
    """The files of its wheel apart from those of .dist-info."""
    wheel = root / "dist" / build_wheel(root, root / "dist")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name).decode() for name in names}


KINDS: dict[str, tuple[Mapping[str, str], str, set[str]]] = {
    "several": (
        {"python/nav/__init__.py": "", "src/extra/__init__.py": "", "src/extra/sub/a.txt": "", "src/one.py": "",
         "src/one.pyi": "", "src/left/__init__.py": ""},
        f'{PACKAGES}["python/nav", "src/extra", "src/one.py"]\n',
        {"nav/__init__.py", "extra/__init__.py", "extra/sub/a.txt", "one.py", "one.pyi"},
    ),
    "another name": (
        {"src/other/__init__.py": ""}, f'{PACKAGES}["src/other"]\n', {"other/__init__.py"},
    ),
    "a namespace": (
        {"src/my/a/__init__.py": "", "src/my/b/__init__.py": ""}, f'{PACKAGES}["src/my"]\n',
        {"my/a/__init__.py", "my/b/__init__.py"},
    ),
    "a namespace with a dot": (
        {"src/my/a/__init__.py": ""}, '[tool.xconan.module]\nname = "my.a"\n', {"my/a/__init__.py"},
    ),
    "nothing but metadata": ({}, f"{PACKAGES}[]\n", set()),
    "a script": (
        {"tools/nav.sh": "#!/bin/sh\n"}, f'{PACKAGES}[]\n{INCLUDE}{{"{{scripts}}/nav" = "tools/nav.sh"}}\n',
        {"nav-1.data/scripts/nav"},
    ),
    "data": (
        {"nav/__init__.py": "", "data/a/b.txt": "", "data/c.txt": "", "LOG": ""},
        f'{INCLUDE}{{"nav/data" = "data", "nav/" = "LOG", "{{data}}/share/nav" = "data/a"}}\n',
        {"nav/__init__.py", "nav/data/a/b.txt", "nav/data/c.txt", "nav/LOG", "nav-1.data/data/share/nav/b.txt"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str, root: Path) -> None:
    files, tool, names = KINDS[kind]
    assert set(content(project(root, files, tool))) == names


@pytest.mark.parametrize("more", ['name = "nav"', 'name = "nav.sub"', 'name = "_core"\ngenerated = "module"'])
def test_name_that_packages_go_with(more: str, root: Path) -> None:
    files = {"nav/__init__.py": "", "nav/sub/__init__.py": ""}
    found = read_project_files(project(root, files, f'{PACKAGES}["nav"]\n{more}\n'))
    assert more.startswith(f'name = "{found.project.module.name}"')


def test_the_first_package_gives_version_and_description(root: Path) -> None:
    files = {"a/one/__init__.py": '"""One."""\n__version__ = "3.1"\n', "a/two/__init__.py": '__version__ = "4"\n'}
    pyproject = '[project]\nname = "nav"\ndynamic = ["version", "description"]\n'
    project(root, {**files, "pyproject.toml": f'{pyproject}{PACKAGES}["a/one", "a/two"]\n'})
    found = read_project_files(root)
    assert (found.metadata.version, found.project.module.name) == ("3.1", "one")
    assert "Summary: One." in found.metadata.text


def test_a_source_distribution_holds_what_is_named(root: Path) -> None:
    files = {"nav/__init__.py": "", "data/a.txt": "", "LOG": "", "about.in": "", "other": ""}
    generate = '[[tool.xconan.generate]]\npath = "nav/b"\ntemplate_path = "about.in"\n'
    tool = f'{INCLUDE}{{"nav/data" = "data", "nav/" = "LOG"}}\n[tool.xconan.sdist]\ninclude = ["LOG"]\n{generate}'
    project(root, files, tool)
    with tarfile.open(root / "dist" / build_sdist(root, root / "dist")) as sdist:
        inside = {name.removeprefix("nav-1/") for name in sdist.getnames()}
    assert inside >= {"nav/__init__.py", "data/a.txt", "LOG", "about.in"}
    assert "other" not in inside


REFUSED = {
    "not there": (f'{PACKAGES}["src/nav", "extra"]\n', "there is no extra", 'did you mean "src/extra"?'),
    "outside": (f'{PACKAGES}["../nav"]\n', "../nav is not in the project's folder", "relative to the project"),
    "twice": (f'{PACKAGES}["src/nav", "b/nav"]\n', "would have one place in the wheel", "take one of them out"),
    "a module beside it": (f'{PACKAGES}["b/nav.py", "b/nav"]\n', "would be imported by one name", "take one of them"),
    "data": (f'{PACKAGES}["a.txt"]\n', "a.txt is no Python module", 'include = {"a.txt" = "a.txt"}'),
    "a dash": (f'{PACKAGES}["my-pkg"]\n', "'my-pkg' is no name of a Python module", "rename it"),
    "two ways": (f'{PACKAGES}["src/nav"]\ndirectory = "src"\n', "directory is not looked at", "leave directory out"),
    "another name": (
        f'{PACKAGES}["src/nav", "src/extra"]\nname = "tool"\n', "name is tool, and packages has nav, extra alone",
        "leave name out, add the folder of tool to packages, or, if CMake makes it, set generated",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_packages(name: str, root: Path) -> None:
    tool, says, hint = REFUSED[name]
    files = {"src/nav/__init__.py": "", "src/extra/__init__.py": "", "b/nav/__init__.py": "", "a.txt": "",
             "b/nav.py": "", "my-pkg/__init__.py": ""}  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        read_project_files(project(root, files, tool))
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.where == f"{root}/pyproject.toml: tool.xconan.module.packages"


PLACES = {
    "of no kind": ('{"{bin}/a" = "a"}', "a wheel has no part {bin}", "{scripts}, {data}, {headers}"),
    "outside": ('{"../a" = "a"}', "'../a' is no place in the wheel", "forward slashes"),
    "absolute": ('{"/etc/a" = "a"}', "'/etc/a' is no place in the wheel", "forward slashes"),
    "not there": ('{"nav/a" = "b"}', "there is no b", "correct its name"),
}


@pytest.mark.parametrize("name", PLACES)
def test_refused_places(name: str, root: Path) -> None:
    table, says, hint = PLACES[name]
    project(root, {"nav/__init__.py": "", "a": ""}, f"{INCLUDE}{table}\n")
    with pytest.raises(ConfigError) as caught:
        build_wheel(root, root / "dist")
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.where == f"{root}/pyproject.toml: tool.xconan.wheel.include"


NAMED = {
    "one": ({"src/other/__init__.py": ""}, 'packages = ["src/other"]'),
    "two": ({"a/__init__.py": "", "python/b/__init__.py": ""}, 'packages = ["a", "python/b"]'),
    "a namespace": ({"src/my/deep/a/__init__.py": ""}, 'packages = ["src/my"]'),
    "none": ({}, "packages = []"),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_to_write_where_nothing_has_the_projects_name(name: str, root: Path) -> None:
    files, hint = NAMED[name]
    with pytest.raises(XconanError) as caught:
        content(project(root, files))
    assert caught.value.hint.startswith(f"write [tool.xconan.module] {hint}")
    remedy = caught.value.hint.removeprefix("write ").partition(", if")[0].replace("] ", "]\n")
    project(root, files, f"{remedy}\n")
    assert set(content(root)) == {name.partition("/")[2] if "/" in name and name[:3] in ("src", "pyt") else name
                                  for name in files}  # fmt: skip


def test_a_package_beside_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content(project(root, {"src/nav/__init__.py": "", "src/extra/__init__.py": "", "src/notes/a.txt": ""}))
    said = capsys.readouterr().err
    assert "src/extra is a package, and nothing of it is in the wheel" in said
    assert "notes" not in said
    project(root, {}, f'{PACKAGES}["src/nav"]\n')
    content(root)
    assert "src/extra" not in capsys.readouterr().err


def test_a_package_around_the_projects_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its `__init__.py` is in no wheel of what lies in it; both remedies, followed literally, quiet the warning."""
    files = {"src/ns/__init__.py": "HELPER = 1\n", "src/ns/util.py": "", "src/ns/foo/__init__.py": ""}
    table = '[tool.xconan.module]\nname = "{}"\n'
    project(root, files, table.format("ns.foo"))
    assert list(content(root)) == ["ns/foo/__init__.py"]
    said = capsys.readouterr().err
    assert "src/ns/__init__.py, and what lies beside it, is not in the wheel, whose package is ns.foo" in said
    assert 'write name = "ns" in [tool.xconan.module]' in said
    project(root, {}, table.format("ns"))
    assert set(content(root)) == {name.removeprefix("src/") for name in files}
    assert "is not in the wheel" not in capsys.readouterr().err
    (root / "src/ns/__init__.py").unlink()
    project(root, {}, table.format("ns.foo"))
    assert list(content(root)) == ["ns/foo/__init__.py"]
    assert "is not in the wheel" not in capsys.readouterr().err


LISTS = "cmake_minimum_required(VERSION 3.20...4.2)\nproject(nav C)\nadd_subdirectory(src)\n"


@pytest.mark.parametrize(
    ("lists", "more", "text", "refused"),
    [
        ("", "", "gone.txt", True),
        (LISTS, "", "gone.txt", True),
        (LISTS, "", ".xconan_cache/made.txt", False),
        (LISTS, "", "../gone.txt", True),
        (LISTS, "configure_file(a.in ${CMAKE_CURRENT_SOURCE_DIR}/gone.txt)\n", "gone.txt", False),
        (LISTS, "add_custom_command(OUTPUT x COMMAND make)\n", "gone.txt", False),
        (LISTS, "include(${WHERE}/more.cmake)\n", "gone.txt", False),
        (LISTS, "file(WRITE x y)\n", "gone.txt", False),
        (LISTS, "set(folder ../out)\n", "gone.txt", False),
    ],
)
def test_further_files_that_no_build_makes_are_refused_before_it(
    lists: str, more: str, text: str, *, refused: bool, root: Path
) -> None:
    files = {"nav.py": "", **({"CMakeLists.txt": lists, "src/CMakeLists.txt": more} if lists else {})}
    made = project(root, files, f'{INCLUDE}{{"a" = "{text}", "b" = "{text}"}}\n')
    if not refused:
        assert read_project_files(made).project.wheel.include
        return
    with pytest.raises(ErrorGroup) as caught:
        read_project_files(made)
    assert {error.where.rpartition(": ")[2] for error in caught.value.errors} == {"tool.xconan.wheel.include"}
    assert len(caught.value.errors) == 2
