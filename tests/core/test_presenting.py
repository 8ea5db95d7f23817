"""What a person sees who prints a result or ends a notebook's cell with it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import qmectk
from qmectk import Solution
from qmectk.errors import InputError
from qmectk.presenting.page import Facts, Grid, Line, text_of
from qmectk.presenting.problem import page_of
from qmectk.presenting.wording import ratio


@pytest.fixture(scope="module")
def stream() -> Solution:
    return qmectk.solve(qmectk.load("p1", frames=300), "local-only")


def test_a_printed_stream_is_the_table_of_the_command_line_whatever_its_length(stream: Solution) -> None:
    text = str(stream)
    assert len(text) < 2500
    assert "p1, 300 frames" in text
    assert text.startswith("problem")
    assert "quality    feasible (worst frame)" in text


def test_a_representation_is_one_line(stream: Solution) -> None:
    assert repr(stream).startswith("<StreamSolution of p1 by local-only: feasible, objective ")
    assert "\n" not in repr(stream)
    assert len(repr(stream)) < 150
    assert "gap" not in repr(dataclasses.replace(stream, certificate=None))


def test_a_notebook_gets_a_table_in_which_nothing_of_others_is_markup(stream: Solution) -> None:
    shown = dataclasses.replace(stream, message="<script>alert(1)</script>\x1b[31m")._repr_html_()
    assert shown.startswith("<table>")
    assert "<script>" not in shown
    assert "\x1b" not in shown
    assert "&lt;script&gt;" in shown


def test_a_page_keeps_the_order_of_its_blocks_and_leaves_empty_facts_out() -> None:
    page = [Facts([("a", "1"), ("b", "")]), Line(), Grid(["x", "y"], [["1", "2"]])]
    assert text_of(page) == "a  1\n\nx  y\n1  2"


def test_a_point_is_a_table_and_a_picture(stream: Solution) -> None:
    one = stream.solutions[0]  # type: ignore[attr-defined]
    table = one.to_pandas()
    assert table.groupby("variable")["element"].count().to_dict() == {k: np.size(v) for k, v in one.values.items()}
    panels = {axes.get_title(): [bar.get_height() for bar in axes.patches] for axes in one.plot(columns=1).axes}
    assert panels == {name: rows["value"].tolist() for name, rows in table.groupby("variable")}
    nothing = dataclasses.replace(one, values=None)
    assert nothing.to_pandas().empty
    with pytest.raises(InputError, match="no point"):
        nothing.plot()


def test_the_frames_of_a_stream_are_rows_of_a_data_frame(stream: Solution) -> None:
    table = stream.to_pandas()
    assert list(table) == ["quality", "objective", "bound", "gap", "ratio", "violation", "seconds"]
    assert len(table) == 300
    assert table["objective"].mean() == pytest.approx(stream.objective)
    assert (table["ratio"] <= 1.0 + 1e-12).all()


def test_a_simulation_prints_as_the_command_line_does_and_has_a_row_for_each_slot() -> None:
    found = qmectk.simulate(qmectk.load("meqc-ye"), "cpu-continuous", slots=12, reference=False)
    assert str(found).startswith("problem")
    assert "record" in str(found)
    assert repr(found) == "<Simulation of meqc-ye by cpu-continuous: 12 of 12 slots>"
    table = found.to_pandas()
    assert len(table) == 12
    assert table["cost"].mean() == pytest.approx(found.means()["cost"])
    assert table.attrs["units"] == found.units
    assert {axes.get_xlabel() for axes in found.plot().axes} == {"slot"}


def test_a_problem_prints_the_numbers_of_its_first_frame() -> None:
    problem = qmectk.load("p1", devices=4, frames=3, training_frames=10)
    assert repr(problem) == "<Problem p1: 3 frames after 10 to train on>"
    assert str(problem) == text_of(page_of(problem, 0))
    assert str(problem).startswith("problem  p1[frame 10]")
    assert "<table>" in problem._repr_html_()
    table = problem.to_pandas(frame=2)
    assert len(table) == 4
    assert table["h"].tolist() == problem.frame(2).observed.tolist()
    assert problem.plot(frame=2).axes


def test_a_comparison_prints_the_table_of_the_command_line(tmp_path: Path) -> None:
    problem = qmectk.load("p1", devices=4, frames=2, training_frames=0)
    found = qmectk.compare(problem, ["exact", "local-only"], time_limit=10, store=tmp_path / "runs.db")
    lines = str(found).splitlines()
    assert lines[0].split() == ["problem", "backend", "runs", "optimal", "feasible", "mean", "gap", "time"]
    assert lines[1].split()[:4] == ["p1", "exact", "2", "100"]
    assert "4 runs are kept in" in " ".join(lines[3:])
    assert "<table>" in found._repr_html_()
    assert found.to_pandas() is found.frame
    assert {trace.name for trace in found.plot().data} == {"exact", "local-only"}


def test_a_policy_prints_what_it_is_and_draws_its_curve_beside_plain_rules() -> None:
    problem = qmectk.load("p1", devices=4, frames=2, training_frames=300)
    policy = qmectk.train(problem, "droo")
    assert repr(policy).startswith("<Policy of droo for p1: mlp, 4 bits, ratio 0.")
    assert str(policy).startswith("backend")
    assert "<table>" in policy._repr_html_()
    table = policy.to_pandas()
    assert table["frame"].iloc[-1] == 300
    assert ((table["ratio"] > 0.5) & (table["ratio"] <= 1.0 + 1e-9)).all()
    above, *_ = policy.plot().axes
    assert above.get_yscale() == "log"
    lines = {line.get_label(): line for line in above.lines}
    floors = {floor["backend"]: floor["mean_ratio"] for floor in policy.facts["floors"]}
    assert set(floors) == {"local-only", "offload-all", "fixed-m"}
    for name, mean in floors.items():
        assert f"mean {ratio(mean)}, {name}" in str(policy)
        assert list(lines[f"floor: {name}"].get_ydata()) == pytest.approx([1.0 - mean] * 2)
    judged = qmectk.solve(qmectk.load("p1", devices=4, frames=100, training_frames=200), "local-only").ratios
    assert floors["local-only"] == pytest.approx(judged.mean())  # the last 100 training frames
