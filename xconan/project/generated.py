"""Files made from templates: in the wheel, in CMake's build folder, in the project's folder."""

from __future__ import annotations

import email
from string import Template
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.files import unreadable, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.free_tables import GeneratedFile
    from xconan.project.config.records import Project
    from xconan.project.metadata import Metadata


def write_generated(project: Project, metadata: Metadata, location: str, folder: Path) -> dict[str, Path]:
    """Write the files of a location into a folder, unless they are there: (path relative to it, file).

    Raises:
        ConfigError: a template is not there, or names what is not known.
    """
    written = {}
    for file in project.generated:
        if file.location == location:
            written[file.path] = folder / file.path
            write_text(folder / file.path, _text(file, metadata))
    return written


def _text(file: GeneratedFile, metadata: Metadata) -> str:
    message = email.message_from_string(metadata.text)
    known = {
        "name": metadata.name, "version": metadata.version, "file_name": metadata.file_name,
        "description": message["Summary"] or "", "requires_python": message["Requires-Python"] or "",
    }  # fmt: skip
    try:
        template = file.template if file.template_path is None else file.template_path.read_text("utf-8")
        return Template(template or "").substitute(known)
    except PermissionError as error:
        raise unreadable(error) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the template can't be read: {error}", where=file.place, hint="correct template_path"
        ) from None
    except KeyError as error:
        names = ", ".join(f"${name}" for name in known)
        raise ConfigError(f"the template names ${error.args[0]}, which is not known", where=file.place,
                          hint=f"known are {names}; $$ is a dollar") from None  # fmt: skip
    except ValueError as error:
        raise ConfigError(f"this is no template: {error}", where=file.place, hint="write a dollar as $$") from None
