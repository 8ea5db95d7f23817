"""The cache: hits, damage, interruptions, and nothing that can run code."""

from __future__ import annotations

import json
import pickle
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
