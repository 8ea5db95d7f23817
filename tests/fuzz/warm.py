"""What is compiled and imported once a process is not on the clock of the case that happens to need it first."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .documents import text, tree
from .families import FILES
from .provers import proving
from .running import run


def warm() -> None:
    """Solve and show a small problem of every family once."""
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as name:
        folder = Path(name)
        for family, data in FILES.items():
            (folder / "p.yaml").write_text(text(tree(data)))
            for command in ("solve", "show"):
                outcome = run((command, "p.yaml"), folder)
                if outcome.code != 0:
                    raise RuntimeError(f"qmectk {command} with {family}: {outcome.err}")
            for backend in ("cd", *proving()):  # not all of them take all families
                run(("solve", "p.yaml", "-b", backend), folder)
