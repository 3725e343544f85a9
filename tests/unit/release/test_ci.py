"""Pipelines for CI services: what their published schemas say, and their shell steps, run here."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from string import Template
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support.compare import assert_error, assert_says, raises_error
from tests.support.needs import need_package
from tests.support.workbench import PYPROJECT
from xconan.cli import main
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.release.ci import PLACES, Wish, pipeline, write_pipeline
from xconan.release.matrix import matrix_targets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workbench import Workbench
    from xconan.release.matrix import Chosen
    from xconan.release.wishes import Wishes

MATRIX = """\
[tool.xconan.matrix]
pythons = ["cp3{12,13}", "pp311"]
platforms = ["manylinux_2_17_{aarch64,x86_64}"]
"""
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


@pytest.fixture
def project(root: Path) -> Path:
    text = PYPROJECT.replace('"xconan"', '"xconan[zig]", "pybind11>=2.13", "tool; python_version < \'4\'"')
    (root / "pyproject.toml").write_text(text + MATRIX, "utf-8")
    (root / "CMakeLists.txt").write_text("project(demo)\n", "utf-8")
    (root / "demo.py").touch()
    return root


def read(project: Path, service: str, python: str = "3.13") -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(pipeline(project, Wish(service=service, python=python))))


@pytest.mark.parametrize("service", PLACES)
def test_published_schema(project: Path, service: str) -> None:
    need_package("check_jsonschema")
    place = write_pipeline(project, Wish(service=service))
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[service], str(place)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_pipeline_does_not_pass_the_schema(project: Path) -> None:
    need_package("check_jsonschema")
    place = write_pipeline(project, Wish(service="github"))
    place.write_text(place.read_text("utf-8").replace("runs-on:", "runs_on:"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS["github"], str(place)],
        check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode


def jobs_of(project: Path, service: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The platforms, and the wheels with their platforms, of a service's jobs."""
    found = read(project, service)
    if service == "github":
        libraries = found["jobs"]["libraries"]["strategy"]["matrix"]["platform"]
        wheels = found["jobs"]["wheels"]["strategy"]["matrix"]["include"]
        assert all(sorted(one) == ["name", "platform"] for one in wheels)
        return libraries, [(one["name"], one["platform"]) for one in wheels]
    (libraries,) = found["libraries"]["parallel"]["matrix"]
    wheels = found["wheels"]["parallel"]["matrix"]
    assert all(sorted(one) == ["NAME", "PLATFORM"] for one in wheels)
    return libraries["PLATFORM"], [(one["NAME"], one["PLATFORM"]) for one in wheels]


@pytest.mark.parametrize("service", PLACES)
def test_libraries_once_a_platform_and_a_job_a_wheel(service: str, project: Path) -> None:
    libraries, wheels = jobs_of(project, service)
    assert libraries == ["manylinux_2_17_aarch64", "manylinux_2_17_x86_64"]
    assert wheels == [
        (f"{python}-{platform}", platform)
        for python in ("cp312", "cp313", "pp311")
        for platform in ("manylinux_2_17_aarch64", "manylinux_2_17_x86_64")
    ]


def test_publishing_waits_for_all(project: Path) -> None:
    jobs = read(project, "github")["jobs"]
    assert jobs["publish"]["needs"] == ["wheels", "sdist"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}


def test_names_of_jobs_are_no_longer_than_gitlab_takes(project: Path) -> None:
    """They are made of all values of the matrix: https://docs.gitlab.com/ci/jobs/#job-names"""
    pythons = ",".join(map(str, range(12, 26)))
    rewrite(project, '"cp3{12,13}"', f'"cp3{{{pythons}}}"')
    rewrite(project, "[tool.xconan.matrix]", STABLE + "[tool.xconan.matrix]")
    _, wheels = jobs_of(project, "gitlab")
    assert any(name.count(",") == 13 for name, _ in wheels)
    assert max(len(f"wheels: [{', '.join(values)}]") for values in wheels) < 255


MIXED = """\
[tool.xconan.matrix]
pythons = ["cp3{12,13}", "cp313t-musl*"]
platforms = ["manylinux_2_17_aarch64", "linux_aarch64", "musllinux_1_2_aarch64"]
include = ["hosts/*.cross.toml", "cp310-cp310-manylinux2014_aarch64"]
exclude = ["cp312-linux_aarch64"]
"""


def test_the_commands_of_jobs_mean_each_target_once(bench: Workbench) -> None:
    """Also of platforms of which one's name is the end of another's, and of files among names."""
    text = bench.cross().read_text("utf-8")
    bench.write("hosts/a.cross.toml", text.replace("'linux_", "'manylinux_2_34_"))
    bench.write("hosts/b.cross.toml", text)
    bench.write("pyproject.toml", PYPROJECT + MIXED)
    libraries, wheels = jobs_of(bench.root, "gitlab")
    every = [one.name for one in matrix_targets(bench.root, {})]
    asked = {tag: [one.name for one in matrix_targets(bench.root, {}, [f"*-{tag}"])] for tag in libraries}
    assert sorted(name for names in asked.values() for name in names) == sorted(every)
    assert asked["linux_aarch64"] == ["cp313-linux_aarch64", "cp311-linux_aarch64"]
    assert asked["musllinux_1_2_aarch64"][-1] == "cp313t-musllinux_1_2_aarch64"
    assert asked["manylinux2014_aarch64"] == ["cp310-cp310-manylinux2014_aarch64"]
    assert [name for name, _ in wheels] == every


def test_a_job_builds_and_tries_its_target_as_the_matrix_has_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write("hosts/a.cross.toml", bench.cross().read_text("utf-8"))
    bench.write(
        "pyproject.toml", f'{PYPROJECT}[tool.xconan.matrix]\ninclude = ["hosts/*.toml", "cp312-linux_aarch64"]\n'
    )
    asked: list[tuple[list[Chosen], Wishes]] = []

    def note(_root: Path, chosen: list[Chosen], wishes: Wishes) -> None:
        asked.append((chosen, wishes))
        raise ConfigError("noted")

    monkeypatch.setattr("xconan.release.build.build_release", note)
    monkeypatch.chdir(bench.root)
    jobs = read(bench.root, "gitlab")
    for job, variables in (("libraries", {"PLATFORM": "linux_aarch64"}), ("wheels", {"NAME": "cp311-linux_aarch64"})):
        (command,) = jobs[job]["script"]
        with pytest.raises(SystemExit):
            main([Template(word).substitute(variables) for word in shlex.split(command)[1:]])
    by_name, by_file = {"target": "cp312-linux_aarch64"}, {"cross": [str(bench.root / "hosts/a.cross.toml")]}
    (libraries, first), (wheels, second) = asked
    chosen = [
        [{key: value for key, value in one.settings.items() if value} for one in each] for each in (libraries, wheels)
    ]
    assert chosen == [[by_name, by_file], [by_file]]
    assert (first.libraries_only, first.add_pythons) == (True, True)
    assert (second.libraries_only, second.add_pythons, second.test) == (False, True, True)


def test_libraries_that_fail_leave_other_platforms_their_wheels(project: Path) -> None:
    assert read(project, "github")["jobs"]["wheels"]["if"] == "${{ !cancelled() }}"
    gitlab = read(project, "gitlab")
    assert [gitlab[job].get("when") for job in ("wheels", "sdist", "publish")] == ["always", "always", None]


def test_actions_are_pinned(project: Path) -> None:
    jobs = read(project, "github")["jobs"]
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert len(used) > 8
    assert all(len(one.partition("@")[2]) == 40 for one in used)


STABLE = '[tool.xconan.wheel]\npython_abi = "abi3"\nabi3_minimum_cpython_version = 312\n'


def test_a_wheel_for_the_stable_abi_has_one_job_for_all_its_targets(project: Path) -> None:
    rewrite(project, "[tool.xconan.matrix]", STABLE + "[tool.xconan.matrix]")
    _, wheels = jobs_of(project, "github")
    names = [name for name, platform in wheels if "aarch64" in platform]
    assert names == ["{cp312,cp313}-manylinux_2_17_aarch64", "pp311-manylinux_2_17_aarch64"]
    chosen = matrix_targets(project, {}, names[:1])
    assert [one.name for one in chosen] == ["cp312-manylinux_2_17_aarch64", "cp313-manylinux_2_17_aarch64"]


def test_a_wheel_for_any_machine_has_one_job(project: Path) -> None:
    rewrite(project, "[tool.xconan.matrix]", "[tool.xconan.wheel]\npure_python = true\n[tool.xconan.matrix]")
    libraries, wheels = jobs_of(project, "github")
    assert wheels == [("{cp312,cp313,pp311}-manylinux_2_17_aarch64", "manylinux_2_17_aarch64")]
    assert libraries == ["manylinux_2_17_aarch64"]


def test_targets_that_share_a_wheel_are_told_the_same(project: Path) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f'{STABLE}[[tool.xconan.matrix.overrides]]\nselect = "cp313-*"\ncmake.build_type = "Debug"\n')
    with pytest.raises(ErrorGroup) as caught:
        pipeline(project, Wish(service="github"))
    for error, arch in zip(caught.value.errors, ("aarch64", "x86_64"), strict=True):
        assert_error(
            error, ConfigError, f"cp312-manylinux_2_17_{arch} and cp313-manylinux_2_17_{arch} make the same wheel, "
            f"cp312-abi3-manylinux_2_17_{arch}, and differ in cmake.build_type",
        )  # fmt: skip


def test_cross_files_are_targets_of_their_platforms(bench: Workbench) -> None:
    bench.write("hosts/my board.cross.toml", bench.cross().read_text("utf-8"))
    bench.write("pyproject.toml", f'{PYPROJECT}[tool.xconan.matrix]\ninclude = ["hosts/*.cross.toml"]\n')
    assert jobs_of(bench.root, "gitlab") == (["linux_aarch64"], [("cp311-linux_aarch64", "linux_aarch64")])


@pytest.mark.parametrize("place", ["{hosts}/*.cross.toml", "../hosts/*.cross.toml", "linked/*.cross.toml"])
def test_cross_files_of_this_machine_alone(place: str, bench: Workbench) -> None:
    bench.cross()
    (bench.root / "linked").symlink_to(bench.hosts)
    include = place.format(hosts=bench.hosts)
    bench.write("pyproject.toml", f'{PYPROJECT}[tool.xconan.matrix]\ninclude = ["{include}"]\n')
    with raises_error(
        ConfigError, "aarch64.cross.toml lies outside of the project",
        where="pyproject.toml: tool.xconan.matrix.include", hint="move it in",
    ):  # fmt: skip
        pipeline(bench.root, Wish(service="github"))
    assert main(["plan", str(bench.root), "--all"]) == 0, "which is no matter here"


# --- where xconan comes from -----------------------------------------------------------------------------------------

ADDRESS = "git+https://example.invalid/xconan@0123abcd"


def installed(project: Path, *words: str) -> list[str]:
    """What the pipeline's pip is given, by the command line."""
    place = project / "pipeline.yml"
    assert main(["ci", "gitlab", str(project), "-o", str(place), "--force", *words]) == 0
    (command,) = yaml.safe_load(place.read_text("utf-8"))[".xconan"]["before_script"]
    return shlex.split(command)[4:]


def rewrite(project: Path, old: str, new: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_index_has_no_xconan_and_one_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert installed(project)[0] == "xconan[standalone,zig]"
    said = capsys.readouterr().err
    assert_says(said, "has no xconan yet", "xconan ci gitlab --xconan git+https://")


@pytest.mark.parametrize(
    ("required", "asked"),
    [
        ("xconan[sbom]>=0.1,<0.2", "xconan[sbom,standalone,zig]<0.2,>=0.1"),
        (f"xconan @ {ADDRESS}", f"xconan[standalone,zig]@ {ADDRESS}"),
    ],
)
def test_what_the_project_requires_of_it_is_kept(
    required: str, asked: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(project, "xconan[zig]", required)
    assert Requirement(installed(project)[0]) == Requirement(asked)
    assert ("has no xconan yet" in capsys.readouterr().err) == (ADDRESS not in required)


def test_an_address(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(project, "xconan[zig]", "xconan>=0.1")
    assert Requirement(installed(project, "--xconan", ADDRESS)[0]) == Requirement(f"xconan[standalone,zig] @ {ADDRESS}")
    assert capsys.readouterr().err == ""
    head = (project / "pipeline.yml").read_text("utf-8").partition("\n")[0]
    assert f"written by `xconan ci gitlab --xconan {ADDRESS}`" in head, "whoever writes it anew writes the same"


def test_a_folder_of_the_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["ci", "github", str(project), "--xconan", "wheels"])
    assert caught.value.code == 2
    assert_says(capsys.readouterr().err, "'wheels' is neither an address nor a folder", "pip wheel --no-deps")
    (project / "wheels").mkdir()
    (project / "wheels/xconan-0.1.0-py3-none-any.whl").touch()
    assert installed(project, "--xconan", "wheels")[:3] == ["--find-links", "wheels", "xconan[standalone,zig]"]
    assert capsys.readouterr().err == ""
    rewrite(project, "xconan[zig]", f"xconan @ {ADDRESS}")  # which the folder takes the place of
    assert installed(project, "--xconan", "wheels")[:3] == ["--find-links", "wheels", "xconan[standalone,zig]"]


def test_what_the_configuration_asks_for_is_installed(project: Path) -> None:
    more = (
        '[tool.xconan.wheel]\nsbom = true\n[tool.xconan.conan]\noptions = {"*:shared" = true}\n[tool.xconan.stubgen]\n'
    )
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    words = installed(project)
    assert words[0] == "xconan[bundle,sbom,standalone,zig]"
    assert "mypy>=1.4" in words


def test_more_jobs_than_a_service_makes(project: Path) -> None:
    platforms = ", ".join(
        f'"manylinux_2_{minor}_{{x86_64,aarch64,armv7l,i686,ppc64le,s390x}}"' for minor in range(28, 41)
    )
    rewrite(project, '"manylinux_2_17_{aarch64,x86_64}"', platforms)
    assert len(jobs_of(project, "github")[1]) == 234
    with raises_error(ConfigError, "234 wheels, and gitlab makes at most 200 jobs"):
        pipeline(project, Wish(service="gitlab"))


# --- the file --------------------------------------------------------------------------------------------------------


def test_files_of_others_stay(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = project / ".gitlab-ci.yml"
    place.write_text("mine: true\n", "utf-8")
    with raises_error(ConfigError, "there is another file already"):
        write_pipeline(project, Wish(service="gitlab"))
    assert main(["ci", "gitlab", str(project), "--force"]) == 0
    assert capsys.readouterr().out == f"{place}\n"
    assert "written by `xconan ci gitlab`" in place.read_text("utf-8")
    assert main(["ci", "gitlab", str(project), "--python", "3.14"]) == 0, "one of ours is written anew"
    assert "python:3.14" in place.read_text("utf-8")
    capsys.readouterr()
    assert main(["ci", "github", str(project), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("# Wheels of demo")


def test_files_of_others_stay_wherever_they_are(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = project / "notes.yml"
    words = ["ci", "github", str(project), "-o", str(place)]
    assert main(words) == 0
    written = place.read_text("utf-8")
    assert main([*words, "--python", "3.12"]) == 0, "one of ours is written anew"
    assert place.read_text("utf-8") != written
    place.write_text("mine: true\n", "utf-8")
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert place.read_text("utf-8") == "mine: true\n"
    said = capsys.readouterr().err
    assert "there is another file already" in said
    assert str(place) in said
    assert main([*words, "--force"]) == 0
    assert place.read_text("utf-8") == written


# --- the steps, run --------------------------------------------------------------------------------------------------


def steps(jobs: dict[str, Any], name: str) -> list[str]:
    """The shell steps of a GitHub job for its first combination, with the expressions filled in."""
    matrix = jobs[name].get("strategy", {}).get("matrix", {})
    first = matrix.get("include", [{key: values[0] for key, values in matrix.items()}])[0]
    found = [step["run"] for step in jobs[name]["steps"] if "run" in step]
    for key, value in first.items():
        found = [text.replace(f"${{{{ matrix.{key} }}}}", value) for text in found]
    assert "${{" not in "".join(found)
    return found


def test_steps_run(project: Path, tmp_path: Path) -> None:
    """With programs in the place of pip and xconan that note their words: what a shell makes of each step."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("python", "xconan"):
        (tools / name).write_text(
            f'#!/bin/sh\nprintf "{name}" >>said\nprintf "|%s" "$@" >>said\necho >>said\n', "utf-8"
        )
        (tools / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    rewrite(project, "[tool.xconan.matrix]", STABLE + "[tool.xconan.matrix]")
    jobs = read(project, "github")["jobs"]
    gitlab = read(project, "gitlab")
    install = "python|-m|pip|install|xconan[standalone,zig]|pybind11>=2.13|tool; python_version < '4'"
    wanted = {
        "libraries": [install, "xconan|build|--libraries-only|--add-pythons|--target|*-manylinux_2_17_aarch64"],
        "wheels": [
            install, "xconan|build|--all|--add-pythons|--out|dist|--target|{cp312,cp313}-manylinux_2_17_aarch64",
        ],
        "sdist": [install, "xconan|sdist|--out|dist"],
    }  # fmt: skip
    for name, lines in wanted.items():
        matrix = gitlab[name].get("parallel", {}).get("matrix", [{}])[0]
        variables = {key: value if isinstance(value, str) else value[0] for key, value in matrix.items()}
        scripts = {
            "github": steps(jobs, name),
            "gitlab": [*gitlab[".xconan"]["before_script"], *gitlab[name]["script"]],
        }
        for service, texts in scripts.items():
            said = tmp_path / service / name / "said"
            said.parent.mkdir(parents=True)
            (said.parent / "a-manylinux_2_17_aarch64").touch()  # which a pattern without quotes would mean
            for text in texts:  # as GitHub runs them
                subprocess.run(["bash", "-e", "-c", text], cwd=said.parent, env={**env, **variables}, check=True)
            assert said.read_text("utf-8").splitlines() == lines
