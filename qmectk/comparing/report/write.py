"""``write_report``: the suffix of the path decides what is written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ...status import TARGET_GAP
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
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"a report ends in .html, .md or .tex, not {path.suffix or 'nothing'!r}", path.name)
    text = writer(gather(frame, title, target_gap))
    path.parent.mkdir(parents=True, exist_ok=True)
    # readers never see half a report
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path
