"""A backend that crashes, hangs, hoards, prints or kills itself is a row with its reason, and harms no other run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product

from qmectk.comparing import BackendEntry, Study
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.seeds import Stream, generator

HOWS = {
    "raise": ("failed", "RuntimeError: the kettle is on fire"),
    "exit": ("failed", "SystemExit: 7"),
    "die": ("crashed", "exit code 9"),
    "exit 0": ("crashed", "it ended its process with exit code 0"),
    "abort": ("crashed", "killed by SIGABRT"),
    "stop": ("timeout", "did not stop"),
    "no alarm": ("timeout", "did not stop"),
    "close all": ("crashed", "it closed the pipe that its answer goes through"),
    "twice": ("ok", ""),
    "gone": ("crashed", "exit code 4"),
    "interrupt": ("failed", "KeyboardInterrupt: nobody pressed it"),
    "cancelled": ("failed", "CancelledError: the loop was stopped"),
    "incumbent": ("failed", "budget.incumbent takes a number as its objective, not 'x'"),
    "bound": ("failed", "budget.incumbent takes a number as its bound, not 'y'"),
    "segv": ("crashed", "SIGSEGV"),
    "hang": ("timeout", "did not stop"),
    "tell and hang": ("ok", "this is the last point it reported"),
    "memory": ("memory", "out of memory"),
    "bad_alloc": ("memory", "std::bad_alloc"),
    "print": ("ok", ""),
    "print and die": ("crashed", "it printed: last words"),
    "nonsense": ("failed", "returned int, not a Reply"),
    "threads": ("ok", ""),
}


def test_every_misbehaviour_is_a_row_with_its_reason(small, bad, capfd):
    bad.Bad.name = "bad"
    study = [BackendEntry(backend="bad", options={"how": how}, preset=how) for how in HOWS]
    from qmectk.comparing.studies.planning import plan
    from qmectk.comparing.studies.study import make_study

    made = make_study(
        backends=[*study, "polite"],
        instances=1,
        time_limit=1.0,
        grace=1.0,
        setup_limit=60.0,
        memory_limit="300 MB",
        jobs=2,
        warm_up=False,
    )
    frame = _run(made, plan(made, [small], {"bad": bad.Bad, "polite": bad.Polite}))
    assert (frame.loc[frame["backend"] == "polite", "status"] == "ok").all()
    for row in frame[frame["backend"] == "bad"].itertuples():
        status, reason = HOWS[row.preset]
        assert (row.status, reason in row.reason) == (status, True), (row.preset, row.status, row.reason)
        assert row.reference_bound > 0
        assert row.sense == 1
    reported = frame[frame["preset"] == "tell and hang"].iloc[0]
    assert (reported["termination"], reported["quality"]) == ("budget", "feasible")
    printed = json.loads(frame.loc[frame["preset"] == "print", "info"].iloc[0])["output"]
    assert "a banner from python" in printed
    assert "a banner from C" in printed
    assert "and a complaint" in printed
    worker = json.loads(frame.loc[frame["preset"] == "threads", "info"].iloc[0])
    assert worker["most"] == 1
    assert worker["loaded"] == []  # what only statistics and learners need would cost every study seconds
    assert "banner" not in "".join(capfd.readouterr())


def _run(study: Study, planned):
    """What ``compare`` does after planning, with backends that are not registered."""
    import contextlib

    from qmectk.comparing.api import _compare
    from qmectk.comparing.studies.rerun import Rerun

    with contextlib.ExitStack() as stack:
        return _compare(study, planned, None, Rerun(), None, None, None, stack).frame


#: Seconds after which a test gives up; on an idle machine everything takes a tenth of it.
PATIENCE = 240.0

STUDY = """\
study: chance
problems: [many.yaml]
backends: [chance, polite]
instances: 16
seeds: 2
time_limit: 1
grace: 1
warm_up: false
references: false
jobs: 2
store: {store}
"""


def test_killed_three_times_and_still_complete(tmp_path, environment):
    """32 runs of a backend that dies in 10 % and hangs in 5 % of them, and 32 healthy ones."""
    undisturbed = _study(tmp_path / "calm.yaml", tmp_path / "calm.db")
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", undisturbed, "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=tmp_path) as calm:
        try:
            _kill_and_resume(
                tmp_path, [*command[:4], _study(tmp_path / "wild.yaml", tmp_path / "wild.db")], environment
            )
            assert calm.wait(timeout=PATIENCE) == 0
        finally:
            calm.kill()
    with Store(tmp_path / "calm.db") as one, Store(tmp_path / "wild.db") as other:
        expected, found = frame_of(one), frame_of(other)
    assert len(expected) == len(found) == 64
    assert found["run_id"].is_unique
    same = ["frame", "seed", "backend", "status", "quality", "objective", "violation", "termination"]
    left, right = (frame.set_index("run_id").sort_index()[same] for frame in (expected, found))
    assert left.equals(right)
    luck = {place: generator(Stream.BACKEND, place[0], place[1]).random() for place in product(range(2), range(16))}
    runs = found[found["backend"] == "chance"].set_index(["seed", "frame"])["status"].to_dict()
    assert runs == {
        place: "crashed" if one < 0.10 else "timeout" if one < 0.15 else "ok" for place, one in luck.items()
    }
    assert set(runs.values()) == {"crashed", "timeout", "ok"}
    assert (found.loc[found["backend"] == "polite", "status"] == "ok").all()


def _kill_and_resume(tmp_path, command, environment):
    """Run the study to its end, killed three times on the way."""
    for part in (6, 24, 42):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=tmp_path) as process:
            limit = time.monotonic() + PATIENCE
            while _stored(tmp_path / "wild.db") < part and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.03)
            assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        assert part <= _stored(tmp_path / "wild.db") < 64
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no word of what killed workers left behind


TOY = "problem: toy\nframes: 500\n"


def _study(path, store):
    path.with_name("many.yaml").write_text(TOY)
    path.write_text(STUDY.format(store=store))
    return path


def _stored(path) -> int:
    import sqlite3

    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def test_a_script_without_a_guard_is_not_run_again(tmp_path, environment):
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np, qmectk\nprint('once')\n\n\n"
        "class Mine(qmectk.Backend):\n    name, accepts = 'mine', (qmectk.Binary,)\n\n"
        "    def solve(self, view, budget, rng):\n"
        "        return qmectk.Reply(np.zeros(view.n, np.int8), qmectk.Termination.CONVERGED)\n\n\n"
        "print(qmectk.compare('p1', [Mine], instances=2, references=False).frame['status'].tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=240, cwd=tmp_path
    )
    assert done.stdout.splitlines() == ["once", "['ok', 'ok']"], done.stderr


def test_workers_end_with_their_parent(tmp_path, environment):
    import psutil

    script = "import qmectk, comparing_backends as b\ntoy = b.Toy(b.Toy.Params(problem='toy', frames=500))\n"
    script += "qmectk.compare(toy, [b.Slow, b.Polite], jobs=2, references=False)\n"
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=tmp_path)
    workers: list[psutil.Process] = []
    limit = time.monotonic() + PATIENCE
    paused = False  # a worker that waits for its next run while the other backend has its turn
    while not paused and time.monotonic() < limit:
        time.sleep(0.05)
        workers = psutil.Process(process.pid).children(recursive=True)
        paused = len(workers) >= 4 and any(_status(one) == psutil.STATUS_STOPPED for one in workers)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert paused
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert all(_status(one) == psutil.STATUS_ZOMBIE for one in alive)


def _status(process) -> str:
    """What it is doing; some containers collect what ended without a parent late, or never."""
    import psutil

    try:
        return process.status()
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE


def test_a_run_sets_nothing_up_for_the_next(small, bad):
    """Streams closed or replaced, a group signalled, text that is none, points that are none: one row each."""
    hows = ["surrogate", "no stdout", "closed", "kill the group", "short point", "short event", "text point"]
    study = [BackendEntry(backend="bad", options={"how": how}, preset=how) for how in hows]
    from qmectk.comparing.studies.planning import plan
    from qmectk.comparing.studies.study import make_study

    for how, entry in zip(hows, study, strict=True):
        made = make_study(
            backends=[entry, BackendEntry(backend="bad", options={"how": "print"}, preset="print")],
            instances=2,
            time_limit=5.0,
            warm_up=False,
            references=False,
        )
        frame = _run(made, plan(made, [small], {"bad": bad.Bad}))
        healthy = frame[frame["preset"] == "print"]
        assert (healthy["status"] == "ok").all(), (how, healthy["reason"].tolist())
        assert healthy["info"].str.contains("a banner from C").all(), how
        status = set(frame.loc[frame["preset"] == how, "status"])
        reason = frame.loc[frame["preset"] == how, "reason"].iloc[0]
        expected = {"surrogate": "failed", "kill the group": "crashed", "short point": "failed", "text point": "failed"}
        assert status == {expected.get(how, "ok")}, (how, status, reason)
        if how in ("short point", "text point"):
            assert "an action has shape (4,)" in reason


def test_the_memory_limit_holds_in_the_warm_up(small, bad):
    from qmectk.comparing.studies.planning import plan
    from qmectk.comparing.studies.study import make_study

    chosen = [BackendEntry(backend="bad", options={"how": "memory"})]
    made = make_study(backends=chosen, instances=1, time_limit=5.0, memory_limit="300 MB", references=False)
    frame = _run(made, plan(made, [small], {"bad": bad.Bad}))
    assert frame["status"].tolist() == ["memory"]


def test_a_terminated_study_says_what_is_stored(tmp_path, environment):
    (tmp_path / "many.yaml").write_text(TOY)
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", "many.yaml", "--backend", "slow"]
    command += ["--store", "runs.db", "--no-reference"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    while _stored(tmp_path / "runs.db") < 3 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    stored = _stored(tmp_path / "runs.db")
    assert said == f"Interrupted: {stored} of 500 runs are stored in runs.db; the same command goes on from there\n"
