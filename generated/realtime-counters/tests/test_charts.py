"""Charts: what they show, what a screen reader says of them, and that the page's policy allows them."""

import re

from realtime_counters.web.charts import draw


async def test_a_bar_stands_for_each_value() -> None:
    chart = await draw("bars", "Views", ["Monday", "Tuesday"], {"views": [3, 5], "visitors": [1, None]})
    assert chart.count('class="bar"') == 3
    assert "<title>Monday: 3</title>" in chart and "<title>Tuesday: 5</title>" in chart
    assert "views</text>" in chart and "visitors</text>" in chart


async def test_a_line_is_drawn_through_all_values() -> None:
    hours = range(24)
    chart = await draw("lines", "Heat", [str(hour) for hour in hours], {"oven": list(hours)})
    assert chart.count('class="dots"') == 24


async def test_a_chart_says_what_it_shows_and_text_stays_text() -> None:
    chart = await draw("stacked bars", "<b>Views</b>", ["<i>"], {"a & b": [1], "c": [2]})
    assert 'role="img" aria-label="&lt;b&gt;Views&lt;/b&gt;"' in chart
    assert "<b>" not in chart and "<i>" not in chart


async def test_nothing_in_a_chart_needs_an_inline_script_or_style() -> None:
    chart = await draw("lines", "Heat", ["a", "b"], {"x": [1, 2], "y": [2, 1]})
    assert not re.search(r"<script|<style|\bstyle=|\bon\w+=|\bid=", chart)


async def test_a_chart_of_nothing_says_so() -> None:
    assert "Nothing to show yet" in await draw("lines", "Heat", [], {"x": []})
