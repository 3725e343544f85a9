"""The lines of a package's __init__.py that tell Windows where the package's DLLs are."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.render.templates.template import Template


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DllFolder(Template, file="dll_folder.py.j2"):
    """They do what delvewheel's do.

    Attributes:
        folder: of the DLLs, relative to that of the __init__.py, "/" between its parts.
    """

    folder: str
