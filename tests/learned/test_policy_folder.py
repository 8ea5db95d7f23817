"""Policies that are taken away: trained by one command, kept in a folder, used elsewhere, refused where they misfit."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.errors import InputError, QmectkError
from qmectk_cli.main import main
from qmectk_learned.curve import COLUMNS
from qmectk_learned.policy import contexts_of


@pytest.fixture
def p1() -> Any:
    return qmectk.load("p1", devices=4, training_frames=300, frames=20)


@pytest.fixture
def kept(p1: Any, tmp_path: Path) -> Path:
    qmectk.train(p1, "droo", seed=2, out=tmp_path / "a.policy")
    return tmp_path / "a.policy"


def gains(problem: Any) -> np.ndarray:
    return np.stack([one.binary().view.observed() for one in problem.instances()])


def test_a_policy_says_what_it_is(p1: Any, kept: Path) -> None:
    facts = json.loads((kept / "policy.json").read_text())
    assert facts["backend"] == "droo"
    assert facts["problem"] == "p1"
    assert facts["training"]["training_frames"] == 300
    assert facts["options"]["network"] == "mlp"
    with open(kept / "curve.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert int(rows[-1]["frame"]) == 300
    assert all(float(row["executed"]) >= float(row["rounded"]) > 0.0 for row in rows)


def test_it_acts_alone_as_it_does_within(p1: Any, kept: Path) -> None:
    policy = qmectk.load_policy(kept)
    h = gains(p1)
    batch = policy.act(h)
    assert batch.shape == (20, 4)
    assert batch.dtype == np.int8
    for row, action in zip(h, batch, strict=True):
        np.testing.assert_array_equal(policy.act(row), action)
        np.testing.assert_array_equal(policy.act(row.tolist()), action)
    proposals = policy.act(h[0], candidates=4)
    assert proposals.shape == (4, 4)
    np.testing.assert_array_equal(proposals[0], batch[0])
    solved = qmectk.solve(p1, "droo", options={"policy": str(kept), "candidates": 1}, reference=False)
    np.testing.assert_array_equal(solved.values["x"], batch)


@pytest.mark.parametrize("backend", ["ugq", "priced", "qaroo"])
def test_every_network_is_read_back(backend: str, p1: Any, tmp_path: Path) -> None:
    made = qmectk.train(p1, backend, frames=60, out=tmp_path / "b.policy")
    read = qmectk.load_policy(tmp_path / "b.policy")
    np.testing.assert_array_equal(made.relaxed(gains(p1)), read.relaxed(gains(p1)))
    views = [one.binary().view for one in p1.instances()]
    within = made.policy.relaxed(contexts_of(made.shape, views))
    first = made.shape.history  # frames before these have a past that the batch has not
    np.testing.assert_allclose(read.relaxed(gains(p1))[first:], within[first:], rtol=1e-6)


def test_solving_with_it_needs_no_training_and_says_the_same(p1: Any, kept: Path) -> None:
    trained = qmectk.solve(p1, "droo", seed=2, reference=False)
    fresh = qmectk.load("p1", devices=4, training_frames=0, frames=1, seed=9)
    assert qmectk.solve(fresh, "droo", options={"policy": str(kept)}, reference=False).feasible
    again = qmectk.solve(p1, "droo", options={"policy": str(kept)}, reference=False)
    assert again.objective == trained.objective
    assert "training_seconds" not in again.info["training"]


def test_the_command_line_makes_uses_and_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text("problem: p1\ndevices: 3\ntraining_frames: 50\nframes: 3\n")
    assert main(["train", "p.yaml", "-b", "droo", "--frames", "80", "--seeds", "2", "--out", "x.policy"]) == 0
    assert "--policy x-1.policy" in capsys.readouterr().out
    assert main(["solve", "p.yaml", "--policy", "x-1.policy", "--json", "--summary"]) == 0
    solved = json.loads(capsys.readouterr().out)
    assert solved["backend"] == "droo"
    assert solved["info"]["training"]["policy"].endswith("x-1.policy")
    assert main(["solve", "p.yaml", "--policy", "x-1.policy", "-b", "ugq"]) == 2
    assert "is a policy of backend 'droo', not of 'ugq'" in capsys.readouterr().err
    assert main(["solve", "p.yaml", "--policy", "nothing"]) == 2
    assert "there is no policy nothing" in capsys.readouterr().err


def test_what_does_not_fit_says_what_differs(kept: Path) -> None:
    other = qmectk.load("p1", devices=6, frames=1)
    with pytest.raises(QmectkError, match="the policy is for 4 bits and 4 features, and a frame has 6 bits"):
        qmectk.solve(other, "droo", options={"policy": str(kept)}, reference=False)
    with pytest.raises(QmectkError, match="is a policy of backend 'droo'"):
        qmectk.solve(other, "ugq", options={"policy": str(kept)}, reference=False)


@pytest.mark.parametrize("name", ["weights.safetensors", "policy.json"])
def test_damage_is_told(kept: Path, name: str) -> None:
    content = bytearray((kept / name).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (kept / name).write_bytes(content)
    with pytest.raises(InputError):
        qmectk.load_policy(kept)


def test_policies_are_contenders(p1: Any, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qmectk_cli.compare import _policies

    (entry,) = _policies([str(kept)])
    assert entry["backend"] == "droo"
    assert entry["preset"] == "a.policy"
    found = qmectk.solve(p1, entry["backend"], options=entry["options"], reference=False)
    assert found.info["training"]["policy"] == str(kept)


def test_a_policy_that_was_trained_again_is_another_one(p1: Any, kept: Path) -> None:
    from qmectk.learning.policies import stamped, unstamped

    name = stamped(kept)
    assert unstamped(name) == kept
    qmectk.train(p1, "droo", seed=3, out=kept)
    with pytest.raises(InputError, match="it was trained again"):
        unstamped(name)


def test_a_folder_with_something_else_is_left_alone(p1: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="holds something else"):
        qmectk.train(p1, "droo", frames=20, out=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "cache") == ["thesis.txt"]


@pytest.mark.parametrize("name", ["n" * 300, "file/below", "file", "to_file", "/proc/x"])
def test_a_folder_that_cannot_be_made_is_told_before_the_training(p1: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "to_file").symlink_to("file")
    reported: list[Any] = []
    with pytest.raises(InputError, match=r"cannot write|holds something else"):
        qmectk.train(p1, "droo", out=tmp_path / name, observe=reported.append)
    assert not reported
    assert (tmp_path / "file").read_text() == "precious"


def test_a_link_to_a_folder_that_is_not_there_is_followed(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    found = qmectk.learning.policies.kept_in(tmp_path / "link")
    assert found == tmp_path / "elsewhere"
    assert found.is_dir()
    assert qmectk.learning.policies.kept_in(kept) == kept.resolve()


def test_what_does_not_learn_cannot_be_trained(p1: Any) -> None:
    with pytest.raises(InputError, match="'cd' does not learn"):
        qmectk.train(p1, "cd")


def test_a_function_is_a_policy_in_one_line(p1: Any) -> None:
    everybody = qmectk.policy_backend("everybody", lambda h: np.ones(len(h)))
    found = qmectk.solve(p1, everybody, reference=False)
    assert found.backend == "everybody"
    np.testing.assert_array_equal(found.values["x"], np.ones((20, 4)))
    wrong = qmectk.policy_backend("wrong", lambda h: np.ones(3))
    with pytest.raises(InputError, match=r"policy 'wrong' was given a frame of shape \(4,\) and answers 3 numbers"):
        qmectk.solve(p1, wrong, reference=False)
