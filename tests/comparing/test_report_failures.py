"""Runs without an answer in reports: who, how, why, and on how many instances."""

from __future__ import annotations

import pandas as pd
import pytest

from qmectk.comparing.report.content import gather
from qmectk.comparing.report.page import as_html
from qmectk.comparing.report.tables import as_latex, as_markdown
from qmectk.comparing.running.outcome import general

from .frames import row

WHY = "the sample does not choose exactly one candidate a device"


def refused(frame, **more):
    label = f"p1[frame {frame}]"
    reason = f"backend 'milp' cannot take {label}: it has no linear form"
    reported = {"status": "refused", "quality": None, "objective": None, "reason": reason}
    return row(backend="milp", instance=label, frame=frame, **reported, **more)


def table(*rows):
    return gather(pd.DataFrame(rows), "t", 1e-3).failures


def words(found):
    return [[cell.text for cell in line] for line in found.rows]


def test_the_same_refusal_of_a_hundred_instances_is_one_row():
    found = table(row(), *[refused(frame) for frame in range(100)])
    reason = "backend 'milp' cannot take this instance: it has no linear form"
    assert words(found) == [["milp", "p", "✗ refused", "100", reason, "p1[frame 0], frame 0, seed 0"]]
    assert found.note == "100 runs of 101 failed."
    both = table(*[refused(frame, problem=problem) for frame in range(3) for problem in "pq"])
    assert [line[1:4] for line in words(both)] == [["p", "✗ refused", "3"], ["q", "✗ refused", "3"]]


@pytest.mark.parametrize(
    ("reason", "label", "general_reason"),
    [
        ("p1 frame 1 of p1 frame 10", "p1 frame 1", "this instance of p1 frame 10"),
        ("toy.3: no", "toy.3", "this instance: no"),
        ("(a+b) [x", "(a+b) [x", "this instance"),
        ("i is a letter", "i", "i is a letter"),
        ("this instance is odd", "instance", "this instance is odd"),
        ("", "p1", ""),
    ],
)
def test_labels_are_replaced_whole(reason, label, general_reason):
    assert general(reason, label) == general_reason


def test_runs_without_a_feasible_point_stand_below_the_failures_with_their_reasons():
    rows = [row(backend="sa", seed=s, quality="none", objective=None, reason=WHY) for s in range(8)]
    rows += [row(backend="sa", seed=8, quality="infeasible"), row(backend="b", seed=9, termination="failed")]
    found = table(row(backend="exact"), *rows)
    assert [line[0:1] + line[2:5] for line in words(found)] == [
        ["b", "✗ failed", "1", "no reason given"],
        ["sa", "no point", "8", WHY],
        ["sa", "infeasible point", "1", "no reason given"],
    ]
    assert found.note == ("1 run of 11 failed. Runs without a feasible point, although they did not fail: 9 of 11.")


def test_every_format_has_them_although_nothing_failed():
    content = gather(pd.DataFrame([row(), row(seed=1, quality="none", objective=None, reason=WHY)]), "t", 1e-3)
    assert content.failures.note.startswith("No run failed. Runs without a feasible point")
    for text in (as_html(content), as_markdown(content), as_latex(content)):
        assert WHY in text
        assert "No run failed." in text
