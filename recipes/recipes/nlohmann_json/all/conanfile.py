"""JSON for Modern C++: headers only."""

from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, get
from conan.tools.layout import basic_layout

required_conan_version = ">=2.4"


class NlohmannJsonRecipe(ConanFile):
    """Package the headers; one package serves every platform."""

    name = "nlohmann_json"
    description = "JSON for Modern C++"
    license = "MIT"
    homepage = "https://json.nlohmann.me"
    topics = ("json", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    implements = ("auto_header_only",)
    no_copy_source = True

    def layout(self) -> None:
        """Keep upstream's tree in a folder of its own."""
        basic_layout(self, src_folder="src")

    def validate(self) -> None:
        """Refuse a C++ standard older than the library's."""
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 11)

    def source(self) -> None:
        """Fetch upstream's archive."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def package(self) -> None:
        """Keep headers and licence."""
        source, package = Path(self.source_folder), Path(self.package_folder)
        copy(self, "LICENSE.MIT", src=source, dst=package / "licenses")
        copy(self, "*", src=source / "include", dst=package / "include")

    def package_info(self) -> None:
        """Give the names that upstream's own CMake and pkg-config files give."""
        self.cpp_info.set_property("cmake_file_name", "nlohmann_json")
        self.cpp_info.set_property("cmake_target_name", "nlohmann_json::nlohmann_json")
        self.cpp_info.set_property("pkg_config_name", "nlohmann_json")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
