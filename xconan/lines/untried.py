"""What `--test` and `-C test` ask of wheels that no host's Python can try by themselves."""

from __future__ import annotations

from xconan.ground.errors import ConfigError
from xconan.ground.report import remind


def refuse_test(wanted: str, what: str, remedy: str) -> None:
    """Refuse a test that would not take place, or say so where it was to be made if it could be.

    Args:
        wanted: TestConfig.wanted.
        what: why it can't be tried: "an editable install is …".
        remedy: what to run.

    Raises:
        ConfigError: a test is asked for.
    """
    if wanted == "auto":
        remind(f"xconan: not tried: {what}; {remedy}")
    elif wanted:
        raise ConfigError(what, where="--test, or -C test=yes", hint=f"leave it out; {remedy}")
