"""Text of others in sentences of ours: nothing in it is obeyed by a terminal, and nothing in it is endless."""

from __future__ import annotations

import re
from typing import Any

#: Most characters of a value or a name that are quoted.
LONGEST = 80

#: What a terminal obeys or hides: C0 but for tab and newline, DEL, C1, zero-width characters and marks of direction,
#: separators of lines, and halves of surrogate pairs (which no encoding has).
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""The text with every character that a terminal would obey or hide written as its escape.

    >>> visible("\x1b[31mred")
    '\\x1b[31mred'
    """
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def short(text: object, most: int = LONGEST) -> str:
    """A text in one visible line, cut to `most` characters.

    >>> short("9" * 400, 10)
    '9999999999...'
    """
    whole = visible(str(text)[: most + 1].replace("\n", " "))
    return whole if len(whole) <= most else f"{whole[:most]}..."


def shown(value: Any, most: int = LONGEST) -> str:
    """A value as Python writes it, in one visible line, cut to `most` characters; never raises."""
    if isinstance(value, str):
        value = value[: most + 1]  # no need to write all of it
        return repr(value) if len(value) <= most else f"{value[:most]!r}..."
    try:
        return short(repr(value), most)
    except Exception as error:  # an integer of thousands of digits, or a class of a plugin
        return f"a {type(value).__name__} that cannot be written ({type(error).__name__})"
