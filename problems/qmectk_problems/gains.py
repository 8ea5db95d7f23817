"""Channel gains that were measured: read from a file, and checked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from qmectk.data import Numbers, read_array

from .files import DataFile
from .parts import LARGEST
from .physics.radio import from_decibel

Array = NDArray[np.float64]

#: Names of the gains in DROO's data sets, and in files of ``qmectk sample``.
USUAL = ("input_h", "h", "gain")

#: Largest gain of a file below which a warning asks for its unit: 200 dB, a radio link to the edge of the solar system.
FAINTEST = 1e-20

#: What complex numbers in a file of gains are, and what they should be.
POWER = "power gains are real (abs(h) squared)"


class GainFile(DataFile):
    """Measured power gains: one row a frame, one column a link."""

    model: Literal["file"] = "file"
    unit: Literal["linear", "dB"] | None = Field(
        None, description="Unit of the gains; needed where the names of the columns speak of dB, else linear."
    )


def read_gains(file: GainFile, links: int | None = None) -> tuple[Array, list[str]]:
    """Gains from a file, shape (frames, links), and what of them is valid and hardly meant.

    Parameters
    ----------
    links
        How many columns there should be, where the problem states it.

    Raises
    ------
    ValueError
        In one sentence, when the file is missing, of another kind, or holds anything but gains >= 0.
    """
    found = read_array(
        file.path,
        variable=file.variable,
        usual=USUAL,
        columns=file.columns,
        skip=file.skip,
        expected=links,
        complex_remedy=POWER,
    )
    if found.array.ndim != 2:
        checked_gains(found, file.unit)  # says so
    found, doubts = gains_of(found, file.unit)
    return found.array, doubts


def gains_of(found: Numbers, unit: str | None) -> tuple[Numbers, list[str]]:
    """The same of numbers that were read: linear gains, one row a frame, or with one more axis a frame."""
    shape = found.array.shape
    if len(shape) == 3:
        found = replace(found, array=found.array.reshape(len(found.array), -1))
    gains = checked_gains(found, unit)
    place = divmod(int(np.argmax(gains)), gains.shape[1])
    largest = float(gains[place])
    doubts = []
    if largest != 0.0 and not FAINTEST <= largest <= 1.0:
        why = "no link gives back more power than it is given" if largest > 1.0 else "no receiver hears that"
        where = f"{largest:g}, in {found.at(place)}"
        doubts = [f"the largest gain of {found.source} is {where}, and {why}; is its 'unit' right?"]
    return replace(found, array=gains.reshape(shape)), doubts


def checked_gains(found: Numbers, unit: str | None = None) -> Array:
    """Linear power gains of what a file holds; ValueError with the place of the first number that is none."""
    gains, name = found.array, found.source
    if gains.ndim != 2 or gains.size == 0:
        raise ValueError(f"{name} holds an array of shape {gains.shape}; it must be (frames, devices)")
    said = [cell for header in found.headers for cell in header if re.search(r"\bdB", cell)]
    if unit is None and said:
        raise ValueError(f"{name} has a column '{said[0]}'; say 'unit: dB' if its gains are in decibel, else 'linear'")
    decibel = unit == "dB"
    with np.errstate(over="ignore"):
        linear = from_decibel(gains) if decibel else gains  # a logarithm of zero, a device in outage, is -inf
    bad = ~((linear >= 0) & (linear <= LARGEST))
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        logarithms = not decibel and (gains < 0).mean() > 0.5
        raise ValueError(
            f"{name} has the gain {gains[place]} in {found.at(place)}; gains must be finite"
            + ("" if decibel else " and >= 0")
            + (f", and at most {LARGEST:g}" if linear[place] > LARGEST and np.isfinite(gains[place]) else "")
            + (", or stated to be logarithms by 'unit: dB'" if logarithms else "")
        )
    return linear
