"""Stores without the study that wrote them: the same tables, statistics and reports, from one store or several."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...errors import InputError
from ..comparison import Comparison
from ..horizons import judged
from ..studies.study import BackendEntry, ProblemEntry, Study
from .conditions import check_found, sql_condition
from .merging import united
from .schema import COLUMNS
from .store import Store
from .table import frame_of_rows

if TYPE_CHECKING:
    from pandas import DataFrame

#: Digits of a problem's fingerprint that tell it from a namesake.
DIGITS = 6

#: What makes two runs the same measurement to the reader of a table, beside limits that no column has.
SAME = ("problem", "instance", "frame", "backend", "options", "seed", "time_limit", "version", "horizon_slots")


class NoRuns(InputError):
    """Stores in which no run is, or none that meets the conditions."""


def open_store(
    *paths: str | Path, where: str | Iterable[str] = (), title: str | None = None, target_gap: float | None = None
) -> Comparison:
    """The runs of one or several stores, as ``qmectk.compare`` returns those of a study.

    Stores are opened to be read; a study may be writing to them. Runs of every study and version in them count. A run
    that is in several stores counts once. What a backend did in several versions of its code stands as several
    contenders, and problems that share a name and differ are distinguished by digits of their content.

    Parameters
    ----------
    paths
        Files that ``qmectk compare --store`` wrote.
    where
        Conditions on columns ("backend=sa", "gap<=1 %"), as ``qmectk runs --where`` takes them; all must hold.
    title, target_gap
        Instead of those of the last study in the stores.

    Raises
    ------
    InputError
        For a file that is no store or damaged, and where no run is left.

    Examples
    --------
    >>> import qmectk
    >>> result = qmectk.open_store("runs.db", where="backend!=random")  # doctest: +SKIP
    >>> result.report("report.html")  # doctest: +SKIP
    """
    if not paths:
        raise InputError("there is no store to open", "name a file")
    conditions = [where] if isinstance(where, str) else list(where)
    condition, values = sql_condition(conditions)
    files = [Path(path) for path in paths]
    found: list[tuple[Path, list[dict[str, Any]]]] = []
    asked: list[tuple[str, list[str]]] = []
    for file in files:
        with Store(file, create=False) as store:
            rows = [dict(zip(COLUMNS, row, strict=True)) for row in store.rows(condition, values)]
            asked += store.studies()
            if not rows and len(files) == 1:
                check_found(store, conditions)
        found.append((file, rows))
    rows, notes = united(found)
    if not rows:
        which = "that meets these conditions" if conditions else "yet"
        raise NoRuns(f"there is no finished run in {' or '.join(map(str, paths))} {which}")
    rows = _ordered(rows, asked)
    notes += _named_apart(rows)
    kept = _latest(rows)
    if len(kept) < len(rows):
        notes.append(
            f"{len(rows) - len(kept)} of {len(rows)} runs were made again with other limits or references: "
            "the latest count."
        )
    frame = frame_of_rows([tuple(row.values()) for row in kept])
    study = _study(frame, asked, files, title, target_gap)
    if study.slots is not None:
        frame = judged(frame, study.stable_below)
    return Comparison(frame, study, files[0] if len(files) == 1 else None, tuple(notes))


def _ordered(rows: list[dict[str, Any]], asked: Sequence[tuple[str, list[str]]]) -> list[dict[str, Any]]:
    """Runs in the order of the last study that asked for them, not in that in which they ended."""
    place = {key: (number, order) for number, (_, keys) in enumerate(asked) for order, key in enumerate(keys)}
    return sorted(rows, key=lambda row: place.get(row["run_id"], (-1, 0)))


def _named_apart(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Give different problems of one name different names; returns a sentence a name."""
    contents: dict[str, set[str]] = {}
    for row in rows:
        contents.setdefault(row["problem"], set()).update([row["fingerprint"]] if row["fingerprint"] else [])
    several = {name: len(found) for name, found in contents.items() if len(found) > 1}
    for row in rows:
        if row["problem"] in several:
            row["problem"] += f" [{(row['fingerprint'] or 'unknown')[:DIGITS]}]"
    return [f"{count} different problems are called '{name}'." for name, count in several.items()]


def _latest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last of the runs that differ in nothing that a table shows."""
    last = {}
    for row in rows:
        slots = json.loads(row["horizon"])["slots"] if row["horizon"] else None
        last[tuple({**row, "horizon_slots": slots}[name] for name in SAME)] = row["run_id"]
    keep = set(last.values())
    return [row for row in rows if row["run_id"] in keep]


def _study(
    frame: DataFrame,
    asked: Sequence[tuple[str, list[str]]],
    files: Sequence[Path],
    title: str | None,
    target_gap: float | None,
) -> Study:
    """The last study that asked for any of these runs; made from them where the store is of an earlier version."""
    kinds = Counter(frame["horizon"].notna())
    if len(kinds) > 1:
        raise InputError(
            f"these are {kinds[False]} runs on instances and {kinds[True]} of controllers over horizons",
            "choose with --where horizon=none or --where horizon!=none",
        )
    there = set(frame["run_id"])
    study = next((_read(text) for text, keys in reversed(asked) if there & set(keys)), None)
    if study is None:
        study = _imagined(frame, files)
    changes = {"study": title, "target_gap": target_gap}
    return study.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _read(text: str) -> Study | None:
    try:
        return Study.model_validate_json(text)
    except ValidationError:  # of another version
        return None


def _imagined(frame: DataFrame, files: Sequence[Path]) -> Study:
    """What a study must have asked for to have these runs; what they do not tell has its default."""
    contenders = frame[["backend", "options", "preset"]].drop_duplicates().to_dict(orient="records")
    slots = [json.loads(text)["slots"] for text in frame["horizon"].dropna().unique()]
    return Study.model_construct(
        study=", ".join(file.stem for file in files),
        problems=tuple(ProblemEntry(file=name) for name in frame["problem"].unique()),
        backends=tuple(_entry(one) for one in contenders),
        seeds=tuple(int(seed) for seed in frame["seed"].unique()),
        slots=max(slots) if slots else None,
    )


def _entry(run: Mapping[str, Any]) -> BackendEntry:
    preset = run["preset"] if isinstance(run["preset"], str) else None
    return BackendEntry(backend=run["backend"], options=json.loads(run["options"]), preset=preset)
