"""``qmectk --version``, and with ``--verbose`` what a report of a bug should say of the machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
from importlib import metadata
from typing import Any

import click

import qmectk

#: In the place of the version of what is not installed.
ABSENT = "-"


def say_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Print it and end the command, where it is asked for."""
    verbose = ctx.params.get("verbose", False)
    if not value:
        if verbose:
            raise click.UsageError("--verbose goes with --version")
        return
    click.echo(f"qmectk {qmectk.__version__}")
    if verbose:
        for name, text in [*_machine(), *_packages(), *_plugins()]:
            click.echo(f"{name:<24}{text}".rstrip())
    ctx.exit()


def _machine() -> list[tuple[str, str]]:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        ("python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("platform", platform.platform()),
        ("processors", f"{cpus}, {platform.machine()}"),
    ]


def _packages() -> list[tuple[str, str]]:
    """Packages that qmectk or one of its extras asks for, with the version that is there; then those that are not."""
    asked: list[str] = []
    with contextlib.suppress(metadata.PackageNotFoundError):
        asked = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in metadata.requires("qmectk") or []]
    found = {name: _version(name) for name in sorted(set(asked) - {"qmectk"}, key=str.lower)}
    missing = ", ".join(name for name, version in found.items() if version == ABSENT)
    there = [(name, version) for name, version in found.items() if version != ABSENT]
    return there + ([("not installed", missing)] if missing else [])


def _plugins() -> list[tuple[str, str]]:
    """Other distributions whose plugins are loaded, and plugins that could not be."""
    from qmectk.plugins import registry

    known = registry()
    others = sorted(set(known.origin.values()) - {"qmectk", ""})
    broken: list[Any] = list(known.broken)
    return [(f"plugin {name}", _version(name)) for name in others] + [
        (f"plugin {one.name}", "broken") for one in broken
    ]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ABSENT
