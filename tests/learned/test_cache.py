"""The cache: hits, damage, interruptions, and nothing that can run code."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk_learned.backends import Droo, Ugq

BOTH = pytest.mark.parametrize("backend", [Droo, Ugq], ids=["droo", "ugq"])


def weights(backend: Any) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in backend._trained.policy.arrays().items()}


def only(folder: Path, suffix: str) -> Path:
    (found,) = folder.glob(f"*{suffix}")
    return found


def never() -> list[Any]:
    raise AssertionError("the training frames were asked for")


@BOTH
def test_a_hit_answers_alike_and_asks_for_no_frames(backend: Any, p1_views: Any, train: Any, answers: Any) -> None:
    views, unseen = p1_views()
    first, facts = train(backend, views)
    assert facts["cached"] is False
    second = backend()
    facts = second.train(never, "problem", Budget(), np.random.default_rng(0))
    assert facts["cached"] is True
    assert facts["training_frames"] == len(views)
    assert weights(first) == weights(second)
    assert np.array_equal(answers(first, unseen), answers(second, unseen))


def test_the_key_holds_all_that_matters(p1_views: Any, train: Any, cache: Path) -> None:
    views, _ = p1_views(training=30)
    train(Droo, views)
    assert train(Droo, views, retrain=True)[1]["cached"] is False
    assert len(list(cache.glob("*.json"))) == 1  # retraining is not another policy
    assert train(Droo, views, seed=1)[1]["cached"] is False
    assert train(Droo, views, batch=64)[1]["cached"] is False
    assert Droo().train(lambda: views, "other", Budget(), np.random.default_rng(0))["cached"] is False
    assert len(list(cache.glob("*.json"))) == 4


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    blob = bytearray(path.read_bytes())
    blob[-1] ^= 255
    path.write_bytes(bytes(blob))


def as_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))


def foreign(path: Path) -> None:
    path.write_text(json.dumps({"name": "somebody else's"}))


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".safetensors", truncate),
        (".safetensors", flip),
        (".safetensors", as_pickle),
        (".safetensors", Path.unlink),
        (".json", truncate),
        (".json", as_pickle),
        (".json", foreign),
    ],
)
def test_a_damaged_file_is_made_anew_with_a_warning(
    suffix: str, damage: Any, p1_views: Any, train: Any, cache: Path
) -> None:
    views, _ = p1_views(training=40)
    first, _ = train(Droo, views)
    damage(only(cache, suffix))
    with pytest.warns(UserWarning, match="cached policy .* is trained anew"):
        second, facts = train(Droo, views)
    assert facts["cached"] is False
    assert weights(first) == weights(second)
    assert train(Droo, views)[1]["cached"] is True


def test_intact_files_of_another_network_are_refused(p1_views: Any, train: Any, cache: Path) -> None:
    from qmectk_learned.cache import Entry

    views, _ = p1_views(training=40)
    train(Droo, views)
    entry = Entry(only(cache, ".json").stem, "cached policy")
    arrays, facts = entry.read() or ({}, {})
    broken = {**arrays, "layers.0.bias": np.full_like(arrays["layers.0.bias"], np.nan)}
    for wrong in (broken, {k: a for k, a in arrays.items() if k != "layers.0.bias"}, {}):
        assert entry.write(wrong, {"training": facts["training"]})
        with pytest.warns(UserWarning, match="is trained anew"):
            train(Droo, views)


@BOTH
def test_nothing_is_pickled(
    backend: Any, p1_views: Any, train: Any, cache: Path, monkeypatch: Any, ending: Any
) -> None:
    views, _ = p1_views(training=60)
    train(backend, views)  # what others compile for the first time, they pickle
    for path in cache.iterdir():
        path.unlink()

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("pickle was used")

    for module, names in ((pickle, ("dump", "dumps", "load", "loads", "Unpickler")), (torch, ("save", "load"))):
        for name in names:
            monkeypatch.setattr(module, name, refuse)
    train(backend, views, ending(3))
    assert train(backend, views)[1]["resumed_at"] == 30
    assert train(backend, views)[1]["cached"] is True
    assert {path.suffix for path in cache.iterdir()} == {".safetensors", ".json"}


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


def test_retraining_takes_no_checkpoint(p1_views: Any, train: Any, ending: Any) -> None:
    views, _ = p1_views(training=100)
    train(Droo, views, ending(3))
    assert train(Droo, views, retrain=True)[1]["resumed_at"] == 0


def test_a_damaged_checkpoint_means_a_fresh_start(p1_views: Any, train: Any, cache: Path, ending: Any) -> None:
    views, _ = p1_views(training=100)
    undisturbed, _ = train(Droo, views)
    for path in cache.iterdir():
        path.unlink()
    train(Droo, views, ending(3))
    facts_file = only(cache, "-checkpoint.json")
    facts = json.loads(facts_file.read_text())
    facts["progress"]["position"] = 20
    facts_file.write_text(json.dumps(facts))
    with pytest.warns(UserWarning, match=r"checkpoint .*it is not what was written"):
        trained, facts = train(Droo, views)
    assert facts["resumed_at"] == 0
    assert weights(trained) == weights(undisturbed)


def test_a_checkpoint_of_another_run_means_a_fresh_start(p1_views: Any, train: Any, cache: Path, ending: Any) -> None:
    from qmectk_learned.cache import Entry

    views, _ = p1_views(training=100)
    undisturbed, _ = train(Droo, views)
    for path in cache.iterdir():
        path.unlink()
    train(Droo, views, ending(3))
    checkpoint = Entry(only(cache, "-checkpoint.json").stem, "checkpoint")
    arrays, facts = checkpoint.read() or ({}, {})
    facts["progress"]["position"] = 10_000
    assert checkpoint.write(arrays, facts)
    with pytest.warns(UserWarning, match=r"checkpoint .*outside the run"):
        trained, facts = train(Droo, views)
    assert facts["resumed_at"] == 0
    assert weights(trained) == weights(undisturbed)


def test_a_folder_that_cannot_be_written_costs_only_a_warning(
    tmp_path: Path, monkeypatch: Any, p1_views: Any, train: Any
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "file"))
    views, unseen = p1_views(training=40)
    with pytest.warns(UserWarning, match="could not be kept"):
        trained, _ = train(Droo, views)
    assert trained.solve(unseen[0], Budget(), np.random.default_rng(0)).point is not None


def test_a_time_limit_leaves_time_to_answer(p1_views: Any, train: Any) -> None:
    views, unseen = p1_views(training=200)
    budget = Budget(0.001)
    trained, facts = train(Ugq, views, budget)
    assert facts["training_frames"] == 0
    assert trained.solve(unseen[0], budget, np.random.default_rng(0)).termination is Termination.BUDGET
