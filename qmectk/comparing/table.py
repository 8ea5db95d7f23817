"""Stored runs as a pandas DataFrame, filters on them, and files for other programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backend import installed
from ..errors import InputError, MissingPackage
from ..names import unknown
from .schema import COLUMNS, REAL
from .store import Store

if TYPE_CHECKING:
    from pandas import DataFrame

#: Suffixes of files that runs can be exported to.
EXPORTS = (".csv", ".parquet")

_CONDITION = re.compile(r"\s*([A-Za-z_]+)\s*(<=|>=|!=|=|<|>|~)\s*(.*)", re.DOTALL)


def frame_of(store: Store, keys: Iterable[str] | None = None, where: Sequence[str] = ()) -> DataFrame:
    """The stored runs, or those of `keys` in their order, or those that meet every condition in `where`."""
    condition, values = sql_condition(where)
    rows = store.rows(condition, values)
    if keys is not None:
        order = {key: i for i, key in enumerate(keys)}
        rows = sorted((row for row in rows if row[0] in order), key=lambda row: order[row[0]])
    return frame_of_rows(rows)


def frame_of_rows(rows: Sequence[Sequence[Any]]) -> DataFrame:
    """Rows in the order of :data:`COLUMNS` as a DataFrame with its types set, unknown numbers as NaN."""
    if not installed("pandas"):
        raise MissingPackage("tables of runs need pandas", "run: pip install 'qmectk[compare]'")
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    for name in COLUMNS:
        if name in REAL:
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        elif name in ("frame", "seed", "sense"):
            frame[name] = frame[name].astype("int64")
    return frame


def sql_condition(conditions: Sequence[str]) -> tuple[str, list[Any]]:
    """Conditions such as "backend=sa", "gap<=0.01" or "reason~memory" (contains) as SQL and its values.

    Raises
    ------
    InputError
        For an unknown column, with the nearest one, and for text that is no condition.
    """
    parts: list[str] = []
    values: list[Any] = []
    for text in conditions:
        match = _CONDITION.fullmatch(text)
        if match is None:
            raise InputError(f"'{text}' is not a condition", "write for example 'backend=sa' or 'gap<=0.01'")
        name, operator, value = match[1], match[2], match[3].strip()
        if name not in COLUMNS:
            raise unknown("column", name, COLUMNS)
        if operator == "~":
            parts.append(f"instr(lower(coalesce({name}, '')), lower(?)) > 0")
            values.append(value)
            continue
        if value.lower() in ("none", "null") and operator in ("=", "!="):
            parts.append(f"{name} IS {'NOT ' if operator == '!=' else ''}NULL")
            continue
        if COLUMNS[name].startswith(("REAL", "INTEGER")):
            try:
                values.append(float(value))
            except ValueError:
                raise InputError(f"column '{name}' holds numbers, not '{value}'") from None
        else:
            values.append(value)
        parts.append(f"{name} {operator} ?")
    return " AND ".join(parts), values


def export(frame: DataFrame, path: str | Path) -> None:
    """Write runs to a .csv or .parquet file, one row a run.

    Raises
    ------
    InputError
        For another suffix, or a file that cannot be written.
    MissingPackage
        When Parquet is asked for without pyarrow.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in EXPORTS:
        raise InputError(f"cannot tell a format from '{target.name}'", f"end it in {' or '.join(EXPORTS)}")
    try:
        if suffix == ".csv":
            frame.to_csv(target, index=False, lineterminator="\n")
        else:
            if not installed("pyarrow"):
                raise MissingPackage("Parquet files need pyarrow", "run: pip install 'qmectk[compare]'")
            frame.to_parquet(target, index=False, engine="pyarrow")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
