"""The compact mixed-integer form of factored quadratics."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import qmectk
from qmectk import Budget, FactoredQuadratic
from qmectk.documents import parse
from qmectk.options import NoOptions
from qmectk_mip.compact import Compact
from qmectk_mip.highs import Highs

pytest.importorskip("pyomo")
pytest.importorskip("highspy")


@pytest.mark.parametrize("seed", range(8))
def test_highs_proves_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 8)), int(rng.integers(0, 3))
    view = FactoredQuadratic(
        rng.normal(size=(n, d)).round(2),
        rng.normal(size=d).round(2),
        rng.normal(size=n).round(2),
        float(seed % 2),
        2.0,
        rng.normal(size=n - 1).round(2),
        int(rng.integers(0, n + 1)) if seed % 3 == 0 else None,
        0.5,
    )
    lowered = Compact().apply(view, NoOptions(), None)
    reply = Highs().solve(lowered.view, Budget(20.0), np.random.default_rng(0))
    best = view.value(np.array(list(itertools.product((0, 1), repeat=n)))).min()
    assert view.value(lowered.lift(reply.point)) == pytest.approx(best, abs=1e-6)
    assert reply.bound == pytest.approx(best, abs=1e-5)


def test_it_grows_with_the_squares_and_not_with_the_pairs() -> None:
    import pyomo.environ as pyo

    view = FactoredQuadratic(np.ones((500, 2)), penalty=1.0, count=10.0, chain=1.0)
    model = Compact().apply(view, NoOptions(), None).view.model
    assert len(list(model.component_data_objects(pyo.Var))) == 500 + 499 + 3
    assert len(list(model.component_data_objects(pyo.Constraint))) == 499 + 3


def test_a_concave_square_is_refused() -> None:
    from qmectk.errors import Refused

    view = FactoredQuadratic(np.ones((3, 1)), signs=np.array([-1.0]))
    with pytest.raises(Refused, match="not convex"):
        Highs().solve(Compact().apply(view, NoOptions(), None).view, Budget(), np.random.default_rng(0))


@pytest.mark.parametrize("variant", ["published", "salient"])
def test_hard_attention_goes_through_it(variant: str) -> None:
    problem = parse(
        f"{{problem: attention, variant: {variant}, k: 3, frames: 1, blocks: {{model: generator, n: 10, d: 1}}}}"
    )
    instance = problem.instances()[0]
    found = qmectk.solve(instance, "highs", reference=False)
    assert [step["view"].split(" ")[0] for step in found.route][1:] == ["FactoredQuadratic"]
    binary = instance.binary().view
    best = binary.sense * float(binary.score(np.array(list(itertools.product((0, 1), repeat=10)), dtype=np.int8)).max())
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-5)
