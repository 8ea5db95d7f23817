"""Simulations as a page: one in all its records, several as columns of a table."""

from __future__ import annotations

from collections.abc import Sequence

from ..simulating.trajectory import Trajectory
from .page import Block, Facts, Grid, Line
from .wording import number, percent, seconds

#: Runs of a sweep beside each other in one table.
COLUMNS = 5


def page_of(runs: Sequence[Trajectory], source: str = "") -> list[Block]:
    """What was simulated and what came of it; several runs differ in V. `source` names the problem's file."""
    first = runs[0]
    rows = _asked(first, source, alone=len(runs) == 1)
    if len(runs) > 1:
        page: list[Block] = [Facts(rows)]
        for start in range(0, len(runs), COLUMNS):
            some = runs[start : start + COLUMNS]
            headers = ["second half", *(f"V = {number(run.settings['V'])}" for run in some)]
            page += [Line(), Grid(headers, _rows(some), last_grows=False)]
    elif first.done:
        page = [Facts(rows + _outcome(first)), Line(), _records(first)]
        page += [Line(f"{name.replace('_', ' ')}: {number(value, 6)}") for name, value in first.derived.items()]
    else:
        page = [Facts(rows)]
    return page + _horizon(first)


def beside_each_other(runs: Sequence[Trajectory]) -> list[Block]:
    """One simulation and those of plain rules on the same arrivals: what they come to in the second half."""
    first, rules = runs[0], runs[1:]
    page: list[Block] = []
    for start in range(0, len(rules), COLUMNS - 1):
        some = [first, *rules[start : start + COLUMNS - 1]]
        names = [name for name in (first.goal, *first.backlogs) if name in first.records]
        rows = [[name.replace("_", " "), *(number(run.means(0.5)[name], 6) for run in some)] for name in names]
        rows += [
            [f"{name.replace('_', ' ')}(T) / T", *(number(run.queues()[name]["end"], 3) for run in some)]
            for name in first.backlogs
        ]
        rows.append(["slot gap", *(percent(run.gap()[0]) for run in some)])
        headers = ["second half", first.backend, *(f"floor: {run.backend}" for run in some[1:])]
        page += [Line(), Grid(headers, rows, last_grows=False)]
    return page


def _asked(one: Trajectory, source: str, *, alone: bool) -> list[tuple[str, str]]:
    preset = f", {one.title}" if one.title else ""
    via = f"  via {one.via}" if one.via != one.backend else ""
    where = f"{source}, " if source else ""
    return [
        ("problem", f"{one.problem}{preset}  ({where}seed {one.problem_seed})"),
        ("backend", f"{one.backend}{via}" + "".join(f"  -o {k}={v}" for k, v in one.options.items())),
        ("settings", ", ".join(f"{k} = {v}" for k, v in one.settings.items()) if alone else ""),
        ("slots", f"{one.done}" + ("" if one.complete else f" of {one.slots}")),
    ]


def _outcome(one: Trajectory) -> list[tuple[str, str]]:
    gap, worst = one.gap()
    replaced = int(one.records["replaced"].sum())
    return [
        ("slot gap", f"{percent(gap)} of all slots together, worst {percent(worst)}" if gap is not None else ""),
        ("violation", f"{number(float(one.records['violation'].max()), 3)}"),
        ("replaced", f"{replaced} slots had no usable answer; nothing was done there" if replaced else ""),
        ("time", f"{seconds(one.seconds)}; {seconds(one.median_seconds)} to decide a slot (median)"),
    ]


def _records(one: Trajectory) -> Grid:
    halves, queues = one.means(0.5), one.queues()
    rows = [
        [
            name.replace("_", " "),
            number(mean, 6),
            number(halves[name], 6),
            _falling(queues[name]) if name in queues else "",
            one.units.get(name, ""),
        ]
        for name, mean in one.means().items()
    ]
    return Grid(["record", "mean", "second half", "last / T", "unit"], rows)


def _horizon(one: Trajectory) -> list[Block]:
    if one.horizon is None or one.horizon.get("message", "") != "":
        return []
    words = {k: v for k, v in one.horizon.items() if isinstance(v, (int, float)) and k != "slots"}
    return [
        Line(),
        Line("bound over the second half: " + ", ".join(f"{k} {number(float(v), 6)}" for k, v in words.items())),
        Line(f"it holds for controllers that serve what arrives: queues end as empty as they began{_beyond(one)}"),
    ]


def _beyond(found: Trajectory) -> str:
    """Both numbers where the controller looks better than the bound: by the work that it has left in its queues."""
    bound, mine = (found.horizon or {}).get(found.goal), found.means(0.5).get(found.goal)
    if not isinstance(bound, (int, float)) or mine is None:
        return ""
    ahead = bound - mine if found.goal == "cost" else mine - bound
    if not ahead > 1e-9 * abs(bound):
        return ""
    left = ", ".join(f"{name.replace('_', ' ')} {_falling(marks)}" for name, marks in found.queues().items())
    return (
        f".\nWarning: this controller's {found.goal} of {number(mine, 6)} is beyond the bound of "
        f"{number(float(bound), 6)} because it leaves work unserved ({left}), so the two are not to be compared; "
        "simulate more slots or lower V"
    )


def _falling(queue: dict[str, float]) -> str:
    marks = [queue["quarter"], queue["half"], queue["end"]]
    return " -> ".join(f"{mark:.3g}" for mark in marks)


def _rows(runs: Sequence[Trajectory]) -> list[list[str]]:
    """One line a quantity, one column a run."""
    first = runs[0]
    means = [run.means(0.5) for run in runs]
    queues = [run.queues() for run in runs]
    names = [name for name in first.facts if any(mean.get(name) for mean in means)]
    lengths = [name for name in first.backlogs if name in names]
    rows = [[name.replace("_", " "), *(number(mean.get(name), 5) for mean in means)] for name in names]
    rows += [
        [f"{name.replace('_', ' ')}(T) / T", *(number(q[name]["end"] if name in q else None, 3) for q in queues)]
        for name in lengths
    ]
    rows.append(["slot gap", *(percent(run.gap()[0]) for run in runs)])
    rows.append(["ms a slot", *(number(1e3 * run.median_seconds, 3) for run in runs)])
    targets = [(run.horizon or {}).get(first.goal) for run in runs]
    if any(target is not None for target in targets):
        weights = [float(run.settings["V"]) for run in runs]
        found = [number(t, 6) if t is not None else "" for t in targets]
        rows.append([f"{first.goal}, bound", *found])
        # a bound lies beyond every average, on the side that is better: above a utility, below a cost
        gaps = [
            first.sense * (t - mean[first.goal]) * V if t is not None else None
            for t, mean, V in zip(targets, means, weights, strict=True)
        ]
        rows.append(["gap x V", *(number(gap, 4) if gap is not None else "" for gap in gaps)])
        for name in lengths:
            ratios = [number(mean[name] / V, 4) if V > 0 else "" for mean, V in zip(means, weights, strict=True)]
            rows.append([f"{name.replace('_', ' ')} / V", *ratios])
    return rows
