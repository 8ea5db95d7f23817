"""Other executors, clusters and other processes: the same results as here."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import qmectk
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.errors import InputError

SAME = ["run_id", "reason", "frame", "seed", "backend", "status", "quality", "objective", "reference_bound"]


def toy(bad, frames: int = 25):
    return bad.Toy(bad.Toy.Params(problem="toy", frames=frames))


def ask(bad, **where):
    # generous limits: a healthy run must not look hung because the machine is busy starting a new worker
    return qmectk.compare(
        toy(bad, 6), [bad.Chance, "cd"], seeds=2, time_limit=3, references=False, warm_up=False, grace=3, **where
    ).frame[SAME]


def test_any_executor_gives_the_local_results():
    problem = qmectk.load("p1", devices=4, frames=4, training_frames=0)
    backends = ["exact", "random"]
    local = qmectk.compare(problem, backends, time_limit=20).frame[SAME]
    assert set(local["status"]) == {"ok"}, local["reason"].tolist()
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        with kind(2) as executor:
            found = qmectk.compare(problem, backends, time_limit=20, executor=executor).frame[SAME]
        assert set(found["status"]) == {"ok"}, found["reason"].tolist()
        assert found.equals(local)


def test_crashes_stay_where_they_are(bad):
    local = ask(bad, jobs=2)
    with ThreadPoolExecutor(2) as executor:
        elsewhere = ask(bad, executor=executor)
    different = elsewhere.ne(local) & ~(elsewhere.isna() & local.isna())
    assert not different.any(axis=None), (local[different.any(axis=1)], elsewhere[different.any(axis=1)])
    assert set(local["status"]) == {"ok", "crashed", "timeout"}


@pytest.fixture
def cluster(tmp_path, environment):
    """Waits for a Dask scheduler in a process of its own and returns its address; two processes that work for it."""
    from distributed import Client

    file = str(tmp_path / "scheduler.json")
    where = ["--scheduler-file", file, "--no-dashboard"]
    work = ["worker", *where, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
    with contextlib.ExitStack() as stack:
        processes = []
        for arguments in (["scheduler", "--port", "0", *where], work, work):  # workers wait for the scheduler's file
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL
            )
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)

        def ready() -> str:
            until = time.monotonic() + 60
            while not os.path.exists(file) and processes[0].poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert os.path.exists(file)
            with Client(scheduler_file=file, timeout=60, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
                return client.scheduler.address

        yield ready, processes[1:]


def test_a_cluster_in_other_processes_that_loses_a_worker(tmp_path, bad, cluster, monkeypatch):
    """Workers of another version are refused; one of two is killed in the middle; the store stays here."""
    import qmectk.comparing.running.executors as executors
    from qmectk.comparing.running.scheduler import Watcher

    ready, workers = cluster
    local = qmectk.compare(toy(bad), [bad.Slow], seeds=2, time_limit=5, jobs=2, references=False).frame[SAME]
    address = ready()  # they start meanwhile
    with monkeypatch.context() as patch:
        patch.setattr(executors, "versions", lambda backend: '{"qmectk": "9.9"}')
        with pytest.raises(InputError) as caught:
            qmectk.compare(toy(bad), "cd", references=False, cluster=address)
    assert re.fullmatch(
        rf"the worker tcp://\S+ has qmectk {qmectk.__version__}, and here it is 9.9", caught.value.message
    )

    class Killer(Watcher):
        count = 0

        def finished(self, stage, backend, row):
            self.count += 1
            if self.count == 25:
                workers[0].kill()

    store = tmp_path / "runs.db"
    found = qmectk.compare(
        toy(bad), [bad.Slow], seeds=2, time_limit=5, references=False, cluster=address, store=store, watcher=Killer()
    ).frame[SAME]
    assert workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert found.equals(local)
    with Store(store) as opened:
        assert frame_of(opened)["run_id"].is_unique


def test_no_cluster_is_said_in_one_sentence(bad, monkeypatch):
    monkeypatch.setattr("qmectk.comparing.running.executors.ANSWERS_WITHIN", 1.0)
    with pytest.raises(InputError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:1"):
        ask(bad, cluster="tcp://127.0.0.1:1")


def test_two_processes_share_the_work(tmp_path, bad, environment):
    (tmp_path / "toy.yaml").write_text("problem: toy\nframes: 30\n")
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", "toy.yaml", "--backend", "slow", "--no-reference"]
    command += ["--store", "runs.db", "--json"]
    both = [
        subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert '"runs": 30' in out
    with Store(tmp_path / "runs.db") as store:
        frame = frame_of(store)
        assert len(frame) == 30
        assert store.claim(["new"]) == ["new"]
