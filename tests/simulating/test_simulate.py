"""The simulation loop: one path for all, measured, certified, interruptible."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Instance, Reply, Termination
from qmectk.errors import Infeasible, InputError, MissingPackage
from qmectk.problem import Problem, ProblemParams
from qmectk.process import Process
from qmectk.simulating import Interrupted, plots, simulate, sweep, write_trace
from qmectk.simulating.checkpoint import flatten, load, rebuild, save
from qmectk.spec import parse
from qmectk.views.capacity import Capacity
from qmectk_cli.main import main

SMALL = "{problem: drift, devices: 4, servers: 2, server_cpu: 8 GHz, weights: {throughput: 0, power: 1}, target: 0.9}"


@pytest.fixture
def small():
    return parse(SMALL)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def same(one, other):
    """Equal but for the clock."""
    assert list(one.records) == list(other.records)
    for name in one.records:
        if name != "seconds":
            assert np.array_equal(one.records[name], other.records[name], equal_nan=True), name


def test_all_backends_see_the_same_arrivals(small):
    runs = [simulate(small, backend, slots=60) for backend in ("exact", "best-channel", "random-server", "greedy")]
    for run in runs[1:]:
        assert np.array_equal(run.records["arrived"], runs[0].records["arrived"])
    assert not np.array_equal(runs[0].records["power"], runs[2].records["power"])
    other = simulate(parse(SMALL, seed=1), slots=60)
    assert not np.array_equal(other.records["arrived"], runs[0].records["arrived"])


def test_the_path_does_not_depend_on_decisions(small):
    process = small.process()
    first = process.reset(np.random.default_rng([0, 0]))
    rng = [np.random.default_rng([0, 1, 0]) for _ in range(2)]
    busy, _ = process.advance(first, {"y": np.ones(8)}, rng[0])
    idle, _ = process.advance(first, {"y": np.zeros(8)}, rng[1])
    assert np.array_equal(busy.gain, idle.gain)


def test_repeatable_and_seeded(small):
    same(simulate(small, "random-server", slots=40), simulate(small, "random-server", slots=40))
    other = simulate(small, "random-server", slots=40, seed=5)
    assert not np.array_equal(other.records["power"], simulate(small, "random-server", slots=40).records["power"])


def test_every_slot_is_measured_and_certified(small):
    exact = simulate(small, slots=50)
    assert exact.via == "capacity"
    assert exact.gap()[0] == pytest.approx(0.0, abs=1e-9)
    greedy = simulate(small, "capacity-greedy", slots=50)
    assert greedy.records["bound"].shape == (50,)
    assert greedy.gap()[0] > 0
    assert np.all(greedy.records["objective"] <= greedy.records["bound"] + 1e-6)
    assert np.all(greedy.records["violation"] < 1e-9)
    alone = simulate(small, "capacity-greedy", slots=50, reference=False)
    assert alone.gap() == (None, None)
    json.dumps(alone.as_dict(), allow_nan=False)


def test_sweep_replaces_v_and_keeps_the_path(small):
    runs = sweep(small, "exact", values=[1, 1000], slots=50)
    assert [run.settings for run in runs] == [{"V": 1}, {"V": 1000}]
    assert np.array_equal(runs[0].records["arrived"], runs[1].records["arrived"])
    assert runs[0].means()["backlog"] < runs[1].means()["backlog"]


class Stopper(Backend):
    """Interrupts itself once, as Ctrl-C would."""

    name, accepts = "stopper", (Capacity,)
    left = 0

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        type(self).left -= 1
        if type(self).left == 0:
            raise KeyboardInterrupt
        y = np.zeros(view.shape)
        y[:, rng.integers(view.shape[1])] = 0.3
        return Reply(y, Termination.CONVERGED)


def test_resumed_is_as_undisturbed(small, tmp_path):
    file = tmp_path / "state.npz"
    Stopper.left = -1
    undisturbed = simulate(small, Stopper, slots=600, reference=False)
    Stopper.left = 300  # in the second batch
    with pytest.raises(Interrupted) as stop:
        simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file)
    assert stop.value.simulation.done == 299
    assert not stop.value.simulation.complete
    resumed = simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file, resume=True)
    same(undisturbed, resumed)
    same(undisturbed, simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file, resume=True))


def test_resumed_with_the_exact_solver_is_as_undisturbed(small, tmp_path):
    file = tmp_path / "state.npz"
    whole = simulate(small, slots=80)
    part = simulate(small, slots=30, checkpoint_file=file)
    assert part.complete
    same(whole, simulate(small, slots=80, checkpoint_file=file, resume=True))


def test_time_limit_leaves_a_run_to_resume(small, cache):
    part = simulate(small, slots=100_000, time_limit=0.5)
    assert 0 < part.done < 100_000
    assert not part.complete
    kept = list((cache / "simulations").glob("*.npz"))
    assert len(kept) == 1
    more = simulate(small, slots=part.done + 20, resume=True)
    assert more.complete
    same(simulate(small, slots=part.done + 20), more)
    assert not list((cache / "simulations").glob("*.npz"))  # complete: nothing is left behind


def test_a_checkpoint_of_another_run_is_refused(small, tmp_path):
    file = tmp_path / "state.npz"
    simulate(small, slots=5, checkpoint_file=file)
    with pytest.raises(InputError, match="another problem, backend, option or seed"):
        simulate(small, "greedy", slots=9, checkpoint_file=file, resume=True)
    file.write_bytes(b"not an archive")
    with pytest.raises(InputError, match="no checkpoint"):
        simulate(small, slots=9, checkpoint_file=file, resume=True)


@dataclass(frozen=True)
class Inner:
    z: float
    names: tuple[int, ...]


@dataclass(frozen=True)
class Outer:
    count: int
    flag: bool
    array: np.ndarray
    inner: Inner
    table: dict
    nothing: None = None


def test_states_survive_without_pickle(tmp_path):
    state = Outer(3, True, np.arange(4.0), Inner(0.5, (1, 2)), {"a": np.eye(2), "b": 2})
    save(tmp_path / "s.npz", "f", 0, state, {})
    template = Outer(0, False, np.zeros(4), Inner(0.0, (0, 0)), {"a": np.zeros((2, 2)), "b": 0})
    _, back, _ = load(tmp_path / "s.npz", "f", template)
    assert (back.count, back.flag, back.inner) == (3, True, Inner(0.5, (1, 2)))
    assert isinstance(back.count, int)
    assert np.array_equal(back.array, state.array)
    assert np.array_equal(back.table["a"], np.eye(2))
    with pytest.raises(InputError, match="cannot be kept"):
        list(flatten({"a": object()}))
    assert rebuild(None, {}) is None


class Nothing(Backend):
    """Answers without a point, or with one that is wrong."""

    name, accepts = "nothing", (Capacity,)
    wrong = False

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.full(view.shape, 2.0) if self.wrong else None, Termination.BUDGET)


def test_no_answer_means_doing_nothing(small):
    run = simulate(small, Nothing, slots=10)
    assert run.records["replaced"].sum() == 10
    assert run.means()["power"] == 0.0
    assert run.queues()["backlog"]["end"] == pytest.approx(5.0, rel=0.3)


def test_an_infeasible_point_is_a_fault(small, monkeypatch):
    monkeypatch.setattr(Nothing, "wrong", True)
    run = simulate(small, Nothing, slots=10)
    assert any("10 slots had a point that violates a constraint" in fault for fault in run.faults)
    assert run.as_dict()["infeasible_slots"] == 10


class Forced(Instance):
    """One bit that must be set."""

    label = "forced"

    def declare(self, m):
        x = m.var("x", 1, kind="binary")
        m.minimize(m.sum(x))
        m.ge(m.sum(x), 1, "set")


class ForcedProcess(Process):
    def reset(self, rng):
        return 0

    def instance(self, state):
        return Forced()

    def advance(self, state, values, rng):
        return state + 1, {"bits": float(np.sum(values["x"]))}


class ForcedProblem(Problem):
    name, Params = "forced", ProblemParams

    def stream(self, start, stop):
        return [Forced() for _ in range(start, stop)]

    def process(self):
        return ForcedProcess()


class Zero(Backend):
    """All zeros."""

    name, accepts = "zero", (Instance,)

    def solve(self, view, budget, rng):
        return Reply(None, Termination.CONVERGED, message="no idea")


def test_any_process_is_simulated_and_infeasibility_is_said():
    problem = ForcedProblem(ProblemParams(problem="forced"))
    pytest.importorskip("highspy")
    run = simulate(problem, "highs", slots=3)
    assert run.means() == {"bits": 1.0}
    assert run.sense == -1
    assert run.gap()[0] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(Infeasible, match=r"slot 0 has no feasible answer.*no idea"):
        simulate(problem, Zero, slots=3, reference=False)


def test_mistakes_are_named(small):
    with pytest.raises(InputError, match="no memory"):
        simulate("p1", "cd")
    with pytest.raises(InputError, match="slots must be"):
        simulate(small, slots=0)
    with pytest.raises(InputError, match="has no 'W'"):
        simulate(small, settings={"W": 1})
    with pytest.raises(InputError, match="cannot have this V"):
        simulate(small, settings={"V": -1})
    with pytest.raises(InputError, match="no option 'speed'"):
        simulate(small, "exact", options={"speed": 1}, slots=2)


def test_public_name():
    assert qmectk.simulate is simulate
    assert issubclass(Interrupted, KeyboardInterrupt)
    assert Binary  # the views stay where they were


def test_traces(small, tmp_path, monkeypatch):
    runs = sweep(small, "greedy", values=[1, 10], slots=6)
    write_trace(tmp_path / "t.csv", *runs)
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert [row["slot"] for row in rows[:3]] == ["0", "1", "2"]
    assert float(rows[7]["power"]) == pytest.approx(runs[1].records["power"][1])
    assert {row["preset"] for row in rows} == {"calibrated"}
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    write_trace(tmp_path / "t.parquet", *runs)
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == 12
    assert json.loads(table.schema.metadata[b"qmectk"])[0]["backend"] == "greedy"
    monkeypatch.setattr("qmectk.simulating.trace.installed", lambda name: False)
    with pytest.raises(MissingPackage, match="pyarrow"):
        write_trace(tmp_path / "u.parquet", *runs)


def test_figures(small, tmp_path):
    pytest.importorskip("matplotlib")
    runs = sweep(small, "exact", values=[0, 10], slots=20)
    for k, draw in enumerate((lambda f: plots.plot_runs(f, runs), lambda f: plots.plot_sweep(f, runs, "V"))):
        figure = plots.new_figure()
        draw(figure)
        plots.save_figure(figure, tmp_path / f"{k}.png")
        assert (tmp_path / f"{k}.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InputError, match="format"):
        plots.save_figure(figure, tmp_path / "x.txt")


# ---- the command line ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def cli(capfd):
    """Run a command in this process."""

    def call(*arguments):
        capfd.readouterr()
        return Outcome(main([str(argument) for argument in arguments]), *capfd.readouterr())

    return call


def started(*arguments):
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "qmectk_cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_command_prints_json_and_writes_files(cli, file, tmp_path):
    done = cli("simulate", file, "--slots", 30, "--json", "--trace", tmp_path / "t.csv", "--set", "arrivals=4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["done"] == 30
    assert found["preset"] == "calibrated"
    assert found["settings"] == {"arrivals": 4}
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 31


def test_command_prints_a_sweep_with_bound(cli, file):
    done = cli("simulate", file, "--slots", 40, "--V", "1,100", "--bound")
    assert done.returncode == 0, done.stderr
    for word in ("V = 1", "V = 100", "gap x V", "backlog / V", "power"):
        assert word in done.stdout


def test_command_says_what_is_wrong(cli, file):
    for arguments, words in (
        (("--V", "a"), "not a list of numbers"),
        (("--trace", "t.txt"), "cannot tell a format"),
        (("--backend", "exactt"), "did you mean 'exact'"),
        (("--set", "V"), "key=value"),
    ):
        done = cli("simulate", file, *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs POSIX signals")
def test_command_can_be_interrupted_and_resumed(file, tmp_path):
    state = tmp_path / "state.npz"
    arguments = ["simulate", file, "--checkpoint", state, "--json", "--slots"]
    process = started(*arguments, 4_000_000)
    for _ in range(600):  # the first checkpoint means that it is in the middle of its work
        if state.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "--resume" in err
    done = json.loads(out)["done"]
    assert done > 0
    process = started(*arguments, done + 10, "--resume")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["done"] == done + 10


def test_show_prints_and_draws(cli, file, tmp_path):
    pytest.importorskip("matplotlib")
    done = cli("show", file, "--out", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert "server capacity" in done.stdout
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    found = json.loads(cli("show", "p1", "--json").stdout)
    assert found["tables"][0]["headers"][:2] == ["#", "passive"]
    assert cli("show", file, "--frame", 7).returncode == 2
