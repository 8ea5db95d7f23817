"""``qmectk export``: one frame of a problem in a format that other programs read."""

from __future__ import annotations

from pathlib import Path

import click

from qmectk.errors import InputError

from .options import command, problem_argument, read_settings, setting_option

FORMATS = ("lp", "mps", "bqm", "cqm", "qubo")


@command(
    "export",
    "qmectk export p1 --format lp --out p1.lp",
    "qmectk export p1 --out p1.qubo -o grid=8",
)
@problem_argument
@click.option("--out", "-O", type=click.Path(path_type=Path), required=True, metavar="FILE", help="File to write.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Format; the suffix of the file decides when left out."
)
@click.option("--frame", type=click.IntRange(0), default=0, show_default=True, help="Which frame, counted from 0.")
@setting_option
def export(problem: str, out: Path, form: str | None, frame: int, settings: tuple[str, ...]) -> None:
    """Write one frame of PROBLEM to a file.

    \b
    lp, mps  a mathematical program; a problem that is not linear goes out as its
             quadratic restriction where it has one (lp only)
    bqm      dimod's binary quadratic model with constraints as penalties (BinaryQuadraticModel.from_file)
    cqm      dimod's constrained quadratic model (ConstrainedQuadraticModel.from_file)
    qubo     the binary quadratic model as text, one 'i j value' a line

    The printed line and, where the format has comments, the file say how faithful it is. All files state
    minimisations except an exact LP or MPS file; a maximised objective is negated.
    """
    from .output import check_target, replaced_at_once, stdout_kept_clean, wrote

    options = read_settings(settings)
    chosen = form or out.suffix.lower().lstrip(".")
    if chosen not in FORMATS:
        raise InputError(
            f"cannot tell a format from '{out.name}'", f"give --format, or a name that ends in .{', .'.join(FORMATS)}"
        )
    out = check_target(out, (out.suffix.lower(),))
    with replaced_at_once(out) as made, stdout_kept_clean():
        from qmectk.documents.files import load

        from .writers import WRITERS

        instance = load(problem).frame(frame)
        said = WRITERS[chosen](instance, options, made)
    wrote(out, said)
