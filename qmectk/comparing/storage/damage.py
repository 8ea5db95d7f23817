"""Whether a store is whole: its tables, their columns, and what is in them; asked before anything is written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from .header import DAMAGED, VERSION
from .schema import ADDED, ADDED_TABLES, COLUMNS, TABLES
from .store_errors import is_unwritable, unwritable

#: What SQLite may keep in a column of each type.
_KINDS = {"TEXT": ("text",), "REAL": ("real", "integer"), "INTEGER": ("integer",)}


def damaged(path: Path, how: object) -> InputError:
    """The error for a store that is not what was written."""
    return InputError(f"the store {path} is damaged ({' '.join(str(how).split())})", DAMAGED)


#: What SQLite raises; Python decodes its messages, which may quote damaged text of the file.
FAILURES = (sqlite3.DatabaseError, UnicodeDecodeError)


def trouble(path: Path, error: sqlite3.DatabaseError | UnicodeDecodeError) -> InputError:
    """What SQLite says, as a sentence: something in the way, or damage."""
    if isinstance(error, UnicodeDecodeError):
        return damaged(path, "it has text that is not UTF-8")
    return unwritable(path, error) if is_unwritable(error) else damaged(path, error)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says inside into a sentence; mistakes of our own stay what they are."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except FAILURES as error:
        raise trouble(path, error) from error


def check_structure(path: Path, db: sqlite3.Connection, version: int) -> None:
    """Refuse a store whose pages, tables or columns are not those of its version.

    Raises
    ------
    InputError
        Naming what is missing.
    """
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found.splitlines()[0])
    if not 1 <= version <= VERSION:
        raise damaged(path, f"its version is {version}")
    later = [added for since, added in ADDED_TABLES.items() if since > version]
    tables = {"runs": COLUMNS, **TABLES}
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, columns in tables.items():
        if any(table in added for added in later):
            continue
        if table not in there:
            raise damaged(path, f"no table '{table}'")
        missing = set() if table != "runs" else {n for since in ADDED if since > version for n in ADDED[since]}
        _check_columns(path, db, table, [name for name in columns if name not in missing])
    trigger = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchone()
    if trigger is not None:
        raise damaged(path, f"'{trigger[0]}' is a trigger, and qmectk makes none")


def _check_columns(path: Path, db: sqlite3.Connection, table: str, wanted: list[str]) -> None:
    there = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    for name in wanted:
        if name not in there:
            raise damaged(path, f"no column '{name}' in its table '{table}'")
    for name in there:
        if name not in wanted:
            raise damaged(path, f"a column '{name}' in its table '{table}' that is not its own")


def check_values(path: Path, db: sqlite3.Connection, columns: list[str]) -> None:
    """Refuse runs with text where there should be a number, or nothing where there should be something."""
    wrong = [_wrong(name) for name in columns]
    row = db.execute(f"SELECT rowid, {', '.join(wrong)} FROM runs WHERE {' OR '.join(wrong)} LIMIT 1").fetchone()
    if row is not None:
        name = next(name for name, bad in zip(columns, row[1:], strict=True) if bad)
        raise damaged(path, f"column '{name}' of run {row[0]} holds something else than {_said(name)}")


def _wrong(name: str) -> str:
    kind, _, more = COLUMNS[name].partition(" ")
    allowed = _KINDS[kind] if more else (*_KINDS[kind], "null")
    return f"typeof({name}) NOT IN ({', '.join(repr(one) for one in allowed)})"


def _said(name: str) -> str:
    return {"TEXT": "text", "REAL": "a number", "INTEGER": "a whole number"}[COLUMNS[name].split()[0]]
