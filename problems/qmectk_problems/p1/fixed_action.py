"""P2: the value of a fixed offloading action, as the root of one price equation.

With the action fixed, P1 (weighted sum rate of wireless-powered mobile-edge computing) is the convex problem

    max   Lambda a^(1/3) + sum_{i off} scale_i tau_i ln(1 + snr_i a / tau_i)     s.t.  a + sum tau_i <= 1,

Lambda = sum of `passive` over the local devices. At a time price nu every offloader of the same scale g works at
the same SNR s: with y = nu/g and t = ln(1 + s),

    t + exp(-t) - 1 = y,        tau_i = snr_i a / (e^t - 1),        net value of the device = g snr_i a exp(-t).

So the value depends only on Lambda and on C_g = sum of the SNRs of the offloaders of scale g. Stationarity in a gives

    nu = sum_g g C_g exp(-t_g) + (Lambda/3) a^(-2/3),        a = 1 / (1 + sum_g C_g / (e^t_g - 1)).

These equations are solved in `price_root`, and `action_loops` does so for many actions.

Sources: Bi and Zhang, IEEE TWC 17(6), 2018, problem (P2) and its bisection; Huang, Bi and Zhang (DROO), IEEE TMC
19(11), 2020, eqs. (3)-(7); Yao et al. (QAROO), arXiv 2604.25740.

Units: `scale` and `passive` in one rate unit (Mbit/s here), `snr` (SNR per unit a/tau), a and tau dimensionless.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@cache
def _loops() -> ModuleType:
    """The compiled loops. Numba takes a third of a second to import; who only plans a study needs none."""
    return importlib.import_module(".action_loops", __package__)


def _as_floats(array: ArrayLike) -> Floats:
    return np.ascontiguousarray(array, dtype=np.float64)


def _as_bits(action: ArrayLike) -> NDArray[np.uint8]:
    array = np.ascontiguousarray(action)
    if array.dtype.itemsize == 1:  # bool, int8, uint8: only "zero or not" is read, so no copy is needed
        return array.view(np.uint8)
    return (array != 0).view(np.uint8)


def score_actions(passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike) -> Floats:
    """Value of each of K actions of one instance, every one by its own optimal a and tau.

    Parameters
    ----------
    passive : (N,) L_i >= 0, local rate at a = 1, weighted [rate]
    scale : (N,) weight times B/(v ln 2) [rate]; a device with scale <= 0 gains nothing by offloading
    snr : (N,) c_i >= 0; a device with SNR 0 gains nothing by offloading
    actions : (K, N) bool or integer, nonzero = offload

    Returns
    -------
    (K,) values [rate]
    """
    bits = _as_bits(actions)
    values = np.empty((1, bits.shape[0]))
    _loops().score(_as_floats(passive)[None], _as_floats(scale)[None], _as_floats(snr)[None], bits[None], values)
    return values[0]


def score_actions_many(passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike) -> Floats:
    """Values (F, K) of K actions for each of F instances: arrays (F, N), actions (F, K, N). Releases the GIL."""
    bits = _as_bits(actions)
    values = np.empty(bits.shape[:2])
    _loops().score(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, values)
    return values


def complete_action(
    passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, action: ArrayLike
) -> tuple[float, float, Floats]:
    """Optimal (value, a, tau) of one action (N,); tau (N,) is 0 for local devices and for those that gain nothing."""
    bits = _as_bits(action)
    tau = np.empty(bits.size)
    value, a = _loops().complete(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, tau)
    return float(value), float(a), tau


def complete_actions_many(
    passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike
) -> tuple[Floats, Floats]:
    """Optimal (a, tau) of one action each of F instances: arrays and actions (F, N) -> (F,), (F, N)."""
    bits = _as_bits(actions)
    a, tau = np.empty(len(bits)), np.empty(bits.shape)
    _loops().complete_many(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, a, tau)
    return a, tau
