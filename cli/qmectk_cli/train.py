"""``qmectk train``: a policy that can be taken away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import click

from qmectk.errors import InputError

from .failures import say
from .interruption import heeded
from .options import (
    MOST_FRAMES,
    Seconds,
    Seeds,
    backend_names,
    command,
    json_option,
    problem_argument,
    read_settings,
    setting_option,
)


@command(
    "train",
    "qmectk train p1 --backend priced --out p1.policy",
    "qmectk train problems/p1.yaml --backend ugq --frames 30000 --seeds 0..4 --out ugq.policy",
    "qmectk solve p1 --policy p1.policy",
)
@problem_argument
@click.option("--backend", "-b", shell_complete=backend_names, required=True, metavar="NAME", help="A learned backend.")
@click.option(
    "--out", "-O", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="Where the policy goes."
)
@click.option(
    "--frames", type=click.IntRange(1, MOST_FRAMES), help="Training frames instead of the number in the problem file."
)
@click.option("--slots", type=click.IntRange(1), metavar="N", help="Slots of training, of controllers (-o slots=...).")
@setting_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the training.")
@click.option(
    "--seeds", type=Seeds(), metavar="A..B|N", help="Several seeds, or N of them from --seed on: FOLDER-0, ..."
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Seeds trained at the same time.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where networks compute (-o device=...).")
@click.option(
    "--patience", type=click.IntRange(1), metavar="FRAMES", help="Stop when the loss has not fallen for so long."
)
@click.option("--improvement", type=float, metavar="SHARE", help="Share of the loss that counts as a fall [0.01].")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Stop then; the same command goes on from there.")
@click.option("--resume", is_flag=True, help="Go on from a checkpoint, and refuse where there is none.")
@click.option("--retrain", is_flag=True, help="Train from the start, whatever was trained before.")
@click.option("--tensorboard", metavar="FOLDER", help="Also write every training step for TensorBoard.")
@click.option("--mlflow", metavar="EXPERIMENT", help="Also send every training step to MLflow (MLFLOW_TRACKING_URI).")
@json_option
def train(
    problem: str,
    backend: str,
    out: Path,
    frames: int | None,
    settings: tuple[str, ...],
    seed: int,
    seeds: range | int | None,
    jobs: int,
    time_limit: float | None,
    tensorboard: str | None,
    mlflow: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Train a policy of BACKEND on the training frames of PROBLEM and keep it in a folder.

    A checkpoint is kept every few seconds, and the same command goes on from it, also after it was killed. The folder
    has the weights, the facts (what it was trained on, with which versions) and the learning curve with its figure;
    'solve', 'simulate' and 'compare' take it by --policy, 'qmectk policy' describes it and writes it as a program.
    """
    from .output import print_json, stdout_kept_clean

    asked: dict[str, Any] = {"problem": problem, "backend": backend, "frames": frames, "time_limit": time_limit}
    asked |= {"options": _options(read_settings(settings), chosen), "tensorboard": tensorboard, "mlflow": mlflow}
    several = range(seed, seed + seeds) if isinstance(seeds, int) else seeds
    runs = [{**asked, "seed": seed, "out": out}]
    if several is not None:
        runs = [{**asked, "seed": one, "out": out.with_name(f"{out.stem}-{one}{out.suffix}")} for one in several]
    with stdout_kept_clean():
        try:
            done = list(_beside(runs, jobs) if jobs > 1 and len(runs) > 1 else _in_turn(runs))
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt("the same command goes on from the last checkpoint") from stop
    if as_json:
        print_json({"policies": done})
        return
    for row in done:
        _tell(row)
    from qmectk.documents import load

    command = "solve" if load(problem).process() is None else "simulate"
    click.echo(f"Use it: qmectk {command} {problem} --policy {done[-1]['policy']}")


def _options(options: dict[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the backend, those that have a flag of their own among them."""
    for name, value in chosen.items():
        if value in (None, False):
            continue
        if name in options:
            raise InputError(f"'--{name}' and '-o {name}=...' say the same", "give one of them")
        options[name] = value
    return options


def _in_turn(runs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    from .progress import progress

    last: dict[str, Any] = {}
    with progress(lambda: _standing(last)) as report:
        for run in runs:
            yield trained(run, report, last)


def _beside(runs: list[dict[str, Any]], jobs: int) -> Iterator[dict[str, Any]]:
    """Each in a process of its own: what a seed gives does not depend on the others."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    from qmectk.timing.interrupting import uninterrupted

    from .progress import progress

    with progress() as report, ExitStack() as stack:
        try:
            with uninterrupted():
                pool = stack.enter_context(ProcessPoolExecutor(jobs, get_context("spawn")))
                rows = pool.map(_trained_beside, runs)
            for count, row in enumerate(rows, start=1):
                report("policies trained", count, len(runs))
                yield row
        except KeyboardInterrupt:
            for child in active_children():
                with suppress(OSError):
                    os.kill(child.pid or 0, signal.SIGINT)  # it may have come after the signal to all of us
            raise


#: Whether Ctrl-C ended a training of this process. The pool may have given it another one meanwhile.
_ended = False


def _trained_beside(run: dict[str, Any]) -> dict[str, Any]:
    """Train one policy in a process of a pool, which Ctrl-C ends while it trains: Python would print it otherwise."""
    global _ended
    from qmectk.errors import debugging
    from qmectk.timing.interrupting import interruptible

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interruptible()
        if _ended:
            raise KeyboardInterrupt
        with heeded(debugging()):
            return trained(run)
    except KeyboardInterrupt:
        _ended = True
        raise
    finally:
        signal.signal(signal.SIGINT, _noted)


def _noted(number: int, frame: Any) -> None:
    global _ended
    _ended = True


def trained(run: dict[str, Any], report: Any = None, last: dict[str, Any] | None = None) -> dict[str, Any]:
    """Train one policy; its facts. `last` gets the numbers of the last step."""
    import qmectk

    run = dict(run)
    boards = {name: run.pop(name) for name in ("tensorboard", "mlflow")}
    problem, backend, out, seed = (run.pop(name) for name in ("problem", "backend", "out", "seed"))
    with ExitStack() as stack:
        writers = [stack.enter_context(one) for one in _writers(boards, out.name)]

        def observe(step: Mapping[str, Any]) -> None:
            if last is not None:
                last.update(step)
            for writer in writers:
                writer(step)

        made = qmectk.train(problem, backend, out=out, seed=seed, report=report, observe=observe, **run)
    return {"policy": str(out), "seed": seed, **dict(made.facts), "end": dict(getattr(made, "end", {}))}


def _writers(boards: Mapping[str, str | None], name: str) -> Iterator[Any]:
    from qmectk.learning.observers import MLflow, TensorBoard

    if boards["tensorboard"]:
        yield TensorBoard(Path(boards["tensorboard"]) / name)
    if boards["mlflow"]:
        yield MLflow(boards["mlflow"], name)


def _standing(step: Mapping[str, Any]) -> str:
    """Ratio, loss and K of a step in a few characters."""
    words = []
    if step.get("ratio") is not None:
        words.append(f"ratio {step['ratio']:.5f} (K = 1: {step['rounded_ratio']:.5f})")
    elif step.get("executed") is not None:
        words.append(f"score {step['executed']:.5g}")
    if step.get("loss") is not None:
        words.append(f"loss {step['loss']:.3g}")
    if step.get("candidates") is not None:
        words.append(f"K {step['candidates']:.0f}")
    return "  ".join(words)


def _tell(row: Mapping[str, Any]) -> None:
    training = row.get("training", {})
    if row.get("unfinished"):
        say(f"Warning: {row['unfinished']}; the same command goes on from there")
    how = "from the cache" if training.get("cached") else f"in {training.get('training_seconds', 0.0):.1f} s"
    at = f"; at the end {_standing(row['end'])}" if row["end"] else ""
    click.echo(f"{row['policy']}: backend {row['backend']}, seed {row['seed']}, {how}{at}")
    floors = [f"{one['backend']} {one['mean_ratio']:.5f}" for one in row.get("floors") or () if one["mean_ratio"]]
    if floors:
        click.echo(f"  floors: {', '.join(floors)}")
    if training.get("stopped"):
        click.echo(f"  stopped: {training['stopped']}")
