"""Conan's opinion of the golden profiles, and the package ids that follow from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import facts
from tests.support.conan_home import run_conan
from tests.support.golden import REPOSITORY
from xconan.host.platforms import Libc, parse_platform
from xconan.plan import make_plan, platform_tools
from xconan.project.config.conan_table import ConanConfig
from xconan.render import profile as render

PROFILES = sorted((REPOSITORY / "profiles").glob("*/*.profile"))
CONANFILE = "[requires]\nlz4/1.9.4\nnlohmann_json/3.11.3\n"
LIBRARY, HEADERS = "lz4", "nlohmann_json"


def show(home: Path, profile: Path) -> dict[str, Any]:
    """The profile as Conan understands it."""
    text = run_conan(home, "profile", "show", "-pr:h", str(profile), "-pr:b", "default", "--format=json")
    found: dict[str, Any] = json.loads(text)["host"]
    return found


def package_ids(home: Path, folder: Path, profile: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "conanfile.txt").write_text(CONANFILE, encoding="utf-8")
    words = ["graph", "info", str(folder), "-pr:h", str(profile), "-pr:b", "default", "--format=json"]
    nodes = json.loads(run_conan(home, *words))["graph"]["nodes"].values()
    return {node["name"]: node["package_id"] for node in nodes if node["name"]}


def rendered(folder: Path, tag: str, **changes: object) -> Path:
    platform = parse_platform(tag)
    toolchain = replace(facts.toolchain_for(platform), **changes)  # type: ignore[arg-type]
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{tag}.profile"
    text = render.HostProfile(platform=platform, toolchain=toolchain, tools=platform_tools(facts.machine())).text()
    path.write_text(text, encoding="utf-8")
    return path


_COMPILERS = {"gcc": "gcc", "clang": "clang", "zig": "clang", "emscripten": "emcc"}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_conan_accepts_it(template: Path, profile: Path) -> None:
    found = show(template, profile)
    platform = parse_platform(profile.stem)
    assert found["settings"]["arch"] == platform.arch.conan_arch
    assert found["settings"]["compiler"] == _COMPILERS[profile.parent.name]
    triplet = found["conf"]["tools.gnu:host_triplet"]
    assert triplet == platform.arch.triplet or (platform.libc is Libc.MUSL and "-musl" in triplet)
    assert found["conf"]["user.xconan:abi"].startswith(profile.stem)


def test_package_ids(template: Path, tmp_path: Path) -> None:
    """Each platform has its own libraries; headers are everybody's."""
    ids = [package_ids(template, tmp_path, profile) for profile in PROFILES]
    assert len(ids) == len(PROFILES) > 30
    assert len({found[LIBRARY] for found in ids}) == len(ids)
    assert len({found[HEADERS] for found in ids}) == 1


def test_package_ids_by_floor(template: Path, tmp_path: Path) -> None:
    tags = ["manylinux_2_17_aarch64", "manylinux_2_36_aarch64", "linux_aarch64", "musllinux_1_2_aarch64"]
    ids = [package_ids(template, tmp_path, rendered(tmp_path, tag)) for tag in tags]
    assert len({found[LIBRARY] for found in ids}) == len(tags)
    assert len({found[HEADERS] for found in ids}) == 1


def test_place_of_the_toolchain_is_not_in_the_package_id(template: Path, tmp_path: Path) -> None:
    one = rendered(tmp_path / "a", "linux_aarch64")
    two = rendered(tmp_path / "b", "linux_aarch64", file=Path("/else where/aarch64-linux-gnu.cmake"))
    assert package_ids(template, tmp_path, one) == package_ids(template, tmp_path, two)


def test_python_is_not_in_the_profile() -> None:
    project = facts.project(conan=ConanConfig(requires=("lz4/1.9.4",)))
    names = [f"cp3{minor}-manylinux_2_36_aarch64" for minor in (9, 10, 13)] + ["pp310-manylinux_2_36_aarch64"]
    plans = [make_plan(facts.facts(facts.target(name), project=project)) for name in names]
    assert len({plan.conan.host_profile for plan in plans if plan.conan}) == 1


@pytest.mark.parametrize(
    "folder",
    ["/a b", "/ümläut", "/it's", '/say "hi"', "/x#y", "/a #b", "/a;b", "/$HOME", "/{{x}}", "/{%x%}", "/{#x", "/a=b"],
)
def test_hostile_paths(template: Path, tmp_path: Path, folder: str) -> None:
    """Conan reads exactly the paths that were meant; profiles are Jinja templates and ini files at once."""
    compilers = {
        name: replace(one, path=f"{folder}/gcc", flags=f'-I"{folder}"'.replace('say "hi"', "say"))
        for name, one in facts.toolchain("aarch64").compilers.items()
    }
    variables = {**facts.toolchain("aarch64").variables, "CMAKE_SYSROOT": folder, "CMAKE_AR": f"{folder}/ar"}
    file = Path(folder, "t.cmake")
    profile = rendered(tmp_path, "linux_aarch64", compilers=compilers, variables=variables, file=file)
    found = show(template, profile)
    assert found["conf"]["tools.build:compiler_executables"] == {"c": f"{folder}/gcc", "cpp": f"{folder}/gcc"}
    plain = folder in ("/ümläut", "/a=b")  # Conan's generators have no quotes for it: the compilers' scripts say others
    assert found["conf"].get("tools.build:sysroot") == (folder if plain else None)
    assert found["conf"]["tools.cmake.cmaketoolchain:user_toolchain"] == [f"{folder}/t.cmake"]
    assert f"AR={folder}/ar" in str(found["build_env"])


def test_build_profile(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "build.profile"
    path.write_text(render.build_profile(platform_tools(facts.machine())), encoding="utf-8")
    words = ["profile", "show", "-pr:h", "default", "-pr:b", "default", "-pr:b", str(path), "--format=json"]
    found = json.loads(run_conan(template, *words))["build"]
    assert found["settings"]["compiler"] == "gcc"
    assert found["conf"]["tools.cmake.cmaketoolchain:user_presets"] == ""
