"""``qmectk warm-up``, and what is said of compilation where nobody watches a bar."""

from __future__ import annotations

from qmectk.timing.budget import COMPILING
from qmectk_cli.progress import progress


def test_a_row_for_every_problem_and_backend(run):
    done = run("warm-up", "meqc-ye", "-b", "cd", "-b", "greedy", "--json")
    assert [(row["problem"], row["backend"]) for row in done.json["warm"]] == [("meqc-ye", "cd"), ("meqc-ye", "greedy")]
    assert all(row["seconds"] >= row["compilation"] >= 0.0 for row in done.json["warm"])


def test_a_backend_without_a_route_is_passed_over(run):
    done = run("warm-up", "attention", "-b", "capacity", "--json")
    assert done.code == 0
    assert done.json["warm"] == []
    assert done.err.startswith("attention: ")


def test_compilation_is_said_once(capsys):
    with progress() as report:
        for label in ("sweeps", COMPILING, COMPILING):
            report(label, 0.0, None)
    assert capsys.readouterr().err.count("compiled, once on this machine") == 1
