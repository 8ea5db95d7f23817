"""A training that was ended, interrupted or killed goes on where it was."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk_learned.backends import Droo, Ugq

from .test_cache import BOTH, weights


@BOTH
@pytest.mark.parametrize("looks", [1, 4, 13])
def test_training_goes_on_where_the_budget_ended(
    backend: Any, looks: int, p1_views: Any, train: Any, cache: Path, ending: Any
) -> None:
    views, unseen = p1_views(training=300)
    undisturbed, _ = train(backend, views)
    for path in cache.iterdir():
        path.unlink()
    stopped, facts = train(backend, views, ending(looks))
    assert 0 < facts["training_frames"] < 300
    reply = stopped.solve(unseen[0], Budget(), np.random.default_rng(0))
    assert reply.termination is Termination.BUDGET
    assert f"after {facts['training_frames']} of 300 frames" in reply.message
    assert reply.point is not None
    again, _ = train(backend, views, ending(looks))  # stopped twice
    resumed, more = train(backend, views)
    assert more["resumed_at"] > facts["training_frames"]
    assert weights(resumed) == weights(undisturbed) != weights(again)
    assert [path.name for path in cache.glob("*checkpoint*")] == []
    assert train(backend, views)[1]["cached"] is True


@BOTH
def test_training_goes_on_after_an_interrupt(
    backend: Any, p1_views: Any, train: Any, cache: Path, interrupting: Any
) -> None:
    views, _ = p1_views(training=300)
    undisturbed, _ = train(backend, views)
    for path in cache.iterdir():
        path.unlink()
    with pytest.raises(KeyboardInterrupt):
        train(backend, views, interrupting(20))
    resumed, facts = train(backend, views)
    assert 0 < facts["resumed_at"] < 300
    assert weights(resumed) == weights(undisturbed)


CHILD = """
import sys
import numpy as np
import qmectk
import qmectk_learned.going_on as going_on
from qmectk.timing.budget import Budget
from qmectk_learned.backends import {backend}

going_on.CHECKPOINT_SECONDS = 0.0
going_on.CHECKPOINT_SHARE = float("inf")
problem = qmectk.load("p1", devices=5, training_frames=300, frames=20)
views = [i.binary().view for i in problem.training_instances()]


def report(label, done, total):
    print(done, flush=True)
    sys.stdin.readline()


backend = {backend}({backend}.Options())
print(backend.train(lambda: views, "problem", Budget(report=report), np.random.default_rng(0)))
"""


def trainee(backend: Any, cache: Path) -> subprocess.Popen[str]:
    """A process that trains, waits for a line at every tick, and keeps a checkpoint after every step."""
    environment = {**os.environ, "QMECTK_CACHE_DIR": str(cache.parent)}
    code = CHILD.format(backend=backend.__name__)
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_training_that_is_killed_goes_on_from_a_moment_before(p1_views: Any, train: Any, cache: Path) -> None:
    backend = Ugq
    views, _ = p1_views(training=300)
    undisturbed, _ = train(backend, views)
    for path in cache.iterdir():
        path.unlink()
    with trainee(backend, cache) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(10):
            done = int(process.stdout.readline())
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()
    resumed, facts = train(backend, views)
    assert done <= facts["resumed_at"] < 300
    assert weights(resumed) == weights(undisturbed)
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".safetensors"]


def test_two_that_train_the_same_do_not_harm_each_other(
    p1_views: Any, train: Any, cache: Path, monkeypatch: Any
) -> None:
    views, _ = p1_views(training=300)
    undisturbed, _ = train(Droo, views)
    for path in cache.iterdir():
        path.unlink()
    monkeypatch.setattr("qmectk_learned.going_on.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("qmectk_learned.going_on.CHECKPOINT_SHARE", float("inf"))
    turns = threading.Barrier(2, timeout=60)
    found: list[Any] = []

    def in_turn(*_: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):  # one went on from a checkpoint of the other's
            turns.wait()

    def learn() -> None:
        found.append(train(Droo, views, Budget(report=in_turn)))
        turns.abort()

    both = [threading.Thread(target=learn) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [facts["cached"] for _, facts in found] == [False, False]
    assert [weights(backend) for backend, _ in found] == [weights(undisturbed)] * 2
    again, facts = train(Droo, views)
    assert facts["cached"] is True
    assert weights(again) == weights(undisturbed)
