"""The page of a run, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qmectk_papers.engine import reproduce
from qmectk_papers.paper import Paper

from ..comparing.browser import open_browser, show

CLAIMS = """
claims:
  - {id: a, says: Ours is <b>cheap</b>., place: F 1, prints: 3 %, experiment: one, number: {of: x}, holds: {below: 9}}
  - {id: b, says: Ours is dear., place: Fig. 1, experiment: one, number: {of: x}, holds: {above: 9}, remark: It is not.}
  - {id: c, says: Ours is one., place: Fig. 1, experiment: one, number: {of: x}, holds: {below: 1}, finding: true}
  - {id: d, says: Ours is fast., place: Fig. 2, untestable: Nobody has such a machine.}
"""

LOOK = """
const color = word => getComputedStyle(document.querySelector('.mark.' + word)).color;
const wide = [...document.querySelectorAll('body *')].filter(e =>
  !e.closest('.scroll') && !e.matches('.hidden, .hidden *')
  && e.getBoundingClientRect().right > window.innerWidth + 1).map(e => e.tagName + '.' + e.className);
return {
  colors: ['reproduced', 'contradicted', 'undecided', 'untestable'].map(color), wide: wide,
  first: document.querySelector('tbody tr td span').textContent,
  pictures: [...document.images].map(i => i.naturalWidth),
  heads: [...document.querySelectorAll('h2')].map(h => h.textContent)};
"""

browser = pytest.fixture(scope="module")(open_browser)


def one(run: Any) -> pd.DataFrame:
    return pd.DataFrame({"seed": run.seeds, "x": [0.9, 1.0, 1.2]})


def draw(figure: Any, tables: Any) -> None:
    """What is drawn of it."""
    figure.add_subplot().plot(tables["one"]["x"])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    (folder / "claims.yaml").write_text(CLAIMS)
    made = Paper("toy", "A toy", "N, 2026", folder / "claims.yaml", {"one": one}, {"fig1": (("one",), draw)})
    reproduce(made, scale="quick", out=folder)
    return folder / "report.html"


def test_verdicts_are_coloured_and_everything_fits(browser: Any, page: Path) -> None:
    seen = {}
    for width, scheme in ((1400, "light"), (390, "dark")):
        show(browser, page, width, scheme, mobile=width < 400)
        found = browser.execute_script(LOOK)
        assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        assert len(set(found["colors"])) == 4
        assert not found["wide"]
        assert found["first"] == "Ours is <b>cheap</b>."
        assert all(size > 100 for size in found["pictures"])
        seen[scheme] = found["colors"]
    assert found["heads"][:3] == ["What the paper claims", "What we found beside it", "Figures"]
    assert not set(seen["light"]) & set(seen["dark"])
    browser.find_element("css selector", "thead button").click()
    words = browser.execute_script(
        "return [...document.querySelectorAll('table')[0].querySelectorAll('.mark')].map(m => m.textContent)"
    )
    assert words == ["contradicted", "reproduced", "untestable"]
