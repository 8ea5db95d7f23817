"""Shipped families with numbers of any size that their schemas allow: provers beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qmectk.documents import parse
from qmectk.errors import QmectkError
from qmectk.readings.measuring import weigh

from .case import Call
from .documents import text, tree
from .provers import ROUNDING, disputes, proving, solved


def _size(rng: np.random.Generator, usual: float, span: float) -> str:
    """A number whose size differs from the usual one by up to so many powers of ten; sometimes no different at all."""
    return f"{usual * 10.0 ** (rng.uniform(-span, span) * (rng.random() < 0.7)):.6g}"


def _zeroed(rng: np.random.Generator, value: str, share: float = 0.1) -> str:
    return "0" if rng.random() < share else value


def _p1(rng: np.random.Generator, span: float) -> dict[str, Any]:
    n = int(rng.integers(1, 5))
    low = float(_size(rng, 3.0, span / 6))
    return {
        "problem": "p1",
        "devices": n,
        "weights": [float(_size(rng, 1.0, span)) for _ in range(n)],
        "constants": {
            "power": _size(rng, 3.0, span),
            "bandwidth": _size(rng, 2e6, span),
            "noise": _size(rng, 1e-10, span),
            "cycles_per_bit": _size(rng, 100.0, span / 2),
            "energy_coefficient": _size(rng, 1e-26, span),
        },
        "channel": {
            "model": "rayleigh",
            "distance": {"between": [low, low * (1 + 9 * rng.random())]},
            "path_loss_exponent": f"{rng.uniform(2, 4):.3g}",
        },
    }


def _drift(rng: np.random.Generator, span: float) -> dict[str, Any]:
    low, high = sorted((float(_zeroed(rng, _size(rng, 1.0, span), 0.4)), float(_size(rng, 30.0, span))))
    return {
        "problem": "drift",
        "preset": str(rng.choice(["calibrated", "calibrated", "published"])),
        "devices": int(rng.integers(1, 5)),
        "servers": int(rng.integers(1, 4)),
        "one_server": str(rng.random() < 0.5).lower(),
        "admission": str(rng.random() < 0.2).lower(),
        "arrivals": _zeroed(rng, _size(rng, 5.0, span)),
        "task": _size(rng, 8e3, span),
        "server_cpu": _size(rng, 20e9, span),
        "V": _zeroed(rng, _size(rng, 1000.0, span)),
        "target": str(rng.choice(["null", "0.9", "0"])),
        "weights": {
            "throughput": _zeroed(rng, _size(rng, 1.0, span), 0.4),
            "power": _zeroed(rng, _size(rng, 1.0, span)),
        },
        "radio": {"power": _size(rng, 0.1, span), "noise": _size(rng, 1e-9, span), "bandwidth": _size(rng, 20e6, span)},
        "local": {"service": str(rng.random() < 0.3).lower(), "cpu": _size(rng, 1e9, span / 3)},
        "backlog": {"between": [low, high]},
    }


def _meqc(rng: np.random.Generator, span: float) -> dict[str, Any]:
    sharing = str(rng.choice(["none", "none", "bandwidth", "cpu"]))
    return {
        "problem": "meqc",
        "preset": "calibrated" if sharing != "none" else str(rng.choice(["calibrated", "published"])),
        "users": int(rng.integers(1, 5)),
        "servers": int(rng.integers(1, 4)),
        "sharing": sharing,
        "qpu_slots": int(rng.integers(1, 3)),
        "weights": {"time": _zeroed(rng, _size(rng, 0.5, span)), "energy": _zeroed(rng, _size(rng, 0.5, span))},
        "bandwidth": _size(rng, 20e6, span),
        "noise": _size(rng, 1e-6, span),
        "chip": _size(rng, 1e-11, span),
        "hardware": {"coherence_time": _size(rng, 2e-3, span / 2)},
    }


def _meqc_ye(rng: np.random.Generator, span: float) -> dict[str, Any]:
    return {
        "problem": "meqc-ye",
        "preset": str(rng.choice(["calibrated", "published"])),
        "devices": int(rng.integers(1, 5)),
        "V": _size(rng, 0.1, span),
        "Delta": str(rng.choice(["0", "0.7", "1"])),
        "backlog": _zeroed(rng, _size(rng, 10.0, span), 0.4),
        "weights": {"time": _zeroed(rng, _size(rng, 0.5, span)), "energy": _zeroed(rng, _size(rng, 0.5, span))},
        "motion": {"radius": _size(rng, 50.0, span / 3)},
        "hardware": {"coherence_time": _size(rng, 2e-3, span / 2)},
    }


def _attention(rng: np.random.Generator, span: float) -> dict[str, Any]:
    n = int(rng.integers(1, 11))
    variant = str(rng.choice(["published", "salient", "concave", "residual", "general"]))
    made: dict[str, Any] = {
        "problem": "attention",
        "variant": variant,
        "k": int(rng.integers(0, n + 1)),
        "l1": _zeroed(rng, _size(rng, 1.0, 2 * span)),
        "l2": _zeroed(rng, _size(rng, 1.0, 2 * span)),
        "blocks": {
            "model": "generator",
            "kind": str(rng.choice(["abs-normal", "relu", "signed"])),
            "n": n,
            "d": int(rng.choice((1, 1, 2))),
        },
    }
    if variant == "general":
        made |= {"alpha": _zeroed(rng, _size(rng, 1.0, span), 0.4), "linear": _zeroed(rng, _size(rng, 1.0, span), 0.4)}
    return made


DRAWN = (_p1, _drift, _meqc, _meqc_ye, _attention)


def make(rng: np.random.Generator) -> Call:
    """One frame of a family, by ``exact`` and three other provers that take it."""
    data = DRAWN[int(rng.integers(len(DRAWN)))](rng, float(rng.choice((0.0, 2.0, 6.0, 12.0))))
    whole = text(tree({**data, "seed": int(rng.integers(1000)), "frames": 1}))
    others = [str(name) for name in rng.permutation(proving())]

    def run(folder: Path) -> list[str]:
        try:
            instance = parse(whole).frame(0)
        except QmectkError:
            return []
        found = {"exact": solved(instance, "exact")}
        for name in others:
            if len(found) < 4 and (one := solved(instance, name)):
                found[name] = one
        answered = {name: one for name, one in found.items() if one is not None}
        points = [one.values for one in answered.values() if one.values is not None]
        rounding = max((weigh(instance, point).rounding or 0.0 for point in points), default=0.0)
        return disputes(answered, rounding / ROUNDING)

    return Call(run, f"{whole}\nby exact and three of {others}")
