"""What a report says, before it is said in HTML, Markdown or LaTeX."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...status import OPTIMALITY_GAP
from ..statistics.breakeven import break_even
from ..statistics.means import nan_mean
from ..statistics.prepare import prepare
from ..statistics.ranks import critical_difference, losses, wilcoxon_pairs
from ..statistics.summary import summarize
from .verdict import verdict
from .wording import MISSING, clean, gap, number, percent, ratio, seconds, significance, span


@dataclass(frozen=True)
class Cell:
    """What a table shows, a second line beneath it, and what it sorts by (None: last, whichever the direction)."""

    text: str
    note: str = ""
    key: float | str | None = None
    best: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.key, str):  # it ends up in the page too
            object.__setattr__(self, "key", clean(self.key))


@dataclass(frozen=True)
class Table:
    """Headings, their explanations and rows of cells; the first column names the row."""

    title: str
    heads: list[tuple[str, str]]
    rows: list[list[Cell]]
    note: str = ""


@dataclass(frozen=True)
class Part:
    """One problem of a report."""

    problem: str
    verdict: list[str]
    summary: Table
    runs: pd.DataFrame
    tables: list[Table] = field(default_factory=list)
    ranking: str = ""


@dataclass(frozen=True)
class Content:
    """A report."""

    title: str
    subtitle: str
    runs: pd.DataFrame
    contenders: list[str]
    target_gap: float
    parts: list[Part]
    ranking: str
    failures: Table
    settings: Table
    penalties: Table | None
    environment: list[Table]
    warnings: list[str]


def gather(frame: pd.DataFrame, title: str, target_gap: float) -> Content:
    """Compute everything a report shows."""
    runs = prepare(frame)
    summary = summarize(runs, target_gap=target_gap)
    parts = []
    for problem, group in runs.groupby("problem", sort=False):
        rows = summary[summary["problem"] == problem]
        tables = [t for t in (_pairs(group), _break_even(group)) if t.rows]
        parts.append(
            Part(
                clean(problem),
                verdict(rows),
                _summary(rows, target_gap),
                group,
                tables,
                _ranking(group),
            )
        )
    contenders = list(dict.fromkeys(runs["contender"]))
    started = sorted(text for text in runs["started"] if text)
    when = [started[0][:10]] if started else []
    if started and started[-1][:10] != started[0][:10]:
        when = [f"{started[0][:10]} to {started[-1][:10]}"]
    pieces = [
        _many(len(contenders), "contender"),
        _many(len(parts), "problem"),
        _many(runs["case"].nunique(), "instance"),
        _many(len(runs), "run"),
        *[clean(text) for text in when],
    ]
    return Content(
        clean(title),
        " · ".join(pieces),
        runs,
        contenders,
        target_gap,
        parts,
        _ranking(runs) if len(parts) > 1 else "",
        _failures(runs),
        _settings(runs),
        _penalties(runs),
        _environment(runs),
        _warnings(runs),
    )


def _many(size: int, noun: str) -> str:
    return f"{size} {noun}" if size == 1 else f"{size:,} {noun}s".replace(",", "\u202f")


def _range(sizes: list[int], noun: str) -> str:
    return _many(sizes[0], noun) if len(sizes) == 1 else f"{sizes[0]} to {_many(sizes[-1], noun)}"


def _summary(rows: pd.DataFrame, target_gap: float) -> Table:
    heads = [
        ("contender", "backend, with the options that tell it from its namesakes"),
        ("proved", "share of runs that are optimal by the backend's own complete proof"),
        ("optimal", "share of runs whose point is certified optimal, by whichever proof"),
        ("feasible", "share of runs whose point meets every constraint, as the core measures it"),
        ("failed", "runs that crashed, hung, ran out of memory or were refused"),
        ("mean gap", "relative gap to the best certified bound, over runs with a feasible point"),
        ("worst gap", "largest such gap"),
        ("ratio", "mean of objective over best certified bound, over runs with a feasible point"),
        (f"gap ≤ {percent(target_gap)}", "share of all runs that reach the target gap"),
        ("time", "shifted geometric mean of conversion and solve time; failed runs are charged their limit"),
        ("training", "seconds to train once"),
        ("TTS99", "time until one success with 99 % confidence, by repeating; median over instances"),
    ]
    bounded = rows["gap"].notna().any()
    if not bounded:
        heads[5] = ("mean gap*", "relative gap to the best point any contender found: no bound is known")
    best = {
        "gap": rows["gap" if bounded else "gap_found"].min(),
        "seconds": rows["seconds"].min(),
        **{name: rows[name].max() for name in ("proved", "optimal", "feasible", "reached")},
    }

    def share(row: Any, name: str) -> Cell:
        value = getattr(row, name)
        note = span(getattr(row, f"{name}_low"), getattr(row, f"{name}_high"), lambda v: f"{100 * v:.0f}\u00a0%")
        if name == "proved" and value == 0.0:  # most never try: an interval would suggest that they might
            note = ""
        return Cell(percent(value), note, value, 0.0 < value == best[name])

    body = []
    for row in rows.itertuples():
        value, low, high = (row.gap, row.gap_low, row.gap_high)
        if not bounded:
            value, low, high = row.gap_found, row.gap_found_low, row.gap_found_high
        repeats = f"{_many(row.runs, 'run')}"
        tts = row.tts99
        body.append(
            [
                Cell(clean(row.contender), repeats, row.contender),
                share(row, "proved"),
                share(row, "optimal"),
                share(row, "feasible"),
                Cell(f"✗ {row.n_failed}" if row.n_failed else "0", "", float(row.n_failed)),
                Cell(
                    gap(value),
                    span(low, high, lambda v: gap(v, 2)),
                    _key(value),
                    value <= max(best["gap"], OPTIMALITY_GAP),
                ),
                Cell(gap(row.worst_gap), "", _key(row.worst_gap)),
                Cell(ratio(row.ratio), "", _key(row.ratio)),
                share(row, "reached"),
                Cell(
                    seconds(row.seconds),
                    span(row.seconds_low, row.seconds_high, _short),
                    _key(row.seconds),
                    row.seconds == best["seconds"],
                ),
                Cell(seconds(row.training) if row.training else MISSING, "", row.training),
                Cell("never" if tts == math.inf else seconds(tts), _tts_note(row), None if math.isnan(tts) else tts),
            ]
        )
    cases, seeds = sorted(set(rows["cases"])), sorted(set(rows["seeds"]))
    note = (
        f"{_range(cases, 'instance')}, {_range(seeds, 'seed')} each. "
        "Second lines are 95\u00a0% intervals. Bold: the best value of a column."
    )
    return Table("Summary", heads, body, note)


def _tts_note(row: Any) -> str:
    if math.isnan(row.tts99):
        return "one seed"
    if not math.isfinite(row.tts99) or math.isnan(row.tts99_low):
        return ""
    return span(row.tts99_low, row.tts99_high, _short)


def _short(value: float) -> str:
    return seconds(value, 2)


def _key(value: float) -> float | None:
    return None if math.isnan(value) else value


def _ranking(runs: pd.DataFrame) -> str:
    table = losses(runs)
    if table.shape[1] < 2 or not len(table):
        return ""
    ranking = critical_difference(table)
    text = f"Over the {_many(ranking.cases, 'instance')} that every contender ran."
    if math.isfinite(ranking.p):
        text += f" Friedman's test that all are alike: {significance(ranking.p)}."
    if math.isfinite(ranking.critical):
        text += f" Average ranks further apart than {ranking.critical:.2f} differ at the 5 % level (Nemenyi)."
    return text


def _pairs(runs: pd.DataFrame) -> Table:
    heads = [
        ("pair", "first against second"),
        ("first better", "instances with the smaller gap"),
        ("second better", "instances with the smaller gap"),
        ("ties", "instances with the same gap, to 1e-6"),
        ("p (Holm)", "Wilcoxon signed-rank test, two-sided, corrected for the number of pairs"),
        ("verdict", "at the 5 % level"),
    ]
    rows = []
    for pair in wilcoxon_pairs(losses(runs)).itertuples():
        first, second = clean(pair.first), clean(pair.second)
        if pair.p_holm < 0.05:
            says = f"{first if pair.first_better > pair.second_better else second} is better"
        else:
            says = "not told apart"
        rows.append(
            [
                Cell(f"{first} / {second}", "", f"{first} / {second}"),
                *[Cell(str(v), "", float(v)) for v in (pair.first_better, pair.second_better, pair.ties)],
                Cell("< 0.001" if pair.p_holm < 0.001 else number(pair.p_holm, 2), "", pair.p_holm),
                Cell(says, "", says),
            ]
        )
    note = "On each instance a contender's gap is its median over seeds; without a feasible point it loses."
    return Table("Pair by pair", heads, rows, note)


def _break_even(runs: pd.DataFrame) -> Table:
    heads = [
        ("contender", "the one that trains"),
        ("against", "the other contender"),
        ("training", "seconds to train once"),
        ("a solve", "mean seconds of conversion and solve"),
        ("the other's", "mean seconds of conversion and solve"),
        ("pays off after", "solves until the total time is no larger"),
        ("mean gap", "of the two, in the same order"),
    ]
    rows = []
    for row in break_even(runs).itertuples():
        if math.isnan(row.solves):
            after = "unknown"
        else:
            after = "never" if math.isinf(row.solves) else _many(int(row.solves), "solve")
        rows.append(
            [
                Cell(clean(row.contender), "", row.contender),
                Cell(clean(row.other), "", row.other),
                Cell(seconds(row.training), "", row.training),
                Cell(seconds(row.seconds), "", _key(row.seconds)),
                Cell(seconds(row.seconds_other), "", _key(row.seconds_other)),
                Cell(after, "", _key(row.solves)),
                Cell(f"{gap(row.gap)} / {gap(row.gap_other)}", "", _key(row.gap)),
            ]
        )
    note = "Time only: read it beside the gaps, which a faster answer does not close."
    return Table("When training pays off", heads, rows, note)


def _failures(runs: pd.DataFrame) -> Table:
    heads = [
        ("contender", "backend"),
        ("problem", "problem"),
        ("how", "what the runner saw"),
        ("runs", "how many"),
        ("reason", "in the backend's or the runner's words"),
        ("for example", "instance and seed"),
    ]
    rows = []
    bad = runs[runs["failed"]].assign(how=lambda f: f["status"].where(f["status"] != "ok", "failed"))
    for (contender, problem, how, reason), group in bad.groupby(["contender", "problem", "how", "reason"], sort=False):
        first = group.iloc[0]
        example = f"{clean(first['instance'], 200)}, frame {first['frame']}, seed {first['seed']}"
        rows.append(
            [
                Cell(clean(contender), "", contender),
                Cell(clean(problem), "", problem),
                Cell(f"✗ {clean(how)}", "", how),
                Cell(str(len(group)), "", float(len(group))),
                Cell(clean(reason, 600) or "no reason given", "", reason),
                Cell(example, "", example),
            ]
        )
    note = f"{_many(len(bad), 'run')} of {len(runs)} failed." if rows else "No run failed."
    return Table("Failures", heads, rows, note)


def _settings(runs: pd.DataFrame) -> Table:
    heads = [("contender", "label"), ("options", "as given"), ("preset", "if any"), ("time limit", "of a run")]
    rows = []
    for contender, group in runs.groupby("contender", sort=False):
        options = " ; ".join(dict.fromkeys(o for o in group["options"] if o not in ("", "{}"))) or "defaults"
        presets = ", ".join(dict.fromkeys(p for p in group["preset"] if p)) or MISSING
        limits = ", ".join(seconds(v) for v in group["time_limit"].dropna().unique()) or MISSING
        rows.append(
            [
                Cell(clean(contender), "", contender),
                Cell(clean(options), "", options),
                Cell(clean(presets), "", presets),
                Cell(limits, "", limits),
            ]
        )
    return Table("Contenders", heads, rows)


def _penalties(runs: pd.DataFrame) -> Table | None:
    told = runs[(runs["penalties"] != "") & (runs["penalties"] != "null") | runs["share_feasible"].notna()]
    if not len(told):
        return None
    heads = [
        ("contender", "backend"),
        ("problem", "problem"),
        ("feasible samples", "mean share over runs"),
        ("runs with a point", "share of runs that ended in a feasible point"),
        ("sufficient", "whether every ground state of the penalised form is feasible, and how that is known"),
        ("penalties", "of the first run"),
    ]
    rows = []
    for (contender, problem), group in told.groupby(["contender", "problem"], sort=False):
        share, answered = nan_mean(group["share_feasible"]), float(group["feasible"].mean())
        audits = [_object(text) for text in group["penalties"]]
        enough = [audit["sufficient"] for audit in audits if audit.get("sufficient") is not None]
        proved = f"{sum(map(bool, enough))} of {len(enough)} runs" if enough else "not proved"
        how = next((str(audit["how"]) for audit in audits if audit.get("how")), "")
        first = next((audit for audit in audits if audit), {})
        rest = {key: value for key, value in first.items() if key not in ("sufficient", "how")}
        weights = rest.get("multipliers")
        if isinstance(weights, dict) and len(weights) > 1 and all(isinstance(w, int | float) for w in weights.values()):
            low, high = min(weights.values()), max(weights.values())
            rest["multipliers"] = f"{len(weights)} from {number(low)} to {number(high)}"
        rows.append(
            [
                Cell(clean(contender), "", contender),
                Cell(clean(problem), "", problem),
                Cell(percent(share), "", _key(share)),
                Cell(percent(answered), "", answered),
                Cell(proved, clean(how, 200).removeprefix("not proved: "), proved),
                Cell(clean(_told(rest), 600) or MISSING, "", _told(rest)),
            ]
        )
    return Table("Penalties", heads, rows, "Of runs that went through a penalised form (QUBO or Ising).")


def _environment(runs: pd.DataFrame) -> list[Table]:
    tables = []
    for title, column in (("Machine", "machine"),):
        kinds = runs[column].value_counts(sort=False)
        kinds = kinds[kinds.index != ""]
        for number_, (text, size) in enumerate(kinds.items(), start=1):
            name = title if len(kinds) == 1 else f"{title} {number_} of {len(kinds)} ({_many(int(size), 'run')})"
            rows = [[Cell(clean(k), "", k), Cell(clean(v), "", v)] for k, v in _flat(text)]
            tables.append(Table(name, [(column, ""), ("", "")], rows))
    versions = _versions(runs)
    if versions:
        told = [[Cell(clean(k), "", k), Cell(clean(" / ".join(v)), "", v[0])] for k, v in versions.items()]
        tables.append(Table("Versions", [("versions", ""), ("", "")], told))
    return tables


def _versions(runs: pd.DataFrame) -> dict[str, list[str]]:
    """Package -> its versions; every run records those that its backend uses."""
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys(runs["versions"]):
        for name, value in _flat(text) if text else ():
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return found


def _warnings(runs: pd.DataFrame) -> list[str]:
    out = []
    refuted = int(runs["refuted"].sum())
    if refuted:
        out.append(
            f"{_many(refuted, 'run')} carried a bound that a measured feasible point beats; such bounds are not used."
        )
    limits = {row: tuple(group["time_limit"].dropna().unique()) for row, group in runs.groupby("contender", sort=False)}
    if len({limit for each in limits.values() for limit in each}) > 1:
        out.append("Not all runs had the same time limit.")
    if runs["machine"].nunique() > 1:
        out.append("The runs were made on more than one machine: their times compare only roughly.")
    mixed = [clean(name) for name, values in _versions(runs).items() if len(values) > 1]
    if mixed:
        out.append(f"Not all runs used the same version of {', '.join(mixed)}.")
    present = runs.groupby(["problem", "contender"])["case"].nunique().unstack("problem")
    if (present.nunique(axis=0) > 1).any() or present.isna().to_numpy().any():
        out.append(
            "Not every contender ran every instance: rankings and profiles use only those that all ran, "
            "the summary uses what each ran."
        )
    doubles = int(runs.duplicated(["case", "contender", "seed"]).sum())
    if doubles:
        out.append(f"{_many(doubles, 'run')} repeats the same contender, instance and seed.")
    return out


def _flat(text: str, prefix: str = "") -> Iterable[tuple[str, str]]:
    try:
        value = json.loads(text)
    except ValueError:
        return [(prefix or "as recorded", text)]
    return _pairs_of(value, prefix)


def _pairs_of(value: Any, prefix: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _pairs_of(item, f"{prefix} {key}".strip())]
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    if "memory" in prefix and isinstance(value, int | float) and value > 1e8:  # bytes
        value = f"{value / 2**30:.1f} GiB"
    return [(prefix or "as recorded", MISSING if value is None else str(value))]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {} if value is None else {"as recorded": value}


def _told(value: dict[str, Any]) -> str:
    return ", ".join(f"{key} {item}" for key, item in _pairs_of(value, "")) if value else ""
