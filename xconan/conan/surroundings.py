"""What is around Conan in its own process: the files that a recipe reads, and what remotes answer and are sent."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib.util import source_from_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xconan.conan import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def reads_below(folder: Path, *, but: Path) -> set[str]:
    """Files of a project that are read from now on, by their names: a recipe is a program, and may read any."""
    read: set[str] = set()
    inside, outside = f"{folder}{os.sep}", f"{but}{os.sep}"

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str):
            return
        name, mode = os.path.abspath(arguments[0]), arguments[1]  # noqa: PTH100 - a Path is slow for each file of all
        written = isinstance(mode, str) and mode[0] in "wxa"
        if name.startswith(inside) and not name.startswith(outside) and not written:
            read.add(source_from_cache(name) if name.endswith(".pyc") else name)

    sys.addaudithook(note)
    return read


def jobs_confs(environ: Mapping[str, str] = os.environ) -> list[str]:
    """How many compilers recipes may run: what `xconan build -j` says, else what configurations do.

    Under a job server of make's, what recipes run asks that for its share; a number of jobs would be another one.
    """
    served = "0" if "--jobserver-auth=" in environ.get("MAKEFLAGS", "") else ""
    jobs = environ.get("_XCONAN_JOBS", served)
    return [f"tools.build:jobs={jobs}"] if jobs else []


def what_decides(api: Any, graph: Any, read: Iterable[str] = ()) -> dict[str, object]:  # noqa: ANN401
    """What has decided Conan's answer beside what the request names, for inputs.py to look at in the next build.

    Args:
        api: Conan's.
        graph: of the packages.
        read: files that the project's recipe has read.

    Returns:
        read: with the recipes of the workspace that the project is in; python_requires: names; profiles: the default
        ones, there or not; home; doubts: why it can't be known whether the answer would be the same.
    """
    doubts = [f"the state of {one}, which is editable in Conan, is not known" for one in nodes.editables(graph)]
    workspace = api.workspace.packages()
    if workspace is not None and (program := Path(api.workspace.folder(), "conanws.py")).is_file():
        doubts.append(f"what {program} reads is not known")
    profiles = [
        os.environ.get(f"CONAN_DEFAULT_{which.upper()}PROFILE") or api.config.get(f"core:default_{which}profile")
        for which in ("", "build_")
    ]
    return {
        "read": sorted({*read, *(str(one["path"]) for one in (workspace or {}).values())}),
        "python_requires": nodes.python_requires(graph),
        "profiles": [str(Path(api.home_folder, "profiles", profile or "default")) for profile in profiles],
        "home": api.home_folder,
        "doubts": doubts,
    }


def share_tools(host: Any, build: Any) -> None:  # noqa: ANN401 - Conan has no types
    """What the user's profile says of the programs of this machine holds for libraries of the host as well."""
    named = {tool.name for tool in host.platform_tool_requires}
    host.platform_tool_requires += [tool for tool in build.platform_tool_requires if tool.name not in named]
    host.replace_tool_requires = {**build.replace_tool_requires, **host.replace_tool_requires}


@contextmanager
def whole_or_nothing(module: Any) -> Iterator[None]:  # noqa: ANN401 - Conan has no types
    """Let Conan send no more of a package once it could not send one of its files.

    By itself it goes on, last with the manifest, by which the remote then lists a package that it has in part alone:
    nobody can fetch it, and nobody sends it again.

    Args:
        module: conan.internal.rest.file_uploader.
    """
    uploader, refused = module.FileUploader, (module.AuthenticationException, module.ForbiddenException)
    send, unsent = uploader.upload, dict[str, Exception]()

    def upload(self: object, *words: object, ref: object = None, **more: object) -> object:
        if error := unsent.get(str(ref)):
            raise error
        try:
            return send(self, *words, ref=ref, **more)
        except refused:  # Conan logs in, and tries again
            raise
        except Exception as reason:
            unsent[str(ref)] = reason
            raise

    uploader.upload = upload
    try:
        yield
    except refused:
        raise
    except Exception:
        if unsent:  # in place of Conan's own words, which name the files and not the reason
            raise next(iter(unsent.values())) from None
        raise
    finally:
        uploader.upload = send


def ping(url: str, *, verify: bool) -> str:
    """Why a remote does not answer, "" where it does."""
    import requests  # noqa: PLC0415 - Conan's own way to its remotes

    if not url.startswith("http"):  # a local recipes index
        return "" if Path(url).is_dir() else "there is no such folder"
    try:
        requests.get(f"{url}/v2/ping", timeout=10, verify=verify).raise_for_status()
    except requests.RequestException as error:
        return str(error)
    return ""


def storage_folder(api: Any) -> str:  # noqa: ANN401 - Conan has no types
    """The folder of Conan's packages."""
    return str(api.config.get("core.cache:storage_path") or Path(api.home_folder, "p"))
