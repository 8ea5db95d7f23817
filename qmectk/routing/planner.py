"""The planner: the cheapest faithful chain of lowerings from an instance to a view that a backend accepts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..backend import Backend
from ..errors import MissingPackage, NoRoute
from ..instance import Instance
from ..lowerings.base import Lowering
from ..lowerings.observation import Observation, sees_less
from ..options import build, fields_of, refuse_unknown
from ..plugins import Registry
from ..views.base import Fidelity, Lowered
from .chains import Chain, candidates
from .route import Route, apply, check
from .ways_out import way_out


@dataclass(frozen=True)
class Plan:
    """The chain that an instance would take to a backend, as far as that is known without loading a solver.

    Attributes
    ----------
    chain, reason
        The chain; or None, and why there is none.
    fidelity
        What it preserves at best.
    seconds
        Estimated seconds to a proof: the backend's own for this size, times what the steps make of it (a score by a
        conic solver is no score by arithmetic). inf where no proof is promised or can come of it.
    """

    chain: Chain | None
    fidelity: Fidelity = Fidelity.NOTHING
    seconds: float = math.inf
    reason: str = ""


class Planner:
    """The ways of one instance to backends: which there are, what they preserve, what they cost, and where they lead.

    All callers ask here: solving, ``exact`` for its provers, and the overviews. Common beginnings of chains are
    applied once.

    Parameters
    ----------
    instance
        Whose ways.
    registry
        Whose lowerings.
    """

    def __init__(self, instance: Instance, registry: Registry) -> None:
        self.instance, self.registry = instance, registry
        self._tried: dict[tuple[Any, ...], Lowered | NoRoute] = {}

    def outline(self, backend: type[Backend]) -> Plan:
        """The first chain that neither a missing package nor its first step speaks against. Nothing is applied."""
        return self._first(backend, applied=False)

    def plan(self, backend: type[Backend]) -> Plan:
        """The best chain that nothing speaks against.

        A step that needs no package is applied, so what it says of itself is what it did. One that needs some (they end
        chains) is not: it is asked whether it refuses, the bits it is given are held against the most that the backend
        takes, and it is counted with the best it can preserve. So a route that is named here may still turn out to
        preserve less, or to be refused (slack bits come on top, a penalty may punish feasible points).
        """
        return self._first(backend, applied=True)

    def route(self, backend: type[Backend], raw_options: Mapping[str, Any] | None = None) -> Route:
        """The best chain that works, applied; see :func:`find_route`."""
        instance = self.instance
        _ = instance.signature  # refuses numbers that are none by name, before they are used
        raw = dict(raw_options or {})
        own = {field.name for field in fields_of(backend.Options)}
        reasons: list[str] = []
        missing: MissingPackage | None = None
        chains = candidates(type(instance), backend, self.registry)
        reachable = sorted(own | {f.name for chain in chains for step in chain for f in fields_of(step.Options)})
        refuse_unknown(f"backend '{backend.name}'", raw, reachable)
        before: list[Lowering] = [Observation()] if sees_less(instance, backend.proves) else []
        for chain in chains:
            known = own | {field.name for lowering in chain for field in fields_of(lowering.Options)}
            if any(name not in known for name in raw):
                own_name = chain[-1].name if chain else "direct"
                reasons.append(f"{own_name}: it does not take {', '.join(set(raw) - known)}")
                continue
            try:
                return apply(
                    instance,
                    [(step, build(step.Options, raw)) for step in (*before, *chain)],
                    backend.max_bits,
                    self._tried,
                )
            except MissingPackage as error:
                missing = error
            except NoRoute as error:
                reasons.append(f"{chain[-1].name}: {error}")
        if missing is not None and not reasons:
            raise missing
        if missing is not None:
            reasons.append(str(missing))
        wanted = " or ".join(view.__name__ for view in backend.accepts)
        why = "; ".join(dict.fromkeys(reasons)) or f"nothing turns it into a {wanted} view"
        raise NoRoute(
            f"backend '{backend.name}' cannot take {instance.label}: {why}",
            way_out(instance, backend, self.outline, self.registry),
        )

    def _first(self, backend: type[Backend], applied: bool) -> Plan:
        reasons: list[str] = []
        for chain in candidates(type(self.instance), backend, self.registry):
            try:
                kept = self._applied(chain, backend.max_bits) if applied else self._outlined(chain)
                return Plan(chain, kept, self._seconds(backend, chain, kept))
            except MissingPackage as error:
                reasons.append(str(error))
            except NoRoute as error:
                step = chain[-1 if applied else 0].name if chain else "direct"
                reasons.append(f"{step}: {error}")
        wanted = " or ".join(sorted(view.__name__ for view in backend.accepts))
        return Plan(None, reason="; ".join(dict.fromkeys(reasons)) or f"it has no {wanted} view")

    def _seconds(self, backend: type[Backend], chain: Chain, kept: Fidelity) -> float:
        effort = backend.effort(self.instance.signature) if backend.proves else None
        if effort is None or Fidelity.BOUNDS not in kept:  # a bound on a restriction says nothing about the problem
            return math.inf
        return float(effort) * math.prod(step.slower(self.instance.signature) for step in chain)

    def _outlined(self, chain: Chain) -> Fidelity:
        kept = Fidelity.EXACT
        for lowering in chain:
            lowering.check_installed()
            kept &= lowering.fidelity
        reason = chain[0].refuses(self.instance) if chain else None
        if reason is not None:
            raise NoRoute(reason)
        return kept

    def _applied(self, chain: Chain, max_bits: int | None) -> Fidelity:
        end = chain[-1:] if chain and chain[-1].requires else ()
        steps = [(step, build(step.Options, {})) for step in chain[: len(chain) - len(end)]]
        made = apply(self.instance, steps, max_bits, self._tried)
        for lowering in end:
            check(lowering, made.view, max_bits)
            return made.fidelity & lowering.fidelity
        return made.fidelity


def find_route(
    instance: Instance, backend: type[Backend], registry: Registry, raw_options: Mapping[str, Any] | None = None
) -> Route:
    """The best chain that works on this instance.

    Raises
    ------
    NoRoute
        With the reason of every chain that was tried.
    InputError
        For an option that neither the backend nor the route knows, and for a declared number that is not finite.
    """
    return Planner(instance, registry).route(backend, raw_options)


def follow_route(
    known: Route, instance: Instance, backend: type[Backend], registry: Registry, raw_options: Mapping[str, Any]
) -> Route:
    """The same chain on another instance of the stream, or the one that works for it: numbers decide some chains.

    Raises
    ------
    NoRoute
        When none does.
    """
    try:
        return known.again(instance, backend.max_bits)
    except NoRoute:
        return find_route(instance, backend, registry, raw_options)
