"""The projects that are measured, as each contestant wants them: one module, and what makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = 40  # of the project with many sources
_MODULE = "#include <pybind11/pybind11.h>\n{includes}\nPYBIND11_MODULE(_core, m)\n{{\n{body}}}\n"
_LIBRARIES = """\
    m.def("versions", [] { return pybind11::make_tuple(LZ4_versionNumber(), BZ2_bzlibVersion()); });
    m.def("snappy_bound", [](size_t size) { return snappy::MaxCompressedLength(size); });
"""
_PART = """\
#include <algorithm>
#include <map>
#include <string>
#include <vector>

int part_{number}(int count)
{{
    std::map<std::string, std::vector<int>> seen;
    for (int i = 0; i < count; ++i)
        seen[std::to_string(i % 7)].push_back(i + {number});
    int sum = 0;
    for (auto &[name, values] : seen) {{
        std::sort(values.rbegin(), values.rend());
        sum += values.front() + static_cast<int>(name.size());
    }}
    return sum;
}}
"""


@dataclass(frozen=True, kw_only=True)
class Project:
    """One project.

    Attributes:
        name: of the distribution and of its package.
        sources: C++ by path.
        changed: the source that is edited for "one file changed".
        requires: of Conan.
        cmake: what CMakeLists.txt finds, and links with the module.
        meson: the same for meson.build: names of dependencies.
    """

    name: str
    sources: Mapping[str, str]
    changed: str
    requires: tuple[str, ...] = ()
    cmake: tuple[tuple[str, str], ...] = ()
    meson: tuple[str, ...] = field(default=())

    def write(self, root: Path, contestant: str, generators: Path) -> None:
        """Write it for a contestant.

        Args:
            root: a new folder.
            contestant: of BACKENDS, or "by hand".
            generators: what `conan install` makes, for those who don't call Conan.
        """
        texts = {
            **self.sources,
            f"src/{self.name}/__init__.py": "from ._core import *\n",
            "pyproject.toml": self._pyproject(contestant, generators),
        }
        if contestant == "meson-python":
            texts["meson.build"] = self._meson()
        else:
            texts["CMakeLists.txt"] = self._cmake_lists()
        if contestant == "conan-py-build":
            texts["conanfile.py"] = self._recipe()
        elif self.requires:
            texts["conanfile.txt"] = "\n".join(["[requires]", *self.requires, ""])
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        (root / "dist").mkdir()

    def _cmake_lists(self) -> str:
        lines = ["cmake_minimum_required(VERSION 3.18...4.2)", f"project({self.name} LANGUAGES C CXX)"]
        lines += ["set(CMAKE_CXX_STANDARD 17)"]
        lines += ["find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)"]
        lines += [
            "find_package(pybind11 CONFIG REQUIRED)",
            *(f"find_package({name} REQUIRED)" for name, _ in self.cmake),
        ]
        lines += [f"pybind11_add_module(_core {' '.join(self.sources)})"]
        lines += [f"target_link_libraries(_core PRIVATE {target})" for _, target in self.cmake]
        return "\n".join([*lines, f"install(TARGETS _core LIBRARY DESTINATION {self.name})", ""])

    def _meson(self) -> str:
        files = ", ".join(f"'{name}'" for name in self.sources)
        found = ", ".join(f"dependency('{name}')" for name in ("pybind11", *self.meson))
        lines = [f"project('{self.name}', 'c', 'cpp', version: '1.0', default_options: ['cpp_std=c++17'])"]
        lines += ["py = import('python').find_installation(pure: false)"]
        lines += [
            f"py.extension_module('_core', {files}, dependencies: [{found}], install: true, subdir: '{self.name}')"
        ]
        return "\n".join([*lines, f"py.install_sources('src/{self.name}/__init__.py', subdir: '{self.name}')", ""])

    def _recipe(self) -> str:
        return "\n".join(
            [
                "from conan import ConanFile",
                "from conan.tools.cmake import CMake, cmake_layout",
                "",
                "class Recipe(ConanFile):",
                f'    name, version = "{self.name}", "1.0"',
                '    settings = "os", "compiler", "build_type", "arch"',
                '    generators = "CMakeToolchain", "CMakeDeps"',
                f"    requires = {self.requires!r}",
                "    def layout(self):",
                "        cmake_layout(self)",
                "    def build(self):",
                "        cmake = CMake(self)",
                "        cmake.configure()",
                "        cmake.build()",
                "    def package(self):",
                "        CMake(self).install()",
                "",
            ]
        )

    def _pyproject(self, contestant: str, generators: Path) -> str:
        backend = BACKENDS.get(contestant, "xconan.build")
        lines = ["[build-system]", "requires = []", f'build-backend = "{backend}"', "[project]"]
        lines += [f'name = "{self.name}"', 'version = "1.0"', 'description = "measured"']
        toolchain = f"{generators}/conan_toolchain.cmake"
        if contestant == "py-build-cmake":
            lines += ["[tool.py-build-cmake.module]", 'directory = "src"', "[tool.py-build-cmake.cmake]"]
            lines += ['build_type = "Release"', 'generator = "Ninja"']
            lines += [f'options = {{CMAKE_TOOLCHAIN_FILE = "{toolchain}"}}'] if self.requires else []
        elif contestant == "scikit-build-core":
            lines += ["[tool.scikit-build]", 'build-dir = "build"']
            lines += [f'cmake.args = ["-DCMAKE_TOOLCHAIN_FILE={toolchain}"]'] if self.requires else []
        elif contestant == "meson-python" and self.requires:
            lines += ["[tool.meson-python.args]", f'setup = ["--native-file={generators}/conan_meson_native.ini"]']
        return "\n".join([*lines, ""])


BACKENDS = {
    "xconan": "xconan.build",
    "py-build-cmake": "py_build_cmake.build",
    "scikit-build-core": "scikit_build_core.build",
    "meson-python": "mesonpy",
    "conan-py-build": "conan_py_build.build",
}
"""The backends, by the name of their package."""

PLAIN = Project(
    name="plain",
    sources={
        "src/core.cpp": _MODULE.format(includes="", body='    m.def("add", [](int a, int b) { return a + b; });\n')
    },
    changed="src/core.cpp",
)
LIBRARIES = Project(
    name="threelibs",
    sources={
        "src/core.cpp": _MODULE.format(
            includes="#include <bzlib.h>\n#include <lz4.h>\n#include <snappy.h>\n", body=_LIBRARIES
        )
    },
    changed="src/core.cpp",
    requires=("lz4/1.9.4", "bzip2/1.0.8", "snappy/1.1.9"),
    cmake=(("lz4", "lz4::lz4"), ("BZip2", "BZip2::BZip2"), ("Snappy", "Snappy::snappy")),
    meson=("liblz4", "bzip2", "snappy"),
)
MANY = Project(
    name="manyfiles",
    sources={
        "src/core.cpp": _MODULE.format(
            includes="".join(f"int part_{number}(int count);\n" for number in range(FILES - 1)),
            body="".join(f'    m.def("part_{number}", part_{number});\n' for number in range(FILES - 1)),
        ),
        **{f"src/part_{number}.cpp": _PART.format(number=number) for number in range(FILES - 1)},
    },
    changed="src/part_7.cpp",
)
PROJECTS = {"no dependency": PLAIN, "three Conan libraries": LIBRARIES, f"{FILES} source files": MANY}
"""By what they show."""
