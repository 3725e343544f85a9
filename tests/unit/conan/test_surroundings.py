"""What Conan sends to a remote: all files of a package, or no more after the first that could not be sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from xconan.conan.surroundings import jobs_confs, whole_or_nothing


class Refused(Exception):  # noqa: N818 - as Conan's AuthenticationException
    pass


class Uploader:
    """Conan's, which can't send some files."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.sent: list[str] = []

    def upload(self, url: str, ref: object = None) -> str:
        self.sent.append(f"{ref} {url}")
        if url in self.errors:
            raise self.errors.pop(url)
        return "sent"


def upload_all(uploader: Uploader, *refs: str) -> None:
    """As Conan's RestV2Methods does it."""
    failed = []
    for ref in refs:
        for name in ("archive", "info", "manifest"):
            try:
                uploader.upload(name, ref=ref)
            except OSError:  # noqa: PERF203 - so does Conan
                failed.append(name)
    if failed:
        raise RuntimeError(f"Execute upload again: {failed}")


@pytest.fixture
def module() -> SimpleNamespace:
    class Own(Uploader):
        pass

    return SimpleNamespace(FileUploader=Own, AuthenticationException=Refused, ForbiddenException=PermissionError)


def test_no_manifest_without_the_archive(module: SimpleNamespace) -> None:
    uploader = module.FileUploader(archive=OSError("Connection aborted"))
    with pytest.raises(OSError, match="Connection aborted"), whole_or_nothing(module):
        upload_all(uploader, "a", "b")
    assert uploader.sent == ["a archive", "b archive", "b info", "b manifest"], "another package is sent"
    assert uploader.upload("archive", ref="a") == "sent", "afterwards Conan is as it was"


def test_who_has_to_log_in_goes_on(module: SimpleNamespace) -> None:
    uploader = module.FileUploader(archive=Refused())
    with whole_or_nothing(module):
        with pytest.raises(Refused):
            upload_all(uploader, "a")
        upload_all(uploader, "a")
    assert uploader.sent[-1] == "a manifest"


def test_what_else_fails_stays_as_it_is(module: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="no such remote"), whole_or_nothing(module):
        raise ValueError("no such remote")


@pytest.mark.parametrize(
    ("environ", "confs"),
    [
        ({}, []),
        ({"MAKEFLAGS": " -j4 --jobserver-auth=fifo:/tmp/jobs"}, ["tools.build:jobs=0"]),
        ({"MAKEFLAGS": " -j4 --jobserver-auth=3,4", "_XCONAN_JOBS": "2"}, ["tools.build:jobs=2"]),
    ],
)
def test_jobs_of_recipes(environ: dict[str, str], confs: list[str]) -> None:
    assert jobs_confs(environ) == confs
