"""A simulation's records as a file: one row a slot, Parquet or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, MissingPackage
from ..extending.installed import installed
from ..files.spreadsheets import text_cell
from ..files.storage import check_output, explained, replace_file
from .result import Simulation

SUFFIXES = (".csv", ".parquet")


def check(path: Path) -> None:
    """Refuse, before any work, a trace file that could not be written later."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"cannot tell a format from '{path.name}'", "give the file a name that ends in .csv or .parquet"
        )
    if path.suffix.lower() == ".parquet" and not installed("pyarrow"):
        raise MissingPackage("Parquet files need pyarrow", "run: pip install 'qmectk[simulate]', or write a .csv file")
    check_output(path)


def columns(simulations: list[Simulation]) -> dict[str, Any]:
    """Columns of all runs below each other: what identifies the run, the slot, and every record."""
    names = list(dict.fromkeys(name for run in simulations for name in run.records))
    keys = list(dict.fromkeys(key for run in simulations for key in run.settings))
    out: dict[str, Any] = {
        "preset": [run.title for run in simulations for _ in range(run.done)],
        "backend": [run.backend for run in simulations for _ in range(run.done)],
    }
    for key in keys:
        out[key] = [run.settings.get(key) for run in simulations for _ in range(run.done)]
    out["slot"] = np.concatenate([np.arange(run.done) for run in simulations])
    for name in names:
        out[name] = np.concatenate([run.records.get(name, np.full(run.done, np.nan)) for run in simulations])
    return out


def write_trace(path: str | Path, *simulations: Simulation) -> None:
    """Write the records of one or several runs in one step; the suffix decides the format."""
    path = Path(path)
    check(path)
    table = columns(list(simulations))
    content = _csv(table) if path.suffix.lower() == ".csv" else _parquet(table, simulations)
    with explained(path):
        replace_file(path, content)


def _csv(table: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(text_cell, table))
    for row in zip(*table.values(), strict=True):
        writer.writerow(["" if isinstance(cell, float) and np.isnan(cell) else text_cell(cell) for cell in row])
    return text.getvalue().encode()


def _parquet(table: dict[str, Any], simulations: Sequence[Simulation]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = json.dumps([run.as_dict() for run in simulations])
    made = pa.table({name: pa.array(values) for name, values in table.items()})
    made = made.replace_schema_metadata({"qmectk": about})
    buffer = io.BytesIO()
    pq.write_table(made, buffer)
    return buffer.getvalue()
