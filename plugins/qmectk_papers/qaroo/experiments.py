"""What QAROO measures: four methods at three sizes, the quantum ones, and the lines that the paper does not show.

Every seed has channels of its own. A ratio is the score of what is executed, or rounded, over the certified optimum of
the same frame; ``to_cd`` is over coordinate descent, by which the paper normalises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qmectk
from qmectk.comparing.study import BackendEntry

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

#: Lines to beat, by the backends' names.
LINES = ("cd", "threshold")


def world(run: Runner, devices: int, seed: int) -> Any:
    """P1 of so many devices with channels of its own; the paper trains on 40 000 frames."""
    frames = run.pick(800, 10_000, 40_000)
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
    small = run.pick(TABLE[::3], TABLE, TABLE)  # quick: the first and the last
    return _curves(run, (10, 20, 30), METHODS, lambda n, method: n == 30 or method in small)


def circuits(run: Runner) -> DataFrame:
    """Fig. 6: the quantum policies."""
    return _curves(run, (10, 30), QUANTUM, lambda n, method: True)


def _curves(run: Runner, sizes: tuple[int, ...], methods: dict[str, Any], wanted: Any) -> DataFrame:
    from pandas import DataFrame

    rows: list[dict[str, Any]] = []
    for devices in sizes:
        for method, made in methods.items():
            if wanted(devices, method):
                for seed in run.seeds:
                    rows += _curve(run, devices, seed, method, made)
    return DataFrame(rows)


def held(run: Runner) -> DataFrame:
    """Table I, N = 30, on frames that nothing was trained on: policies, rules, floors and coordinate descent."""
    from pandas import DataFrame, to_numeric

    worlds = {str(seed): world(run, 30, seed) for seed in run.seeds}
    entries = [
        BackendEntry(backend=backend, options=options, preset=method)
        for method, (backend, options) in METHODS.items()
        if method in (*TABLE, "DNN + KNN")
    ]
    found = run.compare(worlds, [*entries, *LINES], instances=run.pick(40, 200, 1000), floors=True).to_pandas()
    found["method"] = [
        b if p is None or p == "floor" else p for b, p in zip(found["backend"], found["preset"], strict=True)
    ]
    found["reached"] = to_numeric(found["objective"])
    rows = []
    for seed, mine in found.groupby("problem"):
        optimum = mine.groupby("frame")["reference_objective"].first()
        descent = mine[mine["method"] == "cd"].set_index("frame")["reached"]
        for method, its in mine.groupby("method"):
            score = its.set_index("frame")["reached"]
            ratio = score / optimum.loc[score.index]
            rows.append(
                {
                    "seed": int(str(seed)),
                    "method": method,
                    "ratio": ratio.mean(),
                    "worst": ratio.min(),
                    "to_cd": (score / descent.loc[score.index]).mean(),
                    "optimal": (ratio >= 1.0 - 1e-6).mean(),
                }
            )
    return DataFrame(rows)


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
