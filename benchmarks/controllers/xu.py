"""Every measure of the controllers for Xu's problem beside its goal, on one core.

    python benchmarks/controllers/xu.py [--seeds 3] [ROW ...]

Numbers are how far a policy's mean cost lies above the mean of the certified optima of 300 slots that it never saw
(100 where they are larger than 10 x 10), one number a seed: where conflicts at a QPU are settled in a random order, and
where the largest gain settles them. An epoch is 500 slots. Times are processor time of the training. Rows: see ROWS.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import qmectk
from qmectk.options import build
from qmectk.seeds import generator
from qmectk.views import Decision
from qmectk_controllers.learner import UPDATE, Decider
from qmectk_controllers.ppo import PPO
from qmectk_controllers.presets_ppo import HybridPPO, HybridPPOVqc, PairPPO
from qmectk_learned.threads import one_thread

#: The setting in which slots are scarce.
SCARCE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "meqc-scarce.yaml").read_text())
del SCARCE["problem"]

#: What learns best where slots are scarce.
SHARED: dict[str, Any] = {"features": "costs", "context": True}

#: Slots that policies are judged on, and the generator that draws them.
JUDGED, LARGE, DRAWN = 300, 100, 12345


class Test:
    """Slots with their certified optima under both rules."""

    def __init__(self, settings: dict[str, Any], slots: int = JUDGED) -> None:
        problems = {rule: qmectk.load("meqc", **{**settings, "conflicts": rule}) for rule in ("random", "gain")}
        self.copies = {rule: one.copies(slots, np.random.default_rng(DRAWN)) for rule, one in problems.items()}
        self.optimum = self.copies["gain"].optimum().mean()

    def gap(self, rule: str, decide: Callable[[Any], Decision]) -> float:
        """Mean cost over the mean optimum, less 1."""
        copies = self.copies[rule]
        start = copies.arrays()
        cost = copies.step(decide(copies), np.random.default_rng(0)).objective.mean()
        copies.load(start)
        return float(cost / self.optimum - 1.0)

    def of(self, policy: Decider) -> dict[str, float]:
        """The gap of a policy under both rules."""
        rng = np.random.default_rng(0)
        return {rule: self.gap(rule, lambda c: policy.decide(c.decisions, rng)) for rule in self.copies}


class Run:
    """A training, its processor seconds, and the policies at some epochs."""

    def __init__(self, preset: Any, settings: dict[str, Any], seed: int, epochs: Iterable[int], **options: Any) -> None:
        self.policies: dict[int, Decider] = {}
        self.seconds: dict[int, float] = {}
        last = max(epochs)
        with one_thread():
            begun = time.process_time()
            slots = last * 500 // build(preset.Options, options).copies
            made = PPO(qmectk.load("meqc", **settings), build(preset.Options, {**options, "slots": slots}), seed)
            self.parameters = sum(part.numel() for part in made.acting.network.parameters())
            for number in range(made.updates):
                made.update(number, generator(UPDATE, seed, number))
                if number + 1 in epochs:
                    self.seconds[number + 1] = time.process_time() - begun
                    self.policies[number + 1] = made.policy()


def say(measure: str, found: list[float], goal: float | None = None, note: str = "") -> None:
    """One line: what was measured on each seed, and the goal that its worst has to reach."""
    numbers = " ".join(f"{one:.4f}" for one in found)
    verdict = "    " if goal is None else "met " if max(found) <= goal else "MISS"
    aim = "" if goal is None else f" (goal <= {goal:g})"
    print(f"{verdict} {measure}: {numbers}{aim}{'  ' + note if note else ''}", flush=True)


def runs(preset: Any, settings: dict[str, Any], seeds: int, epochs: Iterable[int], **options: Any) -> list[Run]:
    """One for each seed."""
    return [Run(preset, settings, seed, epochs, **options) for seed in range(seeds)]


def costs(made: list[Run], epoch: int) -> str:
    """What the trainings took."""
    seconds = ", ".join(f"{run.seconds[epoch]:.0f}" for run in made)
    return f"[{made[0].parameters} parameters; {seconds} s]"


def judged(words: str, made: list[Run], epoch: int, test: Test, random: float | None, gain: float | None) -> None:
    """Both rules of the policies of an epoch."""
    found = [test.of(run.policies[epoch]) for run in made]
    say(f"{words}, {epoch} epochs", [one["random"] for one in found], random, costs(made, epoch))
    say(f"{words}, {epoch} epochs, by gain", [one["gain"] for one in found], gain)


def floors(seeds: int) -> None:
    """What users that know every cost but not each other reach, and what there is without a QPU."""
    larger = {"users": 20, "servers": 20}, {"users": 30, "servers": 30}, {"users": 30}
    for settings in ({}, *larger, SCARCE):
        test = Test(settings)
        words = "scarce" if settings is SCARCE else " x ".join(str(settings.get(k, 10)) for k in ("users", "servers"))
        for rule in test.copies:
            say(f"{words}: selfish, all costs known, {rule}", [test.gap(rule, selfish)])
        say(f"{words}: no QPU at all", [test.gap("gain", unconnected)])
        say(f"{words}: everybody at home", [test.gap("gain", at_home)])
        say(f"{words}: anything", [test.gap("gain", lambda c: c.decisions.random(np.random.default_rng(0)))])


def at_home(copies: Any) -> Decision:
    """No user anywhere."""
    return copies.decisions.decided(np.zeros(copies.slots.local_cost.shape))


def selfish(copies: Any) -> Decision:
    """Every user where it would pay least if it had what it wants there."""
    one = copies.slots
    there = np.minimum(one.cpu_cost, np.where(one.admissible, one.qpu_cost, np.inf))
    choice = np.where(there.min(axis=-1) < one.local_cost, 1 + there.argmin(axis=-1), 0)
    return copies.decisions.decided(choice, 1.0)


def unconnected(copies: Any) -> Decision:
    """Every user at its cheapest CPU or at home, on copies whose QPUs admit no user from now on."""
    one = copies.slots
    one.admissible = np.zeros_like(one.admissible)
    choice = np.where(one.cpu_cost.min(axis=-1) < one.local_cost, 1 + one.cpu_cost.argmin(axis=-1), 0)
    return copies.decisions.decided(choice, 1.0)


def pair(seeds: int) -> None:
    """The network over pairs on 10 x 10, and without retraining on larger problems."""
    made = runs(PairPPO, {}, seeds, (25, 60))
    test = Test({})
    judged("pair-ppo", made, 25, test, 0.013, None)
    judged("pair-ppo", made, 60, test, 0.011, 0.009)
    sizes = ({"users": 20, "servers": 20}, 0.015), ({"users": 30, "servers": 30}, 0.02), ({"users": 30}, 0.015)
    for settings, goal in sizes:
        there = Test(settings, LARGE)
        words = " x ".join(str(settings.get(k, 10)) for k in ("users", "servers"))
        judged(f"trained on 10 x 10, used on {words}", made, 25, there, goal, None)
        judged(f"trained on 10 x 10, used on {words}", made, 60, there, goal, None)


def features(seeds: int) -> None:
    """The same on costs in place of physical features."""
    made = runs(PairPPO, {}, seeds, (25, 40), features="costs")
    for epoch in (25, 40):
        judged("pair-ppo on costs", made, epoch, Test({}), None, None)


def scarce(seeds: int) -> None:
    """Slots that many want: rewards for what a user costs the others, and a view of them; trained in random orders."""
    made = runs(PairPPO, {**SCARCE, "conflicts": "random"}, seeds, (25, 60), **SHARED)
    test = Test(SCARCE)
    judged("scarce, pair-ppo with context", made, 25, test, None, None)
    judged("scarce, pair-ppo with context", made, 60, test, 0.16, 0.11)


def ablation(seeds: int) -> None:
    """What the reward and the context are worth where slots are scarce, one seed."""
    settings = {**SCARCE, "conflicts": "random"}
    for words, options in (
        ("own reward, no context", {"features": "costs", "reward": "own"}),
        ("difference reward, no context", {"features": "costs"}),
    ):
        judged(f"scarce, {words}", runs(PairPPO, settings, 1, (60,), **options), 60, Test(SCARCE), None, None)


def flat(seeds: int) -> None:
    """Xu's networks over all that a user sees, repaired."""
    judged("hybrid-ppo", runs(HybridPPO, {}, seeds, (40,)), 40, Test({}), 0.025, None)
    judged("hybrid-ppo-vqc", runs(HybridPPOVqc, {}, seeds, (40,)), 40, Test({}), 0.08, None)


def published(seeds: int) -> None:
    """The same as printed: shown as it is."""
    for preset in (HybridPPO, HybridPPOVqc):
        made = runs(preset, {"conflicts": "random"}, seeds, (50,), form="published")
        judged(f"{preset.name}, published", made, 50, Test({}), None, None)


def circuit(seeds: int) -> None:
    """The circuit as the encoder inside the network over pairs, against layers."""
    test = Test({})
    layers, circuits = (runs(PairPPO, {}, seeds, (25,), encoder=encoder) for encoder in ("mlp", "vqc"))
    judged("pair-ppo, circuit inside", circuits, 25, test, None, None)
    pairs = zip(circuits, layers, strict=True)
    more = [test.of(a.policies[25])["random"] - test.of(b.policies[25])["random"] for a, b in pairs]
    say("pair-ppo, circuit inside, above layers", more, 0.003)


ROWS: dict[str, Callable[[int], None]] = {
    row.__name__: row for row in (floors, pair, features, scarce, ablation, flat, published, circuit)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)} (all)")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for name in asked.rows or ROWS:
        if name not in ROWS:
            parser.error(f"there is no row '{name}'; choose from {', '.join(ROWS)}")
        ROWS[name](asked.seeds)


if __name__ == "__main__":
    main()
