"""Controllers over horizons: what each comes to on the same paths, and whether it stands.

Runs are paired: a path brings the same arrivals and channels to every controller, so differences are taken path by
path and seed by seed. Intervals are those of :mod:`.bootstrap`, paths in the place of instances. A contender stands
where each of its runs does (:mod:`qmectk.simulating.standing`); one that does not has the loss of one without an
answer (:mod:`.prepare`), so no rank, test or verdict puts it above one that stands.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd

from ..running.runs import settings_in_words
from .bootstrap import Interval, intervals
from .breakeven import training
from .means import nan_mean
from .prepare import contending, prepare

#: Where along the slots Q(t)/t is reported.
MARKS = ("quarter", "half", "end")

BOTH = (-2, -1)


def of_horizons(runs: pd.DataFrame) -> bool:
    """Whether controllers were run over horizons, rather than solvers on instances."""
    return any(isinstance(text, str) and text for text in runs["horizon"])


def facts_of(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """What each run recorded of its horizon; {} for one that never came back."""
    return [found if "goal" in found else {} for found in _recorded(runs)]


def _recorded(runs: pd.DataFrame) -> list[dict[str, Any]]:
    return [json.loads(text) if isinstance(text, str) and text else {} for text in runs["horizon"]]


def spread(frame: pd.DataFrame) -> pd.DataFrame:
    """The runs with what their horizons came to as columns of their own.

    ``path``, ``slots``, ``done``, ``stands``, ``slot_gap``, ``worst_slot_gap``, ``replaced_slots``, ``horizon_bound``,
    ``horizon_gap`` (negative where a controller is beyond the bound, by work that it left in its queues),
    ``ms_per_slot``; of each record its mean over the second half; of each queue ``<name>_quarter``, ``_half``, ``_end``
    (Q(t)/t at T/4, T/2 and T); and the process's derived numbers.
    """
    facts = facts_of(frame)
    rows = []
    for one, row in zip(facts, frame.itertuples(), strict=True):
        out: dict[str, Any] = {"path": row.frame, "slots": one.get("slots"), "done": one.get("done")}
        out["stands"] = row.status == "ok" and row.quality == "feasible"
        out["slot_gap"], out["worst_slot_gap"] = one.get("gap"), one.get("worst_gap")
        out["replaced_slots"], out["ms_per_slot"] = one.get("replaced_slots"), one.get("ms_per_slot")
        bound = row.reference_bound
        out["horizon_bound"] = bound
        out["horizon_gap"] = row.sense * (bound - row.objective) / abs(bound) if bound else np.nan
        out |= one.get("second_half", {})
        for name, marks in one.get("queues", {}).items():
            out |= {f"{name}_{mark}": marks[mark] for mark in MARKS}
        rows.append(out | one.get("derived", {}))
    found = pd.DataFrame(rows, index=frame.index)
    for name in found.columns.difference(["path", "stands"]):
        found[name] = pd.to_numeric(found[name])
    return pd.concat([frame, found[[name for name in found if name not in frame]]], axis=1)


def summarize_horizons(
    frame: pd.DataFrame, *, seed: int = 0, resamples: int = 999, level: float = 0.95
) -> pd.DataFrame:
    """One row a problem and contender: of a problem those that stand first, best mean goal first.

    ``runs``, ``slots``, ``paths``, ``seeds``, ``n_stands``, ``n_failed``, ``stands`` (bool), ``reason`` (of the first
    run that does not stand), ``floor``, ``goal``, ``unit``, ``sense``; with ``_low`` and ``_high`` of their intervals
    the means ``objective`` (of the goal, second half), ``horizon_gap``, ``slot_gap`` and ``backlog`` (of the first
    queue, second half); ``bound``; the largest ``violation``; ``queue``, the one with the largest Q(T)/T, and the means
    ``quarter``, ``half``, ``end`` of its Q(t)/t; ``ms_per_slot``, ``training`` (once); ``records`` and ``derived``
    (dicts of means). Over the runs that came back.
    """
    runs = spread(prepare(frame))
    rows = []
    for (problem, contender), group in runs.groupby(["problem", "contender"], sort=False):
        facts = [fact for fact in facts_of(group) if fact]
        known: dict[str, Any] = facts[0] if facts else {"goal": "", "backlogs": [], "second_half": {}, "derived": {}}
        queues = known["backlogs"]
        values = {name: group[name].astype(float) for name in ("objective", "horizon_gap", "slot_gap")}
        values["backlog"] = group[queues[0]].astype(float) if queues else pd.Series(np.nan, index=group.index)
        # the same draws for every contender: those that share paths are resampled alike
        rng = np.random.default_rng(seed)
        found = intervals(
            values, group["case"], {name: _mean(name) for name in values}, rng, resamples=resamples, level=level
        )
        bad = group[~group["stands"]]
        largest = max(queues, key=lambda name: nan_mean(group[f"{name}_end"]), default=None)
        row: dict[str, Any] = {
            "problem": problem,
            "contender": contender,
            "runs": len(group),
            "slots": int(known.get("slots", 0)),
            "paths": int(group["case"].nunique()),
            "seeds": int(group["seed"].nunique()),
            "n_stands": int(group["stands"].sum()),
            "n_failed": int(group["failed"].sum()),
            "stands": not len(bad),
            "reason": str(bad["reason"].iloc[0]) if len(bad) else "",
            "floor": bool(group["floor"].any()),
            "goal": known["goal"],
            "queue": largest or "",
            "unit": str(group["unit"].iloc[0]),
            "sense": int(group["sense"].iloc[0]),
            "bound": nan_mean(group["horizon_bound"]),
            "violation": float(group["violation"].max()),
            "ms_per_slot": nan_mean(group["ms_per_slot"]),
            "training": training(group),
            "records": {name: nan_mean(group[name]) for name in known["second_half"]},
            "derived": {name: nan_mean(group[name]) for name in known["derived"]},
        }
        row |= {mark: nan_mean(group[f"{largest}_{mark}"]) if largest else np.nan for mark in MARKS}
        for name, value in found.items():
            row[name], row[f"{name}_low"], row[f"{name}_high"] = value
        rows.append(row)
    found_rows = pd.DataFrame(rows)
    return pd.concat([_ordered(part) for _, part in found_rows.groupby("problem", sort=False)], ignore_index=True)


def _mean(name: str) -> Any:
    return lambda sample: nan_mean(sample[name], axis=BOTH)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame({"falls": ~rows["stands"], "worth": -rows["sense"] * rows["objective"]})
    return rows.loc[keys.sort_values(["falls", "worth"], kind="stable").index]


def differences(frame: pd.DataFrame, *, seed: int = 0, resamples: int = 999, level: float = 0.95) -> pd.DataFrame:
    """Every pair of contenders of one problem, on the paths and seeds that both came back from.

    ``first``, ``second``, ``pairs`` (how many), and with ``_low`` and ``_high`` the mean differences, first minus
    second, of ``objective`` (the goal) and ``backlog`` (the first queue).
    """
    runs = spread(contending(prepare(frame)))
    queues: list[str] = next((fact["backlogs"] for fact in facts_of(runs) if fact), [])
    queue = queues[0] if queues else None
    columns = {"objective": "objective", **({"backlog": queue} if queue else {})}
    by_run = {name: part.set_index(["case", "seed"]) for name, part in runs.groupby("contender", sort=False)}
    rows = []
    for first, second in itertools.combinations(by_run, 2):
        both = by_run[first].add_suffix("_1").join(by_run[second].add_suffix("_2"), how="inner")
        gains = {name: both[f"{column}_1"] - both[f"{column}_2"] for name, column in columns.items()}
        known = gains["objective"].notna()
        row: dict[str, Any] = {"first": first, "second": second, "pairs": int(known.sum())}
        found = intervals(
            {name: gain[known] for name, gain in gains.items()},
            both.index.get_level_values("case")[known],
            {name: _mean(name) for name in gains},
            np.random.default_rng(seed),
            resamples=resamples,
            level=level,
        )
        found = {"backlog": Interval(np.nan, np.nan, np.nan), **found}
        for name, value in found.items():
            row[name], row[f"{name}_low"], row[f"{name}_high"] = value
        rows.append(row)
    return pd.DataFrame(rows)


def tracks(runs: pd.DataFrame, record: str) -> tuple[np.ndarray, np.ndarray]:
    """Slots, and the mean of a record there over the runs of one contender that came to the same number of slots."""
    found = [json.loads(text) for text in runs["trajectory"] if text]
    found = [one for one in found if record in one]
    whole = max((one["slot"][-1] for one in found), default=0.0)
    found = [one for one in found if one["slot"][-1] == whole]
    if not found:
        return np.empty(0), np.empty(0)
    return np.array(found[0]["slot"]), np.mean([one[record] for one in found], axis=0)


def trade_off(frame: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """The rows of :func:`summarize_horizons` that a sweep made, with ``of`` (the problem), ``key`` and ``value``."""
    runs = prepare(frame)
    rows = summarize_horizons(runs, **settings)
    known = {problem: (title, key, value) for title, problem, key, value in _points(runs)}
    rows = rows[rows["problem"].isin(known)].copy()
    for column, place in (("of", 0), ("key", 1), ("value", 2)):
        rows[column] = [known[problem][place] for problem in rows["problem"]]
    return rows


def _points(runs: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """Problem without its swept key, problem, key and value, for each problem of a sweep over numbers."""
    out = {}
    for problem, fact in zip(runs["problem"], _recorded(runs), strict=True):
        for key, value in fact.get("settings", {}).items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                out[problem] = (problem.removesuffix(settings_in_words({key: value})), problem, key, float(value))
    return list(out.values())
