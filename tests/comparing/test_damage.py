"""Damaged stores: one sentence that says what is wrong, and a file that is left as it is."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from qmectk.comparing.storage.header import VERSION
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.errors import InputError


def row(key, **values):
    said = {"problem": "p", "instance": "p 0", "backend": "b", "options": "{}", "unit": "points"}
    return {"run_id": key, "frame": 0, "seed": 0, "sense": 1, "status": "ok", "reason": "", **said, **values}


@pytest.fixture
def spoilt(tmp_path):
    """A store with two runs after some statements."""

    def spoil(*statements):
        path = tmp_path / "runs.db"
        with Store(path) as store:
            store.finish(row("1", gap=0.5))
            store.finish(row("2"))
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return path

    return spoil


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE stale", "no table 'stale'"),
        ("DROP TABLE owners", "no table 'owners'"),
        ("PRAGMA user_version = 0", "its version is 0"),
        ("PRAGMA user_version = 1", "that is not its own"),
        ("ALTER TABLE runs DROP COLUMN gap", "no column 'gap' in its table 'runs'"),
        ("ALTER TABLE claims DROP COLUMN token", "no column 'token' in its table 'claims'"),
        ("ALTER TABLE owners ADD COLUMN more TEXT", "a column 'more' in its table 'owners'"),
        ("CREATE TRIGGER no BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no'); END", "'no' is a trigger"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_what_is_not_whole_is_refused_and_left_untouched(spoilt, statement, said, create):
    path = spoilt(statement)
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        Store(path, create=create)
    assert str(caught.value).startswith(f"the store {path} is damaged (")
    assert said in str(caught.value)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["runs.db"]


@pytest.mark.parametrize("create", [True, False])
def test_a_schema_with_text_that_is_not_utf_8_is_damage(spoilt, create):
    broken = "UPDATE sqlite_master SET name = CAST(x'ff88' AS TEXT), sql = 'CREATE TABLE (' WHERE name = 'stale'"
    path = spoilt("PRAGMA writable_schema = 1", broken)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"is damaged \(it has text that is not UTF-8\)"):
        Store(path, create=create)
    assert path.read_bytes() == before


def test_a_store_that_lost_all_its_tables_is_not_made_anew(spoilt):
    path = spoilt(*(f"DROP TABLE {name}" for name in ("runs", "prepared", "owners", "claims", "stale")))
    before = path.read_bytes()
    with pytest.raises(InputError, match="is damaged"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE runs SET gap = 'wide' WHERE run_id = '1'", "column 'gap' of run 1 holds something else than a number"),
        ("UPDATE runs SET seed = 1.5", "column 'seed' of run 1 holds something else than a whole number"),
        ("UPDATE runs SET status = x'6f6b' WHERE run_id = '2'", "column 'status' of run 2 holds something else"),
        ("UPDATE runs SET reason = CAST(x'ff' AS TEXT)", "UTF-8"),
    ],
)
def test_values_that_are_none_are_refused(spoilt, statement, said):
    path = spoilt(statement)
    before = path.read_bytes()
    with Store(path, create=False) as store, pytest.raises(InputError) as caught:
        frame_of(store)
    assert "is damaged (" in str(caught.value)
    assert said in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "ask"),
    [
        ("INSERT INTO stale VALUES (CAST(x'ff' AS TEXT))", lambda store: store.stale(["1"])),
        ("UPDATE runs SET run_id = CAST(x'ff' AS TEXT) WHERE run_id = '1'", lambda store: store.finished(["1"])),
        ("UPDATE runs SET backend = CAST(x'ff' AS TEXT)", lambda store: store.values("backend")),
        ("INSERT INTO prepared VALUES ('a', 'reference', 'no json')", lambda store: store.prepared(["a"])),
        ("INSERT INTO prepared VALUES ('a', 'reference', '[1]')", lambda store: store.prepared(["a"])),
        ("INSERT INTO owners VALUES ('t', 'host', 'boot', 'x', 'y', 'z')", lambda store: store.claim(["3"])),
    ],
)
def test_reading_and_writing_say_damage(spoilt, statement, ask):
    with Store(spoilt(statement)) as store, pytest.raises(InputError, match="is damaged"):
        ask(store)


def test_a_trigger_that_comes_later_is_damage(spoilt):
    path = spoilt()
    with Store(path) as store:
        other = sqlite3.connect(path)
        other.execute("CREATE TRIGGER no BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'not today'); END")
        other.commit()
        other.close()
        with pytest.raises(InputError, match=r"is damaged \(not today\)"):
            store.finish(row("3"))
        assert store.count() == 2


def test_a_whole_store_is_opened_as_before(spoilt):
    path = spoilt("CREATE INDEX mine ON runs (gap)", "CREATE TABLE notes (text TEXT)")
    with Store(path) as store:
        assert store.count() == 2
        assert frame_of(store)["gap"].tolist()[0] == 0.5
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
