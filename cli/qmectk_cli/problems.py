"""``qmectk problems``: the files that come with qmectk, and the families a file may name."""

from __future__ import annotations

from typing import Any

from .options import command, json_option


@command("problems", "qmectk problems")
@json_option
def problems(as_json: bool) -> None:
    """List the shipped problem files and the registered problem families.

    The name of a shipped problem works wherever a file does; copy its file to make your own.
    """
    from .output import print_json, stdout_kept_clean

    with stdout_kept_clean():
        shipped, families, broken = _found()
    if as_json:
        print_json({"problems": shipped, "families": families, "broken": broken})
        return
    from .render import line, note, table

    table(
        ["problem", "family", "frames", "file"],
        [[row["name"], row["family"], str(row["frames"]), row["path"]] for row in shipped],
    )
    line()
    table(["family", "summary"], [[row["name"], row["summary"]] for row in families])
    for row in broken:
        note("  -", f"{row['name']} cannot be read: {row['reason']}")


def _found() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Shipped problems, families, and shipped files that cannot be read."""
    from qmectk.documents.files import load, shipped
    from qmectk.errors import QmectkError
    from qmectk.plugins import registry

    rows, broken = [], []
    for name, path in shipped().items():
        try:
            problem = load(path)
        except QmectkError as error:
            broken.append({"name": name, "path": str(path), "reason": str(error)})
            continue
        rows.append(
            {
                "name": name,
                "family": problem.name,
                "summary": problem.summary,
                "frames": problem.params.frames,
                "training_frames": problem.params.training_frames,
                "path": str(path),
            }
        )
    families = [{"name": name, "summary": family.summary} for name, family in sorted(registry().problems.items())]
    return rows, families, broken
