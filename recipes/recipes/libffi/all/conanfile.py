"""libffi: functions called, and made, whose types are known at run time only."""

from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.apple import fix_apple_shared_install_name
from conan.tools.files import apply_conandata_patches, copy, export_conandata_patches, get, rm, rmdir
from conan.tools.gnu import Autotools, AutotoolsToolchain
from conan.tools.layout import basic_layout
from conan.tools.microsoft import is_msvc

required_conan_version = ">=2.4"


class LibffiRecipe(ConanFile):
    """Build libffi by the configure script of upstream's release, which needs make and a shell alone."""

    name = "libffi"
    description = "Portable foreign function interface"
    license = "MIT"
    homepage = "https://sourceware.org/libffi/"
    topics = ("ffi", "runtime")
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ("auto_shared_fpic",)

    def export_sources(self) -> None:
        """Take the patch along."""
        export_conandata_patches(self)

    def layout(self) -> None:
        """Keep upstream's tree apart from what is built."""
        basic_layout(self, src_folder="src")

    def validate(self) -> None:
        """Refuse a compiler that the configure script can drive only through a wrapper."""
        if is_msvc(self):
            message = "libffi's configure script does not know Visual C++: use gcc or clang"
            raise ConanInvalidConfiguration(message)

    def source(self) -> None:
        """Fetch upstream's release, which has a configure script as the repository has not, and mend it."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)
        apply_conandata_patches(self)

    def generate(self) -> None:
        """Choose what configure would otherwise take from the build machine."""
        toolchain = AutotoolsToolchain(self)
        toolchain.configure_args += [
            "--disable-docs",
            # The library goes to lib/, also where the compiler would say ../lib64.
            "--disable-multi-os-directory",
            # No -march or -mtune found out by looking at the build machine's processor.
            "--without-gcc-arch",
        ]
        toolchain.generate()

    def build(self) -> None:
        """Configure and make."""
        autotools = Autotools(self)
        autotools.configure()
        autotools.make()

    def package(self) -> None:
        """Keep headers, library and licence; Conan writes its own pkg-config files."""
        package = Path(self.package_folder)
        copy(self, "LICENSE", src=self.source_folder, dst=package / "licenses")
        Autotools(self).install()
        rm(self, "*.la", package / "lib")
        rmdir(self, package / "lib/pkgconfig")
        rmdir(self, package / "share")
        fix_apple_shared_install_name(self)

    def package_info(self) -> None:
        """Give the names that pkg-config and CMake projects look for."""
        self.cpp_info.set_property("pkg_config_name", "libffi")
        self.cpp_info.set_property("cmake_file_name", "libffi")
        self.cpp_info.set_property("cmake_target_name", "libffi::libffi")
        self.cpp_info.libs = ["ffi"]
