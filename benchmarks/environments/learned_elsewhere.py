"""What Stable-Baselines3's PPO makes of an environment as it is: cost above the optimum of the slots.

    python benchmarks/environments/learned_elsewhere.py [STEPS]

Fresh slots that it was not trained on; processor time of one thread, training and environment together.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3 import PPO

from qmectk.documents import parse
from qmectk.environments import SlotEnv

PROBLEM = "{problem: meqc, users: 3, servers: 3}"
SLOTS = 200


def excess(choose: Callable[[Any], Any] | None) -> float:
    """Mean cost over mean optimum, less 1."""
    env = SlotEnv(parse(PROBLEM), slots=SLOTS, optimum=True)
    seen, _ = env.reset(seed=99)
    env.action_space.seed(0)
    cost = best = 0.0
    for _ in range(SLOTS):
        seen, _, _, _, info = env.step(env.action_space.sample() if choose is None else choose(seen))
        cost, best = cost + info["objective"], best + info["optimum"]
    return cost / best - 1.0


def learned(steps: int, reward: str) -> tuple[float, float]:
    """The excess of a policy after so many steps, and the seconds they took."""
    env = SlotEnv(parse(PROBLEM), slots=100, reward=reward)
    start = time.process_time()
    keys: dict[str, Any] = {"n_steps": 512, "batch_size": 128, "n_epochs": 8, "learning_rate": 2e-3}
    small = {"net_arch": [64, 64]}
    model = PPO("MlpPolicy", env, gamma=0.0, seed=0, device="cpu", policy_kwargs=small, **keys).learn(steps)
    spent = time.process_time() - start
    return excess(lambda seen: model.predict(seen, deterministic=True)[0]), spent


if __name__ == "__main__":
    torch.set_num_threads(1)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 3072
    print(f"random  {excess(None):.3f}", flush=True)
    above, spent = learned(steps, "own")
    print(f"PPO     {above:.3f} after {steps} steps in {spent:.0f} s")
