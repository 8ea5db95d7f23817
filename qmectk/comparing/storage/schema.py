"""The columns of a run: one table for the store, the data frame, the exports and the statistics."""

from __future__ import annotations

#: Name -> SQLite type. None stands for what is not known.
COLUMNS: dict[str, str] = {
    "run_id": "TEXT PRIMARY KEY",
    "problem": "TEXT NOT NULL",
    "instance": "TEXT NOT NULL",
    "frame": "INTEGER NOT NULL",
    "backend": "TEXT NOT NULL",
    "options": "TEXT NOT NULL",  # JSON
    "seed": "INTEGER NOT NULL",
    "sense": "INTEGER NOT NULL",  # +1 maximised, -1 minimised
    "unit": "TEXT NOT NULL",
    "termination": "TEXT",
    "quality": "TEXT",
    "objective": "REAL",
    "bound": "REAL",
    "certificate_kind": "TEXT",
    "certificate_source": "TEXT",
    "reference_objective": "REAL",
    "reference_bound": "REAL",
    "reference_via": "TEXT",
    "gap": "REAL",
    "violation": "REAL",
    "training_seconds": "REAL",
    "conversion_seconds": "REAL",
    "compilation_seconds": "REAL",
    "solve_seconds": "REAL",
    "wall_seconds": "REAL",
    "time_limit": "REAL",
    "status": "TEXT NOT NULL",
    "reason": "TEXT NOT NULL",
    "events": "TEXT",  # JSON: [[seconds, incumbent, bound], ...]
    "info": "TEXT",  # JSON
    "penalties": "TEXT",  # JSON
    "share_feasible": "REAL",
    "machine": "TEXT",  # JSON
    "versions": "TEXT",  # JSON
    "started": "TEXT",  # ISO 8601, UTC
    "preset": "TEXT",
    "coupled": "INTEGER",  # 1 where neighbouring frames depend on each other, 0 where they are independent
    "rounding": "REAL",  # of the objective, in its unit, where it decided whether a bound is met
    "horizon": "TEXT",  # JSON: what a controller came to over many slots; none for runs on instances
    "trajectory": "TEXT",  # JSON: its records by name, means over windows of slots
    "version": "TEXT",  # of qmectk and of the backend: with another one it is another run
    "fingerprint": "TEXT",  # of the problem's content, which its name does not tell
}

#: The other tables: what was prepared once for many runs, who works, on what, what is to be run again, and what was
#: asked: a study as JSON, with the keys of its runs in their order, each as its bytes.
TABLES: dict[str, dict[str, str]] = {
    "prepared": {"key": "TEXT PRIMARY KEY", "kind": "TEXT NOT NULL", "data": "TEXT NOT NULL"},
    "owners": {
        "token": "TEXT PRIMARY KEY",
        "host": "TEXT NOT NULL",
        "boot": "TEXT NOT NULL",
        "pid": "INTEGER NOT NULL",
        "started": "REAL NOT NULL",
        "beat": "REAL NOT NULL",
    },
    "claims": {"key": "TEXT PRIMARY KEY", "token": "TEXT NOT NULL"},
    "stale": {"key": "TEXT PRIMARY KEY"},
    "studies": {"key": "TEXT PRIMARY KEY", "study": "TEXT NOT NULL", "runs": "BLOB NOT NULL"},
}

#: Columns that stores of earlier versions lack, by the version that brought them.
ADDED: dict[int, tuple[str, ...]] = {
    2: ("compilation_seconds", "coupled"),
    3: ("rounding",),
    4: ("horizon", "trajectory"),
    5: ("version", "fingerprint"),
}

#: Tables that stores of earlier versions lack, by the version that brought them.
ADDED_TABLES: dict[int, tuple[str, ...]] = {2: ("stale",), 5: ("studies",)}

REAL = tuple(name for name, kind in COLUMNS.items() if kind == "REAL")

#: How a run can end: it ran; it failed by its own account; killed at the deadline; it died; out of memory; no route.
STATUSES = ("ok", "failed", "timeout", "crashed", "memory", "refused")


def created(table: str, columns: dict[str, str]) -> str:
    """The statement that makes a table."""
    return f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"


#: What a new store is made of.
STATEMENTS = (
    created("runs", COLUMNS),
    *(created(name, columns) for name, columns in TABLES.items()),
    "CREATE INDEX runs_by_backend ON runs (backend)",
)
