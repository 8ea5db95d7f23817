"""The experiment on a few small images: networks, training, checkpoints, verdicts, files, the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk.budget import Budget
from qmectk.errors import InputError
from qmectk.plugins import registry
from qmectk_qahan import claims, experiment, report
from qmectk_qahan.data import Images, load
from qmectk_qahan.experiment import Settings
from qmectk_qahan.networks import METHODS, build, map_side
from qmectk_qahan.train import Schedule, Training, answers


class Sorted(Backend):
    """k blocks by their own energy, the least first; exact where neighbours do not matter."""

    name, accepts = "sorted-masks", (FactoredQuadratic,)

    def solve(self, view, budget, rng):
        count = view.cardinality if view.cardinality is not None else int(view.count)
        own = view.linear - 2.0 * view.factors @ view.target + np.square(view.factors).sum(1)
        if (view.signs < 0).any():
            own = -own
        mask = np.zeros(view.n, np.int8)
        mask[np.argsort(own, kind="stable")[:count]] = 1
        return Reply(mask, Termination.CONVERGED)


@pytest.fixture(autouse=True)
def _backend(monkeypatch):
    monkeypatch.setitem(registry().backends, "lowrank-exact", Sorted)


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


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(experiment, "QUICK", {"epochs": 1, "train": 48, "test": 24})


def test_the_whole_experiment(few, tmp_path, small):
    chosen = experiment.settings("digits", quick=True, methods=("qahan", "salient", "glimpse", "saccader", "random"))
    found = experiment.run(chosen, None, tmp_path, Budget())
    assert found.complete
    assert [o.method for o in found.outcomes] == list(chosen.methods)
    facts = found.outcomes[0].attention
    assert facts["count"] == 100.0
    assert facts["zero_kept"] == 1.0
    assert facts["share_kept"] == 0.0
    made = {c.statement: c for c in claims.claims(found)}
    assert made["the optimum of the published energy keeps the least salient features"].verdict == "supported"
    assert all(c.verdict in ("supported", "refuted", "undecided") and c.evidence for c in made.values())
    names = report.write(found, tmp_path)
    assert names == ["report.md", "results.json", "curves.png", "noise.png", "scores.png"]
    for name in names[2:]:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    plain = json.loads((tmp_path / "results.json").read_text())
    assert plain["methods"][0]["accuracy"].keys() == {"0", "0.2", "0.4"}
    assert len(plain["claims"]) == len(made)
    page = (tmp_path / "report.md").read_text()
    assert "| saccader |" in page
    again = experiment.run(chosen, None, tmp_path, Budget())  # from the checkpoints
    assert [o.accuracy() for o in again.outcomes] == [o.accuracy() for o in found.outcomes]


def test_a_time_limit_is_shared_and_said(few, small):
    chosen = experiment.settings("digits", quick=True, methods=("all", "random"), epochs=1000)
    found = experiment.run(chosen, None, None, Budget(1.0))
    assert not found.complete
    assert len(found.outcomes) == 2
    assert "cut by the time limit" in report.summary(found)


def test_settings():
    mnist, cifar = experiment.settings("mnist"), experiment.settings("cifar10")
    assert (mnist.batch, mnist.epochs, cifar.batch, cifar.epochs) == (32, 70, 64, 100)
    assert (mnist.train, mnist.test, mnist.k, mnist.rate) == (50_000, 1000, 100, 1e-3)
    assert experiment.settings("mnist", quick=True, epochs=2).epochs == 2
    for wrong in ({"methods": ("qahn",)}, {"methods": ()}, {"epochs": 0}):
        with pytest.raises(InputError):
            Settings(**wrong)


def test_the_sign_test():
    left, right = np.arange(20) < 15, np.arange(20) < 5
    wins, losses, p = claims.sign_test(left, right)
    assert (wins, losses) == (10, 0)
    assert p == pytest.approx(2 / 2**10)
    assert claims.sign_test(left, left) == (0, 0, 1.0)


@pytest.mark.parametrize(
    ("right", "classes", "verdict"),
    [(20, 1, "refuted"), (20, 10, "undecided"), (2, 10, "refuted"), (60, 10, "supported")],
)
def test_the_verdict_on_chance(right, classes, verdict):
    outcome = experiment.Outcome("qahan", None, {"0": np.arange(200) < right}, classes)
    assert claims._above_chance(outcome, 0.1).verdict == verdict


def test_noise_is_compared_on_the_same_images():
    clean, all_lost, none_lost = np.ones(100, bool), np.zeros(100, bool), np.ones(100, bool)
    weak = experiment.Outcome("qahan", None, {"0": clean, "0.2": all_lost})
    strong = experiment.Outcome("glimpse", None, {"0": clean, "0.2": none_lost})
    assert claims._sturdier(weak, strong, 0.2, 0.1).verdict == "refuted"
    assert claims._sturdier(strong, weak, 0.2, 0.1).verdict == "supported"
    assert claims._sturdier(strong, strong, 0.2, 0.1).verdict == "undecided"


def test_the_command(command, small, tmp_path, mnist_folder):
    arguments = ["reproduce", "qahan", "--quick", "--method", "qahan", "--method", "all"]
    code, out, err = command(*arguments, "--json", "--out", tmp_path / "run")
    assert code == 0, err
    found = json.loads(out)
    assert found["experiment"] == "qahan"
    assert [m["method"] for m in found["methods"]] == ["qahan", "all"]
    assert (tmp_path / "run" / "report.md").is_file()
    code, out, err = command(*arguments[:-2], "--dataset", "mnist", "--data", mnist_folder)
    assert code == 0, err
    assert "mnist: 12 images to train" in out
    assert "the optimum of the published energy keeps the least salient features" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["qahn"], "there is no experiment 'qahn'; did you mean 'qahan'?"),
        (["qahan", "--dataset", "minst"], "there is no data set 'minst'; did you mean 'mnist'?"),
        (["qahan", "--dataset", "mnist"], "--data DIR"),
        (["qahan", "--dataset", "cifar10", "--data", "{empty}/none"], "there is no folder {empty}/none"),
        (["qahan", "--data", "."], "leave --data out"),
        (["qahan", "--method", "saccadr"], "did you mean 'saccader'?"),
        (["qahan", "--time-limit", "-1"], "--time-limit must be a positive number"),
        (["qahan", "--out", __file__], "is not a folder"),
    ],
)
def test_mistakes_on_the_command_line(arguments, says, command, tmp_path):
    arguments, says = (
        [one.replace("{empty}", str(tmp_path)) for one in arguments],
        says.replace("{empty}", str(tmp_path)),
    )
    code, out, err = command("reproduce", *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert says[0] in err
    assert len(err.splitlines()) == 1


def test_images_know_their_shape():
    images = Images(
        "x",
        np.zeros((2, 3, 8, 8), np.float32),
        np.zeros(2, np.int64),
        np.zeros((1, 3, 8, 8), np.float32),
        np.zeros(1, np.int64),
    )
    assert (images.channels, images.side) == (3, 8)
