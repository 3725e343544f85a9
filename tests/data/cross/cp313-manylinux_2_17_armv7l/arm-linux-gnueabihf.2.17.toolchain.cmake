# The toolchain for manylinux_2_17_armv7l: Clang 22.1.8.
# Written by `xconan cross`, and yours to edit. For CMake alone, in a project without Python:
#
#     cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=arm-linux-gnueabihf.2.17.toolchain.cmake

set(CROSS_GNU_TRIPLE "arm-linux-gnueabihf" CACHE STRING "The GNU triple of the toolchain")

# System information: naming the system is what makes CMake cross-compile
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)

# Compilers and binary tools
set(CMAKE_C_COMPILER "${CMAKE_CURRENT_LIST_DIR}/arm-linux-gnueabihf.2.17/bin/cc")
set(CMAKE_CXX_COMPILER "${CMAKE_CURRENT_LIST_DIR}/arm-linux-gnueabihf.2.17/bin/c++")
foreach(tool ar ranlib strip)
  string(TOUPPER ${tool} name)
  set(CMAKE_${name} "${CMAKE_CURRENT_LIST_DIR}/arm-linux-gnueabihf.2.17/bin/${tool}" CACHE FILEPATH "" FORCE)
endforeach()
set(CMAKE_LINKER "${CMAKE_CURRENT_LIST_DIR}/arm-linux-gnueabihf.2.17/bin/ld.lld" CACHE FILEPATH "" FORCE)

# try_compile() with the flags of a release: zig makes its libc++ anew for each -g, -s and -fPIC
set(CMAKE_TRY_COMPILE_CONFIGURATION Release)

# libc++ is linked statically; without symbols a module is a tenth as large
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-s")

# Search path configuration: programs are the build machine's; libraries, headers and packages are never,
# once CMAKE_FIND_ROOT_PATH holds a folder
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Packaging
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "armhf")
