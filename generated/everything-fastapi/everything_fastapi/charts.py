"""Charts as SVG, drawn on the server: they need no script, and take their colours from the stylesheet."""

import asyncio
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from pygal import Bar, Line, StackedBar
from pygal.etree import etree
from pygal.graph.graph import Graph

Values = Sequence[float | None]

WIDTH, HEIGHT = 800, 300
MOST_LABELS = 8
"""How many of the labels below a chart are written out."""


async def bars(title: str, labels: Sequence[str], series: Mapping[str, Values], *, stacked: bool = False) -> Markup:
    """Return a bar chart with one bar for each label and series; None leaves a gap."""
    return await _draw(StackedBar if stacked else Bar, title, labels, series)


async def lines(title: str, labels: Sequence[str], series: Mapping[str, Values]) -> Markup:
    """Return a line chart with one line for each series; None leaves a gap."""
    return await _draw(Line, title, labels, series)


async def _draw(kind: type[Graph], title: str, labels: Sequence[str], series: Mapping[str, Values]) -> Markup:
    return await asyncio.to_thread(_svg, kind, title, labels, series)


def _svg(kind: type[Graph], title: str, labels: Sequence[str], series: Mapping[str, Values]) -> Markup:
    chart = kind(
        width=WIDTH,
        height=HEIGHT,
        margin=8,
        dots_size=3,
        max_scale=6,
        show_legend=len(series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=max(1, len(series)),
        show_minor_x_labels=False,
        truncate_label=-1,
        truncate_legend=-1,
        no_data_text="Nothing to show yet",
    )
    chart.x_labels = list(labels)
    chart.x_labels_major = list(labels)[:: -(-len(labels) // MOST_LABELS) or 1]
    for name, values in series.items():
        chart.add(name, list(values))
    svg = _plain(chart.render_tree())
    svg.set("role", "img")
    svg.set("aria-label", title)
    svg.find("title").text = title
    return Markup('<figure class="chart" tabindex="0">{}</figure>').format(Markup(etree.tostring(svg).decode()))


def _plain(svg: etree.Element) -> etree.Element:
    """Leave out what is for pygal's own script and styles, which a Content-Security-Policy refuses; keep tooltips."""
    svg.remove(svg.find("defs"))
    for group in list(svg.iter("g")):
        for overlay in group.findall("g[@class='plot tooltip-overlay']"):
            group.remove(overlay)
        notes = {note.get("class"): note.text for note in group.findall("desc")}
        for note in group.findall("desc"):
            group.remove(note)
        if "value" in notes:
            etree.SubElement(group, "title").text = f"{notes.get('x_label', '')}: {notes['value']}"
    for element in svg.iter():
        element.attrib.pop("id", None)
    return svg
