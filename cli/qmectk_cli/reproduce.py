"""``qmectk reproduce``: a published experiment, run again, its claims checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qmectk.errors import InputError

from .options import columns_option, command, formats_option, json_option


@command(
    "reproduce",
    "qmectk reproduce",
    "qmectk reproduce xu --quick --out xu",
    "qmectk reproduce qahan --only mnist --data ~/mnist --out qahan",
)
@click.argument("experiment", metavar="PAPER", required=False)
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of data that you have (MNIST, CIFAR-10)."
)
@click.option("--quick", is_flag=True, help="Less of everything: minutes, not hours.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="All papers, each into a folder of --out, and what holds into its README.md.",
)
@click.option("--full", is_flag=True, help="The paper's own sizes.")
@click.option("--only", multiple=True, metavar="NAME", help="Run only this experiment of the paper. Repeatable.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Runs at the same time.")
@click.option("--cluster", metavar="ADDRESS", help="Run on a Dask cluster.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option(
    "--out",
    "-O",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the report, the figures and checkpoints; a second run goes on from them.",
)
@formats_option
@columns_option
@json_option
def reproduce(
    experiment: str | None,
    data: Path | None,
    quick: bool,
    every: bool,
    full: bool,
    only: tuple[str, ...],
    jobs: int,
    cluster: str | None,
    seed: int,
    out: Path | None,
    formats: tuple[str, ...],
    columns: int | None,
    as_json: bool,
) -> None:
    """Run a PAPER again and say which of its claims hold; without one, list the papers.

    Tables, figures (PNG for screens, --format for papers), verdicts and runs go to --out, and the same command goes on
    from what is there. An experiment on data of yours is left out without --data, and its claims say which
    files they need.
    """
    if every and experiment is not None:
        raise InputError("'--all' runs every paper", "leave the name of the paper out")
    if not every and experiment is None:
        _list(as_json)
        return
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out} is not a folder", "name a folder, which may be a new one")
    asked = {"scale": _scale(quick, full), "only": only, "jobs": jobs, "cluster": cluster, "seed": seed, "data": data}
    asked |= {"formats": formats, "columns": columns or 2}
    _papers(experiment, out, asked, as_json)


def _list(as_json: bool) -> None:
    """The papers that can be run again."""
    from qmectk_papers.engine import papers

    known = papers()
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
    from qmectk.presenting.names import unknown
    from qmectk_papers.engine import paper, papers, reproduce

    from .output import echo, print_json, stdout_kept_clean
    from .progress import progress

    if name is not None and name not in papers():
        raise unknown("paper", name, papers())
    results = []
    for one in papers() if name is None else [name]:
        folder = out if out is None or name is not None else out / one
        with stdout_kept_clean(), progress() as watch:
            asked = settings if name is not None or paper(one).files else {**settings, "data": None}
            found = reproduce(one, out=folder, report=watch, **asked)
        results.append(found.as_dict())
        if not as_json:
            echo(str(found))
            if folder is not None:
                echo(f"\nwrote report.html, report.md, verdicts.json, verdicts.tex, tables and figures to {folder}")
    if out is not None and name is None:
        from qmectk.files.storage import replace_file
        from qmectk_papers.writing import overview

        replace_file(out / "README.md", overview(out).encode())
    if as_json:
        print_json(results[0] if name is not None else {"papers": results})
