"""The tables of docs/meqc.md and docs/meqc-ye.md: ``python benchmarks/meqc/claims.py xu`` (or ``ye``).

What the exact optimum says about the papers' claims. A minute each.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

import qmectk
from qmectk_problems.meqc_ye.bounds import horizon_bound
from qmectk_problems.meqc_ye.costs import CPU, LOCAL, QPU


def table(title: str, rows: list[dict[str, Any]]) -> None:
    """Rows as a Markdown table."""
    print(f"\n{title}\n")
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()) + " |")


# ---- Xu ---------------------------------------------------------------------------------------------


def optimum(name: str, frames: int = 300, **settings: Any) -> dict[str, Any]:
    """Mode shares and cost of the certified optimum."""
    problem = qmectk.load("meqc", frames=frames, training_frames=0, **settings)
    solution = qmectk.solve(problem, "assignment", reference=False)
    slots = problem.instances()
    solved = [s for s in getattr(solution, "solutions", [solution]) if s.values is not None]
    remote = {k: float(np.mean([s.values[f"{k}_share"].sum() for s in solved])) for k in ("cpu", "qpu")}
    users = problem.params.users  # type: ignore[attr-defined]
    return {
        "setting": name,
        "admissible": float(np.mean([one.admissible.mean() for one in slots])),  # type: ignore[attr-defined]
        "local": 1.0 - (remote["cpu"] + remote["qpu"]) / users,
        "CPU": remote["cpu"] / users,
        "QPU": remote["qpu"] / users,
        "cost": float(np.mean([s.objective for s in solved])),
        "infeasible": len(slots) - len(solved),
    }


def baselines(name: str, **settings: Any) -> dict[str, Any]:
    """Average cost of every baseline over the optimum's."""
    frames = qmectk.load("meqc", frames=100, training_frames=0, **settings)
    best = np.array([s.objective for s in qmectk.solve(frames, "assignment", reference=False).solutions])  # type: ignore[union-attr]
    row: dict[str, Any] = {"setting": name, "optimum": float(best.mean())}
    for backend in ("central-greedy", "local-only", "offload-all", "random-offloading", "random-partition"):
        found = qmectk.solve(frames, backend, reference=False).solutions  # type: ignore[union-attr]
        both = [(s.objective, b) for s, b in zip(found, best, strict=True) if s.objective is not None]
        row[backend] = float(np.mean([a for a, _ in both]) / np.mean([b for _, b in both]))
    return row


def xu() -> None:
    """Tables of docs/meqc.md."""
    long = {"coherence_time": 10e-3}
    logical = {"preset": "published", "qubits_are": "logical", "hardware": long}
    table(
        "Mode shares of the optimum, 10 users and 10 servers, 300 slots",
        [
            optimum("published, 1 ms", preset="published", hardware={"coherence_time": 1e-3}),
            optimum("published", preset="published"),
            optimum("published, 10 ms", preset="published", hardware=long),
            optimum("published, 10 ms, qubits read as logical", **logical),
            optimum("the same, QPU optional", qpu_rule="optional", **logical),
            optimum("published, 10 ms, power times time", preset="published", qpu_energy="physical", hardware=long),
            optimum("calibrated"),
            optimum("calibrated, forced", qpu_rule="forced"),
            optimum("calibrated, 10 ms", hardware=long),
            optimum("calibrated, 3 QPU slots a server", qpu_slots=3),
            optimum("calibrated, parallel", latency="parallel"),
            optimum("calibrated, forced, 3 servers", servers=3, qpu_rule="forced"),
            optimum("the same, allow_none", servers=3, qpu_rule="forced", allow_none=True),
        ],
    )
    table(
        "Average cost over the optimum's, 100 slots",
        [
            baselines("calibrated"),
            baselines("calibrated, 20 x 20", users=20, servers=20),
            baselines("calibrated, 30 x 30", users=30, servers=30),
            baselines("published", preset="published"),
            baselines(
                "published, 10 ms, power times time, optional",
                preset="published", qpu_energy="physical", qpu_rule="optional", hardware=long,
            ),
        ],
    )  # fmt: skip
    sweep = []
    for milliseconds in (0.3, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0):
        row = optimum(f"{milliseconds:g} ms", frames=100, hardware={"coherence_time": milliseconds * 1e-3})
        printed = qmectk.load("meqc", preset="published", hardware={"coherence_time": milliseconds * 1e-3})
        one = printed.instance(  # type: ignore[attr-defined]
            scale=[6], size=[800e6], power=[1e-4], local_clock=[1e9], gain=[[6.0]], edge_clock=[15e9], level=[1],
            qubits=[5000],
        )  # fmt: skip
        sweep.append({"1/gamma": row["setting"], "optimum": row["cost"], "QPU share": row["QPU"],
                      "published QPU cost, 800 MB, pb 6": float(one.qpu_cost[0, 0])})  # fmt: skip
    table("Coherence time (Fig. 9), calibrated, 100 slots", sweep)


# ---- Ye ---------------------------------------------------------------------------------------------


def ye() -> None:
    """Tables of docs/meqc-ye.md."""
    rows, targets = [], []
    for form in ("published", "serial", "parallel"):
        problem = qmectk.load("meqc-ye", cost_form=form)
        terms = problem.terms_of(problem.process().path(0, 500))  # type: ignore
        curves = terms.curves(1.0, 0.0)
        share, value = curves.minimise()
        mode = np.argmin(value, axis=-1)
        phi = np.take_along_axis(share, mode[..., None], axis=-1)[..., 0]
        whole = np.where(curves.available & ((curves.upper >= 1.0) | (np.arange(3) == LOCAL)), 1.0, np.inf)
        discrete = np.where(np.isfinite(whole), curves.value(np.where(np.arange(3) == LOCAL, 0.0, 1.0)), np.inf)
        least = discrete.min(axis=-1)
        once = np.take_along_axis(
            qmectk.load("meqc-ye", cost_form="serial").terms_of(terms.costs).curves(1.0, 0.0).value(phi[..., None]),  # type: ignore
            mode[..., None],
            axis=-1,
        )
        rows.append(
            {
                "cost form": form,
                "discrete": float(least.mean()),
                "continuous": float(value.min(axis=-1).mean()),
                "saved": f"{100 * (1 - value.min(axis=-1).mean() / least.mean()):.1f} %",
                "shares in between": float(np.mean((phi > 0) & (phi < 1) & (mode != LOCAL))),
                "average share": float(phi.mean()),
                "charged once (serial)": float(once.mean()),
                "local": float((mode == LOCAL).mean()),
                "CPU": float((mode == CPU).mean()),
                "QPU": float((mode == QPU).mean()),
            }
        )
        row: dict[str, Any] = {"cost form": form}
        for target in (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9):
            found = horizon_bound(terms, target)
            row[f"{target:g}"] = f"{found.cost:.3f}" if found.cost is not None else f"no ({found.largest.min():.2f})"
        targets.append(row)
    table("Discrete and continuous, 500 slots of 15 devices, no target", rows)
    table("Least cost C*(Delta) over the same slots (no: some device reaches only this share)", targets)
    sweep = []
    path = qmectk.load("meqc-ye").process().path(0, 4000)  # type: ignore[union-attr]
    for V in (0.01, 0.03, 0.1, 0.3, 1.0):
        sweep.append(controlled(path, V, "corrected"))
    sweep.append(controlled(path, 0.1, "printed"))
    table("Drift plus penalty, published cost, Delta = 0.75, 4000 slots", sweep)
    methods = []
    for backend in (
        "exact",
        "cpu-continuous",
        "cpu-discrete",
        "qpu-continuous",
        "qpu-discrete",
        "random-mode",
        "local-only",
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from qmectk.simulating import simulate

            run = simulate("meqc-ye", backend, slots=500, reference=False)
        means = run.means()
        methods.append({"method": backend, **{k: means[k] for k in ("cost", "share", "local", "cpu", "qpu")},
                        "z(R)/R": float(run.records["largest_backlog"][-1] / 500)})  # fmt: skip
    table("Methods over time, calibrated, V = 0.1, Delta = 0.7, 500 slots", methods)


def controlled(path: Any, V: float, queue_rule: str) -> dict[str, Any]:
    """One row of the sweep over V."""
    problem = qmectk.load("meqc-ye", cost_form="published", V=V, Delta=0.75, queue=queue_rule)
    terms = problem.terms_of(path)  # type: ignore[attr-defined]
    slots, devices = terms.home.shape
    plain, free = terms.curves(V, 0.0), terms.curves(1.0, 0.0)
    queue, offloaded, cost, late = np.zeros(devices), np.zeros(devices), 0.0, np.zeros(devices)
    pull, at_home = np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0])
    for t in range(slots):
        now = plain.at(t)
        charge = queue[:, None] * 0.75 * at_home if queue_rule == "printed" else 0.0
        share, value = now.replaced(
            linear=now.linear - queue[:, None] * pull, constant=now.constant + charge
        ).minimise()
        mode = np.argmin(value, axis=-1)
        phi = share[np.arange(devices), mode]
        cost += float(free.at(t).value(phi[:, None])[np.arange(devices), mode].mean())
        owed = np.where(phi == 0.0, 0.75, 0.0) if queue_rule == "printed" else 0.75
        queue = np.maximum(queue + owed - phi, 0.0)
        offloaded, late = offloaded + phi, late + queue * (t >= slots // 2)
    bound = horizon_bound(terms, 0.75)
    return {
        "queue": queue_rule,
        "V": V,
        "cost": cost / slots,
        "gap to C*": cost / slots - float(bound.cost or np.nan),
        "mean z, 2nd half": float(late.mean() / (slots - slots // 2)),
        "z/V": float(late.mean() / (slots - slots // 2) / V),
        "nu*": float(bound.multipliers.mean()),
        "least average share": float((offloaded / slots).min()),
        "max z(R)/R": float(queue.max() / slots),
    }


if __name__ == "__main__":
    for name in sys.argv[1:] or ["xu", "ye"]:
        {"xu": xu, "ye": ye}[name]()
