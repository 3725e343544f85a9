"""A text of the configuration that several layers have a part in, and that may go around what is there before."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Text(Record):
    """A text in parts, as py-build-cmake has them (config/options/string.py of its 0.5).

    The parts stand in this order whatever the order in which they were said: prepend_path, prepend, value, append,
    append_path; the paths are joined by the separator of search paths where there is something on both sides.

    Attributes:
        value: what was set, None for nothing.
        append, prepend, append_path, prepend_path: what goes around it, "" for nothing.
        remove: texts that are taken out of what is there before.
        cleared: what is there before counts for nothing.
    """

    value: str | None = None
    append: str = ""
    prepend: str = ""
    append_path: str = ""
    prepend_path: str = ""
    remove: tuple[str, ...] = ()
    cleared: bool = False

    def changed(self, operation: str, given: object = None) -> Text:
        """The text after one more operation.

        Args:
            operation: "value" (set), "append", "prepend", "append_path", "prepend_path", "remove", "clear".
            given: with what: a string; to remove, a list of them as well.
        """
        text = str(given)
        if operation == "remove":
            return self._without([str(one) for one in given] if isinstance(given, list) else [text])
        changed = {
            "clear": lambda: Text(cleared=True),
            "value": lambda: Text(value=text, cleared=self.cleared),
            "append": lambda: replace(self, append=self.append + text),
            "prepend": lambda: replace(self, prepend=text + self.prepend),
            "append_path": lambda: replace(self, append_path=join_paths(self.append_path, text)),
            "prepend_path": lambda: replace(self, prepend_path=join_paths(text, self.prepend_path)),
        }
        return changed[operation]()

    def _without(self, removed: list[str]) -> Text:
        def cut(text: str) -> str:
            for one in removed:
                text = text.replace(one, "")
            return text

        return replace(
            self,
            value=None if self.value is None else cut(self.value),
            append=cut(self.append),
            prepend=cut(self.prepend),
            append_path=cut(self.append_path),
            prepend_path=cut(self.prepend_path),
            remove=(*self.remove, *removed),
        )

    @property
    def parts(self) -> bool:
        """Whether something goes around what is there before, or is taken out of it."""
        return bool(self.append or self.prepend or self.append_path or self.prepend_path or self.remove)

    def after(self, before: str | None = None, expand: Callable[[str], str] = str) -> str | None:
        """The whole text.

        Args:
            before: what is there before: it counts where no value was set and only parts were said.
            expand: what becomes of each part.

        Returns:
            None where all of it was cleared.
        """
        value = None if self.value is None else expand(self.value)
        if value is None and before is not None and self.parts and not self.cleared:
            value = before
            for one in self.remove:
                value = value.replace(expand(one), "")
        if value is None and self.cleared and not self.parts:
            return None
        text = expand(self.prepend) + (value or "") + expand(self.append)
        return join_paths(expand(self.prepend_path), join_paths(text, expand(self.append_path)))


def join_paths(first: str, second: str) -> str:
    """Two search paths as one."""
    return os.pathsep.join(part for part in (first, second) if part)
