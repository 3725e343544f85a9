# Conan host profile for manylinux_2_17_armv7l, derived by xconan from /opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/toolchain.cmake

[settings]
os=Linux
arch=armv7hf
compiler=clang
compiler.version=22
compiler.libcxx=libc++
compiler.cppstd=gnu17
build_type=Release

[platform_tool_requires]
cmake/4.1.2
ninja/1.13.1

[conf]
tools.build.cross_building:cross_build=True
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/cc", "cpp": "/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/c++"}
tools.gnu:host_triplet=arm-linux-gnueabihf
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=armv7l
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=manylinux_2_17_armv7l-0ca43d61ddbe
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/cc
CXX=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/c++
CPP=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/cc -E
CXXCPP=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/c++ -E
LD=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/ld.lld
AR=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/ar
RANLIB=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/ranlib
STRIP=/opt/zig/0.17.1/arm-linux-gnueabihf.2.17-baseline-neon-d32/strip
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
