"""A study: which problems, which backends, which instances and seeds, and what every run may use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ...documents.units import quantity
from ...errors import InputError
from ...sections.section import Section
from ...sections.validation import explain
from ...simulating.standing import STABLE
from ...status import OPTIMALITY_GAP, TARGET_GAP

#: A year; longer ones overflow the clocks of the system.
LONGEST = 3.2e7
Seconds = Annotated[float, *quantity("s"), Field(gt=0, le=LONGEST)]
#: Below a megabyte not even a reply fits; 2 means gigabytes.
LEAST_MEMORY, MOST_MEMORY = 1e6, 1e15


def _enough(value: float) -> float:
    if value > MOST_MEMORY:
        raise ValueError("must be at most 1 PB")
    if value < LEAST_MEMORY:
        raise ValueError("must be at least 1 MB, written with its unit ('2 GB')")
    return value


Bytes = Annotated[float, *quantity("byte"), AfterValidator(_enough)]

#: What a backend's options are called that is no contender but a floor: a line that others are seen against.
FLOOR = "floor"

#: Most runs of one study.
MOST_RUNS = 5_000_000


class ProblemEntry(Section):
    """A problem of a study: a file or a shipped name, with keys of it replaced."""

    file: str = Field(description="Path of a YAML file, or the name of a shipped problem.")
    set: dict[str, Any] = Field({}, description="Top-level keys to replace ('devices: 20').")
    name: str | None = Field(None, min_length=1, max_length=200, description="What to call it in tables.")


class BackendEntry(Section):
    """A backend of a study, with its options."""

    backend: str = Field(description="Name of a registered backend.")
    options: dict[str, str | bool | int | float | None] = Field({}, description="Its options and those of its route.")
    preset: str | None = Field(None, min_length=1, max_length=200, description="What to call these options in tables.")

    @property
    def title(self) -> str:
        """Backend and preset, for people."""
        return self.backend if self.preset is None else f"{self.backend} ({self.preset})"


class Study(Section):
    """Everything ``qmectk compare`` is asked to do.

    Every backend runs on every instance with every seed.
    """

    study: str = Field("comparison", min_length=1, max_length=200, description="Title of the study.")
    problems: tuple[ProblemEntry, ...] = Field((), description="Problems.")
    backends: tuple[BackendEntry, ...] = Field(min_length=1, description="Backends.")
    instances: int | None = Field(
        None, ge=1, le=10_000_000, description="Frames of each problem; the number its file states when left out."
    )
    slots: int | None = Field(
        None, ge=4, le=10_000_000, description="Compare controllers: simulate so many slots instead of solving frames."
    )
    paths: tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] | None = Field(
        None,
        min_length=1,
        description="Seeds of arrivals and channels: a list, or how many (0, 1, ...); the file's own when left out.",
    )
    sweep: dict[str, tuple[Any, ...]] = Field(
        {}, description="A key of the problems and its values ('V: [100, 1000]'); each makes a problem of its own."
    )
    stable_below: float = Field(
        STABLE, gt=0, description="Largest Q(T)/T, in a queue's unit a slot, at which it counts as stable."
    )
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] = Field(
        (0,), min_length=1, description="Seeds of the backends: a list, or how many (0, 1, ...)."
    )
    time_limit: Seconds | None = Field(60.0, description="Seconds that a backend has, each run; none for no limit.")
    grace: Seconds = Field(5.0, description="Time after the limit at which the process of a run is ended.")
    setup_limit: Seconds = Field(120.0, description="Time for imports and warm-up, before the clock starts.")
    training_limit: Seconds | None = Field(None, description="Time for training one policy; none for no limit.")
    reference_limit: Seconds | None = Field(
        None, description="Time for the certified reference of one instance; none: that of a run, at least a minute."
    )
    jobs: int = Field(1, ge=1, le=1024, description="Runs at the same time.")
    threads: int = Field(1, ge=1, le=1024, description="Threads of numerical libraries, each run.")
    memory_limit: Bytes | None = Field(None, description="Memory a run may allocate; none for no limit.")
    gap: float = Field(
        OPTIMALITY_GAP, ge=0, description="Relative gap at which exact backends stop and a point counts as optimal."
    )
    target_gap: float = Field(
        TARGET_GAP, gt=0, description="Relative gap at which reports count a run as having reached the target."
    )
    references: bool = Field(True, description="Also certify every instance with the reference.")
    audit: float = Field(
        0.0, ge=0, le=1, description="Share of proved answers that a second prover is set beside, chosen by their runs."
    )
    floors: bool = Field(False, description="Also run the plain rules that every contender should beat, as lines.")
    warm_up: bool = Field(True, description="Run each backend once unmeasured in every new worker process.")
    penalty_sweep: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (), description="Factors on the penalties; every QUBO backend runs once with each."
    )
    store: str | None = Field(None, description="SQLite file of the runs.")
    report: str | None = Field(None, description="Report to write (.html, .md, .tex, .csv or .parquet).")

    @field_validator("problems", mode="before")
    @classmethod
    def _problems(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)):
            return value
        return [{"file": str(v)} if isinstance(v, (str, Path)) else v for v in value]

    @field_validator("backends", mode="before")
    @classmethod
    def _backends(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)):
            return value
        return [{"backend": v} if isinstance(v, str) else v for v in value]

    @field_validator("seeds", "paths", mode="before")
    @classmethod
    def _seeds(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value <= 1_000_000:
                raise ValueError(f"the number of {info.field_name} must be between 1 and 1000000, not {value}")
            return tuple(range(value))
        return value

    @field_validator("gap", "target_gap", "audit", "penalty_sweep", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, bool):
                raise ValueError(f"must be a number, not {str(one).lower()}")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return plain_values(value)

    @model_validator(mode="after")
    def _distinct(self) -> Study:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed is given twice")
        if len(set(self.penalty_sweep)) < len(self.penalty_sweep):
            raise ValueError("a penalty factor is given twice")
        if self.paths is not None and len(set(self.paths)) < len(self.paths):
            raise ValueError("a path is given twice")
        if len(self.sweep) > 1 or any(not values for values in self.sweep.values()):
            raise ValueError("a sweep is over one key with its values; write 'sweep: {V: [100, 1000]}'")
        if self.slots is None and (self.paths is not None or self.sweep):
            raise ValueError("'paths' and 'sweep' are of horizons; say how long they are with 'slots: 1000'")
        if self.slots is not None and self.instances is not None:
            raise ValueError("either 'slots' of a simulation or 'instances' that are solved can be compared, not both")
        if self.slots is not None and self.audit:
            raise ValueError("'audit' sets proofs of instances beside each other, and horizons are simulated")
        seen: set[str] = set()
        for entry in self.backends:
            if entry.title in seen:
                raise ValueError(f"backend '{entry.title}' is given twice; tell them apart with 'preset: some name'")
            seen.add(entry.title)
        return self


def plain_values(value: Any) -> Any:
    """Numbers and arrays of numpy as those of Python, ranges as lists, within lists, tuples and dicts too."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, range):
        return list(value)
    if isinstance(value, (list, tuple)):
        return [plain_values(one) for one in value]
    if isinstance(value, dict):
        return {key: plain_values(one) for key, one in value.items()}
    return value


_Model = TypeVar("_Model", bound=BaseModel)


def make_study(**values: Any) -> Study:
    """A Study from Python values; InputError in one sentence instead of pydantic's report."""
    return _validated(Study, values)


def make_problem(values: dict[str, Any]) -> ProblemEntry:
    """The same for a problem of one."""
    return _validated(ProblemEntry, values)


def _validated(kind: type[_Model], values: dict[str, Any]) -> _Model:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problem = explain(error, kind, values, {}, "study")
        raise InputError(problem.message.removeprefix("study: "), problem.remedy) from error


def revised(study: Study, **overrides: Any) -> Study:
    """A study with some of its keys replaced, validated again."""
    return make_study(**{**study.model_dump(), **overrides}) if overrides else study
