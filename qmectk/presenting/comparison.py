"""A comparison as a page, and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..status import OPTIMALITY_GAP
from .horizons import horizons_page, plain_horizons
from .page import Block, Grid, Line
from .wording import number, percent, seconds

#: Failures printed before the rest is only counted.
SHOWN = 8

#: Columns of the table, and those that are left out where nothing stands in them.
HEADERS = ("problem", "backend", "runs", "failed", "optimal", "feasible", "mean gap", "time", "compile", "training")
RARE = ("failed", "compile", "training")


def plain_comparison(frame: Any, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Plain values of runs: how many, and a row for each problem and backend."""
    from ..comparing.audits import audit_counts
    from ..comparing.statistics.breakeven import training
    from ..comparing.statistics.means import SECONDS_SHIFT, shifted_geometric_mean
    from ..comparing.statistics.prepare import prepare
    from ..comparing.statistics.seeds import hinges
    from ..comparing.statistics.sweep import sweep_curve

    runs = prepare(frame)

    def spent(part: Any) -> dict[str, float | None]:
        seconds = shifted_geometric_mean(part["charged"].to_numpy(float), SECONDS_SHIFT, axis=-1)
        return {"seconds": _number(seconds), "training_seconds": _number(training(part)) or None}

    statuses = frame["status"].value_counts()
    return {
        "runs": len(frame),
        "status": {str(name): int(count) for name, count in statuses.items()},
        "backends": [_group(key, part) | spent(part) for key, part in _groups(runs)],
        "horizons": plain_horizons(frame),
        "coupled": _coupled(frame),
        "unsettled": [f"{hinge.problem}: {hinge}" for hinge in hinges(runs)],
        "audit": audit_counts(frame),
        "notes": list(notes),
        "penalties": _plain_rows(sweep_curve(runs)),
        "failures": _failures(frame),
    }


def _groups(runs: Any) -> Any:
    return runs.groupby(["problem", "contender"], sort=False)


def _group(key: Any, part: Any) -> dict[str, Any]:
    """A row of the table, in the definitions of reports: gaps are to the best bound that any run has proved."""
    problem, contender = key
    return {
        "problem": problem,
        "contender": contender,
        "backend": str(part["backend"].iloc[0]),
        "preset": str(part["preset"].iloc[0]) or None,
        "floor": bool(part["floor"].any()),
        "runs": len(part),
        "ok": int((part["status"] == "ok").sum()),
        "share_optimal": float(part["optimal"].mean()),
        "share_feasible": float(part["feasible"].mean()),
        "mean_gap": _number(part["gap"].mean()),
        "mean_objective": _number(part.loc[part["feasible"], "objective"].mean()),
        "unit": str(part["unit"].iloc[0]),
        "median_solve_seconds": _number(part["solve_seconds"].median()),
        "median_conversion_seconds": _number(part["conversion_seconds"].median()),
        "median_compilation_seconds": _number(part["compilation_seconds"].median()),
    }


def _coupled(frame: Any) -> list[str]:
    """The problems whose instances are slots of one trajectory."""
    return [str(name) for name in frame.loc[frame["coupled"] == 1, "problem"].unique()]


def _number(value: Any) -> float | None:
    return float(value) if value == value else None  # nan is not itself


def _plain_rows(frame: Any) -> list[dict[str, Any]]:
    return [
        {k: (None if isinstance(v, float) and v != v else v) for k, v in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _failures(frame: Any) -> list[dict[str, Any]]:
    from ..comparing.running.outcome import general

    bad = frame[frame["status"] != "ok"]
    why = [general(str(reason), str(label)) for reason, label in zip(bad["reason"], bad["instance"], strict=True)]
    names = ["problem", "backend", "status", "reason"]
    groups = bad.assign(reason=why).groupby(names, sort=False)
    return [{**dict(zip(names, key, strict=True)), "runs": len(part)} for key, part in groups]


def page_of(data: dict[str, Any]) -> list[Block]:
    """A row for each problem and contender, what went wrong, and where everything is.

    `data` is :meth:`Comparison.as_dict`. Penalties are shown where several factors were run.
    """
    from ..comparing.audits import sentence

    if data["horizons"]:
        page = horizons_page(data["horizons"])
    else:
        rows = [_row(row) for row in data["backends"]]
        # what happened to no contender would only push the numbers off a narrow terminal
        shown = [name for name in HEADERS if name not in RARE or any(row[name] for row in rows)]
        page = [Grid(shown, [[row[name] for name in shown] for row in rows], last_grows=False)]
    if data["coupled"]:
        text = (
            f"The instances of {', '.join(data['coupled'])} are slots of one trajectory and not independent: "
            "intervals in reports are too narrow there, and p-values too small"
        )
        page += [Line(), Line(text)]
    for note in [*data["unsettled"], *data["notes"]]:
        page += [Line(), Line(note)]
    if data["audit"]["audited"]:
        page += [Line(), Line(sentence(data["audit"]))]
    if len({row["factor"] for row in data["penalties"]}) > 1:
        page += [Line(), _penalties(data["penalties"])]
    if data["failures"]:
        page.append(Line())
        several = len({row["problem"] for row in data["backends"]}) > 1
        for failure in data["failures"][:SHOWN]:
            whose = f"{failure['problem']}, {failure['backend']}" if several else failure["backend"]
            page.append(Line(f"{whose}: {failure['runs']} {failure['status']}: {failure['reason']}"))
        if len(data["failures"]) > SHOWN:
            page.append(Line(f"and {len(data['failures']) - SHOWN} more kinds of failure"))
    if data["store"] or data["report"]:
        page.append(Line())
    if data["store"]:
        many = f"{data['runs']} runs are" if data["runs"] != 1 else "1 run is"
        page.append(Line(f"{many} kept in {data['store']}; 'qmectk runs --store {data['store']}' lists them"))
    if data["report"]:
        page.append(Line(f"wrote {data['report']}"))
    return page


def _row(row: dict[str, Any]) -> dict[str, str]:
    """The cells of a problem and backend, by their headers."""
    return {
        "problem": row["problem"],
        "backend": row["contender"],
        "runs": str(row["runs"]),
        "failed": str(row["runs"] - row["ok"]) if row["ok"] < row["runs"] else "",
        "optimal": percent(row["share_optimal"]),
        "feasible": percent(row["share_feasible"]),
        "mean gap": _gap(row["mean_gap"]),
        "time": _seconds(row["seconds"]),
        "compile": _seconds(row["median_compilation_seconds"] or None),
        "training": _seconds(row["training_seconds"]),
    }


def _gap(value: float | None) -> str:
    """A gap; below the optimality gap it is floating-point noise, as in reports."""
    if value is None:
        return ""
    return "under 0.0001 %" if 0.0 < value < OPTIMALITY_GAP else percent(value)


def _seconds(value: float | None) -> str:
    return seconds(value) if value is not None else ""


def _penalties(rows: list[dict[str, Any]]) -> Grid:
    return Grid(
        ["problem", "backend", "penalty factor", "feasible samples", "feasible answers", "mean gap", "sufficient"],
        [
            [
                row["problem"],
                row["backend"],
                number(row["factor"], 3),
                percent(row["share_feasible"]) if row["share_feasible"] is not None else "",
                percent(row["share_answered"]),
                _gap(row["mean_gap"]),
                _sufficient(row["sufficient"]),
            ]
            for row in rows
        ],
    )


def _sufficient(share: float | None) -> str:
    if share is None:
        return "not proved"
    return {1.0: "proved", 0.0: "refuted"}.get(share, f"on {percent(share)}")
