"""Links that fade: power gains around a mean of 1, a row a frame; the first rows do not depend on how many follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Amplitudes = NDArray[np.complex128]


def correlation(doppler: float, frame: float, lag: int = 1) -> float:
    """J0(2 pi f_D T lag): of the complex gain, over so many frames (Clarke 1968; Jakes 1974).

    Parameters
    ----------
    doppler, frame
        Maximum Doppler shift f_D [Hz] and duration T of a frame [s].
    """
    from scipy.special import j0  # a tenth of a second, and few worlds fade

    return float(j0(2.0 * np.pi * doppler * frame * lag))


def autoregressive(rng: np.random.Generator, frames: int, links: int, rho: float) -> Array:
    """|g|^2 of a complex AR(1), g_t = rho g_{t-1} + sqrt(1 - rho^2) w_t, shape (frames, links).

    Its power is Markov: given one frame, the frames before add nothing.
    """
    # complex amplitude of unit power: real and imaginary part have variance 1/2 each
    steps = rng.standard_normal((frames, links, 2)) * np.sqrt(0.5)
    steps[1:] *= np.sqrt(max(0.0, 1.0 - rho * rho))
    amplitude = np.empty_like(steps)
    state = np.zeros_like(steps[0])
    for t in range(frames):
        state = steps[t] if t == 0 else rho * state + steps[t]
        amplitude[t] = state
    return np.asarray(np.square(amplitude).sum(axis=2))


def sinusoids(rng: np.random.Generator, frames: int, links: int, doppler_frame: float, rays: int) -> Amplitudes:
    """Complex amplitudes of Clarke's model as a sum of sinusoids, shape (frames, links); the power is |g|^2.

        g_t = 1/sqrt(M) sum_n exp(i (2 pi f_D T t cos(alpha_n) + phi_n)),     alpha_n = (2 pi n + theta_n) / M

    with theta_n uniform on [-pi, pi) and phi_n on [0, 2 pi) (Xiao, Zheng & Beaulieu, IEEE Trans. Wireless Comm. 5(12),
    2006, without a line of sight). Each angle lies in a sector of its own and all sectors fill the circle, so
    E[g_t conj(g_{t+l})] = J0(2 pi f_D T l) exactly, for any number M of rays. Where a link is heading is hidden in its
    angles and phases: unlike that of an AR(1), its power is not Markov, and the frames before tell of the next one.

    Parameters
    ----------
    doppler_frame
        f_D T: the Doppler shift times the duration of a frame.
    rays
        M; from 16 on the amplitude is close to Gaussian.
    """
    theta = rng.uniform(-np.pi, np.pi, (rays, links))
    phase = rng.uniform(0.0, 2.0 * np.pi, (rays, links))
    turn = 2.0 * np.pi * doppler_frame * np.cos((2.0 * np.pi * np.arange(rays)[:, None] + theta) / rays)
    amplitude = np.zeros((frames, links), complex)
    time = np.arange(frames)[:, None]
    for speed, first in zip(turn, phase, strict=True):
        amplitude += np.exp(1j * (time * speed + first))
    return amplitude / np.sqrt(rays)
