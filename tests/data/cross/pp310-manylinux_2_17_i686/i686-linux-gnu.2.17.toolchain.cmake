# The toolchain for manylinux_2_17_i686: Clang 22.1.8.
# Written by `xconan cross`, and yours to edit. For CMake alone, in a project without Python:
#
#     cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=i686-linux-gnu.2.17.toolchain.cmake

set(CROSS_GNU_TRIPLE "i686-linux-gnu" CACHE STRING "The GNU triple of the toolchain")

# System information: naming the system is what makes CMake cross-compile
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_LIBRARY_ARCHITECTURE i386-linux-gnu)

# Compilers and binary tools
set(CMAKE_C_COMPILER "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/bin/cc")
set(CMAKE_CXX_COMPILER "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/bin/c++")
foreach(tool ar ranlib strip)
  string(TOUPPER ${tool} name)
  set(CMAKE_${name} "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/bin/${tool}" CACHE FILEPATH "" FORCE)
endforeach()
set(CMAKE_LINKER "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/bin/ld.lld" CACHE FILEPATH "" FORCE)

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
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "i386")
