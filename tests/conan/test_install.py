"""Dependencies of native projects, by every form of conanfile."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.conan_home import run_conan
from xconan.ground.errors import ConanError, MachineError
from xconan.pipeline import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier

    from tests.conan.conftest import Demo

RECIPE = """\
from conan import ConanFile
from conan.tools.cmake import CMakeConfigDeps, CMakeDeps, CMakeToolchain, cmake_layout

class Demo(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    requires = "tiny/1.0"
"""
GENERATE = "    def generate(self):\n"
LAYOUT = "    def layout(self):\n        cmake_layout(self)\n"
CONANFILES = {
    "txt": "[requires]\ntiny/1.0\n",
    "txt with generators": "[requires]\ntiny/1.0\n[generators]\nCMakeToolchain\nCMakeDeps\n",
    "txt with layout": "[requires]\ntiny/1.0\n[layout]\ncmake_layout\n",
    "no generate": RECIPE,
    "no settings": RECIPE.replace("    settings = ", "    unused = "),
    "layout": RECIPE + LAYOUT,
    "generators": RECIPE + '    generators = "CMakeToolchain", "CMakeConfigDeps"\n',
    "one generator": RECIPE + '    generators = "CMakeToolchain"\n',
    "generators and layout": RECIPE + '    generators = "CMakeDeps"\n' + LAYOUT,
    "empty generate": RECIPE + GENERATE + "        pass\n",
    "only toolchain": RECIPE + GENERATE + "        CMakeToolchain(self).generate()\n",
    "only deps": RECIPE + GENERATE + "        CMakeDeps(self).generate()\n",
    "only config deps": RECIPE + LAYOUT + GENERATE + "        CMakeConfigDeps(self).generate()\n",
    "own toolchain": RECIPE
    + GENERATE
    + "        CMakeToolchain(self).generate()\n        CMakeDeps(self).generate()\n",
    "generate and generators": RECIPE + '    generators = "CMakeDeps"\n' + GENERATE + "        pass\n",
}


def conanfile(demo: Demo, form: str) -> None:
    demo.write("conanfile.txt" if form.startswith("txt") else "conanfile.py", CONANFILES[form])


@pytest.mark.parametrize("form", sorted(CONANFILES))
def test_every_form_of_conanfile(demo: Demo, form: str) -> None:
    conanfile(demo, form)
    found, build_type, _env, _standard = demo.build()
    assert found.startswith(str(demo.root))
    assert build_type == "Release"
    # each generator's files once, and of one kind
    assert demo.generated("conan_toolchain.cmake") == ["conan_toolchain.cmake"]
    configs = demo.generated("tiny-config.cmake") + demo.generated("tinyConfig.cmake")
    assert len(configs) == 1
    assert not list(demo.root.glob("CMakeUserPresets.json"))
    assert not [path for path in demo.root.iterdir() if path.name in ("build", "CMakePresets.json", "generators")]
    demo.output()
    demo.build()
    assert not demo.ran_conan()


def test_wheel_end_to_end(demo: Demo, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A library from the repository's recipes, built by gcc, in a module that runs here."""
    assert home.is_dir()
    demo.write("pyproject.toml", BASE + '[tool.xconan.conan]\nrequires = ["lz4/1.9.4", "nlohmann_json/3.11.3"]\n')
    text = (demo.root / "CMakeLists.txt").read_text("utf-8").replace("find_package(tiny", "find_package(lz4")
    demo.write("CMakeLists.txt", text.replace("tiny::tiny", "LZ4::lz4_static"))
    demo.write("demo.c", "#include <lz4.h>\nint demo(void) { return LZ4_versionNumber(); }\n")
    name = build_wheel(demo.root, demo.root / "dist")
    assert name.startswith("demo-1-cp")
    with zipfile.ZipFile(demo.root / "dist" / name) as archive:
        archive.extract("demo.so", demo.root / "x")
    code = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).demo())"
    argv = [sys.executable, "-c", code, str(demo.root / "x" / "demo.so")]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "10904\n"
    capfd.readouterr()
    assert build_wheel(demo.root, demo.root / "dist") == name
    assert "conan install" not in capfd.readouterr().err
    # a module may link without what it needs: the reason is told, not the symbol
    (archive_of_lz4,) = (home / "p/b").glob("*/p/lib/liblz4.a")
    archive_of_lz4.write_bytes(b"!<arch>\n")
    shutil.rmtree(demo.root / ".xconan_cache")
    with pytest.raises(ConanError, match="in Conan's cache is damaged"):
        build_wheel(demo.root, demo.root / "dist")


def test_options_reach_the_packages(demo: Demo, home: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe().replace("    settings", '    options = {"taste": ["sweet"]}\n    settings')
    export(home, recipe, tmp_path / "optional")
    text = BASE + '[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n[tool.xconan.conan.options]\n"tiny/*:taste" = "{}"\n'
    demo.write("pyproject.toml", text.format("sweet"))
    assert demo.install().text
    demo.write("pyproject.toml", text.format("sour"))
    with pytest.raises(ConanError, match="sour"):
        demo.install()


def test_options_that_no_package_has(demo: Demo, home: Path, tmp_path: Path) -> None:
    """Conan drops them where there is a star; whoever has misspelt a name would never know."""
    recipe = tiny_recipe().replace(
        "    settings",
        '    options = {"shared": [True, False], "fPIC": [True, False]}\n    default_options = {"shared": False}\n'
        "    def config_options(self):\n        del self.options.fPIC\n    settings",
    )
    export(home, recipe, tmp_path / "optional")
    names = (
        "tiny/*:sharde",
        "tiny/*:fPIC",
        "tniy/*:shared",
        "zlib/1:shared",
        "*:shared",
        "*:sharde",
        "*:x",
        "tiny*:x",
    )
    lines = "".join(f'"{name}" = false\n' for name in names)
    tool = f'[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n[tool.xconan.conan.options]\n{lines}'
    demo.write("pyproject.toml", BASE + tool)
    demo.install()
    place = f"xconan: {demo.root / 'pyproject.toml'}: tool.xconan.conan.options: "
    assert [line.removeprefix(place) for line in demo.output().splitlines() if line.startswith(place)] == [
        "tiny/*:sharde changes nothing: no such option is in the recipe; did you mean shared?",
        "tniy/*:shared changes nothing: this target needs no such package; did you mean tiny/*?",
        "zlib/1:shared changes nothing: this target needs no such package, but tiny",
        "*:sharde changes nothing: no such option is in the recipe; did you mean shared?",
        "tiny*:x changes nothing: no such option is in the recipe, which has fPIC, shared",
    ]


def test_environment_of_tool_requirements(demo: Demo, home: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe().replace("tiny", "tool").replace("Tiny", "Tool")
    recipe += '        self.buildenv_info.define("TINY_ENV", "from the tool")\n'
    recipe += '        self.buildenv_info.prepend_path("PATH", "/of/the/tool")\n'
    export(home, recipe, tmp_path / "tool")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n[tool_requires]\ntool/1.0\n")
    assert demo.build()[2] == "from the tool"
    assert demo.install().env["PATH"] == "/of/the/tool:${PATH}"


# --- errors ----------------------------------------------------------------------------------------------------------

FAILING = tiny_recipe("2.0").replace(
    "        include = ", "        raise Exception('out of cheese')\n        include = "
)


UNREACHABLE = (
    tiny_recipe("3.0")
    + """\

    def source(self):
        from conan.tools.files import get
        get(self, "http://127.0.0.1:9/tiny.tgz")
"""
)


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("[requires]\nnothing/1.0\n", "nothing/1.0", "check the name and version"),
        ("[requires]\ntiny/[>=9]\n", "tiny", "check the name and version"),
        ("[requires]\ntiny/2.0\n", "tiny/2.0", ""),
        ("[requires]\nTINY 1.0\n", "TINY 1.0", ""),
        ("[requires]\ntiny\n", "tiny", "a requirement is NAME/VERSION"),
        ("[requires]\ntiny/[>=9]\n", "required by the project", ""),
        ("[requires]\ntiny/3.0\n", "tiny/3.0", "core.sources:download_urls"),
        ("[nonsense]\n", "nonsense", ""),
    ],
)
def test_conan_fails(demo: Demo, home: Path, tmp_path: Path, text: str, words: str, hint: str) -> None:
    export(home, FAILING, tmp_path / "failing")
    export(home, UNREACHABLE, tmp_path / "unreachable")
    demo.write("conanfile.txt", text)
    with pytest.raises(ConanError) as caught:
        demo.install()
    error = caught.value
    assert (error.exit_code, error.where) == (4, str(demo.root / "conanfile.txt"))
    assert words in error.message
    assert hint in error.hint
    assert error.hint
    assert "\n" not in error.message
    # nothing of the failure stands in the way of the next try
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    assert demo.install().text


@pytest.mark.parametrize(
    "text", ["from conan import ConanFile\nclass Demo(ConanFile:\n", "import no_such_module\n", "x = 1\n"]
)
def test_conanfile_that_is_none(demo: Demo, text: str) -> None:
    demo.write("conanfile.py", text)
    with pytest.raises(ConanError) as caught:
        demo.install()
    assert caught.value.exit_code == 4
    assert "conanfile.py" in caught.value.where
    assert caught.value.hint


def test_full_disk(demo: Demo, home: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe("4.0").replace(
        "        include = ", "        open('/dev/full', 'w', buffering=1).write('x\\n')\n        include = "
    )
    export(home, recipe, tmp_path / "recipe")
    demo.write("conanfile.txt", "[requires]\ntiny/4.0\n")
    with pytest.raises(MachineError) as caught:
        demo.install()
    assert "conan cache clean" in caught.value.hint


def test_failing_generate(demo: Demo) -> None:
    demo.write("conanfile.py", RECIPE + GENERATE + "        raise ValueError('no luck')\n")
    with pytest.raises(ConanError) as caught:
        demo.install()
    assert "Traceback" not in caught.value.message


def test_no_network(demo: Demo, home: Path) -> None:
    run_conan(home, "remote", "add", "far", "http://127.0.0.1:9")
    demo.write("conanfile.txt", "[requires]\nnothing/1.0\n")
    with pytest.raises(ConanError) as caught:
        demo.install()
    assert "network" in caught.value.hint
    assert "conan remote disable far" in caught.value.hint


def test_conans_own_words_are_shown(demo: Demo) -> None:
    demo.write("conanfile.txt", "[requires]\nnothing/1.0\n")
    with pytest.raises(ConanError):
        demo.install()
    assert "nothing/1.0" in demo.output()


# --- when Conan runs again -------------------------------------------------------------------------------------------


@pytest.fixture
def done(demo: Demo) -> Demo:
    """The project with its dependencies in place."""
    demo.write("conanfile.txt", "[requires]\ntiny/[*]\n")
    demo.install()
    assert demo.ran_conan()
    return demo


def again(demo: Demo) -> bool:
    demo.install()
    return demo.ran_conan()


def test_second_run_starts_no_conan(done: Demo) -> None:
    assert not again(done)


def test_after_conan_remove(done: Demo, home: Path) -> None:
    run_conan(home, "remove", "tiny/*:*", "-c")
    assert again(done)
    assert not again(done)


def test_after_a_change_of_the_conanfile(done: Demo) -> None:
    before = done.install().identity
    done.write("conanfile.txt", "[requires]\ntiny/[>=1]\n")
    done.output()
    assert again(done)
    assert done.install().identity != before


def test_packages_in_another_place(demo: Demo, home: Path, tmp_path: Path) -> None:
    """core.cache:storage_path; an unchanged build runs no Conan there, either."""
    with (home / "global.conf").open("a", encoding="utf-8") as file:
        file.write(f"core.cache:storage_path={tmp_path / 'sto re'}\n")
    export(home, tiny_recipe(), tmp_path / "recipe")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.install()
    assert demo.ran_conan()
    demo.install()
    assert not demo.ran_conan()


READING = """\
import os
from conan import ConanFile
from conan.tools.files import load
from helpers.version import VERSION

class Demo(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeToolchain", "CMakeDeps"
    python_requires = "base/[*]"

    def requirements(self):
        self.requires(load(self, "de" + "ps.txt").strip())
        self.output.info(f"{VERSION} {os.getenv('TINY_OF_MINE')}")
"""
BASE_RECIPE = """\
from conan import ConanFile

class Base(ConanFile):
    name, version, package_type = "base", "1.0", "python-require"
"""


def test_after_a_change_of_what_the_recipe_reads(
    demo: Demo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, modules, variables of the environment, python_requires: a recipe is a program."""
    export(home, BASE_RECIPE, tmp_path / "base")
    demo.write("conanfile.py", READING)
    demo.write("deps.txt", "tiny/1.0\n")
    (demo.root / "helpers").mkdir()
    demo.write("helpers/version.py", "VERSION = 1\n")
    changes: dict[str, Callable[[], object]] = {
        "file": lambda: demo.write("deps.txt", "tiny/[>=1 <2]\n"),
        "module": lambda: demo.write("helpers/version.py", "VERSION = 22\n"),
        "variable": lambda: monkeypatch.setenv("TINY_OF_MINE", "yes"),
        "python_requires": lambda: export(home, BASE_RECIPE + "    more = 1\n", tmp_path / "base"),
    }
    demo.install()
    demo.output()
    for name, change in changes.items():
        demo.install()
        assert not demo.ran_conan(), name
        change()
        demo.install()
        assert demo.ran_conan(), name


def test_a_number_of_jobs_makes_no_other_library(
    demo: Demo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `xconan build -j` says reaches recipes, and neither package ids nor what CMake is given."""
    recipe = tiny_recipe().replace(
        '"#define TINY', "f\"#define JOBS {self.conf.get('tools.build:jobs')}\\n#define TINY"
    )
    export(home, recipe, tmp_path / "asking")
    demo.write("conanfile.txt", CONANFILES["txt"])
    monkeypatch.setenv("_XCONAN_JOBS", "3")
    first = demo.install()
    assert first.packages
    headers = [Path(package["folder"], "include/tiny.h") for package in first.packages if package["folder"]]
    assert [header.read_text("utf-8").splitlines()[0] for header in headers] == ["#define JOBS 3"]
    monkeypatch.setenv("_XCONAN_JOBS", "5")
    demo.output()
    assert demo.install().identity == first.identity
    assert not demo.ran_conan()
    demo.plan().layout.conan_result.unlink()
    again = demo.install()
    assert demo.ran_conan()
    assert again.packages
    assert [package["folder"] for package in again.packages] == [package["folder"] for package in first.packages]


def test_cache_variables_of_the_recipe(demo: Demo) -> None:
    """Conan hands them on by presets alone."""
    generate = """\
    def generate(self):
        from conan.tools.cmake import CMakeDeps, CMakeToolchain
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["FANCY"] = True
        toolchain.cache_variables["WORDS"] = "a b;c"
        toolchain.generate()
"""
    demo.write("conanfile.py", RECIPE + generate)
    lists = (demo.root / "CMakeLists.txt").read_text("utf-8")
    demo.write("CMakeLists.txt", lists + 'file(WRITE "${CMAKE_BINARY_DIR}/fancy.txt" "${FANCY} ${WORDS}")\n')
    demo.build()
    assert (demo.plan().layout.build / "fancy.txt").read_text("utf-8") == "ON a b;c"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_after_a_new_recipe(done: Demo, home: Path, tmp_path: Path, version: str) -> None:
    """A new revision, and a new version in the range."""
    before = done.install().identity
    export(home, tiny_recipe(version, number=7), tmp_path / "newer")
    done.output()
    assert again(done)
    assert done.install().identity != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("global.conf", "tools.build:skip_test=True\n"),
        ("profiles/default", "[conf]\ntools.build:jobs=1\n"),
        ("settings_user.yml", "os:\n  Linux:\n    distro: [null, x]\n"),
    ],
)
def test_after_a_change_of_the_users_conan(done: Demo, home: Path, name: str, text: str) -> None:
    with (home / name).open("a", encoding="utf-8") as file:
        file.write(text)
    assert again(done)
    assert not again(done)


def test_after_files_were_removed(done: Demo) -> None:
    shutil.rmtree(done.plan().layout.conan)
    assert again(done)


def test_after_a_lockfile_came(done: Demo, home: Path, tmp_path: Path) -> None:
    run_conan(home, "lock", "create", str(done.root))
    assert again(done)
    export(home, tiny_recipe("1.1"), tmp_path / "newer")
    assert "tiny/1.0" in str((done.root / "conan.lock").read_text("utf-8"))
    done.install()
    assert "tiny/1.1" not in done.output()


def test_after_an_imported_file_changed(demo: Demo) -> None:
    demo.write("conanfile.py", "from helper import VERSION\n" + RECIPE.replace('"tiny/1.0"', 'f"tiny/{VERSION}"'))
    demo.write("helper.py", 'VERSION = "1.0"\n')
    demo.install()
    demo.output()
    demo.write("helper.py", 'VERSION = "9.9"\n')
    with pytest.raises(ConanError, match=r"tiny/9\.9"):
        demo.install()


# --- homes -----------------------------------------------------------------------------------------------------------


def test_no_default_profile(demo: Demo, home: Path) -> None:
    shutil.rmtree(home / "profiles")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    assert demo.install().text
    assert not (home / "profiles" / "default").exists()


def test_the_users_home_is_left_alone(demo: Demo, home: Path) -> None:
    def state() -> dict[str, bytes]:
        names = [path for path in home.rglob("*") if path.is_file() and "p" not in path.relative_to(home).parts[:1]]
        return {path.relative_to(home).as_posix(): path.read_bytes() for path in names}

    before = state()
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.install()
    new = {name for name, data in state().items() if before.get(name) != data}
    assert {name for name in new if not name.startswith(".local_recipes_index")} == {".xconan.lock"}


def test_home_below_the_users(demo: Demo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conan itself reads the ~ in CONAN_HOME."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home.parent))
    monkeypatch.setenv("CONAN_HOME", f"~/{home.name}")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.install()
    assert not (tmp_path / "~").exists()
    assert not (demo.root / "~").exists()
    demo.output()
    assert not again(demo)


def _build(root: str, ready: Barrier) -> None:
    ready.wait(20)
    build_wheel(Path(root), Path(root) / "dist")


def test_two_builds_at_once(demo: Demo) -> None:
    """Two projects, one Conan home, a package that neither finds there."""
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    roots = [demo.root.with_name(name) for name in ("one", "two", "three")]
    for root in roots:
        shutil.copytree(demo.root, root)
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(len(roots))
    workers = [context.Process(target=_build, args=(str(root), ready)) for root in roots]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * len(roots)
    assert all(list((root / "dist").glob("*.whl")) for root in roots)


def test_shared_library_is_refused_where_none_is_bundled(demo: Demo, home: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe().replace("libs = []", 'libs = ["tiny"]').replace(
        "        include = Path",
        "        lib = Path(self.package_folder, 'lib')\n        lib.mkdir()\n"
        "        (lib / 't.c').write_text('int tiny(void) { return 1; }')\n"
        "        self.run(f'gcc -shared -fPIC -o \"{lib}/libtiny.so\" -Wl,-soname,libtiny.so \"{lib}/t.c\"')\n"
        "        include = Path",
    )  # fmt: skip
    export(home, recipe, tmp_path / "shared")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.write("demo.c", "extern int tiny(void);\nint demo(void) { return tiny(); }\n")
    with pytest.raises(Exception, match=r"libtiny\.so"):
        build_wheel(demo.root, demo.root / "dist", {"override": 'wheel.bundle = "never"'})
    assert not (demo.root / "dist").exists() or not list((demo.root / "dist").glob("*"))
