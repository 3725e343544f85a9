# Conan host profile for macosx_11_0_arm64, derived by xconan from /opt/zig/0.17.1/aarch64-macos.11.0/toolchain.cmake

[settings]
os=Macos
os.version=11.0
arch=armv8
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/aarch64-macos.11.0/cc", "cpp": "/opt/zig/0.17.1/aarch64-macos.11.0/c++"}
tools.gnu:host_triplet=aarch64-apple-darwin
tools.cmake.cmaketoolchain:system_name=Darwin
tools.cmake.cmaketoolchain:system_processor=arm64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/aarch64-macos.11.0/toolchain.cmake"]
tools.apple:sdk_path=/opt/zig/0.17.1/aarch64-macos.11.0
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=macosx_11_0_arm64-3f10ddd539e4
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/aarch64-macos.11.0/cc
CXX=/opt/zig/0.17.1/aarch64-macos.11.0/c++
CPP=/opt/zig/0.17.1/aarch64-macos.11.0/cc -E
CXXCPP=/opt/zig/0.17.1/aarch64-macos.11.0/c++ -E
AR=/opt/zig/0.17.1/aarch64-macos.11.0/ar
RANLIB=/opt/zig/0.17.1/aarch64-macos.11.0/ranlib
STRIP=/opt/zig/0.17.1/aarch64-macos.11.0/strip
LD=/opt/xconan/refused/1542bc39793cf6a3/ld
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
