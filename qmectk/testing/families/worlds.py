"""Whether the process of a family keeps its contract."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...instance import Instance
from ...seeds import generator
from ...simulating.checkpoint import flatten, rebuild
from ...worlds.copies import decisions_of
from ...worlds.process import Process
from ..clauses.contract import Clause, clause, require
from .bench import DRAWN, FamilyBench, numbers, same

#: Copies that are taken a few slots further.
COPIES = 3


def _of_process(check: Callable[[FamilyBench, Process[Any]], str]) -> Clause[FamilyBench]:
    """A clause that looks at the process too, and at nothing where there is none."""

    @functools.wraps(check)
    def looked(bench: FamilyBench) -> str:
        process = bench.problem.process()
        return "it has no process" if process is None else check(bench, process)

    return clause(looked)


@_of_process
def paths_repeat(bench: FamilyBench, process: Process[Any]) -> str:
    """The same seed gives the same path, whose records have the same names in every slot and are finite."""
    once, twice = bench.path(process.idle), bench.path(process.idle)
    for (_, one, recorded), (_, other, again) in zip(once, twice, strict=True):
        require(same(numbers(one), numbers(other)), f"{one.label} is another one on the same path")
        require(dict(recorded) == dict(again), f"{one.label} records other numbers on the same path")
        require(list(recorded) == list(once[0][2]), f"{one.label} records other names than slot 0")
        require(all(np.isfinite(v) for v in recorded.values()), f"{one.label} records a number that is not finite")
    named = {process.goal} - {""} | set(process.backlogs) | set(process.units)
    missing = sorted(named - set(once[0][2]))
    require(not missing, f"goal, backlogs or units name records that there are none of: {', '.join(missing)}")
    return f"{len(once)} slots"


@_of_process
def doing_nothing_is_feasible(bench: FamilyBench, process: Process[Any]) -> str:
    """What happens in a slot without a decision is feasible."""
    for _, instance, _ in bench.path(process.idle):
        found = instance.measure(process.idle(instance))
        require(found.feasible, f"doing nothing in {instance.label} is off by {found.violation:.3g}; see 'idle'")
    return f"{bench.config.slots} slots"


@_of_process
def luck_is_common(bench: FamilyBench, process: Process[Any]) -> str:
    """What a slot draws does not depend on what was decided before: all controllers meet the same luck."""
    rng = generator(DRAWN, 1)

    def at_random(instance: Instance) -> Any:
        view = decisions_of(instance)
        return process.idle(instance) if view is None else view.complete(view.random(rng))

    idle, busy = bench.path(process.idle), bench.path(at_random)
    parts, moved = {k for k, _ in flatten(idle[0][0])}, set()
    for (one, *_), (other, *_) in zip(idle, busy, strict=True):
        beside = dict(flatten(other))
        moved |= {k for k, v in flatten(one) if np.asarray(v).tobytes() != np.asarray(beside.get(k)).tobytes()}
    require(not parts or parts - moved, "everything in a state depends on the decisions, its luck, too")
    return f"{len(parts - moved)} of {len(parts)} parts of a state are luck"


@_of_process
def states_can_be_kept(bench: FamilyBench, process: Process[Any]) -> str:
    """A state can be taken apart into arrays and put together again, so that a simulation can be resumed."""
    for state, instance, _ in bench.path(process.idle):
        again = rebuild(state, {path: np.array(array) for path, array in flatten(state)})
        posed = numbers(process.instance(again))
        require(same(posed, numbers(instance)), f"a state kept and read poses another {instance.label}")
    return f"{bench.config.slots} states"


@clause
def copies_keep_their_word(bench: FamilyBench) -> str:
    """Copies of the world take any decision, give finite rewards, and go on identically from their arrays."""
    if decisions_of(bench.instances[0]) is None:
        return "it does not say what a policy decides"
    copies = bench.problem.copies(COPIES, generator(DRAWN, 2))
    names: set[str] = set()
    for slot in range(bench.config.slots):
        now = copies.decisions
        require(now.allowed.shape[0] == COPIES, "the arrays of copies have no leading axis of copies")
        decision, kept = now.random(generator(DRAWN, 3, slot)), copies.arrays()
        done = copies.step(decision, generator(DRAWN, 4, slot))
        copies.load(kept)
        again = copies.step(decision, generator(DRAWN, 4, slot))
        alike = np.array_equal(done.objective, again.objective)
        require(alike, "copies that go on from their arrays give other numbers")
        for name, reward in done.rewards.items():
            require(np.isfinite(reward).all(), f"the reward '{name}' is not finite")
        names |= set(done.rewards)
    require("slot" in names, "there is no reward 'slot'")
    return f"rewards {', '.join(sorted(names))}"


__all__ = [
    "copies_keep_their_word",
    "doing_nothing_is_feasible",
    "luck_is_common",
    "paths_repeat",
    "states_can_be_kept",
]
