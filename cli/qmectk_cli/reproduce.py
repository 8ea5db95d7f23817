"""``qmectk reproduce``: a published experiment, run again, its claims checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import InputError, MissingPackage

from .options import Seconds, command, json_option

if TYPE_CHECKING:
    from qmectk_qahan.experiment import Experiment

#: Experiments that can be run again.
EXPERIMENTS = ("qahan",)


@command(
    "reproduce",
    "qmectk reproduce qahan --quick",
    "qmectk reproduce qahan --dataset mnist --data ~/mnist --out qahan-mnist",
)
@click.argument("experiment", metavar="EXPERIMENT")
@click.option("--dataset", default="digits", show_default=True, metavar="NAME", help="digits, mnist or cifar10.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the MNIST or CIFAR-10 files.")
@click.option("--quick", is_flag=True, help="Fewer images, epochs and methods: minutes, not hours.")
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Run only this method. Repeatable.")
@click.option("--epochs", type=click.IntRange(1), metavar="N", help="Epochs, instead of the paper's.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Share this time among the methods, then report.")
@click.option(
    "--out",
    "-O",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the report, the figures and checkpoints; a second run goes on from them.",
)
@json_option
def reproduce(
    experiment: str,
    dataset: str,
    data: Path | None,
    quick: bool,
    methods: tuple[str, ...],
    epochs: int | None,
    seed: int,
    time_limit: float | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a published experiment again: EXPERIMENT is qahan.

    \b
    qahan  hard attention by QUBO (Zhao, arXiv 2412.20930), its variants, and two
           classical hard attentions, on digits, MNIST or CIFAR-10, with noise 0.2 and 0.4
    """
    from .output import echo, print_json, stdout_kept_clean

    _check(experiment, out, time_limit)
    with stdout_kept_clean():
        from qmectk.budget import Budget
        from qmectk_qahan import report
        from qmectk_qahan.experiment import run, settings

        from .progress import progress

        chosen = settings(dataset, quick, methods=methods or None, epochs=epochs, seed=seed)
        with progress() as watch:
            found = run(chosen, data, out, Budget(time_limit, report=watch))
        written = report.write(found, out) if out is not None else []
    if as_json:
        print_json({"experiment": experiment, **report.as_json(found)})
        return
    _show(found)
    if out is not None:
        echo(f"\nwrote {', '.join(written)} to {out}")


def _check(experiment: str, out: Path | None, time_limit: float | None) -> None:
    from qmectk.backend import distribution, installed
    from qmectk.names import unknown

    if experiment not in EXPERIMENTS:
        raise unknown("experiment", experiment, EXPERIMENTS)
    if time_limit is not None and not 0.0 < time_limit < float("inf"):
        raise InputError(f"--time-limit must be a positive number of seconds, not {time_limit:g}")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out} is not a folder", "name a folder, which may be a new one")
    missing = [distribution(name) for name in ("torch",) if not installed(name)]
    if missing:
        raise MissingPackage(f"the experiment needs {', '.join(missing)}", "run: pip install 'qmectk[learned,vision]'")


def _show(found: Experiment) -> None:
    from qmectk_qahan import report
    from qmectk_qahan.claims import claims

    from .render import line, table

    click.echo(report.summary(found))
    table(report.header(found), report.rows(found))
    kept: list[list[Any]] = list(report.attention_rows(found))
    if kept:
        click.echo("\nwhat the masks keep")
        table(report.attention_header(), kept)
    click.echo("\nclaims")
    for claim in claims(found):
        line(f"{claim.verdict}: {claim.statement}", indent=2)
        line(claim.evidence, indent=4)
