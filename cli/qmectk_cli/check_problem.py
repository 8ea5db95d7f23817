"""``qmectk check-problem``: the conformance suite for problem families."""

from __future__ import annotations

import click

from qmectk.errors import BackendFailed

from .options import command, json_option, problem_argument, replaced_keys
from .verdicts import show_verdicts


@command("check-problem", "qmectk check-problem drift --tiny devices=1 --tiny servers=1")
@problem_argument
@click.option("--tiny", multiple=True, metavar="KEY=VALUE", help="Keys of the smallest problem. Repeatable.")
@json_option
@click.pass_context
def check_problem(ctx: click.Context, problem: str, tiny: tuple[str, ...], as_json: bool) -> None:
    """Run every clause that a problem family has to keep on PROBLEM; exit code 5 when one is broken.

    What it draws repeats, its views are what it declares, what a policy decides is feasible, its process keeps its
    contract.
    """
    from .output import stdout_kept_clean

    with stdout_kept_clean():
        from qmectk import testing

        config = testing.FamilyConfig(tiny=replaced_keys(tiny))
        results = testing.check_problem(problem, config)
    if show_verdicts("problem", problem, results, as_json=as_json):
        ctx.exit(BackendFailed.exit_code)
