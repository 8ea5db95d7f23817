"""The file of a paper's claims.

A claim says in our own words what the paper says, and where; which number of which experiment it is about; and in which
region that number has to lie. What the number is made of is data, too::

    - id: below-greedy
      says: The learned policy costs at least 30 % less than the greedy baseline.
      place: Section VI, Fig. 7
      prints: "30 %"
      experiment: methods
      number: {of: cost, where: {method: learned}, per: {method: greedy}, as: ratio}
      holds: {below: 0.7}

Numbers are made for every seed by itself and put together with a confidence interval. A claim that no experiment of
ours can test says why, with ``untestable``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from qmectk.documents.yaml_text import read_file, read_yaml
from qmectk.errors import InputError
from qmectk.sections.section import Section
from qmectk.sections.validation import explain

Value = str | float | int | bool


class Number(Section):
    """How a number is read from a table, seed by seed."""

    of: str = Field(description="Column.")
    where: dict[str, Value | list[Value]] = Field(default_factory=dict, description="Rows: columns and their values.")
    per: dict[str, Value | list[Value]] | None = Field(
        None, description="Rows that it is compared with, in place of what `where` says of these columns."
    )
    best: Literal["least", "most", "mean"] = Field("mean", description="Which of several rows to compare with counts.")
    over: str = Field("", description="Column along which a slope or a place is looked for.")
    kind: Literal["mean", "ratio", "difference", "slope", "place of least", "place of most"] = Field(
        "mean", alias="as", description="What is made of the rows."
    )

    @model_validator(mode="after")
    def _complete(self) -> Number:
        if (self.kind in ("ratio", "difference")) != (self.per is not None):
            raise ValueError("'per' goes with a ratio or a difference")
        if (self.kind in ("slope", "place of least", "place of most")) != bool(self.over):
            raise ValueError("'over' goes with a slope or a place")
        return self


class Region(Section):
    """Where a number has to lie for the claim to hold; both ends where both are given."""

    above: float | None = Field(None, description="It is at least this.")
    below: float | None = Field(None, description="It is at most this.")

    @model_validator(mode="after")
    def _bounded(self) -> Region:
        if self.above is None and self.below is None:
            raise ValueError("say 'above', 'below' or both")
        return self


class Claim(Section):
    """One claim."""

    id: str = Field(pattern=r"^[a-z0-9-]+$", description="Its name.")
    says: str = Field(description="What the paper says, in our words.")
    place: str = Field(description="Section, figure or table.")
    prints: str = Field("", description="The number that the paper prints.")
    experiment: str = Field("", description="Experiment that it is read from.")
    number: Number | None = Field(None, description="The number that it is about.")
    holds: Region | None = Field(None, description="Where that number lies where the claim holds.")
    exact: bool = Field(False, description="Whether the number has no spread over seeds: a proof, one table.")
    since: Literal["quick", "default", "full"] = Field("quick", description="The smallest scale that can decide it.")
    remark: str = Field("", description="What a reader has to know beside the verdict.")
    untestable: str = Field("", description="Why no experiment can test it.")
    finding: bool = Field(False, description="Whether it is ours and not the paper's.")

    @model_validator(mode="after")
    def _testable(self) -> Claim:
        if bool(self.untestable) == (self.number is not None):
            raise ValueError("a claim has a number, or says why it is untestable")
        if self.number is not None and (self.holds is None or not self.experiment):
            raise ValueError("a number goes with 'experiment' and 'holds'")
        return self


class Claims(Section):
    """The file."""

    claims: list[Claim] = Field(min_length=1, description="The claims.")

    @model_validator(mode="after")
    def _distinct(self) -> Claims:
        names = [claim.id for claim in self.claims]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        return self


def read_claims(path: Path) -> list[Claim]:
    """The claims of a file.

    Raises
    ------
    InputError
        With file and line, where it cannot be used.
    """
    data: dict[str, Any]
    data, lines = read_yaml(read_file(path), str(path))
    try:
        return Claims.model_validate(data).claims
    except ValidationError as error:
        raise explain(error, Claims, data, lines, str(path)) from error


def check_claims(claims: list[Claim], experiments: Any) -> None:
    """Refuse claims that are read from an experiment that there is none of."""
    for claim in claims:
        if claim.experiment and claim.experiment not in experiments:
            known = ", ".join(experiments)
            raise InputError(f"claim '{claim.id}' is read from '{claim.experiment}'", f"experiments are {known}")


__all__ = ["Claim", "Number", "Region", "check_claims", "read_claims"]
