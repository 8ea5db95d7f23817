"""While a backend trains, another process compiles what certifies its answers: once, and to nobody's harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qmectk
from qmectk import Backend
from qmectk.compiling import early
from qmectk.compiling.early import compiling
from qmectk.plugins import registry


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is marked what is compiled; what the other process compiles stays where it is."""
    monkeypatch.setattr(early, "_folder", lambda: tmp_path / "marks")
    return tmp_path / "marks"


@pytest.fixture
def exact() -> Any:
    return registry().reference


def test_it_is_done_once_for_single_frames_and_once_for_batches(folder: Path, exact: Any) -> None:
    frames = qmectk.load("p1", devices=3, frames=5).instances()
    both = compiling(frames[:1], exact), compiling(frames, exact)
    assert all(both)
    for one in both:
        assert one is not None
        one.wait()
        assert one.other.returncode == 0
    assert len(list(folder.iterdir())) == 2
    assert compiling(frames[:1], exact) is compiling(frames[:3], exact) is None
    other = compiling(qmectk.load("meqc", frames=1).instances(), exact)
    assert other is not None, "another family is other code"
    other.wait()


class Unknown(Backend):
    """No other process knows it by its name."""

    name = "of this test alone"


def test_another_process_that_fails_harms_nothing(folder: Path) -> None:
    frames = qmectk.load("p1", devices=3, frames=1).instances()
    begun = compiling(frames, Unknown)
    assert begun is not None
    begun.wait()
    assert begun.other.returncode != 0
    assert compiling(frames, Unknown) is None, "it would fail again"


def test_what_no_other_process_can_be_told_is_compiled_here(folder: Path, exact: Any) -> None:
    problem = qmectk.load("p1", devices=3, frames=1)
    instances = problem.instances()
    problem.tool = lambda: 0  # type: ignore[attr-defined]
    assert compiling(instances, exact) is None


@pytest.mark.parametrize(
    ("backend", "more", "asked"),
    [
        ("droo", {}, 1),
        ("droo", {"reference": False}, 0),
        ("droo", {"time_limit": 20.0}, 0),
        ("greedy", {}, 0),
    ],
)
def test_it_is_done_beside_training(
    backend: str, more: dict[str, Any], asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path))
    called: list[int] = []
    monkeypatch.setattr("qmectk.attempts.rounds.compiling", lambda instances, certifier: called.append(len(instances)))
    problem = qmectk.load("p1", devices=3, frames=2, training_frames=20)
    qmectk.solve(problem, backend, **more)
    assert called == [2] * asked
    if asked:
        qmectk.solve(problem, backend, **more)
        assert called == [2], "references that are kept need no code"
