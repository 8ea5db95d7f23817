"""``qmectk backends``: who is there, who takes what, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .options import backend_names, command, json_option, problem_names

if TYPE_CHECKING:
    from qmectk.catalogue import BackendInfo, Catalogue
    from qmectk.options import OptionField


#: Columns that names, proofs and a readable summary take beside the problems.
SUMMARY_WIDTH = 70


@command("backends", "qmectk backends", "qmectk backends cd", "qmectk backends --problem p1 --proves")
@click.argument("name", required=False, shell_complete=backend_names)
@click.option("--problem", metavar="PROBLEM", shell_complete=problem_names, help="Only those that take this problem.")
@click.option("--accepts", metavar="VIEW", help="Only those that accept this view, for example QUBO or Binary.")
@click.option("--proves", is_flag=True, help="Only those that prove a bound.")
@json_option
def backends(name: str | None, problem: str | None, accepts: str | None, proves: bool, as_json: bool) -> None:
    """List the backends and the shipped problems they take; with NAME, describe one of them.

    A word in the table is the best fidelity that the route can have on the first frame: what travels back from
    what the backend sees to the declared problem (exact: points and bounds; restriction: points; relaxation: bounds;
    heuristic: neither). Routes are not followed to their end here; qmectk explain does, for one problem.
    """
    from .output import print_json, stdout_kept_clean

    with stdout_kept_clean():
        import qmectk
        from qmectk.presenting.names import unknown

        catalogue = qmectk.backends(problem)
        if name is not None and name not in [info.name for info in catalogue]:
            raise unknown("backend", name, [info.name for info in catalogue])
        views = {view for info in catalogue for view in info.accepts}
        if accepts is not None and accepts not in views:
            raise unknown("view", accepts, views)
        shown = tuple(
            info
            for info in catalogue
            if (problem is None or any(match.fidelity for match in info.matches.values()))
            and (accepts is None or accepts in info.accepts)
            and (info.proves or not proves)
        )
        on_route = {} if name is None else _route_options(name)
    if as_json and name is None:
        broken = [{"name": b.name, "distribution": b.distribution, "reason": b.reason} for b in catalogue.broken]
        print_json({"backends": [_plain(info) for info in shown], "broken": broken})
    elif as_json and name is not None:
        options = {label: [_option(field) for field in fields] for label, fields in on_route.items()}
        print_json({**_plain(catalogue[name]), "route_options": options})
    elif name is None:
        _overview(shown, catalogue)
    else:
        _one(catalogue[name], on_route)


def _plain(info: BackendInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "summary": info.summary,
        "distribution": info.distribution,
        "accepts": list(info.accepts),
        "proves": info.proves,
        "kind": info.kind,
        "options": [_option(o) for o in info.options],
        "missing": list(info.missing),
        "remedy": info.remedy,
        "unavailable": info.unavailable,
        "problems": {
            label: {"fidelity": match.fidelity, "route": match.reason if match.fidelity else None}
            | ({} if match.fidelity else {"reason": match.reason})
            for label, match in info.matches.items()
        },
    }


def _option(field: OptionField) -> dict[str, Any]:
    from qmectk.solution import plain

    from .render import kind

    return {"name": field.name, "type": kind(field.type), "default": plain(field.default), "help": field.help}


def _route_options(name: str) -> dict[str, list[OptionField]]:
    """Options of the lowerings on the way to a backend, by shipped problem."""
    from qmectk.catalogue import problems
    from qmectk.options import fields_of
    from qmectk.plugins import registry
    from qmectk.routing.planner import Planner

    out: dict[str, list[OptionField]] = {}
    for label, problem in problems().items():
        found = Planner(problem.with_frames(1).instances()[0], registry()).plan(registry().backend(name))
        out[label] = [field for step in found.chain or () for field in fields_of(step.Options)]
    return out


def _overview(shown: tuple[BackendInfo, ...], catalogue: Catalogue) -> None:
    from qmectk.catalogue import KINDS

    from .render import console, line, note, table

    if not shown:
        line("No backend is like this.")
        return
    labels = list(dict.fromkeys(label for info in shown for label in info.matches))
    marks: dict[str, str] = {}
    rows = []
    away: dict[str, list[str]] = {}
    for kind in KINDS:
        mine = [info for info in shown if info.kind == kind]
        if mine:
            rows.append([f"{kind}:", *[""] * (len(labels) + 1)])
        for info in mine:
            if info.unavailable:
                away.setdefault(info.unavailable.replace(f"'{info.name}'", "it"), []).append(info.name)
            cells = []
            for label in labels:
                match = info.matches[label]
                if match.fidelity is None:
                    mark = marks.setdefault(match.reason, f"[{len(marks) + 1}]")
                cells.append(match.fidelity or mark)
            rows.append([f"  {info.name}", *cells, info.summary])
    header = ["backend", *labels, "summary"]
    if console().width < SUMMARY_WIDTH + sum(len(label) + 5 for label in labels):
        header, rows = header[:-1], [row[:-1] for row in rows]  # a column of two letters says nothing
    table(header, rows)
    if marks:
        line()
        for reason, mark in marks.items():
            note(mark, reason)
    if away:
        line()
        for reason, names in away.items():
            note("  -", f"{', '.join(names)}: {reason.removeprefix('backend it ')}")
    if catalogue.broken:
        line()
        line("broken plugins (nothing of them is used)")
        for plugin in catalogue.broken:
            origin = f" ({plugin.distribution})" if plugin.distribution else ""
            note("  -", f"{plugin.name}{origin}: {plugin.reason}")


def _one(info: BackendInfo, on_route: dict[str, list[OptionField]]) -> None:
    from .render import default, facts, kind, line, table

    facts(
        [
            ("backend", info.name),
            ("summary", info.summary),
            ("from", info.distribution),
            ("accepts", " or ".join(info.accepts)),
            ("proves", "a bound" if info.proves else "nothing; 'exact' certifies its answers"),
            ("missing", ", ".join(info.missing)),
            ("remedy", info.remedy if info.missing else ""),
            ("unavailable", info.unavailable),
        ]
    )
    line()
    rows: dict[tuple[str, ...], list[str]] = {}
    for label, fields in [("", info.options), *on_route.items()]:
        for o in fields:
            rows.setdefault((f"-o {o.name}", kind(o.type), default(o.default), o.help), []).append(label)
    if rows:
        owners = ["" if "" in of or len(of) == len(on_route) else ", ".join(of) for of in rows.values()]
        head = ["option", "takes", "default", *(["for"] if any(owners) else []), "meaning"]
        body = [[*row[:3], *([of] if any(owners) else []), row[3]] for row, of in zip(rows, owners, strict=True)]
        table(head, body)
    else:
        line("It has no options.")
    line()
    table(
        ["problem", "fidelity", "route"],
        [[label, match.fidelity or "-", match.reason] for label, match in info.matches.items()],
    )
