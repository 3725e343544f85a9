"""What the documentation says of keys and exit codes is what the program has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support import troubleshooting
from tests.support.document import document
from tests.support.golden import REPOSITORY
from xconan.ground import errors

if TYPE_CHECKING:
    from tests.support.golden import Golden


def test_configuration_page_has_every_key(compare_golden: Golden) -> None:
    name = "docs/configuration.md"
    compare_golden(name, document((REPOSITORY / name).read_text("utf-8")))


def test_every_exit_code_is_documented() -> None:
    page = (REPOSITORY / "docs" / "errors.md").read_text("utf-8")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.XconanError)]
    assert all(f"\n| {kind.exit_code} |" in page for kind in kinds)


def test_troubleshooting_page(compare_golden: Golden) -> None:
    compare_golden("docs/troubleshooting.md", troubleshooting.page())


def test_the_messages_of_the_troubleshooting_page_are_said() -> None:
    said = troubleshooting.spoken_texts()
    messages = [entry["message"] for entry in troubleshooting.read_entries()]
    assert not [message for message in messages if not any(message in text for text in said)]


def test_links_lead_somewhere() -> None:
    pages = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").glob("*.md")]
    for page in pages:
        for part in page.read_text("utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            assert target.startswith("http") or not target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_variable_of_the_environment_is_promised() -> None:
    sources = [path.read_text("utf-8") for path in (REPOSITORY / "xconan").rglob("*.py")]
    read = {name for text in sources for name in re.findall(r"""environ(?:\.get\(|\[)["'](XCONAN_\w+)""", text)}
    promised = set(re.findall(r"`(XCONAN_\w+)`", (REPOSITORY / "docs" / "public.md").read_text("utf-8")))
    assert read <= promised
