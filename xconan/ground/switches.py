"""Words that mean yes and no, in `-C verbose=WORD` and in variables; little, as an unchanged build needs no more."""

from __future__ import annotations

YES = ("1", "true", "yes", "y", "on")
NO = ("0", "false", "no", "n", "off")


def means_yes(text: str | None) -> bool:
    """Whether a variable's value asks for what the variable is named after."""
    return text is not None and text.lower() in YES
