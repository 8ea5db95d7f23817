"""Families with numbers of any size that their schemas allow, beside all that tiny instances have to offer.

Candidates are made here by other code than the provers': every mode of every device, with shares at their ends, at the
kink of a maximum, or by golden section. They are measured on the declared problem, so none is better than the optimum.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse
from qmectk.errors import NoRoute
from qmectk.readings.measuring import weigh

Point = dict[str, Any]

#: Section of an interval in the golden ratio.
GOLDEN = (5.0**0.5 - 1.0) / 2.0


def golden(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a convex function is least, or one of the ends."""
    a, b = low, high
    inner = {at: cost(at) for at in (low, high, b - GOLDEN * (b - a), a + GOLDEN * (b - a))}
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    for _ in range(40):
        if inner[c] < inner[d]:
            b, d = d, c
            c = b - GOLDEN * (b - a)
            inner.setdefault(c, cost(c))
        else:
            a, c = c, d
            d = a + GOLDEN * (b - a)
            inner.setdefault(d, cost(d))
    return min(inner, key=inner.__getitem__)


def drawn(rng: np.random.Generator, usual: float, span: float) -> float:
    return float(f"{usual * 10.0 ** (rng.uniform(-span, span) * (rng.random() < 0.6)):.4g}")


# ---- wireless-powered offloading ---------------------------------------------------------------------------


def p1(rng: np.random.Generator, span: float) -> dict[str, Any]:
    n = int(rng.integers(1, 4))
    weights = [drawn(rng, 1.0, span) * (rng.random() < 0.8) for _ in range(n)]
    constants = {
        "power": drawn(rng, 3.0, span),
        "bandwidth": drawn(rng, 2e6, span),
        "noise": drawn(rng, 1e-10, span),
        "energy_coefficient": drawn(rng, 1e-26, span),
    }
    return {"problem": "p1", "devices": n, "weights": weights, "constants": constants}


def p1_points(one: Any) -> Iterator[Point]:
    for action in itertools.product((0.0, 1.0), repeat=one.n):
        x = np.array(action)

        def point(logit: float, x: Any = x) -> Point:
            a = 1.0 / (1.0 + np.exp(-logit))
            shares = _p1_shares(one, x, a)
            there = shares > 0.0
            ratio = np.divide(one.snr * a, shares, out=np.zeros(one.n), where=there)
            away = np.where(there, one.scale * shares * np.log1p(ratio), 0.0)
            home = one.passive * a ** (1.0 / 3.0) * (1.0 - x)
            return {"a": a, "tau": shares, "x": x, "local": home * (1 - 1e-15), "offload": away * (1 - 1e-15)}

        best = golden(lambda u: -float(point(u)["local"].sum() + point(u)["offload"].sum()), -60.0, 34.0)
        yield point(best if x.any() else 40.0)


def _p1_shares(one: Any, x: Any, a: float) -> Any:
    """Shares of 1 - a in proportion to weight and gain, then moved towards equal marginal rates."""
    on = (x > 0.0) & (one.scale > 0.0) & (one.snr * a > 0.0)
    shares = np.where(on, 1.0, 0.0)
    for _ in range(12 if on.sum() > 1 else 1):
        shares = shares / max(shares.sum(), 1.0) * (1.0 - a) * (1 - 1e-15)
        ratio = np.divide(one.snr * a, shares, out=np.ones(one.n), where=shares > 0.0)
        slope = np.where(on, one.scale * (np.log1p(ratio) - ratio / (1.0 + ratio)), 0.0)
        shares = shares * np.sqrt(slope / max(slope.max(), 1e-300))
    return shares / max(shares.sum(), 1e-300) * (1.0 - a) * (1 - 1e-15) if on.any() else shares * 0.0


# ---- edge servers with quantum tasks ------------------------------------------------------------------------


def meqc(rng: np.random.Generator, span: float) -> dict[str, Any]:
    sharing = str(rng.choice(["none", "none", "bandwidth", "cpu"]))
    return {
        "problem": "meqc",
        "users": int(rng.integers(1, 3)),
        "servers": int(rng.integers(1, 3)),
        "sharing": sharing,
        "latency": str(rng.choice(["serial", "parallel"])) if sharing == "none" else "serial",
        "qpu_rule": "optional",
        "allow_none": str(rng.random() < 0.5).lower(),
        "weights": {"time": drawn(rng, 0.5, span), "energy": drawn(rng, 0.5, span) * (rng.random() < 0.8)},
        "bandwidth": drawn(rng, 20e6, span),
        "noise": drawn(rng, 1e-6, span),
        "chip": drawn(rng, 1e-11, span),
    }


def meqc_points(one: Any) -> Iterator[Point]:
    users, servers = one.users, one.servers
    places = [*itertools.product(("cpu", "qpu"), range(servers)), None]
    for chosen in itertools.product(places, repeat=users):
        bits = {"cpu": np.zeros((servers, users)), "qpu": np.zeros((servers, users))}
        ends: list[tuple[float, ...]] = []
        for user, place in enumerate(chosen):
            ends.append((0.0,))
            if place is not None:
                kind, server = place
                bits[kind][server, user] = 1.0
                here, there = float(one.local_time[user]), float(getattr(one, f"{kind}_time")[user, server])
                kink = here / (here + there) if np.isfinite(there) else 0.0
                ends[-1] = (0.0, kink, 1.0)
        flat = {kind: part.ravel() for kind, part in bits.items()}
        if one.sharing != "none":
            yield _met(one, {**flat, "crowd": np.zeros(users * servers)}, "crowd", "crowd at", "oneself at")
            continue
        for share in itertools.product(*ends):
            shares = {f"{kind}_share": (part * np.array(share)).ravel() for kind, part in bits.items()}
            point = {**flat, **shares}
            yield _met(one, {**point, "time": np.zeros(users)}, "time", "time at") if one.parallel else point


def _met(one: Any, point: Point, name: str, *rows: str) -> Point:
    """The point with the least values of a variable that meet the rows that bound it from below."""
    short = one.measure(point).constraints
    parts = [[residual for row, residual in short.items() if row.startswith(start)] for start in rows]
    joined = [np.concatenate(p) if name == "crowd" else np.max(p, axis=0) for p in parts]
    return {**point, name: np.maximum(np.max(joined, axis=0), 0.0)}


# ---- one cloud ----------------------------------------------------------------------------------------------


def meqc_ye(rng: np.random.Generator, span: float) -> dict[str, Any]:
    data = {
        "problem": "meqc-ye",
        "devices": int(rng.integers(1, 3)),
        "V": drawn(rng, 0.1, span),
        "backlog": drawn(rng, 10.0, span) * (rng.random() < 0.7),
        "cost_form": str(rng.choice(["published", "serial", "parallel"])),
        "queue": str(rng.choice(["printed", "corrected"])),
        "weights": {"time": drawn(rng, 0.5, span), "energy": drawn(rng, 0.5, span) * (rng.random() < 0.8)},
    }
    return {**data, "qpu_slots": int(rng.integers(0, 2))} if rng.random() < 0.5 else data


def meqc_ye_points(one: Any) -> Iterator[Point]:
    low, high, _ = one.terms.limits
    known: dict[tuple[int, int], float] = {}  # devices do not interact
    for modes in itertools.product((0, 1, 2), repeat=one.n):
        away = [i for i, mode in enumerate(modes) if mode]
        if any(low[i, modes[i] - 1] > high[i, modes[i] - 1] for i in away):
            continue
        qpu, offload = (np.array([float(mode >= least) for mode in modes]) for least in (2, 1))

        def point(share: Any, qpu: Any = qpu, offload: Any = offload) -> Point:
            made = {"offload": offload, "qpu": qpu, "cpu_share": share * (offload - qpu), "qpu_share": share * qpu}
            timed = "time" in one.signature.variables
            return _met(one, {**made, "time": np.zeros(one.n)}, "time", "time at") if timed else made

        share = np.array([high[i, mode - 1] if mode else 0.0 for i, mode in enumerate(modes)])
        for i in away:

            def cost(value: float, i: int = i, share: Any = share, point: Any = point) -> float:
                return float(one.measure(point(np.where(np.arange(one.n) == i, value, share))).objective)

            if (i, modes[i]) not in known:
                known[i, modes[i]] = golden(cost, low[i, modes[i] - 1], high[i, modes[i] - 1])
            share[i] = known[i, modes[i]]
        yield point(share)


FAMILIES = {
    "p1": (p1, p1_points, ("dual", "exact")),
    "meqc": (meqc, meqc_points, ("assignment", "highs", "exact")),
    "meqc-ye": (meqc_ye, meqc_ye_points, ("separable", "exact")),
}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("family", FAMILIES)
def test_no_candidate_is_better_than_what_is_called_optimal(family: str, seed: int) -> None:
    draw, points, backends = FAMILIES[family]
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "is its unit right?": that is what is tried
        data = draw(rng, float(rng.choice([0.0, 3.0, 12.0])))
        one = parse(str({**data, "seed": seed}).replace("'", '"')).frame(0)
        measured = [(point, one.measure(point)) for point in points(one)]
    good = [(point, found) for point, found in measured if found.violation <= 1e-9]
    sense = one.signature.sense
    point, best = max(good, key=lambda pair: sense * pair[1].objective, default=(None, None))
    for backend in backends:
        try:
            found = qmectk.solve(one, backend, reference=False)
        except NoRoute:
            continue  # the backend takes another form of the family
        assert found.faults == ()
        if best is None or point is None:
            assert not found.feasible
            continue
        assert found.quality is qmectk.Quality.OPTIMAL
        off = 2.0 * (weigh(one, point).rounding or 0.0) + 1e-6 * abs(best.objective)
        assert sense * (best.objective - found.objective) <= off
        assert sense * (best.objective - found.bound) <= off
