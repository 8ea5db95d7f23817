"""Command lines: every command with its own options, and values that fit or do not."""

from __future__ import annotations

from functools import cache

import click
import numpy as np

from qmectk.backend import LearnedBackend
from qmectk.plugins import registry
from qmectk_cli.lazy import COMMANDS, LazyGroup
from qmectk_cli.main import cli

from . import edges
from .case import Command
from .documents import text, tree
from .families import FILES

#: Commands that run for long or start processes; their command lines are tried where they are refused, with a file
#: that is not there.
LONG = ("compare", "reproduce", "check-backend")

OUTPUTS = (
    "out.json",
    "out.csv",
    "out.png",
    "out.lp",
    "out.qubo",
    "out.npz",
    "out.parquet",
    "out.db",
    "out.html",
    "out",
)

VALUES = (
    *("p.yaml", "p.yaml", "p1", "drift", "nothing", "exact", "cd", "highs", "1", "0", "-1", "2", "1.5", "nan", "inf"),
    *("1e400", "5s", "5 s", "", " ", "-", "--", "=", "a=b", "restarts=2", "V=1", "devices=2", "p.csv", "missing.yaml"),
    *("missing/out.json", "p.yaml/x", "/dev/null", "/dev/full", "/proc/self/mem", ".", "..", "x" * 300, "\x1b[31m"),
    *("\ud800", "é", "a\nb", "a\rb", "*", "~", "$HOME", "%s", "{0}", "0x10", "1_0", "99999999999999999999", *OUTPUTS),
)


@cache
def _command(name: str) -> click.Command:
    assert isinstance(cli, LazyGroup)
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def make(rng: np.random.Generator) -> Command:
    """A command, its arguments, and some of its options with any values."""
    name = str(rng.choice(list(COMMANDS)))
    arguments = [name]
    command = _command(name)
    usual = "missing.yaml" if name in LONG else "p.yaml"
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            if rng.random() < 0.9:
                arguments.append(usual if rng.random() < 0.7 or name in LONG else edges.pick(rng, VALUES))
        elif isinstance(parameter, click.Option) and rng.random() < 0.25 and parameter.name != "debug":
            arguments.append(str(rng.choice([*parameter.opts, *parameter.secondary_opts])))
            if not parameter.is_flag or rng.random() < 0.03:
                arguments.append(_value(parameter, rng))
    if name in LONG and "--all" in arguments:  # the one way to run them without a file
        arguments.remove("--all")
    if rng.random() < 0.1:
        arguments.insert(int(rng.integers(len(arguments) + 1)), edges.pick(rng, VALUES))
    if rng.random() < 0.05:
        arguments[int(rng.integers(len(arguments)))] = edges.pick(rng, VALUES)
    if arguments[0] in ("solve", "simulate", "verify") and "--time-limit" not in arguments:
        arguments += ["--time-limit", "1"]
    if arguments[0] == "warm-up":  # what learns is trained, which no time limit ends
        learners = {name for name, kind in registry().backends.items() if issubclass(kind, LearnedBackend)}
        arguments = [part for part in arguments if part not in learners]
        arguments.insert(1, "p.yaml")  # without a problem it compiles for all of them
    if arguments[0] == "simulate":
        arguments += ["--slots", "2"]
    family = str(rng.choice(list(FILES)))
    answer = b'{"values": {"offload": [0, 1, 0]}}'
    files = {"p.yaml": text(tree(FILES[family])).encode(), "a.json": answer}
    return Command(files, tuple(arguments), OUTPUTS, refuted=True)


def _value(parameter: click.Option, rng: np.random.Generator) -> str:
    if rng.random() < 0.35:
        return edges.pick(rng, VALUES)
    name = str(parameter.name)
    if name in ("backend", "backends"):
        return str(rng.choice([*registry().backends, "exct"]))
    if name in ("out", "trace", "plot", "report", "checkpoint", "store"):
        return str(rng.choice(OUTPUTS))
    if isinstance(parameter.type, click.Choice):
        return str(rng.choice(list(parameter.type.choices)))
    if isinstance(parameter.type, (click.types.IntParamType, click.types.FloatParamType)):
        return str(rng.choice(["0", "1", "2", "-1", "1e-9", "0.5", "1e300", "nan", "10000000000"]))
    return edges.value(rng).replace("\x00", "")[:100_000]
