"""A sixth paper: a file of claims and a few functions, and the engine does the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from qmectk.errors import InputError
from qmectk.plugins import load
from qmectk_papers.claims import Claim, Region, read_claims
from qmectk_papers.engine import paper, papers, reproduce
from qmectk_papers.paper import Paper
from qmectk_papers.verdicts import placed, verdict
from qmectk_papers.writing import overview, table

from . import sixth
from .committed import FOLDER

CLAIMS = sixth.PAPER.claims.read_text()


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Paper:
    """As a third party's distribution brings it: by its hook."""
    point = SimpleNamespace(name="sixth", value="sixth", dist=None, load=lambda: sixth)
    known = load([point])
    monkeypatch.setattr("qmectk_papers.engine.registry", lambda: known)
    sixth.CALLS.clear()
    return paper("sixth")


def test_a_sixth_paper_takes_a_file_of_claims_and_a_short_module(toy: Paper) -> None:
    assert "sixth" in papers()
    assert len(Path(sixth.__file__).read_text().splitlines()) < 60


def test_verdicts_tables_and_figures(toy: Paper, tmp_path: Path) -> None:
    found = reproduce("sixth", scale="quick", out=tmp_path / "out")
    words = {one.claim.id: one.word for one in found.verdicts}
    assert words == {
        "cheaper": "reproduced",
        "dearer": "contradicted",
        "grows": "reproduced",
        "dips": "contradicted",
        "faster": "untestable",
    }
    assert "reproduced" in str(found)
    reported = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    assert [one["verdict"] for one in reported["claims"]] == list(words.values())
    report = (tmp_path / "out" / "report.md").read_text()
    assert "figures/sizes.png" in report
    assert "No experiment on a simulator" in report
    assert "seeds 0, 1, 2" in report
    assert (tmp_path / "out" / "figures" / "sizes.pdf").stat().st_size > 1000
    what_holds = overview(tmp_path)
    assert "## [A sixth paper](out/report.md)" in what_holds
    assert "`qmectk reproduce sixth --quick`: 2 reproduced, 2 contradicted, 1 untestable." in what_holds
    assert "](out/report.md) | 2 + 0 | 2 + 0 | 0 + 0 | 1 + 0 |" in what_holds


def test_verdicts_compile_and_go_over_pages(tmp_path: Path, typeset: Callable[..., str]) -> None:
    claim = SimpleNamespace(place="Fig. 3(a), $x_1$", says=r"100 % of a_b & c#1 {x} ^ \ <|> λ ≤ ą come first. " * 3)
    one = SimpleNamespace(claim=claim, evidence="[.94 to .96], 5 seeds, *", word="contradicted")
    (tmp_path / "verdicts.tex").write_text(table(SimpleNamespace(verdicts=[one] * 50)), encoding="utf-8")
    log = typeset(r"\input{verdicts.tex}", "booktabs", "longtable")
    assert "Overfull" not in log
    assert int(re.search(r"Output written on all.pdf \((\d+) pages", log)[1]) > 2


def test_what_is_done_is_not_done_twice(toy: Paper, tmp_path: Path) -> None:
    once = reproduce(toy, scale="quick", out=tmp_path / "out", only=("methods",))
    assert sixth.CALLS == ["methods"]
    assert {v.claim.id: v.word for v in once.verdicts}["grows"] == "undecided"
    twice = reproduce(toy, scale="quick", out=tmp_path / "out")
    assert sixth.CALLS == ["methods", "sizes"]
    assert twice.verdicts[0].word == "reproduced"
    reproduce(toy, scale="default", out=tmp_path / "out")  # of another scale all is done anew
    assert sixth.CALLS == ["methods", "sizes"] * 2


def test_few_seeds_and_crossing_intervals_decide_nothing() -> None:
    made = {"id": "a", "says": "a", "place": "a", "experiment": "t", "number": {"of": "x"}, "holds": {"above": 0}}
    claim = Claim.model_validate(made)
    few = pd.DataFrame({"seed": [0, 1], "x": [5.0, 5.1]})
    assert verdict(claim, {"t": few}).word == "undecided"
    wide = pd.DataFrame({"seed": range(4), "x": [-1.0, 1.0, -1.0, 1.5]})
    assert verdict(claim, {"t": wide}).word == "undecided"
    exact = Claim.model_validate({**made, "exact": True})
    assert verdict(exact, {"t": few}).word == "reproduced"
    late = Claim.model_validate({**made, "exact": True, "since": "default"})
    assert verdict(late, {"t": few}, "quick").why == "a quick run is too short to tell"
    assert verdict(late, {"t": few}, "default").word == "reproduced"
    assert verdict(claim, {}).why == "its experiment was not run"


@pytest.mark.parametrize(("low", "high", "word"), [(1, 2, "reproduced"), (3, 4, "contradicted"), (1.5, 3, "undecided")])
def test_where_an_interval_lies(low: float, high: float, word: str) -> None:
    assert placed(Region(below=2.0), low, high) == word


def test_mistakes_in_a_file_of_claims_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS.replace("as: ratio", "as: share"))
    with pytest.raises(InputError, match="line 8"):
        read_claims(file)
    file.write_text(CLAIMS.replace("id: dearer", "id: cheaper"))
    with pytest.raises(InputError, match="stands twice"):
        read_claims(file)


def test_numbers_that_are_not_there_say_so() -> None:
    made = {"id": "a", "says": "a", "place": "a", "experiment": "t", "number": {"of": "y"}, "holds": {"above": 0}}
    with pytest.raises(InputError, match="no column 'y'"):
        verdict(Claim.model_validate(made), {"t": pd.DataFrame({"seed": [0], "x": [np.nan]})})


def test_an_experiment_that_is_not_there_is_named(toy: Paper) -> None:
    with pytest.raises(InputError, match="did you mean 'methods'"):
        reproduce(toy, scale="quick", only=("method",))


def test_the_page_of_what_holds_is_that_of_the_committed_verdicts() -> None:
    assert (FOLDER / "README.md").read_text() == overview(FOLDER)
