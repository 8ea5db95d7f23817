"""Shared by the tests of learned policies: an own cache folder, small streams, and budgets that end when told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.timing.budget import Budget
from qmectk.views import Binary


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder policies of this test go to."""
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "policies"


@pytest.fixture(scope="session")
def p1_views() -> Callable[..., tuple[list[Any], list[Any]]]:
    """Training and evaluation views of a small P1."""

    def make(devices: int = 5, training: int = 200, frames: int = 20) -> tuple[list[Any], list[Any]]:
        problem = qmectk.load("p1", devices=devices, training_frames=training, frames=frames)
        both = problem.training_instances(), problem.instances()
        return tuple([i.binary().view for i in part] for part in both)  # type: ignore[return-value]

    return make


class Toy(Binary):
    """Bit i is worth `worth[i]`; `open_to` says which actions have a completion. Scored by the default score_many."""

    sense = 1

    def __init__(self, worth: Any, open_to: Callable[[Any], Any] = lambda actions: np.ones(len(actions), bool)) -> None:
        self.worth, self.open_to = np.asarray(worth, dtype=float), open_to
        self.n = len(self.worth)

    def score(self, actions: Any) -> Any:
        return np.where(self.open_to(actions), np.asarray(actions) @ self.worth, -np.inf)

    def complete(self, action: Any) -> dict[str, Any]:
        return {"x": np.asarray(action, dtype=float)}

    def features(self) -> Any:
        return self.worth


@pytest.fixture(scope="session")
def toy() -> type[Toy]:
    return Toy


class Ending(Budget):
    """Over after `looks` looks at the clock."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def expired(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.fixture(scope="session")
def ending() -> type[Ending]:
    return Ending


@pytest.fixture(scope="session")
def interrupting() -> Callable[[int], Budget]:
    """A budget whose `reports`-th report is a Ctrl-C."""

    def make(reports: int) -> Budget:
        left = [reports]

        def report(label: str, done: float, total: float | None) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

        return Budget(report=report)

    return make


@pytest.fixture(scope="session")
def train() -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Train a backend on views; returns it and the facts."""

    def run(cls: Any, views: Any, budget: Budget | None = None, seed: int = 0, **options: Any) -> Any:
        backend = cls(cls.Options(**options))
        facts = backend.train(lambda: views, "problem", budget or Budget(), np.random.default_rng(seed))
        return backend, facts

    return run


@pytest.fixture(scope="session")
def answers() -> Callable[..., Any]:
    """The points a backend answers, stacked."""

    def points(backend: Any, views: Any) -> Any:
        rngs = [np.random.default_rng([1, i]) for i in range(len(views))]
        return np.stack([reply.point for reply in backend.solve_many(views, Budget(), rngs)])

    return points
