"""What a sixth paper takes: this module, and a file of claims beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from qmectk.extending.hookspecs import hookimpl
from qmectk.extending.parts import Part
from qmectk_papers.paper import Paper
from qmectk_papers.running import Runner

#: Experiments that were run, in order.
CALLS: list[str] = []


def methods(run: Runner) -> pd.DataFrame:
    CALLS.append("methods")
    rows = [
        {"seed": s, "method": m, "cost": c + 0.01 * s} for s in run.seeds for m, c in (("ours", 6.0), ("theirs", 10.0))
    ]
    return pd.DataFrame(rows)


def sizes(run: Runner) -> pd.DataFrame:
    CALLS.append("sizes")
    return pd.DataFrame([{"seed": s, "size": n, "cost": n + 0.1 * s} for s in run.seeds for n in (1, 2, 3)])


def draw(figure: Any, tables: Any) -> None:
    figure.add_subplot().plot(tables["sizes"]["size"], tables["sizes"]["cost"])


PAPER = Paper(
    "sixth",
    "A sixth paper",
    "Nobody, 2026",
    Path(__file__).with_suffix(".yaml"),
    {"methods": methods, "sizes": sizes},
    {"sizes": (("sizes",), draw)},
)


@hookimpl
def qmectk_register_parts(register: Any) -> None:
    register(Part("paper", "sixth", "a paper of a third party", PAPER))
