"""Reports of controllers over horizons."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qmectk
from qmectk.errors import InputError

from .test_horizons import STABLE, problem


def test_the_report_draws_trajectories_and_the_trade_off(shop, tmp_path):
    backends = [shop.Cheapest, shop.Nobody]
    asked = {"slots": 60, "paths": 2, "seeds": 2, "sweep": {"V": [1, 1.2]}, "stable_below": STABLE}
    result = qmectk.compare(problem(shop), backends, **asked)
    for suffix in ("html", "md", "tex"):
        result.report(tmp_path / f"r.{suffix}", "Two controllers")
    page = (tmp_path / "r.html").read_text()
    for words in ("Who does not stand", "Earned over the slots", "Waiting over the slots", "trade-off over V"):
        assert words in page, words
    assert "Performance profile" not in page
    assert "nobody does not stand" not in page
    assert "Ranked below, as it does not stand: nobody." in page
    for suffix in ("md", "tex"):
        text = (tmp_path / f"r.{suffix}").read_text()
        assert "Pair by pair" in text
        assert text.index("cheapest") < text.index("nobody")

    curve = {trace.name: trace for trace in result.trade_off().data}
    rows = result.summary().set_index(["contender", "problem"])
    for name, mark in (("cheapest", "circle"), ("nobody", "square-open")):
        assert set(curve[name].marker.symbol) == {mark}
        assert list(curve[name].text) == ["V = 1", "V = 1.2"]
        assert sorted(curve[name].y) == pytest.approx(sorted(rows.loc[name, "objective"]))
        assert sorted(curve[name].x) == pytest.approx(sorted(rows.loc[name, "backlog"]))
    assert result.trade_off().layout.shapes[0].y0 == -1.25

    drawn = {trace.name: trace for trace in result.trajectory("waiting").data}
    runs = result.frame[result.frame["backend"] == "nobody"]
    each = [json.loads(text)["waiting"] for text in runs["trajectory"]]
    assert list(drawn["nobody"].y) == pytest.approx(np.mean(each, axis=0))
    with pytest.raises(InputError, match="no run over a horizon has a record 'patience'"):
        result.trajectory("patience")


def test_a_report_of_controllers_that_never_came_back(shop, tmp_path):
    result = qmectk.compare(problem(shop), [shop.Breaks], slots=40, warm_up=False)
    result.report(tmp_path / "r.html")
    assert "No controller stands" in (tmp_path / "r.html").read_text()
    assert "no run came back" not in str(result)
    assert result.summary()["stands"].tolist() == [False]
