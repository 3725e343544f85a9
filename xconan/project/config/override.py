"""`-C override=KEY.PATH OP VALUE`: one value changed from the command line.

KEY.PATH is a dotted path in `[tool.xconan]`; OP is = (set), += (append), =+ (prepend), -= or =- (remove),
=! (forget; no VALUE), and for paths in the environment +=(path) and =+(path). VALUE is TOML; what is not
TOML is a string.
"""

from __future__ import annotations

import re

from xconan.ground.errors import ConfigError
from xconan.ground.files import parse_toml

# the longest first: "+=(path)" begins like "+="
_OPERATIONS = {
    "+=(path)": "append_path",
    "=+(path)": "prepend_path",
    "+=": "append",
    "=+": "prepend",
    "-=": "remove",
    "=-": "remove",
    "=!": "clear",
    "=": "value",
}
_FORM = re.compile(
    rf"""\s*(?P<key>(?:[\w-]+|"[^"]*")(?:\.(?:[\w-]+|"[^"]*"))*?)\s*"""
    rf"""(?P<op>{"|".join(map(re.escape, _OPERATIONS))})(?P<value>.*)""",
    re.DOTALL,
)
_PART = re.compile(r'"([^"]*)"|([\w-]+)')


def parse_override(text: str) -> dict[str, object]:
    """The table of tables that says the same: `cmake.args += "-Wdev"` is {"cmake": {"args": {"append": …}}}.

    Raises:
        ConfigError: the text has not this form.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"'{text}' is not KEY.PATH OP VALUE",
            where="-C override",
            hint="for example -C 'override=cmake.build_type=\"Debug\"'",
        )
    parts = [quoted or bare for quoted, bare in _PART.findall(match["key"])]
    table: object = {_OPERATIONS[match["op"]]: _value(match["value"].strip(), match["op"])}
    for part in reversed(parts):
        table = {part: table}
    return table if isinstance(table, dict) else {}


def _value(text: str, operation: str) -> object:
    if operation == "=!":
        return True
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text
