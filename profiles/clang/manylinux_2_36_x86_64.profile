# Conan host profile for manylinux_2_36_x86_64, derived by xconan from /opt/cross/clang/x86_64/toolchain.cmake

[settings]
os=Linux
arch=x86_64
compiler=clang
compiler.version=14
compiler.libcxx=libstdc++11
compiler.cppstd=gnu14
build_type=Release

[platform_tool_requires]
cmake/4.1.2
ninja/1.13.1

[conf]
tools.build.cross_building:cross_build=True
tools.build:compiler_executables={"c": "/opt/cross/scripts/clang", "cpp": "/opt/cross/scripts/clang++"}
tools.gnu:host_triplet=x86_64-linux-gnu
tools.cmake.cmaketoolchain:system_name=Linux
tools.cmake.cmaketoolchain:system_processor=x86_64
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/clang/x86_64/toolchain.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.cmake.cmaketoolchain:extra_variables*={"CMAKE_LINKER": {"value": "/opt/cross/bin/x86_64-linux-gnu-ld", "cache": True, "type": "FILEPATH", "docstring": ""}, "CMAKE_C_COMPILER": "/opt/cross/bin/clang", "CMAKE_CXX_COMPILER": "/opt/cross/bin/clang++"}
user.xconan:abi=manylinux_2_36_x86_64-9a1845ce6b44
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/scripts/clang
CXX=/opt/cross/scripts/clang++
CPP=/opt/cross/scripts/clang -E
CXXCPP=/opt/cross/scripts/clang++ -E
LD=/opt/cross/bin/x86_64-linux-gnu-ld
AR=/opt/cross/bin/x86_64-linux-gnu-ar
RANLIB=/opt/cross/bin/x86_64-linux-gnu-ranlib
STRIP=/opt/cross/bin/x86_64-linux-gnu-strip
NM=/opt/cross/bin/x86_64-linux-gnu-nm
OBJCOPY=/opt/cross/bin/x86_64-linux-gnu-objcopy
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
