"""A frame of P1 for people: its numbers under the names of the papers, and a picture of its proven optimum."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk.presenting.describing import Table

from ..physics.radio import to_decibel
from .frame import P1Frame, best_alone

TITLE = (
    "h: power gain; w: weight; local: w r for a whole frame of power transfer (a = 1) [Mbit/s]; alone: w o of a device "
    "that offloads alone, in its best share tau of the frame [Mbit/s]"
)

#: Seconds that the proof for a picture may take; the title says how far it came.
PATIENCE = 30.0

#: Most devices of which a bar is named.
NAMED = 20


def table(one: P1Frame) -> Table:
    """A row a device."""
    h, w = one.observed, one.weights
    with np.errstate(divide="ignore"):
        level = to_decibel(h)
    c = one.snr
    tau = np.divide(c, c + np.expm1(best_alone(c)), out=np.zeros(one.n), where=c > 0.0)
    columns = (h, level, w, one.passive, one.alone, tau)
    rows = tuple((i + 1, *(float(column[i]) for column in columns)) for i in range(one.n))
    return Table(TITLE, ("device", "h", "h [dB]", "w", "local", "alone", "tau alone"), rows)


def draw(one: P1Frame, figure: Any) -> None:
    """Who offloads in the proven optimum, how the frame is shared out, and what each device gets."""
    from qmectk.solving import solve

    found = solve(one, time_limit=PATIENCE, reference=False)
    values = found.values or one.complete(np.zeros(one.n, np.int8))
    on = np.asarray(values["x"]) > 0.5
    devices = np.arange(1, one.n + 1)
    colours = np.where(on, "C1", "C0")
    figure.set_size_inches(12.0, 4.0)
    left, middle, right = figure.subplots(1, 3, width_ratios=(3, 2, 3))
    with np.errstate(divide="ignore"):
        level = to_decibel(one.observed)
    heard = np.isfinite(level)
    floor = (level[heard].min() if heard.any() else -60.0) - 3.0
    left.bar(devices[heard], level[heard] - floor, bottom=floor, color=colours[heard])
    left.set(title="channel", xlabel="device", ylabel="power gain h [dB]")
    if one.n <= NAMED:
        for device, weight, top in zip(devices, one.weights, np.where(heard, level, floor), strict=True):
            left.annotate(f"w {weight:g}", (device, top), ha="center", va="bottom", fontsize="x-small")
    shares: list[tuple[str, float, str | None]] = [("a: power transfer", float(values["a"]), "0.6")]
    shares += [(f"tau {i + 1}", float(values["tau"][i]), None) for i in np.flatnonzero(on)]
    start = 0.0
    for place, (name, share, colour) in enumerate(shares):
        shade = colour or f"C{1 + place % 8}"
        middle.bar([0], [share], bottom=start, color=shade, alpha=1.0 if colour else 0.8, edgecolor="white")
        if share > 0.03:
            middle.annotate(f"{name}  {share:.3g}", (0, start + share / 2), ha="center", va="center", fontsize="small")
        start += share
    middle.set(title="one frame", ylabel="share of the frame", xticks=[], ylim=(0, 1))
    right.bar(devices, values["local"], color="C0", label="local: w r")
    right.bar(devices, values["offload"], color="C1", label="offloaded: w o")
    right.set(title="weighted rates", xlabel="device", ylabel=f"[{one.unit}]")
    right.legend()
    value = "" if found.objective is None else f": {found.objective:.6g} {one.unit} ({found.quality})"
    figure.suptitle(f"{one.label}{value}")
