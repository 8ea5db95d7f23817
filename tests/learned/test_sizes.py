"""Frames of different sizes: one policy over devices for all of them, and a sentence where that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from qmectk.errors import Refused
from qmectk.plugins import registry
from qmectk.timing.budget import Budget
from qmectk_learned.backends import Droo, Priced
from qmectk_learned.networks import Shape, build, kind_of
from qmectk_learned.networks.equivariant import DEVICE_FEATURES
from qmectk_learned.online import Online
from qmectk_learned.replay import Replay

BY_DEVICE = [name for name in registry().parts["network"] if kind_of(name).sees == "devices"]


@pytest.mark.parametrize("name", BY_DEVICE)
def test_devices_that_are_not_there_change_nothing(name: str) -> None:
    network = build(Shape(name, 9, DEVICE_FEATURES), 3).double().eval()
    draw = torch.Generator().manual_seed(0)
    there = torch.randn(4, 6, DEVICE_FEATURES, dtype=torch.float64, generator=draw)
    filled = torch.cat([there, 100.0 * torch.randn(4, 3, DEVICE_FEATURES, dtype=torch.float64, generator=draw)], dim=1)
    present = torch.arange(9).expand(4, 9) < 6
    torch.testing.assert_close(network(filled, None, present)[:, :6], network(there))


@pytest.fixture
def mixed(p1_views: Any) -> list[Any]:
    """Frames of 3, 4 and 7 devices, in turn and in runs."""
    streams = [iter(p1_views(devices=n, training=150)[0]) for n in (3, 4, 7)]
    pattern = np.random.default_rng(0).integers(0, 3, 100).repeat(2)[:150]
    return [next(streams[k]) for k in pattern]


@pytest.mark.parametrize("name", BY_DEVICE)
def test_a_policy_over_devices_learns_from_frames_of_any_size(name: str, mixed: Any, train: Any, answers: Any) -> None:
    trained, facts = train(Droo, mixed, network=name, memory=60)
    assert facts["training_frames"] == 150
    rngs = [np.random.default_rng(i) for i in range(12)]
    points = [reply.point for reply in trained.solve_many(mixed[:12], Budget(), rngs)]
    assert [len(point) for point in points] == [view.n for view in mixed[:12]]
    alone = [trained.solve(view, Budget(), rng).point.tolist() for view, rng in zip(mixed[:12], rngs, strict=True)]
    assert [point.tolist() for point in points] == alone


def test_batches_of_mixed_sizes_do_what_the_loop_over_single_frames_does(mixed: Any) -> None:
    states = []
    for step in (256, 1):
        run = Online(mixed, Priced.Options(adaptive=True, adapt_every=32), 5, step=step)
        while not run.finished:
            run.advance()
        arrays, _ = run.state()
        states.append({name: array.tobytes() for name, array in arrays.items()})
    assert states[0] == states[1]


def test_a_policy_refuses_sizes_that_it_was_not_trained_on(mixed: Any, train: Any, p1_views: Any) -> None:
    trained, _ = train(Priced, mixed)
    five, _ = p1_views(devices=5, training=1)
    assert trained.solve(five[0], Budget(), np.random.default_rng(0)).point.shape == (5,)
    for devices in (2, 8):
        views, _ = p1_views(devices=devices, training=1)
        with pytest.raises(Refused, match=f"for 3 to 7 bits .* has {devices} bits"):
            trained.solve(views[0], Budget(), np.random.default_rng(0))


def test_a_network_over_frames_says_that_it_cannot(mixed: Any, train: Any) -> None:
    with pytest.raises(Refused, match=r"'mlp' reads frames of one size, and these have 3 to 7 bits.*network=set"):
        train(Droo, mixed)


def test_remembered_frames_keep_their_sizes() -> None:
    memory = Replay(300, (50, 1), 50)
    sizes = np.random.default_rng(0).integers(1, 51, 300)
    for n in sizes:
        memory.add(np.full((1, n, 1), float(n), np.float32), np.ones((1, n), np.int8))
    rng = np.random.default_rng(1)
    seen: set[int] = set()
    for _ in range(200):
        batch = memory.sample(20, rng)
        assert batch.present is not None
        counts = batch.present.sum(axis=1)
        assert batch.present.shape[1] == counts.max()
        np.testing.assert_array_equal(batch.seen[..., 0], counts[:, None] * batch.present)
        np.testing.assert_array_equal(batch.actions, batch.present)
        seen.update(counts.tolist())
    assert seen == set(sizes.tolist())
