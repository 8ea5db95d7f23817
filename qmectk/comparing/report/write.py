"""``write_report``: the suffix of the path decides what is written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ...status import TARGET_GAP
from ...storage import explained, replace_file
from .content import gather
from .page import as_html
from .tables import as_latex, as_markdown

WRITERS = {".html": as_html, ".htm": as_html, ".md": as_markdown, ".markdown": as_markdown, ".tex": as_latex}


def write_report(
    frame: pd.DataFrame, path: str | os.PathLike[str], title: str = "Comparison", *, target_gap: float = TARGET_GAP
) -> Path:
    """Write the report of a comparison and return its path.

    Parameters
    ----------
    frame
        One row a run.
    path
        Ends in .html (one self-contained page), .md (tables for pages and CI) or .tex (booktabs tables for papers).
    title
        Its heading.
    target_gap
        Relative gap that counts as good enough in profiles, time-to-target and TTS99.

    Raises
    ------
    InputError
        For another suffix, or a file that cannot be written.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"a report ends in .html, .md or .tex, not {path.suffix or 'nothing'!r}", path.name)
    text = writer(gather(frame, title, target_gap))
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    return path
