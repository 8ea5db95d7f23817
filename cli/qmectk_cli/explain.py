"""``qmectk explain``: the route from a problem to a backend, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .options import backend_option, command, json_option, problem_argument, read_settings, setting_option

if TYPE_CHECKING:
    from qmectk.routing.route import Route


@command("explain", "qmectk explain problems/p1.yaml --backend cd")
@problem_argument
@backend_option("Whose route to show.")
@setting_option
@json_option
def explain(problem: str, backend: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Show how the first frame of PROBLEM becomes something the backend accepts.

    Points travel back when a feasible point of what the backend sees is one of the declared problem;
    bounds travel back when a bound on the one's optimum bounds the other's.
    """
    from .output import print_json, stdout_kept_clean

    options = read_settings(settings)
    with stdout_kept_clean():
        import qmectk

        route = qmectk.explain(problem, backend, dict(options))
    if as_json:
        print_json(_plain(route, backend, options))
    else:
        _print(route, backend)


def _plain(route: Route, backend: str, options: dict[str, str]) -> dict[str, Any]:
    points, bounds = _travels(route)
    return {
        "problem": route.instance.label,
        "backend": backend,
        "solved_by": _solver(route, backend),
        "options": options,
        "route": route.describe(),
        "fidelity": route.fidelity.label,
        "points_travel_back": points,
        "bounds_travel_back": bounds,
    }


def _solver(route: Route, backend: str) -> str:
    """The backend that would do the work: ``exact`` delegates."""
    from qmectk.plugins import registry

    chosen = registry().backend(backend)
    return (chosen.delegate(route.instance) or chosen).name


def _travels(route: Route) -> tuple[bool, bool]:
    from qmectk import Fidelity

    return Fidelity.POINTS in route.fidelity, Fidelity.BOUNDS in route.fidelity


def _print(route: Route, backend: str) -> None:
    from .render import facts, line, table

    steps = route.describe()
    table(
        ["step", "view", "by", "fidelity", "note"],
        [[str(i), step["view"], step["by"], step["fidelity"], step["note"]] for i, step in enumerate(steps)],
    )
    points, bounds = _travels(route)
    line()
    facts(
        [
            ("backend", backend if _solver(route, backend) == backend else f"{backend}, by {_solver(route, backend)}"),
            ("whole route", route.fidelity.label),
            ("points travel back", "yes" if points else "no: its point is measured, and may violate a constraint"),
            ("bounds travel back", "yes" if bounds else "no: a bound it proves says nothing about the problem"),
        ]
    )
