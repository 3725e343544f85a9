# Conan host profile for manylinux_2_36_i686, derived by xconan from /opt/cross/i686-linux-gnu.cmake

[settings]
os=Linux
arch=x86
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
tools.build:compiler_executables={"c": "/opt/cross/bin/i686-linux-gnu-gcc", "cpp": "/opt/cross/bin/i686-linux-gnu-g++"}
tools.gnu:host_triplet=i686-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=i686
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/i686-linux-gnu.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
user.xconan:abi=manylinux_2_36_i686-5b67655b5fd1
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/bin/i686-linux-gnu-gcc
CXX=/opt/cross/bin/i686-linux-gnu-g++
CPP=/opt/cross/bin/i686-linux-gnu-gcc -E
CXXCPP=/opt/cross/bin/i686-linux-gnu-g++ -E
LD=/opt/cross/bin/i686-linux-gnu-ld
AR=/opt/cross/bin/i686-linux-gnu-ar
RANLIB=/opt/cross/bin/i686-linux-gnu-ranlib
STRIP=/opt/cross/bin/i686-linux-gnu-strip
NM=/opt/cross/bin/i686-linux-gnu-nm
OBJCOPY=/opt/cross/bin/i686-linux-gnu-objcopy
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
