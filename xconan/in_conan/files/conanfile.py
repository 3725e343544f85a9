"""A wheel as a Conan package, by xconan, and its test.

    class Wheel(ConanFile):
        name, version = "demo", "1.0"
        python_requires = "xconan/0.1.0"
        python_requires_extend = "xconan.XconanWheel"
        requires = "lz4/1.9.4"
        exports_sources = "pyproject.toml", "CMakeLists.txt", "src/*"

The host profile says which Python the wheel is for: `xconan profile` writes one.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import build_jobs, cross_building
from conan.tools.cmake import CMakeConfigDeps, CMakeToolchain
from conan.tools.files import copy, save

required_conan_version = ">=2.28"
VERSION = "0.1.0"
# as `python -m xconan`, but for the working folder, whose json.py or types.py is not Python's
RUN = "import sys; sys.path[:] = filter(None, sys.path); from xconan.cli import main; sys.exit(main())"
PROTOCOL = 2  # of requests, as xconan/in_conan/recipe.py understands them

# what [buildenv] of a host profile says for libraries, xconan/render/profile.py
OF_LIBRARIES = ("CC", "CXX", "FC", "F77", "F90", "CPP", "CXXCPP", "LD")
# properties of cpp_info, as xconan/conan/second_names.py asks for them
NAMES = (
    "cmake_find_mode",
    "cmake_file_name",
    "cmake_module_file_name",
    "cmake_target_name",
    "cmake_module_target_name",
    "cmake_target_aliases",
)


class XconanRecipe(ConanFile):
    """The package that recipes of wheels name as python_requires."""

    name = "xconan"
    version = VERSION
    description = "Python wheels as Conan packages, cross-compiled with the libraries that Conan has resolved"
    license = "MIT"
    package_type = "python-require"


class XconanWheel:
    """The base class of a recipe whose package is a wheel, built from pyproject.toml by xconan."""

    settings = "os", "arch", "compiler", "build_type"
    package_type = "application"
    # a library that is not in the wheel is missing on its host
    default_options = {"*:shared": False, "*:fPIC": True}  # noqa: RUF012 - as Conan has it

    def init(self):
        """Keep these default options beside a recipe's own; what `xconan build` left behind is no source."""
        own = type(self).default_options
        if own is not XconanWheel.default_options:  # first, as a later pattern is the stronger one
            values = {**XconanWheel.default_options, **(own or {})}
            self.options = type(self.options)(type(self).options or {}, values)
        if exported := self.exports_sources:
            self.exports_sources = (*([exported] if isinstance(exported, str) else exported), "!.xconan_cache/*")

    def set_name(self):
        """Take the name from pyproject.toml where the recipe has none."""
        self.name = self.name or _project(self)["name"].lower()

    def set_version(self):
        """Take the version from pyproject.toml where the recipe has none."""
        self.version = self.version or _project(self)["project_version"]

    def layout(self):
        """Keep what is built apart from the sources."""
        self.folders.build = "build"
        self.folders.generators = "build/generators"

    def validate_build(self):
        """Say before any library is built that xconan, the host's Python, or a toolchain that fits is missing."""
        try:
            xconan = find_xconan(_conf(self, "python"))
            found = describe(xconan)
            if cross_building(self) and "-" not in _target(self):
                raise ConanInvalidConfiguration(
                    "the host profile does not say which host the wheel is for: let `xconan profile` write it, "
                    "or add -c user.xconan:target=cp311-manylinux_2_28_aarch64"
                )
            profile = {
                "settings": _known({name: self.settings.get_safe(name) for name in found["settings"]}),
                "conf": _known({name: self.conf.get(name) for name in found["confs"]}),
            }
            _ask(xconan, self._request(action="check", project=_sources(self), profile=profile))
        except ConanException as error:
            raise ConanInvalidConfiguration(str(error)) from error

    def package_id(self):
        """Give each Python, and what a cross.toml overrides, a package of its own; libraries know nothing of it."""
        try:
            target = _target(self)
        except ConanException:  # installed where there is no xconan; validate_build() says so to those who build
            target = f"cp{sys.version_info.major}{sys.version_info.minor}"
        self.info.conf.define("user.xconan:target", target)
        if overrides := _conf(self, "overrides"):
            self.info.conf.define("user.xconan:overrides", overrides)

    def generate(self):
        """Write what CMake needs to find the libraries."""
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.generate()
        CMakeConfigDeps(self).generate()

    def build(self):
        """Have xconan build and check the wheel."""
        libraries = [one.package_folder for one in self.dependencies.host.values()]
        request = self._request(
            action="build",
            project=self.source_folder,
            out=str(Path(self.build_folder, "wheel")),
            folder=str(Path(self.build_folder, "xconan")),
            generators=self.generators_folder,
            packages=[folder for folder in libraries if folder],
            named=[_named(one.ref.name, one.cpp_info) for one in self.dependencies.host.values()],
            linked=[_linked(one, how.direct) for how, one in self.dependencies.host.items() if one.package_folder],
            env={"CMAKE_BUILD_PARALLEL_LEVEL": str(build_jobs(self))},
        )
        _run(self, request)

    def _request(self, **request):
        # Conan asks whether each C++ standard is compatible; what is checked is the same for all, and asked once
        names = ("arch", "build_type", *(["compiler.cppstd"] if request["action"] == "build" else []))
        settings = _known({name: self.settings.get_safe(name) for name in names})
        return _request(self, package_version=str(self.version), settings=settings, abi=_conf(self, "abi"), **request)

    def package(self):
        """Keep the wheel, and the licences that are in it."""
        built = Path(self.build_folder, "wheel")
        copy(self, "*.whl", src=built, dst=self.package_folder)
        for wheel in built.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    _, found, below = name.partition(".dist-info/licenses/")
                    if found and below and ".." not in PurePosixPath(below).parts:
                        place = Path(self.package_folder, "licenses", below)
                        place.parent.mkdir(parents=True, exist_ok=True)
                        place.write_bytes(archive.read(name))

    def package_info(self):
        """Tell consumers where the wheel is; there is nothing to link."""
        self.cpp_info.includedirs = self.cpp_info.libdirs = self.cpp_info.bindirs = []
        wheels = sorted(Path(self.package_folder).glob("*.whl")) if self.package_folder else []
        self.cpp_info.set_property("xconan_wheel", str(wheels[0]) if wheels else "")


class XconanTest:
    """The base class of a test_package: the host's Python imports the wheel, emulated where it must be.

    Scripts test*.py beside the recipe are run instead, where there are any.
    """

    settings = "os", "arch", "compiler", "build_type"

    def requirements(self):
        """Use the package that is tested."""
        self.requires(self.tested_reference_str)

    def layout(self):
        """Keep what is unpacked apart from the scripts."""
        self.folders.build = "build"
        self.folders.generators = "build/generators"

    def test(self):
        """Have xconan find the host's Python and run it."""
        can_run = self.conf.get("tools.build.cross_building:can_run", check_type=bool)
        if can_run is False:
            self.output.warning("the wheel is not imported: tools.build.cross_building:can_run is False")
            return
        package = self.dependencies[self.tested_reference_str]
        wheels = sorted(Path(package.package_folder).glob("*.whl"))
        if not wheels:
            raise ConanException(f"there is no wheel in {package.package_folder}")
        request = _request(
            self,
            action="test",
            wheel=str(wheels[0]),
            folder=str(Path(self.build_folder, "wheel")),
            scripts=sorted(str(path) for path in Path(self.source_folder).glob("test*.py")),
            ways={name: self.conf.get(f"user.xconan:{name}", default="") for name in ("emulator", "interpreter")},
            insist=can_run is True,
        )
        _run(self, request)


def _request(recipe, **request):
    """Add what the host profile says of the host."""
    toolchains = recipe.conf.get("tools.cmake.cmaketoolchain:user_toolchain", default=[], check_type=list)
    return {
        "protocol": PROTOCOL,
        "version": VERSION,
        "target": _target(recipe),
        "cross": recipe.conf.get("user.xconan:cross", default=[], check_type=list),
        "written_from": _conf(recipe, "written_from"),
        "toolchain_file": toolchains[0] if len(toolchains) == 1 else "",
        "crossing": cross_building(recipe),
        **request,
    }


def _linked(one, direct):
    """A library that the wheel is linked with, as xconan notes those that it has asked Conan for."""
    licenses = one.license if isinstance(one.license, (list, tuple)) else [one.license] if one.license else []
    return {
        "ref": f"{one.ref.name}/{one.ref.version}",
        "revision": str(one.ref.revision or ""),
        "package_id": str(one.pref.package_id or ""),
        "licenses": [str(name) for name in licenses],
        "type": str(one.package_type or ""),
        "folder": Path(one.package_folder).as_posix(),
        "requires": sorted({str(other.ref.name) for other in one.dependencies.direct_host.values()}),
        "direct": bool(direct),
    }


def _named(package, info):
    """By what names CMake may ask for a library, in words of its recipe."""
    return {
        "package": str(package),
        "properties": _declared(info),
        "components": {name: {"properties": _declared(one)} for name, one in info.components.items()},
    }


def _declared(info):
    return {name: value for name in NAMES if (value := info.get_property(name)) is not None}


def _run(recipe, request):
    """Hand a request to xconan in sight of the user, and fail where it fails."""
    file = str(Path(recipe.build_folder, "xconan-request.json"))
    request["before_profile"] = {name: os.environ.get(name) for name in OF_LIBRARIES}
    save(recipe, file, json.dumps(request, indent=1))
    command = [*find_xconan(_conf(recipe, "python")), "conan-recipe", file]
    recipe.run(shlex.join(command), env="conanbuild")


def _conf(recipe, name):
    return str(recipe.conf.get(f"user.xconan:{name}", default=""))


def _target(recipe):
    """The wheel's host: "cp311-linux_aarch64", or for this machine "cp311".

    The profile's platform (user.xconan:abi) and the Python that runs xconan are what user.xconan:target leaves out.
    """
    target, platform = _conf(recipe, "target"), _conf(recipe, "abi").rpartition("-")[0]
    target = re.sub(r"^((?:cp|pp)\d+)-\1(t?)-", r"\1\2-", target)  # cp311-cp311-…, as xconan prints it
    python = target or describe(find_xconan(_conf(recipe, "python")))["python"]
    return f"{python}-{platform}" if platform and "-" not in python else python


def _known(values):
    """What is set, as JSON has it: texts, lists and tables."""
    plain = {name: value if isinstance(value, (list, dict)) else str(value) for name, value in values.items()}
    return {name: value for name, value in plain.items() if values[name] is not None}


def _sources(recipe):
    """Where pyproject.toml is before Conan provides the sources, "" where it is nowhere yet."""
    if hasattr(recipe, "source"):  # which may make or change it
        return ""
    folder = Path(recipe.recipe_folder)
    places = (folder, folder.parent / "es")  # of the project; of Conan's cache, beside the recipe
    return next((str(place) for place in places if (place / "pyproject.toml").is_file()), "")


def _project(recipe):
    """Name and version of the project: as pyproject.toml says, else as xconan finds them."""
    try:
        import tomllib  # noqa: PLC0415 - not in Python 3.10
    except ImportError:
        tomllib = None
    file = Path(recipe.recipe_folder, "pyproject.toml")
    table = tomllib.loads(file.read_text("utf-8")).get("project", {}) if tomllib and file.is_file() else {}
    if {"name", "version"} <= table.keys():
        return {"name": table["name"], "project_version": table["version"]}
    try:
        xconan = find_xconan()
    except ConanException as error:  # the confs of a profile are not known yet
        raise ConanException(
            f"{error}; it has to say what {file} does not, so here XCONAN_PYTHON alone counts"
        ) from error
    return describe(xconan, recipe.recipe_folder)


def find_xconan(configured_python=""):
    """Return the command that runs xconan, as a list.

    CONFIGURED_PYTHON (the conf user.xconan:python) comes first, then $XCONAN_PYTHON, each a Python that has xconan;
    then the Python that runs Conan, and the program `xconan` on PATH.
    """
    for where, python in (
        ("user.xconan:python", configured_python),
        ("XCONAN_PYTHON", os.environ.get("XCONAN_PYTHON")),
    ):
        if python:
            program = shutil.which(os.path.expanduser(python))  # noqa: PTH111 - a Path forgets the ./ before a name
            if program is None:
                raise ConanException(f"{where} names a Python that is not there: {python}")
            return [program, "-c", RUN]
    here = find_spec("xconan")
    if here and here.origin:  # Conan's own commands make a package of this name without any file
        return [sys.executable, "-c", RUN]
    program = shutil.which("xconan")
    if program is None:
        raise ConanException(
            "xconan is not found. It is neither in the Python that runs Conan nor on PATH: name a Python that has it, "
            "-c user.xconan:python=/path/to/python or XCONAN_PYTHON=/path/to/python (pip install xconan)"
        )
    return [program]


def describe(command, project=""):
    """Ask xconan for its own Python ("python") and, with a folder, for a project's name and version."""
    return _ask(command, {"protocol": PROTOCOL, "version": VERSION, "action": "describe", "project": str(project)})


def shown(command):
    """A command of find_xconan(), as a person would give it."""
    return " ".join(command).replace(f"-c {RUN}", "-m xconan")


def _ask(command, request):
    """Have xconan answer a request behind the scenes; the same one once, even if it fails."""
    done = _answer(tuple(command), json.dumps(request))
    try:
        if done.returncode == 0:
            return json.loads(done.stdout)
    except ValueError:
        pass
    lines = (done.stderr or done.stdout).strip().splitlines()
    if errors := [number for number, line in enumerate(lines) if line.startswith("xconan: error:")]:
        raise ConanException("\n".join(lines[errors[0] :]))
    words = "\n".join(lines[-5:])
    raise ConanException(
        f"`{shown(command)}` does not answer as xconan {VERSION} (exit code {done.returncode})\n{words}"
    )


@cache
def _answer(command, request):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "request.json")
        file.write_text(request, "utf-8")
        return subprocess.run([*command, "conan-recipe", str(file)], capture_output=True, text=True, check=False)
