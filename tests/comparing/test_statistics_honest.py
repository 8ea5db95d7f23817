"""What statistics must not say: proofs since refuted, noise as a difference, shares rounded to all."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report.content import gather
from qmectk.comparing.report.verdict import verdict
from qmectk.comparing.report.wording import percent, share
from qmectk.comparing.statistics.breakeven import break_even
from qmectk.comparing.statistics.prepare import prepare
from qmectk.comparing.statistics.profiles import case_table
from qmectk.comparing.statistics.ranks import losses, tied, wilcoxon_pairs
from qmectk.comparing.statistics.summary import summarize
from qmectk.comparing.statistics.targets import events


def run(backend: str, instance: object = "i0", seed: int = 0, **values):
    base = {"problem": "p", "options": "{}", "frame": 0, "sense": 1, "status": "ok", "reason": "", "solve_seconds": 1.0}
    base |= {"quality": "feasible", "termination": "converged", "objective": 9.0, "time_limit": 10.0}
    return {**base, "backend": backend, "instance": str(instance), "seed": seed, **values}


PROVED = {"quality": "optimal", "termination": "proved"}


def test_a_refuted_proof_proves_nothing():
    frame = pd.DataFrame(
        [run("liar", k, objective=9.0, bound=9.0, **PROVED) for k in range(4)]
        + [run("honest", k, objective=10.0, bound=10.0, **PROVED) for k in range(4)]
    )
    rows = summarize(frame).set_index("contender")
    assert rows.loc["liar", ["proved", "optimal", "gap"]].tolist() == [0.0, 0.0, pytest.approx(0.1)]
    assert rows.loc["honest", ["proved", "optimal"]].tolist() == [1.0, 1.0]
    assert not any("liar proves" in sentence for sentence in verdict(summarize(frame)))


def test_the_gap_that_a_study_asked_for_is_honoured_and_said():
    frame = pd.DataFrame([run("a", objective=9.9, bound=10.0, **PROVED), run("b", objective=9.9, bound=10.0)])
    rows = summarize(frame).set_index("contender")
    assert rows.loc["a", ["proved", "optimal"]].tolist() == [1.0, 1.0]
    assert rows.loc["b", ["proved", "optimal"]].tolist() == [0.0, 0.0]
    assert "1 run counted as optimal at gaps of up to 1\u00a0%" in " ".join(gather(frame, "t", 1e-3).warnings)
    # its bound is refuted by another point, and nothing else says that 9.9 is optimal
    beaten = pd.concat([frame, pd.DataFrame([run("c", objective=11.0)])])
    assert summarize(beaten).set_index("contender").loc["a", ["proved", "optimal"]].tolist() == [0.0, 0.0]


def test_whoever_meets_the_best_certified_bound_is_optimal():
    """The bound is another run's: 10 and 10 (1 - 5e-7) meet it, 9.9 does not, and 10 in a case without one neither."""
    frame = pd.DataFrame(
        [
            run("exact", objective=10.0, bound=10.0, **PROVED),
            run("greedy", objective=10.0),
            run("sa", objective=10.0 * (1 - 5e-7)),
            run("random", objective=9.9),
            run("outside", objective=10.0, quality="infeasible"),
            run("greedy", "i1", objective=10.0),
        ]
    )
    rows = summarize(frame).set_index("contender")
    assert rows["optimal"].to_dict() == {"exact": 1.0, "greedy": 0.5, "sa": 1.0, "random": 0.0, "outside": 0.0}
    assert rows["proved"].to_dict() == {"exact": 1.0, "greedy": 0.0, "sa": 0.0, "random": 0.0, "outside": 0.0}


def test_its_own_proof_stands_although_it_refutes_the_reference():
    frame = pd.DataFrame([run("a", objective=10.0, bound=10.0, reference_bound=9.0, **PROVED)])
    assert summarize(frame).loc[0, ["proved", "optimal"]].tolist() == [1.0, 1.0]


def test_rounding_is_no_difference():
    noisy = [
        run(b, k, objective=9.0 - (1e-9 if b == "b" else 0.0), reference_bound=10.0) for k in range(9) for b in "ab"
    ]
    (pair,) = wilcoxon_pairs(losses(pd.DataFrame(noisy))).itertuples()
    assert (pair.first_better, pair.second_better, pair.ties, pair.p, pair.favours) == (0, 0, 9, 1.0, "")
    chain = np.array([[0.3, 0.3 + 9e-7, 0.3 + 1.8e-6, np.inf, np.inf]])
    assert tied(chain)[0].tolist() == [0.3, 0.3, 0.3 + 1.8e-6, np.inf, np.inf]


def test_the_better_one_is_who_has_the_larger_ranks_not_more_wins():
    """Six small wins against four large losses: W+ = 1+...+6 = 21, W- = 7+8+9+10 = 34."""
    first = np.array([0.1] * 10)
    second = first + np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, -0.07, -0.08, -0.09, -0.095])
    (pair,) = wilcoxon_pairs(pd.DataFrame({"x": first, "y": second})).itertuples()
    assert (pair.first_better, pair.second_better, pair.favours) == (6, 4, "second")


def test_two_seeds_have_a_mean_and_an_inf_among_them_is_inf():
    table = pd.DataFrame({"case": [0, 0, 1, 1], "contender": "a", "loss": [0.1, 0.3, 0.1, np.inf]})
    assert case_table(table, "loss")["a"].tolist() == [pytest.approx(0.2), np.inf]


def test_ratios_are_of_positive_numbers_and_the_verdict_uses_them_only_where_all_have_one():
    negative = summarize(
        pd.DataFrame([run("a", k, objective=-11.0, bound=None, reference_bound=-10.0) for k in range(3)])
    )
    assert math.isnan(negative.loc[0, "ratio"])
    assert "comes within 10" in verdict(negative)[0]
    mixed = [run("a", k, objective=9.99 if k == 0 else -5.0, reference_bound=10.0) for k in range(4)]
    assert "reaches" not in verdict(summarize(pd.DataFrame(mixed)))[0]
    above = summarize(pd.DataFrame([run("a", k, objective=10.000005, reference_bound=10.0) for k in range(3)]))
    assert "1.00" not in verdict(above)[0]


def test_who_answers_most_is_not_called_closest():
    often = [run("x", k, objective=5.0) for k in range(4)]
    rarely = [run("y", k, objective=10.0) for k in range(3)]
    rarely.append(run("y", 3, objective=None, quality="none"))
    said = verdict(summarize(pd.DataFrame(often + rarely)))[0]
    assert "x comes closest" not in said
    assert "y is closer where it has one" in said


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0\u00a0%"), (1.0, "100\u00a0%"), (0.9996, "99.96\u00a0%"), (0.5, "50\u00a0%"), (0.004, "0.4\u00a0%")],
)
def test_a_share_is_all_or_nothing_only_where_it_is(value: float, text: str):
    assert share(value) == text
    assert percent(0.9996) == "100\u00a0%"  # what it would have been


def test_who_answers_nothing_neither_pays_off_nor_is_fastest():
    rows = [run("quick", k, solve_seconds=0.01, training_seconds=5.0, objective=None, quality="none") for k in range(3)]
    rows += [run("slow", k, reference_bound=10.0) for k in range(3)]
    frame = pd.DataFrame(rows)
    assert break_even(frame).empty
    (part,) = gather(frame, "t", 1e-3).parts
    bold = {row[0].text: row[9].best for row in part.summary.rows}
    assert bold == {"quick": False, "slow": True}


def test_reaching_a_target_needs_no_clock():
    frame = pd.DataFrame(
        [run("a", k, s, objective=10.0, bound=10.0, solve_seconds=None) for k in range(3) for s in (0, 1)]
    )
    row = summarize(frame).loc[0]
    assert row["reached"] == 1.0
    assert math.isnan(row["tts99"])


@pytest.mark.parametrize("text", ["[[]]", "[[1" + "0" * 400 + "]]", "[" * 5000, '{"a": 1}', "[[1, [2]]]", "null"])
def test_events_that_are_none_harm_nothing(text: str):
    assert events(text).shape[1] == 3
    frame = prepare(pd.DataFrame([run("a", events=text, solve_seconds=-1.0, reference_bound=10.0)]))
    assert frame["solve_seconds"].isna().all()
    summarize(frame)


def test_a_target_reached_now_and_then_is_not_never_reached():
    """Of three instances the first is solved at 1 s by one seed of two (7 s), the others by none: the median is inf.

    It is below 7 s where two of three drawn instances are the first with two hits: 6/27 (1/4)^2 + 1/27 10/64 = 2.0 %.
    """
    hits = [run("a", 0, 0, objective=10.0, reference_bound=10.0)]
    misses = [run("a", k, s, reference_bound=10.0) for k in range(3) for s in (0, 1) if (k, s) != (0, 0)]
    frame = pd.DataFrame([*hits, *misses, *[{**row, "backend": "b"} for row in [*misses, {**misses[0], "seed": 0}]]])
    (part,) = gather(frame, "t", 1e-3).parts
    cells = {row[0].text: row[-1] for row in part.summary.rows}
    assert (cells["a"].text, cells["a"].note) == ("not in 2 seeds", "7\u00a0s \u2013 ∞")
    assert (cells["b"].text, cells["b"].note) == ("never", "")
    assert 1e9 < cells["a"].key < cells["b"].key == math.inf


@pytest.mark.parametrize(("instances", "said"), [(7, True), (8, False)])
def test_tests_that_cannot_reject_say_so(instances: int, said: bool):
    """Six pairs: 6 * 2^(1 - 7) = 0.094 and 6 * 2^(1 - 8) = 0.047."""
    rows = [
        run(b, k, objective=10.0 - (0.1 + 0.001 * k) * "abcd".index(b), reference_bound=10.0)
        for k in range(instances)
        for b in "abcd"
    ]
    (part,) = gather(pd.DataFrame(rows), "t", 1e-3).parts
    (table,) = [table for table in part.tables if table.title == "Pair by pair"]
    assert len(table.rows) == 6
    assert all((row[-1].text == "not told apart") is said for row in table.rows)
    sentence = (
        "With 7 instances and 6 pairs no difference can reach 5\u00a0% after Holm's correction, however large it is"
    )
    assert (sentence in table.note) is said
    assert ("; 8 instances are needed" in table.note) is said


def test_the_verdict_is_about_those_with_a_gap():
    rows = [run("often", k, objective=5.0) for k in range(3)]
    rows += [run("certified", 3, objective=9.0, reference_bound=10.0)]
    (first, *_) = verdict(summarize(pd.DataFrame(rows)))
    assert first.startswith("certified reaches 0.900 of")


def test_a_gap_below_the_floor_is_said_as_one():
    def said(objective: float) -> str:
        return verdict(summarize(pd.DataFrame([run("a", objective=objective, sense=-1, reference_bound=10.0)])))[0]

    assert said(10.0).startswith("a reaches the certified optimum on average")
    assert said(10.0 * (1 + 1e-8)).startswith("a comes within 0.0001\u00a0% of the certified optimum on average")
    highest = summarize(pd.DataFrame([run("a", objective=10.0, reference_bound=10.0)]))
    assert verdict(highest)[0].startswith("a reaches the certified optimum on average")


def test_what_spoils_a_comparison_is_said():
    def said(rows):
        return " ".join(gather(pd.DataFrame(rows), "t", 1e-3).warnings)

    machine = '{"cpu": "x"}'
    killed = {"status": "crashed", "quality": None, "objective": None, "machine": None, "solve_seconds": None}
    one = [run("a", k, machine=machine) for k in range(3)]
    assert "more than one machine" not in said([*one, *[run("b", k, **killed) for k in range(3)]])
    assert "Not every contender ran every instance" in said(
        [*one, *[run("b", k + 3, machine=machine) for k in range(3)]]
    )
    assert "as many seeds" in said([*one, *[run("b", k, s, machine=machine) for k in range(3) for s in (0, 1)]])
    assert "no time to be charged" in said([run("a", time_limit=None), run("b", time_limit=None, **killed)])
    assert "Not all runs had the same time limit" in said([run("a"), run("b", time_limit=None)])
    # 10 s were allowed: 11.1 s is too much, 10.9 s not; of 1 s 1.4 s is late by less than half a second
    late = [run("a", solve_seconds=11.1), run("b", solve_seconds=11.0, conversion_seconds=0.2)]
    fine = [run("c", solve_seconds=10.9), run("d", solve_seconds=1.4, time_limit=1.0)]
    killed_late = run("e", status="timeout", quality="none", objective=None, solve_seconds=None, wall_seconds=15.0)
    assert "2 runs overran their time limit; they are charged what they took." in said([*late, *fine, killed_late])
    assert "overran" not in said([*fine, killed_late])
