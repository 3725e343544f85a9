# The toolchain for manylinux_2_17_i686, and the host's Python for FindPython, FindPython3, pybind11 and nanobind.
# Written by `xconan cross`, and yours to edit. For CMake alone:
#
#     cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=i686-linux-gnu.2.17.python.toolchain.cmake \
#           -DTOOLCHAIN_PYTHON_VERSION=3.12
#
# Each Python is a folder of i686-linux-gnu.2.17/: headers in include/; what its modules are called in
# lib/*/build-details.json (PEP 739); in bin/ the build machine's Python, answering as the host's. `xconan cross cp3XX-manylinux_2_17_i686 -o DIR` adds one.

include("${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17.toolchain.cmake")

# User options
set(TOOLCHAIN_PYTHON_VERSION "3" CACHE STRING "Python version to locate: 3.12, 3.13t, pypy3.11; 3 is the newest CPython")
option(TOOLCHAIN_NO_FIND_PYTHON "Do not set the FindPython hints" OFF)
option(TOOLCHAIN_NO_FIND_PYTHON3 "Do not set the FindPython3 hints" OFF)

# Projects in which CMake tries the compiler see the same Python
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
    TOOLCHAIN_PYTHON_VERSION TOOLCHAIN_NO_FIND_PYTHON TOOLCHAIN_NO_FIND_PYTHON3)

# Determine the paths and other properties of the Python installation
function(toolchain_locate_python)
    set(pythons "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17")
    set(name "${TOOLCHAIN_PYTHON_VERSION}")
    if(name MATCHES "^[0-9]")
        set(name "python${name}")
    endif()
    if(name STREQUAL "python3")
        string(REGEX REPLACE "([][?*])" "[\\1]" pattern "${pythons}/python3.")
        file(GLOB known LIST_DIRECTORIES true RELATIVE "${pythons}" "${pattern}*")
        list(FILTER known INCLUDE REGEX "^python3\\.[0-9]+$")
        list(SORT known COMPARE NATURAL ORDER DESCENDING)
        list(APPEND known "${name}")
        list(GET known 0 name)
    endif()
    set(root "${pythons}/${name}")
    set(details "${root}/lib/${name}/build-details.json")
    if(NOT EXISTS "${details}")
        message(FATAL_ERROR "TOOLCHAIN_PYTHON_VERSION is '${TOOLCHAIN_PYTHON_VERSION}', but there is no ${details}")
    endif()
    file(READ "${details}" json)
    string(JSON include GET "${json}" c_api headers)
    string(JSON suffix GET "${json}" abi extension_suffix)
    string(JSON stable_suffix ERROR_VARIABLE none GET "${json}" abi stable_abi_suffix)
    string(JSON flags ERROR_VARIABLE none GET "${json}" abi flags)
    string(JSON implementation GET "${json}" implementation name)
    string(REGEX REPLACE "^\\.|\\.[^.]+$" "" soabi "${suffix}")
    foreach(library dynamic dynamic_stableabi)
        string(JSON path ERROR_VARIABLE none GET "${json}" libpython ${library})
        if(none STREQUAL "NOTFOUND")
            set(${library} "${root}/${path}")
        else()
            set(${library} "")
        endif()
    endforeach()
    set(TOOLCHAIN_PYTHON_ROOT_DIR "${root}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_INCLUDE_DIR "${root}/${include}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_LIBRARY "${dynamic}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_SABI_LIBRARY "${dynamic_stableabi}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_SOABI "${soabi}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_SUFFIX "${suffix}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_STABLE_SUFFIX "${stable_suffix}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_ID "Python" PARENT_SCOPE)
    if(implementation STREQUAL "pypy")
        set(TOOLCHAIN_PYTHON_ID "PyPy" PARENT_SCOPE)
    endif()
    set(TOOLCHAIN_PYTHON_DEBUG 0 PARENT_SCOPE)
    if(flags MATCHES "\"d\"")
        set(TOOLCHAIN_PYTHON_DEBUG 1 PARENT_SCOPE)
    endif()
    # debug, pymalloc, unicode, no GIL: without the last CMake refuses the headers of a free-threaded Python
    set(TOOLCHAIN_PYTHON_FIND_ABI "" PARENT_SCOPE)
    if(flags MATCHES "\"t\"")
        set(TOOLCHAIN_PYTHON_FIND_ABI "ANY;ANY;ANY;ON" PARENT_SCOPE)
    endif()
endfunction()

# FindPython hints and artifacts: in the cache, because FindPython forgets others
function(toolchain_python_hints prefix)
    set(${prefix}_ROOT_DIR "${TOOLCHAIN_PYTHON_ROOT_DIR}" CACHE PATH "" FORCE)
    set(${prefix}_EXECUTABLE "${TOOLCHAIN_PYTHON_ROOT_DIR}/bin/python3" CACHE FILEPATH "" FORCE)
    set(${prefix}_INCLUDE_DIR "${TOOLCHAIN_PYTHON_INCLUDE_DIR}" CACHE PATH "" FORCE)
    foreach(library LIBRARY SABI_LIBRARY)  # most modules are not linked with it
        if(TOOLCHAIN_PYTHON_${library})
            set(${prefix}_${library} "${TOOLCHAIN_PYTHON_${library}}" CACHE FILEPATH "" FORCE)
        endif()
    endforeach()
    set(${prefix}_SOABI "${TOOLCHAIN_PYTHON_SOABI}" CACHE STRING "" FORCE)
    set(${prefix}_INTERPRETER_ID "${TOOLCHAIN_PYTHON_ID}" CACHE STRING "" FORCE)
    if(TOOLCHAIN_PYTHON_FIND_ABI)
        set(${prefix}_FIND_ABI "${TOOLCHAIN_PYTHON_FIND_ABI}" CACHE STRING "" FORCE)
    endif()
endfunction()

if(NOT TOOLCHAIN_NO_FIND_PYTHON OR NOT TOOLCHAIN_NO_FIND_PYTHON3)
    toolchain_locate_python()
    list(APPEND CMAKE_FIND_ROOT_PATH "${TOOLCHAIN_PYTHON_ROOT_DIR}")
    if(NOT TOOLCHAIN_NO_FIND_PYTHON)
        toolchain_python_hints(Python)
    endif()
    if(NOT TOOLCHAIN_NO_FIND_PYTHON3)
        toolchain_python_hints(Python3)
    endif()
    # CMP0190: without an emulator CMake 4.1 and newer look for no interpreter
    if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
        set(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/bin/emulator")
    endif()
    list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/i686-linux-gnu.2.17/modules")
    # pybind11 hints: it need not ask an interpreter then
    set(PYTHON_MODULE_EXTENSION "${TOOLCHAIN_PYTHON_SUFFIX}" CACHE INTERNAL "")
    set(PYTHON_MODULE_DEBUG_POSTFIX "" CACHE INTERNAL "")
    set(PYTHON_IS_DEBUG "${TOOLCHAIN_PYTHON_DEBUG}" CACHE INTERNAL "")
    # nanobind hints
    set(NB_SUFFIX "${TOOLCHAIN_PYTHON_SUFFIX}" CACHE INTERNAL "")
    set(NB_SUFFIX_S "${TOOLCHAIN_PYTHON_STABLE_SUFFIX}" CACHE INTERNAL "")
endif()
