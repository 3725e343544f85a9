# Conan host profile for macosx_10_9_x86_64, derived by xconan from /opt/zig/0.17.1/x86_64-macos.10.9/toolchain.cmake

[settings]
os=Macos
os.version=10.9
arch=x86_64
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/x86_64-macos.10.9/cc", "cpp": "/opt/zig/0.17.1/x86_64-macos.10.9/c++"}
tools.gnu:host_triplet=x86_64-apple-darwin
tools.cmake.cmaketoolchain:system_name=Darwin
tools.cmake.cmaketoolchain:system_processor=x86_64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/x86_64-macos.10.9/toolchain.cmake"]
tools.apple:sdk_path=/opt/zig/0.17.1/x86_64-macos.10.9
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=macosx_10_9_x86_64-0af3e23e6586
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/x86_64-macos.10.9/cc
CXX=/opt/zig/0.17.1/x86_64-macos.10.9/c++
CPP=/opt/zig/0.17.1/x86_64-macos.10.9/cc -E
CXXCPP=/opt/zig/0.17.1/x86_64-macos.10.9/c++ -E
AR=/opt/zig/0.17.1/x86_64-macos.10.9/ar
RANLIB=/opt/zig/0.17.1/x86_64-macos.10.9/ranlib
STRIP=/opt/zig/0.17.1/x86_64-macos.10.9/strip
LD=/opt/xconan/refused/dad29bdc75ce8a45/ld
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
