"""Stores without their study: the same comparison, versions and problems told apart, several stores as one."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3

import pandas as pd
import pytest

import qmectk
from qmectk.comparing.storage.merging import merge
from qmectk.comparing.storage.store import Store
from qmectk.errors import InputError

OTHER = "f" * 64


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    """A study with a store, run once for all tests."""
    import importlib
    import sys

    sys.path.insert(0, str(folder))
    try:
        bad = importlib.import_module("comparing_backends")
        path = tmp_path_factory.mktemp("made") / "runs.db"
        result = qmectk.compare(
            {"toys": bad.Toy(bad.Toy.Params(problem="toy", frames=3))},
            [bad.Polite, {"backend": bad.Bad, "preset": "angry"}],
            study="toys of today",
            seeds=2,
            target_gap=0.01,
            references=False,
            warm_up=False,
            store=path,
        )
        yield result
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("comparing_backends", None)


@pytest.fixture
def copied(made, tmp_path):
    """Copies of the store, altered by statements."""

    def copy(name, *statements):
        path = tmp_path / name
        shutil.copyfile(made.store, path)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return path

    return copy


def test_it_is_what_compare_returned(made):
    before = made.store.read_bytes()
    found = qmectk.open_store(made.store)
    assert repr(found) == repr(made) == f"<Comparison 'toys of today': 12 runs, kept in {made.store}>"
    assert str(found) == str(made)
    assert found.study == made.study
    pd.testing.assert_frame_equal(found.to_pandas(), made.to_pandas())
    assert found.plot().to_json() == made.plot().to_json()
    assert found.notes == ()
    assert made.store.read_bytes() == before
    assert [path.name for path in made.store.parent.iterdir()] == ["runs.db"]
    assert set(found.frame["version"].str.split().str[0]) == {qmectk.__version__}
    assert len(qmectk.open_store(made.store, where="status=ok")) == 6
    assert len(qmectk.open_store(made.store, where=["status=ok", "seed=0"])) == 3


def test_runs_of_an_earlier_version_stand_beside_the_others(copied):
    rows = "INSERT INTO runs SELECT * FROM old"
    path = copied(
        "runs.db",
        "CREATE TABLE old AS SELECT * FROM runs WHERE backend = 'polite'",
        "UPDATE old SET run_id = 'x' || run_id, version = '0.0.9', objective = 0.0",
        rows,
        "DROP TABLE old",
    )
    found = qmectk.open_store(path)
    assert len(found) == 18
    names = found.summary()["contender"].tolist()
    assert [name for name in names if name.startswith("polite (qmectk 0.0.9")] == ["polite (qmectk 0.0.9)"]
    assert sum(name.startswith(f"polite (qmectk {qmectk.__version__}") for name in names) == 1
    assert "bad (angry)" in names
    assert "polite (qmectk 0.0.9)" in str(found)


def test_a_store_of_an_earlier_format_is_read_as_it_is(copied):
    path = copied(
        "runs.db",
        "DROP TABLE studies",
        "ALTER TABLE runs DROP COLUMN version",
        "ALTER TABLE runs DROP COLUMN fingerprint",
        "PRAGMA user_version = 4",
    )
    before = path.read_bytes()
    found = qmectk.open_store(path)
    assert repr(found) == f"<Comparison 'runs': 12 runs, kept in {path}>"
    assert [entry.title for entry in found.study.backends] == ["polite", "bad (angry)"]
    assert found.study.seeds == (0, 1)
    assert set(found.summary()["contender"]) == {"polite", "bad (angry)"}
    assert path.read_bytes() == before


def test_problems_of_one_name_are_told_apart(copied):
    path = copied("runs.db", f"UPDATE runs SET fingerprint = '{OTHER}' WHERE backend = 'polite'")
    found = qmectk.open_store(path)
    assert found.frame.loc[found.frame["backend"] == "polite", "problem"].unique().tolist() == ["toys [ffffff]"]
    assert found.frame["problem"].nunique() == 2
    assert found.notes == ("2 different problems are called 'toys'.",)


def test_runs_made_again_with_other_limits_count_once(copied):
    path = copied(
        "runs.db",
        "CREATE TABLE again AS SELECT * FROM runs",
        "UPDATE again SET run_id = 'x' || run_id",
        "INSERT INTO runs SELECT * FROM again",
        "DROP TABLE again",
    )
    found = qmectk.open_store(path)
    assert len(found) == 12
    assert "12 of 24 runs were made again with other limits or references" in found.notes[0]


def test_runs_and_horizons_are_not_mixed(copied):
    horizon = json.dumps({"slots": 9})
    path = copied(
        "runs.db",
        f"UPDATE runs SET horizon = '{horizon}', status = 'timeout' WHERE backend = 'polite'",
        "DELETE FROM studies",
    )
    with pytest.raises(InputError, match="6 runs on instances and 6 of controllers over horizons") as caught:
        qmectk.open_store(path)
    assert caught.value.remedy == "choose with --where horizon=none or --where horizon!=none"
    assert len(qmectk.open_store(path, where="horizon=none")) == 6
    assert qmectk.open_store(path, where="horizon!=none").study.slots == 9


def test_what_is_no_store_is_one_sentence(copied, tmp_path):
    (tmp_path / "text.db").write_text("hello")
    (tmp_path / "empty.db").touch()
    with Store(tmp_path / "fresh.db"):
        pass
    path = copied("runs.db")
    for asked, said in [
        ((), "there is no store to open"),
        ((tmp_path / "none.db",), "there is no store"),
        ((tmp_path / "text.db",), "is not a store of qmectk"),
        ((tmp_path / "empty.db",), "is empty, and no store of qmectk"),
        ((tmp_path / "fresh.db",), "there is no finished run in"),
        ((path, copied("bad.db", "ALTER TABLE runs DROP COLUMN gap")), "damaged (no column 'gap'"),
    ]:
        with pytest.raises(InputError) as caught:
            qmectk.open_store(*asked)
        assert said in str(caught.value)
    assert (tmp_path / "empty.db").read_bytes() == b""
    for where, said in [
        ("backnd=polite", "did you mean 'backend'?"),
        ("backend=polit", "there are: bad, polite"),
        ("gap>5", "that meets these conditions"),
    ]:
        with pytest.raises(InputError) as caught:
            qmectk.open_store(path, where=where)
        assert said in str(caught.value)


def test_two_stores_as_one(made, copied, tmp_path):
    half = copied("half.db", "DELETE FROM runs WHERE seed = 1")
    other = copied(
        "other.db", "DELETE FROM runs WHERE seed = 0 AND backend = 'bad'", "UPDATE runs SET wall_seconds = 9"
    )
    assert qmectk.open_store(half, other).notes == ()
    pd.testing.assert_series_equal(qmectk.open_store(half, other).frame["run_id"], made.frame["run_id"])
    wrong = copied("wrong.db", "UPDATE runs SET objective = 7.0 WHERE backend = 'polite' AND seed = 0 AND frame = 0")
    healed = copied("healed.db", "UPDATE runs SET status = 'ok' WHERE backend = 'bad'")
    found = qmectk.open_store(half, wrong)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("1 run differs between the stores (toys, toy 0, polite, seed 0: objective ")
    assert f"7 in {wrong}" in found.notes[0]
    assert 7.0 not in found.frame["objective"].tolist()
    assert set(qmectk.open_store(half, healed).frame["status"]) == {"ok"}
    assert merge([half, other], tmp_path / "all.db") == (12, [])
    assert str(qmectk.open_store(tmp_path / "all.db")).splitlines()[:3] == str(made).splitlines()[:3]
    assert merge([wrong], tmp_path / "all.db")[1][0].startswith("1 run differs")
    before = (tmp_path / "all.db").read_bytes()
    with pytest.raises(InputError, match="is one of the stores to merge"):
        merge([half, tmp_path / "all.db"], tmp_path / "all.db")
    with pytest.raises(InputError, match="damaged"):
        merge([half, copied("bad.db", "DROP TABLE stale")], tmp_path / "all.db")
    assert (tmp_path / "all.db").read_bytes() == before


def test_the_commands(made, copied, tmp_path, monkeypatch, capsys):
    from qmectk_cli.main import main

    monkeypatch.chdir(tmp_path)
    copied("mine.db", "DELETE FROM runs WHERE seed = 1")
    copied("hers.db")
    assert main(["merge", "mine.db", "hers.db", "--out", "all.db"]) == 0
    assert capsys.readouterr().out == "wrote all.db: 12 runs\n"
    for suffix in ("md", "csv", "parquet"):
        assert main(["report", "all.db", "--where", "seed=0", "--title", "Ours", "--out", f"r.{suffix}"]) == 0
        assert f"wrote r.{suffix}" in capsys.readouterr().out
    assert (tmp_path / "r.md").read_text().startswith("# Ours\n")
    read = [pd.read_csv("r.csv"), pd.read_parquet("r.parquet")]
    assert [frame[["contender", "runs", "n_failed", "against_none"]].values.tolist() for frame in read] == [
        [["polite", 3, 0, 3], ["bad (angry)", 3, 3, 3]]
    ] * 2
    assert main(["report", "mine.db", "hers.db", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["runs"], data["store"], data["notes"]) == (12, None, [])
    assert [row["contender"] for row in data["backends"]] == ["polite", "bad (angry)"]
    assert main(["report", "all.db", "--out", "r.pdf"]) == 2
    assert "ends in .html or .md or .tex or .csv or .parquet" in capsys.readouterr().err


def test_going_on_from_a_merged_store_repeats_nothing(made, copied, tmp_path):
    other = copied("other.db", "UPDATE runs SET run_id = 'x' || run_id, version = '0.0.9' WHERE backend = 'polite'")
    merge([made.store, other], tmp_path / "all.db")
    with Store(tmp_path / "all.db") as store:
        (study, keys), *_ = store.studies()
        assert json.loads(study)["study"] == "toys of today"
        assert store.finished(keys) == set(keys) == set(made.frame["run_id"])
        assert ("polite", "0.0.9", 6) in store.versions()


def test_compare_says_that_there_are_runs_of_other_versions(copied):
    from types import SimpleNamespace

    from qmectk.comparing.api import _earlier

    path = copied("runs.db", "UPDATE runs SET version = '0.0.9' WHERE backend = 'polite' AND seed = 0")
    asked = SimpleNamespace(runs=[SimpleNamespace(backend="polite", version=qmectk.__version__)])
    with Store(path) as store:
        store._db.execute(f"UPDATE runs SET version = '{qmectk.__version__}' WHERE seed = 1")
        (said,) = _earlier(store, asked, path)
        assert said.startswith("Runs of other versions are kept, too (3 of polite by 0.0.9); 'qmectk report ")
        store._db.execute("DELETE FROM runs WHERE version = '0.0.9'")
        assert _earlier(store, asked, path) == ()
