"""QAHAN, its variants and its baselines, trained on the same images and tested clean and under noise.

Digits come with scikit-learn; MNIST and CIFAR-10 are read from a folder that the user has. Every network is trained
once for a seed: what was trained is in the folder of the run, and the next experiment reads it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner
    from .data import Images
    from .networks import Classifier
    from .train import History

#: Features that the attention keeps: k of eq. (7).
KEPT = 100

#: Methods whose optimum no bound closes in the time of a shorter run.
SLOW = ("residual", "concave", "general")

#: Seconds a batch for the attention where its optimum is not proved at once.
BATCH_LIMIT = 2.0

#: Accuracy above the most frequent class's below which there is nothing that noise could take.
NOTHING = 0.02


@dataclass(frozen=True)
class Lengths:
    """Images and epochs of a run; None for all images."""

    train: int | None
    test: int | None
    epochs: int
    batch: int


#: Quick, default and full; full is Table I, and digits, which it does not have, a length of their own.
LENGTHS: dict[str, tuple[Lengths, Lengths, Lengths]] = {
    "digits": (Lengths(700, 359, 4, 32), Lengths(None, None, 15, 32), Lengths(None, None, 20, 32)),
    "mnist": (Lengths(600, 200, 2, 32), Lengths(2000, 1000, 5, 32), Lengths(50_000, 1000, 70, 32)),
    "cifar10": (Lengths(600, 200, 2, 64), Lengths(2000, 1000, 5, 64), Lengths(50_000, 1000, 100, 64)),
}


def digits(run: Runner) -> DataFrame:
    """Scikit-learn's digits."""
    return accuracies(run, "digits")


def mnist(run: Runner) -> DataFrame:
    """MNIST, with the paper's noise experiments."""
    return accuracies(run, "mnist")


def cifar10(run: Runner) -> DataFrame:
    """CIFAR-10, with the paper's noise experiments."""
    return accuracies(run, "cifar10")


def accuracies(run: Runner, dataset: str) -> DataFrame:
    """Accuracy by method and noise level, and on clean images what the masks keep.

    Columns: ``over_chance``, accuracy less that of always naming the most frequent class; ``lost``, the share of that
    which noise takes; ``classes`` that are named at all.
    """
    import numpy as np

    from qmectk.seeds import Stream, generator

    from .looking import what_is_kept
    from .noise import LEVELS, add_noise
    from .train import answers

    rows = []
    for seed in run.seeds:
        images = _images(run, dataset, seed)
        chance = float(np.bincount(images.test_y).max() / len(images.test_y))
        for method in methods(run):
            model, _ = trained(run, dataset, seed, method, images)
            clean = 0.0
            for i, level in enumerate(LEVELS):
                rng = generator(Stream.DATA, seed, 1, i)
                named = answers(model, add_noise(images.test_x, level, rng))
                accuracy = float((named == images.test_y).mean())
                clean = clean if level else accuracy - chance
                lost = (clean - (accuracy - chance)) / clean if clean > NOTHING else np.nan
                row = {"seed": seed, "method": method, "noise": level, "accuracy": accuracy}
                row |= {"over_chance": accuracy - chance, "lost": lost, "classes": len(np.unique(named))}
                rows.append(row | ({} if level else what_is_kept(model, images)))
    return _table(rows)


def curves(run: Runner) -> DataFrame:
    """The curves of training, epoch by epoch, and how much the loss of an epoch lies above the one before."""
    rows = []
    for seed in run.seeds:
        images = _images(run, "digits", seed)
        for method in methods(run):
            _, history = trained(run, "digits", seed, method, images)
            last = history.loss[0]
            best = max(history.test_accuracy)
            for epoch, loss in enumerate(history.loss):
                row: dict[str, Any] = {"seed": seed, "method": method, "epoch": epoch + 1, "loss": loss}
                row |= {"accuracy": history.test_accuracy[epoch], "training": history.train_accuracy[epoch]}
                rows.append(row | {"rise": max(loss - last, 0.0), "behind": best - history.test_accuracy[epoch]})
                last = loss
    return _table(rows)


def scores(run: Runner) -> DataFrame:
    """The matrix of features of one test image, as the paper's Figs. 4 and 5, and which of them are kept."""
    from .looking import features_and_masks

    images = _images(run, "digits", run.seed)
    rows: list[dict[str, Any]] = []
    for method in ("qahan", "salient"):
        model, _ = trained(run, "digits", run.seed, method, images)
        features, mask = (one.reshape(1, -1)[0] for one in features_and_masks(model, images, 1))
        about = {"seed": run.seed, "method": method}
        kept = zip(features.round(4).tolist(), mask.tolist(), strict=True)
        rows += [{**about, "feature": feature, "kept": bit} for feature, bit in kept]
    return _table(rows)


def methods(run: Runner) -> list[str]:
    """Names of what is trained at this scale."""
    from .methods import METHODS

    return [name for name in METHODS if run.scale == "full" or name not in SLOW]


def trained(run: Runner, dataset: str, seed: int, method: str, images: Images) -> tuple[Classifier, History]:
    """A network after its last epoch; what an earlier call has trained is read."""
    import hashlib

    from qmectk.timing.budget import Budget

    from .methods import build
    from .train import Schedule, Training

    lengths = run.pick(*LENGTHS[dataset])
    limit = BATCH_LIMIT if method in SLOW else None
    model = build(method, images.channels, images.side, KEPT, "lowrank-exact", seed, limit)
    key = hashlib.sha256(images.train_x.tobytes() + images.train_y.tobytes() + images.test_y.tobytes()).hexdigest()
    path = run.folder / "checkpoints" / run.scale / f"{dataset}-{method}-{seed}.pt"
    schedule = Schedule(lengths.epochs, lengths.batch, seed=seed)
    training = Training(model, images, schedule, f"{method}, seed {seed}", path, f"{method} {key}")
    return model, training.run(Budget(report=run.report))


def _images(run: Runner, dataset: str, seed: int) -> Images:
    from qmectk.seeds import Stream, generator
    from qmectk.torch import HardAttention  # noqa: F401  # says so in a sentence where torch is missing

    from .data import load

    rng = generator(Stream.DATA, seed, 0)
    lengths = run.pick(*LENGTHS[dataset])
    return load(dataset, None if dataset == "digits" else run.data, rng).part(lengths.train, lengths.test, rng)


def _table(rows: list[dict[str, Any]]) -> DataFrame:
    from pandas import DataFrame

    return DataFrame(rows)
