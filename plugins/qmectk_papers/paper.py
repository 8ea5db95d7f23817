"""What a paper is: a file of claims, and functions that make the tables and figures that they are read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from .running import Runner

#: ``experiment(run) -> table``: a row a run or what else the claims are read from, with a column "seed".
Experiment = Callable[["Runner"], "DataFrame"]

#: ``draw(figure, tables)``: draws into an empty figure of matplotlib; the tables by the names of their experiments.
Draw = Callable[[Any, Mapping[str, "DataFrame"]], None]


@dataclass(frozen=True)
class Paper:
    """A paper that can be run again.

    A distribution brings one by registering ``Part("paper", NAME, summary, "module:PAPER")``.

    Attributes
    ----------
    name
        What users type.
    title, citation
        For the report.
    claims
        The file of its claims; :mod:`qmectk_papers.claims` says what is in it.
    experiments
        By name.
    figures
        By name: the experiments that it needs, and the function that draws it.
    files
        Of experiments on data that may not be passed on: patterns of names, each of which a file in the user's folder
        must have. The experiment finds that folder in ``run.data``.
    """

    name: str
    title: str
    citation: str
    claims: Path
    experiments: Mapping[str, Experiment]
    figures: Mapping[str, tuple[tuple[str, ...], Draw]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


__all__ = ["Draw", "Experiment", "Paper"]
