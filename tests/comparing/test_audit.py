"""A second prover beside the first: shipped problems of all families, and provers that cannot both be right."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Binary, Budget, Reply, Termination
from qmectk.judging.auditing import audited
from qmectk.plugins import registry

#: Of every family, small enough for two proofs in a moment.
FAMILIES: dict[str, dict[str, Any]] = {
    "p1": {"devices": 3},
    "drift": {"devices": 3, "servers": 2},
    "meqc": {"users": 4, "servers": 4},
    "meqc-ye": {"devices": 3},
    "attention": {"blocks": {"model": "generator", "kind": "abs-normal", "n": 8, "d": 1}, "k": 3},
}


def instance(name: str, seed: int) -> Any:
    return qmectk.load(name, **FAMILIES[name], seed=seed, frames=1).frame(0)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_shipped_problems_prove_stands_beside_a_second_prover(name: str) -> None:
    """A sample of what ``exact`` proves, whichever prover that was."""
    for seed in range(2):
        one = instance(name, seed)
        found = qmectk.solve(one, "exact")
        assert found.termination is Termination.PROVED
        beside = audited(found, one, registry(), Budget(60))
        assert beside.verdict == "agrees", beside
        assert beside.prover not in (found.info["via"], "exact")
        assert beside.bound == pytest.approx(found.bound, rel=1e-4)


def test_a_bound_that_the_second_prover_beats_is_a_disagreement_with_both_numbers() -> None:
    one = instance("p1", 0)
    true = qmectk.solve(one, "exact")
    assert true.certificate is not None
    assert true.bound is not None
    lie = dataclasses.replace(true, certificate=dataclasses.replace(true.certificate, bound=0.9 * true.bound))
    beside = audited(lie, one, registry(), Budget(60))
    assert beside.verdict == "disagrees"
    assert f"proves the bound {0.9 * true.bound:.12g}" in beside.message
    assert f"has a feasible point worth {beside.objective:.12g}" in beside.message
    nothing = dataclasses.replace(true, certificate=None, values=None, objective=None)
    assert "proves that nothing is feasible" in audited(nothing, one, registry(), Budget(60)).message


def test_a_point_that_beats_the_second_provers_bound_is_one_too() -> None:
    one = instance("p1", 0)
    true = qmectk.solve(one, "exact")
    assert true.objective is not None
    lie = dataclasses.replace(true, certificate=None, objective=1.1 * true.objective)
    assert (
        f"has a feasible point worth {1.1 * true.objective:.12g}" in audited(lie, one, registry(), Budget(60)).message
    )


def test_where_nobody_else_proves_it_is_left_open() -> None:
    one = instance("p1", 0)
    found = qmectk.solve(one, "exact")
    beside = audited(found, one, dataclasses.replace(registry(), backends={}), Budget(60))
    assert (beside.verdict, beside.message) == ("open", "no other prover takes it")


class Liar(qmectk.Backend):
    """Proves that the zero action is the best one."""

    name, accepts, proves = "liar", (Binary,), True

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        zero = np.zeros(view.n, np.int8)
        return Reply(zero, Termination.PROVED, bound=view.sense * float(view.score(zero[None])[0]), proof="trust")


def test_a_study_audits_the_same_share_and_tells_of_disagreement(small: Any) -> None:
    asked = {"instances": 3, "references": False, "warm_up": False, "time_limit": 30}
    frame = qmectk.compare(small, ["exact", "cd", Liar], audit=1.0, **asked).frame
    for row in frame.itertuples():
        beside = json.loads(row.info).get("audit")
        if row.backend == "exact":
            assert (row.status, row.quality, beside["verdict"]) == ("ok", "optimal", "agrees")
        elif row.backend == "cd":
            assert beside is None  # it proves nothing
        else:
            assert (row.status, row.quality, beside["verdict"]) == ("failed", "feasible", "disagrees")
            assert "two provers disagree: liar proves the bound" in row.reason
            assert np.isnan(row.bound)
    shares = [_audited(small, share) for share in (0.0, 0.4, 0.8, 1.0)]
    assert (len(shares[0]), len(shares[-1])) == (0, 30)
    assert shares[0] < shares[1] < shares[2] < shares[3]


def _audited(problem: Any, share: float) -> set[tuple[int, int]]:
    from qmectk.comparing.studies.planning import plan
    from qmectk.comparing.studies.study import make_study

    study = make_study(backends=["exact"], instances=3, seeds=10, audit=share)
    return {(task.frame, task.seed) for task in plan(study, [problem]).runs if task.audited}


def test_the_command_and_the_report_count_them(command: Any, small: Any) -> None:
    arguments = ["compare", small, "-b", "exact", "--instances", 2, "--no-reference", "--audit", 1]
    done = command(*arguments, "--report", "report.md")
    assert done.returncode == 0, done.stderr
    assert "2 proofs set beside a second prover: 2 agreed" in done.stdout
    assert "2 proofs set beside a second prover: 2 agreed" in (small.parent / "report.md").read_text()
