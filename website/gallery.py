"""The gallery: a page whose blocks write figures, each shown under the block that made it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .blocks import blocks
from .walking import Reader


def drawn(page: str) -> tuple[str, dict[str, bytes]]:
    """The page with its figures, and the figures by name."""
    figures: dict[str, bytes] = {}
    pieces, begin = [], 0
    os.environ.setdefault("MPLBACKEND", "agg")
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        try:
            for block in blocks(page):
                reader.follow(block)
                new = sorted(file for file in Path(folder).glob("*.svg") if file.name not in figures)
                figures |= {file.name: file.read_bytes() for file in new}
                shown = "".join(f"\n\n![{file.stem}](figures/gallery/{file.name})" for file in new)
                pieces.append(page[begin : block.end] + shown)
                begin = block.end
        finally:
            reader.leave()
    return "".join(pieces) + page[begin:], figures
