"""What a run leaves behind in its process is met by no other contender, and by no later run of its own."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

import pytest

import qmectk
from qmectk.comparing.running.scratch import LOCK, PREFIX, Scratch

LITTER = """
import builtins, json, os, resource, signal, subprocess, sys, threading, time, warnings
from dataclasses import dataclass

import numpy as np

from qmectk import Backend, Binary, Reply, Termination
from qmectk.options import option

KEPT = []


def work():
    while True:
        sum(range(1000))


class Litterer(Backend):
    name, accepts = "litterer", (Binary,)

    @dataclass(frozen=True)
    class Options:
        what: str = option("", "what")

    def solve(self, view, budget, rng):
        what = self.options.what.split()
        if "folder" in what:
            os.chdir("/")
        if "errors" in what:
            np.seterr(all="raise")
        if "variable" in what:
            os.environ["OMP_NUM_THREADS"] = "7"
        if "trace" in what:
            sys.setprofile(lambda *_: None)
        if "generator" in what:
            rng = np.random.default_rng(0)
            np.random.default_rng = lambda *_: rng
        if "limit" in what:
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        if "handler" in what:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if "thread" in what:
            threading.Thread(target=work, daemon=True).start()
        if "process" in what:
            # of a session of its own, by a parent that is gone
            code = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(1000)"
            KEPT.append(subprocess.Popen([sys.executable, "-c", code]))
            time.sleep(0.3)
        if "memory" in what:
            KEPT.append(np.ones(40_000_000))
        if "filter" in what:
            warnings.simplefilter("error")
        if "patch" in what:
            np.argmax = None
            builtins.sorted = None
            sys.modules["json"] = None
        if "recursion" in what:
            sys.setrecursionlimit(60)
        if "streams" in what:
            sys.stdout.close()
            os.close(2)
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Probe(Backend):
    name, accepts = "probe", (Binary,)

    def solve(self, view, budget, rng):
        before = time.process_time() - time.thread_time()
        time.sleep(0.2)  # clocks of some systems go on in steps of 10 ms, and a busy machine lets a thread wait
        worked = time.process_time() - time.thread_time() - before
        warnings.warn("a deprecation somewhere below")
        np.argmax([1, 2])
        sorted([2, 1])
        json.loads("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]")
        print("a word", flush=True)
        pages = int(open("/proc/self/statm").read().split()[1])
        found = {
            "folder": os.getcwd() == "/",
            "errors": np.geterr()["divide"],
            "variable": os.environ["OMP_NUM_THREADS"],
            "trace": sys.getprofile() is not None,
            "generator": np.random.default_rng is not np.random._generator.default_rng,
            "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 40,
            "handler": signal.getsignal(signal.SIGTERM) == signal.SIG_IGN,
            "thread": worked > 0.025,
            "process": len(open(f"/proc/self/task/{os.getpid()}/children").read().split()),
            "memory": pages * resource.getpagesize() // 1_000_000_000,
        }
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, info={"found": json.dumps(found)})


class Hoarder(Probe):
    name = "hoarder"

    def solve(self, view, budget, rng):
        found = super().solve(view, budget, rng)
        if budget.limit > 1:  # not in the unmeasured first solve
            KEPT.append(np.ones(70_000_000))
        return found


class Both(Probe):
    name = "both"

    def solve(self, view, budget, rng):
        found = super().solve(view, budget, rng)
        Litterer(Litterer.Options("folder")).solve(view, budget, rng)
        Litterer(Litterer.Options("process")).solve(view, budget, rng)
        return found
"""

#: What the litterer leaves, the worst last.
KINDS = "folder errors variable trace generator handler thread process filter recursion limit streams patch"


@pytest.fixture
def litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module of backends that nobody registered."""
    (tmp_path / "litter_backends.py").write_text(LITTER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("litter_backends")
    sys.modules.pop("litter_backends", None)


def test_no_run_meets_what_another_left(litter, small):
    qmectk.solve(small, "local-only", frame=0, reference=False)  # nothing is left to compile where Python is spoiled
    litterer = {"backend": litter.Litterer, "options": {"what": KINDS}}
    frame = qmectk.compare(
        small, [litterer, litter.Probe], instances=2, time_limit=20, references=False, warm_up=False
    ).frame
    assert (frame.loc[frame["backend"] == "litterer", "status"] == "ok").all(), frame["reason"].tolist()
    probes = frame[frame["backend"] == "probe"].sort_values("frame")
    assert (probes["status"] == "ok").all(), probes["reason"].tolist()
    first, second = (json.loads(json.loads(info)["found"]) for info in probes["info"])
    assert first == second  # nothing was left there before the first one: the litterers come before it
    assert (first["folder"], first["thread"], first["process"], first["generator"]) == (False, False, 0, False)
    assert (first["limit"], first["trace"], first["handler"], first["variable"]) == (False, False, False, "1")
    assert first["errors"] == "warn"


def test_a_run_does_not_meet_what_an_earlier_one_of_its_own_has_left(litter, small):
    for kind in ("folder", "process"):
        frame = qmectk.compare(small, [litter.Both], instances=2, time_limit=20, references=False, warm_up=False).frame
        assert (frame["status"] == "ok").all(), frame["reason"].tolist()
        found = [json.loads(json.loads(info)["found"]) for info in frame["info"]]
        assert not any(seen[kind] for seen in found), kind


def test_what_leaks_does_not_add_up(litter, small):
    frame = qmectk.compare(small, [litter.Hoarder], instances=3, time_limit=20, references=False).frame
    assert (frame["status"] == "ok").all()
    # three runs keep 500 MB each; a worker that has grown so much is replaced
    assert all(json.loads(json.loads(info)["found"])["memory"] == 0 for info in frame["info"])


def test_processes_that_a_run_started_end_with_it(litter, small, tmp_path):
    def sleeping():
        return {p.name for p in Path("/proc").iterdir() if p.name.isdigit() and b"time.sleep(1000)" in _command(p)}

    before = sleeping()
    qmectk.compare(small, [litter.Both], instances=1, time_limit=20, references=False)
    deadline = time.monotonic() + 10
    while sleeping() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not sleeping() - before


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_folders_of_killed_processes_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living = Scratch()
    dead = tmp_path / f"{PREFIX}dead"
    dead.mkdir()
    (dead / LOCK).touch()
    young = tmp_path / f"{PREFIX}young"  # somebody is making it
    young.mkdir()
    other = Scratch()
    assert not dead.exists()
    assert young.exists()
    assert Path(living.name).exists()
    living.cleanup()
    other.cleanup()
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name]


def test_runs_that_were_ended_say_where_and_when_and_what_they_took(small, bad):
    class Hanging(bad.Bad):
        name = "hanging"

        def solve(self, view, budget, rng):
            time.sleep(1000)

    class Dying(bad.Bad):
        name = "dying"

        def solve(self, view, budget, rng):
            os._exit(3)

    frame = qmectk.compare(
        small, [Hanging, Dying], instances=1, time_limit=1, grace=0.5, warm_up=False, references=False
    ).frame.set_index("backend")
    for name in ("hanging", "dying"):
        assert json.loads(frame.loc[name, "machine"])["cores"] >= 1
        assert "qmectk" in json.loads(frame.loc[name, "versions"])
        assert frame.loc[name, "started"].startswith("20")
    # it is ended from inside after the limit and most of the grace, and charged what it took
    assert frame.loc["hanging", "wall_seconds"] > 1.0
