"""Labels: the best of the policy's own candidates, or the proven optimum, whose cost is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import qmectk
from qmectk.errors import Refused
from qmectk.learning.examples import TrainingFrames
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.timing.budget import Budget
from qmectk_learned.backends import Droo
from qmectk_learned.labels import Certified
from qmectk_learned.networks.equivariant import Price
from qmectk_learned.networks.kinds import Shape
from qmectk_problems.p1.fixed_action import complete_action


def frames_of(problem: qmectk.Problem) -> TrainingFrames:
    return TrainingFrames(problem, find_route(problem.frame(0), Droo, registry()), Droo())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("p1", {"devices": 6}),
        ("attention", {"k": 5, "blocks": {"model": "generator", "n": 30}}),
        ("meqc", {}),
        ("meqc-ye", {}),
    ],
)
def test_certified_labels_are_optimal_actions(name: str, changes: dict[str, Any]) -> None:
    problem = qmectk.load(name, training_frames=4, frames=1, **changes)
    stream = frames_of(problem)
    actions, prover = stream.optima(0, 4, Budget())
    for view, instance, action in zip(stream(), problem.training_instances(), actions, strict=True):
        best = qmectk.solve(instance, prover)
        assert action is not None
        assert view.sense * view.score(action[None])[0] == pytest.approx(best.objective, rel=1e-9)


def test_training_on_certified_labels_says_what_they_cost() -> None:
    problem = qmectk.load("p1", devices=5, training_frames=300, frames=20)
    solution = qmectk.solve(problem, "droo", options={"labels": "certified"})
    reported = solution.info["training"]
    assert reported["labels_asked"] == reported["labels_proved"] == 300
    assert 0.0 < reported["labels_seconds"] <= reported["training_seconds"] + 1.0
    assert registry().backend(reported["labels_by"]).proves
    assert solution.as_dict()["mean_ratio"] > 0.98


def test_certified_labels_are_learned_and_not_the_candidates(p1_views: Any) -> None:
    class Stream:
        def optima(self, first: int, last: int, budget: Budget) -> tuple[list[Any], str]:
            return [np.array([1, 0, 1], np.int8), None], "somebody"

    labels = Certified(Stream())
    found, usable = labels.of(0, np.zeros((2, 4, 3), np.int8), np.zeros((2, 4)), Budget())
    assert usable.tolist() == [True, False]
    assert found[0].tolist() == [1, 0, 1]


def test_views_alone_have_no_certified_labels(p1_views: Any, train: Any) -> None:
    views, _ = p1_views(training=3)
    with pytest.raises(Refused, match=r"need the declared problem.*best-of-k"):
        train(Droo, views, labels="certified")


def test_a_view_that_says_no_bits_has_no_certified_labels(toy: Any) -> None:
    with pytest.raises(Refused, match="does not say which bits"):
        toy([1.0]).action({})


def test_price_and_share_of_an_action_are_those_of_its_own_optimum() -> None:
    problem = qmectk.load("p1", devices=8, training_frames=30, frames=1)
    views = [instance.binary().view for instance in problem.training_instances()]  # type: ignore[attr-defined]
    draw = np.random.default_rng(0)
    actions = (draw.random((30, 8)) < 0.4).astype(np.int8)
    actions[0] = 0
    seen = torch.from_numpy(np.stack([view.device_features() for view in views]))
    found = Price(Shape("price", 8, 4)).target(seen, torch.from_numpy(actions))
    for view, action, (price, share) in zip(views, actions, found.double().numpy(), strict=True):
        one = view.instance
        value, a, tau = complete_action(one.passive, one.scale, one.snr, action)
        assert np.exp(share) == pytest.approx(a, rel=1e-4)
        # nu is what more time would be worth: a fixed action's value grows by nu per unit of it
        on = action > 0
        if on.any():
            t = np.log1p(one.snr[on] * a / tau[on])
            nu = one.scale[on] * (t + np.expm1(-t))
        else:
            nu = np.array([value / 3.0])
        np.testing.assert_allclose(np.exp(price) * one.passive.sum(), nu, rtol=1e-4)


def test_numbers_are_learned_only_where_a_network_has_them(p1_views: Any, train: Any) -> None:
    views, _ = p1_views(training=60)
    train(Droo, views, network="price", loss="numbers")
    with pytest.raises(Refused, match="network 'mlp' has no numbers"):
        train(Droo, views, loss="numbers")


def test_what_is_observed_late_is_learned_from_the_truth() -> None:
    problem = qmectk.load("p1", devices=4, training_frames=30, frames=1, observe={"delay": 1})
    stream = frames_of(problem)
    actions, _ = stream.optima(0, 30, Budget(60.0))
    for view, instance, action in zip(stream(), problem.training_instances(), actions, strict=True):
        truth = instance.binary().view  # type: ignore[attr-defined]
        assert action is not None
        assert truth.score(action[None])[0] == view.score(action[None])[0]
        everything = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(np.int8)
        assert truth.score(action[None])[0] == pytest.approx(truth.score(everything).max(), rel=1e-9)
