"""The store: refuses what is not its own, never loses what was committed, and is shared."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import pytest

from qmectk.comparing.storage.schema import COLUMNS
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import export, frame_of, sql_condition
from qmectk.errors import InputError


def row(key: str, **values):
    base = {
        "run_id": key,
        "problem": "p",
        "instance": "p 0",
        "frame": 0,
        "backend": "b",
        "options": "{}",
        "seed": 0,
        "sense": 1,
        "unit": "points",
        "status": "ok",
        "reason": "",
    }
    return {**base, **values}


def test_rows_come_back_typed(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        store.finish(row("1", gap=0.5, objective=2))
        store.finish(row("2", status="crashed", reason="it <b>died</b>; 'quoted'"))
        frame = frame_of(store)
    assert list(frame.columns) == list(COLUMNS)
    assert frame["gap"].tolist()[0] == 0.5
    assert frame["gap"].isna().tolist() == [False, True]
    assert frame["seed"].dtype == "int64"
    assert frame["reason"].iloc[1] == "it <b>died</b>; 'quoted'"
    with Store(tmp_path / "runs.db") as store:
        assert len(frame_of(store, where=["status=crashed"])) == 1
        assert len(frame_of(store, where=["gap<=0.5", "backend~B"])) == 1
        assert len(frame_of(store, where=["gap=none"])) == 1
        assert frame_of(store, keys=["2", "1"])["run_id"].tolist() == ["2", "1"]
    empty = Store(tmp_path / "empty.db")
    assert frame_of(empty).empty
    empty.close()


@pytest.mark.parametrize("text", ["gap", "bakend=sa", "gap<many", "1=1; DROP TABLE runs"])
def test_bad_conditions_are_refused(text):
    with pytest.raises(InputError):
        sql_condition([text])


def test_values_of_conditions_are_never_code(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        store.finish(row("1"))
        assert frame_of(store, where=["backend=b' OR '1'='1"]).empty


def foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (name TEXT)")
    connection.commit()
    connection.close()


def truncated(path):
    with Store(path) as store:
        for number in range(300):
            store.finish(row(str(number), info="x" * 500))
    path.write_bytes(path.read_bytes()[:50_000])


def scrambled(path):
    with Store(path) as store:
        for number in range(300):
            store.finish(row(str(number), info="x" * 500))
    content = bytearray(path.read_bytes())
    content[4096:60_000] = b"\x5a" * (60_000 - 4096)
    path.write_bytes(bytes(content))


def newer(path):
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_text("problem: p1\n"), "is not a store of qmectk"),
        (lambda path: path.write_bytes(b"\0" * 5000), "is not a store of qmectk"),
        (foreign, "is a database of another program"),
        (truncated, "is damaged"),
        (scrambled, "is damaged"),
        (newer, "was written by a newer qmectk"),
    ],
)
def test_what_is_not_a_store_is_refused_and_left_untouched(tmp_path, make, said):
    path = tmp_path / "runs.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        Store(path)
    assert said in str(caught.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["runs.db"]


def test_no_store_and_no_folder(tmp_path):
    with pytest.raises(InputError, match="there is no store"):
        Store(tmp_path / "runs.db", create=False)
    with pytest.raises(InputError, match="there is no folder"):
        Store(tmp_path / "nowhere" / "runs.db")
    with pytest.raises(InputError, match="is a folder"):
        Store(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "link.db").symlink_to(tmp_path / "nowhere" / "runs.db")
    with pytest.raises(InputError, match=r"there is no folder .*nowhere"):
        Store(tmp_path / "link.db")


def test_a_run_has_one_owner_at_a_time(tmp_path):
    with Store(tmp_path / "runs.db") as one, Store(tmp_path / "runs.db") as other:
        assert one.claim(["a", "b"]) == ["a", "b"]
        assert other.claim(["b", "c"]) == ["c"]
        one.finish(row("a"))
        assert other.claim(["a"]) == []
        one.release()
        assert other.claim(["b"]) == ["b"]
        assert one.finished(["a", "b"]) == {"a"}


def test_claims_of_the_dead_are_free(tmp_path):
    code = (
        "import os, signal, sys\nfrom qmectk.comparing.storage.store import Store\n"
        "store = Store(sys.argv[1])\nprint(store.claim(['a']))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    dead = subprocess.run([sys.executable, "-c", code, tmp_path / "runs.db"], capture_output=True, text=True)
    assert dead.returncode == -9
    with Store(tmp_path / "runs.db") as store:
        assert store.claim(["a"]) == ["a"]


def test_silence_frees_the_claims_of_other_machines(tmp_path, monkeypatch):
    import platform

    import qmectk.comparing.storage.store as module

    path = tmp_path / "runs.db"
    far = Store(path)
    with monkeypatch.context() as away:
        away.setattr(platform, "node", lambda: "far-away")
        assert far.claim(["a"]) == ["a"]
    with Store(path) as here:
        assert here.claim(["a"]) == []
        monkeypatch.setattr(module, "SILENCE", -1.0)
        assert here.claim(["a"]) == ["a"]
    far.close()


def test_threads_making_the_same_store_at_once(tmp_path):
    made, failed = [], []

    def make():
        try:
            made.append(Store(tmp_path / "runs.db"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in made:
        store.close()
    assert not failed
    assert len(made) == 8


def test_exports(tmp_path):
    import pandas as pd

    with Store(tmp_path / "runs.db") as store:
        store.finish(row("1", gap=0.25, reason='a "quoted", thing'))
        frame = frame_of(store)
    export(frame, tmp_path / "runs.csv")
    export(frame, tmp_path / "runs.parquet")
    assert pd.read_csv(tmp_path / "runs.csv")["reason"].tolist() == ['a "quoted", thing']
    assert pd.read_parquet(tmp_path / "runs.parquet")["gap"].tolist() == [0.25]
    with pytest.raises(InputError, match="cannot tell a format"):
        export(frame, tmp_path / "runs.xlsx")


def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    code = (
        "import resource, signal, sys\nfrom qmectk.comparing.storage.store import Store\n"
        "from qmectk.errors import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "row = dict(problem='p', instance='p', frame=0, backend='b', options='{}', seed=0, sense=1, unit='',"
        " status='ok', reason='', info='x' * 5000)\n"
        "store = Store(sys.argv[1])\n"
        "try:\n"
        "    for number in range(1000):\n"
        "        store.finish({**row, 'run_id': str(number)})\n"
        "except InputError as error:\n"
        "    print(number, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "runs.db"], capture_output=True, text=True)
    assert done.stderr == ""
    number, _, said = done.stdout.partition(" ")
    assert "cannot be written any more" in said or "no space left" in said
    assert "what was stored before is safe" in said
    with Store(tmp_path / "runs.db") as store:
        assert store.count() == int(number) > 5
        store.finish(row("more"))


def test_a_store_is_a_file_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Store(":memory:") as store:
        store.finish(row("1"))
    assert (tmp_path / ":memory:").is_file()
    with Store(":memory:", create=False) as store:
        assert store.count() == 1
    with pytest.raises(InputError, match="is no regular file"):
        Store("/dev/null")
    with pytest.raises(InputError, match="null character"):
        Store("a\0b.db")


def test_another_writer_is_waited_for_and_then_named(tmp_path, monkeypatch):
    import qmectk.comparing.storage.database as module

    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with Store(tmp_path / "runs.db") as store:
        other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="another process has been writing"):
            store.finish(row("1"))
        other.execute("COMMIT")
        other.close()
        store.finish(row("1"))
        assert store.count() == 1
