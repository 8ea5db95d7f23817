"""How the page is laid out, in a real browser: desktop, phone and paper, with long names and gaps over many decades."""

from __future__ import annotations

import pandas as pd
import pytest

from qmectk.comparing.report import write_report

from .browser import on_paper, show, until

#: One that never breaks, one that may, and short ones.
NAMES = ["pair_of_contenders_joined_by_underscores_v2", "exact", "r", "simulated annealing, " * 4]


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Two problems; gaps from 1e-6 to 1e8 %, times from microseconds to minutes, and a first row that knows little."""
    rows = []
    for problem in ("p", "q"):
        for instance in range(6):
            for index, name in enumerate(NAMES):
                ended = {"termination": "converged", "quality": "feasible", "objective": 10.0 + 10.0 ** (3 * index - 3)}
                if index == 0:
                    ended = {"termination": "failed", "quality": "none", "status": "timeout", "reason": NAMES[3] * 3}
                base = {"problem": problem, "instance": f"i{instance}", "seed": 0, "sense": -1, "bound": 10.0}
                base |= {"status": "ok", "backend": name, "solve_seconds": 10.0 ** (3 * index - 6) * (1 + instance)}
                rows.append(base | ended)
    return write_report(pd.DataFrame(rows), tmp_path_factory.mktemp("wide") / "report.html", "Wide")


def test_the_data_profile_stands_beside_the_performance_profile(browser, wide):
    show(browser, wide)
    boxes = browser.execute_script(
        "return ['Performance profile', 'Data profile'].map(title => {"
        "  const all = [...document.querySelectorAll('figure')];"
        "  const found = all.find(f => f.querySelector('b').textContent === title);"
        "  const box = found.getBoundingClientRect(); return [box.top, box.left, box.right]})"
    )
    (top, _, right), (other, left, _) = boxes
    assert top == other
    assert left > right


OVERLAPS = """
const out = [];
for (const plot of document.querySelectorAll('.plot')) {
  const texts = [...plot.querySelectorAll('.xtick text, .ytick text, .xtitle, .ytitle')].filter(t => t.textContent);
  const boxes = texts.map(t => t.getBoundingClientRect());
  const frame = plot.getBoundingClientRect();
  boxes.forEach((a, i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1)
      out.push('cut off: ' + texts[i].textContent);
    boxes.slice(0, i).forEach((b, j) => {
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
        out.push(plot.id + ': ' + texts[i].textContent + ' on ' + texts[j].textContent);
    });
  });
}
return out;
"""


def test_figures_fit_their_paper(browser, wide):
    with on_paper(browser, wide):
        assert browser.execute_script(OVERLAPS) == []
        outside = browser.execute_script(
            "return [...document.querySelectorAll('figure')].filter(f => {"
            "  const svg = f.querySelector('.main-svg').getBoundingClientRect();"
            "  return svg.right > f.getBoundingClientRect().right}).map(f => f.textContent.slice(0, 40))"
        )
        assert outside == []
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


#: Texts of cells that reach out of their cells.
OUT = """
return [...document.querySelectorAll('tbody th, tbody td, thead th')].filter(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const text = range.getBoundingClientRect(), box = cell.getBoundingClientRect();
  return text.width && (text.right > box.right + 1 || text.left < box.left - 1);
}).map(cell => cell.textContent);
"""


@pytest.mark.parametrize("width", [360, 390, 800, 1280])
def test_labels_of_axes_and_names_in_cells_keep_apart_and_within(browser, wide, width):
    show(browser, wide, width=width, mobile=width < 500)
    assert browser.execute_script(OVERLAPS) == []
    assert browser.execute_script(OUT) == []


def test_long_names_leave_room_for_every_column_on_a_desktop(browser, wide):
    show(browser, wide)
    fits = "const s = document.querySelector('.scroll'); return s.scrollWidth <= s.clientWidth"
    assert browser.execute_script(fits)
    with on_paper(browser, wide):
        assert browser.execute_script(OUT) == []
        assert browser.execute_script(fits)


def test_a_column_is_aligned_as_one(browser, wide):
    show(browser, wide)
    columns = browser.execute_script(
        "return [...document.querySelectorAll('main section table')].flatMap(table =>"
        "  [...table.tHead.rows[0].cells].slice(1).map((head, i) => [head, ...[...table.tBodies[0].rows]"
        "    .map(row => row.cells[i + 1])].map(c => [c.textContent, getComputedStyle(c).textAlign])))"
    )
    assert len(columns) > 30
    for column in columns:
        assert len({align for _, align in column}) == 1, column
    # the first row has nothing to say about its gap, in a column of numbers
    (gaps,) = [column for column in columns[:12] if column[0][0].startswith("mean gap")]
    assert gaps[1] == ["\u2013", "right"]


def test_a_table_that_goes_on_says_so_until_its_end(browser, wide):
    look = (
        "const wide = document.querySelector('.wide'), note = wide.previousElementSibling;"
        "return [note.checkVisibility() ? note.textContent.trim() : null,"
        " getComputedStyle(wide, '::after').display !== 'none', wide.classList.contains('moved')]"
    )
    show(browser, wide)
    assert browser.execute_script(look) == [None, False, False]
    show(browser, wide, width=390, mobile=True)
    says, fades, moved = browser.execute_script(look)
    number, _, rest = says.partition(" ")
    assert int(number) >= 7
    assert rest == "more columns →"
    assert (fades, moved) == (True, False)
    # the names stay while the rest moves, and the hint ends where the columns do
    name = "return document.querySelector('tbody th').getBoundingClientRect().left"
    before = browser.execute_script(name)
    browser.execute_script("const s = document.querySelector('.scroll'); s.scrollLeft = s.scrollWidth")
    until(browser, look.replace("return [", "return !([").rstrip("]") + "])[1]")
    assert browser.execute_script(look) == ["", False, True]
    assert browser.execute_script(name) == pytest.approx(before, abs=1)
    with on_paper(browser, wide):
        assert browser.execute_script(look)[:2] == [None, False]
        hints = "return [...document.querySelectorAll('.more')].filter(note => note.checkVisibility()).length"
        assert browser.execute_script(hints) == 0
