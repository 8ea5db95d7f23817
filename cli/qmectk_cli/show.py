"""``qmectk show``: the numbers and a picture of an instance."""

from __future__ import annotations

from pathlib import Path

import click

from .options import columns_option, command, json_option, problem_argument


@command(
    "show",
    "qmectk show problems/drift.yaml",
    "qmectk show p1 --frame 5 --out p1.png",
)
@problem_argument
@click.option("--frame", type=click.IntRange(0), default=0, show_default=True, help="Which frame to show.")
@click.option("--out", "-O", type=click.Path(path_type=Path), metavar="FILE", help="Draw it (.png, .svg, .pdf, .pgf).")
@columns_option
@json_option
def show(problem: str, frame: int, out: Path | None, columns: int | None, as_json: bool) -> None:
    """Print the numbers of a frame of PROBLEM, and draw them.

    Families may say more of their instances (devices, rates, mode costs); every family has at least its arrays,
    variables and constraints.
    """
    from qmectk.figures import SUFFIXES, check, save_figure

    from .output import Postponed, check_target, print_json, stdout_kept_clean

    if out is not None:
        out = check_target(out, SUFFIXES)
    with stdout_kept_clean():
        from qmectk.documents.files import load

        loaded = load(problem)
        instance = loaded.frame(frame)
        if out is not None:
            check(out)
            figure = instance.plot(columns)
    files = Postponed()
    if out is not None:
        with files.attempt():
            save_figure(figure, out)
    if as_json:
        from qmectk.solution import plain

        found = {"problem": instance.label, "family": loaded.name, "unit": instance.unit}
        concerns = [*loaded.params.doubts(), *loaded.concerns()]
        print_json({**found, "tables": plain([t.as_dict() for t in instance.describe()]), "concerns": concerns})
        files.settle()
        return
    from qmectk.presenting.problem import page_of

    from .render import line, page

    page(page_of(loaded, frame, str(loaded.source or problem)))
    files.settle()
    if out is not None:
        line()
        line(f"wrote {out}")
