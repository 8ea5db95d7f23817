"""The annealer and the certified search as dimod samplers, for any binary quadratic model.

    >>> import dimod
    >>> from qmectk_lowrank.dimod_sampler import ExactChainSampler
    >>> bqm = dimod.BinaryQuadraticModel({"a": 1.0, "b": -2.0}, {("a", "b"): -3.0}, 0.0, "BINARY")
    >>> float(ExactChainSampler().sample(bqm).first.energy)
    -4.0

A model of low rank, with or without a chain in the order of its variables, is recognised (see `from_bqm`). Any other is
decomposed into all its eigenvectors: the answers are as right, but the annealer is then no faster than a dense one, and
the search proves an optimum of a few dozen variables only.
"""

from __future__ import annotations

from typing import Any

import dimod
import numpy as np

from .from_bqm import factor_bqm
from .heuristic import anneal, form_of, words_of
from .solve import NODE_LIMIT, solve_factored


class _Sampler(dimod.Sampler):  # type: ignore[misc]  # dimod has no types
    """What both have in common."""

    _properties: dict[str, Any]
    _parameters: dict[str, list[str]]

    @property
    def properties(self) -> dict[str, Any]:
        """Nothing: there is no hardware."""
        return self._properties

    @property
    def parameters(self) -> dict[str, list[str]]:
        """Keyword parameters of ``sample``."""
        return self._parameters


class LowRankSampler(_Sampler):
    """Annealing in the factors; one row a read."""

    def __init__(self) -> None:
        self._properties = {}
        self._parameters = {"num_reads": [], "num_sweeps": [], "seed": [], "initial_states": []}

    def sample(
        self,
        bqm: Any,
        *,
        num_reads: int = 4,
        num_sweeps: int = 200,
        seed: int | None = None,
        initial_states: Any = None,
        **unknown: Any,
    ) -> Any:
        """Sample a binary quadratic model.

        Parameters
        ----------
        num_reads, num_sweeps : reads, and sweeps over all variables in each
        seed : of the random numbers; drawn anew when left out
        initial_states : samples to start reads from, in any form dimod takes
        """
        self.remove_unknown_kwargs(**unknown)
        if num_reads < 1 or num_sweeps < 1:
            raise ValueError("num_reads and num_sweeps must be at least 1")
        if bqm.num_variables == 0:
            return dimod.SampleSet.from_samples_bqm(np.zeros((num_reads, 0), np.int8), bqm)
        labels = list(bqm.variables)
        form = form_of(factor_bqm(bqm))
        starts = _starts(initial_states, labels)
        rng = np.random.default_rng(seed)
        rows = [
            anneal(
                form,
                -1,
                words_of(rng),
                sweeps=num_sweeps,
                start=starts[read % len(starts)] if len(starts) else None,
            ).bits
            for read in range(num_reads)
        ]
        return _sampleset(bqm, labels, np.array(rows), {})


class ExactChainSampler(_Sampler):
    """The certified search: one sample, with the bound and whether it is proved in ``info``."""

    def __init__(self) -> None:
        self._properties = {}
        self._parameters = {"gap": [], "nodes": []}

    def sample(self, bqm: Any, *, gap: float = 1e-9, nodes: int = NODE_LIMIT, **unknown: Any) -> Any:
        """The sample of least energy.

        Parameters
        ----------
        gap : relative gap to prove
        nodes : most nodes of the search; ``info["proved"]`` is False when they did not suffice
        """
        self.remove_unknown_kwargs(**unknown)
        if bqm.num_variables == 0:
            info = {"bound": float(bqm.offset), "proved": True, "nodes": 0}
            return dimod.SampleSet.from_samples_bqm(np.zeros((1, 0), np.int8), bqm, info=info)
        labels = list(bqm.variables)
        found = solve_factored(factor_bqm(bqm), gap=gap, node_limit=nodes)
        info = {"bound": float(found.bound), "proved": found.proved, "nodes": found.nodes}
        return _sampleset(bqm, labels, found.bits[None, :], info)


def _starts(initial_states: Any, labels: list[Any]) -> np.ndarray:
    if initial_states is None:
        return np.zeros((0, len(labels)), np.int8)
    states, names = dimod.as_samples(initial_states)
    where = {name: i for i, name in enumerate(names)}
    missing = [label for label in labels if label not in where]
    if missing:
        raise ValueError(f"initial_states has no value for {missing[0]!r}")
    return np.ascontiguousarray(np.asarray(states)[:, [where[label] for label in labels]] > 0, dtype=np.int8)


def _sampleset(bqm: Any, labels: list[Any], bits: np.ndarray, info: dict[str, Any]) -> Any:
    """Energies are the model's own, not those of the factors."""
    samples = bits if bqm.vartype is dimod.BINARY else 2 * bits.astype(np.int8) - 1
    return dimod.SampleSet.from_samples_bqm((samples.astype(np.int8), labels), bqm, info=info)


__all__ = ["ExactChainSampler", "LowRankSampler"]
