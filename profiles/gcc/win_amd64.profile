# Conan host profile for win_amd64, derived by xconan from /opt/cross/gcc/amd64/toolchain.cmake

[settings]
os=Windows
arch=x86_64
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
tools.build:compiler_executables={"c": "/opt/cross/bin/x86_64-w64-mingw32-gcc", "cpp": "/opt/cross/bin/x86_64-w64-mingw32-g++"}
tools.gnu:host_triplet=x86_64-w64-mingw32
tools.cmake.cmaketoolchain:system_name=Windows
tools.cmake.cmaketoolchain:system_processor=AMD64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/gcc/amd64/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.build:sharedlinkflags=["-static", "-s"]
user.xconan:abi=win_amd64-b8ac2beea0ab
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/bin/x86_64-w64-mingw32-gcc
CXX=/opt/cross/bin/x86_64-w64-mingw32-g++
CPP=/opt/cross/bin/x86_64-w64-mingw32-gcc -E
CXXCPP=/opt/cross/bin/x86_64-w64-mingw32-g++ -E
LD=/opt/cross/bin/x86_64-w64-mingw32-ld
AR=/opt/cross/bin/x86_64-w64-mingw32-ar
RANLIB=/opt/cross/bin/x86_64-w64-mingw32-ranlib
STRIP=/opt/cross/bin/x86_64-w64-mingw32-strip
NM=/opt/cross/bin/x86_64-w64-mingw32-nm
OBJCOPY=/opt/cross/bin/x86_64-w64-mingw32-objcopy
RC=/opt/cross/bin/x86_64-w64-mingw32-windres
WINDRES=/opt/cross/bin/x86_64-w64-mingw32-windres
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
