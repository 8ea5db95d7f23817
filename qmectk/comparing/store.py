"""The store of runs: one SQLite file, one transaction a run, shared by any number of processes.

Write-ahead logging keeps readers and one writer out of each other's way, and whatever was committed survives a
killed process. A run is claimed before it is started, so that two processes with the same study share the work; a
claim whose process is gone is free again.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .header import APPLICATION, DAMAGED, VERSION, fresh_or_ours
from .obstacles import is_obstacle, unwritable
from .owners import boot, started
from .schema import ADDED, COLUMNS

#: Seconds without a sign of life after which a process on another machine counts as gone.
SILENCE = 120.0
#: Seconds between two signs of life.
BEAT = 15.0
#: Seconds to wait for another process that writes.
PATIENCE = 60.0

#: Runs that are stored and to be run again.
_STALE = "CREATE TABLE stale (key TEXT PRIMARY KEY)"
_TABLES = (
    f"CREATE TABLE runs ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})",
    "CREATE TABLE prepared (key TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL)",
    "CREATE TABLE owners (token TEXT PRIMARY KEY, host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, "
    "started REAL NOT NULL, beat REAL NOT NULL)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, token TEXT NOT NULL)",
    _STALE,
    "CREATE INDEX runs_by_backend ON runs (backend)",
)
_INSERT = f"INSERT OR REPLACE INTO runs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


class Store:
    """An open store.

    Parameters
    ----------
    path
        The file; made when it does not exist.
    create
        Whether a missing file may be made. Otherwise the store is there to be read, also where nothing can be written.

    Raises
    ------
    InputError
        When the file is something else, damaged, or of a newer version. It is left as it is.
    """

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path = Path(path)
        fresh = fresh_or_ours(self.path, create)
        try:
            self._open(fresh)
        except sqlite3.Error as error:
            if not is_obstacle(error):
                raise InputError(f"the store {self.path} is damaged ({error})", DAMAGED) from error
            if create or not self._settled():  # a folder that cannot be written is no damage
                raise unwritable(self.path, error) from error
            self._open(fresh, "?mode=ro&immutable=1")
        self.token = uuid.uuid4().hex
        self._known = False
        self._beaten = 0.0

    def _open(self, fresh: bool, mode: str = "") -> None:
        self._db = sqlite3.connect(
            self.path.absolute().as_uri() + mode,
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(fresh)
        except (sqlite3.Error, InputError):
            self._db.close()
            raise

    def _settled(self) -> bool:
        """Whether the file holds all that was committed, and its log nothing more."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return not log.exists() or log.stat().st_size == 0

    def _prepare(self, fresh: bool) -> None:
        if fresh or not self._tables():  # somebody may have been killed while making it
            with self._writing():
                if not self._tables():
                    # the mark and the tables appear together, so nobody ever sees a file without its mark
                    self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
                    for statement in _TABLES:
                        self._db.execute(statement)
            self._db.execute("PRAGMA journal_mode = WAL")
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise InputError(f"the store {self.path} is damaged ({found.splitlines()[0]})", DAMAGED)
        missing = {"runs", "prepared", "owners", "claims"} - self._tables()
        if missing:
            raise InputError(f"the store {self.path} is damaged (no table '{min(missing)}')", DAMAGED)
        if self._version() < VERSION:
            with self._writing():
                self._update()
        self._db.execute("PRAGMA synchronous = NORMAL")  # safe against killed processes

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _update(self) -> None:
        """Bring a store of an earlier version up to date; its runs stay what they are."""
        for version in range(self._version() + 1, VERSION + 1):  # asked again: another process may have been first
            for name in ADDED[version]:
                self._db.execute(f"ALTER TABLE runs ADD COLUMN {name} {COLUMNS[name]}")
            if version == 2:
                self._db.execute(_STALE)
        self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _tables(self) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, of which either all is kept or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise unwritable(self.path, error) from error
            raise

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
        return set(keys) & {key for (key,) in self._db.execute("SELECT run_id FROM runs EXCEPT SELECT key FROM stale")}

    def claim(self, keys: Sequence[str], table: str = "runs") -> list[str]:
        """Reserve runs for this process; returns those it got. Others are stored or somebody's already."""
        column = "run_id" if table == "runs" else "key"
        got: list[str] = []
        with self._writing():
            self._sign()
            for token in self._gone():
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

    def prepared(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Stored references and trainings among `keys`."""
        wanted = set(keys)
        rows = self._db.execute("SELECT key, data FROM prepared")
        return {key: json.loads(data) for key, data in rows if key in wanted}

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
        return {key for (key,) in self._db.execute("SELECT run_id FROM runs WHERE status != 'ok'")}

    def stale(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are to be run again."""
        return set(keys) & {key for (key,) in self._db.execute("SELECT key FROM stale")}

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
        return int(self._db.execute("SELECT count(*) FROM runs").fetchone()[0])

    def rows(self, where: str = "", values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Stored runs in the order of :data:`COLUMNS`, oldest first; `where` is an SQL condition on the columns."""
        condition = f" WHERE {where}" if where else ""
        return self._db.execute(
            f"SELECT {', '.join(COLUMNS)} FROM runs{condition} ORDER BY rowid", list(values)
        ).fetchall()
