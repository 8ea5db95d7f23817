"""Verma's controllers that learn, on worlds of their own and judged beside the others, on the same paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qmectk

from .experiments import POWER, SWINGS, row, slots, table

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: The network over pairs, trained on means that are drawn anew.
DRAWN = "pair-net, means drawn"

#: Names of the rows: backend and options.
LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "qnn": ("qnn", {}),
    "dnn": ("dnn", {}),
    "price-net": ("price-net", {}),
    "qnn, as printed": ("qnn", {"form": "published"}),
    "dnn, as printed": ("dnn", {"form": "published"}),
    DRAWN: ("price-net", {"network": "pair", "randomised": True}),
}

#: Baselines of the paper, the exact slot ("Lyapunov"), and a sort.
METHODS = ("exact", "capacity-greedy", "best-channel", "random-server")


def _judged(run: Runner, name: str, seed: int, v: float, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy trained on the static world at this V, and what it comes to over a path."""
    backend, options = LEARNERS[name]
    world = qmectk.load("drift", V=v, weights=POWER["weights"], seed=seed)
    # the paper trains for a thousand epochs; networks of prices have learned after 600 slots
    length = {"slots": run.pick(150, 600, 600) if backend == "price-net" else run.pick(60, 600, 1000)}
    folder = run.policy(world, backend, seed, **options, **length)
    training = qmectk.load_policy(folder).facts["training"]
    found = row(run, backend, seed, {"V": v, **settings}, options={"policy": folder}, **more)
    seconds = float(training["training_seconds"])
    return {**found, "method": name, "training_seconds": seconds, "training_ms": 1e3 * seconds / length["slots"]}


def methods(run: Runner) -> DataFrame:
    """Figs. 6, 7, 9 and 10, Tables 6 and 8: methods at V = 1000, a device's own CPU alone, and policies."""
    own = {"V": 1000, "local": {"service": True}}
    rows = [row(run, method, seed, {"V": 1000}) for method in METHODS for seed in run.seeds]
    rows += [row(run, "local-service", seed, own) for seed in run.seeds]
    for name in [name for name in LEARNERS if name != DRAWN]:
        few = run.seeds[: run.pick(0, 3, 5)] if "printed" in name else run.seeds  # no claim is about those as printed
        rows += [_judged(run, name, seed, 1000, {}) for seed in few]
    return table(rows)


def large(run: Runner) -> DataFrame:
    """V = 10 000, where the penalty is large before the queues are."""
    long = slots(run)
    rows = [_judged(run, name, seed, 10_000, {}, slots=long) for name in ("dnn", "price-net") for seed in run.seeds]
    return table(rows + [row(run, "exact", seed, {"V": 10_000}, slots=long) for seed in run.seeds])


def swings(run: Runner) -> DataFrame:
    """Fig. 20: arrivals and gains whose means change, over whole periods of the arrivals.

    Policies are trained on constant means, and on means that are drawn anew every 20 slots.
    """
    long = run.pick(600, 600, 3000)
    chosen, names = ("exact", "best-channel", "random-server"), ("price-net", DRAWN)
    rows = [row(run, m, seed, {"V": 1000, **SWINGS}, slots=long) for m in chosen for seed in run.seeds]
    return table(rows + [_judged(run, n, seed, 1000, SWINGS, slots=long) for n in names for seed in run.seeds])
