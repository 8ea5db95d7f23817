"""What does not fit into the memory is refused with its bytes before anything is made."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from typing import Any

import pytest

import qmectk
from qmectk import memory
from qmectk.errors import InputError
from qmectk.memory import available, check_memory
from qmectk.simulating import simulate

LARGE: list[tuple[str, dict[str, Any]]] = [
    ("p1", {"devices": 1_000_000, "frames": 10_000}),
    ("p1", {"frames": 10_000_000, "training_frames": 10_000_000}),
    ("p1", {"devices": 1_000_000, "training_frames": 10_000_000, "channel": {"model": "correlated"}}),
    ("drift", {"devices": 100_000, "servers": 10_000}),
    ("meqc", {"users": 100_000, "servers": 10_000}),
    ("meqc-ye", {"devices": 100_000, "frames": 10_000}),
    ("attention", {"blocks": {"n": 1_000_000, "d": 1}, "frames": 10_000}),
]


@pytest.fixture
def eight_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 8e9)


@pytest.mark.usefixtures("eight_gigabytes")
@pytest.mark.parametrize(("name", "keys"), LARGE)
def test_sizes_that_the_schema_allows_are_refused_with_their_bytes(name: str, keys: dict[str, Any]) -> None:
    problem = qmectk.load(name, **keys)
    start = time.process_time()
    with pytest.raises(InputError, match=r"frames? needs [\d.e+]+ [GT]B of memory and 8 GB are available"):
        problem.instances()
    with pytest.raises(InputError, match="needs"):
        qmectk.solve(problem, "greedy")
    assert time.process_time() - start < 5.0


@pytest.mark.usefixtures("eight_gigabytes")
def test_a_slot_of_a_simulation_is_refused_too() -> None:
    with pytest.raises(InputError, match=r"a slot of .* needs 64 GB of memory and 8 GB are available"):
        simulate(qmectk.load("drift", devices=100_000, servers=10_000), "greedy", slots=3)


SMALL: list[tuple[str, dict[str, Any]]] = [
    ("p1", {"devices": 2000, "frames": 100}),
    ("p1", {"devices": 2000, "frames": 50, "training_frames": 50}),
    ("p1", {"devices": 2000, "frames": 50, "training_frames": 0, "channel": {"model": "correlated"}}),
    ("drift", {"devices": 400, "servers": 40, "frames": 1}),
    ("drift", {"devices": 400, "servers": 40, "frames": 10}),
    ("meqc", {"users": 400, "servers": 40, "frames": 1}),
    ("meqc", {"users": 400, "servers": 40, "frames": 10}),
    ("meqc-ye", {"devices": 2000, "frames": 20}),
    ("attention", {"blocks": {"n": 20_000, "d": 1}, "frames": 4}),
    ("attention", {"blocks": {"n": 10_000, "d": 32}, "frames": 1}),
]


@pytest.mark.parametrize(("name", "keys"), SMALL)
def test_the_bytes_are_those_that_are_taken(name: str, keys: dict[str, Any]) -> None:
    problem = qmectk.load(name, **{"training_frames": 0, **keys})
    start = problem.params.training_frames
    stop = start + problem.params.frames
    tracemalloc.start()
    try:
        made = problem.stream(start, stop)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(made) == stop - start
    assert 0.5 * peak < problem.memory(start, stop) < 1.7 * peak


def test_the_limit_of_the_process_counts() -> None:
    """A limit of 3 GB, as ``ulimit -v`` sets it."""
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 * 10**9,) * 2)\n"
        "from qmectk.memory import available, check_memory\n"
        "assert 0 < available() < 3e9, available()\n"
        "from qmectk.errors import InputError\n"
        "try:\n    check_memory(3e9, 'it')\n"
        "except InputError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("it needs 3 GB of memory and ")


def test_groups_of_processes_have_limits(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    before = available()
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("900000000\n")
    assert available() == pytest.approx(before, rel=0.5)
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert available() <= 1e8
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 400000000\n")
    assert available() <= 5e8
    (tmp_path / "memory.current").write_text("2000000000\n")
    assert available() == 0.0


def test_small_things_are_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1 / 0)
    check_memory(1e7, "it")
    qmectk.load("p1", devices=3, frames=3).instances()
