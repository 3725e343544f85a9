"""Core metadata and the Python files of a project."""

from __future__ import annotations

import email
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from pyproject_metadata import constants

from tests.support import facts
from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError, ErrorGroup, MachineError, XconanError
from xconan.ground.files import load_toml
from xconan.project.config.records import ModuleConfig, WheelConfig
from xconan.project.metadata import read_metadata
from xconan.project.module import find_module, read_dynamic

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

    from xconan.project.metadata import Metadata

PLAIN = 'name = "Demo.Project"\nversion = "1.0.0rc1"\n'


def read(root: Path, text: str = PLAIN, *, cache: Path | None = None) -> Metadata:
    (root / "pyproject.toml").write_text(f"[project]\n{text}", encoding="utf-8")
    project = facts.project(root, pyproject=load_toml(root / "pyproject.toml"), module=ModuleConfig(name="demo"))
    return read_metadata(project, find_module(project), cache=cache)


def parsed(root: Path, text: str = PLAIN) -> Message:
    return email.message_from_string(read(root, text).text)


def test_names(root: Path) -> None:
    found = read(root, 'name = "Demo.Project-x"\nversion = "1.0-RC1"\n')
    assert (found.file_name, found.version, found.name) == ("demo_project_x", "1.0rc1", "Demo.Project-x")


def test_readme(root: Path) -> None:
    (root / "README.md").write_text("# Ümläut\n", encoding="utf-8")
    found = read(root, PLAIN + 'readme = "README.md"\n')
    message = email.message_from_string(found.text)
    assert message["Description-Content-Type"].startswith("text/markdown")
    assert "# Ümläut" in found.text
    assert found.readme == "README.md"


def test_readme_that_may_not_be_read(root: Path, forbid: Callable[[Path], None]) -> None:
    (root / "README.md").touch()
    forbid(root / "README.md")
    with pytest.raises(MachineError, match="cannot read it: Permission denied") as caught:
        read(root, PLAIN + 'readme = "README.md"\n')
    assert caught.value.where == str(root / "README.md")


def test_default_license_files(root: Path) -> None:
    for name in (
        "LICENSE",
        "LICENCE.txt",
        "COPYING.LESSER",
        "NOTICE",
        "AUTHORS.md",
        "OTHER",
        "LICENSE~",
        "LICENSE.orig",
    ):
        (root / name).touch()
    found = read(root)
    assert found.license_files == ("AUTHORS.md", "COPYING.LESSER", "LICENCE.txt", "LICENSE", "NOTICE")
    assert email.message_from_string(found.text).get_all("License-File") == list(found.license_files)


def test_pep_639(root: Path) -> None:
    (root / "legal").mkdir()
    (root / "legal" / "MIT.txt").touch()
    found = read(root, PLAIN + 'license = "MIT OR Apache-2.0"\nlicense-files = ["legal/*"]\n')
    message = email.message_from_string(found.text)
    assert message["License-Expression"] == "MIT OR Apache-2.0"
    assert found.license_files == ("legal/MIT.txt",)
    assert tuple(int(one) for one in message["Metadata-Version"].split(".")) >= (2, 4)


OSI = 'classifiers = ["License :: OSI Approved :: MIT License"]\n'


@pytest.mark.filterwarnings("error")
def test_warnings_of_pyproject_metadata_are_ours(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "LICENSE").touch()
    read(root, PLAIN + OSI + 'license-files = ["LICENSE"]\n')
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"xconan: warning: {root}/pyproject.toml: 'License ::' classifiers are deprecated")


@pytest.mark.filterwarnings("default")
def test_unknown_key_is_an_error_whatever_python_does_with_warnings(root: Path) -> None:
    with pytest.raises(ConfigError, match="requires_python") as caught:
        read(root, PLAIN + 'requires_python = ">=3.10"\n')
    assert caught.value.hint == "did you mean 'requires-python' in place of 'requires_python'?"


def test_key_that_is_newer_than_pyproject_metadata(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """py-build-cmake, where it is installed too, holds it below 0.10."""
    known = constants.KNOWN_PROJECT_FIELDS - {"import-names"}
    monkeypatch.setattr(constants, "KNOWN_PROJECT_FIELDS", known)
    with pytest.raises(ConfigError, match="import-names") as caught:
        read(root, PLAIN + 'import-names = ["demo"]\n')
    assert caught.value.hint == (
        "pip install --upgrade 'pyproject-metadata>=0.10'; the installed one does not know import-names yet"
    )


def test_license_beside_classifiers_of_licenses(root: Path) -> None:
    with pytest.raises(ErrorGroup) as caught:
        read(root, PLAIN + OSI + 'license = "MIT"\n')
    (error,) = caught.value.errors
    assert error.hint == (
        "take the classifiers that begin with 'License ::' out of project.classifiers: license says it"
    )


def test_no_license_files(root: Path) -> None:
    (root / "LICENSE").touch()
    assert read(root, PLAIN + "license-files = []\n").license_files == ()


def test_license_file_of_older_projects(root: Path) -> None:
    (root / "COPYRIGHT").write_text("all rights", encoding="utf-8")
    found = read(root, PLAIN + 'license = {file = "COPYRIGHT"}\n')
    assert found.license_files == ("COPYRIGHT",)


def test_entry_points(root: Path) -> None:
    text = '[project.scripts]\nz = "demo:z"\na = "demo:a"\n[project.entry-points."x.y"]\np = "demo.p"\n'
    found = read(root, PLAIN + text).entry_points
    assert found == "[console_scripts]\na = demo:a\nz = demo:z\n\n[x.y]\np = demo.p\n"


def test_dynamic(root: Path) -> None:
    (root / "demo.py").write_text('"""Does this\nand that.\n\nAnd more."""\n__version__ = "3.2"\n', encoding="utf-8")
    message = parsed(root, 'name = "demo"\ndynamic = ["version", "description"]\n')
    assert (message["Version"], message["Summary"]) == ("3.2", "Does this and that.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "demo"\ndynamic = ["version"]\n', "__version__"),
        ('name = "demo"\nversion = "1"\ndynamic = ["description"]\n', "docstring"),
        ('name = "demo"\nversion = "1"\ndynamic = ["readme"]\n', "readme can't be dynamic"),
        ('name = "demo"\nversion = "1"\ndynamic = ["version"]\n', "version is set and dynamic as well"),
        (PLAIN + 'keywords = ["a"]\ndynamic = ["keywords"]\n', "keywords is set and dynamic as well"),
        ('name = "demo"\nversion = "one"\n', "one"),
        ('name = "demo"\n', "version"),
        ('name = "-"\nversion = "1"\n', "name"),
        (PLAIN + 'readme = "none.md"\n', "none.md"),
        (PLAIN + 'license-files = ["none"]\n', "none"),
    ],
)
def test_error(root: Path, text: str, message: str) -> None:
    (root / "demo.py").touch()
    with pytest.raises(XconanError) as caught:
        read(root, text)
    assert message in caught.value.message
    assert type(caught.value) is ConfigError or "as well" not in message  # no second error of what is dynamic
    assert caught.value.exit_code == 2
    assert all("pyproject.toml" in str(fact["where"]) for fact in caught.value.facts())


@pytest.mark.parametrize("key", ["dependencies", "optional-dependencies.test"])
def test_a_requirement_that_is_none(key: str, root: Path) -> None:
    with pytest.raises(XconanError) as caught:
        read(root, f'{PLAIN}{key} = ["a b"]\n')
    message = caught.value.message
    assert "'a b': Expected semicolon" in message
    assert ("\\n" in message, "InvalidRequirement" in message, "^" in message) == (False, False, False)


def test_all_errors_at_once(root: Path) -> None:
    with pytest.raises(ErrorGroup) as caught:
        read(root, 'name = "demo"\nversion = 1\nrequires-python = "x"\ndependencies = ["!"]\n')
    text = caught.value.render()
    assert all(key in text for key in ("version", "requires-python", "dependencies"))


REMEDIES = {
    "a folder of licences": ('license-files = ["LICENSES"]\n', 'write "LICENSES/*"'),
    "a glob of folders": ('license-files = ["LICENSE?"]\n', 'write "LICENSES/*"'),
    "folders in a folder": ('license-files = ["legal/"]\n', 'write "legal/**/*"'),
    "an empty folder": ('license-files = ["empty"]\n', "put a licence file into it, or leave it out"),
    "a folder as readme": ('readme = "LICENSES"\n', "name a file in it"),
    "a readme of no known kind": ('readme = "README"\n', 'readme = {file = "README", content-type = "text/plain"}'),
}


@pytest.mark.parametrize("name", REMEDIES)
def test_remedies_lead_on(root: Path, name: str) -> None:
    """What is written as the help says it, is taken; nothing is lost by it."""
    text, hint = REMEDIES[name]
    for file in ("LICENSES/MIT.txt", "legal/all/BSD.txt", "README"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("x", encoding="utf-8")
    (root / "empty").mkdir()
    with pytest.raises(XconanError) as caught:
        read(root, PLAIN + text)
    error = caught.value.errors[0] if isinstance(caught.value, ErrorGroup) else caught.value
    assert hint in error.hint
    written = error.hint.removeprefix("write ")
    if written.startswith("readme"):
        assert read(root, f"{PLAIN}{written}\n").readme == "README"
    elif "*" in written:
        assert len(read(root, f"{PLAIN}license-files = [{written}]\n").license_files) == 1


CHANGES = {
    "readme": ('readme = "README.md"\n', "README.md"),
    "license text": ('license = {file = "COPYING"}\n', "COPYING"),
    "module": ('description = "x"\n', "demo.py"),
}


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_cache_follows_the_files(root: Path, what: str) -> None:
    text, name = CHANGES[what]
    text = f'name = "demo"\n{text}' + ('dynamic = ["version"]\n' if what == "module" else 'version = "1"\n')
    for number in (1, 2):
        (root / name).write_text(f'__version__ = "7.{number}"\n', encoding="utf-8")
        found = read(root, text, cache=root)
        assert read(root, text, cache=root) == found
        assert f"7.{number}" in found.text
    assert (root / "metadata.json").is_file()


def test_cache_follows_license_files(root: Path) -> None:
    assert read(root, cache=root).license_files == ()
    (root / "LICENSE").touch()
    assert read(root, cache=root).license_files == ("LICENSE",)
    (root / "LICENSE").unlink()
    assert read(root, cache=root).license_files == ()


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("urls = 2020-01-01\n", "urls", "a table of strings"),
        ("urls.x = 2020-01-01\n", "urls", "a table of strings"),
        ('urls."a,b" = "https://x.example"\n', "urls", "'a,b' can't be a label"),
        ('urls.x = "x.example"\n', "urls.x", "no URL"),
        ('urls.x = "https://x.example\\nEvil: y"\n', "urls.x", "line break"),
        ("dynamic = 5\n", "dynamic", "a list of strings"),
        ("dynamic = [5]\n", "dynamic", "a list of strings"),
        ('readme = "/etc/passwd"\n', "readme", "a file of the project"),
        ('readme = "pipe"\n', "readme", "named pipe"),
        ('readme = {file = "link.md", content-type = "text/markdown"}\n', "readme.file", "out of the project"),
        ('readme = "../none.md"\n', "readme", "no such file"),
        ('license = {file = "../LICENSE"}\n', "license.file", "a file of the project"),
        ('license-files = ["link.md"]\n', "license-files", "out of the project"),
        ('license-files = [""]\n', "license-files", "names no files"),
        ('license-files = ["/etc/*"]\n', "license-files", "leads out"),
        ('description = "a\\nb"\n', "description", "line break"),
        ('description = "a\\rEvil: b"\n', "description", "line break"),
        ('authors = [{name = "a\\u2028b"}]\n', "authors", "control character"),
        ('scripts.a = "demo:a\\n[x]"\n', "scripts.a", "line break"),
        ('scripts."a\\n[x]" = "demo:a"\n', "scripts", "control character in the name"),
        ('scripts."../a" = "demo:a"\n', "scripts", "'../a' can't be the name of a command"),
        ('scripts.a = "demo"\n', "scripts.a", "names no function"),
        ('gui-scripts."a=b" = "demo:a"\n', "gui-scripts", "can't be the name of a command"),
        ('entry-points.console_scripts.a = "demo:a"\n', "entry-points.console_scripts", "a table of its own"),
        ('entry-points."a]".b = "demo"\n', "entry-points.a]", "can't be a group"),
        ('entry-points.a."[b" = "demo"\n', "entry-points.a", "can't be the name of an entry point"),
        ('entry-points.a.b = "demo demo"\n', "entry-points.a.b", "refers to nothing"),
    ],
)
def test_values_that_would_break_their_line(root: Path, tmp_path: Path, text: str, key: str, message: str) -> None:
    (root / "demo.py").touch()
    (tmp_path / "LICENSE").touch()
    os.mkfifo(root / "pipe")
    (root / "link.md").symlink_to("/etc/passwd")
    with pytest.raises(XconanError) as caught:
        read(root, PLAIN + text)
    assert message in caught.value.message
    assert caught.value.exit_code == 2
    assert f"pyproject.toml: project.{key}" in str(caught.value.facts()[0]["where"])
    assert caught.value.facts()[0]["hint"]


def test_address_with_blanks_around_it(root: Path) -> None:
    """Public projects have them; who reads the header takes them off."""
    line = str(parsed(root, PLAIN + 'urls.Chat = " https://chat.example/x "\n')["Project-URL"])
    assert [part.strip() for part in line.split(",")] == ["Chat", "https://chat.example/x"]


def test_entry_points_of_all_forms(root: Path) -> None:
    text = 'scripts."a-b.c+" = "demo.x:f.g [extra]"\n[project.entry-points.x]\n"a b" = "demo"\nc = "demo : d"\n'
    found = read(root, PLAIN + text).entry_points
    assert found == "[console_scripts]\na-b.c+ = demo.x:f.g [extra]\n\n[x]\na b = demo\nc = demo : d\n"


def test_readme_shared_by_a_monorepo(root: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("of all\n", "utf-8")
    found = read(root, PLAIN + 'readme = "../README.md"\n')
    assert "of all" in found.text
    assert found.readme == "../README.md"  # which no source distribution can hold


def test_wrong_kinds_and_wrong_values_at_once(root: Path) -> None:
    with pytest.raises(ErrorGroup) as caught:
        read(root, 'name = 1\nversion = "one"\nurls = 1\nrequires-python = "x"\n')
    assert all(key in caught.value.render() for key in ("name", "version", "urls", "requires-python"))


# --- module ----------------------------------------------------------------------------------------------------------


def files(root: Path, *names: str, cmake: bool = True, **config: object) -> list[str]:
    """What of the files NAMES goes into the wheel."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    module = ModuleConfig(**{"name": "demo", **config})  # type: ignore[arg-type]
    project = facts.project(root, module=module, **({} if cmake else {"cmake": None}))
    found = find_module(project)
    assert all(path.is_file() for _, path in found.files)
    return [name for name, _ in found.files]


@pytest.mark.parametrize("folder", ["", "src/"])
def test_package(root: Path, folder: str) -> None:
    found = files(root, *(f"{folder}demo/{name}" for name in ("__init__.py", "a/b.py", "x.pyc", "__pycache__/y")))
    assert found == ["demo/__init__.py", "demo/a/b.py"]


@pytest.mark.parametrize("folder", ["", "src/"])
def test_module(root: Path, folder: str) -> None:
    assert files(root, f"{folder}demo.py", f"{folder}demo.pyi") == ["demo.py", "demo.pyi"]


@pytest.mark.parametrize("directory", [None, "."])
def test_package_beside_a_module_of_its_name(root: Path, directory: str | None) -> None:
    """No folder that `directory` could name has one of them alone."""
    config = ModuleConfig(name="demo", directory=root / directory if directory else None)
    for name in ("demo/__init__.py", "demo.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    with raises_error(ConfigError, f"there are {root}/demo and {root}/demo.py", hint="rename or remove one of them"):
        find_module(facts.project(root, module=config))
    (root / "src/demo").mkdir(parents=True)
    (root / "src/demo/__init__.py").touch()
    (root / "demo.py").unlink()
    if directory is None:
        with raises_error(ConfigError, "there are", hint="name the folder of the right one by directory"):
            find_module(facts.project(root, module=config))


def test_generated_module(root: Path) -> None:
    assert files(root, "src/demo.pyi") == ["demo.pyi"]
    assert files(root) == ["demo.pyi"]


def test_generated_package(root: Path) -> None:
    assert files(root, "demo/data.txt", generated="package") == ["demo/data.txt"]


def test_nested_and_namespace(root: Path) -> None:
    assert files(root, "org/demo/__init__.py", name="org.demo") == ["org/demo/__init__.py"]
    assert files(root, "ns/a.py", name="ns", namespace=True) == ["ns/a.py"]


def test_directory(root: Path) -> None:
    assert files(root, "py/demo.py", "demo.py", directory=root / "py") == ["demo.py"]


def test_two_modules(root: Path) -> None:
    with pytest.raises(ConfigError, match="there are"):
        files(root, "demo.py", "src/demo/__init__.py")


@pytest.mark.parametrize("config", [{"cmake": False}, {"namespace": True}, {"directory": None}])
def test_no_module(root: Path, config: dict[str, object]) -> None:
    if "directory" in config:
        config = {"directory": root / "none"}
    with pytest.raises(ConfigError, match="no package demo"):
        files(root, **config)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('__version__ = "1"\n', ("1", None)),
        ("__version__: str = '2'\n", ("2", None)),
        ('"""One\n two."""\n', (None, "One two.")),
        ("__version__ = VERSION\n", (None, None)),
        ("if True:\n    __version__ = '3'\n", (None, None)),
        ("# -*- coding: latin-1 -*-\n'''\xe4'''\n", (None, "ä")),
    ],
)
def test_read_dynamic(root: Path, text: str, expected: tuple[str | None, str | None]) -> None:
    file = root / "demo.py"
    file.write_text(text, encoding="latin-1")
    assert read_dynamic(file) == expected


@pytest.mark.parametrize("name", ["/", "..", "a b", "3d", "a..b", "", "../x"])
def test_names_that_no_import_says(root: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="can't be imported") as caught:
        files(root, name=name)
    assert "module.name" in caught.value.hint


def test_secrets_stay_out_of_the_wheel(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert files(root, "demo/__init__.py", "demo/.env", "demo/id_rsa") == ["demo/__init__.py"]
    said = capsys.readouterr().err
    assert "demo/.env is left out of the wheel" in said
    assert said.count('[tool.xconan.wheel] include = {"demo/id_rsa" = "demo/id_rsa"}') == 1
    assert "git add" not in said, "there is no git to track it"
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    files(root)
    assert "have git track it (git add -f)" in capsys.readouterr().err


def test_what_seems_a_secret_and_is_to_be_packed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By `wheel.include`, as the warning says; and a source distribution has what git tracked where it was made."""
    names = ["demo/__init__.py", "demo/data/.env"]
    (root / "src").mkdir()
    files(root, *(f"src/{name}" for name in names))
    assert 'include = {"demo/data/.env" = "src/demo/data/.env"}' in capsys.readouterr().err
    for text in ("src/demo/data/.env", "src/demo/data"):
        project = facts.project(root, wheel=WheelConfig(include={"demo/data/.env": text}))
        assert [name for name, _ in find_module(project).files] == names[:1]
    (root / "PKG-INFO").touch()
    assert files(root) == names
    assert not capsys.readouterr().err


def test_links_out_of_the_package(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "demo").mkdir()
    (root / "demo" / "all").symlink_to("/")
    (root / "demo" / "gone").symlink_to("none.txt")
    os.mkfifo(root / "demo" / "pipe")
    with pytest.raises(ErrorGroup) as caught:
        files(root, "demo/__init__.py")
    assert [one.message.partition(": ")[2].split(",")[0] for one in caught.value.errors] == [
        "it is a link out of the project",
        "it is a link to none.txt",
        "it is a named pipe",
    ]


@pytest.mark.parametrize("text", ["def (:\n", "\0"])
def test_module_that_is_no_python(root: Path, text: str) -> None:
    file = root / "demo.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read_dynamic(file)
