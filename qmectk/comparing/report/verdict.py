"""The first thing a report says: who proves, who comes closest, and what the answers are measured against."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ...status import OPTIMALITY_GAP
from .wording import clean, count, gap, ratio, seconds


def verdict(rows: pd.DataFrame) -> list[str]:
    """One to three sentences about a problem, from its rows of :func:`..statistics.summary.summarize`."""
    ran = rows[rows["n_failed"] < rows["runs"]]
    if not len(ran):
        return [f"Nothing to compare: all {int(rows['runs'].sum())} runs failed. The reasons are listed below."]
    pointed = ran[ran["n_feasible"] > 0]
    if not len(pointed):
        return ["No run found a feasible point."]
    bounded = pointed["gap"].notna().any()
    out = []
    provers = ran[ran["n_proved"] > 0].sort_values(["proved", "seconds"], ascending=[False, True], kind="stable")
    # a contender that does not prove everything is worth a sentence of its own
    others = pointed[(pointed["proved"] < 1.0) & pointed["gap"].notna()]
    if bounded and len(others):
        column = "gap"
        order = others.sort_values(["feasible", column, "seconds"], ascending=[False, True, True], kind="stable")
        if len(provers) and len(order) > 1 and order.iloc[0]["contender"] == provers.iloc[0]["contender"]:
            order = order.iloc[1:]
        out.append(_closest(order.iloc[0]))
    elif not bounded:
        out.append(_closest_found(pointed))
    if len(provers):
        first = provers.iloc[0]
        whole = first["n_proved"] == first["runs"]
        name, time = clean(first["contender"]), seconds(first["seconds"])
        proofs = (
            f"proves all {first['runs']} runs optimal"
            if whole
            else f"proves {first['n_proved']} of {first['runs']} runs optimal"
        )
        out.append(f"{name} {proofs} in {time} a run.")
    elif bounded:
        out.append("No contender proved optimality by itself; the bounds are a reference's or incomplete.")
    return out


def _closest_found(rows: pd.DataFrame) -> str:
    """Without bounds: who answers most often, and who is closest where it answers, which need not be the same."""
    order = rows.sort_values(["feasible", "gap_found", "seconds"], ascending=[False, True, True], kind="stable")
    first = order.iloc[0]
    nearest = rows.sort_values(["gap_found", "seconds"], kind="stable").iloc[0]
    answered = f"with a feasible point in {count(first['n_feasible'], first['runs'])} runs"
    if first["gap_found"] <= nearest["gap_found"] + OPTIMALITY_GAP:
        text = (
            f"{clean(first['contender'])} comes closest to the best points found, "
            f"{gap(first['gap_found'])} away on average, {answered}."
        )
    else:
        text = (
            f"{clean(first['contender'])} is {gap(first['gap_found'])} from the best points found on average, "
            f"{answered}; {clean(nearest['contender'])} is closer where it has one, {gap(nearest['gap_found'])}, "
            f"which is in {count(nearest['n_feasible'], nearest['runs'])} runs."
        )
    return f"{text} No bound is known, so nothing here is certified."


def _near(row: Any) -> str:
    """How near its answers come, up to the name of what they come near to."""
    if row["sense"] > 0 and math.isfinite(row["ratio"]) and row["all_ratios"]:
        share = ratio(min(row["ratio"], 1.0))
        return "reaches" if share == "1" else f"reaches {share} of"
    if not row["gap"] > 0.0:
        return "reaches"
    # below the optimality gap a distance is rounding, and the bound itself is known no better
    away = gap(max(row["gap"], OPTIMALITY_GAP))
    return f"comes within {away} of" if row["gap"] <= 1.0 else f"comes closest, but stays {away} from"


def _closest(row: Any) -> str:
    cases, solved, against = row["cases"], row["solved_cases"], row["against"]
    if against["optimum"] == cases:
        measure = "the certified optimum"
    elif against["none"] == 0:
        measure = "the best certified bound"
    else:
        measure = f"the certified bound, where one is known ({cases - against['none']} of {cases} instances)"
    where = f"with a feasible point on {solved} of {cases} instances"
    if solved == cases:
        where = f"on {cases} of {cases} instances"
    near = _near(row)
    trained = f" after {seconds(row['training'])} of training" if row["training"] > 0.0 else ""
    name = clean(row["contender"])
    return (
        f"{name} {near} {measure} on average, {where} "
        f"(worst gap {gap(row['worst_gap'])}), in {seconds(row['seconds'])} a run{trained}."
    )
