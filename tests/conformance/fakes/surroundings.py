"""Backends that leave traces: in generators, instances, on standard output, among the threads."""

from __future__ import annotations

import os
import random
import threading
from typing import Any

import numpy as np

from qmectk import Binary, Budget, Reply

from .honest import Honest, breaks, zeros

#: What the thread that is left behind waits for; the tests set it.
RELEASE = threading.Event()


@breaks("leaves_random_state")
class GlobalNumpy(Honest):
    """Draws from numpy's global generator."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, np.random.randint(0, 2, (1, view.n)).astype(np.int8))  # noqa: NPY002


@breaks("leaves_random_state")
class Reseeds(Honest):
    """Seeds the standard library's generator."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        random.seed(int(rng.integers(2**31)))
        return super().solve(view, budget, rng)


@breaks("leaves_instances")
class Scales(Honest):
    """Normalises the instance in place."""

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        for value in vars(view.instance).values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                value *= 1.5
        return self.reply(view, zeros(view)[None, :])


@breaks("prints_nothing")
class Prints(Honest):
    """Prints."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        print("iteration 1")
        return super().solve(view, budget, rng)


@breaks("prints_nothing")
class PrintsFromC(Honest):
    """Writes past Python."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        os.write(1, b"Running MySolver 1.0\n")
        return super().solve(view, budget, rng)


@breaks("leaves_nothing_running")
class LeavesThread(Honest):
    """Leaves a thread that keeps the interpreter alive."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if not any(t.name == "watcher" for t in threading.enumerate()):
            threading.Thread(target=RELEASE.wait, args=(60,), name="watcher").start()
        return super().solve(view, budget, rng)
