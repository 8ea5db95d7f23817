"""What a run leaves behind in its worker is met by no later run."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

import pytest

import qmectk
from qmectk.comparing.scratch import LOCK, PREFIX, Scratch

LITTER = """
import json, os, resource, signal, subprocess, sys, threading, time
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
        what = self.options.what
        if what == "folder":
            os.chdir("/")
        if what == "errors":
            np.seterr(all="raise")
        if what == "variable":
            os.environ["OMP_NUM_THREADS"] = "7"
        if what == "trace":
            sys.setprofile(lambda *_: None)
        if what == "generator":
            rng = np.random.default_rng(0)
            np.random.default_rng = lambda *_: rng
        if what == "limit":
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        if what == "handler":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if what == "thread":
            threading.Thread(target=work, daemon=True).start()
        if what == "process":
            # of a session of its own, by a parent that is gone
            code = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(1000)"
            KEPT.append(subprocess.Popen([sys.executable, "-c", code]))
            time.sleep(0.3)
        if what == "memory":
            KEPT.append(np.ones(40_000_000))
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Probe(Backend):
    name, accepts = "probe", (Binary,)

    @dataclass(frozen=True)
    class Options:
        after: str = option("", "after")

    def solve(self, view, budget, rng):
        before = time.process_time() - time.thread_time()
        time.sleep(0.05)
        worked = time.process_time() - time.thread_time() - before
        pages = int(open("/proc/self/statm").read().split()[1])
        found = {
            "folder": os.getcwd() == "/",
            "errors": np.geterr()["divide"],
            "variable": os.environ["OMP_NUM_THREADS"],
            "trace": sys.getprofile() is not None,
            "generator": np.random.default_rng is not np.random._generator.default_rng,
            "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 40,
            "handler": signal.getsignal(signal.SIGTERM) == signal.SIG_IGN,
            "thread": worked > 0.01,
            "process": len(open(f"/proc/self/task/{os.getpid()}/children").read().split()),
            "memory": pages * resource.getpagesize() // 1_000_000_000,
        }
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, info={"found": json.dumps(found)})
"""

KINDS = ["folder", "errors", "variable", "trace", "generator", "limit", "handler", "thread", "process", "memory"]


@pytest.fixture
def litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module of backends that nobody registered."""
    (tmp_path / "litter_backends.py").write_text(LITTER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("litter_backends")
    sys.modules.pop("litter_backends", None)


def compared(litter, small, kinds, instances):
    backends = [
        {"backend": backend, "options": {name: kind}, "preset": kind}
        for kind in kinds
        for backend, name in ((litter.Litterer, "what"), (litter.Probe, "after"))
    ]
    return qmectk.compare(small, backends, instances=instances, time_limit=20, references=False).frame


def test_no_run_meets_what_another_left(litter, small):
    kinds = [kind for kind in KINDS if kind != "memory"]
    frame = compared(litter, small, ["nothing", *kinds], 1)
    assert (frame["status"] == "ok").all(), frame["reason"].tolist()
    found = {
        row.preset: json.loads(json.loads(row.info)["found"]) for row in frame[frame["backend"] == "probe"].itertuples()
    }
    clean = found.pop("nothing")
    assert not clean["thread"]
    assert clean["process"] == 0
    assert {kind: seen[kind] for kind, seen in found.items()} == {kind: clean[kind] for kind in kinds}


def test_what_leaks_does_not_add_up(litter, small):
    frame = compared(litter, small, ["memory"], 3).sort_values(["frame"])
    assert (frame["status"] == "ok").all()
    probes = frame[frame["backend"] == "probe"]["info"]
    assert all(json.loads(json.loads(info)["found"])["memory"] == 0 for info in probes)


def test_processes_that_a_run_started_end_with_it(litter, small, tmp_path):
    def sleeping():
        return {p.name for p in Path("/proc").iterdir() if p.name.isdigit() and b"time.sleep(1000)" in _command(p)}

    before = sleeping()
    compared(litter, small, ["process"], 1)
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
    assert frame.loc["hanging", "wall_seconds"] == 1.5
