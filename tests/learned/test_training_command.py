"""``qmectk train``: kill and resume, several seeds, early stop, ratios, observers, devices."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.errors import MissingPackage, QmectkError
from qmectk.learning import observers
from qmectk_cli.main import main
from qmectk_cli.train import _beside, _standing
from qmectk_learned import training
from qmectk_learned.curve import COLUMNS, read, written
from qmectk_learned.policy import place
from qmectk_learned.progress import ratio

P1: dict[str, Any] = {"devices": 4, "training_frames": 400, "frames": 5}

#: A training that keeps a checkpoint after every tick and kills itself at its 25th step.
KILLED = """
import os, signal, sys, qmectk
from qmectk_learned import going_on
going_on.CHECKPOINT_SECONDS = 1e-9
going_on.CHECKPOINT_SHARE = 1e9
def observe(step):
    if step["step"] == 25:
        os.kill(os.getpid(), signal.SIGKILL)
qmectk.train(qmectk.load("p1", devices=4, training_frames=400, frames=5), "droo", seed=3, observe=observe)
"""


def test_a_killed_training_resumes_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = qmectk.load("p1", **P1)
    whole = qmectk.train(problem, "droo", seed=3)
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "other"))
    with pytest.raises(QmectkError, match="no training to go on from"):
        qmectk.train(problem, "droo", seed=3, options={"resume": True})
    killed = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = qmectk.train(problem, "droo", seed=3, options={"resume": True}, out=tmp_path / "a.policy")
    assert 200 <= resumed.facts["training"]["resumed_at"] < 250
    assert resumed.curve == whole.curve
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], array)
    read_back = qmectk.load_policy(tmp_path / "a.policy")
    assert read_back.curve == whole.curve
    assert read_back.options.resume is False


def test_steps_are_observed_and_ratios_are_those_to_the_optimum() -> None:
    problem = qmectk.load("p1", **P1)
    steps: list[dict[str, Any]] = []
    policy = qmectk.train(problem, "droo", observe=lambda step: steps.append(dict(step)))
    assert [step["frame"] for step in steps] == list(range(10, 401, 10))
    assert steps[-1]["frames"] == 400
    assert all(0.0 < s["rounded"] <= s["executed"] and s["loss"] > 0.0 and s["candidates"] >= 1 for s in steps)
    assert len(policy.curve) == 40
    optima = [qmectk.solve(one, "exact").objective for one in problem.training_instances()[390:]]
    last = dict(zip(COLUMNS, policy.curve[-1], strict=True))
    assert last["ratio"] is not None
    assert last["rounded_ratio"] <= last["ratio"] <= 1.0 + 1e-9
    assert last["ratio"] * np.mean(optima) == pytest.approx(steps[-1]["executed"], rel=0.02)
    assert "ratio" in _standing(steps[-1])
    assert "(K = 1:" in _standing(policy.end)


def test_nobody_proves_anything_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CERTIFYING", 0.0)
    policy = qmectk.train(qmectk.load("p1", devices=3, training_frames=60, frames=1), "droo")
    assert all(row[-2:] == [None, None] for row in policy.curve)
    assert read(COLUMNS, written(COLUMNS, policy.curve)) == policy.curve
    assert set(policy.end) == set(COLUMNS) - {"ratio", "rounded_ratio"}


def test_ratios_of_costs_and_of_mixed_signs() -> None:
    assert ratio(np.array([1.0, 2.0]), np.array([2.0, 2.0])) == 0.75
    assert ratio(np.array([-4.0]), np.array([-2.0])) == 0.5
    assert ratio(np.array([-1.0]), np.array([2.0])) is None
    assert ratio(np.array([0.0]), np.array([2.0])) is None


def test_training_stops_where_the_loss_no_longer_falls() -> None:
    problem = qmectk.load("p1", **{**P1, "training_frames": 1000})
    options = {"patience": 200, "improvement": 0.9}
    stopped = qmectk.train(problem, "droo", options=options)
    training = stopped.facts["training"]
    frames = training["training_frames"]
    assert 200 <= frames < 1000
    assert training["stopped"].startswith("the loss has not fallen by 0.9 of it since frame ")
    assert not stopped.facts["unfinished"]
    patient = qmectk.train(problem, "droo", options={**options, "patience": 2000})
    assert patient.facts["training"]["training_frames"] == 1000
    assert list(stopped.curve) == list(patient.curve)[: len(stopped.curve)]
    again = qmectk.train(problem, "droo", options=options)
    assert again.facts["training"]["cached"] is True


def test_seeds_give_the_same_here_and_in_a_process_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text("problem: p1\ndevices: 3\ntraining_frames: 60\nframes: 2\n")
    assert main(["train", "p.yaml", "-b", "droo", "--seeds", "2..3", "--json", "--out", "turn.policy"]) == 0
    rows = json.loads(capsys.readouterr().out)["policies"]
    assert [row["policy"] for row in rows] == ["turn-2.policy", "turn-3.policy"]
    assert rows[0]["end"]["frame"] == 60
    assert Path("turn-3.policy/curve.png").read_bytes().startswith(b"\x89PNG")
    asked = {"problem": "p.yaml", "backend": "droo", "frames": None, "tensorboard": None, "mlflow": None}
    run = {**asked, "options": {"retrain": True}, "time_limit": None, "seed": 3, "out": Path("side.policy")}
    (row,) = _beside([run], 1)
    assert row["training"]["cached"] is False
    weights = [Path(f"{name}.policy/weights.safetensors").read_bytes() for name in ("turn-2", "turn-3", "side")]
    assert weights[0] != weights[1]
    assert weights[1] == weights[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "4..1"], "'4..1' is neither a range like 0..4 nor a number of seeds"),
        (["--seeds", "many"], "'many' is neither a range"),
        (["--device", "cuda"], "there is no CUDA device that torch"),
        (["--patience", "5", "-o", "patience=6"], "'--patience' and '-o patience=...' say the same"),
        (["--improvement", "2"], "option 'improvement' must be at least 0 and below 1"),
        (["--resume", "--retrain"], "'retrain' starts anew and 'resume' goes on"),
        (["--resume", "--seed", "9"], "there is no training to go on from"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main(["train", "p1", "-b", "droo", "--out", str(tmp_path / "x"), *arguments]) in (2, 4)
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "x").exists()


def test_a_card_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert place("cuda").type == "cuda"
    assert place("cpu").type == "cpu"


def test_an_observer_that_fails_is_to_blame() -> None:
    with pytest.raises(QmectkError, match="the observer of the training crashed: ZeroDivisionError"):
        qmectk.train(qmectk.load("p1", **P1), "droo", observe=lambda step: 1 / 0)  # type: ignore[func-returns-value]


def test_tensorboard_gets_every_step(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    steps: list[dict[str, Any]] = []
    with observers.TensorBoard(tmp_path / "runs") as board:

        def observe(step: Any) -> None:
            steps.append(dict(step))
            board(step)

        qmectk.train(qmectk.load("p1", devices=3, training_frames=60, frames=1), "droo", observe=observe)
    events = EventAccumulator(str(tmp_path / "runs")).Reload()
    losses = events.Scalars("training/loss")
    assert [event.step for event in losses] == [step["frame"] for step in steps]
    np.testing.assert_allclose([event.value for event in losses], [step["loss"] for step in steps], rtol=1e-6)
    assert "training/frame" not in events.Tags()["scalars"]


class Server:
    """What the writer uses of mlflow."""

    def __init__(self) -> None:
        self.metrics: list[Any] = []
        self.calls: list[str] = []
        self.entities = self

    def MlflowClient(self, tracking_uri: str | None) -> Server:
        return self

    def Metric(self, key: str, value: float, timestamp: int, step: int) -> tuple[str, float, int]:
        return key, value, step

    def get_experiment_by_name(self, name: str) -> None:
        return None

    def create_experiment(self, name: str) -> str:
        self.calls.append(f"experiment {name}")
        return "7"

    def create_run(self, number: str, run_name: str | None) -> Any:
        self.calls.append(f"run {run_name} of {number}")
        return type("Run", (), {"info": type("Info", (), {"run_id": "r1"})})

    def log_batch(self, run: str, metrics: list[Any]) -> None:
        assert run == "r1"
        assert 0 < len(metrics) < 1000
        self.metrics += metrics

    def set_terminated(self, run: str) -> None:
        self.calls.append(f"end of {run}")


def test_mlflow_gets_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    monkeypatch.setitem(sys.modules, "mlflow", server)  # type: ignore[arg-type]
    monkeypatch.setattr(observers, "installed", lambda name: True)
    with observers.MLflow("p1", "first") as board:
        for frame in range(10, 2001, 10):
            board({"step": frame // 10, "frame": frame, "frames": 2000, "loss": 0.5, "candidates": 3, "ratio": None})
    assert server.calls == ["experiment p1", "run first of 7", "end of r1"]
    assert [m for m in server.metrics if m[0] == "loss"] == [("loss", 0.5, frame) for frame in range(10, 2001, 10)]
    assert {m[0] for m in server.metrics} == {"loss", "candidates"}


def test_a_writer_that_is_not_installed_says_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observers, "installed", lambda name: False)
    with pytest.raises(MissingPackage, match=r"pip install 'qmectk\[mlflow\]'"):
        observers.MLflow("p1")
    with pytest.raises(MissingPackage, match=r"pip install 'qmectk\[tensorboard\]'"):
        observers.TensorBoard("runs")
