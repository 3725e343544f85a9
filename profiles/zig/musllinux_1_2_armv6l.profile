# Conan host profile for musllinux_1_2_armv6l, derived by xconan from /opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/toolchain.cmake

[settings]
os=Linux
arch=armv6
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/cc", "cpp": "/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/c++"}
tools.gnu:host_triplet=arm-linux-musleabihf
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=armv6l
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=musllinux_1_2_armv6l-aaf126bd971b
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/cc
CXX=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/c++
CPP=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/cc -E
CXXCPP=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/c++ -E
LD=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/ld.lld
AR=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/ar
RANLIB=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/ranlib
STRIP=/opt/zig/0.17.1/arm-linux-musleabihf-arm1176jzf_s/strip
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
