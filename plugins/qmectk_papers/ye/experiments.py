"""Ye's figures over time: exact decisions of every slot and those of baselines, and learned ones beside them.

The cost (11) multiplies by the shares twice; it is run as printed (`published`), charged once (`serial`), and with both
parts at the same time (`parallel`), with everything else as repaired in docs/meqc-ye.md. A seed is one of devices,
channels and tasks alike.

"overdue" is z(R)/R of the device with the longest queue: the share by which Delta is missed. "spread" is the common
logarithm of the deviation of the cost over the slots, relative to its mean.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import qmectk

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

FORMS = ("published", "serial", "parallel")

#: The proposed method with exact decisions, and the paper's five others.
METHODS = {
    "exact": "exact",
    "CPU-continuous": "cpu-continuous",
    "CPU-discrete": "cpu-discrete",
    "QPU-continuous": "qpu-continuous",
    "QPU-discrete": "qpu-discrete",
    "random": "random-mode",
}


def problem(seed: int, **settings: Any) -> Any:
    """The devices of a seed."""
    return qmectk.load("meqc-ye", seed=seed, **settings)


def controlled(run: Runner, made: Any, method: str, slots: int, **settings: Any) -> Any:
    """A simulation; gaps of the slots are not asked for."""
    asked = {"seed": made.params.seed, **settings}
    return run.simulate(made, METHODS.get(method, method), slots=slots, reference=False, **asked)


def row(run: Runner, made: Any, method: str, slots: int, **settings: Any) -> dict[str, Any]:
    """The means of a method over all slots."""
    found = controlled(run, made, method, slots, **settings)
    means, cost = found.means(), found.records["cost"]
    kept = {name: means[name] for name in ("cost", "share", "local", "cpu", "qpu")}
    spread = math.log10(float(cost.std() / cost.mean()))
    seed = settings.get("seed", made.params.seed)
    return {"seed": seed, "method": method, **kept, "overdue": overdue(found), "spread": spread}


def overdue(found: Any) -> float:
    """z(R)/R of the device with the longest queue."""
    return float(found.records["largest_backlog"][-1]) / len(found.records["largest_backlog"])


def methods(run: Runner) -> DataFrame:
    """Fig. 3(c): six methods under three forms of the cost."""
    slots = run.pick(50, 250, 2000)
    every = tuple(METHODS)
    chosen = {"serial": run.pick(every[1:3], every, every)}  # quick: those that a claim is about
    rows = [
        {"form": form, **row(run, problem(s, cost_form=form), method, slots)}
        for form in FORMS
        for s in run.seeds
        for method in chosen.get(form, every)
    ]
    return table(rows)


def reversal(run: Runner) -> DataFrame:
    """The QPU alone in the published form on one set of devices, whose queues grow for long; a seed is a path."""
    made, slots = problem(0, cost_form="published"), run.pick(100, 400, 2000)
    names = ("QPU-continuous", "QPU-discrete")
    return table([row(run, made, name, slots, seed=s) for s in run.seeds for name in names])


def weights(run: Runner) -> DataFrame:
    """Fig. 3(a): what latency weighs, with exact decisions; the rest is energy."""
    slots = run.pick(30, 100, 2000)
    rows = []
    for time in (0.0, 0.5, 1.0):
        for s in run.seeds:
            made = problem(s, weights={"time": time, "energy": 1.0 - time})
            rows.append({"latency": time, **row(run, made, "exact", slots)})
    return table(rows)


def tradeoff(run: Runner) -> DataFrame:
    """Fig. 3(b) and both theorems: V, with the published cost and Delta = 0.75, and the queue as printed and corrected.

    "limit1" is what Theorem 1, meant as an upper bound, allows above the optimum, B/V a device; "limit2" what Theorem 2
    allows for z(R)/R, with the root that its statement drops and the least cost taken as 0.
    """
    slots, target = run.pick(120, 500, 8000), 0.75
    every = (0.01, 0.03, 0.1, 0.3, 1.0)
    rows = []
    for rule, values in (("corrected", run.pick((0.01, 0.3, 1.0), every, every)), ("printed", (0.1,))):
        for V in values:
            for s in run.seeds:
                made = problem(s, cost_form="published", queue=rule, V=V, Delta=target)
                found = controlled(run, made, "exact", slots, horizon=True)
                late, bound = found.means(0.5), found.as_dict()["horizon"]["cost"]
                devices, best = made.params.devices, math.nan if bound is None else bound
                constant = 0.5 * devices * max(target, 1.0 - target) ** 2
                rows.append(
                    {
                        "seed": s, "queue": rule, "V": V, "cost": late["cost"], "bound": best,
                        "above": late["cost"] - best, "backlog": late["virtual_backlog"],
                        "share": found.means()["share"], "overdue": overdue(found), "limit1": constant / (V * devices),
                        "limit2": math.sqrt((2 * constant + 2 * V * best * devices) / slots),
                    }
                )  # fmt: skip
    out = table(rows)
    out["within1"], out["within2"] = out["above"] / out["limit1"], out["overdue"] / out["limit2"]
    return out


def traces(run: Runner) -> DataFrame:
    """Fig. 4: costs along the slots, of one seed."""
    slots = run.pick(100, 500, 500)
    rows = []
    for method in METHODS:
        thin = controlled(run, problem(run.seed), method, slots).thinned(50)
        rows += [
            {"seed": run.seed, "method": method, "slot": slot, "cost": one}
            for slot, one in zip(thin["slot"], thin["cost"], strict=True)
        ]
    return table(rows)


def powers(run: Runner) -> DataFrame:
    """Fig. 5(a): the largest transmit power [mW]."""
    every = (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    places = run.pick((0.1, 0.4, 1.0), every, every)
    return swept(run, "power", {p: {"power": (0.01, p)} for p in places})


def sizes(run: Runner) -> DataFrame:
    """Fig. 5(b): the size of every task [MB]."""
    places = run.pick((160, 320), (160, 200, 240, 280, 320), (160, 200, 240, 280, 320))
    return swept(run, "size", {float(n): {"sizes": (n, n)} for n in places})


def qubits(run: Runner) -> DataFrame:
    """Fig. 5(c): the leased physical qubits."""
    places = run.pick((1000, 3000, 5000), (1000, 2000, 3000, 4000, 5000), (1000, 2000, 3000, 4000, 5000))
    return swept(run, "qubits", {n: {"qubits": (n, n)} for n in places})


def swept(run: Runner, name: str, settings: dict[Any, dict[str, Any]]) -> DataFrame:
    """Methods with one setting changed at a time."""
    slots = run.pick(30, 100, 1000)
    chosen = ("exact", "CPU-discrete", "QPU-continuous", "random")
    rows = [
        {name: place, **row(run, problem(s, **one), method, slots)}
        for place, one in settings.items()
        for s in run.seeds
        for method in chosen
    ]
    return table(rows)


def targets(run: Runner) -> DataFrame:
    """Fig. 6: the least average share Delta."""
    slots = run.pick(60, 150, 2000)
    chosen = {"published": ("exact",), **run.pick({}, *2 * ({"parallel": ("exact", "CPU-discrete")},))}
    every = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 1.0)
    rows = []
    for target in run.pick((0.0, 0.4, 0.7, 1.0), every, every):
        for form, names in chosen.items():
            for s in run.seeds:
                made = problem(s, cost_form=form, Delta=target)
                rows += [{"target": target, "form": form, **row(run, made, method, slots)} for method in names]
    return table(rows)


def learned(run: Runner) -> DataFrame:
    """The learned controllers beside the exact decisions, on a path that they were not trained on."""
    slots = run.pick(60, 300, 1000)
    made = problem(0)
    updates = {
        "dqn-shares": run.pick(250, 2000, 4000),
        "dqn-ddpg, published": run.pick(60, 1000, 25_000),
        **run.pick({}, {"dqn-ddpg": 1000}, {"dqn-ddpg": 5000}),
    }
    beside = [row(run, made, method, slots) for method in ("exact", "CPU-continuous")]
    rows = []
    for s in run.seeds:
        rows += [{**one, "seed": s} for one in beside]
        for name, many in updates.items():
            backend, _, form = name.partition(", ")
            options = {"slots": many, **({"form": form} if form else {})}
            policy = run.policy(made, backend, s, **options)
            rows.append({**row(run, made, backend, slots, options={"policy": policy}), "seed": s, "method": name})
    return table(rows)


def table(rows: list[dict[str, Any]]) -> DataFrame:
    """Rows as a table."""
    from pandas import DataFrame

    return DataFrame(rows)
