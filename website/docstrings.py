"""Docstrings as Markdown: roles of Sphinx become code, examples of doctest become blocks."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":[a-z]+:`~?([^`<]+)`")
EXAMPLE = re.compile(r"^(?P<indent> *)>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


class Markdown(griffe.Extension):
    """Changes every docstring that is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """A docstring that Markdown reads as it is meant."""
    text = ROLE.sub(lambda role: f"`{role[1]}`", text)
    if "\nExamples\n" in text:  # a section of its own, which the reader of sections knows
        return text
    return EXAMPLE.sub(lambda e: f"{e['indent']}```pycon\n{e[0]}\n{e['indent']}```", text)
