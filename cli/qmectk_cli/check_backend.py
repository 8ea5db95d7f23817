"""``qmectk check-backend``: the conformance suite on one backend."""

from __future__ import annotations

from typing import Any

import click

from qmectk.errors import BackendFailed

from .options import backend_names, command, json_option
from .verdicts import show_verdicts


@command("check-backend", "qmectk check-backend cd", "qmectk check-backend mine --problem mine.yaml")
@click.argument("name", shell_complete=backend_names)
@click.option("--problem", "problems", multiple=True, metavar="FILE", help="Also two frames of this. Repeatable.")
@json_option
@click.pass_context
def check_backend(ctx: click.Context, name: str, problems: tuple[str, ...], as_json: bool) -> None:
    """Run every clause of the conformance suite on backend NAME; exit code 5 when one fails."""
    from .output import stdout_kept_clean

    with stdout_kept_clean():
        from qmectk.plugins import registry

        registry().backend(name).check_installed()
        from qmectk import testing

        own = tuple(testing.case_of(one) for one in problems)
        for case in own:
            case.make()
        results: list[Any] = list(testing.check(name, testing.SuiteConfig(cases=own)))
    if show_verdicts("backend", name, results, as_json=as_json):
        ctx.exit(BackendFailed.exit_code)
