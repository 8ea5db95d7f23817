"""The layer's gradients are what their formulas say, and training with them lowers a loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk.torch import HardAttention
from qmectk_lowrank.layer.energies import VARIANTS, Energy


@pytest.mark.parametrize("variant", VARIANTS)
def test_marginals_are_differences_of_the_energy(variant, features, enumerate_masks):
    energy = Energy(variant, 2, 0.7, 0.4, 1.3, 0.5, exact_count=None)
    layer = HardAttention(2, variant, enumerate_masks, blocks="positions", l1=0.7, l2=0.4, alpha=1.3, beta=0.5)
    blocks = features(1, 6, 2).double()
    x = np.array([1.0, 0, 1, 1, 0, 0])
    marginal = layer.marginals(blocks, torch.from_numpy(x)[None])[0].numpy()
    view = energy.views(blocks.numpy())[0]
    free = FactoredQuadratic(
        view.factors, view.target, view.linear, view.penalty, view.count, view.chain, signs=view.signs
    )
    differences = []
    for a in range(6):
        on, off = x.copy(), x.copy()
        on[a], off[a] = 1.0, 0.0
        differences.append(free.value(on) - free.value(off))
    differences = np.array(differences)
    if energy.pinned:
        differences -= 0.5 * (differences[x == 1].max() + differences[x == 0].min())
    np.testing.assert_allclose(marginal, differences, atol=1e-9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_straight_through_gradient_is_its_formula(variant, features, enumerate_masks):
    maps = features(2, 2, 2, 2).double().requires_grad_()
    weight = torch.randn(2, 2, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layer = HardAttention(2, variant, enumerate_masks, blocks="positions", temperature=0.8, l2=0.3).double()
    (got,) = torch.autograd.grad((layer(maps) * weight).sum(), maps)
    mask = torch.from_numpy(layer.masks.bits).double()

    def surrogate(values):  # x_a B_a.g_a + p_a (B_a.g_a held fixed)
        blocks = values.flatten(2).transpose(1, 2)
        pull = (blocks * weight.flatten(2).transpose(1, 2)).sum(2)
        relaxed = torch.sigmoid(-layer.marginals(blocks, mask) / 0.8)
        return (mask * pull + relaxed * pull.detach()).sum()

    (expected,) = torch.autograd.grad(surrogate(maps), maps)
    torch.testing.assert_close(got, expected)
    fixed = HardAttention(2, variant, enumerate_masks, blocks="positions", gradient="masked", l2=0.3)
    (masked,) = torch.autograd.grad((fixed(maps) * weight).sum(), maps)
    torch.testing.assert_close(masked, mask.view(2, 1, 2, 2) * weight)
    assert (got - masked).abs().max() > 1e-6


class Larger(Backend):
    """The largest of two features, in one comparison; what `salient` with k = 1 asks for."""

    name, accepts = "larger-of-two", (FactoredQuadratic,)

    def solve(self, view, budget, rng):
        first = view.linear[0] <= view.linear[1]
        return Reply(np.array([first, not first], np.int8), Termination.CONVERGED)


def test_the_score_function_gradient_is_unbiased():
    # keeping the first of two features has the probability Phi((b1 - b2) / (sigma sqrt 2)): its gradient is known
    sigma, at = 0.5, torch.tensor([3.0, 2.7], dtype=torch.float64)
    samples = 5_000
    layer = HardAttention(1, "salient", Larger, gradient="score-function", sigma=sigma, rectified=False, l2=0.0)
    maps = at.repeat(samples, 1).requires_grad_()
    layer(maps)
    first = torch.from_numpy(layer.masks.bits[:, 0]).double()
    layer.policy_loss(first).backward()
    by_sample = maps.grad * samples
    mean, error = by_sample.mean(0), by_sample.std(0) / samples**0.5
    gap = float(at[0] - at[1]) / (sigma * 2**0.5)
    slope = math.exp(-(gap**2) / 2) / (2 * math.pi) ** 0.5 / (sigma * 2**0.5)
    assert abs(float(mean[0]) - slope) < 4 * float(error[0])
    assert abs(float(mean[1]) + slope) < 4 * float(error[1])
    assert float(error[0]) < 0.06 * slope


def test_a_baseline_lowers_the_variance_and_not_the_mean():
    spread, means = [], []
    for baseline in (0.0, 10.0):
        layer = HardAttention(1, "salient", Larger, gradient="score-function", sigma=0.5, rectified=False, l2=0.0)
        layer.baseline[:] = torch.tensor([baseline, 1.0])
        maps = torch.tensor([3.0, 2.7], dtype=torch.float64).repeat(2000, 1).requires_grad_()
        layer(maps)
        layer.policy_loss(10.0 + torch.from_numpy(layer.masks.bits[:, 0]).double()).backward()
        spread.append(float(maps.grad[:, 0].std()))
        means.append(float(maps.grad[:, 0].sum()))
        assert float(layer.baseline[1]) == 2.0
    assert spread[1] < 0.2 * spread[0]
    assert means[0] == pytest.approx(means[1], abs=4 * spread[0] * 2000**0.5)


@pytest.mark.parametrize("gradient", ["straight-through", "score-function"])
def test_a_training_loop_lowers_the_loss(gradient, features, enumerate_masks):
    torch.manual_seed(0)
    maps, labels = features(16, 1, 2, 4), torch.arange(16) % 2
    maps[labels == 1, :, 0] += 1.0
    model = nn.Sequential(
        nn.Conv2d(1, 1, 1),
        nn.ReLU(),
        HardAttention(3, "salient", enumerate_masks, gradient=gradient, l2=0.1, sigma=0.3),
        nn.Flatten(),
        nn.Linear(8, 2),
    )
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    seen = []
    for _ in range(40):
        losses = nn.functional.cross_entropy(model(maps), labels, reduction="none")
        loss = losses.mean()
        seen.append(float(loss.detach()))
        if gradient == "score-function":
            loss = loss + 1e-3 * model[2].policy_loss(losses)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert seen[-1] < 0.5 * seen[0]
