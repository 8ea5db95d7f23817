"""``qmectk schema``: the JSON Schema of a problem family."""

from __future__ import annotations

import click

from .options import command

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@command("schema", "qmectk schema p1 > p1.schema.json")
@click.argument("family", metavar="FAMILY")
def schema(family: str) -> None:
    """Print the JSON Schema of a problem FAMILY, or of the family of a problem file.

    Editors with a YAML language server complete and check a file whose first line is
    '# yaml-language-server: $schema=p1.schema.json'.
    """
    import json

    from .output import stdout_kept_clean

    with stdout_kept_clean():
        from qmectk.documents.files import load
        from qmectk.plugins import registry

        chosen = type(load(family)) if family.endswith((".yaml", ".yml")) else registry().problem(family)
        made = chosen.Params.model_json_schema()
    made.pop("title", None)
    head = {"$schema": DIALECT, "title": f"qmectk problem file: {chosen.name}"}
    click.echo(json.dumps({**head, **made}, indent=2))
