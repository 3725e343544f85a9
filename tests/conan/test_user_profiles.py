"""Profiles of the user's on top of the derived one: what reaches the build, and what contradicts the toolchain."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.needs import missing
from xconan.conan import install as conan_action
from xconan.ground.errors import ConanError, ConfigError, ErrorGroup, XconanError
from xconan.host.platforms import table
from xconan.in_conan.profile import profile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

WISHES = """\
[settings]
compiler.cppstd=gnu20
build_type=Debug
[options]
tiny/*:taste=sour
[conf]
tools.build:jobs=1
tools.build:cxxflags+=["-DWISHED"]
[buildenv]
TINY_WISH=granted
[tool_requires]
tiny/*: helper/1.0
[replace_requires]
other/*: tiny/1.0
"""
RECIPE = tiny_recipe().replace("    settings", '    options = {"taste": ["sweet", "sour"]}\n    settings').replace(
    "        include = Path",
    "        import json, os\n"
    "        from conan.tools.env import VirtualBuildEnv\n"
    "        env = VirtualBuildEnv(self).vars()\n"
    "        seen = [str(self.settings.build_type), str(self.options.taste), env.get('TINY_WISH'), env.get('HELPED'),\n"
    "                self.conf.get('tools.build:cxxflags'), self.settings.get_safe('compiler.cppstd')]\n"
    "        with open(os.path.join(self.package_folder, 'seen.json'), 'w') as file:\n"
    "            json.dump(seen, file)\n"
    "        include = Path",
)  # fmt: skip


@pytest.fixture
def cross(demo: Demo) -> Demo:
    """The project for a host of this very machine's kind, by a toolchain file and a derived profile."""
    row = table()["linux"].get(platform.machine())
    if row is None or not shutil.which(f"{row.triplet}-g++"):
        missing("a g++ by the triplet of this machine")
    demo.write("xconan.cross.toml", f'arch = "linux_{row.name}"\ntoolchain = "gcc"\n')
    return demo


def with_profiles(demo: Demo, requires: str = "tiny/1.0", more: str = "", **profiles: str) -> Demo:
    """Name these profiles in pyproject.toml, in this order."""
    for name, text in profiles.items():
        demo.write(f"{name}.profile", text)
    names = [f"{name}.profile" for name in profiles]
    lines = f"[tool.xconan.conan]\nrequires = [{requires!r}]\nhost_profiles = {json.dumps(names)}\n"
    demo.write("pyproject.toml", BASE + lines + more)
    return demo


def seen(home: Path) -> list[object]:
    """What the recipe of tiny saw."""
    (file,) = home.glob("p/b/*/p/seen.json")
    found: list[object] = json.loads(file.read_bytes())
    return found


def errors(demo: Demo) -> dict[str, XconanError]:
    """All errors by the key that they are about."""
    with pytest.raises((ConfigError, ErrorGroup)) as caught:
        demo.install()
    assert caught.value.exit_code == 2
    found = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    return {one.where.partition(", and ")[0].rpartition(": ")[2]: one for one in found}


@pytest.mark.parametrize("native", [True, False])
def test_wishes_reach_the_build(native: bool, cross: Demo, home: Path, tmp_path: Path) -> None:  # noqa: FBT001
    export(home, RECIPE, tmp_path / "recipe")
    helper = tiny_recipe().replace("tiny", "helper").replace("Tiny", "Helper")
    export(home, helper + "        self.buildenv_info.define('HELPED', 'yes')\n", tmp_path / "helper")
    if native:
        (cross.root / "xconan.cross.toml").unlink()
    with_profiles(cross, "other/3.0", wishes=WISHES)
    assert cross.build()[1::2] == ["Debug", "20"]
    *wishes, flags, standard = seen(home)
    assert isinstance(flags, list)
    # ours, beside the user's and not for it: words, or a file of them where a folder has a blank
    mapped = [word for word in flags if word.startswith("-ffile-prefix-map=") or word.endswith(".xconan-flags")]
    assert (wishes, standard) == (["Debug", "sour", "granted", "yes"], "gnu20")
    assert [word for word in flags if word not in mapped] == ["-DWISHED"]
    assert all("=/xconan/" in word or word.startswith("@") for word in mapped)


def test_standard_that_is_only_the_compilers_default(cross: Demo) -> None:
    """The project may choose its own."""
    with_profiles(cross, one="[settings]\nbuild_type=Debug\n")
    assert cross.build()[1::2] == ["Debug", ""]


@pytest.mark.parametrize(
    ("conf", "operator", "value"),
    [
        ("tools.build:compiler_executables", "*=", '{"rc": "windres"}'),
        ("tools.cmake.cmaketoolchain:user_toolchain", "+=", '["{root}/more.cmake"]'),
        ("tools.cmake.cmaketoolchain:user_toolchain", "=+", '["{root}/more.cmake"]'),
        ("tools.info.package_id:confs", "+=", '["tools.build:cflags"]'),
    ],
)
def test_what_is_added_for_some_packages(conf: str, operator: str, value: str, cross: Demo) -> None:
    """Where `=` stands in place of it, the packages would have nothing of the toolchain's."""
    cross.write("more.cmake", "set(MORE 1)\n")
    value = value.replace("{root}", cross.root.as_posix())
    with_profiles(cross, one=f"[conf]\ntiny/*:{conf}{operator}{value}\n").install()
    for instead in (f"={value}", "=!", f"!={value}"):
        (error,) = errors(with_profiles(cross, one=f"[conf]\ntiny/*:{conf}{instead}\n")).values()
        assert f"tiny/*:{conf} is " in error.message
    assert f"tiny/*:{conf}{'*=' if operator == '*=' else '+='}" in error.hint


def test_wishes_for_the_project_alone(cross: Demo, home: Path, tmp_path: Path) -> None:
    """By Conan's pattern for it, which its libraries do not have."""
    export(home, RECIPE, tmp_path / "recipe")
    text = (
        "[settings]\n&:compiler.cppstd=20\n&:build_type=Debug\n*/*:build_type=Release\n[options]\ntiny/*:taste=sour\n"
    )
    (error,) = errors(with_profiles(cross, one=text)).values()
    assert error.message == "&:build_type is Debug in the profile, but the project is built as Release"
    with_profiles(cross, more='[tool.xconan.cmake]\nbuild_type = "Debug"\n', one=text)
    assert cross.build()[1::2] == ["Debug", "20"]
    of_library = seen(home)
    assert (of_library[0], of_library[-1]) == ("Release", "gnu17")


@pytest.mark.parametrize(
    "text", ["garbage\n", "[settings]\nfoo=bar\n", "[settings]\ncompiler.cppstd=99\n", "[conf]\ntools.no:such=1\n"]
)
def test_profile_that_conan_can_not_use(text: str, cross: Demo) -> None:
    with_profiles(cross, one=text)
    with pytest.raises(ConfigError) as caught:
        cross.install()
    assert (caught.value.exit_code, caught.value.where) == (2, str(cross.root / "one.profile"))
    assert "conan profile show" in caught.value.hint


def test_tools_of_the_default_profile(cross: Demo, home: Path) -> None:
    """What it says of this machine's programs is in a profile that is written for Conan alone."""
    with (home / "profiles/default").open("a", encoding="utf-8") as file:
        file.write("\n[platform_tool_requires]\nnasm/2.16\n[replace_tool_requires]\ncmake/*: cmake/9.8\n")
    lines = profile([cross.root / "xconan.cross.toml"]).splitlines()
    assert "nasm/2.16" in lines[lines.index("[platform_tool_requires]") :]
    assert "cmake/*: cmake/9.8" in lines[lines.index("[replace_tool_requires]") :]
    (home / "profiles/default").write_text("[nonsense\n", "utf-8")
    with pytest.raises(ConanError, match="default profile"):
        profile([cross.root / "xconan.cross.toml"])


def test_later_profile_is_stronger(cross: Demo, home: Path, tmp_path: Path) -> None:
    export(home, RECIPE, tmp_path / "recipe")
    cross.write("shared.txt", "[buildenv]\nTINY_WISH=shared\n")
    first = "include(shared.txt)\n[options]\ntiny/*:taste=sour\n"
    with_profiles(cross, one=first, two="[options]\ntiny/*:taste=sweet\n")
    cross.install()
    assert seen(home)[:3] == ["Release", "sweet", "shared"]
    cross.output()
    cross.install()
    assert not cross.ran_conan()
    cross.write("shared.txt", "[buildenv]\nTINY_WISH=changed\n")
    cross.install()
    assert cross.ran_conan()


def test_profile_that_reads_the_environment(cross: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    with_profiles(cross, one="[buildenv]\nTINY={{ os.getenv('OF_MY_OWN', 'x') }}\n")
    cross.install()
    cross.output()
    monkeypatch.setenv("OF_MY_OWN", "new")
    cross.install()
    assert cross.ran_conan()


def test_contradictions_are_shown_together(cross: Demo, home: Path) -> None:
    """And alone: what Conan finds of this machine, where the user has no default profile, is no news then."""
    (home / "profiles/default").unlink()
    text = "[settings]\nos=Windows\ncompiler=clang\ncompiler.version=3.9\n"
    more = "[conf]\ntools.build:sysroot=/nowhere\ntools.cmake.cmaketoolchain:user_toolchain=['/x.cmake']\n"
    found = errors(with_profiles(cross, fine="[options]\n*:fPIC=True\n", bad=text + more))
    assert list(found) == [
        "os",
        "compiler",
        "compiler.version",
        "tools.cmake.cmaketoolchain:user_toolchain",
        "tools.build:sysroot",
    ]
    error = found["compiler"]
    assert error.message == "compiler is clang in the profile, but gcc by the toolchain"
    assert str(cross.root / "bad.profile") in error.where
    assert "toolchain.cmake" in error.where
    assert error.hint
    assert "detect_api" not in cross.output()


def test_flags_in_a_file(cross: Demo) -> None:
    """It is looked at, and looked at again when it is edited."""
    rsp = cross.root / "board.rsp"
    rsp.write_text("-O1\n", "utf-8")
    # with quotes, as its folder has a blank: Conan puts the items of the list into one line
    profile = f"[conf]\ntools.build:cflags=[\"'@{rsp}'\"]\n[buildenv]\ntiny/*:CC+= -m16\nMAKEFLAGS=CC=clang\n"
    assert list(errors(with_profiles(cross, one=profile))) == ["CC", "tiny/*:CC"]  # the first is of MAKEFLAGS
    with_profiles(cross, one=profile.partition("[buildenv]")[0])
    assert cross.install().text
    rsp.write_text("-O1 -m16\n", "utf-8")
    (error,) = errors(cross).values()
    assert error.message.startswith("tools.build:cflags is -m16 in the profile, but ")


def test_configuration_that_contradicts_the_toolchain(cross: Demo) -> None:
    table = 'settings = {arch = "x86", "compiler.cppstd" = "17"}\nconf = {"tools.build:cflags" = ["-m16", "-O1"], '
    table += '"tools.info.package_id:confs" = ["tools.build:cflags"]}\n'
    found = errors(with_profiles(cross, more=table))
    assert list(found) == ["arch", "tools.info.package_id:confs", "tools.build:cflags"]
    assert '"tools.info.package_id:confs" = {append = […]} in conf' in found["tools.info.package_id:confs"].hint
    assert found["arch"].message.startswith("arch is x86 in the configuration, but ")
    assert found["arch"].where.startswith(f"{cross.root / 'pyproject.toml'}: tool.xconan.conan.settings: arch")
    assert ".conan.conf: tools.build:cflags, and " in found["tools.build:cflags"].where
    file = cross.root / "xconan.cross.toml"
    more = '[conan.settings]\narch = "x86"\n[conan.conf]\n"tools.build:cflags" = ["-m16"]\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    found = errors(with_profiles(cross, more='settings = {"compiler.version" = "4.8"}\n'))
    assert found["compiler.version"].where.startswith(f"{cross.root / 'pyproject.toml'}: tool.xconan.conan.settings: ")
    assert found["arch"].where.startswith(f"{file}: conan.settings: arch, and ")
    assert found["tools.build:cflags"].where.startswith(f"{file}: conan.conf: tools.build:cflags, and ")
    assert found["tools.build:cflags"].message.startswith("tools.build:cflags is -m16 in the configuration, but ")


def test_tool_that_contradicts_the_toolchain_is_refused_before_a_library_is_built(
    cross: Demo, home: Path, tmp_path: Path
) -> None:
    lines = ["from conan import ConanFile", "class Helper(ConanFile):", "    name, version = 'helper', '1.0'"]
    lines += ["    def package_info(self):", "        self.conf_info.append('tools.build:cflags', '-m16')"]
    export(home, "\n".join([*lines, ""]), tmp_path / "helper")
    export(home, RECIPE, tmp_path / "tiny")
    found = errors(with_profiles(cross, tool="[tool_requires]\ntiny/*: helper/1.0\n[options]\ntiny/*:taste=sour\n"))
    assert found["helper/*:tools.build:cflags"].message.startswith(
        "helper/*:tools.build:cflags is -m16 in a package, but "
    )
    assert not list(home.glob("p/b/*/p/seen.json"))


def test_flags_that_a_profile_has_unset(cross: Demo, home: Path, tmp_path: Path) -> None:
    export(home, RECIPE, tmp_path / "tiny")
    unset = "[conf]\ntools.build:cxxflags=!\n[options]\ntiny/*:taste=sour\n"
    with_profiles(cross, unset=unset).install()
    flags = cast("list[str]", seen(home)[4])
    assert len(flags) == 1
    assert flags[0].endswith(".xconan-flags")  # -ffile-prefix-map, whose folders have a blank


@pytest.mark.parametrize("written", ["tools.info.package_id:confs", "tools.info.package_id:confs!"])
def test_another_toolchain_file_is_another_library(written: str, cross: Demo) -> None:
    """By its content, wherever it lies; packages that it is not for stay as they are."""
    used = []
    for text, name, key in (
        ("1", "one", "user_toolchain"), ("2", "one", "user_toolchain!"), ("1", "other", "user_toolchain"),
    ):  # fmt: skip
        cross.write(f"{name}.cmake", f"add_compile_definitions(BOARD={text})\n")
        file = (cross.root / f"{name}.cmake").as_posix()
        profile = f"[conf]\ntools.cmake.cmaketoolchain:{key}+=['{file}']\n{written}+=['tools.build:cxxflags']\n"
        used.append(installed(with_profiles(cross, board=profile)))
    other = f"[conf]\nother/*:tools.cmake.cmaketoolchain:user_toolchain+=['{file}']\n"
    used += [installed(with_profiles(cross, board=other)), installed(with_profiles(cross))]
    assert used[0] == used[2]
    assert used[3] == used[4]
    assert len({*used}) == 3


def test_flags_in_package_ids(cross: Demo, tmp_path: Path) -> None:
    """As docs/conan.md has it; ids know no place, though flags of ours map the places of this machine."""
    elsewhere = replace(cross, root=tmp_path / "moved")
    ids = {}
    for flags in ("-DBOARD=1", "-DBOARD=2"):
        profile = f'[conf]\ntools.build:cflags+=["{flags}"]\n'
        confs = f'{profile}tools.info.package_id:confs+=["tools.build:cflags"]\n'
        ids[flags] = installed(with_profiles(cross, board=profile)), installed(with_profiles(cross, board=confs))
        shutil.rmtree(elsewhere.root, ignore_errors=True)
        shutil.copytree(cross.root, elsewhere.root, ignore=shutil.ignore_patterns(".xconan_cache"))
        assert installed(elsewhere) == ids[flags][1]
    (one, of_one), (two, of_two) = ids.values()
    assert one == two
    assert len({one, of_one, of_two}) == 3


def installed(demo: Demo) -> str:
    """The folder of tiny."""
    demo.install()
    ((_ref, folder),) = conan_action.used_packages(demo.plan().layout)
    return folder


def test_setting_that_makes_no_sense_is_a_contradiction_first(cross: Demo) -> None:
    """Conan itself would end at the first unknown value."""
    assert list(errors(with_profiles(cross, bad="[settings]\ncompiler.version=0.1\n"))) == ["compiler.version"]


def test_build_type_that_only_conan_can_read(cross: Demo) -> None:
    """A template is not read by us; the two must still agree."""
    text = "[settings]\nbuild_type={{ 'Debug' }}\n"
    (error,) = errors(with_profiles(cross, bad=text)).values()
    assert error.message == "build_type is Debug in the profile, but the project is built as Release"
    assert "cmake.build_type" in error.hint
    with_profiles(cross, more='[tool.xconan.cmake]\nbuild_type = "Debug"\n', bad=text).install()


def test_build_profile(cross: Demo, home: Path, tmp_path: Path) -> None:
    helper = tiny_recipe().replace("tiny", "helper").replace("Tiny", "Helper")
    export(home, helper, tmp_path / "helper")
    cross.write("build.profile", "[settings]\nbuild_type=MinSizeRel\n")
    lines = '[tool.xconan.conan]\ntool_requires = ["helper/1.0"]\nbuild_profiles = ["build.profile"]\n'
    cross.write("pyproject.toml", BASE + lines)
    cross.install()
    assert "build_type=MinSizeRel" in cross.output()


@pytest.mark.parametrize(
    ("setting", "standard"),
    [("compiler.cppstd=gnu17", "17"), ("&:compiler.cppstd=gnu17", "17"), ("tiny/*:compiler.cppstd=gnu17", "")],
)
def test_standard_that_a_profile_names(setting: str, standard: str, cross: Demo) -> None:
    """The project is told it, although the compiler takes it by itself: it may ask for an older one by itself."""
    assert with_profiles(cross, one=f"[settings]\n{setting}\n").build()[3] == standard


def test_standard_that_the_project_names(cross: Demo) -> None:
    table = '[tool.xconan.conan.settings]\n"compiler.cppstd" = "gnu17"\n'
    assert with_profiles(cross, more=table).build()[3] == "17"
    assert with_profiles(cross).build()[3:] in ([], [""])
