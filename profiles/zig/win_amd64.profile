# Conan host profile for win_amd64, derived by xconan from /opt/zig/0.17.1/x86_64-windows-gnu/toolchain.cmake

[settings]
os=Windows
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
tools.build:compiler_executables={"c": "/opt/zig/0.17.1/x86_64-windows-gnu/cc", "cpp": "/opt/zig/0.17.1/x86_64-windows-gnu/c++"}
tools.gnu:host_triplet=x86_64-w64-mingw32
tools.cmake.cmaketoolchain:system_name=Windows
tools.cmake.cmaketoolchain:system_processor=AMD64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/zig/0.17.1/x86_64-windows-gnu/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:exelinkflags=["-s"]
tools.build:sharedlinkflags=["-s"]
user.xconan:abi=win_amd64-ce2db8f384c9
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/zig/0.17.1/x86_64-windows-gnu/cc
CXX=/opt/zig/0.17.1/x86_64-windows-gnu/c++
CPP=/opt/zig/0.17.1/x86_64-windows-gnu/cc -E
CXXCPP=/opt/zig/0.17.1/x86_64-windows-gnu/c++ -E
AR=/opt/zig/0.17.1/x86_64-windows-gnu/ar
RANLIB=/opt/zig/0.17.1/x86_64-windows-gnu/ranlib
STRIP=/opt/zig/0.17.1/x86_64-windows-gnu/strip
RC=/opt/zig/0.17.1/x86_64-windows-gnu/windres
WINDRES=/opt/zig/0.17.1/x86_64-windows-gnu/windres
LD=/opt/xconan/refused/10434bdef4a73b9d/ld
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
