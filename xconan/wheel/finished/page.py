"""Wheels that were checked -> the page about them."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from xconan.binary import macho, pe
from xconan.binary.dynamic import read_dynamic
from xconan.ground.errors import XconanError
from xconan.render.drawing import Node, draw
from xconan.render.report_page import ReportFact, ReportPage, ReportTable, WheelSection
from xconan.render.table_row import TableRow
from xconan.wheel.check.kinds import LIBRARY, is_importable
from xconan.wheel.finished.opened import UNREADABLE, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.wheel.finished.opened import Opened
    from xconan.wheel.finished.report import WheelReport

_SBOM = ".cdx.json"
_MOST = 400  # boxes that a drawing shows


def report_page(answers: Sequence[WheelReport | XconanError]) -> ReportPage:
    """The page of these wheels; those that could not be read are on it with the reason."""
    sections = tuple(_unread(one) if isinstance(one, XconanError) else _section(one) for one in answers)
    bad = sum(section.kind == "bad" for section in sections)
    count = f"{len(sections)} wheel{'' if len(sections) == 1 else 's'}"
    return ReportPage(title=f"{count}, {bad} with errors" if bad else f"{count} in order", wheels=sections)


def _unread(error: XconanError) -> WheelSection:
    return WheelSection(
        name=error.where, kind="bad", verdict=error.message, facts=(ReportFact(name="what to do", value=error.hint),),
        tables=(),
    )  # fmt: skip


def _section(report: WheelReport) -> WheelSection:
    counts = [f"{len(some)} {what}{'' if len(some) == 1 else 's'}"
              for some, what in ((report.errors, "error"), (report.warnings, "warning")) if some]  # fmt: skip
    tables = [_findings(report)] if report.findings else []
    needs: dict[str, tuple[str, ...]] = {}
    with opened(report.path) as wheel:
        tables += [*_inside(wheel)]
        needs = dict(_needs(wheel))
    return WheelSection(
        name=report.name.file, kind="bad" if report.errors else "good", verdict=", ".join(counts) or "in order",
        facts=_facts(report), tables=tuple(tables), drawing=draw(_nodes(report.name.file, needs)) if needs else None,
    )  # fmt: skip


def _facts(report: WheelReport) -> tuple[ReportFact, ...]:
    tags, deserved = report.name.tags, report.deserved
    facts = {
        "distribution": f"{report.name.name} {report.name.version}", "Pythons": ", ".join(tags.python),
        "ABIs": ", ".join(tags.abi), "platforms claimed": ", ".join(tags.platform),
        "platform deserved": deserved.tag or "no one tag", "no wider, because": "; ".join(deserved.because[:3]),
    }  # fmt: skip
    return tuple(ReportFact(name=name, value=value) for name, value in facts.items() if value)


def _findings(report: WheelReport) -> ReportTable:
    found = [("warning" if one.warning else "error", one) for one in report.findings]
    rows = tuple(TableRow(kind=level, cells=(level, one.file, one.message, one.hint)) for level, one in found)
    heads = ("", "file", "what", "what to do")
    return ReportTable(kind="findings", title=f"What is wrong ({len(rows)})", heads=heads, rows=rows, opened=True)


def _inside(wheel: Opened) -> Iterator[ReportTable]:
    """The tables of what is in a wheel: bills of materials, licences, files."""
    for entry in wheel.entries:
        if ".dist-info/sboms/" in entry.name and entry.name.endswith(_SBOM):
            with suppress(ValueError, *UNREADABLE):
                yield from (_bill(entry.name, one.get("components")) for one in _objects([json.loads(entry.read())]))
    licenses = [one.name for one in wheel.entries if ".dist-info/licenses/" in one.name]
    if licenses:
        rows = tuple(TableRow(kind="file", cells=(name.partition("/licenses/")[2],)) for name in licenses)
        yield ReportTable(kind="licences", title=f"Licence files ({len(rows)})", heads=("file",), rows=rows)
    files = sorted(wheel.entries, key=lambda one: -one.info.file_size)
    rows = tuple(TableRow(kind="file", cells=(one.name, f"{one.info.file_size:,}")) for one in files)
    yield ReportTable(kind="contents", title=f"Files ({len(rows)}), largest first", heads=("file", "bytes"), rows=rows)


def _bill(name: str, components: object) -> ReportTable:
    """A bill of materials; of a document of others, what it has of these fields."""
    rows = []
    for one in _objects(components):
        facts = {str(fact.get("name")): str(fact.get("value")) for fact in _objects(one.get("properties"))}
        entries = [(entry, *_objects([entry.get("license")])) for entry in _objects(one.get("licenses"))]
        texts = [next((place[key] for place in places for key in ("expression", "id", "name") if place.get(key)), "")
                 for places in entries]  # fmt: skip
        rows.append(TableRow(kind="library", cells=(
            str(one.get("name", "")), str(one.get("version", "")), facts.get("xconan:linked", ""),
            ", ".join(map(str, texts)), str(one.get("purl", "")),
        )))  # fmt: skip
    return ReportTable(
        kind="sbom", title=f"Bill of materials: {name.rpartition('/')[2]} ({len(rows)})",
        heads=("library", "version", "linked", "licence", "purl"), rows=tuple(rows), opened=True,
    )  # fmt: skip


def _objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list of JSON's; none where it is something else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _needs(wheel: Opened) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The binaries of a wheel, and the libraries that each needs."""
    for entry in wheel.entries:
        if not LIBRARY.search(entry.name):
            continue
        with suppress(*UNREADABLE):
            data = entry.read()
            if data.startswith(b"\x7fELF"):
                yield entry.name, read_dynamic(io.BytesIO(data)).needed
            elif data.startswith(macho.MAGICS):
                yield entry.name, tuple(dict.fromkeys(name for one in macho.read_macho(data) for name in one.needed))
            elif data.startswith(pe.MAGIC):
                yield entry.name, tuple(pe.read_pe(data).needed)


def _nodes(title: str, needs: Mapping[str, tuple[str, ...]]) -> list[Node]:
    """The wheel, its binaries, and the libraries of the host; a library of the wheel is found by its file name."""
    outside = dict.fromkeys(_base(name) for names in needs.values() for name in names)
    inside = {_base(name): name for name in needs}
    names = [*needs, *(name for name in outside if name not in inside)][:_MOST]
    numbers = {name: number for number, name in enumerate(names, start=1)}
    wanted = {inside[_base(name)] for own in needs.values() for name in own if _base(name) in inside}
    top = tuple(numbers[name] for name in needs if name in numbers and (name not in wanted or is_importable(name)))
    nodes = [Node(name=title, state="the wheel", about=title, kind="inside", requires=top)]
    for name in names:
        own = [numbers.get(inside.get(_base(need), _base(need)), 0) for need in needs.get(name, ())]
        state = "the host's" if name not in needs else "a module" if is_importable(name) else "a library"
        nodes.append(Node(name=_base(name), state=state, about=name, kind="inside" if name in needs else "outside",
                          requires=tuple(number for number in own if number)))  # fmt: skip
    return nodes


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1]
