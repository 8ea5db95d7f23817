"""``qmectk view``: a running study in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from .options import command, where_option


@command("view", "qmectk view runs.db", "qmectk view runs.db --where backend!=random --port 9000")
@click.argument("store", metavar="STORE", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Where to listen [8421, or any that is free].")
@where_option
def view(store: Path, port: int | None, where: tuple[str, ...]) -> None:
    """Watch a study that writes to STORE: its progress, its table and its figures, in the browser of this machine.

    The page refreshes itself and is to be had from this machine alone. Ctrl-C ends it; the study goes on.
    """
    from qmectk.comparing.view import serve

    from .output import echo

    serve(store, where, port, lambda address: echo(f"{store} is at {address} (Ctrl-C ends the view)"))
