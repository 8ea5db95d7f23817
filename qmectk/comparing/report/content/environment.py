"""How it was run: options, machines, versions."""

from __future__ import annotations

import pandas as pd

from ..wording import MISSING, clean, seconds
from .cells import Cell, Table, many, name_cell
from .recorded import flat


def settings(runs: pd.DataFrame) -> Table:
    """The options, preset and time limit of every contender."""
    heads = [("contender", "label"), ("options", "as given"), ("preset", "if any"), ("time limit", "of a run")]
    rows = []
    for contender, group in runs.groupby("contender", sort=False):
        options = " ; ".join(dict.fromkeys(o for o in group["options"] if o not in ("", "{}"))) or "defaults"
        presets = ", ".join(dict.fromkeys(p for p in group["preset"] if p)) or MISSING
        limits = ", ".join(seconds(v) for v in group["time_limit"].dropna().unique()) or MISSING
        rows.append([name_cell(contender), name_cell(options), name_cell(presets), Cell(limits, "", limits)])
    return Table("Contenders", heads, rows)


def environment(runs: pd.DataFrame) -> list[Table]:
    """A table a machine, and one of all versions."""
    tables = []
    kinds = runs["machine"].value_counts(sort=False)
    kinds = kinds[kinds.index != ""]
    for number, (text, size) in enumerate(kinds.items(), start=1):
        name = "Machine" if len(kinds) == 1 else f"Machine {number} of {len(kinds)} ({many(int(size), 'run')})"
        rows = [[name_cell(k), name_cell(v)] for k, v in flat(text)]
        tables.append(Table(name, [("machine", ""), ("", "")], rows))
    found = versions(runs)
    if found:
        rows = [[name_cell(k), Cell(clean(" / ".join(v)), "", v[0])] for k, v in found.items()]
        tables.append(Table("Versions", [("versions", ""), ("", "")], rows))
    return tables


def versions(runs: pd.DataFrame) -> dict[str, list[str]]:
    """Package -> its versions; every run records those that its backend uses."""
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys(runs["versions"]):
        for name, value in flat(text) if text else ():
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return found
