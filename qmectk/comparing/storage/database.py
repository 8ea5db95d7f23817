"""The SQLite file under a store: made and brought up to date, opened by many processes, one transaction a change."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .damage import FAILURES, check_structure, damaged, explained, trouble
from .header import APPLICATION, VERSION, fresh_or_ours
from .schema import ADDED, ADDED_TABLES, COLUMNS, STATEMENTS, TABLES, created
from .store_errors import is_busy, is_unwritable

#: Seconds to wait for another process that writes.
PATIENCE = 60.0


class Database:
    """An open file.

    Parameters
    ----------
    path
        The file; made when it does not exist.
    create
        Whether a missing file may be made. Otherwise it is opened to be read, also where nothing can be written, and
        is not brought up to date.

    Raises
    ------
    InputError
        When the file is something else, damaged, or of a newer version. It is left as it is.
    """

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path, self.writable = Path(path), create
        fresh = fresh_or_ours(self.path, create)
        try:
            self._open(fresh)
        except FAILURES as error:
            # a folder that cannot be written is no damage
            if create or not is_unwritable(error) or not self._settled():
                raise trouble(self.path, error) from error
            self._open(fresh, "?mode=ro&immutable=1")

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
            if not self.writable:
                self._db.execute("PRAGMA query_only = 1")
        except BaseException:
            self._db.close()
            raise

    def _settled(self) -> bool:
        """Whether the file holds all that was committed, and its log nothing more."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return not log.exists() or log.stat().st_size == 0

    def _prepare(self, fresh: bool) -> None:
        if not self.writable and self._unmade():
            raise damaged(self.path, "it has no tables")
        if fresh or self._unmade():  # a process may have been killed while making it
            with self._writing():
                if self._unmade():
                    # the mark and the tables appear together, so no process ever sees a file without its mark
                    self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
                    for statement in STATEMENTS:
                        self._db.execute(statement)
            self._log_ahead()
        # one view of the file: another process may be bringing it up to date
        self._db.execute("BEGIN")
        try:
            check_structure(self.path, self._db, self._version())
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        if self.writable and self._version() < VERSION:
            with self._writing():
                self._update()
        self._db.execute("PRAGMA synchronous = NORMAL")  # safe against killed processes

    def _log_ahead(self) -> None:
        """Have the file written ahead of. SQLite does not wait here for others that look at it: we do."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise
            time.sleep(0.005)

    def _unmade(self) -> bool:
        """Whether the file is empty of everything, its mark included."""
        tables = self._db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table'").fetchone()
        return tables is None and self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _update(self) -> None:
        """Bring a store of an earlier version up to date; its runs stay what they are."""
        for version in range(self._version() + 1, VERSION + 1):  # asked again: another process may have been first
            for name in ADDED[version]:
                self._db.execute(f"ALTER TABLE runs ADD COLUMN {name} {COLUMNS[name]}")
            for name in ADDED_TABLES.get(version, ()):
                self._db.execute(created(name, TABLES[name]))
        self._db.execute(f"PRAGMA user_version = {VERSION}")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, of which either all is kept or nothing."""
        with explained(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; what cannot be read is damage."""
        with explained(self.path):
            return self._db.execute(statement, values).fetchall()
