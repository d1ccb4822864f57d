"""Charts as SVG, drawn on the server: they need no script, and take their colours from the stylesheet."""

from collections.abc import Mapping, Sequence
from typing import Literal

from markupsafe import Markup
from pygal import Bar, Line, StackedBar
from pygal.etree import etree
from pygal.graph.graph import Graph

Kind = Literal["bars", "stacked bars", "lines"]
Values = Sequence[float | None]

GRAPHS: dict[Kind, type[Graph]] = {"bars": Bar, "stacked bars": StackedBar, "lines": Line}
WIDTH, HEIGHT = 800, 300
MAX_LABELS = 8
"""How many labels are written below a chart; the other values have none."""


def draw(kind: Kind, title: str, labels: Sequence[str], series: Mapping[str, Values]) -> Markup:
    """Return a chart with a bar or a dot for each label and series; None leaves a gap."""
    chart = GRAPHS[kind](
        x_labels=list(labels),
        x_labels_major=list(labels)[:: -(-len(labels) // MAX_LABELS) or 1],
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
