"""``qmectk train``: a policy that can be taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .failures import say
from .options import MOST_FRAMES, Seconds, command, json_option, problem_argument, read_settings, setting_option


@command(
    "train",
    "qmectk train p1 --backend priced --out p1.policy",
    "qmectk train problems/p1.yaml --backend ugq --frames 30000 --seeds 3 --out ugq.policy",
    "qmectk solve p1 --policy p1.policy",
)
@problem_argument
@click.option("--backend", "-b", required=True, metavar="NAME", help="A learned backend.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="Where the policy goes.")
@click.option(
    "--frames", type=click.IntRange(1, MOST_FRAMES), help="Training frames instead of the number in the problem file."
)
@setting_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the training.")
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="Train with N seeds from --seed on: FOLDER-0, ...")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Stop then; the same command goes on from there.")
@click.option("--retrain", is_flag=True, help="Train from the start, whatever was trained before.")
@json_option
def train(
    problem: str,
    backend: str,
    out: Path,
    frames: int | None,
    settings: tuple[str, ...],
    seed: int,
    seeds: int | None,
    time_limit: float | None,
    retrain: bool,
    as_json: bool,
) -> None:
    """Train a policy of BACKEND on the training frames of PROBLEM and keep it in a folder.

    Training leaves checkpoints and goes on from them. The folder has the weights, the facts (what it was trained on,
    with which versions) and the learning curve; 'solve', 'simulate' and 'compare' take it by --policy or -o policy=.
    """
    from .output import print_json, stdout_kept_clean
    from .progress import progress

    options: dict[str, Any] = read_settings(settings)
    if retrain:
        options["retrain"] = True
    done = []
    with stdout_kept_clean(), progress() as report:
        import qmectk

        for one in range(seed, seed + (seeds or 1)):
            folder = out if seeds is None else out.with_name(f"{out.stem}-{one}{out.suffix}")
            made = qmectk.train(
                problem,
                backend,
                frames=frames,
                options=options,
                seed=one,
                time_limit=time_limit,
                out=folder,
                report=report,
            )
            done.append({"policy": str(folder), "seed": one, **dict(made.facts)})
    if as_json:
        print_json({"policies": done})
        return
    for row in done:
        training = row.get("training", {})
        if row.get("unfinished"):
            say(f"Warning: {row['unfinished']}; the same command goes on from there")
        how = "from the cache" if training.get("cached") else f"in {training.get('training_seconds', 0.0):.1f} s"
        click.echo(f"{row['policy']}: backend {backend}, seed {row['seed']}, {how}")
    click.echo(f"Use it: qmectk solve {problem} --policy {done[-1]['policy']}")
