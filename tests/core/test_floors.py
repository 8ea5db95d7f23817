"""What plain rules reach on the frames that a backend answered, beside its own ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Binary, Budget, Reply, Termination
from qmectk.documents import parse
from qmectk.plugins import registry
from qmectk.presenting.wording import ratio
from qmectk.views.capacity import Capacity

from .fakes import backend, stream

P1 = "{problem: p1, devices: 6, frames: 40, training_frames: 30}"


def beside(found: Any) -> dict[str, Any]:
    return {floor.backend: floor for floor in found.floors}


def test_floors_are_what_their_backends_reach_alone() -> None:
    problem = parse(P1)
    found = qmectk.solve(problem, "greedy", floors=True)
    assert isinstance(found, qmectk.StreamSolution)
    floors = beside(found)
    assert list(floors) == ["local-only", "offload-all", "fixed-m"]
    for name, floor in floors.items():
        alone = qmectk.solve(problem, name)
        np.testing.assert_allclose(floor.ratios, alone.ratios, rtol=1e-12)
        assert floor.mean == pytest.approx(alone.ratios.mean(), rel=1e-12)
        assert 0.0 < floor.mean < 1.0
    reported = found.as_dict()["floors"]
    assert [one["mean_ratio"] for one in reported] == [floor.mean for floor in floors.values()]
    assert floors["fixed-m"].about["training_frames"] == 30
    text = str(found)
    assert f"mean {ratio(floors['fixed-m'].mean)}, fixed-m" in " ".join(text.split())


def test_nobody_works_them_out_unasked_or_where_there_is_no_ratio_to_set_them_beside() -> None:
    problem = parse(P1)
    assert qmectk.solve(problem, "greedy").floors == ()
    assert qmectk.solve(problem, "exact", floors=True).floors == ()  # it proves: every ratio is 1
    assert qmectk.solve(problem, "greedy", floors=True, reference=False).floors == ()
    assert not hasattr(qmectk.solve(problem, "greedy", floors=True, frame=0), "floors")
    assert "local-only" not in beside(qmectk.solve(problem, "local-only", floors=True))


def test_a_floor_that_cannot_be_had_says_why() -> None:
    found = qmectk.solve(stream(3), backend(), floors=True)  # no frames to decide m on
    floors = beside(found)
    assert floors["fixed-m"].mean is None
    assert "training_frames" in floors["fixed-m"].message
    assert "no mean, fixed-m" in str(found)
    assert floors["local-only"].mean == 0.0


def test_what_has_no_point_in_some_frames_has_no_mean() -> None:
    def some(view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8) if rng.random() < 0.5 else None, Termination.CONVERGED)

    made = backend(some, name="some", floor=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry().backends, "some", made)
        floor = beside(qmectk.solve(parse(P1), "greedy", floors=True))["some"]
    missing = int(np.isnan(floor.ratios).sum())
    assert 0 < missing < 40
    assert floor.mean is None
    assert floor.message == f"it has no feasible point in {missing} of 40 frames"


def test_of_a_minimisation_floors_lie_above_one() -> None:
    problem = qmectk.load("meqc-ye", frames=5, training_frames=5)
    found = qmectk.solve(problem, "greedy", floors=True)
    for floor in found.floors:
        assert floor.mean >= 1.0 - 1e-9


def test_a_rule_that_can_say_nothing_of_a_problem_is_left_out() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry().backends, "servers", backend(name="servers", accepts=(Capacity,), floor=True))
        assert "servers" not in beside(qmectk.solve(parse(P1), "greedy", floors=True, frames=2))


@pytest.mark.parametrize("order", ["effect", "observed"])
def test_the_fixed_number_is_the_best_of_all_on_the_training_frames(order: str) -> None:
    problem = parse(P1)
    sums = np.zeros(7)
    for instance in problem.training_instances():
        view: Any = instance.binary().view
        worth = view.observed()
        if order == "effect":
            nothing = view.score(np.zeros((1, 6), np.int8))[0]
            worth = [view.score(one[None])[0] - nothing for one in np.eye(6, dtype=np.int8)]
        best = sorted(range(6), key=lambda i: -worth[i])
        for m in range(7):
            action = np.zeros(6, np.int8)
            action[best[:m]] = 1
            sums[m] += view.score(action[None])[0]
    found = qmectk.solve(problem, "fixed-m", options={"order": order})
    assert found.info["m"] == np.argmax(sums)
    given = qmectk.solve(problem, "fixed-m", options={"order": order, "m": int(np.argmax(sums))})
    np.testing.assert_array_equal(found.values["x"], given.values["x"])
    assert (found.values["x"].sum(axis=1) == np.argmax(sums)).all()


def test_where_there_are_fewer_bits_than_m_all_of_them_are_set() -> None:
    problem = parse(P1)
    found = qmectk.solve(problem, "fixed-m", options={"m": 50})
    assert (found.values["x"] == 1).all()


def test_floors_are_lines_on_the_axis_of_distances() -> None:
    found = qmectk.solve(parse(P1), "greedy", floors=True)
    (axes,) = found.plot().axes
    assert axes.get_yscale() == "log"
    lines = {line.get_label(): line for line in axes.lines}
    for floor in found.floors:
        heights = lines[f"floor: {floor.backend}, all frames"].get_ydata()
        assert list(heights) == pytest.approx([1.0 - floor.mean] * 2)
