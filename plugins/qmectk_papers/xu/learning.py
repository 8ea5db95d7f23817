"""Xu's learned policies on slots that they never saw: as printed, repaired, and with structure.

An epoch is 500 slots. Policies are trained by themselves to every number of epochs, as their steps shrink to the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .experiments import SCARCE, problem, table

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: Seed of the slots that policies are judged on; training draws its own.
JUDGED = 12345


@dataclass(frozen=True)
class Design:
    """A backend with options; `slots` of training of every copy make an epoch."""

    backend: str
    slots: int
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


DESIGNS: dict[str, Design] = {
    "hybrid-ppo, published": Design("hybrid-ppo", 10, {"form": "published"}),
    "hybrid-ppo-vqc, published": Design("hybrid-ppo-vqc", 10, {"form": "published"}),
    "hybrid-ppo": Design("hybrid-ppo", 10),
    "hybrid-ppo-vqc": Design("hybrid-ppo-vqc", 10),
    "pair-ppo": Design("pair-ppo", 1),
    "pair-ppo, circuit inside": Design("pair-ppo", 1, {"encoder": "vqc"}),
    "pair-ppo, scarce": Design("pair-ppo", 1, {"features": "costs", "context": True}, SCARCE),
}

#: Designs of which a few epochs say nothing, and those that are trained under three weights of latency.
LONG = ("hybrid-ppo-vqc, published", "pair-ppo, scarce")
WEIGHED = ("hybrid-ppo, published", "pair-ppo")


def learned(run: Runner) -> DataFrame:
    """Figs. 4 to 6: cost over that of the certified optimum, by design, epochs, weight of latency and size."""
    frames = run.pick(50, 300, 1000)
    epochs = run.pick((5,), (5, 25, 100), (25, 100, 250))
    rows: list[dict[str, Any]] = []
    for name, design in DESIGNS.items():
        if run.scale == "quick" and name in LONG:
            continue
        for latency in (0.0, 0.5, 1.0) if run.scale != "quick" and name in WEIGHED else (0.5,):
            weights = {"weights": {"time": latency, "energy": 1.0 - latency}}
            made = problem(0, 1, **design.settings, **weights)
            for many in epochs:
                for s in run.seeds:
                    policy = run.policy(made, design.backend, s, slots=many * design.slots, **design.options)
                    options = {"policy": policy}
                    # only a network over pairs acts on any number of users and servers
                    for size in (10, 20, 30) if name == "pair-ppo" and latency == 0.5 else (10,):
                        asked = {**design.settings, **weights, "users": size, "servers": size}
                        cost = mean(run, frames, design.backend, asked, options)
                        best = mean(run, frames, "assignment", asked, {})
                        rows.append(
                            {
                                "seed": s, "design": name, "epochs": many, "latency": latency, "size": size,
                                "cost": cost, "ratio": cost / best,
                            }
                        )  # fmt: skip
    return table(rows)


def mean(run: Runner, frames: int, backend: str, settings: dict[str, Any], options: dict[str, Any]) -> float:
    """Mean cost of the slots that policies are judged on."""
    found = run.solve(problem(JUDGED, frames, **settings), backend, options=options)
    return float(np.mean([one.objective for one in found]))
