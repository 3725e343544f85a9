"""Whose version a name is, and what to do about a library that a policy does not have."""

from __future__ import annotations

import pytest

from xconan.binary.dynamic import Dynamic, Version
from xconan.host.platforms import parse_platform
from xconan.wheel.check.policy import check_policy

OLD, MUSL = parse_platform("manylinux_2_17_aarch64"), parse_platform("musllinux_1_2_aarch64")


@pytest.mark.parametrize(
    ("library", "version", "hint"),
    [
        ("libc.so.6", "GLIBC_2.38", ""),
        ("libstdc++.so.6", "GLIBCXX_3.4.32", "-static-libstdc++ links it statically"),
        ("libstdc++.so.6", "CXXABI_1.3.15", "-static-libstdc++ links it statically"),
        ("libgcc_s.so.1", "GCC_14.0.0", "-static-libgcc links it statically"),
        ("libz.so.1", "ZLIB_1.2.12", ""),
    ],
)
def test_version_of_the_library_that_it_names(library: str, version: str, hint: str) -> None:
    """Another library may have versions of the same name: libgcc_s of i686 has a GLIBC_2.0."""
    for owner, refused in ((library, True), ("libmine.so.1", False)):
        asked = Version(library=owner, name=version, symbols=("f",))
        findings = check_policy({"a.so": Dynamic(versions=(asked,))}, [OLD], set())
        assert [finding.message.partition(",")[0] for finding in findings] == [
            f"it needs {version} of {library} (for f)"
        ] * refused
        assert all(hint in finding.hint for finding in findings)


@pytest.mark.parametrize(
    ("library", "hint"),
    [
        ("libstdc++.so.6", "link it statically (-static-libstdc++ -static-libgcc), or use toolchain = 'zig'"),
        ("libgcc_s.so.1", "link it statically (-static-libstdc++ -static-libgcc), or use toolchain = 'zig'"),
        ("libpython3.11.so.1.0", "link Python::Module in place of Python::Python"),
        (
            "libgfortran.so.5",
            "link it statically: target_link_options(… -static-libgfortran), with the property LINKER_LANGUAGE Fortran",
        ),
        ("liblz4.so.1", "link it statically, or install() it beside the module with an RPATH of $ORIGIN"),
    ],
)
def test_library_that_musls_policy_has_not(library: str, hint: str) -> None:
    (finding,) = check_policy({"a.so": Dynamic(needed=("libc.so", library))}, [MUSL], set())
    assert finding.message.startswith(f"it needs {library}, which is no library that")
    assert finding.hint.startswith(hint)
