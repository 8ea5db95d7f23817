"""Routes: chains of lowerings as they were applied to an instance, and the way back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import NoRoute
from ..instance import Instance
from ..lowerings.base import Lowering
from ..lowerings.observation import Observation
from ..views import FactoredQuadratic, Quadratic
from ..views.base import Fidelity, Lowered
from ..views.binary import Binary, as_action
from ..views.hindsight import Hindsight


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
        return apply(instance, [(step.lowering, step.options) for step in self.steps], max_bits)

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
        truth = apply(instance, chain, max_bits).view
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


def apply(
    instance: Instance,
    chain: Sequence[tuple[Lowering, Any]],
    max_bits: int | None,
    tried: dict[tuple[Any, ...], Lowered | NoRoute] | None = None,
) -> Route:
    """The chain on the instance; steps in `tried` are not applied again.

    Raises
    ------
    MissingPackage, NoRoute
        With the reason of the step that cannot be applied.
    """
    steps: list[Step] = []
    view: Any = instance
    key: tuple[Any, ...] = (max_bits,)
    for lowering, options in chain:
        check(lowering, view, max_bits)
        key = (*key, id(lowering), repr(options)) if tried is not None else key
        found = None if tried is None else tried.get(key)
        if found is None:
            try:
                found = lowering.apply(view, options, max_bits)
            except NoRoute as error:
                found = error
            if tried is not None:
                tried[key] = found
        if isinstance(found, NoRoute):
            raise found
        steps.append(Step(lowering, options, found))
        view = found.view
    made = Route(instance, tuple(steps))
    if made.observed and isinstance(view, Binary):
        view.outdated = True
    return made


def check(lowering: Lowering, view: Any, max_bits: int | None) -> None:
    """Refuse at once what is known of a step before it is applied.

    Raises
    ------
    MissingPackage, NoRoute
        With the reason.
    """
    lowering.check_installed()
    reason = lowering.refuses(view)
    if reason is not None:
        raise NoRoute(reason)
    if lowering.requires and max_bits is not None:  # it ends chains: none of its bits are taken away later
        bits = view.width if isinstance(view, Quadratic) else view.n if isinstance(view, FactoredQuadratic) else 0
        if bits > max_bits:
            raise NoRoute(f"it has {bits} bits and this backend takes at most {max_bits}")


__all__ = ["Route", "Step", "apply", "check"]
