"""The layer: its forward pass is the exact optimum, its gradients are what their formulas say."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk.errors import BackendFailed, InputError, NoRoute, UnknownName
from qmectk.torch import HardAttention
from qmectk.torch.variants import VARIANTS, Energy

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

    def solve(self, view, budget, rng):
        return self.solve_many([view], budget, [rng])[0]

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


@pytest.mark.parametrize("variant", VARIANTS)
def test_marginals_are_differences_of_the_energy(variant, features, enumerate_masks):
    energy = Energy(variant, 2, 0.7, 0.4, 1.3, 0.5, exact_count=None)
    layer = HardAttention(2, variant, enumerate_masks, blocks="positions", l1=0.7, l2=0.4, alpha=1.3, beta=0.5)
    blocks = features(1, 6, 2).double()
    x = np.array([1.0, 0, 1, 1, 0, 0])
    marginal = layer.marginals(blocks, torch.from_numpy(x)[None])[0].numpy()
    view = energy.view(blocks[0].numpy())
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
    for _ in range(25):
        losses = nn.functional.cross_entropy(model(maps), labels, reduction="none")
        loss = losses.mean()
        seen.append(float(loss.detach()))
        if gradient == "score-function":
            loss = loss + 1e-3 * model[2].policy_loss(losses)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert seen[-1] < 0.5 * seen[0]


def test_state_and_copies(features, enumerate_masks):
    maps = features(4, 1, 2, 4)

    def fresh():
        return HardAttention(2, "salient", enumerate_masks, gradient="score-function", sigma=0.5, seed=3)

    one, other = fresh(), fresh()
    for _ in range(3):
        one(maps)
        one.policy_loss(torch.arange(4.0))
    other.load_state_dict(pickle.loads(pickle.dumps(one.state_dict())))
    copied, pickled = copy.deepcopy(one), pickle.loads(pickle.dumps(one))
    expected = one(maps)  # the fourth perturbation
    for layer in (other, copied, pickled):
        torch.testing.assert_close(layer(maps), expected)
        torch.testing.assert_close(layer.policy_loss(torch.ones(4)), fresh_policy(one, maps))
    first, again = fresh()(maps), fresh()(maps)
    torch.testing.assert_close(first, again)
    one.eval()
    torch.testing.assert_close(one(maps), one(maps))
    assert int(one.calls) == 4


def fresh_policy(layer, maps):
    """The policy loss of the layer's last pass, computed again on a copy."""
    again = copy.deepcopy(layer)
    again.calls -= 1
    again(maps)
    return again.policy_loss(torch.ones(4))


def test_compiled_in_one_graph(features, enumerate_masks):
    maps = features(2, 1, 2, 3).requires_grad_()
    layer = HardAttention(2, "residual", enumerate_masks)
    expected = layer(maps)
    (wanted,) = torch.autograd.grad(expected.square().sum(), maps)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    out = compiled(maps)
    (got,) = torch.autograd.grad(out.square().sum(), maps)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(got, wanted)
    assert int(layer.calls) == 2


class Broken(Backend):
    """Answers whatever its class says."""

    name, accepts = "broken-masks", (FactoredQuadratic,)
    answer = None

    def solve(self, view, budget, rng):
        if isinstance(self.answer, Exception):
            raise self.answer
        return Reply(self.answer, Termination.CONVERGED)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "found no mask"),
        ([1, 0], "not a mask of 4 blocks"),
        ([1, 0, 2, 0], "not a mask of 4 blocks"),
        ([1, 1, 1, 0], "does not have k = 1 blocks"),
        (RuntimeError("boom"), "crashed: RuntimeError: boom"),
    ],
)
def test_a_backend_is_not_believed(answer, says, features, monkeypatch):
    monkeypatch.setattr(Broken, "answer", answer)
    with pytest.raises(BackendFailed, match=says):
        HardAttention(1, "salient", Broken)(features(1, 1, 2, 2))


def test_mistakes_are_sentences(features, enumerate_masks):
    with pytest.raises(UnknownName, match="did you mean 'salient'"):
        HardAttention(1, "salent", enumerate_masks)
    with pytest.raises(UnknownName, match="did you mean 'straight-through'"):
        HardAttention(1, backend=enumerate_masks, gradient="straight")
    with pytest.raises(UnknownName, match="there is no backend"):
        HardAttention(1, backend="no-such-backend")
    with pytest.raises(NoRoute, match="droo"):
        HardAttention(1, backend="droo")
    with pytest.raises(InputError, match="no option"):
        HardAttention(1, backend=enumerate_masks, options={"sweeps": 3})
    for wrong in ({"l1": -1.0}, {"l2": math.nan}, {"temperature": 0.0}, {"sigma": math.inf}, {"blocks": "rows"}):
        with pytest.raises(InputError):
            HardAttention(1, backend=enumerate_masks, **wrong)
    with pytest.raises(InputError, match="cannot be cut into 3 x 2"):
        HardAttention(1, backend=enumerate_masks, blocks=(3, 2))(features(1, 1, 4, 4))
    with pytest.raises(InputError, match="9 blocks cannot be chosen out of 4"):
        HardAttention(9, backend=enumerate_masks)(features(1, 1, 2, 2))
    with pytest.raises(InputError, match="not finite"):
        HardAttention(1, backend=enumerate_masks)(torch.full((1, 1, 2, 2), math.nan))
    with pytest.raises(InputError, match="training mode"):
        HardAttention(1, backend=enumerate_masks).policy_loss(torch.ones(1))


def test_without_torch_there_is_a_sentence():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import importlib.util as u; old = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'torch' else old(name, *a)\n"
        "import qmectk.torch\n"
        "try: qmectk.torch.HardAttention\n"
        "except Exception as e: print(type(e).__name__, e)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "MissingPackage qmectk.torch.HardAttention needs torch; run: pip install 'qmectk[learned]'"
    )
    code = "import sys, qmectk.torch; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_of_the_page():
    text = (Path(__file__).parents[2] / "docs" / "qahan.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict = {}
    exec(compile(block, "docs/qahan.md", "exec"), names)
    assert (names["kept"] != 0).sum((1, 2, 3)).tolist() == [20] * 4
    assert names["features"].grad.abs().sum() > 0
    assert names["attention"].masks.proved.all()
