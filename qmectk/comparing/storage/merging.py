"""Several stores as one: a run that is in two of them counts once, and where they disagree that is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from .schema import COLUMNS
from .store import Store

#: What two stores must agree on; times differ with the machine.
RESULTS = ("status", "quality", "objective")
#: Relative difference of objectives that rounding on another processor makes.
ROUNDING = 1e-9


def united(found: Sequence[tuple[Path, list[dict[str, Any]]]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The runs of all stores, each once, and what to say of those that differ.

    Of runs that differ the first that ended well counts.
    """
    rows: dict[str, dict[str, Any]] = {}
    source: dict[str, Path] = {}
    differing: dict[str, str] = {}
    for path, here in found:
        for row in here:
            key = row["run_id"]
            before = rows.get(key)
            if before is not None:
                name = next((name for name in RESULTS if not _agree(before[name], row[name])), None)
                if name is not None:
                    what = f"{row['problem']}, {row['instance']}, {row['backend']}, seed {row['seed']}"
                    says = f"{name} {_said(before[name])} in {source[key]}, {_said(row[name])} in {path}"
                    differing.setdefault(key, f"{what}: {says}")
                if before["status"] == "ok" or row["status"] != "ok":
                    continue
            rows[key], source[key] = row, path
    if not differing:
        return list(rows.values()), []
    many = "1 run differs" if len(differing) == 1 else f"{len(differing)} runs differ"
    example = next(iter(differing.values()))
    return list(rows.values()), [f"{many} between the stores ({example}): the first that ended well counts."]


def _said(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _agree(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=ROUNDING)
    return bool(one == other)


def merge(paths: Sequence[str | Path], out: str | Path) -> tuple[int, list[str]]:
    """Write the runs of several stores into one, with their references, trainings and studies.

    ``qmectk.compare`` goes on from it as from any of them. A store that `out` is already counts as the first.

    Parameters
    ----------
    paths
        Stores; they are opened to be read.
    out
        Where to.

    Returns
    -------
    Number of runs in it, and what to say of those that differ.

    Raises
    ------
    InputError
        For a file that is no store or damaged; nothing is written then.
    """
    target = Path(out)
    files = [Path(path) for path in paths]
    if any(file.exists() and target.exists() and file.samefile(target) for file in files):
        raise InputError(f"{target} is one of the stores to merge", "name another file")
    found: list[tuple[Path, list[dict[str, Any]]]] = []
    beside: list[tuple[list[Any], list[Any]]] = []
    for file in [target, *files] if target.exists() else files:
        with Store(file, create=False) as store:
            found.append((file, [dict(zip(COLUMNS, row, strict=True)) for row in store.rows()]))
            beside.append(store.beside())
    rows, notes = united(found)
    with Store(target) as store:
        store.add(rows, beside)
        return store.count(), notes
