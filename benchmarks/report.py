"""The report of a run of benchmarks: one page with bars, without a network."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import jinja2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.run import Figure

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>xconan: benchmarks</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; } text { fill: currentColor; font-size: 13px; }
rect { fill: #8a94a6; } rect.own { fill: #1f7a5c; } line { stroke: #c0392b; stroke-dasharray: 4 3; }
</style>
<h1>Benchmarks</h1>
<p>{{ machine }}. Times (x) are of CMake by hand in the same turn; the dashed line is the bound.</p>
{% for (step, project), figures in groups.items() %}
<h2>{{ step }}{% if project %}: {{ project }}{% endif %}</h2>
<svg viewBox="0 0 800 {{ figures | length * 26 + 6 }}" role="img" aria-label="{{ step }} {{ project }}">
{% set most = (figures | map(attribute="value") | max, bounds[(step, project)]) | max %}
{% for figure in figures %}
{% set y = loop.index0 * 26 %}
<text x="150" y="{{ y + 17 }}" text-anchor="end">{{ figure.contestant }}</text>
<rect x="160" y="{{ y + 4 }}" width="{{ (figure.value / most * 440) | round(1) }}" height="18"
 {%- if figure.contestant == "xconan" %} class="own"{% endif %}></rect>
<text x="{{ 168 + figure.value / most * 440 }}" y="{{ y + 17 }}">{{ "%.2f" | format(figure.value) }} {{ figure.unit }}
{%- if figure.seconds %}, {{ "%.2f" | format(figure.seconds) }} s{% endif %}</text>
{% endfor %}
{% if bounds[(step, project)] %}
{% set x = 160 + bounds[(step, project)] / most * 440 %}
<line x1="{{ x }}" x2="{{ x }}" y1="0" y2="{{ figures | length * 26 }}"></line>
{% endif %}
</svg>
{% endfor %}
</html>
"""


def write_page(path: Path, figures: Sequence[Figure]) -> None:
    """Write the page."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    bounds: dict[tuple[str, str], float] = {}
    for figure in figures:
        key = (figure.step, figure.project)
        groups.setdefault(key, []).append(figure)
        bounds[key] = max(bounds.get(key, 0.0), figure.bound or 0.0)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    text = environment.from_string(_PAGE).render(groups=groups, bounds=bounds, machine=machine)
    path.write_text(text, "utf-8")
