"""Speed of the exact code and the annealer on hard attention: python benchmarks/attention/bench_attention.py [--quick]

Blocks are |N(0,1)| or max(N(0,1), 0); k = 100, l1 = l2 = 1 (Zhao, "QAHAN", eq. (7)). One thread. Times are the least of
several repeats after the compiled code has been loaded. The annealer is set against dwave-samplers' simulated annealing
in the same run: 10 000 sweeps at a beta range of [0.3, 30] (its own estimate of the range alone takes longer), the time
of the sampling only; ours is the shortest read whose energy is as good.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from qmectk import FactoredQuadratic
from qmectk_lowrank.batch import solve_many
from qmectk_lowrank.heuristic import anneal, form_of, words_of
from qmectk_lowrank.solve import solve_factored

Row = tuple[str, str, str]


def view_of(n: int, d: int, seed: int, kind: str = "abs", scale: float = 1.0) -> FactoredQuadratic:
    """A published instance."""
    drawn = np.random.default_rng(seed).standard_normal((n, d))
    blocks = np.abs(drawn) if kind == "abs" else np.maximum(drawn, 0.0) if kind == "relu" else drawn
    return FactoredQuadratic(scale * blocks, penalty=1.0, count=100.0, chain=1.0)


def seconds(call: Callable[[], Any], repeats: int) -> np.ndarray:
    """Wall-clock seconds of each call."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return np.array(times)


def bench_single_square(quick: bool) -> list[Row]:
    """d = 1: one map, a batch, a map with zeros."""
    repeats = 5 if quick else 30
    rows = []
    for n, target in ((1024, ""), (3136, ""), (4096, "< 3 ms")):
        views = [view_of(n, 1, seed) for seed in range(10)]
        found = [solve_factored(view) for view in views]
        each = [1e3 * seconds(lambda v=view: solve_factored(v), repeats).min() for view in views]
        assert all(one.proved for one in found)
        text = f"median {np.median(each):.2f} ms, max {max(each):.2f}; nodes <= {max(one.nodes for one in found)}"
        rows.append((f"n = {n}, d = 1, positive: proven", text, target))
    views = [view_of(3136, 1, seed) for seed in range(32)]
    times = 1e3 * seconds(lambda: solve_many(views, threads=1), repeats)
    rows.append(
        ("32 maps, n = 3136: proven", f"{times.min():.1f} ms in all (median {np.median(times):.1f})", "< 60 ms")
    )
    relu = view_of(3136, 1, 0, "relu")
    times = 1e3 * seconds(lambda: solve_factored(relu), 10 * repeats)
    rows.append(("a ReLU map, n = 3136: proven, E = 0", f"{times.min():.3f} ms", "< 0.1 ms"))
    return rows


def bench_more_squares(quick: bool) -> list[Row]:
    """d > 1, nonnegative, at several scales: the smaller the blocks, the nearer is the cardinality to k."""
    rows = []
    cases = [(1024, 16, "< 0.5 s"), (1024, 64, "< 15 s"), (4096, 16, ""), (3136, 64, "")]
    for n, d, target in cases[: 2 if quick else 4]:
        worst, nodes, gaps = 0.0, 0, []
        for kind in ("abs", "relu"):
            for scale in (1.0, 0.3, 0.1, 0.03):
                view = view_of(n, d, 0, kind, scale)
                begin = time.perf_counter()
                found = solve_factored(view, gap=1e-7, expired=lambda b=begin: time.perf_counter() - b > 20.0)
                worst = max(worst, time.perf_counter() - begin)
                nodes = max(nodes, found.nodes)
                gaps.append((found.value - found.bound) / found.value)
        text = f"longest {worst:.3f} s of 8 (|N|, ReLU; scales 1 to 0.03); nodes <= {nodes}; gap <= {max(gaps):.1e}"
        rows.append((f"n = {n}, d = {d}, nonnegative", text, target))
    return rows


def bench_layer(quick: bool) -> list[Row]:
    """The layer's forward pass of 256 maps, and the same masks solved one view at a time, in processor time."""
    import torch

    from qmectk.torch import HardAttention

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn((256, 8, 14, 14), generator=generator).relu()
    rows = []
    for variant, k in (("published", 20), ("published", 100), ("salient", 20), ("salient", 100)):
        layer = HardAttention(k, variant, blocks="positions", gradient="masked", options={"threads": 1})
        blocks = maps.flatten(2).transpose(1, 2).double().numpy()

        def together(layer: Any = layer) -> Any:
            with torch.no_grad():
                layer(maps)
            return layer.masks.bits

        def alone(layer: Any = layer, blocks: Any = blocks) -> Any:
            return [solve_factored(view, gap=1e-7).bits for view in layer.energy.views(blocks)]

        assert np.array_equal(together(), alone())
        batch, single = np.inf, np.inf
        for _ in range(3 if quick else 10):  # in turns, so that other work on the machine meets both
            for call in (together, alone):
                begin = time.process_time()
                call()
                taken = 1e3 * (time.process_time() - begin) / len(maps)
                batch, single = (min(batch, taken), single) if call is together else (batch, min(single, taken))
        text = f"{batch:.3f} ms an image in a batch of {len(maps)}, {single:.3f} alone, {single / batch:.1f} x"
        rows.append((f"layer, n = 196, d = 8, k = {k}, {variant}", text, "< 0.15 ms"))
    return rows


def dense_model(view: FactoredQuadratic) -> Any:
    """The dense model, for the dense sampler."""
    import dimod

    matrix = view.factors @ view.factors.T + view.penalty
    matrix = 2.0 * np.triu(matrix, 1)
    matrix[np.arange(view.n - 1), np.arange(1, view.n)] += view.chain
    linear = np.square(view.factors).sum(axis=1) + view.penalty - 2.0 * view.penalty * view.count
    row, column = np.triu_indices(view.n, 1)
    offset = view.penalty * view.count**2
    return dimod.BinaryQuadraticModel.from_numpy_vectors(linear, (row, column, matrix[row, column]), offset, "BINARY")


def bench_annealer(quick: bool) -> list[Row]:
    """Time to an energy as good as the dense annealer's."""
    from dwave.samplers import SimulatedAnnealingSampler

    rows = []
    for n, d, target in ((1024, 1, ">= 50 x"), (3136, 1, ">= 1000 x"), (1024, 16, "report")):
        ratios: list[float] = []
        raw: list[float] = []
        notes = []
        for seed in range(1 if quick else 3):
            view = view_of(n, d, seed)
            form, model = form_of(view), dense_model(view)
            begin = time.perf_counter()
            sampled = SimulatedAnnealingSampler().sample(
                model, num_reads=1, num_sweeps=10_000, beta_range=(0.3, 30.0), seed=seed
            )
            slow, energy = time.perf_counter() - begin, sampled.first.energy
            for polish, out in ((True, ratios), (False, raw)):
                taken, sweeps = _time_to(form, energy, polish)
                out.append(slow / taken)
                if polish:
                    notes.append(f"{slow:.2f} s against {1e3 * taken:.2f} ms ({sweeps} sweeps) to {energy:.4g}")
        text = (
            f"{min(ratios):.0f}-{max(ratios):.0f} x; without the descent {min(raw):.0f}-{max(raw):.0f} x; {notes[-1]}"
        )
        rows.append((f"annealer, n = {n}, d = {d}", text, target))
    return rows


def _time_to(form: Any, energy: float, polish: bool) -> tuple[float, int]:
    """Seconds and sweeps of the shortest read that is as good; infinite when none is."""
    for sweeps in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 3000, 10_000):

        def read(sweeps: int = sweeps) -> Any:
            return anneal(form, -1, words_of(np.random.default_rng(0)), sweeps=sweeps, polish=polish)

        if read().value <= energy * (1.0 + 1e-9):
            return float(seconds(read, 5).min()), sweeps
    return float("inf"), 0


def bench_memory() -> list[Row]:
    """Peak memory of the whole way from the problem file to the proof, and to a sample, in processes of their own."""
    rows = []
    bare = _peak("import qmectk, numba, scipy.sparse, pydantic")
    for backend in ("exact", "lowrank"):
        peak = _peak(f"import qmectk; qmectk.solve('attention', backend='{backend}', reference=False)")
        text = f"{peak:.0f} MiB, of which {bare:.0f} MiB are Python, numpy, numba and qmectk"
        rows.append((f"memory, n = 4096, backend {backend}", text, "< 200 MiB"))
    return rows


def _peak(code: str) -> float:
    """Peak resident memory in MiB of a process that runs `code`."""
    script = f"{code}\nfor line in open('/proc/self/status'):\n    if line.startswith('VmHWM'): print(line.split()[1])"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # compiles what is not yet cached
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer instances and repeats")
    quick = parser.parse_args().quick
    begin = time.perf_counter()
    view = view_of(64, 2, 0)
    solve_factored(view)
    anneal(form_of(view), -1, words_of(np.random.default_rng(0)), sweeps=2)
    print(f"first calls (compiled or loaded from the disk cache): {time.perf_counter() - begin:.1f} s")
    for bench in (bench_single_square, bench_more_squares, bench_layer, bench_annealer):
        for name, text, target in bench(quick):
            print(f"{name:38s} {text:110s} {target}".rstrip(), flush=True)
    for name, text, target in bench_memory():
        print(f"{name:38s} {text:110s} {target}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
