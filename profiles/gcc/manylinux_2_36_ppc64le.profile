# Conan host profile for manylinux_2_36_ppc64le, derived by xconan from /opt/cross/powerpc64le-linux-gnu.cmake

[settings]
os=Linux
arch=ppc64le
compiler=gcc
compiler.version=12
compiler.libcxx=libstdc++11
compiler.cppstd=gnu17
build_type=Release

[platform_tool_requires]
cmake/4.1.2
ninja/1.13.1

[conf]
tools.build.cross_building:cross_build=True
tools.build:compiler_executables={"c": "/opt/cross/bin/powerpc64le-linux-gnu-gcc", "cpp": "/opt/cross/bin/powerpc64le-linux-gnu-g++"}
tools.gnu:host_triplet=powerpc64le-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=ppc64le
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/powerpc64le-linux-gnu.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
user.xconan:abi=manylinux_2_36_ppc64le-89468964002e
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/bin/powerpc64le-linux-gnu-gcc
CXX=/opt/cross/bin/powerpc64le-linux-gnu-g++
CPP=/opt/cross/bin/powerpc64le-linux-gnu-gcc -E
CXXCPP=/opt/cross/bin/powerpc64le-linux-gnu-g++ -E
LD=/opt/cross/bin/powerpc64le-linux-gnu-ld
AR=/opt/cross/bin/powerpc64le-linux-gnu-ar
RANLIB=/opt/cross/bin/powerpc64le-linux-gnu-ranlib
STRIP=/opt/cross/bin/powerpc64le-linux-gnu-strip
NM=/opt/cross/bin/powerpc64le-linux-gnu-nm
OBJCOPY=/opt/cross/bin/powerpc64le-linux-gnu-objcopy
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
