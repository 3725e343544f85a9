# Conan host profile for manylinux_2_36_loongarch64, derived by xconan from /opt/zig/0.17.1/loongarch64-linux-gnu.2.36/toolchain.cmake

[settings]
os=Linux
arch=loongarch64
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/cc", "cpp": "/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/c++"}
tools.gnu:host_triplet=loongarch64-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=loongarch64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=manylinux_2_36_loongarch64-e989569ba00b
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/cc
CXX=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/c++
CPP=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/cc -E
CXXCPP=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/c++ -E
LD=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/ld.lld
AR=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/ar
RANLIB=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/ranlib
STRIP=/opt/zig/0.17.1/loongarch64-linux-gnu.2.36/strip
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
