"""How long until an answer is good enough, and how often it is.

Time-to-target plots: R. Aiex, M. Resende & C. Ribeiro, "TTT plots: a perl program to create time-to-target plots",
Optimization Letters 1, 2007. Time to solution with 99 % confidence (TTS99): T. Ronnow et al., "Defining and detecting
quantum speedup", Science 345, 2014.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from .gaps import relative_gaps
from .prepare import prepare


def time_to_target(frame: pd.DataFrame, target_gap: float) -> np.ndarray:
    """Seconds of each run (conversion, compilation, solve) until its gap is at most `target_gap`; inf if it never is.

    The gap is the run's ``loss``. An event counts only where the run's final point, measured by the core, meets the
    target too: what a backend says about its own incumbents is not enough. Without events the whole run is charged.
    Events count their seconds from the end of the conversion, so compilation is among them.
    """
    runs = prepare(frame)
    met = (runs["loss"] <= target_gap).to_numpy() & ~runs["failed"].to_numpy()
    times = np.where(met, runs["seconds"], np.inf)
    target = runs["best_bound"].fillna(runs["best_found"]).to_numpy()
    columns = zip(runs["events"], target, runs["sense"], runs["conversion_seconds"].fillna(0.0), strict=True)
    for index, (text, best, sense, conversion) in enumerate(columns):
        if not met[index] or not text:
            continue
        points = events(text)
        if points.size:
            reached = points[relative_gaps(points[:, 1], best, sense) <= target_gap, 0]
            if reached.size:
                times[index] = min(times[index], conversion + reached.min())
    return np.where(np.isnan(times), np.inf, times)


def events(text: str) -> np.ndarray:
    """The events of a run as an array (events, 3) of seconds, incumbent, bound; unknown numbers are nan.

    Without rows where the text is no list of events.
    """
    try:
        rows = json.loads(text) if text else []
        points = [[math.nan if v is None else float(v) for v in [*row, None, None][:3]] for row in rows]
        return np.array(points, dtype=float).reshape(-1, 3)
    except (TypeError, ValueError, OverflowError, RecursionError):  # text of another program
        return np.empty((0, 3))


def time_to_target_points(times: Any) -> tuple[np.ndarray, np.ndarray]:
    """The empirical plot: sorted times t_i with probability (i - 1/2) / n.

    n counts every run, so runs that miss the target (inf) are not drawn but keep the curve below one.
    """
    times = np.asarray(times, dtype=float)
    reached = np.sort(times[np.isfinite(times)])
    return reached, (np.arange(1, len(reached) + 1) - 0.5) / max(len(times), 1)


def repetitions(success: Any, confidence: float = 0.99) -> np.ndarray:
    """Runs needed to succeed at least once with `confidence`: ``ceil(log(1 - confidence) / log(1 - p))``.

    One when every run succeeds, inf when none does.
    """
    success = np.asarray(success, dtype=float)
    inside = np.clip(success, 1e-300, 1.0 - 1e-16)
    # the subtraction keeps an exact quotient from being lifted by rounding
    needed = np.ceil(np.log1p(-confidence) / np.log1p(-inside) - 1e-9)
    needed = np.where(success <= 0.0, np.inf, np.where(success >= 1.0, 1.0, np.maximum(needed, 1.0)))
    return np.where(np.isnan(success), np.nan, needed)


def time_to_solution(success: Any, seconds: Any, confidence: float = 0.99) -> Any:
    """TTS: median over instances of mean run time times repetitions; arrays are (..., instances, seeds), nan padded.

    An instance with a single run has no success probability and is left out; nan when all are.
    """
    success, seconds = np.asarray(success, dtype=float), np.asarray(seconds, dtype=float)
    known = ~np.isnan(success)
    count = known.sum(axis=-1)
    share = np.where(known, success, 0.0).sum(axis=-1) / np.maximum(count, 1)
    timed = known & ~np.isnan(seconds)
    mean = np.where(timed, seconds, 0.0).sum(axis=-1) / np.maximum(timed.sum(axis=-1), 1)
    mean = np.where(timed.any(axis=-1), mean, np.nan)
    each = np.where(count >= 2, np.maximum(mean, 1e-12) * repetitions(share, confidence), np.nan)
    # median leaving nan out, where inf may be the middle
    ordered = np.sort(each, axis=-1)
    size = np.sum(~np.isnan(each), axis=-1)
    low = np.take_along_axis(ordered, np.maximum((size - 1) // 2, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, np.minimum(size // 2, each.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    return np.where(size > 0, 0.5 * (low + high), np.nan)
