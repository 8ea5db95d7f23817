"""The store of runs: one SQLite file, one transaction a run, shared by any number of processes.

Write-ahead logging keeps readers and one writer out of each other's way, and whatever was committed survives a
killed process. A run is claimed before it is started, so that two processes with the same study share the work; a
claim whose process is gone is free again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from .damage import check_values, damaged, explained
from .database import Database
from .header import VERSION
from .liveness import boot, started
from .schema import ADDED, COLUMNS

#: Seconds without a sign of life after which a process on another machine counts as gone.
SILENCE = 120.0
#: Seconds between two signs of life.
BEAT = 15.0
#: Bytes of a run's key (:func:`..running.runs.run_key`).
KEY = 12

_INSERT = f"INSERT OR REPLACE INTO runs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


class Store(Database):
    """An open store; see :class:`.database.Database` for its parameters."""

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        super().__init__(path, create=create)
        self.token = uuid.uuid4().hex
        self._known = False
        self._beaten = 0.0

    def close(self) -> None:
        """Give up all claims and close the file."""
        with contextlib.suppress(sqlite3.Error, InputError):
            if self._known:
                self.release()
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def finished(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` whose runs are stored and not to be run again."""
        return set(keys) & {key for (key,) in self._read("SELECT run_id FROM runs EXCEPT SELECT key FROM stale")}

    def claim(self, keys: Sequence[str], table: str = "runs") -> list[str]:
        """Reserve runs for this process; returns those it got. Others are stored or reserved already."""
        column = "run_id" if table == "runs" else "key"
        got: list[str] = []
        with self._writing():
            self._sign()
            try:
                gone = self._gone()
            except (TypeError, ValueError, OverflowError) as error:
                raise damaged(self.path, f"its table 'owners' cannot be read: {error}") from error
            for token in gone:
                self._db.execute("DELETE FROM claims WHERE token = ?", (token,))
                self._db.execute("DELETE FROM owners WHERE token = ?", (token,))
            there = f"SELECT 1 FROM {table} WHERE {column} = ? AND {column} NOT IN (SELECT key FROM stale)"
            for key in keys:
                if self._db.execute(there, (key,)).fetchone():
                    continue
                held = self._db.execute("SELECT token FROM claims WHERE key = ?", (key,)).fetchone()
                if held is not None and held[0] != self.token:
                    continue
                self._db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (key, self.token))
                got.append(key)
        return got

    def _sign(self) -> None:
        now = time.time()
        if not self._known:
            row = (self.token, platform.node(), boot(), os.getpid(), started(os.getpid()) or now, now)
            self._db.execute("INSERT OR REPLACE INTO owners VALUES (?, ?, ?, ?, ?, ?)", row)
            self._known, self._beaten = True, now
        elif now - self._beaten > BEAT:
            self._db.execute("UPDATE owners SET beat = ? WHERE token = ?", (now, self.token))
            self._beaten = now

    def alive(self) -> None:
        """A sign of life; cheap, to be called often."""
        if self._known and time.time() - self._beaten > BEAT:
            with self._writing():
                self._sign()

    def _gone(self) -> set[str]:
        """Owners whose process has ended."""
        gone, now = set(), time.time()
        for token, host, booted, pid, began, beat in self._db.execute("SELECT * FROM owners"):
            if token == self.token:
                continue
            if host != platform.node():
                dead = now - beat > SILENCE
            else:
                seen = started(pid) if booted == boot() else None
                dead = seen is None or abs(seen - began) > 2.0  # the number may belong to another process by now
            if dead:
                gone.add(token)
        return gone

    def finish(self, row: Mapping[str, Any]) -> None:
        """Store a run and give up its claim, in one transaction."""
        with self._writing():
            self._db.execute(_INSERT, [row.get(name) for name in COLUMNS])
            for table in ("claims", "stale"):
                self._db.execute(f"DELETE FROM {table} WHERE key = ?", (row["run_id"],))
        self.alive()

    def beside(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """What is kept beside the runs: references and trainings, and studies."""
        studies = self._read("SELECT * FROM studies ORDER BY rowid") if self._version() == VERSION else []
        return self._read("SELECT * FROM prepared"), studies

    def add(
        self,
        rows: Iterable[Mapping[str, Any]],
        beside: Iterable[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]],
    ) -> None:
        """Store the runs of other stores and what they keep beside them, all or nothing."""
        with self._writing():
            self._db.executemany(_INSERT, [[row.get(name) for name in COLUMNS] for row in rows])
            for prepared, studies in beside:
                self._db.executemany("INSERT OR IGNORE INTO prepared VALUES (?, ?, ?)", prepared)
                self._db.executemany("INSERT OR IGNORE INTO studies VALUES (?, ?, ?)", studies)

    def prepared(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Stored references and trainings among `keys`."""
        wanted = set(keys)
        rows = self._read("SELECT key, data FROM prepared")
        return {key: self._kept(data) for key, data in rows if key in wanted}

    def _kept(self, data: str) -> dict[str, Any]:
        try:
            kept = json.loads(data)
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(self.path, f"a reference or training cannot be read: {error}") from error
        if not isinstance(kept, dict) or not {"status", "reason"} <= set(kept):
            raise damaged(self.path, "a reference or training is not whole")
        return kept

    def keep_prepared(self, key: str, kind: str, data: Mapping[str, Any]) -> None:
        """Store a reference or what training took, and give up its claim."""
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO prepared VALUES (?, ?, ?)", (key, kind, json.dumps(data)))
            self._db.execute("DELETE FROM claims WHERE key = ?", (key,))
        self.alive()

    def renew(self, keys: Iterable[str]) -> int:
        """Have stored runs run again; each stays until its successor is stored. Returns how many there are."""
        keys = list(keys)
        statement = "INSERT OR IGNORE INTO stale SELECT run_id FROM runs WHERE run_id = ?"
        with self._writing():
            self._db.executemany(statement, [(key,) for key in keys])
        return len(self.stale(keys))

    def failed(self) -> set[str]:
        """Runs that are stored and did not end well."""
        return {key for (key,) in self._read("SELECT run_id FROM runs WHERE status != 'ok'")}

    def stale(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are to be run again."""
        return set(keys) & {key for (key,) in self._read("SELECT key FROM stale")}

    def forget_prepared(self, keys: Iterable[str]) -> None:
        """Delete references and trainings, so that they are made again."""
        with self._writing():
            self._db.executemany("DELETE FROM prepared WHERE key = ?", [(key,) for key in keys])

    def release(self) -> None:
        """Give up every claim of this process."""
        with self._writing():
            self._db.execute("DELETE FROM claims WHERE token = ?", (self.token,))
            self._db.execute("DELETE FROM owners WHERE token = ?", (self.token,))
        self._known = False

    def count(self) -> int:
        """Number of stored runs."""
        return int(self._read("SELECT count(*) FROM runs")[0][0])

    def changes(self) -> tuple[int, int]:
        """Another pair after every run that was stored."""
        return self._read("SELECT count(*), coalesce(max(rowid), 0) FROM runs")[0]

    def working(self) -> list[float]:
        """When the processes began that have claims and are still there [s since 1970]."""
        gone = self._gone()
        return [began for token, began in self._read("SELECT token, started FROM owners") if token not in gone]

    def prepared_count(self) -> int:
        """Number of stored references and trainings."""
        return int(self._read("SELECT count(*) FROM prepared")[0][0])

    def started_since(self, when: str) -> list[tuple[str, str]]:
        """Keys and starts of the stored runs that were started at `when` (ISO 8601, UTC) or later."""
        return self._read("SELECT run_id, started FROM runs WHERE started >= ?", [when])

    def versions(self) -> list[tuple[str, str | None, int]]:
        """Backend, version and number of its runs; stores of early versions have that of qmectk among the packages'."""
        version = "coalesce(version, CASE WHEN json_valid(versions) THEN json_extract(versions, '$.qmectk') END)"
        return self._read(f"SELECT backend, {version}, count(*) FROM runs GROUP BY 1, 2")

    def values(self, column: str) -> list[str]:
        """The different texts of a column of the stored runs."""
        return [
            text for (text,) in self._read(f"SELECT DISTINCT {column} FROM runs WHERE {column} NOT NULL ORDER BY 1")
        ]

    def rows(self, where: str = "", values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Stored runs in the order of :data:`COLUMNS`, oldest first; `where` is an SQL condition on the columns."""
        condition = f" WHERE {where}" if where else ""
        with explained(self.path):
            later = {name for since, names in ADDED.items() if since > self._version() for name in names}
            check_values(self.path, self._db, [name for name in COLUMNS if name not in later])
            columns = ", ".join(f"NULL AS {name}" if name in later else name for name in COLUMNS)
            runs = f"(SELECT rowid AS place, {columns} FROM runs)"
        return self._read(f"SELECT {', '.join(COLUMNS)} FROM {runs}{condition} ORDER BY place", list(values))

    def keep_study(self, study: str, keys: Sequence[str]) -> None:
        """Store what is asked: a study as JSON, and its runs in their order."""
        runs = bytes.fromhex("".join(keys))
        key = hashlib.sha256(study.encode() + runs).hexdigest()
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?, ?)", (key, study, runs))

    def studies(self) -> list[tuple[str, list[str]]]:
        """What was asked, oldest first: studies as JSON, with the keys of their runs in their order."""
        return [
            (study, [runs[place : place + KEY].hex() for place in range(0, len(runs), KEY)])
            for _, study, runs in self.beside()[1]
        ]
