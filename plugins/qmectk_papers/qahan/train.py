"""The training loop: Adam, epochs, a checkpoint after each, the same end whether or not it was interrupted.

Everything random in epoch e is drawn from (seed, e), so a run that goes on from the checkpoint of epoch e - 1 equals
one that was never stopped. A checkpoint holds tensors and plain values and is read as nothing else (``weights_only``).
"""

from __future__ import annotations

import io
import pickle
import time
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.files.storage import replace_file
from qmectk.seeds import generator
from qmectk.timing.budget import Budget
from qmectk_learned.threads import one_thread

from .data import Images
from .networks import Classifier

#: Images answered in one pass outside training.
PASS = 256

#: Raised by one whenever the loop or a network changes what it computes.
FORMAT = 1


@dataclass(frozen=True)
class Schedule:
    """How long and how fast; the paper trains with Adam at 1e-3."""

    epochs: int
    batch: int
    rate: float = 1e-3
    seed: int = 0


@dataclass
class History:
    """The curves of a run, one entry an epoch, and whether all epochs were reached.

    Attributes
    ----------
    loss, train_accuracy
        Means over the epoch's batches, dropout on.
    test_accuracy
        After the epoch.
    seconds
        Wall clock of each epoch, its test included.
    """

    loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    finished: bool = False

    @property
    def epochs(self) -> int:
        """Epochs completed."""
        return len(self.loss)


class Training:
    """A network in training.

    Parameters
    ----------
    label
        For progress.
    checkpoint
        File to go on from and to write after each epoch; None keeps nothing.
    key
        What the run depends on (method, data, settings); a checkpoint of another key is not used.
    """

    def __init__(
        self,
        model: Classifier,
        images: Images,
        schedule: Schedule,
        label: str = "training",
        checkpoint: Path | None = None,
        key: str = "",
    ) -> None:
        if schedule.epochs < 1 or schedule.batch < 1:
            raise InputError("a run needs at least one epoch and one image a batch")
        self.model, self.images, self.schedule = model, images, schedule
        self.label, self.checkpoint, self.key = label, checkpoint, f"{FORMAT} {key} {schedule.batch} {schedule.rate}"
        self.key += f" {schedule.seed}"
        self.optimizer = torch.optim.Adam(model.parameters(), schedule.rate)
        self.history = History()

    def run(self, budget: Budget) -> History:
        """All epochs that are left, or as many as the budget allows; an epoch that is cut short leaves no trace."""
        with one_thread():
            return self._run(budget)

    def _run(self, budget: Budget) -> History:
        self._resume()
        total = self.schedule.epochs
        while self.history.epochs < total:
            before = self._state()
            try:
                whole = self._epoch(self.history.epochs, budget)
            except KeyboardInterrupt:
                self._restore(before)
                raise
            if not whole:
                self._restore(before)
                break
            self._keep()
        self.history.finished = self.history.epochs >= total
        return self.history

    def _epoch(self, epoch: int, budget: Budget) -> bool:
        start = time.perf_counter()
        x, y = torch.from_numpy(self.images.train_x), torch.from_numpy(self.images.train_y)
        order = generator("qahan: order of images", self.schedule.seed, epoch).permutation(len(y))
        batches = [order[i : i + self.schedule.batch] for i in range(0, len(order), self.schedule.batch)]
        total, right = 0.0, 0
        self.model.train()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(hash((self.schedule.seed, epoch)) % 2**63)
            for done, batch in enumerate(batches):
                if budget.expired():
                    return False
                labels = y[batch]
                loss, reported, logits = self.model.loss(x[batch], labels, epoch)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += float(reported) * len(batch)
                right += int((logits.argmax(1) == labels).sum())
                budget.report(self.label, epoch + (done + 1) / len(batches), self.schedule.epochs)
        if not np.isfinite(total):
            raise InputError(f"training of {self.label} diverged in epoch {epoch + 1}", "lower the learning rate")
        self.history.loss.append(total / len(y))
        self.history.train_accuracy.append(right / len(y))
        correct = answers(self.model, self.images.test_x) == self.images.test_y
        self.history.test_accuracy.append(float(correct.mean()))
        self.history.seconds.append(time.perf_counter() - start)
        return True

    def _state(self) -> dict[str, Any]:
        buffer = io.BytesIO()
        torch.save(
            {
                "key": self.key,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "history": asdict(self.history),
            },
            buffer,
        )
        return {"bytes": buffer.getvalue()}

    def _restore(self, state: dict[str, Any]) -> None:
        found = torch.load(io.BytesIO(state["bytes"]), weights_only=True)
        if not isinstance(found, dict) or found.get("key") != self.key:
            raise ValueError("it was written for another run")
        history = History(**found["history"])
        self.model.load_state_dict(found["model"])
        self.optimizer.load_state_dict(found["optimizer"])
        self.history = history

    def _resume(self) -> None:
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        fresh = self._state()
        try:
            self._restore({"bytes": self.checkpoint.read_bytes()})
            if self.history.epochs > self.schedule.epochs:
                raise ValueError("it has more epochs than are wanted")
        except (OSError, ValueError, TypeError, KeyError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            first = str(error).strip().splitlines()[:1] or [type(error).__name__]
            warnings.warn(f"the checkpoint {self.checkpoint} is not used ({first[0]}); starting anew", stacklevel=2)
            self._restore(fresh)

    def _keep(self) -> None:
        if self.checkpoint is not None:
            self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.checkpoint, self._state()["bytes"])


def answers(model: Classifier, images: NDArray[np.float32]) -> NDArray[np.int64]:
    """The class the network gives every image, without dropout and without sampling."""
    model.eval()
    found = []
    with one_thread(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)  # for what draws in evaluation too, such as random masks
        for i in range(0, len(images), PASS):
            found.append(model(torch.from_numpy(images[i : i + PASS])).argmax(1).numpy())
    return np.concatenate(found)
