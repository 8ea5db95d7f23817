"""Runs that are made again: a row stays until its successor is stored, and an interrupted refresh goes on."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time

import qmectk
from qmectk.comparing.storage.header import VERSION
from qmectk.comparing.storage.schema import ADDED, COLUMNS
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of

#: Columns that later versions brought.
LATER = {name for names in ADDED.values() for name in names}

#: The tables of a store of version 1, as they were written then.
FIRST = [
    "CREATE TABLE runs ({})".format(", ".join(f"{n} {k}" for n, k in COLUMNS.items() if n not in LATER)),
    "CREATE TABLE prepared (key TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL)",
    "CREATE TABLE owners (token TEXT PRIMARY KEY, host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, "
    "started REAL NOT NULL, beat REAL NOT NULL)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, token TEXT NOT NULL)",
    "CREATE INDEX runs_by_backend ON runs (backend)",
    "PRAGMA application_id = 1364018499",
    "PRAGMA user_version = 1",
]


def row(key, **values):
    said = {"problem": "p", "instance": "p 0", "backend": "b", "options": "{}", "unit": "points"}
    return {"run_id": key, "frame": 0, "seed": 0, "sense": 1, "status": "ok", "reason": "", **said, **values}


def test_renewed_rows_stay_until_their_successors_are_stored(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        for key in "abc":
            store.finish(row(key, gap=0.5))
        assert store.renew(key for key in ("a", "b", "unknown")) == 2
        assert store.finished("abc") == {"c"}
        assert store.count() == 3
        assert store.claim(["a", "c"]) == ["a"]
        store.finish(row("a", gap=0.25))
        assert store.stale("abc") == {"b"}
    with Store(tmp_path / "runs.db") as store:
        assert store.stale("abc") == {"b"}
        assert frame_of(store, keys=list("abc"))["gap"].tolist() == [0.25, 0.5, 0.5]


def first_version(path, rows=()):
    connection = sqlite3.connect(path)
    for statement in FIRST:
        connection.execute(statement)
    for values in rows:
        names = ", ".join(values)
        connection.execute(f"INSERT INTO runs ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))
    connection.commit()
    connection.close()


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "runs.db"
    first_version(path, [row("old", gap=0.5, solve_seconds=2.0)])
    for _ in range(2):
        with Store(path) as store:
            frame = frame_of(store)
    assert list(frame.columns) == list(COLUMNS)
    assert frame["gap"].tolist() == [0.5]
    assert frame["solve_seconds"].tolist() == [2.0]
    assert frame["compilation_seconds"].isna().all()
    with Store(path) as store:
        store.finish(row("new", compilation_seconds=0.25, coupled=1))
        assert frame_of(store, where=["compilation_seconds>0"])["run_id"].tolist() == ["new"]
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_failed_runs_are_retried(small, bad, tmp_path, monkeypatch):
    marks = tmp_path / "marks"
    monkeypatch.setenv("QMECTK_TEST_MARKS", str(marks))
    asked = {"time_limit": 5, "store": tmp_path / "runs.db", "references": False, "warm_up": False}
    chosen = [bad.Moody, bad.Polite]
    first = qmectk.compare(small, chosen, instances=3, **asked).frame
    assert first.groupby("backend")["status"].unique().map(list).to_dict() == {"moody": ["failed"], "polite": ["ok"]}
    assert len(marks.read_text().split()) == 3
    monkeypatch.setenv("QMECTK_TEST_MOOD", "good")
    unasked = qmectk.compare(small, chosen, instances=3, **asked).frame
    assert unasked["status"].tolist() == first["status"].tolist()  # a failure is a result, and kept
    retried = qmectk.compare(small, chosen, instances=3, retry=True, **asked).frame
    assert set(retried["status"]) == {"ok"}
    assert retried["run_id"].tolist() == first["run_id"].tolist()
    assert len(marks.read_text().split()) == 3  # healthy runs are not repeated


def test_failed_trainings_are_retried(small, bad, tmp_path, monkeypatch):
    asked = {"time_limit": 5, "store": tmp_path / "runs.db", "instances": 2, "references": False}
    monkeypatch.setenv("QMECTK_TEST_MOOD", "bad")
    first = qmectk.compare(small, [bad.Pupil], **asked).frame
    assert first["reason"].str.contains("its training ended badly").all()
    monkeypatch.delenv("QMECTK_TEST_MOOD")
    assert set(qmectk.compare(small, [bad.Pupil], retry=True, **asked).frame["status"]) == {"ok"}


STUDY = """\
study: refreshed
problems: [many.yaml]
backends: [slow, polite]
instances: 20
time_limit: 2
warm_up: false
references: false
store: runs.db
"""


def test_a_killed_refresh_loses_no_row_and_goes_on(tmp_path, environment):
    (tmp_path / "many.yaml").write_text("problem: toy\nframes: 20\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", "study.yaml", "--json"]
    settings = {"env": environment, "cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    subprocess.run(command, check=True, timeout=120, **settings)
    with Store(tmp_path / "runs.db") as store:
        before = frame_of(store)
        keys = before["run_id"].tolist()
        slow = before.loc[before["backend"] == "slow", "run_id"].tolist()
    refresh = [*command, "--refresh", "slow"]
    with subprocess.Popen(refresh, **settings) as process, Store(tmp_path / "runs.db") as store:
        limit = time.monotonic() + 100
        while process.poll() is None and not 4 <= len(store.stale(slow)) <= 16 and time.monotonic() < limit:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = store.stale(slow)
        assert 0 < len(left) < 20
        assert store.count() == 40
    again = subprocess.run(refresh, check=True, timeout=120, text=True, **settings)
    assert f"going on with the interrupted refresh of slow: {len(left)} of 20 runs are left" in again.stderr
    with Store(tmp_path / "runs.db") as store:
        after = frame_of(store, keys=keys)
        assert not store.stale(keys)
    same = ["run_id", "objective", "quality", "status"]
    assert after[same].equals(before[same])
    renewed = after["started"].to_numpy() != before["started"].to_numpy()
    assert renewed.tolist() == (before["backend"] == "slow").tolist()


def test_a_refresh_after_an_interrupted_retry_is_a_whole_one(small, bad, tmp_path, monkeypatch):
    marks = tmp_path / "marks"
    monkeypatch.setenv("QMECTK_TEST_MARKS", str(marks))
    asked = {"time_limit": 5, "store": tmp_path / "runs.db", "references": False, "warm_up": False}
    first = qmectk.compare(small, bad.Polite, seeds=2, **asked).frame
    assert len(marks.read_text().split()) == 6
    broken = first["run_id"].iloc[0]
    with Store(tmp_path / "runs.db") as store:  # as a retry leaves it that was killed before its first run
        store.finish({**first.astype(object).where(first.notna(), None).iloc[0].to_dict(), "status": "crashed"})
        assert store.renew([broken]) == 1
    qmectk.compare(small, bad.Polite, seeds=2, refresh="polite", **asked)
    assert len(marks.read_text().split()) == 12
    with Store(tmp_path / "runs.db") as store:
        assert not store.stale(first["run_id"])
        assert not store.failed()


def test_runs_without_a_reference_do_not_stand_for_those_with_one(small, bad, tmp_path):
    asked = {"time_limit": 20, "store": tmp_path / "runs.db", "instances": 1}
    without = qmectk.compare(small, bad.Polite, references=False, **asked).frame
    assert without["gap"].isna().all()
    with_one = qmectk.compare(small, bad.Polite, **asked).frame
    assert with_one["gap"].notna().all()
    assert with_one["reference_bound"].notna().all()
    again = qmectk.compare(small, bad.Polite, references=False, **asked).frame
    assert again.equals(without)  # each of them is kept
