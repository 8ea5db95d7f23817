"""Files that qmectk writes for itself, damaged: checkpoints, references, policies and stores.

A damaged cache costs a warning and changes no answer.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from . import edges
from .case import Command
from .damage import damaged
from .documents import text, tree
from .families import FILES
from .running import CACHE, run

Found = dict[str, bytes]

#: Arrays as they are put into a damaged .npz file.
ARRAYS: tuple[Any, ...] = (
    np.zeros(()),
    np.zeros(0),
    np.zeros((2, 2)),
    np.full(2, np.nan),
    np.array("[]"),
    np.array("{}"),
    np.array("null"),
    np.array('{"format": 1, "fingerprint": 3, "slot": "x"}'),
    np.array('{"format": 1, "slot": 1e400}'),
    np.array(["a", "b"]),
    np.zeros(2, complex),
    np.zeros(2, "M8[s]"),
    np.array([True, False]),
    np.array([1e308, -1e308]),
    np.zeros((2, 3, 4)),
    np.array(2**63, dtype="u8"),
    np.arange(10_000.0),
)


@cache
def _made(arguments: tuple[str, ...], family: str) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """What a command prints in a fresh folder, and the files it leaves there."""
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as name:
        folder = Path(name)
        (folder / "p.yaml").write_text(text(tree({**FILES[family], "training_frames": 8})))
        outcome = run(arguments, folder)
        if outcome.code != 0:
            raise RuntimeError(f"{arguments}: {outcome.err}")
        files = [(str(p.relative_to(folder)), p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()]
        return outcome.out, tuple(files)


def _altered(content: bytes, rng: np.random.Generator) -> bytes:
    """An .npz file that can be read, and holds something else."""
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    name = str(rng.choice(list(arrays)))
    what = int(rng.integers(5))
    if what == 0:
        del arrays[name]
    elif what == 1:
        arrays["other"] = arrays.pop(name)
    elif what == 2 and arrays[name].dtype.kind == "f" and arrays[name].size:
        arrays[name] = arrays[name] * float(rng.choice([0.0, -1.0, 1.01, 1e300, np.nan, 1 + 1e-9]))
    else:
        arrays[name] = ARRAYS[int(rng.integers(len(ARRAYS)))]
    made = io.BytesIO()
    np.savez(made, **arrays)
    return made.getvalue()


def _numbers(printed: str) -> Any:
    """What an answer says, without the time it took."""
    data = json.loads(printed)
    kept = ("objective", "bound", "gap", "quality", "values", "means", "records", "termination")
    return {key: data[key] for key in kept if key in data}


def _as_before(printed: str) -> Callable[[Path, Any], list[str]]:
    def check(folder: Path, outcome: Any) -> list[str]:
        if outcome.code != 0:
            return [f"exit {outcome.code} because of a damaged cache: {outcome.err.strip()[-300:]}"]
        if _numbers(outcome.out) != _numbers(printed):
            return ["a damaged cache changed the answer"]
        return []

    return check


def references(rng: np.random.Generator) -> Command:
    """The cached reference of a problem."""
    family = str(rng.choice(["p1", "meqc", "drift"]))
    arguments = ("solve", "p.yaml", "-b", "cd", "--json")
    printed, files = _made(arguments, family)
    return _command(arguments, printed, files, rng, lambda name: name.endswith(".npz"))


def policies(rng: np.random.Generator) -> Command:
    """A trained policy: its arrays or its facts."""
    arguments = ("solve", "p.yaml", "-b", "droo", "--json", "--no-reference")
    printed, files = _made(arguments, "p1")
    return _command(arguments, printed, files, rng, lambda name: "policies" in name)


def _command(
    arguments: tuple[str, ...],
    printed: str,
    files: tuple[tuple[str, bytes], ...],
    rng: np.random.Generator,
    chosen: Callable[[str], bool],
) -> Command:
    kept = dict(files)
    names = [name for name in kept if chosen(name)]
    name = names[int(rng.integers(len(names)))]
    alter = name.endswith(".npz") and rng.random() < 0.5
    kept[name] = _altered(kept[name], rng) if alter else damaged(kept[name], rng)
    inside = tuple(path for path in kept if path.startswith(f"{CACHE}{os.sep}"))
    return Command(kept, arguments, inside, check=_as_before(printed))


def checkpoints(rng: np.random.Generator) -> Command:
    """The checkpoint of a simulation: refused, or gone on from as if nothing had happened."""
    family = str(rng.choice(["drift", "meqc-ye"]))
    usual = ("simulate", "p.yaml", "--json", "--no-reference", "--checkpoint", "c.npz")
    _, files = _made((*usual, "--slots", "3", "--time-limit", "1000"), family)
    kept = dict(files)
    kept["c.npz"] = _altered(kept["c.npz"], rng) if rng.random() < 0.5 else damaged(kept["c.npz"], rng)
    return Command(kept, (*usual, "--slots", "4", "--time-limit", "1000", "--resume"), ("c.npz",))


def _store() -> bytes:
    from qmectk.comparing.storage.store import Store

    base = {"instance": "p 0", "frame": 0, "options": "{}", "sense": 1, "unit": "points", "reason": ""}
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as name:
        path = Path(name) / "runs.db"
        with Store(path) as store:
            for i in range(6):
                fate = {"status": "ok" if i % 3 else "crashed", "gap": 0.1 * i, "objective": 2.0 + i}
                events = {"events": "[[0.1, 2.0, 3.0]]", "info": '{"nodes": 3}', "started": "2024-01-01T00:00:00Z"}
                store.finish({"run_id": str(i), "problem": "p", "backend": "b", "seed": i, **base, **fate, **events})
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path.read_bytes()


@lru_cache(maxsize=1)
def _whole_store() -> bytes:
    return _store()


def stores(rng: np.random.Generator) -> Command:
    """A store of runs: bytes damaged, or rows with values of other types."""
    content = _whole_store()
    content = damaged(content, rng) if rng.random() < 0.5 else _with_odd_values(content, rng)
    arguments = ["runs", "--store", "runs.db"]
    what = int(rng.integers(4))
    if what == 0:
        arguments.append("--json")
    elif what == 1:
        arguments += ["--export", "out.csv"]
    elif what == 2:
        where = ("gap>0.1", "status=ok", "events~x", "seed=1e400", "gap=nan", "seed>" + edges.number(rng)[:300])
        arguments += ["--where", str(rng.choice(where))]
    files = {"runs.db": content}
    return Command(files, tuple(arguments), ("out.csv", "runs.db", "runs.db-wal", "runs.db-shm"))


def _with_odd_values(content: bytes, rng: np.random.Generator) -> bytes:
    from qmectk.comparing.storage.schema import COLUMNS

    values: tuple[Any, ...] = (
        *(None, "", "x", "\x1b[31m", "=1+1", b"\x00\xff", 1, -1, 2**62, 1.5, 1e308, float("inf"), "nan", "[]", "{}"),
        *(
            "[[",
            "null",
            "[[1, 2]]",
            '{"a": NaN}',
            "\ud7ff\u202e",
            "x" * 100_000,
            "<script>alert(1)</script>",
            "\\",
            "'",
        ),
    )
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as name:
        path = Path(name) / "runs.db"
        path.write_bytes(content)
        connection = sqlite3.connect(path)
        for _ in range(int(rng.integers(1, 4))):
            column = str(rng.choice(list(COLUMNS)))
            value = values[int(rng.integers(len(values)))]
            try:
                connection.execute(f"UPDATE runs SET {column} = ? WHERE seed = ?", (value, int(rng.integers(6))))
            except sqlite3.Error:  # a constraint of the table
                continue
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path.read_bytes()
