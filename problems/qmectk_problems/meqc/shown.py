"""A slot of the multi-server edge-quantum problem for people: tables of users and servers, and their costs drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk.presenting.describing import Table

from .slot import MeqcSlot


def tables(one: MeqcSlot) -> list[Table]:
    """A row a user and a row a server."""
    users = tuple(
        (
            u,
            float(one.local_time[u]),
            float(one.local_cost[u]),
            float(one.cpu_cost[u].min()),
            int(one.cpu_cost[u].argmin()),
            float(one.qpu_cost[u][one.admissible[u]].min()) if one.admissible[u].any() else "-",
            int(one.admissible[u].sum()),
        )
        for u in range(one.users)
    )
    servers = tuple(
        (
            e,
            int(one.slots[e]),
            int(one.admissible[:, e].sum()),
            float(np.median(one.cpu_cost[:, e])),
            float(np.median(one.qpu_cost[:, e])),
        )
        for e in range(one.servers)
    )
    return [
        Table(
            "users",
            ("user", "local [s]", "local cost", "best CPU cost", "at server", "best QPU cost", "QPUs admissible"),
            users,
        ),
        Table("servers", ("server", "QPU slots", "users admissible", "median CPU cost", "median QPU cost"), servers),
    ]


def draw(one: MeqcSlot, figure: Any) -> None:
    """The cheapest cost of each kind, and the cost of every admissible QPU."""
    figure.set_size_inches(9.0, 3.6)
    axes = figure.add_subplot(1, 2, 1)
    place = np.arange(one.users)
    qpu = np.where(one.admissible, one.qpu_cost, np.nan)
    best = np.array([np.nanmin(row) if np.isfinite(row).any() else np.nan for row in qpu])
    for k, (name, cost) in enumerate((("local", one.local_cost), ("CPU", one.cpu_cost.min(axis=1)), ("QPU", best))):
        axes.bar(place + 0.28 * (k - 1), cost, 0.28, label=name)
    axes.set(title="cheapest of each kind", xlabel="user", ylabel="cost", yscale="log")
    axes.legend()
    axes = figure.add_subplot(1, 2, 2)
    figure.colorbar(axes.imshow(np.log10(qpu), aspect="auto"), ax=axes)
    axes.set(title="log10 QPU cost where admissible", xlabel="server", ylabel="user")
