"""Statistics of controllers, on frames of numbers drawn: who is ranked where, and what is paired with what."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.comparing.report.content import gather
from qmectk.comparing.statistics import critical_difference, differences, losses, summarize_horizons, wilcoxon_pairs
from qmectk.comparing.statistics.horizons import tracks, trade_off

PATHS, SEEDS = 3, 2


def row(name: str, path: int, seed: int, worth: float, *, stands: bool, bound: float = 10.0, sense: int = 1) -> dict:
    queue = {"quarter": 0.1, "half": 0.05, "end": 0.02 if stands else 0.5}
    facts = {
        "goal": "worth", "backlogs": ["work"], "units": {}, "slots": 100, "done": 100, "settings": {},
        "second_half": {"worth": worth, "work": 2.0 + path}, "queues": {"work": queue}, "derived": {},
        "gap": 0.25, "worst_gap": 0.5, "replaced_slots": 0, "ms_per_slot": 1.0, "bound": None,
    }  # fmt: skip
    return {
        "problem": "toy", "instance": f"path {path}", "frame": path, "backend": name, "seed": seed, "sense": sense,
        "objective": worth, "reference_bound": bound, "status": "ok", "termination": "converged", "options": "{}",
        "quality": "feasible" if stands else "infeasible", "reason": "" if stands else "its queue grows",
        "horizon": json.dumps(facts), "trajectory": json.dumps({"slot": [0.0, 1.0], "worth": [worth, worth]}),
        "violation": 0.0, "solve_seconds": 0.1, "wall_seconds": 0.2,
    }  # fmt: skip


@st.composite
def studies(draw):
    """Several contenders with drawn goals, some of which do not stand in some runs, or crash."""
    sense = draw(st.sampled_from([1, -1]))
    rows = []
    for name in "abcd"[: draw(st.integers(2, 4))]:
        shaky = draw(st.booleans())
        for path in range(PATHS):
            for seed in range(SEEDS):
                worth = draw(st.floats(-20.0, 20.0).map(lambda x: round(x, 3)))
                one = row(name, path, seed, worth, stands=not (shaky and draw(st.booleans())), sense=sense)
                if shaky and draw(st.integers(0, 9)) == 0:
                    one |= {"status": "crashed", "objective": None, "quality": None, "trajectory": None}
                    one["horizon"] = json.dumps({"slots": 100, "settings": {}})
                rows.append(one)
    return pd.DataFrame(rows)


@settings(max_examples=12, deadline=None)
@given(studies())
def test_who_does_not_stand_is_never_above_who_does(frame):
    good = (frame["status"] == "ok") & (frame["quality"] == "feasible")
    stands = good.groupby(frame["backend"]).all()
    order = summarize_horizons(frame, resamples=20)
    assert order["stands"].tolist() == sorted(order["stands"], reverse=True)
    assert order.set_index("contender")["stands"].to_dict() == stands.to_dict()
    table = losses(frame)
    ranks = critical_difference(table).ranks
    for better in stands.index[stands]:
        for worse in stands.index[~stands]:
            assert ranks[better] < ranks[worse]
            assert (table[better] < table[worse]).all()
    for pair in wilcoxon_pairs(table).itertuples():
        if stands[pair.first] != stands[pair.second]:
            assert pair.favours == ("first" if stands[pair.first] else "second")


@pytest.mark.parametrize("fallen", [(), ("a",), ("a", "b", "c")])
def test_a_report_calls_nobody_best_who_does_not_stand(fallen):
    rows = [
        row(n, path, 0, worth, stands=n not in fallen)
        for n, worth in zip("abc", (9, 8, 7), strict=True)
        for path in range(3)
    ]
    (part,) = gather(pd.DataFrame(rows), "three", 1e-3).parts
    first = next((name for name in "abc" if name not in fallen), None)
    assert [line[0].text for line in part.summary.rows if line[2].best] == ([first] if first else [])
    if first is None:
        assert part.verdict == ["No controller stands: on some path each is unstable, violates a constraint or failed."]
    else:
        assert part.verdict[0].startswith(f"{first} has the best worth of those that stand")
    reasons = [table for table in part.tables if table.title == "Who does not stand"]
    assert [line[0].text for table in reasons for line in table.rows] == list(fallen)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(-5.0, 5.0), min_size=PATHS, max_size=PATHS), st.floats(-3.0, 3.0))
def test_what_paths_have_in_common_is_no_spread_of_a_difference(levels, apart):
    """Two controllers whose goals differ by the same on every path: the paired interval has no width."""
    rows = [
        row(name, path, seed, levels[path] + shift, stands=True)
        for name, shift in (("a", 0.0), ("b", apart))
        for path in range(PATHS)
        for seed in range(SEEDS)
    ]
    (found,) = differences(pd.DataFrame(rows)).to_dict(orient="records")
    assert found["pairs"] == PATHS * SEEDS
    for name in ("objective", "objective_low", "objective_high"):
        assert found[name] == pytest.approx(-apart, abs=1e-9)
    assert found["backlog"] == found["backlog_low"] == found["backlog_high"] == 0.0


def test_differences_leave_out_runs_that_only_one_came_back_from():
    rows = [row(name, path, 0, float(path), stands=True) for name in "ab" for path in range(PATHS)]
    rows[0] |= {"status": "crashed", "objective": np.nan, "horizon": json.dumps({"slots": 100, "settings": {}})}
    (found,) = differences(pd.DataFrame(rows)).to_dict(orient="records")
    assert found["pairs"] == PATHS - 1


def test_a_controller_beyond_the_bound_refutes_nothing():
    """What leaves work in its queues may be beyond the bound; the others keep their gap to it."""
    rows = [row("a", 0, 0, 12.0, stands=False), row("b", 0, 0, 8.0, stands=True)]
    summary = summarize_horizons(pd.DataFrame(rows)).set_index("contender")
    assert summary.loc["b", "horizon_gap"] == pytest.approx(0.2)
    assert summary.loc["a", "horizon_gap"] == pytest.approx(-0.2)
    assert gather(pd.DataFrame(rows), "two", 1e-3).warnings == []


def test_tracks_are_means_over_the_runs_that_went_furthest():
    texts = [json.dumps({"slot": [0.0, 1.0], "worth": worth}) for worth in ([1.0, 3.0], [3.0, 5.0])]
    texts += [json.dumps({"slot": [0.0], "worth": [9.0]}), ""]
    slots, worth = tracks(pd.DataFrame({"trajectory": texts}), "worth")
    assert (slots.tolist(), worth.tolist()) == ([0.0, 1.0], [2.0, 4.0])
    assert [part.size for part in tracks(pd.DataFrame({"trajectory": texts}), "work")] == [0, 0]


def test_a_trade_off_is_over_numbers_only():
    def swept(settings, problem):
        made = [row("a", path, 0, 5.0, stands=True) for path in range(2)]
        facts = json.dumps({**json.loads(made[0]["horizon"]), "settings": settings})
        return [{**one, "problem": problem, "horizon": facts} for one in made]

    rows = [*swept({"V": 3.0}, "toy (V=3)"), *swept({"quiet": True}, "toy (quiet=True)"), *swept({}, "toy")]
    (found,) = trade_off(pd.DataFrame(rows), resamples=9).to_dict("records")
    assert (found["of"], found["key"], found["value"]) == ("toy", "V", 3.0)
