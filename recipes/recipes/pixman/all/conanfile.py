"""Pixman: operations on pixels, as X and Cairo use them."""

import os

from conan import ConanFile
from conan.tools.apple import fix_apple_shared_install_name
from conan.tools.env import VirtualBuildEnv
from conan.tools.files import copy, get, rmdir
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain

required_conan_version = ">=2.0.9"


class PixmanConan(ConanFile):
    """Build libpixman-1 with upstream's Meson files."""

    name = "pixman"
    description = "Low-level library for pixel manipulation"
    license = ("LGPL-2.1-only", "MPL-1.1")
    homepage = "https://cairographics.org"
    topics = ("graphics", "compositing", "rasterization")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}

    def config_options(self):
        """Windows knows no such flag."""
        if self.settings.os == "Windows":
            del self.options.fPIC

    def configure(self):
        """It is C, and a shared library's code is position-independent anyway."""
        if self.options.shared:
            self.options.rm_safe("fPIC")
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def layout(self):
        """Keep upstream's tree apart from what is built."""
        basic_layout(self, src_folder="src")

    def build_requirements(self):
        """Upstream's build system."""
        self.tool_requires("meson/[>=1.2.3 <2]")

    def source(self):
        """Fetch upstream's release."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def generate(self):
        """Ask for the library alone."""
        VirtualBuildEnv(self).generate()
        toolchain = MesonToolchain(self)
        for option in ("tests", "libpng", "gtk", "openmp"):
            toolchain.project_options[option] = "disabled"
        if "clang" in str(self.settings.compiler):  # ARM's assembly is written for GNU's assembler alone
            for option in ("arm-simd", "neon", "a64-neon"):
                toolchain.project_options[option] = "disabled"
        toolchain.generate()

    def build(self):
        """Build the library."""
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        """Keep headers, library and licence; Conan writes its own pkg-config files."""
        copy(self, "COPYING", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        Meson(self).install()
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        fix_apple_shared_install_name(self)

    def package_info(self):
        """Give the names that pkg-config projects look for."""
        self.cpp_info.set_property("pkg_config_name", "pixman-1")
        self.cpp_info.includedirs.append(os.path.join("include", "pixman-1"))
        self.cpp_info.libs = ["pixman-1"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["m", "pthread"]
