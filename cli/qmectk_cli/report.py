"""``qmectk report``: the table, statistics and report of stores, without the study that wrote them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import InputError

from .options import command, figures_options, json_option, where_option

if TYPE_CHECKING:
    from qmectk.comparing.comparison import Comparison


@command(
    "report",
    "qmectk report runs.db --out report.html",
    "qmectk report mine.db hers.db --where backend!=random --out table.tex",
)
@click.argument("stores", metavar="STORE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", "-O", type=click.Path(path_type=Path), metavar="FILE", help="Write .html, .md, .tex, .csv or .parquet."
)
@where_option
@click.option("--title", metavar="TEXT", help="Title of the report [that of the last study].")
@click.option(
    "--target-gap",
    type=click.FloatRange(0, min_open=True),
    metavar="GAP",
    help="Gap at which reports count a run as having reached it [the study's].",
)
@figures_options
@json_option
def report(
    stores: tuple[Path, ...],
    out: Path | None,
    where: tuple[str, ...],
    title: str | None,
    target_gap: float | None,
    figures: Path | None,
    formats: tuple[str, ...],
    columns: int | None,
    as_json: bool,
) -> None:
    """Show what is in STOREs of runs, all studies and versions beside each other, and write a report.

    Stores are opened to be read; a study may still be writing to them. A run that is in several stores counts once.
    """
    from qmectk.comparing.studies.arguments import REPORTS

    from .output import check_target, stdout_kept_clean

    if out is not None:
        out = check_target(out, REPORTS)
    drawing = drawing_of(figures, formats, columns)
    with stdout_kept_clean():
        import qmectk

        result = qmectk.open_store(*stores, where=where, title=title, target_gap=target_gap)
    reported(result, out, as_json, drawing)


#: Writes the figures of a comparison.
Drawing = Callable[["Comparison"], Any]


def drawing_of(folder: Path | None, formats: tuple[str, ...], columns: int | None) -> Drawing | None:
    """What ``--figures`` asks for; None without it. What could not be written later is refused now."""
    if folder is None:
        return None
    from qmectk.figures import check_folder

    check_folder(folder, formats)
    return lambda result: result.figures(folder, formats, columns or 1)


def reported(result: Comparison, report: Path | None, as_json: bool, drawing: Drawing | None = None) -> None:
    """Write report and figures, print the table, and then say that a file could not be written."""
    from qmectk.presenting.comparison import page_of

    from .output import Postponed, print_json, stdout_kept_clean

    files = Postponed()
    with stdout_kept_clean():
        if report is not None:
            with files.attempt():
                _write(result, report)
        if drawing is not None:
            with files.attempt():
                drawing(result)
        data = result.as_dict(None if files.error else report)
    if as_json:
        print_json(data)
    else:
        from .render import page

        page(page_of(data))
    files.settle()


def _write(result: Comparison, report: Path) -> None:
    """Write the report; where it cannot be, leave it in the temporary folder and say so in the error."""
    try:
        result.report(report)
    except InputError as error:
        aside = Path(tempfile.mkdtemp(prefix="qmectk-report-"))
        try:
            result.report(aside / report.name)
        except InputError:
            shutil.rmtree(aside, ignore_errors=True)
            raise error from None
        raise InputError(error.message, f"the report is in {aside / report.name} instead") from error
