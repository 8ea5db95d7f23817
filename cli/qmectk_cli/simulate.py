"""``qmectk simulate``: a backend controls a time-coupled problem, slot after slot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import BackendFailed, Infeasible, InputError
from qmectk.status import OPTIMALITY_GAP

from .failures import INTERRUPTED, say
from .options import (
    Seconds,
    command,
    json_option,
    policy_option,
    problem_argument,
    read_settings,
    setting_option,
    with_policy,
)

if TYPE_CHECKING:
    from qmectk.simulating import Simulation


#: Runs of a sweep beside each other in one table.
COLUMNS = 5


@command(
    "simulate",
    "qmectk simulate problems/drift.yaml --slots 2000 --V 1000",
    "qmectk simulate drift --V 0,100,1000,10000 --bound --plot sweep.png --trace sweep.csv",
)
@problem_argument
@click.option("--backend", "-b", default="exact", show_default=True, metavar="NAME", help="Who decides every slot.")
@policy_option
@setting_option
@click.option("--slots", type=click.IntRange(1), default=1000, show_default=True, help="Slots to simulate.")
@click.option("--V", "trade_offs", metavar="V[,V...]", help="Trade-off instead of the file's; several make a sweep.")
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Replace a top-level key of the problem.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the backend.")
@click.option("--problem-seed", type=click.IntRange(0), help="Seed of arrivals and channels instead of the file's.")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Wall-clock limit of everything.")
@click.option("--slot-time-limit", type=Seconds(), metavar="SECONDS", help="Limit of one slot.")
@click.option("--gap", type=float, default=OPTIMALITY_GAP, show_default=True, help="Gap at which exact backends stop.")
@click.option("--no-reference", is_flag=True, help="Do not certify slots whose answer carries no proof.")
@click.option("--bound", is_flag=True, help="Also bound the second half of the slots, jointly.")
@click.option("--trace", type=click.Path(path_type=Path), metavar="FILE", help="Write a row a slot (.csv, .parquet).")
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw records or sweep (.png, .svg, .pdf)."
)
@click.option("--checkpoint", type=click.Path(path_type=Path), metavar="FILE.npz", help="Keep the state in this file.")
@click.option("--resume", is_flag=True, help="Continue an interrupted simulation; all else must be as it was.")
@json_option
@click.pass_context
def simulate(
    ctx: click.Context,
    problem: str,
    backend: str,
    policy: str | None,  # read by with_policy
    settings: tuple[str, ...],
    slots: int,
    trade_offs: str | None,
    changes: tuple[str, ...],
    seed: int,
    problem_seed: int | None,
    time_limit: float | None,
    slot_time_limit: float | None,
    gap: float,
    no_reference: bool,
    bound: bool,
    trace: Path | None,
    plot: Path | None,
    checkpoint: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Control PROBLEM with a backend over many slots, and say what it costs and whether its queues are stable.

    Arrivals and channels depend on the problem's seed alone, so every backend sees the same ones. The objective of
    every slot is measured on the declared problem and set beside its proved optimum.
    """
    from .output import Postponed, check_target, print_json, stdout_kept_clean
    from .progress import progress

    options = read_settings(settings)
    backend, options = with_policy(ctx, backend, options)
    values = _numbers(trade_offs) if trade_offs is not None else [None]
    if trace is not None:
        trace = check_target(trace, (".csv", ".parquet"))
    if plot is not None:
        plot = check_target(plot, (".png", ".svg", ".pdf"))
    if checkpoint is not None:
        check_target(checkpoint, (".npz",))
        if len(values) > 1:
            raise InputError("one checkpoint file cannot serve a sweep", "leave --checkpoint out: each run has its own")
    runs: list[Simulation] = []
    with stdout_kept_clean(), progress() as report:
        from qmectk.simulating import Interrupted, plots
        from qmectk.simulating import simulate as run
        from qmectk.simulating import trace as traces
        from qmectk.spec.files import load

        if trace is not None:
            traces.check(trace)
        if plot is not None:
            plots.check(plot)
        loaded = load(problem, **({} if problem_seed is None else {"seed": problem_seed}))
        replaced = _replaced(changes)
        for value in values:
            try:
                runs.append(
                    run(
                        loaded,
                        backend,
                        slots=slots,
                        options=options,
                        settings={**replaced, **({} if value is None else {"V": value})},
                        seed=seed,
                        time_limit=time_limit,
                        slot_time_limit=slot_time_limit,
                        gap=gap,
                        reference=not no_reference,
                        horizon=bound,
                        checkpoint_file=checkpoint,
                        resume=resume,
                        report=report,
                    )
                )
            except Interrupted as stop:
                runs.append(stop.simulation)
                say(
                    f"Interrupted after {stop.simulation.done} of {slots} slots; the same command with --resume goes on"
                )
                code = INTERRUPTED
                break
        else:
            code = _verdict(runs, slots)
    files = Postponed()
    if trace is not None:
        with files.attempt():
            traces.write_trace(trace, *runs)
    if plot is not None and all(one.done for one in runs):
        with files.attempt():
            figure = plots.new_figure()
            if len(runs) > 1:
                plots.plot_sweep(figure, runs, "V")
            else:
                plots.plot_runs(figure, runs)
            plots.save_figure(figure, plot)
    if as_json:
        print_json(runs[0].as_dict() if len(values) == 1 else {"runs": [one.as_dict() for one in runs]})
    else:
        _print(runs, str(loaded.source or problem))
    files.settle()
    if code:
        ctx.exit(code)


def _numbers(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"'--V {text}' is not a list of numbers", "write for example '--V 0,100,1000'") from error
    if len(set(found)) < len(found):
        raise InputError(f"'--V {text}' names a value twice")
    return found


def _replaced(changes: Sequence[str]) -> dict[str, Any]:
    from qmectk.quoting import short
    from qmectk.spec.yaml_text import read_value

    out: dict[str, Any] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise InputError(
                f"'--set {short(change)}' is not of the form key=value", "write for example '--set devices=50'"
            )
        out[key.strip()] = read_value(text, f"--set {short(key)}")
    return out


def _verdict(runs: Sequence[Simulation], slots: int) -> int:
    """The exit code, with what must be known said on stderr."""
    for text in dict.fromkeys(text for run in runs for text in run.warnings):
        say(f"Warning: {text}")
    for run in runs:
        if not run.complete:
            say(f"Warning: {run.done} of {slots} slots are simulated; the same command with --resume goes on")
    faults = list(dict.fromkeys(fault for run in runs for fault in run.faults))
    if faults:
        say(f"Error: backend '{runs[0].backend}': {'; '.join(faults)}")
        return Infeasible.exit_code if all("violates" in fault for fault in faults) else BackendFailed.exit_code
    return 0


def _print(runs: Sequence[Simulation], source: str) -> None:
    from qmectk.presenting.wording import number, percent, seconds

    from .render import facts, line, table

    first = runs[0]
    preset = f", {first.title}" if first.title else ""
    via = f"  via {first.via}" if first.via != first.backend else ""
    rows = [
        ("problem", f"{first.problem}{preset}  ({source}, seed {first.problem_seed})"),
        ("backend", f"{first.backend}{via}" + "".join(f"  -o {k}={v}" for k, v in first.options.items())),
        ("settings", ", ".join(f"{k} = {v}" for k, v in first.settings.items()) if len(runs) == 1 else ""),
        ("slots", f"{first.done}" + ("" if first.complete else f" of {first.slots}")),
    ]
    if len(runs) > 1:
        facts(rows)
        for start in range(0, len(runs), COLUMNS):
            some = runs[start : start + COLUMNS]
            line()
            table(["second half", *(f"V = {number(run.settings['V'])}" for run in some)], _rows(some), last_grows=False)
    elif first.done:
        halves, queues = first.means(0.5), first.queues()
        gap, worst = first.gap()
        facts(
            [
                *rows,
                (
                    "slot gap",
                    f"{percent(gap)} of all slots together, worst {percent(worst)}" if gap is not None else "",
                ),
                ("violation", f"{number(float(first.records['violation'].max()), 3)}"),
                (
                    "replaced",
                    f"{int(first.records['replaced'].sum())} slots had no usable answer; nothing was done there",
                )
                if first.records["replaced"].any()
                else ("", ""),
                ("time", f"{seconds(first.seconds)}; {seconds(first.median_seconds)} to decide a slot (median)"),
            ]
        )
        line()
        table(
            ["record", "mean", "second half", "last / T", "unit"],
            [
                [
                    name.replace("_", " "),
                    number(mean, 6),
                    number(halves[name], 6),
                    _falling(queues[name]) if name in queues else "",
                    first.units.get(name, ""),
                ]
                for name, mean in first.means().items()
            ],
        )
        for name, value in first.derived.items():
            line(f"{name.replace('_', ' ')}: {number(value, 6)}")
    if first.horizon is not None and first.horizon.get("message", "") == "":
        words = {k: v for k, v in first.horizon.items() if isinstance(v, (int, float)) and k != "slots"}
        line()
        line("bound over the second half: " + ", ".join(f"{k} {number(float(v), 6)}" for k, v in words.items()))
        line(f"it holds for controllers that serve what arrives: queues end as empty as they began{_beyond(first)}")


def _beyond(found: Any) -> str:
    """Both numbers where the controller looks better than the bound: by the work that it has left in its queues."""
    bound, mine = found.horizon.get(found.goal), found.means(0.5).get(found.goal)
    if not isinstance(bound, (int, float)) or mine is None:
        return ""
    ahead = bound - mine if found.goal == "cost" else mine - bound
    if not ahead > 1e-9 * abs(bound):
        return ""
    from qmectk.presenting.wording import number

    left = ", ".join(f"{name.replace('_', ' ')} {_falling(marks)}" for name, marks in found.queues().items())
    return (
        f".\nWarning: this controller's {found.goal} of {number(mine, 6)} is beyond the bound of "
        f"{number(float(bound), 6)} because it leaves work unserved ({left}), so the two are not to be compared; "
        "simulate more slots or lower V"
    )


def _falling(queue: dict[str, float]) -> str:
    marks = [queue["quarter"], queue["half"], queue["end"]]
    return " -> ".join(f"{mark:.3g}" for mark in marks)


def _rows(runs: Sequence[Simulation]) -> list[list[str]]:
    """One line a quantity, one column a run."""
    from qmectk.presenting.wording import number, percent

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
