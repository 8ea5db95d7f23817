"""The tables of docs/meqc-ye.md on forms of the cost: ``python benchmarks/meqc/forms.py``, a minute."""

from __future__ import annotations

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


def main() -> None:
    """What is saved by continuous shares, and the least cost of every target."""
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


if __name__ == "__main__":
    main()
