"""Contestants: an environment for each backend, the projects laid out for it, and how a wheel is built by it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.projects import BACKENDS, PROJECTS
from tests.support.conan_home import make_conan_home
from tests.support.sources import fill_download_cache

if TYPE_CHECKING:
    from benchmarks.projects import Project

REPOSITORY = Path(__file__).parents[1]
BY_HAND = "by hand"
CONTESTANTS = ("xconan", BY_HAND, *(name for name in BACKENDS if name != "xconan"))
TOOLS = ("cmake>=3.20,<4.3", "ninja", "pybind11>=2.13", "meson>=1.3", "conan>=2.20,<3")
"""The same for all, so that backends alone differ."""
_BUILT = (".xconan_cache", ".py-build-cmake_cache", "build", "staging", "dist", "meta")
_HOOK = "import sys, resource; from {backend} import {hook} as hook; hook({arguments}); {end}"
_MEMORY = "print('MB', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a step took: seconds by the clock, and the most memory that the backend's own process had, in MB."""

    seconds: float
    memory: int = 0


class Contest:
    """Environments and projects below one folder, with one Conan home for all."""

    def __init__(self, folder: Path, cache: Path, contestants: tuple[str, ...] = CONTESTANTS) -> None:
        self.folder, self.contestants = folder, contestants
        home = make_conan_home(
            folder / "conan", download_cache=fill_download_cache(cache / "downloads"), recipes=REPOSITORY / "recipes"
        )
        self._tools = self._environment("tools", TOOLS)
        self._pythons = {name: self._python(name) for name in contestants}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CMAKE_", "XCONAN_"))}
        # pybind11's folder, for the contestants whose environment CMake does not look into
        self._pybind11 = self._said("import pybind11; print(pybind11.get_cmake_dir())")
        self.env = {
            **kept,
            "CONAN_HOME": str(home),
            "XCONAN_CACHE": str(folder / "cache"),
            "PATH": f"{self._tools.parent}{os.pathsep}{os.environ['PATH']}",
            "pybind11_DIR": self._pybind11,
            # named, because Meson would put a cache of compilers before those that it finds
            "CC": "cc",
            "CXX": "c++",
        }
        for title, project in PROJECTS.items():
            for name in contestants:
                project.write(self.root(title, name), name, self._generators(title, name))

    def root(self, title: str, name: str) -> Path:
        """A contestant's copy of a project."""
        return self.folder / title.replace(" ", "-") / name.replace(" ", "-")

    def build(self, title: str, name: str, *, first: bool = False) -> Run:
        """One wheel; a first build counts `conan install` for those who don't call Conan."""
        before = self._conan_install(title, name) if first else 0.0
        if name == BY_HAND:
            return Run(seconds=before + self._by_hand(title))
        out, begun = self.hook(title, name, "build_wheel", _build_arguments(name))
        return Run(seconds=before + begun, memory=int(out.rpartition("MB")[2] or 0))

    def hook(self, title: str, name: str, hook: str, arguments: str = "") -> tuple[str, float]:
        """Call a hook of PEP 517 in a new process; returns what it printed and its seconds."""
        shutil.rmtree(self.root(title, name) / "meta", ignore_errors=True)  # a frontend names an empty folder
        code = _HOOK.format(backend=BACKENDS[name], hook=hook, arguments=arguments, end=_MEMORY)
        python = self._pythons[name]
        env = {**self.env, "PATH": f"{python.parent}{os.pathsep}{self.env['PATH']}"}
        return _called([str(python), "-c", code], self.root(title, name), env)

    def has(self, name: str, hook: str) -> bool:
        """Whether a backend has a hook; some are left out."""
        code = f"import {BACKENDS[name]} as backend; print(hasattr(backend, {hook!r}))"
        argv = [str(self._pythons[name]), "-c", code]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip() == "True"

    def bare(self, name: str, code: str) -> float:
        """Seconds of a Python that runs some code in a contestant's environment."""
        return _called([str(self._pythons[name]), "-c", code], self.folder, self.env)[1]

    def clean(self, title: str, name: str) -> None:
        """Forget what was built of a project; Conan's packages stay."""
        for below in _BUILT:
            shutil.rmtree(self.root(title, name) / below, ignore_errors=True)
        shutil.rmtree(self._generators(title, name), ignore_errors=True)
        (self.root(title, name) / "dist").mkdir()

    def change(self, title: str, name: str, number: int) -> None:
        """Edit one source."""
        path = self.root(title, name) / PROJECTS[title].changed
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\nextern const int changed_{number};\nconst int changed_{number} = {number};\n")

    def _environment(self, name: str, requirements: tuple[str, ...]) -> Path:
        """A virtual environment; returns its Python."""
        place = self.folder / "environments" / name.replace(" ", "-")
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        python = place / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
        return python

    def _python(self, name: str) -> Path:
        if name == BY_HAND:
            return self._tools
        package = str(REPOSITORY) if name == "xconan" else name
        return self._environment(name, (package, *(["conan>=2.20,<3"] if "conan" in name else []), "pybind11>=2.13"))

    def _said(self, code: str) -> str:
        return subprocess.run([str(self._tools), "-c", code], check=True, capture_output=True, text=True).stdout.strip()

    def _generators(self, title: str, name: str) -> Path:
        return self.folder / "generated" / title.replace(" ", "-") / name.replace(" ", "-")

    def _conan_install(self, title: str, name: str) -> float:
        """`conan install` by hand, where the project requires libraries and the contestant calls no Conan itself."""
        project: Project = PROJECTS[title]
        if not project.requires or name in ("xconan", "conan-py-build"):
            return 0.0
        pair = ("MesonToolchain", "PkgConfigDeps") if name == "meson-python" else ("CMakeToolchain", "CMakeConfigDeps")
        words = ["conan", "install", ".", "-of", str(self._generators(title, name)), "--build=missing"]
        words += [word for generator in pair for word in ("-g", generator)]
        words += ["-c", "tools.cmake.cmaketoolchain:user_presets="]
        return _called(words, self.root(title, name), self.env)[1]

    def _by_hand(self, title: str) -> float:
        """Configure, build and install, as three commands."""
        root = self.root(title, BY_HAND)
        configure = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"]
        configure += [f"-DPython_EXECUTABLE={self._tools}", f"-Dpybind11_DIR={self._pybind11}"]
        if PROJECTS[title].requires:
            configure += [f"-DCMAKE_TOOLCHAIN_FILE={self._generators(title, BY_HAND)}/conan_toolchain.cmake"]
        steps = [configure, ["cmake", "--build", "build"], ["cmake", "--install", "build", "--prefix", "staging"]]
        return sum(_called(step, root, self.env)[1] for step in steps)


def _build_arguments(name: str) -> str:
    """meson-python keeps a build folder where one is named; the others have one by their configuration."""
    return "'dist', {'build-dir': 'build'}" if name == "meson-python" else "'dist'"


def _called(argv: list[str], cwd: Path, env: dict[str, str]) -> tuple[str, float]:
    start = time.perf_counter()
    done = subprocess.run(argv, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{argv} failed in {cwd}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout, seconds
