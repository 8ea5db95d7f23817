"""``qmectk runs``: list, filter and export the runs of a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import command, json_option, where_option

#: Rows printed before the rest is only counted.
SHOWN = 50


@command(
    "runs",
    "qmectk runs --store runs.db --where backend=sa --where 'gap>0.01'",
    "qmectk runs --store runs.db --export runs.parquet",
)
@click.option("--store", type=click.Path(path_type=Path), required=True, metavar="FILE.db", help="A store of runs.")
@where_option
@click.option("--export", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write .csv or .parquet.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help=f"Most rows to print [{SHOWN}; with --json all].")
@json_option
def runs(store: Path, where: tuple[str, ...], out: Path | None, limit: int | None, as_json: bool) -> None:
    """List the runs of a store, one row a run, or export them with all their columns."""
    from .output import check_target, print_json, stdout_kept_clean, wrote

    with stdout_kept_clean():
        from qmectk.comparing.storage.conditions import check_found
        from qmectk.comparing.storage.store import Store
        from qmectk.comparing.storage.table import EXPORTS, export, frame_of

        if out is not None:
            out = check_target(out, EXPORTS)
        with Store(store, create=False) as opened:
            frame = frame_of(opened, where=where)
            if frame.empty:
                check_found(opened, where)
        if out is not None:
            export(frame, out)
    if as_json:
        from qmectk.solution import plain

        shown = frame if limit is None else frame.head(limit)
        data = {"store": str(store), "runs": len(frame), "left_out": len(frame) - len(shown)}
        print_json({**data, "rows": plain(shown.to_dict(orient="records"))})
    elif out is not None:
        wrote(out, _count(frame))
    else:
        _print(frame, SHOWN if limit is None else limit)


def _print(frame: Any, limit: int) -> None:
    from qmectk.presenting.wording import number, percent, seconds

    from .render import line, table

    rows = [
        [
            row.problem,
            str(row.frame),
            row.backend + (f" ({row.preset})" if isinstance(row.preset, str) else ""),
            str(row.seed),
            row.status,
            row.quality if isinstance(row.quality, str) else "",
            number(row.objective) if row.objective == row.objective else "",
            percent(row.gap) if row.gap == row.gap else "",
            seconds(row.solve_seconds) if row.solve_seconds == row.solve_seconds else "",
            row.reason,
        ]
        for row in frame.head(limit).itertuples()
    ]
    if rows:
        table(["problem", "frame", "backend", "seed", "status", "quality", "objective", "gap", "solve", "reason"], rows)
    hidden = len(frame) - len(rows)
    line(_count(frame) + (f", {hidden} not shown (--limit)" if hidden else ""))


def _count(frame: Any) -> str:
    return f"{len(frame)} run{'' if len(frame) == 1 else 's'}"
