# SPDX-License-Identifier: Apache-2.0
"""Bars as SVG, in panels side by side. Nothing here runs anything."""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH, PANEL_HEIGHT, ROW, LABELS, MARGIN = 420, 64, 22, 108, 14
VALUES = 84  # room for the number behind the longest bar
OURS, LIMIT, OTHER = "#1a7f5a", "#8a94a6", "#5b7db8"
STYLE = ("text{font:12px sans-serif;fill:#1f2328}.title{font-weight:bold}.note{fill:#57606a}"
         ".axis{stroke:#d0d7de}.spread{stroke:#1f2328}")


@dataclasses.dataclass(frozen=True)
class Bar:
    label: str
    value: float
    low: float
    high: float
    colour: str = OTHER


def ceiling(value):
    """The next of 1, 2, 5, 10, 20 … that is not below the value."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def shown(value):
    """Three digits, and thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def position(value, top):
    """Pixels from the axis; what is beyond the top ends there."""
    return round(min(value, top) / top * (WIDTH - LABELS - VALUES - 2 * MARGIN), 1)


def _bar(bar, top, y):
    x, length = LABELS + MARGIN, position(bar.value, top)
    low, high, middle = position(bar.low, top), position(bar.high, top), y + ROW / 2 - 3
    return (f'<text x="{x - 6}" y="{y + 13}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect x="{x}" y="{y}" width="{max(length, 1)}" height="{ROW - 6}" '
            f'fill="{bar.colour}"/>'
            f'<path class="spread" d="M{x + low} {middle}H{x + high}"/>'
            f'<text x="{x + max(length, high) + 5}" y="{y + 13}">{shown(bar.value)}</text>')


def panel(title, note, bars, left):
    """A group of one panel, `left` pixels from the edge."""
    top = ceiling(max(bar.high for bar in bars))
    lines = [f'<g transform="translate({left} 0)">',
             f'<text class="title" x="{MARGIN}" y="22">{escape(title)}</text>',
             f'<text class="note" x="{MARGIN}" y="40">{escape(note)}</text>']
    axis = LABELS + MARGIN
    lines += [_bar(bar, top, PANEL_HEIGHT - 12 + index * ROW) for index, bar in enumerate(bars)]
    lines.append(f'<path class="axis" d="M{axis} {PANEL_HEIGHT - 16}V{height(bars) - 6}"/></g>')
    return "\n".join(lines)


def height(bars):
    return PANEL_HEIGHT + len(bars) * ROW


def figure(panels):
    """panels: [(title, note, [Bar, …]), …], none of them empty."""
    tallest = max(height(bars) for _, _, bars in panels)
    width = WIDTH * len(panels)
    body = "\n".join(panel(title, note, bars, index * WIDTH)
                     for index, (title, note, bars) in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tallest}" '
            f'width="{width}" height="{tallest}">\n<style>{STYLE}</style>\n'
            f'<rect width="{width}" height="{tallest}" fill="#ffffff"/>\n{body}\n</svg>\n')
