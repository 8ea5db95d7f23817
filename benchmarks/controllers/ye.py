"""Every measure of the controllers for Ye's problem beside its goal, on one core.

    python benchmarks/controllers/ye.py [--seeds 3] [ROW ...]

"excess" is the mean over the 300 slots that a policy meets, on a path it was not trained on, of the value of its
decision above the closed form's, over V and over the cost of the closed form [%]. z(R)/R is of the device with the
longest queue. Times are processor time of the training, one thread. Rows: shares, others, ddpg, published, copies.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import qmectk
from qmectk.options import build
from qmectk.seeds import Stream, generator
from qmectk.views import Decision, Decisions
from qmectk.worlds.copies import decisions_of
from qmectk.worlds.process import slot_generator
from qmectk_controllers.learner import UPDATE, Decider
from qmectk_controllers.presets_dqn import DQNDDPG, DQNShares
from qmectk_learned.threads import one_thread
from qmectk_problems.meqc_ye.costs import CPU, LOCAL, QPU

#: Slots of the path on which policies are judged.
JUDGED = 300

#: Other weights and targets than the policies were trained with.
OTHERS: tuple[dict[str, float], ...] = ({"V": 0.01}, {"V": 1.0}, {"Delta": 0.3}, {"Delta": 0.85})

Decide = Callable[[Decisions, Any], Decision]


@dataclass(frozen=True)
class Found:
    """What a controller came to on the path: cost, average share, largest z(R)/R, excess [%]."""

    cost: float
    share: float
    queue: float
    excess: float

    def __str__(self) -> str:
        return f"cost {self.cost:.2f}, share {self.share:.3f}, z(R)/R {self.queue:.4f}, excess {self.excess:.2f} %"


def judged(problem: Any, decide: Decide) -> Found:
    """A controller on the path that simulations of this problem see."""
    process, seed = problem.process(), problem.params.seed
    state = process.reset(generator(Stream.PATH, seed))
    costs, shares, above = [], [], []
    for slot in range(JUDGED):
        one = process.instance(state)
        view = decisions_of(one)
        assert view is not None
        values = view.complete(decide(view, one))
        found = one.measure(values)
        assert found.feasible
        above.append(found.objective - one.per_device().view.best()[2].sum())
        state, facts = process.advance(state, values, slot_generator(seed, slot))
        costs.append(facts["cost"])
        shares.append(facts["share"])
    extra = float(np.mean(above)) / problem.params.V / problem.params.devices
    optimal = exact_cost(problem) if decide is not closed_form else float(np.mean(costs))
    return Found(
        float(np.mean(costs)), float(np.mean(shares)), float(state.queue.max()) / JUDGED, 100 * extra / optimal
    )


def exact_cost(problem: Any) -> float:
    """Mean cost of the closed form on the path."""
    key = (problem.params.V, problem.params.Delta)
    if key not in KNOWN:
        KNOWN[key] = judged(problem, closed_form)
    return KNOWN[key].cost


KNOWN: dict[tuple[float, float], Found] = {}


def closed_form(view: Decisions, one: Any) -> Decision:
    """The optimum of the slot."""
    mode, share, _ = one.per_device().view.best()
    return Decision(mode, share)


def cpu_continuous(view: Decisions, one: Any) -> Decision:
    """The best of local and CPU; the QPU only for who has nothing else."""
    share, value = one.curves.minimise()
    value = np.where((np.arange(3) == QPU) & np.isfinite(value[:, [LOCAL, CPU]]).any(axis=1)[:, None], np.inf, value)
    mode = np.argmin(value, axis=1)
    return Decision(mode, share[np.arange(len(mode)), mode])


def trained(problem: Any, preset: Any, seed: int, **options: Any) -> tuple[Decider, float]:
    """A policy, and processor seconds of its training."""
    with one_thread():
        begun = time.process_time()
        learner = preset.algorithm()(problem, build(preset.Options, options), seed)
        for number in range(learner.updates):
            learner.update(number, generator(UPDATE, seed, number))
        return learner.policy(), time.process_time() - begun


def say(measure: str, found: list[float], goal: float, least: bool = False) -> None:
    """One line: what was measured on each seed, and the goal of the worst."""
    met = min(found) >= goal if least else max(found) <= goal
    numbers = " ".join(f"{one:.4g}" for one in found)
    print(f"{'met ' if met else 'MISS'} {measure}: {numbers} (goal {'>=' if least else '<='} {goal:g})", flush=True)


def of(policy: Decider, problem: Any) -> Found:
    """A policy on the path."""
    with one_thread():
        return judged(problem, lambda view, one: policy.decide(view, np.random.default_rng(0)))


def structured(seeds: int, rows: list[str]) -> None:
    problem = qmectk.load("meqc-ye")
    exact = judged(problem, closed_form)
    print(f"closed form: {exact}\nCPU-continuous: {judged(problem, cpu_continuous)}", flush=True)
    if {"shares", "others"} & set(rows):
        made = [trained(problem, DQNShares, seed) for seed in range(seeds)]
    if "shares" in rows:
        found = [of(policy, problem) for policy, _ in made]
        say("dqn-shares, 2000 updates, excess [%]", [one.excess for one in found], 2.0)
        say("its training [s]", [seconds for _, seconds in made], 20.0)
        say("its z(R)/R over the closed form's", [one.queue / exact.queue for one in found], 1.5)
    if "others" in rows:
        for changes in OTHERS:
            other = qmectk.load("meqc-ye", **changes)
            say(f"the same with {changes}, excess [%]", [of(policy, other).excess for policy, _ in made], 3.0)
    if "ddpg" in rows:
        made = [trained(problem, DQNDDPG, seed) for seed in range(seeds)]
        found = [of(policy, problem) for policy, _ in made]
        say("dqn-ddpg repaired, 1500 updates, excess [%] (CPU-continuous: above)", [f.excess for f in found], 10.0)
        say("its training [s]", [seconds for _, seconds in made], 40.0)
    if "published" in rows:
        policy, seconds = trained(problem, DQNDDPG, 0, form="published")
        found = [of(policy, problem)]
        print(f"shown dqn-ddpg published, 1500 updates: {found[0]} in {seconds:.1f} s; Delta = 0.7 is missed")


def copies() -> None:
    """Device-slots a second: view, features, a random decision, the step."""
    rng = np.random.default_rng(0)
    world = qmectk.load("meqc-ye").copies(32, rng)
    best = np.inf
    for _ in range(5):
        begun = time.process_time()
        for _ in range(50):
            world.decisions.features()
            world.step(world.decisions.random(rng), rng)
        best = min(best, (time.process_time() - begun) / 50)
    say("32 copies of 15 devices, device-slots a second", [32 * 15 / best], 50_000, least=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=["copies", "shares", "others", "ddpg", "published"])
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    if "copies" in chosen.rows:
        copies()
    if set(chosen.rows) - {"copies"}:
        structured(chosen.seeds, chosen.rows)


if __name__ == "__main__":
    main()
