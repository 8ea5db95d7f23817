"""Notebooks: run from their first cell to their last, and written as pages with what the cells show."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from traitlets.config import Config

#: Longest that a cell may take [s]; those that are shipped take a few, on a busy machine ten times that.
LONGEST = 120


def executed(file: Path) -> Any:
    """The notebook with outputs, run in a folder of its own; a cell that raises raises here."""
    notebook = nbformat.read(file, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # sockets in that folder: others on this machine cannot listen, as they could at a port
        kernel = Config(ConnectionFileMixin={"transport": "ipc", "ip": f"{folder}/kernel"})
        where = {"metadata": {"path": folder}}
        return NotebookClient(notebook, config=kernel, timeout=LONGEST, resources=where).execute()


def as_page(notebook: Any, name: str) -> tuple[str, dict[str, bytes]]:
    """Markdown and the pictures that it shows by name; `name` tells those of several notebooks apart."""
    exporter = MarkdownExporter()
    resources: dict[str, Any] = {"unique_key": name, "output_files_dir": ""}
    text, made = exporter.from_notebook_node(notebook, resources)
    return text, dict(made["outputs"])
