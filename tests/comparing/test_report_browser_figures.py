"""Figures that stand beside their tables, in a real browser: where the time goes, and the penalty sweep."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from qmectk.comparing.report import write_report

from .browser import show, until

HOSTILE = "</script><script>window.hacked=1</script>"
LONG = "a-very-long-name-without-any-place-to-break-" * 4


@pytest.fixture(scope="module")
def sweep_page(tmp_path_factory):
    """Ten contenders: an exact one and three swept over three factors, two of them with hostile names."""
    out = []
    for instance in range(3):
        base = {"problem": "p", "instance": f"i{instance}", "sense": 1, "status": "ok", "bound": 10.0, "coupled": 1}
        base |= {"conversion_seconds": 0.2, "compilation_seconds": 0.3}
        ended = {"termination": "proved", "quality": "optimal", "objective": 10.0, "solve_seconds": 0.5}
        out.append({**base, **ended, "backend": "exact", "options": "{}"})
        for index, name in enumerate(["sa", HOSTILE, LONG]):
            for factor in (0.1, 1.0, 10.0):
                audit = {"factor": factor, "multipliers": {HOSTILE: 1.0}, "sufficient": factor > 0.5}
                ended = {"quality": "feasible", "objective": 9.0 - 0.1 * factor, "solve_seconds": 0.5 * (index + 1)}
                ended |= {"penalties": json.dumps(audit), "share_feasible": 0.3 * (index + 1)}
                out.append({**base, **ended, "backend": name, "options": json.dumps({"penalty": factor})})
    return write_report(pd.DataFrame(out), tmp_path_factory.mktemp("sweep") / "report.html", "Sweep")


#: The figure that stands beside a table, by the table's title.
BESIDE = (
    "const plot = [...document.querySelectorAll('.beside')]"
    ".find(b => b.querySelector('caption').textContent === arguments[0]).querySelector('.plot');"
)


def test_where_the_time_goes_is_a_bar_a_contender_that_its_switch_takes_away(browser, sweep_page):
    show(browser, sweep_page)
    drawn = BESIDE + "return [...plot.querySelectorAll('.bars .point path')].filter(b => b.getBBox().width > 1).length"
    title = "Where the time goes"
    browser.execute_script(BESIDE + "plot.scrollIntoView()", title)
    # of ten contenders four are drawn: each swept one at its default factor; each has three parts
    assert browser.execute_script(drawn, title) == 12
    text = browser.execute_script(BESIDE + "return plot.textContent", title)
    assert "exact  1\u00a0s a run" in text
    assert "</script><script>window.hacked" in text
    assert [part for part in ("conversion", "compilation", "solve") if part in text] == [
        "conversion",
        "compilation",
        "solve",
    ]
    chip = browser.find_element("css selector", ".chip")
    for expected in (9, 12):
        browser.execute_script("arguments[0].click()", chip)
        until(browser, drawn.replace("arguments[0]", f"'{title}'") + f" === {expected}")
    assert browser.execute_script("return window.hacked === undefined")
    assert browser.get_log("browser") == []


def test_the_penalty_sweep_has_three_panels_and_keeps_its_lines(browser, sweep_page):
    show(browser, sweep_page)
    title = "Penalty sweep"
    marks = BESIDE + "return plot.querySelectorAll('.scatterlayer .point').length"
    assert (
        browser.execute_script(BESIDE + "return plot.querySelectorAll('.cartesianlayer .subplot').length", title) == 3
    )
    # three panels of three backends with three factors
    assert browser.execute_script(marks, title) == 27
    hollow = browser.execute_script(
        BESIDE + "return [...plot.querySelectorAll('.scatterlayer .point')]"
        ".filter(m => getComputedStyle(m).fill === 'none' || getComputedStyle(m).fillOpacity === '0').length",
        title,
    )
    assert hollow == 9  # sufficiency is refuted at the smallest factor
    # a contender's switch is about one factor, and a line is about all
    for chip in browser.find_elements("css selector", ".chip"):
        browser.execute_script("arguments[0].click()", chip)
    until(browser, "return document.querySelector('.plot').querySelectorAll('.trace').length === 0")
    assert browser.execute_script(marks, title) == 27


@pytest.mark.parametrize("width", [360, 1280])
def test_what_stands_in_a_figure_stays_in_it(browser, sweep_page, width):
    show(browser, sweep_page, width=width, mobile=width < 500)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    outside = browser.execute_script(
        "return [...document.querySelectorAll('.beside .plot')].flatMap(plot => {"
        "  const box = plot.getBoundingClientRect();"
        "  return [...plot.querySelectorAll('text')].filter(t => {"
        "    const own = t.getBoundingClientRect();"
        "    return own.width && (own.left < box.left - 1 || own.right > box.right + 1"
        "      || own.top < box.top - 1 || own.bottom > box.bottom + 1);"
        "  }).map(t => t.textContent)})"
    )
    assert outside == []


def test_dark_mode_reaches_every_panel(browser, sweep_page):
    show(browser, sweep_page, scheme="dark")
    darkest = browser.execute_script(
        "const color = e => getComputedStyle(e).fill.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0);"
        "return Math.min(...[...document.querySelectorAll('.beside .plot text')].map(color))"
    )
    assert darkest > 450


def test_dependent_instances_are_named_before_their_numbers(browser, sweep_page):
    show(browser, sweep_page)
    order = browser.execute_script(
        "const section = document.querySelector('main section');"
        "return [...section.querySelectorAll('.note, table')].map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"
    )
    assert order[0].startswith("P ⚠ Its instances are successive slots")
    assert order[2].startswith("TABLE")
