"""Masks of a batch of feature maps from any backend: a mask problem is declared like any other, and routed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.attempts.run import Generators
from qmectk.backend import Backend, LearnedBackend, Reply
from qmectk.errors import BackendFailed, NoRoute
from qmectk.extending.foreign import charged_to
from qmectk.instance import Instance, view
from qmectk.language import Language
from qmectk.options import build
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.routing.route import Route
from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk.views import FactoredBatch, FactoredQuadratic, Fidelity, Lowered


@dataclass(eq=False)
class MaskProblem(Instance):
    """The energy of one feature map; a neighbouring pair is x y = ((x + y)^2 - x - y) / 2 on bits."""

    energy: FactoredQuadratic

    label = "this feature map"

    def declare(self, m: Language) -> None:
        e = self.energy
        x = m.var("x", e.n, kind="binary")
        value = m.dot(e.linear, x) + e.constant
        for r in range(e.d):
            value = value + float(e.signs[r]) * m.square(m.dot(e.factors[:, r], x) - float(e.target[r]))
        if e.penalty:
            value = value + e.penalty * m.square(m.sum(x) - e.count)
        if e.chain.any():
            pair = x[:-1] + x[1:]
            value = value + 0.5 * (m.dot(e.chain, m.square(pair)) - m.dot(e.chain, pair))
        m.minimize(value)
        if e.cardinality is not None:
            m.eq(m.sum(x), e.cardinality, "number of blocks")

    @view(FactoredQuadratic)
    def factored(self) -> Lowered:
        """The factors themselves."""
        return Lowered(self.energy, lambda bits: {"x": bits})


@dataclass(frozen=True)
class Masks:
    """The masks of a batch.

    Attributes
    ----------
    bits : (batch, n) int8
    values : (batch,) their energies, measured on the view
    proved : (batch,) whether the backend proved the mask optimal
    """

    bits: NDArray[np.int8]
    values: NDArray[np.float64]
    proved: NDArray[np.bool_]


class MaskSolver:
    """One backend, its options, and the way to it.

    Parameters
    ----------
    example
        A small mask problem of the kind that will be asked for; the route is found on it.
    backend
        The name of a registered backend, or a backend class.
    options
        As after ``-o``: options of the backend or of its route.
    time_limit
        Seconds for a batch; None for no limit. Images that are not reached by then get an equal share of it each.

    Raises
    ------
    UnknownName, InputError, MissingPackage, NoRoute
        When the backend is not known, not installed, or cannot take such problems.
    """

    def __init__(
        self,
        example: FactoredQuadratic,
        backend: str | type[Backend],
        options: Mapping[str, Any] | None = None,
        time_limit: float | None = None,
    ) -> None:
        raw = dict(options or {})
        kind = registry().backend(backend) if isinstance(backend, str) else backend
        kind.check_installed()
        if issubclass(kind, LearnedBackend):
            raise NoRoute(f"backend '{kind.name}' learns from frames, and feature maps are no stream of them")
        self.route = find_route(MaskProblem(example), kind, registry(), raw)
        self.direct = self.route.view is example
        self.kind, self.name, self.time_limit = kind, kind.name, time_limit
        self.backend = kind(build(kind.Options, raw))

    def solve(self, energies: FactoredBatch, seed: int) -> Masks:
        """One mask an energy; image i of the batch draws from the generator ``[seed, i]``.

        Raises
        ------
        NoRoute
            When these are too large for the backend.
        BackendFailed
            When the backend crashes, gives no mask for an image, or one that is not a mask.
        """
        # a backend that takes the factors themselves is given all at once; any other way is gone image by image
        routes = None if self.direct else [self.route.again(MaskProblem(e), self.kind.max_bits) for e in energies]
        views = energies if routes is None else [route.view for route in routes]
        with charged_to(f"backend '{self.name}'"):
            replies = self._replies(views, Generators(seed, len(views)))
        if len(replies) != len(views):
            raise BackendFailed(f"backend '{self.name}' answered {len(replies)} of {len(views)} images")
        bits = self._masks(energies.example.n, replies, [None] * len(views) if routes is None else routes)
        values = energies.values(bits)
        if not np.isfinite(values).all():
            raise BackendFailed(
                f"a mask of backend '{self.name}' does not have k = {energies.example.cardinality} blocks"
            )
        exact = self.kind.proves and all(route.fidelity is Fidelity.EXACT for route in routes or [self.route])
        return Masks(bits, values, np.array([exact and r.termination is Termination.PROVED for r in replies]))

    def _replies(self, views: Sequence[Any], rngs: Sequence[np.random.Generator]) -> list[Reply]:
        replies = list(self.backend.solve_many(views, Budget(self.time_limit), rngs))
        if self.time_limit is not None:
            for i in range(len(replies), len(views)):
                replies.append(self.backend.solve(views[i], Budget(self.time_limit / len(views)), rngs[i]))
        return replies

    def _masks(self, n: int, replies: Sequence[Reply], routes: Sequence[Route | None]) -> NDArray[np.int8]:
        points = []
        for reply, route in zip(replies, routes, strict=True):
            if reply.point is None:
                why = f": {reply.message}" if reply.message else ""
                raise BackendFailed(f"backend '{self.name}' found no mask{why}")
            try:
                points.append(np.asarray(reply.point if route is None else route.lift(reply.point)["x"]))
            except (TypeError, ValueError, LookupError) as error:
                raise BackendFailed(f"the point of backend '{self.name}' cannot be read: {error}") from error
        try:
            found = np.array(points, float)
            rounded = np.round(found)
            right = found.shape == (len(replies), n) and np.isin(rounded, (0.0, 1.0)).all()
        except (TypeError, ValueError):  # shapes that differ, or no numbers
            right = False
        if not right or np.abs(found - rounded).max() > 1e-6:
            raise BackendFailed(f"backend '{self.name}' returned something that is not a mask of {n} blocks")
        return rounded.astype(np.int8)
