"""``qmectk reproduce``: a published experiment, run again, its claims checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import InputError, MissingPackage

from .options import Seconds, command, json_option

if TYPE_CHECKING:
    from qmectk_qahan.experiment import Experiment

#: The paper whose experiment has a runner of its own.
QAHAN = "qahan"


@command(
    "reproduce",
    "qmectk reproduce",
    "qmectk reproduce xu --quick --out xu",
    "qmectk reproduce qahan --dataset mnist --data ~/mnist --out qahan-mnist",
)
@click.argument("experiment", metavar="PAPER", required=False)
@click.option("--dataset", default="digits", show_default=True, metavar="NAME", help="digits, mnist or cifar10.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the MNIST or CIFAR-10 files.")
@click.option("--quick", is_flag=True, help="Less of everything: minutes, not hours.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="All papers but qahan, each into a folder of --out, and what holds into its README.md.",
)
@click.option("--full", is_flag=True, help="The paper's own sizes.")
@click.option("--only", multiple=True, metavar="NAME", help="Run only this experiment of the paper. Repeatable.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Runs at the same time.")
@click.option("--cluster", metavar="ADDRESS", help="Run on a Dask cluster.")
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
    experiment: str | None,
    dataset: str,
    data: Path | None,
    quick: bool,
    every: bool,
    full: bool,
    only: tuple[str, ...],
    jobs: int,
    cluster: str | None,
    methods: tuple[str, ...],
    epochs: int | None,
    seed: int,
    time_limit: float | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a PAPER again and say which of its claims hold; without one, list the papers.

    Tables, figures (PNG, PDF), verdicts and runs go to --out, and the same command goes on from what is there. The
    options --dataset, --data, --method, --epochs and --time-limit are qahan's.
    """
    from .output import echo, print_json, stdout_kept_clean

    if every and experiment is not None:
        raise InputError("'--all' runs every paper", "leave the name of the paper out")
    if every or experiment not in (None, QAHAN):
        asked = {"scale": _scale(quick, full), "only": only, "jobs": jobs, "cluster": cluster, "seed": seed}
        _papers(experiment, out, asked, as_json)
        return
    if experiment is None:
        _list(as_json)
        return
    _check(out, time_limit)
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


def _list(as_json: bool) -> None:
    """The papers that can be run again."""
    from qmectk_papers.engine import papers

    known = {QAHAN: "hard attention by QUBO, its variants, and two classical hard attentions (Zhao 2024)", **papers()}
    if as_json:
        from .output import print_json

        print_json({"papers": known})
        return
    from .render import table

    table(["paper", "what it is about"], [[name, summary] for name, summary in sorted(known.items())])


def _scale(quick: bool, full: bool) -> str:
    if quick and full:
        raise InputError("'--quick' and '--full' exclude each other", "give one of them")
    return "quick" if quick else "full" if full else "default"


def _papers(name: str | None, out: Path | None, settings: dict[str, Any], as_json: bool) -> None:
    """One paper, or without a name all of them, each in a folder of its own."""
    from qmectk.names import unknown
    from qmectk_papers.engine import papers, reproduce

    from .output import echo, print_json, stdout_kept_clean
    from .progress import progress

    if name is not None and name not in papers():
        raise unknown("paper", name, [QAHAN, *papers()])
    told = []
    for one in papers() if name is None else [name]:
        folder = out if out is None or name is not None else out / one
        with stdout_kept_clean(), progress() as watch:
            found = reproduce(one, out=folder, report=watch, **settings)
        told.append(found.as_dict())
        if not as_json:
            echo(str(found))
            if folder is not None:
                echo(f"\nwrote report.md, verdicts.json, verdicts.tex, tables and figures to {folder}")
    if out is not None and name is None:
        from qmectk.storage import replace_file
        from qmectk_papers.writing import overview

        replace_file(out / "README.md", overview(out).encode())
    if as_json:
        print_json(told[0] if name is not None else {"papers": told})


def _check(out: Path | None, time_limit: float | None) -> None:
    from qmectk.backend import distribution, installed

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
