# Conan host profile for manylinux_2_36_s390x, derived by xconan from /opt/cross/s390x-linux-gnu.cmake

[settings]
os=Linux
arch=s390x
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
tools.build:compiler_executables={"c": "/opt/cross/bin/s390x-linux-gnu-gcc", "cpp": "/opt/cross/bin/s390x-linux-gnu-g++"}
tools.gnu:host_triplet=s390x-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=s390x
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/s390x-linux-gnu.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
user.xconan:abi=manylinux_2_36_s390x-660a3a14b493
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/bin/s390x-linux-gnu-gcc
CXX=/opt/cross/bin/s390x-linux-gnu-g++
CPP=/opt/cross/bin/s390x-linux-gnu-gcc -E
CXXCPP=/opt/cross/bin/s390x-linux-gnu-g++ -E
LD=/opt/cross/bin/s390x-linux-gnu-ld
AR=/opt/cross/bin/s390x-linux-gnu-ar
RANLIB=/opt/cross/bin/s390x-linux-gnu-ranlib
STRIP=/opt/cross/bin/s390x-linux-gnu-strip
NM=/opt/cross/bin/s390x-linux-gnu-nm
OBJCOPY=/opt/cross/bin/s390x-linux-gnu-objcopy
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
