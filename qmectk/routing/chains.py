"""Chains of lowerings from a type of instances to the views that a backend accepts."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from ..backend import Backend
from ..instance import Instance
from ..lowerings.base import Lowering, own_views
from ..plugins import Registry
from ..views.base import Fidelity, View

Chain = tuple[Lowering, ...]

#: Longest chain tried; every family in the project needs at most two.
LONGEST = 4


def candidates(instance_type: type[Instance], backend: type[Backend], registry: Registry) -> Sequence[Chain]:
    """Chains of lowerings that end in a view the backend accepts, best first.

    Order: what is preserved (exact, then one of points and bounds, then neither), then a view the problem
    hands over itself, then length, then the backend's own preference.
    """
    return _chains(instance_type, tuple(backend.accepts), (*own_views(instance_type), *registry.lowerings.values()))


@functools.lru_cache(maxsize=1024)
def _chains(start: type[Instance], accepts: tuple[type[View], ...], lowerings: Chain) -> tuple[Chain, ...]:
    """:func:`candidates`, remembered: of some thousand walks a chain or two come out, and ``exact`` asks every time."""

    def walk(at: type[View], chain: Chain) -> Iterator[Chain]:
        if any(issubclass(at, accepted) for accepted in accepts):
            yield chain
            return
        if len(chain) < LONGEST:
            visited = {step.target for step in chain}
            for lowering in lowerings:
                if issubclass(at, lowering.source) and lowering.target not in visited:
                    yield from walk(lowering.target, (*chain, lowering))

    def rank(chain: Chain) -> tuple[int, int, int, int]:
        kept = functools.reduce(lambda left, step: left & step.fidelity, chain, Fidelity.EXACT)
        borrowed = sum(1 for step in chain if not step.name.startswith("own "))
        end = chain[-1].target if chain else start
        preference = next(i for i, accepted in enumerate(accepts) if issubclass(end, accepted))
        return (-len(list(kept)), borrowed, len(chain), preference)

    return tuple(sorted(walk(start, ()), key=rank))


__all__ = ["Chain", "candidates"]
