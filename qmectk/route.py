"""Routes: the cheapest faithful chain of lowerings from an instance to a view the backend accepts."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .backend import Backend
from .errors import MissingPackage, NoRoute
from .lowerings.base import Lowering, own_views
from .lowerings.observation import Observation, sees_less
from .options import build, fields_of, refuse_unknown
from .plugins import Registry
from .problem import Instance
from .views.base import Fidelity, Lowered, View
from .views.binary import Binary, as_action
from .views.hindsight import Hindsight

Chain = tuple[Lowering, ...]

#: Longest chain tried; every family in the project needs at most two.
LONGEST = 4


@dataclass(frozen=True)
class Step:
    """One lowering as it was applied."""

    lowering: Lowering
    options: Any
    lowered: Lowered


@dataclass(frozen=True)
class Route:
    """A chain of lowerings applied to one instance."""

    instance: Instance
    steps: tuple[Step, ...]

    @property
    def view(self) -> Any:
        """What the backend is given."""
        return self.steps[-1].lowered.view if self.steps else self.instance

    @functools.cached_property
    def fidelity(self) -> Fidelity:
        """What travels back along the whole chain."""
        return functools.reduce(lambda left, step: left & step.lowered.fidelity, self.steps, Fidelity.EXACT)

    def lift(self, point: Any) -> Any:
        """A point of the view as values of the instance's variables.

        Raises
        ------
        ValueError
            When a point of a Binary view is no bits.
        """
        if isinstance(self.view, Binary):
            point = as_action(point, self.view.n)
        for step in reversed(self.steps):
            point = step.lowered.lift(point)
        return point

    def lower(self, values: Any) -> Any:
        """Values of the instance's variables as a point of the view; None where a step does not say how."""
        for step in self.steps:
            if step.lowered.lower is None:
                return None
            values = step.lowered.lower(values)
        return values

    def lift_bound(self, bound: float) -> float:
        """A bound on the view's optimum as one on the instance's."""
        for step in reversed(self.steps):
            bound = step.lowered.lift_bound(bound)
        return bound

    def again(self, instance: Instance, max_bits: int | None) -> Route:
        """The same chain on another instance of the same stream."""
        return _apply(instance, [(step.lowering, step.options) for step in self.steps], max_bits)

    @property
    def observed(self) -> bool:
        """Whether the view is of what is observed of the instance, and not of the instance."""
        return bool(self.steps) and isinstance(self.steps[0].lowering, Observation)

    def hindsight(self, instance: Instance, max_bits: int | None) -> Any:
        """The view of a frame to learn from: once it is over, what was observed of it and what it was are both known.

        Raises
        ------
        NoRoute
            Where something is observed and the backend does not take a Binary view.
        """
        made = self.again(instance, max_bits).view
        if not self.observed:
            return made
        chain = [(step.lowering, step.options) for step in self.steps[1:]]
        truth = _apply(instance, chain, max_bits).view
        if not isinstance(made, Binary):
            raise NoRoute(f"what is observed of {instance.label} can only be learned from in a Binary view")
        return Hindsight(made, truth)

    def describe(self) -> list[dict[str, str]]:
        """Plain steps for output: the instance first."""
        rows = [{"view": self.instance.title, "by": "declaration", "fidelity": "exact", "note": ""}]
        for step in self.steps:
            lowered = step.lowered
            rows.append(
                {
                    "view": step.lowering.shown or lowered.view.title,
                    "by": step.lowering.name,
                    "fidelity": lowered.fidelity.label,
                    "note": lowered.note,
                }
            )
        return rows

    def __str__(self) -> str:
        views = [self.instance.title, *(step.lowered.view.title for step in self.steps)]
        return " -> ".join([title.split(" (")[0] for title in views])


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


def plan(instance: Instance, backend: type[Backend], registry: Registry) -> tuple[Chain | None, str]:
    """The first chain with no known objection, without importing a solver; else None and the reasons."""
    reasons: list[str] = []
    for chain in candidates(type(instance), backend, registry):
        try:
            for lowering in chain:
                lowering.check_installed()
        except MissingPackage as error:
            reasons.append(str(error))
            continue
        reason = chain[0].refuses(instance) if chain else None
        if reason is None:
            return chain, ""
        reasons.append(f"{chain[0].name}: {reason}")
    wanted = " or ".join(sorted(view.__name__ for view in backend.accepts))
    return None, "; ".join(dict.fromkeys(reasons)) or f"it has no {wanted} view"


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
    _ = instance.signature  # refuses numbers that are none by name, before anybody computes with them
    raw = dict(raw_options or {})
    own = {field.name for field in fields_of(backend.Options)}
    reasons: list[str] = []
    missing: MissingPackage | None = None
    chains = candidates(type(instance), backend, registry)
    reachable = sorted(own | {f.name for chain in chains for step in chain for f in fields_of(step.Options)})
    refuse_unknown(f"backend '{backend.name}'", raw, reachable)
    before: list[Lowering] = [Observation()] if sees_less(instance, backend.proves) else []
    for chain in chains:
        known = own | {field.name for lowering in chain for field in fields_of(lowering.Options)}
        if any(name not in known for name in raw):
            reasons.append(f"{chain[-1].name if chain else 'direct'}: it does not take {', '.join(set(raw) - known)}")
            continue
        try:
            return _apply(instance, [(step, build(step.Options, raw)) for step in (*before, *chain)], backend.max_bits)
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
    raise NoRoute(f"backend '{backend.name}' cannot take {instance.label}: {why}")


def _apply(instance: Instance, chain: list[tuple[Lowering, Any]], max_bits: int | None) -> Route:
    steps: list[Step] = []
    view: Any = instance
    for lowering, options in chain:
        lowering.check_installed()
        reason = lowering.refuses(view)
        if reason is not None:
            raise NoRoute(reason)
        lowered = lowering.apply(view, options, max_bits)
        steps.append(Step(lowering, options, lowered))
        view = lowered.view
    made = Route(instance, tuple(steps))
    if made.observed and isinstance(view, Binary):
        view.outdated = True
    return made
