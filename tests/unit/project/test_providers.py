"""Dynamic metadata by providers, and files from templates."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError, ErrorGroup, XconanError
from xconan.pipeline import build_wheel
from xconan.project.files import read_project_files
from xconan.project.requirements import requirements, sdist_requirements
from xconan.wheel.sdist import build_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.project.metadata import Metadata

BASE = '[project]\nname = "nav"\ndynamic = ["version"]\n'
VERSION = "[tool.xconan.metadata.version]\nprovider = "
PLUGIN = """\
def dynamic_metadata(field, settings):
    return {"version": "7.1", "description": settings.get("text", "none")}[field]
def get_requires_for_dynamic_metadata(settings):
    return ["six"]
"""


def metadata(root: Path, tool: str, files: Mapping[str, str] | None = None, base: str = BASE) -> Metadata:
    usual = {"nav/__init__.py": "__version__ = '1.0'\n", "pyproject.toml": base + tool}
    for name, text in {**usual, **(files or {})}.items():
        write(root / name, text)
    return read_project_files(root).metadata


PROVIDED: dict[str, tuple[str, Mapping[str, str], str]] = {
    "the module": (f'{VERSION}"module"\n', {}, "1.0"),
    "another module": (f'{VERSION}"module"\ninput = "v.py"\n', {"v.py": "__version__ = '2.0'\n"}, "2.0"),
    "a regular expression": (
        f"{VERSION}\"regex\"\ninput = \"CMake.txt\"\nregex = 'VERSION (?P<value>[\\d.]+)'\n",
        {"CMake.txt": "\nVERSION 3.4\n"}, "3.4",
    ),
    "the usual expression": (f'{VERSION}"regex"\ninput = "v.py"\n', {"v.py": 'VERSION: str = "v5"\n'}, "5"),
    "a result": (
        (f'{VERSION}"regex"\ninput = "v.h"\nresult = "{{a}}.{{b}}"\n'
        "regex = 'MAJOR (?P<a>\\d+)\\nMINOR (?P<b>\\d+)'\n"),
        {"v.h": "MAJOR 4\nMINOR 2\n"}, "4.2",
    ),
    "scikit-build-core's name": (
        f'{VERSION}"scikit_build_core.metadata.regex"\ninput = "v.py"\n', {"v.py": 'VERSION = "6"\n'}, "6",
    ),
    "a plugin": (f'{VERSION}"plug"\nprovider_path = "tools"\n', {"tools/plug.py": PLUGIN}, "7.1"),
    "a plugin in a package": (
        f'{VERSION}"pack.plug"\nprovider-path = "tools"\n',
        {"tools/pack/plug.py": PLUGIN, "tools/pack/__init__.py": ""}, "7.1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVIDED)
def test_versions(name: str, root: Path) -> None:
    tool, files, version = PROVIDED[name]
    assert metadata(root, tool, files).version == version


def test_a_plugin_is_no_other_projects(root: Path) -> None:
    tool = f'{VERSION}"plug"\nprovider_path = "tools"\n'
    assert metadata(root, tool, {"tools/plug.py": PLUGIN}).version == "7.1"
    assert metadata(root, tool, {"tools/plug.py": PLUGIN.replace("7.1", "7.25")}).version == "7.25"
    assert "plug" not in sys.modules


def test_other_keys(root: Path) -> None:
    base = '[project]\nname = "nav"\ndynamic = ["version", "description", "optional-dependencies"]\n'
    tool = (
        f'{VERSION}"regex"\ninput = "v.py"\n[tool.xconan.metadata.description]\nprovider = "plug"\n'
        'provider-path = "."\ntext = "It navigates"\n'
        '[tool.xconan.metadata.optional-dependencies]\nprovider = "template"\n'
        'result = {dev = ["{project[name]}-dev=={project[version]}"]}\n'
    )
    text = metadata(root, tool, {"v.py": 'VERSION = "2"\n', "plug.py": PLUGIN}, base).text
    assert "Version: 2\n" in text
    assert "Summary: It navigates\n" in text
    assert 'Requires-Dist: nav-dev==2; extra == "dev"' in text


def test_what_is_required(root: Path) -> None:
    metadata(root, f'{VERSION}"plug"\nprovider_path = "."\n', {"plug.py": PLUGIN})
    assert sdist_requirements(root) == ["six"]
    assert "six" in requirements(root)
    write(root / "pyproject.toml", f'{BASE}{VERSION}"setuptools_scm"\n')
    assert sdist_requirements(root) == ["setuptools-scm"]


REFUSED = {
    "unknown": (f'{VERSION}"nobodys"\n', "there is no provider nobodys", "provider_path"),
    "no function": (f'{VERSION}"nav"\nprovider_path = "."\n', "has no dynamic_metadata()", "module, regex, template"),
    "a plugin that fails": (f'{VERSION}"bad"\nprovider_path = "."\n', "can't say version: 'nothing'", "correct what"),
    "no file": (f'{VERSION}"regex"\ninput = "x.py"\n', "there is no ", "correct input"),
    "no match": (f'{VERSION}"regex"\nregex = "zzz"\n', "is matched by 'zzz'", "correct regex"),
    "a bad expression": (f'{VERSION}"regex"\nregex = "("\n', "this is no regular expression", "correct regex"),
    "a group that is missing": (f'{VERSION}"regex"\nregex = "ver"\n', "has no group 'value'", "(?P<value>"),
    "a misspelt provider": (f'{VERSION}"regx"\n', "there is no provider regx", "did you mean 'regex'? known are mod"),
    "a misspelt setting": (f'{VERSION}"regex"\ninptu = "a"\n', "unknown key 'inptu'", "did you mean 'input'?"),
    "another's setting": (f'{VERSION}"module"\nregex = "a"\n', "unknown key 'regex'", "known keys: input"),
    "a bad expression to remove": (f'{VERSION}"regex"\nremove = "("\n', "this is no regular expr", "correct remove"),
    "a misspelt key": ("[tool.xconan.metadata.verison]\nprovider = 'regex'\n", "unknown key 'verison'", "'version'?"),
    "a misspelt table": ("[tool.xconan.metdata.version]\nprovider = 'regex'\n", "unknown key 'metdata'", "'metadata'?"),
    "no provider": ("[tool.xconan.metadata.version]\ninput = 'a'\n", "must be a table that names", "write prov"),
    "no table": ("[tool.xconan]\nmetadata = 1\n", "this must be a table", "[tool.xconan.metadata.version]"),
    "not dynamic": ("[tool.xconan.metadata.readme]\nprovider = 'regex'\n", "readme has a provider", "dynamic = ["),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, root: Path) -> None:
    tool, says, hint = REFUSED[name]
    with pytest.raises(XconanError) as caught:
        metadata(root, tool, {"bad.py": "def dynamic_metadata(field, settings):\n    raise KeyError('nothing')\n"})
    error = caught.value.errors[0] if isinstance(caught.value, ErrorGroup) else caught.value
    assert says in error.message
    assert hint in error.hint
    assert "tool.xconan.met" in error.where


def test_of_what_a_plugin_says_the_first_line_is_told(root: Path) -> None:
    plugin = "def dynamic_metadata(field, settings):\n    raise LookupError('no tag\\n\\nread the manual')\n"
    with pytest.raises(ConfigError) as caught:
        metadata(root, f'{VERSION}"plug"\nprovider_path = "."\n', {"plug.py": plugin})
    assert caught.value.message.endswith("can't say version: no tag")


@pytest.mark.parametrize("provider", ["setuptools_scm", "hatch_vcs"])
def test_version_control(provider: str, root: Path) -> None:
    pytest.importorskip(provider)
    pytest.importorskip("hatchling" if provider == "hatch_vcs" else provider)
    tool = f'{VERSION}"{provider}"\n' + (
        '[tool.setuptools_scm]\nversion_file = "nav/_version.py"\n' if "scm" in provider else ""
    )
    write(root / ".gitignore", "_version.py\n.xconan_cache\ndist\n")
    write(root / "pyproject.toml", BASE + tool)
    write(root / "nav/__init__.py", "")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
        ["tag", "v3.2"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    assert metadata(root, tool, {"nav/__init__.py": ""}).version == "3.2"
    if provider == "setuptools_scm":
        with zipfile.ZipFile(root / "dist" / build_wheel(root, root / "dist")) as wheel:
            assert "nav/_version.py" in wheel.namelist()


# --- files from templates --------------------------------------------------------------------------------------------

NAMED = '[project]\nname = "nav"\nversion = "1.5"\ndescription = "It navigates"\n'
GENERATE = "[[tool.xconan.generate]]\n"


def test_files_from_templates(root: Path) -> None:
    tool = (
        f"{GENERATE}path = 'nav/_version.py'\ntemplate = '''v = \"${{version}}\" # $name $$'''\n"
        f"{GENERATE}path = 'nav/about.txt'\ntemplate-path = 'about.in'\nlocation = 'install'\n"
        f"{GENERATE}path = 'nav/made.py'\nlocation = 'source'\ntemplate = 'n = \"$file_name\"'\n"
    )
    write(root / "about.in", "$description")
    metadata(root, tool, base=NAMED)
    with zipfile.ZipFile(root / "dist" / build_wheel(root, root / "dist")) as wheel:
        assert wheel.read("nav/_version.py").decode() == 'v = "1.5" # nav $'
        assert wheel.read("nav/about.txt").decode() == "It navigates"
        assert wheel.read("nav/made.py").decode() == 'n = "nav"'
    assert (root / "nav/made.py").read_text("utf-8") == 'n = "nav"'
    assert not (root / "nav/_version.py").exists()
    (root / "nav/made.py").unlink()
    with tarfile.open(root / "dist" / build_sdist(root, root / "dist")) as sdist:
        assert "nav-1.5/nav/made.py" in sdist.getnames()


BAD_TEMPLATES = {
    "unknown name": ("path = 'a'\ntemplate = '$nothing'", "the template names $nothing", "$version"),
    "a lone dollar": ("path = 'a'\ntemplate = '5 $'", "this is no template", "$$"),
    "no file": ("path = 'a'\ntemplate_path = 'none'", "the template can't be read", "template_path"),
    "no path": ("template = 'a'", "there is no path", "path = "),
    "outside": ("path = '../a'\ntemplate = 'a'", "'../a' names no file", "path = "),
    "both": ("path = 'a'\ntemplate = 'a'\ntemplate_path = 'b'", "from template or from", "one of the two"),
    "place": ("path = 'a'\ntemplate = 'a'\nlocation = 'x'", "'x' is not one of install, build, source", "leave it out"),
    "key": ("path = 'a'\ntemplate = 'a'\nloaction = 'x'", "unknown key 'loaction'", "location"),
    "kind": ("path = 1\ntemplate = 'a'", "this must be a string", "write path"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TEMPLATES)
def test_bad_templates(name: str, root: Path) -> None:
    lines, says, hint = BAD_TEMPLATES[name]
    write(root / "pyproject.toml", f"{NAMED}{GENERATE}{lines}\n")
    write(root / "nav/__init__.py", "")
    with pytest.raises(XconanError) as caught:
        build_wheel(root, root / "dist")
    error = caught.value.errors[0] if isinstance(caught.value, ErrorGroup) else caught.value
    assert isinstance(error, ConfigError)
    assert says in error.message
    assert hint in error.hint
