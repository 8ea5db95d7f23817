"""Time of a drift slot, solved in several ways on the same instances of one run, and of a whole simulation.

    python benchmarks/drift/bench_drift.py

Times are processor time of one thread, so that a busy machine does not spoil them; ratios are taken within one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import qmectk
from qmectk import Budget
from qmectk.documents import parse
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk_exact.capacity.model import KeptModel
from qmectk_exact.capacity.priced import price_many
from qmectk_exact.capacity.simplex import solve_capacity_many

TEXT = "{problem: drift, weights: {throughput: 0, power: 1}, target: null}"
SLOTS = 30


def tight(devices: int, servers: int) -> Any:
    """Independent slots whose servers take 0.75 of the mean arrivals: capacity binds."""
    cpu = 0.75 * devices * 5 / servers * 8e8
    return parse(TEXT, devices=devices, servers=servers, server_cpu=cpu, frames=SLOTS)


def milliseconds(task: Callable[[], Any], slots: int, repeats: int = 3) -> float:
    """Best of a few runs, a slot."""
    task()
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    return 1e3 * best / slots


def new_model_each_slot(instances: Sequence[Any]) -> None:
    """A new Pyomo model a slot, solved by HiGHS: what a declaration costs without a view of its own."""
    backend = registry().backend("highs")
    for one in instances:
        route = find_route(one, backend, registry())
        backend().solve(route.view, Budget(), np.random.default_rng(0))


def kept_model(model: KeptModel, instances: Sequence[Any]) -> list[float]:
    """One HiGHS model, updated from slot to slot."""
    found = []
    for one in instances:
        model.update(one.value, one.served, one.capacity)
        done = model.solve(gap=1e-6, seconds=None, seed=0)
        found.append(0.0 if done.y is None else float(np.sum(done.y * one.value)))
    return found


def slot_times() -> None:
    """The table of slots, and the ratio that must be at least 5."""
    print("milliseconds a slot, capacity tight")
    heads = ("simplex", "prices", "HiGHS kept", "new Pyomo", "new/kept", "MILP kept")
    print(f"{'size':>8} " + " ".join(f"{head:>10}" for head in heads))
    for devices, servers in ((10, 3), (50, 10), (200, 20)):
        instances = tight(devices, servers).instances()
        value, load = (np.stack([getattr(one, name) for one in instances]) for name in ("value", "served"))
        limits = instances[0].capacity
        ours = milliseconds(lambda: solve_capacity_many(value, load, limits), SLOTS)  # noqa: B023
        priced = milliseconds(lambda: price_many(value, load, limits), SLOTS)  # noqa: B023
        model = KeptModel(devices, servers, whole=False)
        kept = milliseconds(lambda: kept_model(model, instances), SLOTS)  # noqa: B023
        few = instances[:5]
        new = milliseconds(lambda: new_model_each_slot(few), len(few), 2)  # noqa: B023
        milp = float("nan")
        if devices <= 50:
            whole = KeptModel(devices, servers, whole=True)
            milp = milliseconds(lambda: kept_model(whole, few), len(few), 1)  # noqa: B023
        worth = solve_capacity_many(value, load, limits)[2]
        assert np.allclose(kept_model(model, instances), worth, rtol=1e-7, atol=1e-7)
        numbers = (f"{ours:.4f}", f"{priced:.4f}", f"{kept:.3f}", f"{new:.2f}", f"{new / kept:.1f}x", f"{milp:.1f}")
        print(f"{devices:>3} x {servers:<2} " + " ".join(f"{number:>10}" for number in numbers))
        if (devices, servers) == (10, 3):
            assert new / kept >= 5.0, "the kept model must be at least 5 times faster than a new one"
            assert new / ours >= 5.0


def simulation_time() -> None:
    """2000 slots at 10 x 3 with the exact solver, measured and certified."""
    problem = parse(TEXT)
    qmectk.simulate(problem, slots=20)
    start = time.process_time()
    run = qmectk.simulate(problem, slots=2000)
    seconds = time.process_time() - start
    gap = run.gap()[0]
    assert gap is not None
    assert gap < 1e-9
    print(f"\n2000 slots, 10 x 3, exact, measured and certified: {seconds:.2f} s")
    assert seconds < 3.0, "2000 slots must take less than 3 s"


def copies_time() -> None:
    """Copies of the queues advanced together: solved exactly, or under any decision with everything a learner sees."""
    print("\nparallel copies, 10 x 3: microseconds a copy and slot\ncopies   exact  decide and see")
    for count in (1, 16, 64, 256, 2048):
        rounds = max(5, 4000 // count)
        seconds = [_rounds(count, rounds, exact) for exact in (True, False)]
        print(f"{count:>6} " + " ".join(f"{1e6 * spent / rounds / count:>8.1f}" for spent in seconds))


def _rounds(count: int, rounds: int, exact: bool) -> float:
    rng = np.random.default_rng(0)
    copies = parse(TEXT).copies(count, rng)
    decision = copies.decisions.random(rng)
    for _ in range(20):
        copies.step(copies.exact()[0], rng)  # type: ignore[attr-defined]
    start = time.process_time()
    for _ in range(rounds):
        if exact:
            decision, _ = copies.exact()  # type: ignore[attr-defined]
        else:
            copies.decisions.features("own")
        copies.step(decision, rng)
    return time.process_time() - start


if __name__ == "__main__":
    slot_times()
    simulation_time()
    copies_time()
