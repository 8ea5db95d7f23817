"""Channel gains: drawn from a model or read from a file."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..files import MAX_FILE, check_file, pick

if TYPE_CHECKING:
    from .params import Correlated, P1Params, PathLoss

Array = NDArray[np.float64]

#: Speed of light as the papers round it [m/s] (Huang, Bi & Zhang 2020, section VI).
LIGHT_SPEED = 3e8

#: Name of the gains in DROO's data sets.
USUAL = "input_h"


def mean_gains(channel: PathLoss, devices: int, rng: np.random.Generator) -> Array:
    """Mean power gains Ad (c / (4 pi fc d))^de, shape (devices,), dimensionless."""
    if isinstance(channel.distance, list):
        distance = np.array(channel.distance)
    else:
        distance = rng.uniform(*channel.distance.between, size=devices)
    ratio: Array = LIGHT_SPEED / (4.0 * np.pi * channel.carrier * distance)
    return channel.antenna_gain * ratio**channel.path_loss_exponent


def correlation(channel: Correlated) -> float:
    """Correlation rho = J0(2 pi f_D T) of the complex gain between neighbouring frames (Jakes 1974)."""
    from scipy.special import j0

    return float(j0(2.0 * np.pi * channel.doppler * channel.frame))


def draw_gains(params: P1Params, frames: int) -> Array:
    """Power gains of the first `frames` frames, shape (frames, devices).

    The first rows do not depend on `frames`, so a longer run sees the same beginning.
    """
    recorded = params.file_gains
    if recorded is not None:
        return recorded[:frames]
    channel: Any = params.channel
    mean = mean_gains(channel, params.devices, np.random.default_rng([params.seed, 0]))
    rng = np.random.default_rng([params.seed, 1])
    if channel.model == "rayleigh":
        return mean * rng.standard_exponential((frames, params.devices))
    rho = correlation(channel)
    # complex amplitude of unit power: real and imaginary part have variance 1/2 each
    steps = rng.standard_normal((frames, params.devices, 2)) * np.sqrt(0.5)
    steps[1:] *= np.sqrt(max(0.0, 1.0 - rho * rho))
    amplitude = np.empty_like(steps)
    state = np.zeros_like(steps[0])
    for t in range(frames):
        state = steps[t] if t == 0 else rho * state + steps[t]
        amplitude[t] = state
    return mean * np.square(amplitude).sum(axis=2)


def read_gains(path: Path, variable: str | None = None) -> Array:
    """Gains from a .mat, .npz, .npy or .csv file, shape (frames, devices). Nothing in the file is executed.

    Raises
    ------
    ValueError
        In one sentence, when the file is missing, of another kind, or holds anything but gains >= 0.
    """
    check_file(path)
    readers = {".mat": _from_mat, ".npz": _from_npz, ".npy": _from_npy, ".csv": _from_csv}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path.name} must be a .mat, .npz, .npy or .csv file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "input contained no data": said below in our own words
            array = readers[path.suffix.lower()](path, variable)
        if np.iscomplexobj(array):
            raise ValueError(f"{path.name} holds complex numbers; power gains are real (abs(h) squared)")
        gains = np.ascontiguousarray(array, dtype=float)
    except Exception as error:  # a file that lies about itself breaks a reader in any way, MemoryError included
        if isinstance(error, ValueError) and str(error).startswith(path.name):
            raise
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path.name} cannot be read as {path.suffix} ({why})") from error
    if gains.ndim != 2 or gains.size == 0:
        raise ValueError(f"{path.name} holds an array of shape {gains.shape}; it must be (frames, devices)")
    bad = ~(np.isfinite(gains) & (gains >= 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"{path.name} has the gain {gains[row, column]} in row {row}, column {column}; "
            "gains must be finite and >= 0"
        )
    return gains


def _from_mat(path: Path, variable: str | None) -> Any:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(path, variable_names=None)
    except (MatReadError, NotImplementedError, ValueError) as error:
        raise ValueError(f"{path.name} cannot be read as a MATLAB file up to version 7.2 ({error})") from error
    return pick({k: v for k, v in content.items() if not k.startswith("__")}, variable, path, USUAL)


def _from_npz(path: Path, variable: str | None) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:  # a small archive can unpack to anything
            if sum(entry.file_size for entry in archive.infolist()) > MAX_FILE:
                raise ValueError(f"{path.name} unpacks to more than {MAX_FILE // 1_000_000} MB")
        with np.load(path, allow_pickle=False) as content:
            return np.array(pick(dict(content), variable, path, USUAL))
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise ValueError(f"{path.name} holds Python objects, which are never loaded; save plain numbers") from error
        raise


def _from_npy(path: Path, variable: str | None) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise ValueError(f"{path.name} holds Python objects, which are never loaded; save plain numbers") from error
        raise


def _from_csv(path: Path, variable: str | None) -> Any:
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    header = any(part.strip() and not _is_number(part) for part in first.split(","))
    try:
        return np.loadtxt(path, delimiter=",", skiprows=int(header), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path.name} is not a table of numbers: {error}") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
