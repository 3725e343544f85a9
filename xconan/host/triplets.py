"""GNU triplets as config.sub, compilers and people write them: many spellings of one machine.

https://git.savannah.gnu.org/cgit/config.git/tree/config.sub
"""

from __future__ import annotations

import re

_OTHER_NAMES = {"arm64": "aarch64", "amd64": "x86_64", "ppc64le": "powerpc64le"}  # of processors: config.sub's
_SYSTEMS = {  # in triplets, as config.sub and LLVM write them; the first that is found
    "musl": "musl",
    "android": "android",
    "uclibc": "uclibc",
    "linux": "linux",  # of the GNU system, which a triplet may leave out: x86_64-redhat-linux
    "darwin": "darwin|macos",
    "windows": "mingw|windows",
}
_ABI = re.compile(r"(eabihf|eabi|x32|abin32|abi64|ilp32|sf|f32|msvc)\d*$")  # at the end, where it is not the usual one


def triplet_family(triplet: str) -> tuple[str, str]:
    """The processors in a triplet, whose names have versions, and its system: "arm", "linux" of "armv7l-linux-gnu"."""
    cpu, _, rest = triplet.strip().lower().partition("-")
    cpu = _OTHER_NAMES.get(cpu, re.sub(r"^arm(?!64).*", "arm", re.sub(r"^i\d86$", "i386", cpu)))
    other = rest.rpartition("-")[2].rstrip(".0123456789")
    return cpu, next((name for name, words in _SYSTEMS.items() if re.search(words, rest)), other)


def is_same_host(one: str, other: str) -> bool:
    """Whether two triplets name one machine, vendor or not: of one family, and with one ABI ("gnueabihf", "gnux32")."""

    def host(triplet: str) -> tuple[str, str, str]:
        abi = _ABI.search(triplet.strip().lower())
        return (*triplet_family(triplet), abi[1] if abi else "")

    return host(one) == host(other)
