"""Controllers over horizons in the terminal: a row a problem and contender, those that stand first."""

from __future__ import annotations

from typing import Any

from ..status import OPTIMALITY_GAP
from .page import Block, Grid, Line
from .wording import number, percent, seconds

#: Columns that are left out where nothing stands in them.
RARE = ("failed", "to bound", "slot gap", "training")


def plain_horizons(frame: Any) -> list[dict[str, Any]]:
    """The rows of :func:`qmectk.comparing.statistics.summarize_horizons` as plain values."""
    from ..comparing.statistics.horizons import of_horizons, summarize_horizons
    from ..solution import plain

    if not of_horizons(frame):
        return []
    return [
        {name: None if isinstance(value, float) and value != value else plain(value) for name, value in row.items()}
        for row in summarize_horizons(frame).to_dict(orient="records")
    ]


def horizons_page(rows: list[dict[str, Any]]) -> list[Block]:
    """The table, and below it why contenders do not stand."""
    page: list[Block] = []
    for problem in dict.fromkeys(row["problem"] for row in rows):
        here = [row for row in rows if row["problem"] == problem]
        goal = next((row["goal"] for row in here if row["goal"]), "goal")
        cells = [_row(row, goal) for row in here]
        shown = [name for name in cells[0] if name not in RARE or any(cell[name] for cell in cells)]
        most = max(here, key=lambda row: row["runs"])
        title = (
            f"{problem}: {_many(most['paths'], 'path')} of {most['slots'] or 0} slots, {_many(most['seeds'], 'seed')}"
        )
        page += [Line()] if page else []
        page += [Line(title), Grid(shown, [[cell[name] for name in shown] for cell in cells], last_grows=False)]
    fallen = [row for row in rows if not row["stands"] and row["n_failed"] < row["runs"]]
    if fallen:
        page += [Line(), Line("These do not stand, and are ranked below all that do:")]
        page += [Line(f"{row['problem']}, {row['contender']}: {row['reason']}") for row in fallen]
    return page


def _row(row: dict[str, Any], goal: str) -> dict[str, str]:
    return {
        "backend": row["contender"],
        "failed": str(row["n_failed"] or ""),
        "stand": f"{row['n_stands']}/{row['runs']}",
        goal.replace("_", " "): _with_error(row, "objective"),
        "to bound": percent(row["horizon_gap"]) if row["horizon_gap"] is not None else "",
        "backlog": number(row["backlog"], 4) if row["backlog"] is not None else "",
        "Q(T)/T": number(row["end"], 3) if row["end"] is not None else "",
        "slot gap": _slot_gap(row["slot_gap"]),
        "training": seconds(row["training"]) if row["training"] else "",
    }


def _with_error(row: dict[str, Any], name: str) -> str:
    """A mean and half the width of its interval."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if value is None:
        return ""
    spread = f" +- {number((high - low) / 2, 2)}" if low is not None and high is not None and high > low else ""
    return number(value, 4) + spread


def _slot_gap(value: float | None) -> str:
    """A gap; what is below the optimality gap is rounding."""
    return "" if value is None else percent(value if value > OPTIMALITY_GAP else 0.0)


def _many(size: int, noun: str) -> str:
    return f"{size} {noun}" if size == 1 else f"{size} {noun}s"
