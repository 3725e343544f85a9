# Conan host profile for manylinux_2_36_armv7l, derived by xconan from /opt/cross/arm-linux-gnueabihf.cmake

[settings]
os=Linux
arch=armv7hf
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
tools.build:compiler_executables={"c": "/opt/cross/scripts/arm-linux-gnueabihf-gcc", "cpp": "/opt/cross/scripts/arm-linux-gnueabihf-g++"}
tools.gnu:host_triplet=arm-linux-gnueabihf
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=armv7l
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/arm-linux-gnueabihf.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.cmake.cmaketoolchain:extra_variables*={"CMAKE_C_COMPILER": "/opt/cross/bin/arm-linux-gnueabihf-gcc", "CMAKE_CXX_COMPILER": "/opt/cross/bin/arm-linux-gnueabihf-g++"}
user.xconan:abi=manylinux_2_36_armv7l-8ca40b873ffc
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/scripts/arm-linux-gnueabihf-gcc
CXX=/opt/cross/scripts/arm-linux-gnueabihf-g++
CPP=/opt/cross/scripts/arm-linux-gnueabihf-gcc -E
CXXCPP=/opt/cross/scripts/arm-linux-gnueabihf-g++ -E
LD=/opt/cross/bin/arm-linux-gnueabihf-ld
AR=/opt/cross/bin/arm-linux-gnueabihf-ar
RANLIB=/opt/cross/bin/arm-linux-gnueabihf-ranlib
STRIP=/opt/cross/bin/arm-linux-gnueabihf-strip
NM=/opt/cross/bin/arm-linux-gnueabihf-nm
OBJCOPY=/opt/cross/bin/arm-linux-gnueabihf-objcopy
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
