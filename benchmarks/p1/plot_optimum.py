"""Root gap, nodes and time of ``dual`` against the number of devices: the figure and table of docs/optimum-of-p1.md.

python benchmarks/p1/plot_optimum.py            # writes docs/figures/optimum-of-p1.png; needs matplotlib
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from qmectk.documents import parse
from qmectk_exact.shared_budget import solve_shared_budget

SIZES = (3, 10, 30, 100, 300, 1000, 3000, 10000)
FIGURE = Path(__file__).parents[2] / "docs" / "figures" / "optimum-of-p1.png"


def measure(devices: int, frames: int, weights: str) -> dict[str, float]:
    """Quantiles over frames of one size."""
    rng = np.random.default_rng(devices)
    listed = "alternating" if weights == "alternating" else rng.uniform(0.5, 2.0, devices).round(6).tolist()
    problem = parse(f"problem: p1\ndevices: {devices}\nframes: {frames}\nweights: {listed}\n")
    gaps, nodes, seconds = [], [], []
    for instance in problem.instances():
        start = time.perf_counter()
        found = solve_shared_budget(instance.passive, instance.scale, instance.snr)
        seconds.append(time.perf_counter() - start)
        assert found.proved
        gaps.append(max(found.root_bound / found.value - 1.0, 0.0))
        nodes.append(found.nodes)
    return {
        "root_closed": float(np.mean(np.array(gaps) <= 1e-9)),
        "root_gap_max": float(np.max(gaps)),
        "nodes_median": float(np.median(nodes)),
        "nodes_max": float(np.max(nodes)),
        "ms_median": 1e3 * float(np.median(seconds)),
        "ms_99": 1e3 * float(np.percentile(seconds, 99)),
    }


def draw(rows: dict[str, dict[int, dict[str, float]]]) -> None:
    """Three panels over the number of devices."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), constrained_layout=True)
    for (label, by_size), marker in zip(rows.items(), "os", strict=True):
        sizes = list(by_size)
        panels[0].plot(sizes, [max(r["root_gap_max"], 1e-12) for r in by_size.values()], marker=marker, label=label)
        panels[1].plot(sizes, [r["nodes_median"] for r in by_size.values()], marker=marker, label=f"{label}, median")
        panels[1].plot(
            sizes, [r["nodes_max"] for r in by_size.values()], marker=marker, ls=":", label=f"{label}, largest"
        )
        panels[2].plot(sizes, [r["ms_median"] for r in by_size.values()], marker=marker, label=f"{label}, median")
        panels[2].plot(
            sizes, [r["ms_99"] for r in by_size.values()], marker=marker, ls=":", label=f"{label}, 99th percentile"
        )
    for panel, title in zip(panels, ("largest root gap (relative)", "nodes", "time a frame [ms]"), strict=True):
        panel.set(xscale="log", yscale="log", xlabel="devices N", title=title)
        panel.grid(alpha=0.3)
        panel.legend(fontsize=7)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300, help="frames of each size (a tenth of it from N = 3000)")
    frames = parser.parse_args().frames
    solve_shared_budget(np.ones(2), np.ones(2), np.ones(2))  # load the compiled code before the clock starts
    rows: dict[str, dict[int, dict[str, float]]] = {}
    print("weights         N  root closed  root gap max  nodes median/max  ms median/99 %")
    for weights in ("alternating", "random"):
        for devices in SIZES:
            row = measure(devices, frames if devices < 3000 else max(frames // 10, 5), weights)
            rows.setdefault(f"{weights} weights", {})[devices] = row
            print(
                f"{weights:11} {devices:5d}  {row['root_closed']:10.1%}  {row['root_gap_max']:12.1e}  "
                f"{row['nodes_median']:6.0f} /{row['nodes_max']:6.0f}  {row['ms_median']:9.3f} /{row['ms_99']:8.3f}",
                flush=True,
            )
    draw(rows)
    print(f"written: {FIGURE.name}")


if __name__ == "__main__":
    main()
