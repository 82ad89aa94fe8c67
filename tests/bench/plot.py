"""The plot of ``docs/benchmarks.svg``, drawn by hand: bars of wall time, one panel for each load and step."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import ours
from results import Results, Spread
from transfers import TOOLS

_PANELS = (
    ("small", "loopback", "upload", "many small files: up"),
    ("small", "loopback", "update", "1 % changed"),
    ("small", "loopback", "download", "many small files: down"),
    ("small", "latency", "upload", "with latency: up"),
    ("small", "latency", "update", "with latency: 1 % changed"),
    ("small", "latency", "download", "with latency: down"),
    ("large", "loopback", "upload", "one large file: up"),
    ("large", "loopback", "download", "one large file: down"),
)
_COLUMNS = 3
_WIDTH, _BAR, _GAP, _LABEL, _VALUE, _TITLE = 330, 16, 6, 84, 62, 30
_OURS, _THEIRS, _INK = "#d95f02", "#8da0b3", "#222222"


def draw(results: Results) -> str:
    """The plot as SVG text."""
    panels = [panel for panel in _PANELS if any(_bars(results, panel))]
    body, height = [], 0
    for start in range(0, len(panels), _COLUMNS):
        row = panels[start : start + _COLUMNS]
        for column, panel in enumerate(row):
            place = f"translate({column * _WIDTH},{height})"
            body.append(f'<g transform="{place}">{_panel(results, panel)}</g>')
        height += _TITLE + max(len(list(_bars(results, panel))) for panel in row) * (_BAR + _GAP) + 18
    size = f'width="{_COLUMNS * _WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" fill="{_INK}">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>"]) + "\n"


def _bars(results: Results, panel: tuple[str, str, str, str]) -> Iterator[tuple[str, Spread]]:
    section, network, step, _ = panel
    for tool in (tool.name for tool in TOOLS):
        if wall := results.spread(section, network, tool, step):
            yield tool, wall


def _panel(results: Results, panel: tuple[str, str, str, str]) -> str:
    bars = list(_bars(results, panel))
    scale = (_WIDTH - _LABEL - _VALUE - 14) / max(wall.most for _, wall in bars)
    parts = [f'<text x="{_LABEL}" y="20" font-weight="bold">{escape(panel[3])}</text>']
    for number, (tool, wall) in enumerate(bars):
        y = _TITLE + number * (_BAR + _GAP)
        middle, base = y + _BAR / 2, y + _BAR - 4
        least, most = (_LABEL + value * scale for value in (wall.least, wall.most))
        colour = _OURS if tool == ours.NAME else _THEIRS
        parts += [
            f'<text x="{_LABEL - 6}" y="{base}" text-anchor="end">{escape(tool)}</text>',
            f'<rect x="{_LABEL}" y="{y}" width="{wall.median * scale:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="{_INK}"/>',
            f'<text x="{most + 6:.1f}" y="{base}">{wall.median:.2f} s</text>',
        ]
    return "".join(parts)
