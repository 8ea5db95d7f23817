"""Text in .csv files that spreadsheets must not take for a formula.

A cell that begins with one of ``= + - @``, a tab or a carriage return is computed when a spreadsheet opens the file,
and names in a table come from files of others. OWASP (CSV Injection) has an apostrophe put before it; that is done
here, to text alone. Numbers stay as they are, negative ones too.
"""

from __future__ import annotations

from typing import Any

#: First characters of what spreadsheets compute (OWASP, CSV Injection).
_FIRST = ("=", "+", "-", "@", "\t", "\r", "\n")


def text_cell(value: Any) -> Any:
    """A cell as it may stand in a .csv file.

    >>> text_cell("=cmd|'/c calc'!A0"), text_cell("greedy"), text_cell(-3.5)
    ("'=cmd|'/c calc'!A0", 'greedy', -3.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FIRST) else value


def harmless(frame: Any) -> Any:
    """A pandas DataFrame with every cell and every column name as :func:`text_cell` has it."""
    out = frame.rename(columns=text_cell)
    for name in out.columns:
        if out[name].dtype.kind not in "biufcM":
            out[name] = out[name].map(text_cell)
    return out
