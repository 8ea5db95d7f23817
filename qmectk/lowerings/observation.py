"""What a backend is given that has to decide before it knows: the observation of a frame instead of the frame."""

from __future__ import annotations

from typing import Any

from ..instance import Instance
from ..views.base import Fidelity, Lowered
from .base import Lowering


class Observation(Lowering):
    """The first step of the routes of backends that prove nothing, where a problem says what is observed of its frames.

    Nothing that is proved or claimed of the observation travels back; a point is carried out on the frame.
    """

    name, source, target, fidelity = "observation", Instance, Instance, Fidelity.NOTHING
    shown = "what is observed"

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        seen = view.problem.observe(view)
        return Lowered(view if seen is None else seen, view.carry_out, self.fidelity)


def sees_less(instance: Instance, proves: bool) -> bool:
    """Whether a backend that proves, or does not, has to decide on an observation of this instance."""
    return not proves and instance.problem is not None and instance.problem.observe(instance) is not None
