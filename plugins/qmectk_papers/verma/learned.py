"""Verma's controllers that learn, on worlds of their own and judged on the paths of the other controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qmectk

from .experiments import POWER, SWINGS, row, table

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: Names of the rows: backend and options.
LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "qnn": ("qnn", {}),
    "dnn": ("dnn", {}),
    "qnn, as printed": ("qnn", {"form": "published"}),
    "dnn, as printed": ("dnn", {"form": "published"}),
    "price-net": ("price-net", {}),
}


def _judged(run: Runner, name: str, seed: int, v: float, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy trained on the static world at this V, and what it comes to over a path."""
    backend, options = LEARNERS.get(name, ("price-net", {"network": "pair", "randomised": True}))
    world = qmectk.load("drift", V=v, weights=POWER["weights"], seed=seed)
    length = {"slots": run.pick(300, 600, 600) if backend == "price-net" else run.pick(150, 1000, 1000)}
    folder = run.policy(world, backend, seed, **options, **length)
    training = qmectk.load_policy(folder).facts["training"]
    found = row(run, backend, seed, {"V": v, **settings}, options={"policy": folder}, **more)
    seconds = float(training["training_seconds"])
    return {**found, "method": name, "training_seconds": seconds, "training_ms": 1e3 * seconds / length["slots"]}


def learned(run: Runner) -> DataFrame:
    """Figs. 6 and 7, Tables 6 and 8: policies beside the exact slot and the best channel, V = 1000."""
    long = run.pick(300, 1200, 2000)
    rows = [_judged(run, name, seed, 1000, {}, slots=long) for name in LEARNERS for seed in run.seeds]
    lines = ("exact", "best-channel", "random-server")
    return table(rows + [row(run, method, seed, {"V": 1000}, slots=long) for method in lines for seed in run.seeds])


def large(run: Runner) -> DataFrame:
    """V = 10 000, where the penalty is large before the queues are."""
    long = run.pick(400, 3000, 3000)
    rows = [_judged(run, name, seed, 10_000, {}, slots=long) for name in ("dnn", "price-net") for seed in run.seeds]
    return table(rows + [row(run, "exact", seed, {"V": 10_000}, slots=long) for seed in run.seeds])


def learned_swings(run: Runner) -> DataFrame:
    """Fig. 20 with policies: trained on constant means, and on means that are drawn anew every 20 slots."""
    long = run.pick(600, 1500, 3000)
    names = ("price-net", "pair-net, means drawn")
    rows = [_judged(run, name, seed, 1000, SWINGS, slots=long) for name in names for seed in run.seeds]
    return table(rows + [row(run, "exact", seed, {"V": 1000, **SWINGS}, slots=long) for seed in run.seeds])
