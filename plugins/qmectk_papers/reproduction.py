"""What running a paper again came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import qmectk
from qmectk.presenting.page import Block, Facts, Line, Presented

from .paper import Paper
from .running import Scale
from .verdicts import Verdict

if TYPE_CHECKING:
    from pandas import DataFrame

#: Largest table read again, in bytes.
MOST = 200_000_000


@dataclass(frozen=True, repr=False)
class Reproduction(Presented):
    """What running a paper again came to.

    Attributes
    ----------
    tables
        Of the experiments by name, in the order they were run.
    verdicts
        One a claim, in the order of the file.
    seconds
        Wall clock of each experiment; of a table that was there already, what it took then.
    """

    paper: Paper
    scale: Scale
    tables: Mapping[str, DataFrame]
    verdicts: list[Verdict]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def page(self) -> list[Block]:
        """What ``qmectk reproduce`` prints: every claim with its verdict, and the number behind it."""
        count = Counter(one.word for one in self.verdicts)
        said = ", ".join(f"{number} {word}" for word, number in count.items())
        out: list[Block] = [Facts([("paper", self.paper.title), ("scale", self.scale), ("claims", said)]), Line()]
        for one in self.verdicts:
            ours = " (ours)" if one.claim.finding else ""
            out += [Line(f"{one.word}: {one.claim.says}{ours}"), Line(f"{one.claim.place}: {one.evidence}", 4)]
        return out

    def __repr__(self) -> str:
        return f"<Reproduction of {self.paper.name}: {len(self.verdicts)} claims, {self.scale}>"

    @property
    def seeds(self) -> list[int]:
        """Of all tables."""
        return sorted({int(seed) for table in self.tables.values() for seed in table["seed"]})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "paper": self.paper.name,
            "title": self.paper.title,
            "scale": self.scale,
            "version": qmectk.__version__,
            "seeds": self.seeds,
            "seconds": dict(self.seconds),
            "claims": [one.as_dict() for one in self.verdicts],
        }
