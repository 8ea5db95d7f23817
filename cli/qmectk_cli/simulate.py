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
    backend_option,
    columns_option,
    command,
    json_option,
    numbers,
    policy_option,
    problem_argument,
    read_settings,
    replaced_keys,
    setting_option,
    with_policy,
)

if TYPE_CHECKING:
    from qmectk.simulating import Simulation


@command(
    "simulate",
    "qmectk simulate problems/drift.yaml --slots 2000 --V 1000",
    "qmectk simulate drift --V 0,100,1000,10000 --bound --plot sweep.png --trace sweep.csv",
)
@problem_argument
@backend_option("Who decides every slot.")
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
@click.option("--floors", is_flag=True, help="Also simulate plain rules, to set the controller beside.")
@click.option("--trace", type=click.Path(path_type=Path), metavar="FILE", help="Write a row a slot (.csv, .parquet).")
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw records or sweep (.png, .svg, .pdf, .pgf)."
)
@columns_option
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
    floors: bool,
    trace: Path | None,
    plot: Path | None,
    columns: int | None,
    checkpoint: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Control PROBLEM with a backend over many slots, and say what it costs and whether its queues are stable.

    Arrivals and channels depend on the problem's seed alone, so every backend sees the same ones. The objective of
    every slot is measured on the declared problem and set beside its proved optimum.
    """
    from qmectk import figures

    from .output import Postponed, check_target, print_json, stdout_kept_clean
    from .progress import progress

    options = read_settings(settings)
    backend, options = with_policy(ctx, backend, options)
    values = numbers("--V", trade_offs) if trade_offs is not None else [None]
    if trace is not None:
        trace = check_target(trace, (".csv", ".parquet"))
    if plot is not None:
        plot = check_target(plot, figures.SUFFIXES)
    if checkpoint is not None:
        check_target(checkpoint, (".npz",))
    if len(values) > 1:
        _refuse_with_sweep(checkpoint, floors)
    runs: list[Simulation] = []
    beside: list[Simulation] = []
    with stdout_kept_clean(), progress() as report:
        from qmectk.documents.files import load
        from qmectk.simulating import Interrupted, simulate_floors
        from qmectk.simulating import simulate as run
        from qmectk.simulating import trace as traces

        if trace is not None:
            traces.check(trace)
        if plot is not None:
            figures.check(plot)
        loaded = load(problem, **({} if problem_seed is None else {"seed": problem_seed}))
        replaced = replaced_keys(changes)
        asked: dict[str, Any] = {
            "slots": slots,
            "seed": seed,
            "slot_time_limit": slot_time_limit,
            "gap": gap,
            "reference": not no_reference,
            "report": report,
        }
        for done, value in enumerate(values):
            asked["settings"] = {**replaced, **({} if value is None else {"V": value})}
            asked["time_limit"] = ctx.obj.left(time_limit, len(values) - done)
            own: dict[str, Any] = {
                "options": options,
                "horizon": bound,
                "checkpoint_file": checkpoint,
                "resume": resume,
            }
            try:
                runs.append(run(loaded, backend, **asked, **own))
            except Interrupted as stop:
                runs.append(stop.simulation)
                say(
                    f"Interrupted after {stop.simulation.done} of {slots} slots; the same command with --resume goes on"
                )
                code = INTERRUPTED
                break
        else:
            code = _verdict(runs, slots)
            if floors and runs[0].complete:
                asked["time_limit"] = ctx.obj.left(time_limit)
                try:
                    beside = simulate_floors(loaded, backend, **asked)
                except Interrupted:
                    say("Interrupted: the floors are left out")
                    code = INTERRUPTED
    files = Postponed()
    if trace is not None:
        with files.attempt():
            traces.write_trace(trace, *runs)
    if plot is not None and all(one.done for one in runs):
        with files.attempt():
            _draw(plot, columns, runs, beside)
    if as_json:
        results = [one.as_dict() for one in runs]
        results[0] |= {"floors": [one.as_dict() for one in beside]}
        print_json(results[0] if len(values) == 1 else {"runs": results})
    else:
        from qmectk.presenting.simulation import beside_each_other, page_of

        from .render import page

        page([*page_of(runs, str(loaded.source or problem)), *beside_each_other([*runs, *beside])])
    files.settle()
    if code:
        ctx.exit(code)


def _draw(file: Path, columns: int | None, runs: Sequence[Simulation], beside: Sequence[Simulation]) -> None:
    """A sweep over V, or one run with its floors."""
    from qmectk import figures
    from qmectk.simulating import plots

    if len(runs) > 1:
        figure = figures.drawn(plots.plot_sweep, runs, "V", columns=columns)
    else:
        figure = figures.drawn(plots.plot_runs, runs, beside, columns=columns)
    figures.save_figure(figure, file)


def _refuse_with_sweep(checkpoint: Path | None, floors: bool) -> None:
    """Say which options take one V only."""
    if checkpoint is not None:
        raise InputError("one checkpoint file cannot serve a sweep", "leave --checkpoint out: each run has its own")
    if floors:
        raise InputError("a sweep over V has no room for floors", "give one V")


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
