"""Contenders that declined a problem have no rank, no time and no profile on it; worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from qmectk.comparing.report.content import gather
from qmectk.comparing.statistics import costs, losses, prepare, spent, summarize, wilcoxon_pairs

from .frames import row

NO = {"status": "refused", "quality": None, "objective": None, "bound": None, "wall_seconds": 0.001, "time_limit": 10.0}


def run(backend, instance, **more):
    return row(backend=backend, instance=instance, **{"solve_seconds": 2.0, "time_limit": 10.0, "reason": "", **more})


def rows(problem="p", refused=("c",)):
    """Two instances; "a" reaches 9 and "b" 8 of 10, and so does "c" where it is not refused."""
    return [
        run(b, i, problem=problem, **(NO | {"reason": "no route"} if b in refused else {"objective": 9.0 - (b == "b")}))
        for i in "ij"
        for b in "abc"
    ]


def test_ranks_tests_and_profiles_are_without_them():
    frame = pd.DataFrame(rows())
    assert losses(frame).columns.tolist() == costs(frame, 0.15).columns.tolist() == ["a", "b"]
    assert losses(frame).to_numpy().tolist() == [pytest.approx([0.1, 0.2])] * 2
    # one pair and not three: Holm multiplies by one
    (pair,) = wilcoxon_pairs(losses(frame)).itertuples()
    assert (pair.first, pair.second, pair.p_holm) == ("a", "b", pair.p)
    assert len(wilcoxon_pairs(losses(pd.DataFrame(rows(refused=()))))) == 3


def test_who_was_refused_once_still_takes_part():
    frame = pd.DataFrame([*rows(refused=())[:-1], run("c", "j", **NO)])
    assert losses(frame)["c"].tolist() == [pytest.approx(0.1), math.inf]


def test_every_problem_by_itself():
    frame = pd.DataFrame([*rows("p"), *rows("q", refused=())])
    # across problems only the two instances of q were run by all three
    assert losses(frame).shape == (2, 3)
    content = gather(frame, "t", 1e-3)
    (note,) = content.parts[0].notes
    assert note.startswith("Refused in every run of this problem")
    assert ": c. The reasons" in note
    assert content.parts[1].notes == []


def test_they_have_no_time():
    frame = pd.DataFrame(rows())
    assert prepare(frame)["charged"].tolist() == pytest.approx([2.0, 2.0, math.nan] * 2, nan_ok=True)
    assert math.isnan(summarize(frame).set_index("contender").loc["c", "seconds"])
    assert spent(frame)[["runs", "refused"]].to_numpy().tolist() == [[2, 0], [2, 0], [0, 2]]
    (part,) = gather(frame, "t", 1e-3).parts
    time = part.summary.rows[2][9]
    assert (time.text, time.key, time.best) == ("\u2013", None, False)
    assert part.summary.rows[2][-1].text == "\u2013"
    assert [line[0].note for line in part.times.rows] == ["2 runs", "2 runs", "refused"]
    assert "killed or refused" in part.times.note


def test_nothing_is_warned_of_twice():
    assert gather(pd.DataFrame(rows()), "t", 1e-3).warnings == []


def test_all_refused():
    (part,) = gather(pd.DataFrame(rows(refused="abc")), "t", 1e-3).parts
    assert part.ranking == ""
    assert [table.title for table in part.tables] == []
    assert ": a, b, c. The reasons" in part.notes[0]
