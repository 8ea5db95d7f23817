"""Controllers of drift-plus-penalty offloading against the linear problem of every slot: what they cost and reach.

    python benchmarks/controllers/verma.py [--seeds 3] [--only static,large,changing,sizes] [--loose]

Trained and judged on paths of the same system with other random numbers, every controller and the LP on the same two.
Power, backlog and throughput are means of the second half; seconds are processor seconds of one thread for training.
With --loose a goal that is missed is printed and ends nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk.documents import parse
from qmectk.views import Decision, Decisions
from qmectk_controllers.drift_loss import DriftLoss
from qmectk_controllers.options_spreading import FlatOptions, PriceOptions, QnnOptions, SpreadOptions
from qmectk_controllers.spreading import Spreading
from qmectk_learned.threads import one_thread

POWER = "problem: drift, weights: {throughput: 0, power: 1}, target: null"
#: Whole numbers of both periods in 1500 slots.
SWINGS = "dynamics: {arrivals: {swing: 0.5, period: 300}, gain: {swing: 0.7, period: 500}}"

Acts = Callable[[Any], Decision]


@dataclass(frozen=True)
class Long:
    """Means of the second half over two paths: W, tasks a device, tasks a slot; Q(T)/T; share of the slots' optima."""

    power: float
    backlog: float
    throughput: float
    ratio: float
    gap: float
    worst: float


def problem(text: str = "", **keys: Any) -> Any:
    return parse(f"{{{POWER}{', ' if text else ''}{text}}}", **keys)


def long_run(world: Any, acts: Acts, slots: int) -> Long:
    """What a controller comes to; every controller sees the same arrivals and gains."""
    rng, own = np.random.default_rng(99), np.random.default_rng(5)
    copies = world.copies(2, rng)
    rows, reached, best = [], 0.0, 0.0
    for slot in range(slots):
        optimum = copies.optimum()
        outcome = copies.step(acts((copies, own)), rng)
        rows.append([outcome.records[name].mean() for name in ("power", "backlog", "throughput")])
        if slot >= slots // 2:
            reached, best = reached + outcome.objective.sum(), best + optimum.sum()
    power, queue, tasks = np.array(rows)[slots // 2 :].mean(axis=0)
    backlog = np.array(rows)[:, 1]
    return Long(power, queue, tasks, ratio=backlog[-1] / slots, gap=1.0 - reached / best, worst=backlog.max())


def exact(at: Any) -> Decision:
    found: Decision = at[0].exact()[0]
    return found


def best_channel(at: Any) -> Decision:
    now: Decisions = at[0].decisions
    rate = (now.arrays or {})["rate"]
    return now.spreading(rate == rate.max(axis=-1, keepdims=True))


def random_server(at: Any) -> Decision:
    now: Decisions = at[0].decisions
    keys = at[1].random(now.allowed.shape)
    return now.spreading(keys == keys.max(axis=-1, keepdims=True))


def trained(world: Any, options: SpreadOptions, seed: int) -> tuple[Acts, float, int]:
    """A policy, processor seconds of its training, and numbers in its network."""
    start = time.process_time()
    learner = DriftLoss(world, options, seed)
    for number in range(learner.updates):
        learner.update(number, np.random.default_rng([seed, number]))
    seconds = time.process_time() - start
    policy = learner.policy()
    return acting(policy), seconds, sum(p.numel() for p in policy.network.parameters() if p.requires_grad)


def acting(policy: Spreading) -> Acts:
    return lambda at: policy.decide(at[0].decisions, at[1])


def line(name: str, found: Long, seconds: float | None = None, size: int | None = None) -> None:
    print(
        f"{name:<34} {size or '':>7} {'' if seconds is None else format(seconds, '.1f'):>7} {found.power:>8.4f} "
        f"{found.backlog:>9.2f} {found.throughput:>8.2f} {found.ratio:>7.4f} {found.gap:>7.3f} {found.worst:>8.1f}",
        flush=True,
    )


def head(title: str) -> None:
    print(f"\n{title}")
    names = ("controller", "numbers", "train s", "power W", "backlog", "tasks", "Q(T)/T", "gap", "worst Q")
    print("{:<34} {:>7} {:>7} {:>8} {:>9} {:>8} {:>7} {:>7} {:>8}".format(*names))


@dataclass
class Goals:
    """What is asked for, beside what was seen."""

    loose: bool
    missed: int = 0

    def at_most(self, what: str, value: float, goal: float) -> None:
        met = value <= goal
        self.missed += not met
        print(f"    {'met   ' if met else 'MISSED'} {what}: {value:.4g}, goal {goal:g}")


def static(seeds: int, goals: Goals) -> None:
    world, slots = problem(V=1000), 1200
    head(f"V = 1000, 10 x 3, {slots} slots")
    best = long_run(world, exact, slots)
    line("LP of every slot", best)
    line("best channel", long_run(world, best_channel, slots))
    line("random server", long_run(world, random_server, slots))
    for seed in range(seeds):
        acts, seconds, size = trained(world, PriceOptions(), seed)
        found = long_run(world, acts, slots)
        line(f"price-net, seed {seed}", found, seconds, size)
        goals.at_most("power over the LP", found.power / best.power - 1, 0.01)
        goals.at_most("backlog over the LP", found.backlog / best.backlog - 1, 0.10)
        goals.at_most("slot gap", found.gap, 0.10)
        goals.at_most("processor seconds", seconds, 15.0)
    others: list[tuple[str, SpreadOptions]] = [
        ("price-net -o network=pair", PriceOptions(network="pair")),
        ("price-net -o encoder=qnn", PriceOptions(encoder="qnn")),
        ("dnn", FlatOptions()),
        ("qnn", QnnOptions()),
        ("dnn -o form=published", FlatOptions(form="published")),
        ("qnn -o form=published", QnnOptions(form="published")),
    ]
    for name, options in others:
        for seed in range(seeds):
            acts, seconds, size = trained(world, options, seed)
            line(f"{name}, seed {seed}", long_run(world, acts, slots), seconds, size)


def large(seeds: int, goals: Goals) -> None:
    world, slots = problem(V=10_000), 3000
    head(f"V = 10000, 10 x 3, {slots} slots")
    best = long_run(world, exact, slots)
    line("LP of every slot", best)
    for seed in range(seeds):
        acts, seconds, size = trained(world, PriceOptions(), seed)
        found = long_run(world, acts, slots)
        line(f"price-net, seed {seed}", found, seconds, size)
        goals.at_most("power over the LP", found.power / best.power - 1, 0.03)
        goals.at_most("backlog over the LP", found.backlog / best.backlog - 1, 0.08)
        goals.at_most("Q(T)/T", found.ratio, 0.05)
    for name, options in (("dnn", FlatOptions()), ("qnn", QnnOptions())):
        acts, seconds, size = trained(world, options, 0)
        line(f"{name}, seed 0", long_run(world, acts, slots), seconds, size)
    acts, seconds, size = trained(problem(V=1000), PriceOptions(), 0)
    line("price-net trained at V = 1000", long_run(world, acts, slots), seconds, size)


def changing(seeds: int, goals: Goals) -> None:
    world, still, slots = problem(SWINGS, V=1000), problem(V=1000), 1500
    head(f"changing arrivals and gains (Fig. 20), V = 1000, {slots} slots")
    best = long_run(world, exact, slots)
    line("LP of every slot", best)
    line("best channel", long_run(world, best_channel, slots))
    line("random server", long_run(world, random_server, slots))
    for network in ("price", "pair"):
        acts, seconds, size = trained(still, PriceOptions(network=network), 0)
        line(f"{network}, trained on constant means", long_run(world, acts, slots), seconds, size)
        for seed in range(seeds):
            options = PriceOptions(network=network, randomised=True)
            acts, seconds, size = trained(still, options, seed)
            found = long_run(world, acts, slots)
            line(f"{network}, randomised, seed {seed}", found, seconds, size)
            goals.at_most("power over the LP", found.power / best.power - 1, 0.03)
            goals.at_most("backlog over the LP", found.backlog / best.backlog - 1, 0.50)


def sizes(seeds: int, goals: Goals) -> None:
    acts, seconds, size = trained(problem(V=1000), PriceOptions(), 0)
    for text in ("devices: 25, servers: 3, server_cpu: 50e9", "devices: 50, servers: 10, server_cpu: 22e9"):
        world = problem(text, V=1000)
        head(f"trained on 10 x 3, judged on {text}, 600 slots")
        line("LP of every slot", long_run(world, exact, 600))
        line("price-net", long_run(world, acts, 600), seconds, size)


PARTS = {"static": static, "large": large, "changing": changing, "sizes": sizes}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--only", default=",".join(PARTS))
    asked.add_argument("--loose", action="store_true")
    given = asked.parse_args()
    goals = Goals(given.loose)
    with one_thread():
        for part in given.only.split(","):
            PARTS[part](given.seeds, goals)
    print(f"\n{goals.missed} goals missed")
    raise SystemExit(0 if given.loose else min(goals.missed, 1))
