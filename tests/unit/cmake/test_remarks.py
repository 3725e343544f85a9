"""What a configuration that succeeded has to say."""

from __future__ import annotations

import pytest

from xconan.cmake.remarks import of_toolchain_files, warnings

PRINTED = """\
-- Using Conan toolchain: /p/conan/conan_toolchain.cmake
-- Conan toolchain: Including user_toolchain: /home/me/tool chains/host.cmake
-- Conan toolchain: Including user_toolchain: /home/me/.conan2/p/board1/p/extra.cmake
-- extra toolchain was read
BOARD is rpi4
-- Conan toolchain: C++ Standard 17 with extensions ON
-- Conan toolchain: Including user_toolchain: /home/me/.conan2/p/board1/p/extra.cmake
-- extra toolchain was read
-- The C compiler identification is GNU 12.2.0
CMake Warning at CMakeLists.txt:3 (message):
  no libfoo: the module is
  built without it

  see README.md


CMake Warning (dev) at CMakeLists.txt:4 (foo):
  Policy CMP0999 is not set.
This warning is for project developers.  Use -Wno-dev to suppress it.

CMake Deprecation Warning at CMakeLists.txt:1 (cmake_minimum_required):
  Compatibility with CMake < 3.10 will be removed

-- the summary:
   a = b
CMake Warning:
  Manually-specified variables were not used by the project:

    FOO


-- Configuring done
"""


def test_warnings() -> None:
    assert warnings(PRINTED) == [
        "CMakeLists.txt:3: no libfoo: the module is built without it see README.md",
        "Manually-specified variables were not used by the project: FOO",
    ]


def test_toolchain_files() -> None:
    """Each thing once, though CMake reads the files more than once."""
    assert of_toolchain_files(PRINTED) == ["extra.cmake: extra toolchain was read", "extra.cmake: BOARD is rpi4"]


def test_many_and_long() -> None:
    many = "".join(f"CMake Warning at a.cmake:{number} (message):\n  {'x' * 400}\n\n" for number in range(30))
    found = warnings(many)
    assert (len(found), found[-1], len(found[0])) == (21, "10 more in the log", 301)


@pytest.mark.parametrize("text", ["", "-- a: CMake Warning at x:\n", "-- Configuring done\n   CMake Warning:\n"])
def test_nothing(text: str) -> None:
    assert (warnings(text), of_toolchain_files(text)) == ([], [])
