"""``qmectk merge``: several stores as one."""

from __future__ import annotations

from pathlib import Path

import click

from .options import command, json_option


@command("merge", "qmectk merge mine.db hers.db --out all.db")
@click.argument("stores", metavar="STORE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", "-O", type=click.Path(path_type=Path), metavar="FILE.db", required=True, help="The store to write."
)
@json_option
def merge(stores: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Write the runs of STOREs into one store, from which 'qmectk compare' goes on as from each of them.

    A run that is in several stores counts once. Where they differ, the first that ended well counts, and that is said.
    """
    from .output import echo, print_json, stdout_kept_clean, wrote

    with stdout_kept_clean():
        from qmectk.comparing.storage.merging import merge as merged

        runs, notes = merged(stores, out)
    if as_json:
        print_json({"store": str(out), "runs": runs, "notes": notes})
        return
    for note in notes:
        echo(note)
    wrote(out, f"{runs} run{'' if runs == 1 else 's'}")
