"""``qmectk warm-up``: compile what problems need, before the first answer is wanted."""

from __future__ import annotations

import time
from typing import Any

import click

from .failures import say
from .options import backend_names, command, json_option, problem_names


@command("warm-up", "qmectk warm-up p1 drift --backend exact --backend cd")
@click.argument("problems", nargs=-1, metavar="[PROBLEM]...", shell_complete=problem_names)
@click.option(
    "-b",
    "--backend",
    "backends",
    shell_complete=backend_names,
    multiple=True,
    metavar="NAME",
    help="Warm this one up, too; repeatable. One that learns is trained, which may take minutes. [exact]",
)
@json_option
def warm_up(problems: tuple[str, ...], backends: tuple[str, ...], as_json: bool) -> None:
    """Compile the code that PROBLEMs need and keep it on disk; all shipped problems if none is named.

    The first answer of a problem on a machine waits for compilation, up to a minute; later ones do not. In
    the image of a container or on the nodes of a cluster, this command does the waiting. The code is kept
    beside the package, or in the user's cache folder where the package may not be written
    (NUMBA_CACHE_DIR names another one).
    """
    from .output import print_json, stdout_kept_clean
    from .progress import progress

    with stdout_kept_clean(), progress() as report:
        rows = _warmed(problems, backends, report)
    if as_json:
        print_json({"warm": rows})
        return
    from .render import table

    table(
        ["problem", "backend", "seconds", "of it compilation"],
        [[row["problem"], row["backend"], f"{row['seconds']:.1f}", f"{row['compilation']:.1f}"] for row in rows],
    )


def _warmed(problems: tuple[str, ...], backends: tuple[str, ...], report: Any) -> list[dict[str, Any]]:
    """A row for every problem and backend: two frames together, then one alone, which may be compiled by itself."""
    import qmectk
    from qmectk.documents.files import shipped
    from qmectk.errors import NoRoute
    from qmectk.plugins import registry

    chosen = [registry().chosen(name) for name in backends or (None,)]
    rows = []
    for target in problems or tuple(shipped()):
        problem = qmectk.load(target, frames=2)
        for backend in chosen:
            began = time.perf_counter()
            try:
                found = [qmectk.solve(problem, backend, frame=f, reference=False, report=report) for f in (None, 0)]
            except NoRoute as error:
                say(f"{target}: {error}")
                continue
            seconds = time.perf_counter() - began
            compilation = sum(solution.compilation_seconds for solution in found)
            rows.append({"problem": target, "backend": backend.name, "seconds": seconds, "compilation": compilation})
    return rows
