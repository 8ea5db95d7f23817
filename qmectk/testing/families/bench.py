"""A problem family on the bench: a few frames of it, and its process where it has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...documents.files import as_problem
from ...instance import Instance
from ...presenting.describing import arrays_of
from ...problem import Problem
from ...readings.numeric import Measurement
from ...seeds import Stream, generator
from ...worlds.process import Process, slot_generator

#: The stream of random numbers that the suite draws points, bits and decisions from.
DRAWN = "qmectk.testing: points"


@dataclass(frozen=True)
class FamilyConfig:
    """How to test one family.

    Attributes
    ----------
    frames, slots
        Frames and slots looked at.
    tiny
        Top-level keys that make the smallest problem of the family (``{"devices": 1}``); it must survive, too.
    skip
        Clause -> reason. For work in progress: where the environment variable CI is set, a skipped clause counts as a
        failure.
    """

    frames: int = 3
    slots: int = 6
    tiny: Mapping[str, Any] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)


class FamilyBench:
    """One problem under test.

    Parameters
    ----------
    target
        A problem file, a name, or a Problem.
    config
        How to test it.
    """

    def __init__(self, target: str | Path | Problem, config: FamilyConfig | None = None) -> None:
        self.config = config or FamilyConfig()
        self.target = target
        whole = as_problem(target, "check")
        self.problem = whole.with_frames(min(self.config.frames, whole.params.frames))
        self.rng = generator(DRAWN, 0)

    @property
    def name(self) -> str:
        """The family's name."""
        return self.problem.name

    @cached_property
    def instances(self) -> Sequence[Instance]:
        """The frames that are looked at."""
        return self.problem.instances()

    def tiny(self) -> FamilyBench | None:
        """The same for the smallest problem; None where the config does not say what that is."""
        if not self.config.tiny:
            return None
        values = {**self.problem.params.model_dump(mode="json"), **self.config.tiny}
        return FamilyBench(type(self.problem)(self.problem.Params.model_validate(values), self.problem.source))

    def again(self, **keys: Any) -> Problem:
        """The problem with other numbers in some keys of its file."""
        values = {**self.problem.params.model_dump(), **keys}
        return type(self.problem)(self.problem.Params.model_validate(values), self.problem.source)

    def path(self, decide: Any, slots: int | None = None) -> list[tuple[Any, Instance, dict[str, float]]]:
        """(state, instance, records) of the slots of the process's path under ``decide(instance) -> values``."""
        process: Process[Any] | None = self.problem.process()
        assert process is not None
        seed = self.problem.params.seed
        state, out = process.reset(generator(Stream.PATH, seed)), []
        for slot in range(slots or self.config.slots):
            instance = process.instance(state)
            after, records = process.advance(state, decide(instance), slot_generator(seed, slot))
            out.append((state, instance, dict(records)))
            state = after
        return out


def numbers(instance: Instance) -> dict[str, Any]:
    """All arrays of an instance by path."""
    return {path: np.asarray(array) for path, array in arrays_of(instance)}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two such mappings hold the same numbers."""
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k], equal_nan=True) for k in one)


def close(found: Measurement, objective: float) -> bool:
    """Whether a measured objective is the number that a view promises, to what double precision can say."""
    return bool(np.isclose(found.objective, objective, rtol=1e-7, atol=1e-9))


__all__ = ["FamilyBench", "FamilyConfig", "close", "numbers", "same"]
