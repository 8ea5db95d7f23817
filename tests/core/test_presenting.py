"""What a person sees who prints a result or ends a notebook's cell with it."""

from __future__ import annotations

import dataclasses

import pytest

import qmectk
from qmectk import Solution
from qmectk.presenting.page import Facts, Grid, Line, text_of


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
