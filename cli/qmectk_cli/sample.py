"""``qmectk sample``: frames of a problem as arrays in a file, with their optima, for training with other software."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import MOST_FRAMES, Seconds, command, json_option, problem_argument

if TYPE_CHECKING:
    from qmectk import Problem

SUFFIXES = (".npz", ".mat")


@command(
    "sample",
    "qmectk sample p1 --frames 1000 --optimum --out data.npz",
    "qmectk sample problems/p1.yaml --training --frames 30000 --optimum --out data_10.mat",
)
@problem_argument
@click.option(
    "--out", "-O", type=click.Path(path_type=Path), required=True, metavar="FILE", help="An .npz or .mat file."
)
@click.option("--frames", type=click.IntRange(1, MOST_FRAMES), help="How many, instead of those in the problem file.")
@click.option("--training", is_flag=True, help="The frames that policies train on instead of those that are judged.")
@click.option("--optimum", is_flag=True, help="Also solve them: variables, objective and proved bound.")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Limit of --optimum; frames it leaves are NaN.")
@json_option
@click.pass_context
def sample(
    ctx: click.Context,
    problem: str,
    out: Path,
    frames: int | None,
    training: bool,
    optimum: bool,
    time_limit: float | None,
    as_json: bool,
) -> None:
    """Write the numbers of PROBLEM's frames to a file, one array a name, one row a frame.

    Frame t is frame t of 'qmectk solve'. A problem file may name the file that is written: it then has the same
    frames. An .mat file has the names that the field's published data sets have, where there are any.
    """
    from .output import check_target, print_json, replaced_at_once, stdout_kept_clean, wrote
    from .progress import progress

    out = check_target(out, SUFFIXES)
    with stdout_kept_clean(), progress() as report:
        import numpy as np

        import qmectk
        from qmectk.documents.files import load

        loaded = load(problem)
        arrays = qmectk.sample(
            loaded, frames, training=training, optimum=optimum, time_limit=ctx.obj.left(time_limit), report=report
        )
        with replaced_at_once(out) as made:
            if out.suffix.lower() == ".mat":
                from scipy.io import savemat

                arrays = _published(loaded, arrays)
                savemat(made, arrays, do_compression=True, oned_as="column")
            else:
                np.savez_compressed(made, **arrays)  # type: ignore[arg-type]  # numpy's stubs take names for its options
    if as_json:
        print_json({"file": str(out), "arrays": {name: list(array.shape) for name, array in arrays.items()}})
    else:
        wrote(out, ", ".join(f"{name} {' x '.join(map(str, array.shape))}" for name, array in arrays.items()))


def _published(problem: Problem, arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays under the names, and with the factors, that the family declares for MATLAB files."""
    theirs = {mine: (name, factor) for name, (mine, factor) in problem.published_names.items()}
    out = {}
    for mine, array in arrays.items():
        name, factor = theirs.get(mine, (mine, 1.0))
        out[name] = array if factor == 1.0 else factor * array
    return out
