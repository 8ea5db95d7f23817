"""``qmectk check-backend``: the conformance suite on one backend."""

from __future__ import annotations

from typing import Any

import click

from qmectk.errors import BackendFailed

from .failures import say
from .options import command, json_option


@command("check-backend", "qmectk check-backend cd", "qmectk check-backend mine --problem mine.yaml")
@click.argument("name")
@click.option("--problem", "problems", multiple=True, metavar="FILE", help="Also two frames of this. Repeatable.")
@json_option
@click.pass_context
def check_backend(ctx: click.Context, name: str, problems: tuple[str, ...], as_json: bool) -> None:
    """Run every clause of the conformance suite on backend NAME; exit code 5 when one fails."""
    from .output import print_json, stdout_kept_clean

    with stdout_kept_clean():
        from qmectk.plugins import registry

        registry().backend(name).check_installed()
        from qmectk import testing

        own = tuple(testing.case_of(one) for one in problems)
        for case in own:
            case.make()
        results: list[Any] = list(testing.check(name, testing.SuiteConfig(cases=own)))
    failed = [result for result in results if not result.passed]
    if as_json:
        clauses = [
            {"clause": r.clause, "description": r.description, "passed": bool(r.passed), "detail": r.detail}
            for r in results
        ]
        print_json({"backend": name, "passed": not failed, "clauses": clauses})
    else:
        from .render import table

        table(
            ["clause", "result", "what it asks"],
            [
                [r.clause, "passed", r.description]
                if r.passed
                else [r.clause, "failed", f"{r.description} But: {r.detail}"]
                for r in results
            ],
        )
    if failed:
        names = ", ".join(result.clause for result in failed)
        say(f"Error: backend '{name}' fails {len(failed)} of {len(results)} clauses: {names}")
        ctx.exit(BackendFailed.exit_code)
