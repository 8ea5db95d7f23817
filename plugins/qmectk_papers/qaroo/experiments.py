"""What QAROO measures: four methods at three sizes, the quantum ones, and the lines that the paper does not show.

Every seed has channels of its own. A ratio is the score of what is executed, or rounded, over the certified optimum of
the same frame; ``to_cd`` is over coordinate descent, by which the paper normalises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import qmectk

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..running import Runner

#: The step size and decay of the paper's recurrent network, for the perceptron.
STEPS = {"learning_rate": 1e-3, "weight_decay": 0.0}

#: Table I by the names of its rows, and what shows what decides: backend and options.
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "DNN + OP": ("droo", {"adaptive": False}),
    "DNN + UGQ": ("droo", {"adaptive": False, "quantizer": "ugq"}),
    "RNN + OP": ("ugq", {"quantizer": "op"}),
    "RNN + UGQ": ("ugq", {}),
    "DNN + KNN": ("droo", {"adaptive": False, "quantizer": "knn"}),
    "DNN + UGQ, steps of the RNN": ("droo", {"adaptive": False, "quantizer": "ugq", **STEPS}),
    "RNN + UGQ, one frame": ("ugq", {"history": 1}),
}
TABLE = tuple(METHODS)[:4]

#: Fig. 6, and its control without a circuit.
QUANTUM: dict[str, tuple[str, dict[str, Any]]] = {
    "QNN + attention": ("qaroo", {}),
    "QNN + DNN": ("qaroo", {"network": "qnn"}),
    "QNN + DNN, no circuit": ("qaroo", {"network": "qnn", "circuit": "none"}),
}

#: Lines to beat, by the backends' names: coordinate descent, a rule, and the floors.
LINES = ("cd", "threshold", "fixed-m", "local-only", "offload-all")


def world(run: Runner, devices: int, seed: int) -> Any:
    """P1 of so many devices with channels of its own; the paper trains on 40 000 frames.

    Table I is about N = 30, so most frames go there.
    """
    frames = run.pick(800, 8000 if devices == 30 else 4000, 40_000)
    return qmectk.load("p1", devices=devices, seed=seed, training_frames=frames, frames=run.pick(40, 200, 1000))


def _curve(run: Runner, devices: int, seed: int, method: str, made: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The learning curve of one policy; ``late`` marks its second half, which Table I is about."""
    backend, options = made
    problem = world(run, devices, seed)
    policy = qmectk.load_policy(run.policy(problem, backend, seed, **options))
    curve = policy.to_pandas()
    end = float(curve["frame"].max())
    milliseconds = 1e3 * float(policy.facts["training"]["training_seconds"]) / end
    head = {"seed": seed, "devices": devices, "method": method, "milliseconds": milliseconds}
    return [
        {
            **head,
            "frame": int(row.frame),
            "late": bool(row.frame > end / 2),
            "ratio": row.ratio,
            "rounded": row.rounded_ratio,
            "loss": row.loss,
        }
        for row in curve.itertuples()
    ]


def learning(run: Runner) -> DataFrame:
    """Table I and Figs. 3 to 5: curves of the methods while they learn, at N = 10, 20 and 30."""
    few = run.seeds[: run.pick(0, 1, 5)]  # of methods that no claim at N = 10 and 20 is about; their curves are drawn

    def seeds(devices: int, method: str) -> list[int]:
        if devices == 30 or method == "RNN + UGQ":
            return run.seeds
        return few if method in TABLE else []

    return _curves(run, (10, 20, 30), METHODS, seeds)


def circuits(run: Runner) -> DataFrame:
    """Fig. 6: the quantum policies."""
    return _curves(run, (10, 30), QUANTUM, lambda devices, method: run.seeds)


def _curves(
    run: Runner, sizes: tuple[int, ...], methods: dict[str, Any], seeds: Callable[[int, str], list[int]]
) -> DataFrame:
    from pandas import DataFrame

    rows: list[dict[str, Any]] = []
    for devices in sizes:
        for method, made in methods.items():
            for seed in seeds(devices, method):
                rows += _curve(run, devices, seed, method, made)
    return DataFrame(rows)


def held(run: Runner) -> DataFrame:
    """Table I, N = 30, on frames that nothing was trained on: policies, rules, floors and coordinate descent."""
    from pandas import DataFrame

    rows = []
    for seed in run.seeds:
        made = world(run, 30, seed)
        scores = {name: _scores(run, made, name) for name in LINES}
        scores["m strongest"] = _scores(run, made, "fixed-m", order="observed")
        for method in (*TABLE, "DNN + KNN"):
            backend, options = METHODS[method]
            scores[method] = _scores(run, made, backend, policy=run.policy(made, backend, seed, **options))
        optimum = _scores(run, made, "exact")
        for method, score in scores.items():
            ratio = score / optimum
            rows.append(
                {
                    "seed": seed,
                    "method": method,
                    "ratio": ratio.mean(),
                    "worst": ratio.min(),
                    "to_cd": (score / scores["cd"]).mean(),
                    "optimal": (ratio >= 1.0 - 1e-6).mean(),
                }
            )
    return DataFrame(rows)


def _scores(run: Runner, made: Any, backend: str, **options: Any) -> NDArray[np.float64]:
    """Scores of all frames, shape (frames,)."""
    return np.array([one.objective for one in run.solve(made, backend, options=options)], dtype=float)


def structure(run: Runner) -> DataFrame:
    """What the published circuit and its attention are: the gradient of theta, and how far the block is from linear."""
    import torch
    from pandas import DataFrame

    from qmectk_learned.circuits import Published
    from qmectk_learned.networks.quantum import OneToken
    from qmectk_learned.shape import Shape

    rows = []
    for seed in run.seeds:
        generator = torch.Generator().manual_seed(seed)
        circuit = Published(8, generator=generator)
        angles = torch.rand(128, 8, generator=generator, requires_grad=True)
        theta, data = torch.autograd.grad(circuit(angles).pow(2).sum(), (circuit.theta, angles))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            block = OneToken(Shape("qnn-attention", bits=10, features=10)).double()
        a, b = torch.rand(2, 64, 8, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            bend = block(0.5 * (a + b)) - 0.5 * (block(a) + block(b))  # 0 for an affine map
        rows.append({
            "seed": seed,
            "theta_gradient": float(theta.abs().max()),
            "input_gradient": float(data.abs().max()),
            "bend": float(bend.abs().max()),
        })  # fmt: skip
    return DataFrame(rows)
