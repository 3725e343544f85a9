# Conan host profile for manylinux_2_19_ppc64le, derived by xconan from /opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/toolchain.cmake

[settings]
os=Linux
arch=ppc64le
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/cc", "cpp": "/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/c++"}
tools.gnu:host_triplet=powerpc64le-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=ppc64le
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=manylinux_2_19_ppc64le-ae53481c18ee
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/cc
CXX=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/c++
CPP=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/cc -E
CXXCPP=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/c++ -E
LD=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/ld.lld
AR=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/ar
RANLIB=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/ranlib
STRIP=/opt/zig/0.17.1/powerpc64le-linux-gnu.2.19/strip
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
