"""The networks of policies: what they see, what they must not depend on, and what the structured ones reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import qmectk
from qmectk.errors import Refused
from qmectk.plugins import registry
from qmectk_learned.backends import Priced, Qaroo
from qmectk_learned.networks import Shape, build, kind_of
from qmectk_learned.networks.equivariant import DEVICE_FEATURES
from qmectk_learned.networks.lagrangian import log_snr
from qmectk_learned.policy import Policy, contexts_of, shape_for

NETWORKS = list(registry().parts["network"])
BY_DEVICE = [name for name in NETWORKS if kind_of(name).sees == "devices"]


def test_the_price_of_a_signal_is_the_root_and_its_derivative() -> None:
    y = torch.logspace(-12, 12, 200, dtype=torch.float64, requires_grad=True)
    t = log_snr(y)
    error = (t + torch.expm1(-t) - y).abs() / y.clamp(min=1e-8)
    assert float(error.detach().max()) < 1e-7
    t.sum().backward()
    assert y.grad is not None
    torch.testing.assert_close(y.grad, 1.0 / -torch.expm1(-t.detach()), rtol=1e-6, atol=0.0)


@pytest.mark.parametrize("name", BY_DEVICE)
def test_networks_over_devices_do_not_see_their_order(name: str) -> None:
    network = build(Shape(name, 6, DEVICE_FEATURES), 3).double()
    devices = torch.randn(5, 6, DEVICE_FEATURES, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    logits, moved = network(devices), network(devices[:, order])
    torch.testing.assert_close(moved, logits[:, order])


@pytest.mark.parametrize("name", BY_DEVICE)
def test_networks_over_devices_have_the_same_weights_for_any_number(name: str) -> None:
    few, many = (build(Shape(name, n, DEVICE_FEATURES), 1).state_dict() for n in (3, 40))
    assert {k: v.shape for k, v in few.items()} == {k: v.shape for k, v in many.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_one_finite_logit_a_bit(name: str, p1_views: Any) -> None:
    views, _ = p1_views(devices=4, training=3)
    options = Qaroo.Options(network=name)
    policy = Policy(shape_for(options, views), 0)
    relaxed = policy.relaxed(contexts_of(policy.shape, views))
    assert relaxed.shape == (3, 4)
    assert ((relaxed >= 0.0) & (relaxed <= 1.0)).all()


@pytest.mark.parametrize("circuit", ["published", "trainable", "reuploading-2", "none"])
def test_circuits_are_options_of_the_quantum_networks(circuit: str, p1_views: Any) -> None:
    views, _ = p1_views(devices=3, training=2)
    shape = shape_for(Qaroo.Options(circuit=circuit), views)
    assert type(Policy(shape).network.circuit).__name__.lower() in ("identity", circuit.split("-")[0])


def test_a_device_in_outage_has_finite_features() -> None:
    problem = qmectk.load("p1", devices=3, frames=1)
    view = problem.frame(0).binary().view
    for dead in ("passive", "snr", "scale"):
        array = getattr(view.instance, dead).copy()
        array[1] = 0.0
        vars(view.instance)[dead] = array
    assert np.isfinite(view.device_features()).all()


def test_the_price_network_refuses_what_it_cannot_read(toy: Any) -> None:
    with pytest.raises(Refused, match="reads 4 features of each device, this problem gives 1"):
        shape_for(Priced.Options(), [toy([1.0, -2.0])])


def test_two_numbers_are_enough_for_p1() -> None:
    problem = qmectk.load("p1", devices=20, training_frames=1000, frames=100)
    solution = qmectk.solve(problem, "priced", options={"candidates": 8})
    optimum = qmectk.solve(problem, "exact")
    ratio = [a.objective / b.objective for a, b in zip(solution.solutions, optimum.solutions, strict=True)]
    assert np.mean(ratio) >= 0.9999
    assert min(ratio) >= 0.99
