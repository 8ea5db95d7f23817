"""A click group that knows its commands by name and imports one when it is used."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from .failures import ClosedPipe
from .options import debug_parameter

#: First-party commands: name -> (module, one line of help). The click command has the name of its module.
COMMANDS: dict[str, tuple[str, str]] = {
    "solve": ("solve", "Solve a problem and set the answer beside its certified optimum."),
    "train": ("train", "Train a policy and keep it in a folder."),
    "policy": ("policy", "Say what a policy is; write it as a program of torch or ONNX."),
    "backends": ("backends", "List the backends and the problems they take; describe one."),
    "problems": ("problems", "List the shipped problems and the registered families."),
    "show": ("show", "Print and draw an instance of a problem."),
    "sample": ("sample", "Write frames of a problem, and their optima, to an .npz or .mat file."),
    "simulate": ("simulate", "Let a backend control a problem over many slots."),
    "explain": ("explain", "Show the route a backend takes to a problem, and what travels back."),
    "verify": ("verify", "Re-score an answer from a file on the declared problem."),
    "export": ("export", "Write a problem as an LP, MPS, BQM, CQM or QUBO file."),
    "compare": ("compare", "Run backends side by side, fairly and resumably, and report."),
    "report": ("report", "Show and report what is in stores of runs."),
    "view": ("view", "Watch a running study in the browser."),
    "merge": ("merge", "Write several stores into one."),
    "runs": ("runs", "List, filter and export the runs of a store."),
    "reproduce": ("reproduce", "Run a published experiment again and check its claims."),
    "schema": ("schema", "Print the JSON Schema of a problem family, for editors."),
    "warm-up": ("warm_up", "Compile what problems need, before the first answer is wanted."),
    "check-backend": ("check_backend", "Run the conformance suite on a backend."),
    "check-problem": ("check_problem", "Run the conformance suite on a problem family."),
}

#: Where click's context keeps the commands that were found.
_FOUND = "qmectk_cli.commands"


class LazyGroup(click.Group):
    """Lists :data:`COMMANDS` without importing them; asks plugins of other distributions for theirs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *self._extra(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            name = COMMANDS[cmd_name][0]
            command: click.Command = getattr(importlib.import_module(f".{name}", __package__), name)
            return command
        return self._extra(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and name not in self._extra(ctx):
            from qmectk.presenting.names import unknown

            raise unknown("command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def make_context(self, *arguments: Any, **keywords: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **keywords)
        except BrokenPipeError as error:  # the reader of the help closed the pipe
            raise ClosedPipe from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            super().invoke(ctx)  # what a command returns is not an exit code; ctx.exit() is
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ClosedPipe from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])
        extra = {name: command for name, command in self._extra(ctx).items() if not command.hidden}
        if extra:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, command.get_short_help_str(80)) for name, command in extra.items()])

    def _extra(self, ctx: click.Context) -> dict[str, click.Command]:
        """Commands of other distributions, looked for once in a run of the command line."""
        if _FOUND not in ctx.meta:
            from .third_party import commands

            found = {name: c for name, c in commands(COMMANDS).items() if name not in self.commands}
            for command in found.values():
                if all("--debug" not in p.opts for p in command.params):
                    command.params.append(debug_parameter())
            ctx.meta[_FOUND] = found
        return {**self.commands, **ctx.meta[_FOUND]}
