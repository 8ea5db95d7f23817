"""A trained controller that can be taken away."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qmectk.options import build
from qmectk.presenting.page import Block, Facts, Presented
from qmectk.presenting.wording import number, seconds
from qmectk_learned.curve import Curve, read, written
from qmectk_learned.describing import changed
from qmectk_learned.folder import ADDED, damaged, read_policy, write_policy

from .learner import Decider, Learner
from .options import ControllerOptions

if TYPE_CHECKING:
    from pandas import DataFrame

    from qmectk.views import Decision, Decisions


@dataclass(frozen=True, eq=False, repr=False)
class KeptController(Presented):
    """A trained controller: what decides, the options it was trained with, facts for people, and the learning curve.

    Attributes
    ----------
    columns
        Of the curve: "update" and the learner's numbers.
    """

    policy: Decider
    options: ControllerOptions
    facts: Mapping[str, Any]
    columns: Sequence[str]
    curve: Curve = ()

    def decide(self, decisions: Decisions, rng: np.random.Generator | None = None) -> Decision:
        """What it does in a slot, or in many with leading axes (:class:`~qmectk.views.Decisions`)."""
        return self.policy.decide(decisions, rng or np.random.default_rng(0))

    @property
    def end(self) -> dict[str, float]:
        """The last row of the learning curve by the names of its columns."""
        last = self.curve[-1] if self.curve else ()
        return {name: value for name, value in zip(self.columns, last, strict=False) if value is not None}

    def describe(self) -> list[tuple[str, str]]:
        """What it is, what it was trained on and with, and how well it did: names and texts."""
        facts, training = dict(self.facts), dict(self.facts.get("training", {}))
        took = training.get("training_seconds")
        versions = ", ".join(f"{name} {version}" for name, version in facts.get("versions", {}).items())
        size = sum(array.size for array in self.policy.arrays().values())
        return [
            ("backend", f"{facts.get('backend', '?')}, options {changed(self.options)}"),
            ("network", f"{size} numbers"),
            (
                "trained on",
                f"{facts.get('problem', '?')}, {training.get('updates', '?')} updates"
                + (f" in {seconds(took)}" if took else ""),
            ),
            ("unfinished", str(facts.get("unfinished") or "")),
            ("with", versions),
            ("at the end", ", ".join(f"{name} {number(value)}" for name, value in self.end.items())),
        ]

    def page(self) -> list[Block]:
        """What ``qmectk policy`` prints."""
        return [Facts(self.describe())]

    def __repr__(self) -> str:
        return f"<Policy of {self.facts.get('backend', '?')} for {self.facts.get('problem', '?')}>"

    def to_pandas(self) -> DataFrame:
        """The learning curve: one row an interval of updates."""
        from pandas import DataFrame

        return DataFrame([list(row) for row in self.curve], columns=list(self.columns), dtype=float)

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of the learning curve, one panel a column.

        `columns` of a page: see :func:`qmectk.figures.drawn`.
        """
        from qmectk.figures import drawn

        return drawn(self._draw, columns=columns)

    def _draw(self, figure: Any) -> None:
        table = self.to_pandas()
        panels = np.atleast_1d(figure.subplots(len(self.columns) - 1, 1, sharex=True))
        for axes, name in zip(panels, self.columns[1:], strict=True):
            axes.plot(table["update"], table[name])
            axes.set(ylabel=name)
        panels[-1].set(xlabel="update")
        figure.suptitle(f"{self.facts.get('backend')} on {self.facts.get('problem')}", fontsize="medium")

    def save(self, folder: str | Path) -> Path:
        """Write it into a folder, which is made; returns the folder.

        Raises
        ------
        InputError
            When that cannot be done, or a folder of that name holds something else.
        """
        facts = {
            **self.facts,
            "options": dataclasses.asdict(self.options),
            "spec": self.policy.spec,
            "columns": list(self.columns),
        }
        plot = self.plot if self.curve else None
        return write_policy(Path(folder), self.policy.arrays(), facts, written(self.columns, self.curve), plot)


def load_controller(folder: Path, learner: type[Learner], options: type[ControllerOptions]) -> KeptController:
    """Read a controller from its folder.

    Raises
    ------
    InputError
        When it is damaged, or was written by a version that this one does not read.
    """
    found = read_policy(folder)
    facts = {k: v for k, v in found.facts.items() if k not in (*ADDED, "options", "spec", "columns")}
    try:
        columns = tuple(found.facts["columns"])
        curve = read(columns, found.curve) if found.curve else ()
        policy = learner.acts.load(found.facts["spec"], found.arrays)
        return KeptController(policy, build(options, found.facts["options"]), facts, columns, curve)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise damaged(folder, error) from error


__all__ = ["KeptController", "load_controller"]
