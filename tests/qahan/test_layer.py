"""The layer: its forward pass is the exact optimum."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk.torch import HardAttention
from qmectk_lowrank.layer.energies import VARIANTS
from qmectk_lowrank.solve import solve_factored

BLOCKS = {"scalars": 12, "positions": 4, (1, 2): 2}


def energy_by_hand(x, b, variant, k, l1, l2, alpha, beta):
    """Straight from the definitions, one mask."""
    h, c = float((x[1:] * x[:-1]).sum()), x.sum()
    kept, whole = b.T @ x, b.sum(0)
    soft = l1 * (c - k) ** 2 + l2 * h
    if variant == "published":
        return kept @ kept + soft
    if variant == "concave":
        return -(kept @ kept) + soft
    if variant == "residual":
        return (whole - kept) @ (whole - kept) + soft
    if variant == "general":
        rest = kept - beta * whole
        return rest @ rest - alpha * (b * b).sum(1) @ x + soft
    return -(np.linalg.norm(b, axis=1) @ x) + l2 * h if c == k else math.inf


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("blocks", BLOCKS, ids=str)
def test_the_mask_is_the_optimum_of_the_energy(variant, blocks, features, enumerate_masks):
    maps = features(3, 3, 2, 2)
    numbers = {"l1": 0.7, "l2": 0.4, "alpha": 1.3, "beta": 0.5}
    layer = HardAttention(2, variant, enumerate_masks, blocks=blocks, gradient="masked", **numbers)
    out = layer(maps)
    n = BLOCKS[blocks]
    array = maps.double().numpy()
    if blocks == "scalars":
        pieces = array.reshape(3, 12, 1)
    elif blocks == "positions":
        pieces = array.reshape(3, 3, 4).transpose(0, 2, 1)
    else:
        pieces = array.transpose(0, 3, 1, 2).reshape(3, 2, 6)  # one row, two columns of all channels
    for image in range(3):
        every = [np.array(x, float) for x in itertools.product((0, 1), repeat=n)]
        best = min(energy_by_hand(x, pieces[image], variant, 2, **numbers) for x in every)
        mask = layer.masks.bits[image].astype(float)
        assert energy_by_hand(mask, pieces[image], variant, 2, **numbers) == pytest.approx(best, abs=1e-9)
        assert layer.masks.values[image] == pytest.approx(best, abs=1e-9)
        kept = pieces[image] * mask[:, None]
        if blocks == "scalars":
            back = kept.reshape(3, 2, 2)
        elif blocks == "positions":
            back = kept.T.reshape(3, 2, 2)
        else:
            back = kept.reshape(2, 3, 2).transpose(1, 2, 0)
        np.testing.assert_array_equal(out[image].numpy(), back.astype(np.float32))
    assert layer.masks.proved.all()


def test_the_default_backend_agrees_with_enumeration(features, enumerate_masks):
    maps = features(6, 3, 2, 2)
    for variant in ("published", "salient", "residual"):
        exact = HardAttention(3, variant, l2=0.4)
        every = HardAttention(3, variant, enumerate_masks, l2=0.4)
        exact(maps), every(maps)
        np.testing.assert_allclose(exact.masks.values, every.masks.values, atol=1e-9)
        assert exact.masks.proved.all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shape", [(6, 3, 4, 4), (6, 1, 3, 6)], ids=["d = 3", "d = 1"])
def test_a_batch_has_the_masks_of_its_images_one_by_one(variant, shape, features):
    layer = HardAttention(5, variant, blocks="positions", exact_count=variant == "concave" or None)
    # zeros, signs of both kinds, hardly any spread, a map of nothing
    maps = features(*shape, seed=2)
    maps[1], maps[2], maps[3] = maps[1] - 0.3, 1.0 + 1e-3 * maps[2], 0.0
    blocks = layer._cut(maps)[0].double().numpy()
    views = layer.energy.views(blocks)
    alone = [solve_factored(view, gap=1e-9 if views.example.d <= 1 else 1e-7) for view in views]
    layer(maps)
    np.testing.assert_array_equal(layer.masks.bits, [one.bits for one in alone])
    np.testing.assert_allclose(layer.masks.values, [one.value for one in alone], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(layer.masks.proved, [one.proved for one in alone])


@pytest.mark.parametrize("backend", ["exhaustive", "cd"])
def test_any_backend_with_a_route(backend, features, enumerate_masks):
    maps = features(2, 1, 2, 3)
    reached = HardAttention(2, "residual", backend, l2=0.4)
    reached(maps)
    every = HardAttention(2, "residual", enumerate_masks, l2=0.4)
    every(maps)
    if backend == "exhaustive":
        np.testing.assert_allclose(reached.masks.values, every.masks.values, atol=1e-9)
    assert (reached.masks.values >= every.masks.values - 1e-9).all()
    assert reached.masks.proved.all() == (backend == "exhaustive")


def test_images_after_the_time_limit_get_a_share_each(features):
    layer = HardAttention(1, "salient", Slow, time_limit=0.0, l2=0.0)
    assert layer(features(3, 1, 2, 2)).count_nonzero() <= 3
    assert Slow.asked == [3, 1, 1]


class Slow(Backend):
    """Reaches one image of a batch."""

    name, accepts = "slow-masks", (FactoredQuadratic,)
    asked: list[int] = []

    def solve_many(self, views, budget, rngs):
        self.asked.append(len(views))
        mask = np.zeros(views[0].n, np.int8)
        mask[np.argmin(views[0].linear)] = 1
        return [Reply(mask, Termination.BUDGET)]


def test_the_published_energy_keeps_zeros(features, enumerate_masks):
    maps = features(4, 1, 3, 4)
    assert not HardAttention(2, "published", enumerate_masks)(maps).any()
    assert HardAttention(2, "salient", enumerate_masks, l2=0.0)(maps).flatten(1).sum(1) == pytest.approx(
        maps.flatten(1).topk(2).values.sum(1)
    )
