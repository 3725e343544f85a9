# Conan host profile for emscripten_3_1_6_wasm32, derived by xconan from /opt/cross/Platform/Emscripten.cmake

[settings]
os=Emscripten
arch=wasm
compiler=emcc
compiler.version=3.1.6
compiler.libcxx=libc++
compiler.cppstd=gnu14
build_type=Release

[platform_tool_requires]
cmake/4.1.2
ninja/1.13.1

[conf]
tools.build.cross_building:cross_build=True
tools.build:compiler_executables={"c": "/opt/cross/scripts/emcc", "cpp": "/opt/cross/scripts/em++"}
tools.gnu:host_triplet=wasm32-unknown-emscripten
tools.cmake.cmaketoolchain:system_name=Emscripten
tools.cmake.cmaketoolchain:system_processor=x86
tools.cmake.cmaketoolchain:user_presets=
tools.cmake.cmaketoolchain:user_toolchain=+["/opt/cross/Platform/Emscripten.cmake"]
tools.cmake.cmaketoolchain:generator=Ninja
tools.cmake.cmaketoolchain:extra_variables*={"CMAKE_C_COMPILER": "/opt/cross/bin/emcc", "CMAKE_CXX_COMPILER": "/opt/cross/bin/em++"}
user.xconan:abi=emscripten_3_1_6_wasm32-e3a674923976
tools.info.package_id:confs=["user.xconan:abi"]

[buildenv]
CC=/opt/cross/scripts/emcc
CXX=/opt/cross/scripts/em++
CPP=/opt/cross/scripts/emcc -E
CXXCPP=/opt/cross/scripts/em++ -E
AR=emar
RANLIB=emranlib
CMAKE_POLICY_VERSION_MINIMUM=3.5
PKG_CONFIG_LIBDIR=
