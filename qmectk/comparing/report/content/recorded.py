"""What runs recorded as JSON, as pairs of words: machines, versions, penalties. It may be anything at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..wording import MISSING


def flat(text: str) -> Iterable[tuple[str, str]]:
    """Names and values of a JSON text, nested names joined by spaces; the text itself where it is no JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return [("as recorded", text)]
    return pairs_of(value, "")


def pairs_of(value: Any, prefix: str) -> list[tuple[str, str]]:
    """Names and values of what was a JSON value, in words."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in pairs_of(item, f"{prefix} {key}".strip())]
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    if "memory" in prefix and isinstance(value, int | float) and value > 1e8:  # bytes
        value = f"{value / 2**30:.1f} GiB"
    return [(prefix or "as recorded", MISSING if value is None else str(value))]


def as_object(text: str) -> dict[str, Any]:
    """A JSON text as an object; anything else as the value of "as recorded"."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {} if value is None else {"as recorded": value}


def on_one_line(value: dict[str, Any]) -> str:
    """An object on one line."""
    return ", ".join(f"{key} {item}" for key, item in pairs_of(value, "")) if value else ""
