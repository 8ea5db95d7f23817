"""Other executors, clusters and other processes: the same results as here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import qmectk
from qmectk.comparing.store import Store
from qmectk.comparing.table import frame_of
from qmectk.errors import InputError

SAME = ["run_id", "reason", "frame", "seed", "backend", "status", "quality", "objective", "reference_bound"]


def toy(bad, frames: int = 40):
    return bad.Toy(bad.Toy.Params(problem="toy", frames=frames))


def ask(bad, **where):
    # generous limits: a healthy run must not look hung because the machine is busy starting a new worker
    return qmectk.compare(
        toy(bad), [bad.Chance, "cd"], seeds=2, time_limit=3, references=False, warm_up=False, grace=3, **where
    ).frame[SAME]


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_local_results(bad, kind):
    problem = qmectk.load("p1", devices=4, frames=4, training_frames=0)
    backends = ["exact", "random"]
    local = qmectk.compare(problem, backends, time_limit=20).frame[SAME]
    with kind(2) as executor:
        found = qmectk.compare(problem, backends, time_limit=20, executor=executor).frame[SAME]
    assert set(local["status"]) == {"ok"}, local["reason"].tolist()
    assert set(found["status"]) == {"ok"}, found["reason"].tolist()
    assert found.equals(local)


def test_crashes_stay_where_they_are(bad):
    local = ask(bad, jobs=2)
    with ThreadPoolExecutor(2) as executor:
        elsewhere = ask(bad, executor=executor)
    different = elsewhere.ne(local) & ~(elsewhere.isna() & local.isna())
    assert not different.any(axis=None), (local[different.any(axis=1)], elsewhere[different.any(axis=1)])
    assert set(local["status"]) >= {"ok", "crashed"}


def test_a_cluster_that_loses_a_worker(tmp_path, folder, bad, environment):
    """A scheduler and two workers, one of which is killed in the middle."""
    from distributed import LocalCluster

    local = qmectk.compare(toy(bad), [bad.Slow], seeds=2, time_limit=5, jobs=2, references=False).frame[SAME]
    os.environ["PYTHONPATH"] = environment["PYTHONPATH"]
    try:
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    finally:
        del os.environ["PYTHONPATH"]
    with cluster:
        store = tmp_path / "runs.db"
        killed: list[int] = []

        from qmectk.comparing.scheduler import Watcher

        class Killer(Watcher):
            count = 0

            def finished(self, stage, backend, row):
                self.count += 1
                if self.count == 25:
                    pid = next(iter(cluster.workers.values())).pid
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

        found = qmectk.compare(
            toy(bad), [bad.Slow], seeds=2, time_limit=5, references=False,
            cluster=cluster.scheduler_address, store=store, watcher=Killer(),
        ).frame[SAME]  # fmt: skip
    assert killed
    assert found.equals(local)
    with Store(store) as opened:
        assert frame_of(opened)["run_id"].is_unique


def test_no_cluster_is_said_in_one_sentence(bad):
    with pytest.raises(InputError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:1"):
        ask(bad, cluster="tcp://127.0.0.1:1")


def test_two_processes_share_the_work(tmp_path, bad, environment):
    (tmp_path / "toy.yaml").write_text("problem: toy\nframes: 150\n")
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", "toy.yaml", "--backend", "slow", "--no-reference"]
    command += ["--store", "runs.db", "--json"]
    both = [
        subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert '"runs": 150' in out
    with Store(tmp_path / "runs.db") as store:
        frame = frame_of(store)
        assert len(frame) == 150
        assert store.claim(["new"]) == ["new"]
