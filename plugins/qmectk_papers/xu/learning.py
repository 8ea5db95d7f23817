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

#: Designs of which a few epochs say nothing.
LONG = ("hybrid-ppo-vqc, published", "pair-ppo, scarce")

#: The design that Fig. 4 is about, after as many epochs as the paper says, and under which weights of latency.
PRINTED, CONVERGED = "hybrid-ppo, published", 100
WEIGHED = ("hybrid-ppo, published", "pair-ppo")


def lengths(run: Runner) -> tuple[int, ...]:
    """Epochs that designs are compared after."""
    return run.pick((5,), (5, 20), (25, 100, 250))


def planned(run: Runner, name: str) -> list[tuple[float, int, int]]:
    """Weight of latency, epochs and seed of every policy of a design."""
    many, few, epochs = run.seeds, run.seeds[:3], lengths(run)
    if run.scale == "quick":
        return [] if name in LONG else [(0.5, one, s) for one in epochs for s in many]
    plan = [(0.5, one, s) for one in epochs for s in (many if one == epochs[-1] or run.scale == "full" else few)]
    if name == PRINTED and CONVERGED not in epochs:
        plan += [(0.5, CONVERGED, s) for s in few]
    if name in WEIGHED:
        plan += [(latency, epochs[-1], s) for latency in (0.0, 1.0) for s in few]
    return plan


def learned(run: Runner) -> DataFrame:
    """Figs. 4 to 6: cost over that of the certified optimum, by design, epochs, weight of latency and size.

    "longest" marks what designs are compared after: the most epochs that every one of them is trained for.
    """
    frames = run.pick(40, 150, 1000)
    rows: list[dict[str, Any]] = []
    best: dict[tuple[Any, ...], float] = {}  # costs of the optimum, the same for every policy
    for name, design in DESIGNS.items():
        for latency, many, s in planned(run, name):
            weights = {"weights": {"time": latency, "energy": 1.0 - latency}}
            made = problem(0, 1, **design.settings, **weights)
            policy = run.policy(made, design.backend, s, slots=many * design.slots, **design.options)
            # only a network over pairs acts on any number of users and servers
            for size in (10, 20, 30) if name == "pair-ppo" and latency == 0.5 else (10,):
                asked = {**design.settings, **weights, "users": size, "servers": size}
                key = (repr(design.settings), latency, size)
                if key not in best:
                    best[key] = mean(run, frames, "assignment", asked, {})
                cost = mean(run, frames, design.backend, asked, {"policy": policy})
                rows.append(
                    {
                        "seed": s, "design": name, "epochs": many, "latency": latency, "size": size,
                        "cost": cost, "ratio": cost / best[key], "longest": many == lengths(run)[-1],
                    }
                )  # fmt: skip
    return table(rows)


def mean(run: Runner, frames: int, backend: str, settings: dict[str, Any], options: dict[str, Any]) -> float:
    """Mean cost of the slots that policies are judged on."""
    found = run.solve(problem(JUDGED, frames, **settings), backend, options=options)
    return float(np.mean([one.objective for one in found]))
