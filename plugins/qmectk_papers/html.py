"""The report as a page of its own, in the style of a comparison's report: verdicts, figures, how it was run."""

from __future__ import annotations

import base64
import inspect
from collections import Counter
from pathlib import Path
from typing import Any

from qmectk.comparing.report.content.cells import Cell, Table, many
from qmectk.comparing.report.document import asset, render

from .reproduction import Reproduction
from .verdicts import CONFIDENCE, CONTRADICTED, REPRODUCED, UNDECIDED, UNTESTABLE, Verdict, region, with_interval

#: What the words say.
GUIDE = [
    (REPRODUCED, f"The {CONFIDENCE:.0%} confidence interval over seeds lies where the claim needs it."),
    (CONTRADICTED, "The interval lies outside of what the claim needs."),
    (UNDECIDED, "The interval crosses the border, there are too few seeds, or the run is too short to tell."),
    (UNTESTABLE, "No experiment here can tell; the reason is beside it."),
    ("found", "Mean over seeds, with its confidence interval in brackets."),
]

HEADS = [
    ("verdict", "What this run says"),
    ("claim", "In our words, with its place in the paper and what is printed there"),
    ("found", "Mean over seeds and interval, and what kept it from being decided"),
    ("needed", "Where the number has to lie"),
]


def as_html(found: Reproduction, folder: Path, figures: list[str], command: str, versions: dict[str, str]) -> str:
    """The page as text; pictures are read from the folder of the run and are within it."""
    made = found.paper
    groups = (("What the paper claims", False), ("What we found beside it", True))
    tables = [
        Table(title, HEADS, [_row(one) for one in found.verdicts if one.claim.finding is ours])
        for title, ours in groups
        if any(one.claim.finding is ours for one in found.verdicts)
    ]
    count = Counter(one.word for one in found.verdicts if not one.claim.finding)
    counts = ", ".join(f"{number} {word}" for word, number in count.items())
    seconds = [
        [Cell(name, key=name), Cell(f"{took:.0f} s", key=took), Cell(many(len(found.tables[name]), "row"))]
        for name, took in found.seconds.items()
    ]
    return render(
        "paper.html.j2",
        made.title,
        [asset("report.js")],
        package=__package__,
        citation=made.citation,
        says=f"{many(sum(count.values()), 'claim')} of the paper: {counts}.",
        notes=[] if found.scale == "full" else [f"A {found.scale} run: smaller than the paper's own sizes."],
        tables=tables,
        pictures=[_picture(found, folder, name) for name in figures if name.endswith(".png")],
        remarks=[(one.claim.says, one.claim.remark) for one in found.verdicts if one.claim.remark],
        command=command,
        experiments=Table("Experiments", [("experiment", ""), ("wall clock", ""), ("table", "")], seconds),
        versions=", ".join(f"{name} {text}" for name, text in versions.items()),
        guide=GUIDE,
    )


def _row(one: Verdict) -> list[Cell]:
    claim = one.claim
    prints = f"; prints {claim.prints}" if claim.prints else ""
    number = with_interval(one.mean, one.low, one.high, "")
    return [
        Cell(one.word, key=one.word, mark=one.word),
        Cell(claim.says, claim.place + prints, claim.says),
        Cell(number, one.why),
        Cell(region(claim.holds)),
    ]


def _picture(found: Reproduction, folder: Path, name: str) -> dict[str, Any]:
    stem = Path(name).stem
    _, draw = found.paper.figures[stem]
    data = base64.b64encode((folder / name).read_bytes()).decode()
    says = (inspect.getdoc(draw) or "").split("\n\n")[0]
    return {"name": stem, "says": says, "source": f"data:image/png;base64,{data}"}


__all__ = ["as_html"]
