"""The page in a real browser, headless Chromium, from a file:// path."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report import write_report

from .browser import show, until

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=2">',
    "<a href=\"javascript:window.hacked=3\" onmouseover='window.hacked=4'>x</a>",
    "' onfocus=window.hacked=5 autofocus='",
    "a-very-long-name-without-any-place-to-break-" * 4,
]


def rows(names, problem, sense):
    rng = np.random.default_rng(1)
    for instance in range(8):
        for index, name in enumerate(names):
            for seed in range(2):
                gap = 0.02 * index * rng.random()
                broken = index == len(names) - 1 and instance < 3
                yield {
                    "problem": problem,
                    "instance": f"{HOSTILE[instance % 2]} {instance}",
                    "frame": 0,
                    "backend": name,
                    "options": "{}",
                    "seed": seed,
                    "sense": sense,
                    "termination": "failed" if broken else "proved" if index == 0 else "converged",
                    "quality": "none" if broken else "optimal" if index == 0 else "feasible",
                    "objective": None if broken else 10.0 * (1 - sense * gap),
                    "bound": None if broken else 10.0,
                    "solve_seconds": None if broken else (index + 1) * 0.01 * (1 + rng.random()),
                    "training_seconds": 30.0 if index == 1 else 0.0,
                    "time_limit": 10.0,
                    "wall_seconds": 10.0,
                    "status": "timeout" if broken else "ok",
                    "reason": HOSTILE[0] if broken else "",
                    "events": "[[0.001, 8, null], [0.002, 9, null]]",
                    "machine": json.dumps({"cpu": HOSTILE[0]}),
                    "versions": json.dumps({HOSTILE[1]: "1.0"}),
                }


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    names = ["exact", "ugq", *HOSTILE]
    frame = pd.DataFrame(rows(names, HOSTILE[1], -1))
    return write_report(frame, tmp_path_factory.mktemp("report") / "report.html", HOSTILE[0])


def column(browser, index):
    return browser.execute_script(
        "const table = document.querySelector('table.sortable');"
        "return [...table.tBodies[0].rows].map(row => row.cells[arguments[0]].innerText)",
        index,
    )


def test_it_renders_in_silence_and_runs_nobody_elses_code(browser, page):
    show(browser, page)
    assert HOSTILE[0] in browser.find_element("tag name", "h1").text
    assert browser.execute_script("return window.hacked === undefined")
    assert browser.execute_script("return document.images.length + document.querySelectorAll('svg a').length") == 0
    assert browser.get_log("browser") == []
    asked = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"].split(",")[0])
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {page.as_uri()}


def test_plots_show_names_as_they_are(browser, page):
    show(browser, page)
    seen = "return [...document.querySelectorAll('.ytick text')].map(t => t.textContent).join(' ')"
    until(browser, f"{seen}.includes('window.hacked=1')")
    assert "</script><script>" in browser.execute_script(seen)


def test_a_heading_sorts_by_mouse_and_keyboard(browser, page):
    show(browser, page)
    from selenium.webdriver.common.keys import Keys

    heads = browser.find_elements("css selector", "table.sortable:first-of-type thead th")
    index = next(i for i, head in enumerate(heads) if head.text.startswith("time"))
    before = column(browser, 0)
    button = heads[index].find_element("tag name", "button")
    assert heads[index].get_attribute("aria-sort") == "none"
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    assert heads[index].get_attribute("aria-sort") == "ascending"
    up = column(browser, 0)
    button.send_keys(Keys.ENTER)
    assert heads[index].get_attribute("aria-sort") == "descending"
    down = column(browser, 0)
    assert up == down[::-1]
    assert down != before
    assert sorted(up) == sorted(before)
    assert up[0].startswith("exact")
    # values that are not known stay last both ways
    tts = next(i for i, head in enumerate(heads) if head.text.startswith("TTS99"))
    for _ in range(2):
        browser.execute_script("arguments[0].click()", heads[tts].find_element("tag name", "button"))
        assert heads[index].get_attribute("aria-sort") == "none"
        infinite = column(browser, tts)[-1].startswith(("never", "not in"))
        assert infinite or heads[tts].get_attribute("aria-sort") == "descending"


def test_the_legend_switches_a_contender_off_and_on(browser, page):
    show(browser, page)
    traces = "return document.querySelector('.plot').querySelectorAll('.trace').length"
    browser.execute_script("window.scrollTo(0, 0); document.querySelector('.plot').scrollIntoView()")
    until(browser, traces + " > 0")
    before = browser.execute_script(traces)
    chip = browser.find_element("css selector", ".chip")
    browser.execute_script("arguments[0].click()", chip)
    until(browser, f"{traces} === {before - 1}")
    assert chip.get_attribute("aria-pressed") == "false"
    browser.execute_script("arguments[0].click()", chip)
    until(browser, f"{traces} === {before}")


def test_a_phone_scrolls_tables_but_not_the_page(browser, page):
    show(browser, page, width=360, mobile=True)
    width, page_width = browser.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert (width, page_width) == (360, 360)
    inner, shown = browser.execute_script(
        "const s = document.querySelector('.scroll'); return [s.scrollWidth, s.clientWidth]"
    )
    assert inner > shown


def test_dark_mode_reaches_the_plots(browser, page):
    look = (
        "const color = (e, p) => getComputedStyle(e)[p].match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0);"
        "return [color(document.body, 'backgroundColor'), color(document.body, 'color'),"
        " color(document.querySelector('.plot .xtick text'), 'fill')]"
    )
    show(browser, page)
    paper, ink, tick = browser.execute_script(look)
    assert paper > 600 > 350 > max(ink, tick)
    # the reader switches while the page is open
    media = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    until(browser, look.replace("return ", "const [paper, ink, tick] = ") + "; return tick > 450")
    paper, ink, tick = browser.execute_script(look)
    assert paper < 200 < 450 < min(ink, tick)


def test_it_prints_with_every_table_open(browser, page):
    show(browser, page)
    made = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert len(made["data"]) > 20_000
    assert browser.execute_script("return [...document.querySelectorAll('details')].every(d => d.open)")


def test_without_javascript_the_tables_are_there(browser, page):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        assert len(browser.find_elements("css selector", "tbody tr")) > 10
        assert "need JavaScript" in browser.find_element("tag name", "main").text
        assert browser.find_element("css selector", "thead th").text == "contender"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
