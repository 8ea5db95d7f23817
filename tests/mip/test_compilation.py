"""Building a model and handing it over to HiGHS is charged as compilation, and changes no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Budget
from qmectk.documents import parse
from qmectk.lowerings.readings import ReadAlgebraic
from qmectk.testing.instances import Knapsack, Squares, Switch
from qmectk_mip.highs import Highs

pytest.importorskip("pyomo")
pytest.importorskip("highspy")


def attention(variant: str) -> Any:
    return parse(f"{{problem: attention, variant: {variant}, k: 3, blocks: {{n: 12}}}}").instances()[0]


CASES = {
    "linear": Knapsack.drawn(6, 1),
    "linear with a completion": Switch(),
    "curved objective": Squares.drawn(4, 5),
    "curved constraints": qmectk.load("p1", devices=5, frames=1, training_frames=0).instances()[0],
    "compact": attention("published"),
    "compact and linear": attention("salient"),
}


@pytest.mark.parametrize("name", CASES)
def test_compilation_is_told_apart(name: str) -> None:
    found = qmectk.solve(CASES[name], "highs", reference=False)
    assert found.quality is qmectk.Quality.OPTIMAL
    assert 0.0 < found.compilation_seconds <= found.seconds


def test_the_budget_of_the_compact_form_is_the_outer_one() -> None:
    """Progress, incumbents and compilation of the inner solve reach the budget that was given."""
    seen: list[Any] = []
    reported: list[tuple[float | None, float | None]] = []
    budget = Budget(
        report=lambda *progress: seen.append(progress),
        recorder=lambda objective, bound, point: reported.append((objective, bound)),
    )
    view = attention("published").factored().view
    reply = Highs().solve(view, budget, np.random.default_rng(0))
    assert budget.compilation_seconds > 0.0
    assert {label for label, *_ in seen} <= {"highs"}
    objectives = [objective for objective, _ in reported if objective is not None]
    assert view.objective(float(view.value(reply.point))) == pytest.approx(reply.objective)
    assert objectives[-1] == pytest.approx(reply.objective)
    assert objectives == sorted(objectives, reverse=view.sense < 0)
    # a second solve with the same budget is charged on top
    before = budget.compilation_seconds
    Highs().solve(view, budget, np.random.default_rng(0))
    assert before < budget.compilation_seconds <= budget.elapsed


def test_cuts_are_charged_as_solving() -> None:
    """The model is translated once; what outer approximation adds to it later is the method itself."""
    made = ReadAlgebraic().apply(CASES["curved constraints"], None, None).view
    budget = Budget()
    entered = []
    watch = budget.compiling

    def counted() -> Any:
        entered.append(True)
        return watch()

    budget.compiling = counted  # type: ignore[method-assign]
    reply = Highs().solve(made, budget, np.random.default_rng(0))
    assert reply.info["cuts"] > 10
    assert len(entered) == 2  # moving the curved parts aside, and handing over
