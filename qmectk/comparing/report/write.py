"""``write_report``: the suffix of the path decides what is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ...files.storage import explained, replace_file
from ...status import TARGET_GAP
from ..statistics import prepare, summarize, summarize_horizons
from ..statistics.horizons import of_horizons
from ..storage.table import EXPORTS, export
from ..studies.arguments import REPORTS_SAID
from .content import gather
from .page import as_html
from .tables import as_latex, as_markdown

WRITERS = {".html": as_html, ".htm": as_html, ".md": as_markdown, ".markdown": as_markdown, ".tex": as_latex}


def write_report(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    title: str = "Comparison",
    *,
    target_gap: float = TARGET_GAP,
    notes: Sequence[str] = (),
) -> Path:
    """Write the report of a comparison and return its path.

    Parameters
    ----------
    frame
        One row a run.
    path
        Ends in .html (one self-contained page), .md (tables for pages and CI), .tex (booktabs tables for papers), or
        .csv or .parquet (the summary, one row a problem and contender).
    title
        Its heading.
    target_gap
        Relative gap that counts as good enough in profiles, time-to-target and TTS99.
    notes
        What to know before the numbers are read, shown among the warnings.

    Raises
    ------
    InputError
        For another suffix, or a file that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() in EXPORTS:
        export(_summary(frame, target_gap), path)
        return path
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"a report ends in {REPORTS_SAID}, not {path.suffix or 'nothing'!r}", path.name)
    text = writer(gather(frame, title, target_gap, notes))
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    return path


def _summary(frame: pd.DataFrame, target_gap: float) -> pd.DataFrame:
    """The summary as one flat table: what a row counts by name is in columns of its own."""
    runs = prepare(frame)
    found = summarize_horizons(runs) if of_horizons(runs) else summarize(runs, target_gap=target_gap)
    for name in [name for name in found if found[name].map(lambda cell: isinstance(cell, dict)).any()]:
        parts = pd.DataFrame(list(found.pop(name)), index=found.index).add_prefix(f"{name}_")
        found = pd.concat([found, parts], axis=1)
    return found
