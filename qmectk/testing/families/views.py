"""Whether what a family hands over to backends is what it declares."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...errors import Infeasible
from ...instance import Instance
from ...lowerings.base import own_views
from ...readings.batched import measure_frames
from ...solving import solve
from ...views import Binary, Fidelity, Lowered
from ...worlds.copies import decisions_of
from ...worlds.process import zeros
from ..clauses.contract import clause, require
from .bench import FamilyBench, close

#: Random bits and decisions tried per frame.
TRIES = 8


@clause
def declares_finite_numbers(bench: FamilyBench) -> str:
    """Every frame can be declared and measured, and measuring frames together gives what they give one by one."""
    points = [zeros(one) for one in bench.instances]
    alone = [one.measure(point) for one, point in zip(bench.instances, points, strict=True)]
    together = measure_frames(bench.instances, points)
    if together is None:
        return f"{len(points)} frames, one by one"
    for one, found, beside in zip(bench.instances, alone, together, strict=True):
        require(np.isfinite(found.objective), f"{one.label} has an objective of {found.objective} where all is zero")
        fits = close(found, beside.objective) and np.isclose(found.violation, beside.violation, atol=1e-9)
        require(fits, f"{one.label} measures otherwise with others than alone; see 'stack' of its class")
    return f"{len(points)} frames"


@clause
def bits_agree(bench: FamilyBench) -> str:
    """The score of bits is the objective of their completion, which is feasible; -inf means that there is none."""
    count = 0
    for instance, lowered in _views(bench, Binary):
        view = lowered.view
        actions = bench.rng.integers(0, 2, (TRIES, view.n)).astype(np.int8)
        scores = view.score(actions)
        require(np.shape(scores) == (TRIES,), f"'score' of {instance.label} gives shape {np.shape(scores)}")
        batched = type(view).score_many([view], actions[None])
        require(np.allclose(batched[0], scores, equal_nan=True), f"'score_many' of {instance.label} is not its 'score'")
        for action, score in zip(actions, scores, strict=True):
            try:
                found = instance.measure(lowered.lift(action))
            except Infeasible:
                require(not np.isfinite(score), f"{instance.label} scores {score:.6g} for bits it cannot complete")
                continue
            if not np.isfinite(score):
                require(not found.feasible, f"{instance.label} scores -inf for bits that have a feasible completion")
                continue
            require(found.feasible, f"{instance.label} completes bits to a point that is off by {found.violation:.3g}")
            # a restriction scores what its bits can say, which its completion may improve
            fits = close(found, view.sense * score) or Fidelity.EXACT not in lowered.fidelity
            shown = f"{view.sense * score:.9g} for bits that measure {found.objective:.9g}"
            require(fits, f"{instance.label} scores {shown}")
            count += 1
        seen = view.features()
        require(np.isfinite(seen).all(), f"features of {instance.label} are not finite")
    return f"{count} actions" if count else "it has no bits of its own"


@clause
def decisions_are_feasible(bench: FamilyBench) -> str:
    """What a policy may decide can be completed to a feasible point, and what it sees is finite and of one shape."""
    shapes, count = set(), 0
    for instance in bench.instances:
        view = decisions_of(instance)
        if view is None:
            return "it does not say what a policy decides"
        require(view.allowed.any(axis=-1).all(), f"a device of {instance.label} is allowed nothing")
        for _ in range(TRIES):
            found = instance.measure(view.complete(view.random(bench.rng)))
            require(found.feasible, f"{instance.label} completes a decision to a point off by {found.violation:.3g}")
            count += 1
        for kind in view.seen:
            seen = view.features(kind)
            require(np.isfinite(seen.flat).all(), f"features '{kind}' of {instance.label} are not finite")
            shapes.add((kind, seen.device.shape, seen.pair.shape))
    require(len({kind for kind, *_ in shapes}) == len(shapes), "features have another shape in another frame")
    return f"{count} decisions"


@clause
def has_an_answer(bench: FamilyBench) -> str:
    """The reference answers its frames within a minute, and what it answers is measured as it says."""
    said = []
    for instance in bench.instances[:2]:
        found = solve(instance, time_limit=60.0)
        require(not found.faults, f"{instance.label}: {'; '.join(found.faults)}")
        said.append(f"{found.quality.value}")
    return ", ".join(said)


@clause
def survives_the_smallest(bench: FamilyBench) -> str:
    """The smallest problem that the config names keeps the same clauses."""
    small = bench.tiny()
    if small is None:
        return "the config names no smallest problem"
    clauses = (declares_finite_numbers, bits_agree, decisions_are_feasible, has_an_answer)
    return "; ".join(one.check(small) for one in clauses)


def _views(bench: FamilyBench, kind: type) -> Iterator[tuple[Instance, Lowered]]:
    """Own views of a kind, with their way back."""
    for instance in bench.instances:
        for own in own_views(type(instance)):
            if issubclass(own.target, kind):
                yield instance, own.apply(instance, own.Options(), None)


__all__ = ["bits_agree", "decisions_are_feasible", "declares_finite_numbers", "has_an_answer", "survives_the_smallest"]
