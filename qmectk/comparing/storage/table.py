"""Stored runs as a pandas DataFrame, filters on them, and files for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError, MissingPackage
from ...extending.installed import installed
from ...files.spreadsheets import harmless
from ...files.storage import explained, replace_file
from .conditions import sql_condition
from .schema import COLUMNS, REAL
from .store import Store

if TYPE_CHECKING:
    from pandas import DataFrame

#: Suffixes of files that runs can be exported to.
EXPORTS = (".csv", ".parquet")


def frame_of(
    store: Store,
    keys: Iterable[str] | None = None,
    where: Sequence[str] = (),
    named: Mapping[str, Mapping[str, Any]] | None = None,
) -> DataFrame:
    """The stored runs, or those of `keys` in their order, or those that meet every condition in `where`.

    `named` replaces columns of the runs it knows: what they are called now, where the store knows an earlier name.
    """
    condition, values = sql_condition(where)
    rows = store.rows(condition, values)
    if named:
        rows = [tuple({**dict(zip(COLUMNS, row, strict=True)), **named.get(row[0], {})}.values()) for row in rows]
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


def export(frame: DataFrame, path: str | Path) -> None:
    """Write runs to a .csv or .parquet file, one row a run; in .csv no text is a formula to a spreadsheet.

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
    if suffix == ".csv":
        content = harmless(frame).to_csv(index=False, lineterminator="\n").encode()
    else:
        if not installed("pyarrow"):
            raise MissingPackage("Parquet files need pyarrow", "run: pip install 'qmectk[compare]'")
        content = frame.to_parquet(index=False, engine="pyarrow")
    with explained(target):
        replace_file(target, content)
