"""Xu's figures: baselines and the certified optimum at three sizes, and sweeps of clocks, qubits and coherence times.

The paper leaves some values open and some equations cannot be meant as printed (docs/meqc.md), so everything is run
under names that say how it was read: `calibrated` repairs them, `published` is as printed, and `scarce` is as printed
but for an energy that is power times time, a server that decides itself, and qubits that live 10 ms: there QPU slots
are few and worth having.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import qmectk

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: 10 ms of coherence [s]: past what the QPU gains from better qubits.
LONG: dict[str, Any] = {"hardware": {"coherence_time": 10e-3}}
LOGICAL: dict[str, Any] = {"preset": "published", "qubits_are": "logical", **LONG}
SCARCE: dict[str, Any] = {"preset": "published", "qpu_energy": "physical", "qpu_rule": "optional", **LONG}
FORCED: dict[str, Any] = {"qpu_rule": "forced"}
#: No circuit runs without any error at all, so no QPU is admissible, and everything else is drawn as before.
WITHOUT: dict[str, Any] = {"success": 1.0}

#: How the paper's model is read.
READINGS: dict[str, dict[str, Any]] = {
    "published, 1 ms": {"preset": "published", "hardware": {"coherence_time": 1e-3}},
    "published": {"preset": "published"},
    "published, 10 ms": {"preset": "published", **LONG},
    "published, 10 ms, logical": LOGICAL,
    "published, 10 ms, logical, optional": {**LOGICAL, "qpu_rule": "optional"},
    "scarce": SCARCE,
    "scarce, no QPU": {**SCARCE, **WITHOUT},
    "calibrated": {},
    "calibrated, no QPU": WITHOUT,
    "calibrated, forced": FORCED,
    "calibrated, 10 ms": LONG,
    "calibrated, 3 slots a QPU": {"qpu_slots": 3},
    "calibrated, parallel": {"latency": "parallel"},
    "calibrated, forced, 3 servers": {**FORCED, "servers": 3},
    "calibrated, forced, 3 servers, allow_none": {**FORCED, "servers": 3, "allow_none": True},
}

#: The paper's baselines; all users at a server is the second floor.
BASELINES = ("central-greedy", "random-offloading", "random-partition", "local-only", "offload-all")


def problem(seed: int, frames: int, **settings: Any) -> Any:
    """The slots of a seed."""
    return qmectk.load("meqc", seed=seed, frames=frames, training_frames=0, **settings)


def optimum(run: Runner, seed: int, frames: int, **settings: Any) -> dict[str, Any]:
    """Cost and mode shares of the certified optimum, means over slots that have a feasible point."""
    made = problem(seed, frames, **settings)
    found = run.solve(made, "assignment")
    solved = [one for one in found if one.values is not None]
    remote = {k: float(np.mean([one.values[f"{k}_share"].sum() for one in solved])) for k in ("cpu", "qpu")}
    users = made.params.users
    return {
        "seed": seed,
        "cost": float(np.mean([one.objective for one in solved])),
        "gap": float(max(one.gap for one in solved)),
        "admissible": float(np.mean([slot.admissible.mean() for slot in made.instances()])),
        "local": 1.0 - (remote["cpu"] + remote["qpu"]) / users,
        "cpu": remote["cpu"] / users,
        "qpu": remote["qpu"] / users,
        "infeasible": 1.0 - len(solved) / len(found),
    }


def methods(run: Runner) -> DataFrame:
    """The baselines of Figs. 4 to 6 and the optimum, at three sizes and where slots are scarce."""
    frames = run.pick(20, 100, 500)
    sizes: dict[str, Mapping[str, Any]] = {f"{n} x {n}": {"users": n, "servers": n} for n in (10, 20, 30)}
    rows = []
    for name, one in {**sizes, "scarce": SCARCE}.items():
        for s in run.seeds:
            made = problem(s, frames, **one)
            found = {method: run.solve(made, method) for method in ("assignment", *BASELINES)}
            cost = {method: float(np.mean([one.objective for one in its])) for method, its in found.items()}
            rows += [
                {"seed": s, "setting": name, "method": method.replace("assignment", "optimum"), "cost": each,
                 "ratio": each / cost["assignment"]}
                for method, each in cost.items()
            ]  # fmt: skip
    return table(rows)


def settings(run: Runner) -> DataFrame:
    """What the optimum does under every reading of the model."""
    frames = run.pick(40, 150, 1000)
    return table(
        [{"setting": name, **optimum(run, s, frames, **one)} for name, one in READINGS.items() for s in run.seeds]
    )


def clocks(run: Runner) -> DataFrame:
    """Fig. 7: the clock of the edge CPUs [GHz]."""
    rows, frames = [], run.pick(20, 60, 1000)
    every = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
    for gigahertz in run.pick(every[::5], every, every):
        for s in run.seeds:
            made = problem(s, frames, edge_clock=[gigahertz * 1e9])
            for method in ("assignment", "central-greedy", "random-offloading", "local-only"):
                cost = float(np.mean([one.objective for one in run.solve(made, method)]))
                rows.append(
                    {"seed": s, "clock": gigahertz, "method": method.replace("assignment", "optimum"), "cost": cost}
                )
    return table(rows)


def qubits(run: Runner) -> DataFrame:
    """Fig. 8: the qubits of every server, under both QPU rules."""
    readings = {
        "calibrated": {},
        "calibrated, forced": FORCED,
        "published": {"preset": "published"},
        "published, 10 ms, logical": LOGICAL,
        "scarce": SCARCE,
    }
    frames = run.pick(20, 80, 1000)
    # a circuit has 20 to 26 logical qubits, and 91 physical ones make one of level 1
    every = (500, 1000, 2000, 2500, 3000, 4000, 5000)
    places = run.pick(every[::2], every, every)
    rows = [
        {"setting": name, "qubits": n, **optimum(run, s, frames, qubits=(n, n), **one)}
        for name, one in readings.items()
        for n in places
        for s in run.seeds
    ]
    # logical qubits are few: what fits is decided below 26 of them
    few = [
        {"setting": "published, 10 ms, few logical", "qubits": n, **optimum(run, s, frames, qubits=(n, n), **LOGICAL)}
        for n in run.pick((10, 26), *2 * ((10, 20, 22, 24, 26),))
        for s in run.seeds
    ]
    return table(rows + few)


def coherence(run: Runner) -> DataFrame:
    """Fig. 9: the coherence time of the qubits [ms], and the printed QPU cost of a task of 800 MB, pb 6, level 1."""
    rows, frames = [], run.pick(20, 60, 1000)
    for milliseconds in (0.3, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0):
        hardware = {"hardware": {"coherence_time": milliseconds * 1e-3}}
        printed = qmectk.load("meqc", preset="published", **hardware)
        one: Any = printed.instance(  # type: ignore[attr-defined]
            scale=[6], size=[800e6], power=[1e-4], local_clock=[1e9], gain=[[6.0]], edge_clock=[15e9], level=[1],
            qubits=[5000],
        )  # fmt: skip
        task = float(one.qpu_cost[0, 0])
        for name, reading in (("calibrated", {}), ("scarce", SCARCE)):
            for s in run.seeds:
                found = optimum(run, s, frames, **{**reading, **hardware})
                rows.append({"setting": name, "coherence": milliseconds, "task": task, **found})
    return table(rows)


def table(rows: list[dict[str, Any]]) -> DataFrame:
    """Rows as a table."""
    from pandas import DataFrame

    return DataFrame(rows)
