"""Steps per second of the environments under random actions, beside what is asked of the vector ones.

    python benchmarks/environments/bench_environments.py

Processor time of one thread, best of a few runs, observations, masks and rewards included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from qmectk.environments import DeviceEnv, SlotEnv, VectorSlotEnv

#: Problem, copies, settings, what is counted and how many of it a copy and slot are, and the goal a second and core.
VECTOR = (
    ("meqc-ye", 64, {}, "device-slots", "devices", 50_000),
    ("meqc", 64, {"users": 10, "servers": 10}, "slots of 10 users", None, 3_000),
    ("drift", 64, {"devices": 10, "servers": 3}, "copy-slots of 10 x 3", None, 20_000),
    ("p1", 64, {"devices": 10}, "frames of 10 devices", None, None),
)

REPEATS = 5


def seconds(task: Callable[[], None]) -> float:
    """Best of a few runs."""
    task()
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    return best


def vector_row(name: str, copies: int, settings: dict[str, Any], what: str, devices: str | None, goal: Any) -> str:
    env = VectorSlotEnv(name, num_envs=copies, settings=settings, slots=200)
    env.reset(seed=0)
    action, steps = env.action_space.sample(), 50
    spent = seconds(lambda: _repeat(lambda: env.step(action), steps))
    factor = env.world.form.devices if devices else 1
    rate = steps * copies * factor / spent
    asked = f"{goal:>10,}" if goal else f"{'':>10}"
    return f"{name:>8} {copies:>4} {rate:>12,.0f} {asked}  {what}"


def single_row(name: str) -> str:
    """One copy: what a learner without vector environments steps through."""
    one, each = SlotEnv(name, slots=10**6), DeviceEnv(name, slots=10**6)
    one.reset(seed=0)
    each.reset(seed=0)
    action = one.action_space.sample()
    actions = {agent: each.action_space(agent).sample() for agent in each.agents}
    rates = [50 / seconds(lambda: _repeat(step, 50)) for step in (lambda: one.step(action), lambda: each.step(actions))]  # noqa: B023
    return f"{name:>8} {rates[0]:>10,.0f} {rates[1]:>10,.0f}"


def _repeat(step: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        step()


if __name__ == "__main__":
    print(f"{'':>8} {'n':>4} {'a second':>12} {'at least':>10}")
    for row in VECTOR:
        print(vector_row(*row), flush=True)
    print(f"\n{'':>8} {'SlotEnv':>10} {'DeviceEnv':>10}  steps a second")
    for row in VECTOR:
        print(single_row(row[0]), flush=True)
