"""Drift plus penalty by exact slots, baselines and the bound over the horizon; :mod:`.learned` has what learns.

All controllers of a seed see the same arrivals and gains. Numbers are means of the second half of the slots: power in W
of all devices, backlog in tasks a device, throughput in tasks a slot, ``efficiency`` in Mbit/J, ``delay`` in slots by
Little's law; ``growth`` is Q(T)/T.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: The regime with a trade-off: power is to be saved, and queues are to be stable (docs/drift.md).
POWER = {"weights": {"throughput": 0, "power": 1}, "target": None}

#: Fig. 20: arrivals and gains that swing; the paper states no periods.
SWINGS = {"dynamics": {"arrivals": {"swing": 0.5, "period": 300}, "gain": {"swing": 0.7, "period": 500}}}


def slots(run: Runner) -> int:
    """Slots of a simulation; the paper has a thousand."""
    return run.pick(240, 600, 2000)


def row(run: Runner, method: str, seed: int, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One controller over one path; ``more`` goes to the simulation."""
    asked = {"slots": slots(run), **more}
    found = run.simulate("drift", method, settings={**POWER, **settings, "seed": seed}, seed=seed, **asked)
    mean, growth = found.means(0.5), found.rates()["backlog"]
    devices = int(settings.get("devices", 10))
    numbers = {
        "seed": seed,
        "method": method,
        **{name: mean[name] for name in ("power", "backlog", "throughput", "arrived")},
        "delay": mean["backlog"] * devices / mean["throughput"] if mean["throughput"] > 0 else float("inf"),
        "efficiency": found.derived.get("bits_per_joule", float("nan")) / 1e6,
        "growth": growth,
        "worst_backlog": float(found.records["backlog"].max()),
        "slot_gap": found.gap()[0],
        "milliseconds": 1e3 * found.median_seconds,
    }
    if found.horizon is not None:
        numbers |= {"bound": float(found.horizon["power"]), "multiplier": float(found.horizon["multiplier"])}
    return numbers


def table(rows: list[dict[str, Any]]) -> DataFrame:
    """Rows as a table."""
    from pandas import DataFrame

    return DataFrame(rows)


def load(run: Runner) -> DataFrame:
    """Methods from a stable load to one that nothing carries (75 tasks a slot at most)."""
    loads = run.pick((6.0, 9.0), (6.0, 6.5, 7.0, 9.0), (5.0, 6.0, 6.5, 7.0, 7.4, 9.0))
    chosen = ("exact", "best-channel", "random-server")
    return table(
        [
            {"load": each, **row(run, method, seed, {"V": 1000, "arrivals": each})}
            for each in loads
            for method in chosen
            for seed in run.seeds
        ]
    )


def sweep(run: Runner) -> DataFrame:
    """Figs. 12 to 15 and 18, Table 9: V from 1 to 10 000; for power alone with its bound, and with throughput."""
    values = run.pick((1, 10, 100, 1000, 10_000), *2 * (tuple(10 ** (k / 2) for k in range(9)),))
    both = {"weights": {"throughput": 1, "power": 1}, "target": 0.9}
    rows = []
    for v in values:
        for seed in run.seeds:
            found = row(run, "exact", seed, {"V": v}, horizon=True)
            rows.append(
                {
                    "V": v,
                    "logV": _log(v),
                    "weights": "power",
                    **found,
                    "bound_share": found["bound"] / found["power"],
                    "gap_times_V": (found["power"] - found["bound"]) * v,
                    "backlog_over_price": found["backlog"] / v / found["multiplier"],
                }
            )
    # throughput is the same for every V, so the ends and the middle tell as much as all of them
    rows += [
        {"V": v, "logV": _log(v), "weights": "both", **row(run, "exact", seed, {"V": v, **both})}
        for v in (1, 100, 10_000)
        for seed in run.seeds
    ]
    return table(rows)


def admission(run: Runner) -> DataFrame:
    """Admission control at overload: the regime in which throughput does depend on V."""
    fixed = {"admission": True, "arrivals": 9, "weights": {"throughput": 1, "power": 0}}
    return table(
        [
            {"V": v, "logV": _log(v), **row(run, "exact", seed, {"V": v, **fixed})}
            for v in (1, 10, 100)
            for seed in run.seeds
        ]
    )


def printed(run: Runner) -> DataFrame:
    """Fig. 19: the equations as printed, with their defects."""
    fixed = {"preset": "published", "weights": {"throughput": 1, "power": 1}, "target": 0.9}
    return table(
        [
            {"V": v, "logV": _log(v), **row(run, "exact", seed, {"V": v, **fixed})}
            for v in (1, 100, 10_000)
            for seed in run.seeds
        ]
    )


def sizes(run: Runner) -> DataFrame:
    """Fig. 21: bits per joule from 5 to 25 devices, servers as they are and servers that grow with the devices."""
    rows = []
    for devices in run.pick((5, 10, 25), *2 * ((5, 10, 15, 20, 25),)):
        for servers, cpu in (("fixed", 20e9), ("scaled", 2e9 * devices)):
            for method in ("exact", "best-channel", *run.pick((), ("random-server",), ("random-server",))):
                for seed in run.seeds:
                    found = row(
                        run, method, seed, {"V": 1000, "devices": devices, "server_cpu": cpu}, slots=slots(run) // 2
                    )
                    rows.append({"devices": devices, "servers": servers, **found})
    return table(rows)


def _log(v: float) -> float:
    from math import log10

    return log10(v)
