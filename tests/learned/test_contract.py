"""What a policy that was taken away accepts: gains, one frame or many, and one sentence for everything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import InputError
from qmectk_learned.inference import packed
from qmectk_learned.kept import KeptPolicy
from qmectk_learned.options import PolicyOptions
from qmectk_learned.policy import Policy
from qmectk_learned.shape import Shape
from qmectk_problems.p1.reading import P1Reading

P1 = P1Reading()


def policy(network: str, reading: Any = P1, *, bits: int = 4, history: int = 1, **shape: Any) -> KeptPolicy:
    """One that nobody trained."""
    by_device = network in ("set", "price")
    made = Shape(network, bits, 4 if by_device else bits, history, least=2 if by_device else bits, **shape)
    return KeptPolicy(made, Policy(made, seed=5).arrays(), PolicyOptions(network=network), {}, (), reading)


H = 1e-6 * np.random.default_rng(1).exponential(size=(6, 4))


@pytest.mark.parametrize("network", ["mlp", "gru", "qnn", "set", "price"])
def test_one_frame_is_a_batch_of_one(network: str) -> None:
    one = policy(network)
    batch = one.relaxed(H)
    assert batch.shape == (6, 4)
    np.testing.assert_array_equal(np.stack([one.relaxed(h) for h in H]), batch)
    np.testing.assert_array_equal(one.act(H), batch > 0.5)
    np.testing.assert_array_equal(np.stack([one.act(h) for h in H]), batch > 0.5)
    assert one.act(H, candidates=3).shape == (6, 3, 4)


@pytest.mark.parametrize("network", ["mlp", "gru"])
def test_rows_of_a_stream_are_what_the_network_looks_back_on(network: str) -> None:
    one = policy(network, history=3)
    stream = one.relaxed(H)
    contexts = np.stack([H[[0, 0, 0]], H[[0, 0, 1]], *(H[t - 2 : t + 1] for t in range(2, 6))])
    np.testing.assert_array_equal(one.relaxed(contexts), stream)
    np.testing.assert_array_equal(one.relaxed(H[0]), stream[0])
    with pytest.raises(InputError, match=r"shape \(4,\) or \(frames, 4\), or \(contexts, 3, 4\), not \(6, 2, 4\)"):
        one.act(np.stack([H, H], axis=1))


def test_a_network_over_devices_takes_others_with_their_own_weights() -> None:
    one = policy("price")
    assert one.act(H[:, :3]).shape == (6, 3)
    order = [2, 0, 3, 1]
    weights = np.array([1.0, 2.0, 0.5, 3.0])
    np.testing.assert_allclose(
        one.relaxed(H[:, order], weights=weights[order]), one.relaxed(H, weights=weights)[:, order], rtol=1e-5
    )
    assert np.abs(one.relaxed(H, weights=weights) - one.relaxed(H)).max() > 1e-3
    with pytest.raises(InputError, match=r"shape \(n of 2 to 4,\) or \(frames, n of 2 to 4\), not \(5,\)"):
        one.act(np.full(5, 1e-6))
    with pytest.raises(InputError, match=r"wieghts cannot be used .*there are: weights, power"):
        one.act(H, wieghts=weights)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.ones(7), r"power gains h, one a device, no unit: shape \(4,\) or \(frames, 4\), not \(7,\)"),
        (np.array(1.0), r"not \(\)"),
        (H[None], r"not \(1, 6, 4\)"),
        ([1e-6, np.nan, 0.0, 0.0], r"finite numbers of at least 0, and number \[1\] is nan"),
        (np.array([1e-6, np.inf, 0.0, 0.0]), "is inf"),
        (-H, r"number \[0, 0\] is -"),
        ("gains", "not str"),
        ([[1.0], [1.0, 2.0]], "not list"),
        (None, "finite numbers"),
    ],
)
def test_what_is_no_observation_is_one_sentence(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        policy("mlp").act(given)
    assert "\n" not in str(caught.value)


def test_without_a_reading_features_are_handed_in() -> None:
    frames, devices = policy("mlp", None), policy("price", None)
    np.testing.assert_array_equal(frames.act(H * 1e6), policy("mlp").act(H))
    seen = P1Reading().device_features(H)
    np.testing.assert_array_equal(devices.act(seen), policy("price").act(H))
    assert devices.act(seen[0]).shape == (4,)
    assert (
        devices.contract == "features of the problem's Binary view: shape (n of 2 to 4, 4) or (frames, n of 2 to 4, 4)"
    )
    with pytest.raises(InputError, match="knows no weights"):
        devices.act(seen, weights=[1, 2, 3, 4])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.integers(1, 3), st.integers(0, 2**32))
def test_compiled_perceptrons_say_what_torch_says(hidden: list[int], history: int, seed: int) -> None:
    shape = Shape("mlp", 5, 3, history, layers=",".join(map(str, hidden)))
    made = Policy(shape, seed)
    kept = KeptPolicy(shape, made.arrays(), PolicyOptions(), {})
    seen = np.random.default_rng(seed).normal(size=(4, history, 3)).astype(np.float32)
    found = kept.relaxed(seen if history > 1 else seen[:, 0])
    np.testing.assert_allclose(found, made.relaxed(seen), rtol=2e-5, atol=1e-6)


def test_arrays_of_another_network_are_refused() -> None:
    kept = policy("mlp")
    for change in (
        {"layers.2.weight": np.zeros((80, 119), np.float32)},
        {"layers.4.bias": np.full(4, np.nan, np.float32)},
        {"layers.6.weight": np.zeros((4, 4), np.float32), "layers.6.bias": np.zeros(3, np.float32)},
        {"other": np.zeros(1, np.float32)},
    ):
        with pytest.raises(ValueError, match=r"its (arrays|layer)"):
            packed(kept.shape, {**kept.arrays, **change})


def test_a_perceptron_acts_in_a_process_without_torch(tmp_path: Path) -> None:
    problem = qmectk.load("p1", devices=4, training_frames=40, frames=1)
    made = qmectk.train(problem, "droo", out=tmp_path / "p")
    script = (
        "import sys, numpy as np; sys.modules['torch'] = None; import qmectk\n"
        "policy = qmectk.load_policy(sys.argv[1])\n"
        "print(policy.act(np.array([6e-6, 1e-5, 1e-7, 1e-6])).tolist(), policy.act([[1e-6] * 4] * 2, 3).shape)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "p")], capture_output=True, text=True)
    expected = made.act(np.array([6e-6, 1e-5, 1e-7, 1e-6])).tolist()
    assert done.stdout.strip() == f"{expected} (2, 3, 4)", done.stderr
