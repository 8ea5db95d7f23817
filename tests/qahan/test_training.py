"""Networks, training and checkpoints on a few small images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qmectk.errors import InputError
from qmectk.timing.budget import Budget
from qmectk_papers.qahan.data import Images, load
from qmectk_papers.qahan.methods import METHODS, build
from qmectk_papers.qahan.networks import map_side
from qmectk_papers.qahan.train import Schedule, Training, answers


@pytest.fixture
def few(rng):
    return load("digits", None, rng).part(64, 32, rng)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32)])
def test_networks(method, channels, side):
    model = build(method, channels, side, 5, "lowrank-exact", 0)
    images, labels = torch.rand(3, channels, side, side), torch.tensor([1, 2, 3])
    model.train()
    for epoch in (0, 1, 2):
        loss, entropy, logits = model.loss(images, labels, epoch)
        loss.backward()
        assert logits.shape == (3, 10)
        assert entropy >= 0.0
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    assert answers(model, images.numpy()).shape == (3,)
    again = build(method, channels, side, 5, "lowrank-exact", 0)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_the_head_has_the_size_of_the_paper():
    assert 64 * map_side(28) ** 2 == 3136
    assert 64 * map_side(32) ** 2 == 4096


@pytest.mark.parametrize("method", ["salient", "glimpse", "saccader"])
def test_training_lowers_the_loss_and_resumes(method, few, tmp_path):
    def trained(epochs, checkpoint):
        model = build(method, 1, 28, 50, "lowrank-exact", 0)
        schedule = Schedule(epochs, 16, seed=1)
        return model, Training(model, few, schedule, method, checkpoint, "key").run(Budget())

    whole, history = trained(4, None)
    assert history.finished
    assert history.loss[-1] < history.loss[0]
    path = tmp_path / "sub" / "model.pt"
    trained(2, path)
    resumed, later = trained(4, path)
    assert later.loss == history.loss
    assert later.test_accuracy == history.test_accuracy
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("damage", ["other key", "garbage", "truncated", "more epochs"])
def test_a_checkpoint_that_does_not_fit_is_reported(damage, few, tmp_path):
    path = tmp_path / "model.pt"

    def training(key="key", epochs=1):
        return Training(build("all", 1, 28, 5, "lowrank-exact", 0), few, Schedule(epochs, 32), "all", path, key)

    expected = training(epochs=2 if damage == "more epochs" else 1).run(Budget()).loss[:1]
    content = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    with pytest.warns(UserWarning, match="is not used .*; starting anew"):
        again = training("another" if damage == "other key" else "key").run(Budget())
    assert again.loss == expected


def test_an_epoch_that_is_cut_leaves_no_trace(few):
    model = build("all", 1, 28, 5, "lowrank-exact", 0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    training = Training(model, few, Schedule(3, 8))
    budget = Budget()
    ticks = iter([False] * 4 + [True] * 100)
    budget.expired = lambda: next(ticks)
    history = training.run(budget)
    assert not history.finished
    assert history.epochs == 0
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_divergence_is_a_sentence(few):
    with pytest.raises(InputError, match=r"diverged|not finite"):
        Training(build("all", 1, 28, 5, "lowrank-exact", 0), few, Schedule(2, 8, rate=1e30)).run(Budget())


def test_images_know_their_shape():
    images = Images(
        "x",
        np.zeros((2, 3, 8, 8), np.float32),
        np.zeros(2, np.int64),
        np.zeros((1, 3, 8, 8), np.float32),
        np.zeros(1, np.int64),
    )
    assert (images.channels, images.side) == (3, 8)
