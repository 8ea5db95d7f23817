"""What becomes of an action alone: the rest of the point, completed by the problem's own inner solve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InputError, Refused
from ..extending.installed import installed
from ..instance import Instance
from ..lowerings.base import own_views
from ..lowerings.binary import FixBits, FixedBits, without_bits
from ..views.base import Lowered
from ..views.binary import Binary, as_action


def completed(instance: Instance, action: Any) -> tuple[dict[str, Any], bool]:
    """All declared variables at an action, and whether they carry it out as it is: a view may know better.

    The action is the bits of the instance's own Binary view that has so many, else all variables that are declared as
    binary, in declaration order.

    Raises
    ------
    InputError
        Where there is no such view, or the action holds anything but bits.
    Infeasible
        Where no feasible point has that action.
    """
    bits = np.asarray(action)
    known = []
    for made in _views(instance):
        known.append(made.view.n)
        if made.view.n == bits.shape[-1]:
            try:
                values = dict(made.lift(as_action(bits, made.view.n)))
            except ValueError as error:
                raise InputError(str(error)) from error
            return values, _carried_out(made.view, values, bits)
    lengths = " or ".join(str(n) for n in dict.fromkeys(known))
    if not known:
        raise InputError(f"{instance.label} does not say how an action is completed", "give all of its variables")
    raise InputError(f"an action of {instance.label} has {lengths} bits, and this one has {bits.shape[-1]}")


def _carried_out(view: Any, values: dict[str, Any], bits: Any) -> bool:
    try:
        return bool(np.array_equal(view.action(values), bits != 0))
    except Refused:  # the view does not say, and the caller may see by the variables
        return True


def _views(instance: Instance) -> Iterator[Lowered]:
    for own in own_views(type(instance)):
        if issubclass(own.target, Binary):
            yield own.apply(instance, own.Options(), None)
    if without_bits(instance.signature) is None and all(map(installed, FixBits.requires)):
        made = FixedBits(instance)
        yield Lowered(made, made.complete)


__all__ = ["completed"]
