"""The layer among others: copied, stored, compiled, with a backend that lies, used wrongly, without torch."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk.errors import BackendFailed, InputError, NoRoute, UnknownName
from qmectk.torch import HardAttention
from website.blocks import python


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
    (block,) = python(Path(__file__).parents[2] / "docs" / "qahan.md")
    names: dict = {}
    exec(compile(block.text, "docs/qahan.md", "exec"), names)
    assert (names["kept"] != 0).sum((1, 2, 3)).tolist() == [20] * 4
    assert names["features"].grad.abs().sum() > 0
    assert names["attention"].masks.proved.all()
