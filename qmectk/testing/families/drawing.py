"""What a family says about itself, and what it draws."""

from __future__ import annotations

import re

from ...problem import ProblemParams
from ..clauses.contract import Violation, clause, require
from ..watching import random_states
from .bench import FamilyBench, numbers, same


@clause
def describes_itself(bench: FamilyBench) -> str:
    """Its name is one word, it has a summary, and every key of its file has a line of help."""
    cls = type(bench.problem)
    named = isinstance(getattr(cls, "name", None), str) and re.fullmatch(r"[a-z][a-z0-9-]*", cls.name)
    require(named, f"the name {getattr(cls, 'name', None)!r} is not a word of small letters, digits and hyphens")
    require(cls.summary.strip() or (vars(cls).get("__doc__") or "").strip(), "it has neither a summary nor a docstring")
    keys = cls.Params.model_json_schema()["properties"]
    own = {key: entry for key, entry in keys.items() if key not in ProblemParams.model_fields}
    # a part of the file has the docstring of its class, which the schema refers to
    bare = [key for key, entry in own.items() if not (entry.get("description", "").strip() or "$ref" in str(entry))]
    require(not bare, f"keys without a description: {', '.join(bare)}; write Field(..., description=...)")
    return cls.summary or str(cls.__doc__).strip().split("\n")[0]


@clause
def same_seed_same_numbers(bench: FamilyBench) -> str:
    """The same file gives the same numbers, and drawing changes no random numbers of other code."""
    before = random_states()
    once, twice = bench.problem.instances(), bench.again().instances()
    moved = [name for name, state in random_states().items() if state != before.get(name)]
    require(not moved, f"drawing frames uses the global generator of {', '.join(moved)}")
    for one, other in zip(once, twice, strict=True):
        require(same(numbers(one), numbers(other)), f"{one.label} has other numbers when it is drawn again")
    return f"{len(once)} frames"


@clause
def stream_and_frame_agree(bench: FamilyBench) -> str:
    """A frame has the same numbers whichever frames are drawn with it, and training frames are other ones."""
    problem = bench.problem
    first, count = problem.params.training_frames, problem.params.frames
    for place, one in enumerate(problem.stream(first, first + count)):
        alone = problem.stream(first + place, first + place + 1)[0]
        require(same(numbers(one), numbers(alone)), f"{one.label} alone is not what it is in the stream")
        for reached in (problem.frame(place), bench.again(frames=count).frame(place)):
            require(same(numbers(one), numbers(reached)), f"frame {place} is not what the stream has there")
    return f"{count} frames"


@clause
def seeds_are_separate(bench: FamilyBench) -> str:
    """Another seed gives other numbers, where anything is random, and one frame is no copy of another."""
    found = [numbers(one) for one in bench.instances]
    other = numbers(bench.again(seed=bench.problem.params.seed + 1).frame(0))
    if same(found[0], other):
        return "nothing is random"
    for place, one in enumerate(found[1:], start=1):
        require(not same(found[0], one), f"frame {place} has the numbers of frame 0")
    shifted = bench.again(seed=bench.problem.params.seed + 1)
    if len(found) > 1 and same(numbers(shifted.frame(0)), found[1]):
        raise Violation("frame 0 of the next seed is frame 1 of this one: seed and frame are added, not kept apart")
    return f"{len(found)} frames, two seeds"


__all__ = ["describes_itself", "same_seed_same_numbers", "seeds_are_separate", "stream_and_frame_agree"]
