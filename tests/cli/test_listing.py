"""What the commands list: backends in groups, filtered and whole at any width; completion; versions for bug reports."""

from __future__ import annotations

import re
from pathlib import Path

import click
import numpy as np
import pytest
from click.shell_completion import ShellComplete

import qmectk
from qmectk.catalogue import KINDS
from qmectk.errors import NoRoute
from qmectk.presenting.page import Grid, text_of
from qmectk_cli.main import cli


def test_backends_are_filtered(run):
    taken = run("backends", "--problem", "p1", "--accepts", "QUBO", "--json").json["backends"]
    assert {"sa", "qaoa", "tree"} <= {one["name"] for one in taken}
    assert all("QUBO" in one["accepts"] and list(one["problems"]) == ["p1"] for one in taken)
    proving = run("backends", "--problem", "p1", "--proves", "--json").json["backends"]
    assert {"exact", "dual", "highs"} <= {one["name"] for one in proving}
    assert all(one["proves"] and one["problems"]["p1"]["fidelity"] for one in proving)
    assert "did you mean 'QUBO'" in run("backends", "--accepts", "QUBOS").err
    assert "did you mean 'p1'" in run("backends", "--problem", "p11").err


def test_backends_stand_in_groups(run):
    rows = run("backends", "--problem", "p1").out.splitlines()
    heads = [row.rstrip(":") for row in rows if row.endswith(":")]
    assert heads == list(KINDS)
    assert next(i for i, row in enumerate(rows) if row.startswith("  fixed-m")) > rows.index("plain rules to beat:")


@pytest.mark.parametrize("width", [30, 60, 100])
def test_no_cell_is_cut(width):
    words = [f"word{i}" * 3 for i in range(7)]
    grid = Grid(["name", *words, "meaning"], [["first", *words, "a sentence of several words"], ["second", *words, ""]])
    text = text_of([grid], width)
    assert all(len(line) <= max(width, 24) for line in text.splitlines())
    for word in words:
        assert text.count(word) == 3  # a header and two rows
    assert text.count("first") == text.count("second") == text.count("name") >= 1
    assert "sentence" in text


@pytest.mark.parametrize(
    ("typed", "incomplete", "expected"),
    [
        (["solve"], "meqc", {"meqc", "meqc-ye"}),
        (["solve", "p1", "--backend"], "du", {"dual"}),
        (["compare", "p1", "-b"], "thr", {"threshold"}),
        (["backends"], "lowrank", {"lowrank", "lowrank-exact"}),
        (["compare", "p1"], "dri", {"drift"}),
    ],
)
def test_shells_complete_names(typed, incomplete, expected):
    found = ShellComplete(cli, {}, "qmectk", "_QMECTK_COMPLETE").get_completions(typed, incomplete)
    assert {one.value for one in found if one.type == "plain"} == expected


def test_versions_for_bug_reports(run):
    said = run("--version", "--verbose").out
    assert said.startswith(f"qmectk {qmectk.__version__}\n")
    assert re.search(r"^python +CPython 3\.", said, re.MULTILINE)
    assert re.search(rf"^numpy +{re.escape(np.__version__)}$", said, re.MULTILINE)
    assert not re.search(r" -$", said, re.MULTILINE)  # what is not there is named in the last line of packages
    assert str(Path.home()) not in said
    assert run("--version").out == f"qmectk {qmectk.__version__}\n"
    assert "goes with --version" in run("--verbose", "problems").err
    assert isinstance(cli, click.Group)


class Mixed(qmectk.Instance):
    """Bits that switch continuous variables on."""

    label = "mixed"

    def declare(self, m):
        x, y = m.var("x", 3, kind="binary"), m.var("y", 3, upper=2)
        m.maximize(m.sum(y) - m.sum(x))
        m.le(y, 2 * x, "on")


def test_a_sampler_says_what_would_help_a_mixed_problem():
    with pytest.raises(NoRoute) as refused:
        qmectk.solve(Mixed(), "sa")
    assert "'cd', " in refused.value.remedy
    assert "a method of Mixed marked '@view(Quadratic, RESTRICTION)' that puts 'y' on a grid" in refused.value.remedy


class Odd(qmectk.Instance):
    """Exactly one of many: random bits and no bits are infeasible."""

    label = "odd"

    def declare(self, m):
        x = m.var("x", 12, kind="binary")
        m.maximize(m.dot(np.arange(1.0, 13.0), x))
        m.eq(m.sum(x), 1, "one")


def test_heuristics_that_begin_infeasible_say_so():
    found = qmectk.solve(Odd(), "cd", seed=1)
    assert found.feasible
    assert "1 of 1 searches began infeasible" in found.message
    found = qmectk.solve(Odd(), "greedy")
    assert found.feasible
    assert "it began infeasible" in found.message
    assert "5 of 5 random actions are infeasible" in qmectk.solve(Odd(), "random", options={"samples": 5}).message


def test_seconds_are_text_with_a_unit_too():
    from qmectk.errors import InputError
    from qmectk.options import build
    from qmectk_annealing.leap import LeapOptions

    assert build(LeapOptions, {"seconds": "2 min"}).seconds == 120.0
    assert build(LeapOptions, {"seconds": "none"}).seconds is None
    with pytest.raises(InputError, match="option 'seconds'"):
        build(LeapOptions, {"seconds": "5 m"})
    assert qmectk.solve(Odd(), "cd", seed=1, time_limit="10 min", reference=False).feasible
    with pytest.raises(InputError, match="time limit must be a number of seconds, or text like '5s'"):
        qmectk.solve(Odd(), "cd", time_limit="5 m")
