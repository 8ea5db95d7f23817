"""The experiment: every method trained on the same images, tested clean and under noise, its attention looked into."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk.budget import Budget
from qmectk.errors import InputError
from qmectk.names import unknown
from qmectk.seeds import Stream, generator
from qmectk.torch.hard_attention import HardAttention
from qmectk.torch.threads import one_thread

from .data import Images, load
from .networks import METHODS, AttentionNetwork, Classifier, build
from .noise import LEVELS, add_noise
from .train import History, Schedule, Training, answers


@dataclass(frozen=True)
class Settings:
    """What a run depends on.

    Attributes
    ----------
    train, test
        Most images of each kind; None for all.
    k
        Features that the attention keeps (100 in the paper).
    batch_limit
        Seconds the attention may take for a batch, for energies whose optimum takes long to prove.
    """

    dataset: str = "digits"
    methods: tuple[str, ...] = tuple(METHODS)
    epochs: int = 20
    batch: int = 32
    train: int | None = None
    test: int | None = None
    k: int = 100
    rate: float = 1e-3
    seed: int = 0
    noise: str = "gaussian"
    levels: tuple[float, ...] = LEVELS
    backend: str = "lowrank-exact"
    batch_limit: float | None = None

    def __post_init__(self) -> None:
        for method in self.methods:
            if method not in METHODS:
                raise unknown("method", method, METHODS)
        if not self.methods:
            raise InputError("no method is chosen", f"choose from {', '.join(METHODS)}")
        if self.epochs < 1:
            raise InputError(f"epochs must be at least 1, not {self.epochs}")


#: Table I of the paper; digits, which it does not have, with MNIST's batch and a length of their own.
TABLE_I: dict[str, Settings] = {
    "digits": Settings("digits", epochs=20, batch=32),
    "mnist": Settings("mnist", epochs=70, batch=32, train=50_000, test=1000),
    "cifar10": Settings("cifar10", epochs=100, batch=64, train=50_000, test=1000),
}

#: What ``--quick`` leaves out of the methods: energies that no bound closes in the time.
QUICK_WITHOUT = ("concave", "general")

#: Images and epochs of ``--quick``.
QUICK = {"epochs": 8, "train": 1000, "test": 359}

#: Seconds a batch for the attention where its optimum is not proved at once.
BATCH_LIMIT = 2.0


def settings(dataset: str, quick: bool = False, **changes: Any) -> Settings:
    """Table I for a data set, scaled down when quick; `changes` that are None change nothing."""
    if dataset not in TABLE_I:
        raise unknown("data set", dataset, TABLE_I)
    chosen = replace(TABLE_I[dataset], batch_limit=BATCH_LIMIT)
    if quick:
        chosen = replace(chosen, methods=tuple(m for m in METHODS if m not in QUICK_WITHOUT), **QUICK)  # type: ignore[arg-type]
    return replace(chosen, **{name: value for name, value in changes.items() if value is not None})


@dataclass
class Outcome:
    """What one method did.

    Attributes
    ----------
    correct
        By noise level ("0" is clean): whether each test image was answered rightly.
    classes
        Different answers it gives to the clean test images.
    attention
        Facts about the masks on the clean test images; empty without a HardAttention.
    """

    method: str
    history: History
    correct: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    classes: int = 0
    attention: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def accuracy(self, level: float = 0.0) -> float:
        """Share of the test images answered rightly at a noise level."""
        return float(self.correct[f"{level:g}"].mean())


@dataclass
class Experiment:
    """A finished or cut run.

    Attributes
    ----------
    gallery
        A few test images with feature scores and masks, for the figures: name -> arrays.
    chance
        Share of the most frequent class in the test images.
    """

    settings: Settings
    images: tuple[int, int]
    chance: float
    outcomes: list[Outcome] = field(default_factory=list)
    gallery: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every method was trained to the end and tested."""
        return len(self.outcomes) == len(self.settings.methods) and all(o.history.finished for o in self.outcomes)


def run(chosen: Settings, folder: Path | None, out: Path | None, budget: Budget) -> Experiment:
    """Train and test every method.

    Parameters
    ----------
    folder
        Of the data set's files.
    out
        Folder whose ``checkpoints`` the run goes on from and writes to; None keeps nothing.
    """
    start = time.perf_counter()
    rng = generator(Stream.DATA, chosen.seed, 0)
    images = load(chosen.dataset, folder, rng).part(chosen.train, chosen.test, rng)
    noisy = {
        f"{level:g}": add_noise(chosen.noise, images.test_x, level, generator(Stream.DATA, chosen.seed, 1, i))
        for i, level in enumerate((0.0, *chosen.levels))
    }
    chance = float(np.bincount(images.test_y).max() / len(images.test_y))
    found = Experiment(chosen, (len(images.train_x), len(images.test_x)), chance)
    schedule = Schedule(chosen.epochs, chosen.batch, chosen.rate, chosen.seed)
    for method in chosen.methods:
        if found.outcomes and budget.expired():
            break
        mark = time.perf_counter()
        left = len(chosen.methods) - len(found.outcomes)
        share = Budget(None if budget.limit is None else budget.remaining / left, report=budget.report)
        model = build(method, images.channels, images.side, chosen.k, chosen.backend, chosen.seed, chosen.batch_limit)
        checkpoint = None if out is None else out / "checkpoints" / f"{method}.pt"
        history = Training(model, images, schedule, method, checkpoint, _key(chosen, method, images)).run(share)
        outcome = Outcome(method, history)
        for level, test in noisy.items():
            named = answers(model, test)
            outcome.correct[level] = named == images.test_y
            outcome.classes = outcome.classes or len(np.unique(named))
        _look(model, images, outcome, found)
        outcome.seconds = time.perf_counter() - mark
        found.outcomes.append(outcome)
    found.seconds = time.perf_counter() - start
    return found


def _key(chosen: Settings, method: str, images: Images) -> str:
    """Everything the weights depend on apart from the schedule."""
    attention = METHODS[method].attention
    pixels = hashlib.sha256(images.train_x.tobytes() + images.train_y.tobytes()).hexdigest()
    parts = [method, attention, chosen.k, chosen.backend, chosen.batch_limit, pixels, torch.__version__.split("+")[0]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


#: Test images whose masks are looked into and, of those, how many are drawn.
LOOKED_AT, DRAWN = 64, 3


def _look(model: Classifier, images: Images, outcome: Outcome, found: Experiment) -> None:
    if not isinstance(model, AttentionNetwork) or not isinstance(model.attention, HardAttention):
        return
    model.eval()
    with one_thread(), torch.no_grad():
        features = model.features(torch.from_numpy(images.test_x[:LOOKED_AT]))
        model.attention(features)
    masks = model.attention.masks
    assert masks is not None
    scalars = features.flatten(1).numpy()
    bits = masks.bits.astype(bool)
    kept = (scalars * bits).sum(1)
    outcome.attention = {
        "images": float(len(bits)),
        "count": float(bits.sum(1).mean()),
        "zero_features": float((scalars == 0.0).mean()),
        "zero_kept": float((scalars[bits] == 0.0).mean()) if bits.any() else 0.0,
        "share_kept": float((kept / np.maximum(scalars.sum(1), 1e-30)).mean()),
        "top_share": float(_top_share(scalars, bits.sum(1)).mean()),
        "energy": float(masks.values.mean()),
        "proved": float(masks.proved.mean()),
    }
    drawn = np.sort(np.unique(images.test_y[:LOOKED_AT], return_index=True)[1])[:DRAWN]  # of different classes
    found.gallery[outcome.method] = {
        "images": images.test_x[drawn],
        "features": features.numpy()[drawn],
        "masks": masks.bits[drawn],
    }


def _top_share(scalars: NDArray[np.float32], counts: Sequence[int] | NDArray[Any]) -> NDArray[np.float64]:
    """The largest share of the features' sum that so many of them can have."""
    descending = -np.sort(-scalars, axis=1)
    tops = np.array([row[:count].sum() for row, count in zip(descending, counts, strict=True)])
    return tops / np.maximum(scalars.sum(1), 1e-30)


def plain(found: Experiment) -> dict[str, Any]:
    """The run as plain values for JSON."""
    return {
        "settings": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(found.settings).items()},
        "train_images": found.images[0],
        "test_images": found.images[1],
        "chance": found.chance,
        "complete": found.complete,
        "seconds": found.seconds,
        "methods": [
            {
                "method": o.method,
                "summary": METHODS[o.method].summary,
                "epochs": o.history.epochs,
                "classes_named": o.classes,
                "accuracy": {level: float(right.mean()) for level, right in o.correct.items()},
                "seconds": o.seconds,
                "seconds_per_epoch": float(np.mean(o.history.seconds)) if o.history.seconds else None,
                "attention": o.attention,
                "curves": {
                    "loss": o.history.loss,
                    "train_accuracy": o.history.train_accuracy,
                    "test_accuracy": o.history.test_accuracy,
                },
            }
            for o in found.outcomes
        ],
    }
