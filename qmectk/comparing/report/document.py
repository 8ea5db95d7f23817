"""Pages that are one file and need no network: the template around them, their style and their script.

Names are escaped by Jinja's autoescape in text and attributes; a content security policy lets only the page's own
scripts run, by hash, and shows only pictures that are in it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from .tables import number_columns


def render(name: str, title: str, scripts: list[str], package: str = "", **values: Any) -> str:
    """A page.

    Parameters
    ----------
    name
        Of a template that extends ``page.html.j2`` and may import ``table`` from ``table.html.j2``.
    scripts
        What runs in it, in this order.
    package
        Where the template is looked for, too.
    values
        What the template is given beside its title.
    """
    return template(name, package).render(
        title=title,
        style=Markup(asset("report.css")),
        scripts=[Markup(text) for text in scripts],
        hashes=" ".join(f"'sha256-{_hash(text)}'" for text in scripts),
        **values,
    )


def asset(name: str) -> str:
    """The text of a file of the folder ``templates``."""
    return (resources.files(__package__) / "templates" / name).read_text(encoding="utf-8")


@cache
def template(name: str, package: str = "") -> jinja2.Template:
    """A template of the folder ``templates`` or of a package; text in it is escaped."""

    def read(wanted: str) -> str | None:
        for folder in (resources.files(__package__) / "templates", *([resources.files(package)] if package else [])):
            if (folder / wanted).is_file():
                return (folder / wanted).read_text(encoding="utf-8")
        return None

    found = jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number_columns"] = number_columns
    return found.get_template(name)


def _hash(text: str) -> str:
    # a browser reads every line end as \n
    return base64.b64encode(hashlib.sha256(text.replace("\r\n", "\n").encode()).digest()).decode()


__all__ = ["asset", "render", "template"]
