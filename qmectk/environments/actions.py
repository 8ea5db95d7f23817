"""What a device may do in a slot as a Gymnasium space, and an action of it as a decision.

Every action is a decision: a choice that is not allowed becomes the first one that is, a share is a way from its lower
to its upper limit, and numbers to be spread are brought onto the simplex (:class:`~qmectk.views.Decisions`). A learner
takes the kind of space it can work with:

============== ===================================== ==================================================================
`actions`      a device                              all devices together
============== ===================================== ==================================================================
hybrid         Discrete, or Box to be spread, or     MultiDiscrete, or one Box, or Dict(choice: MultiDiscrete,
               Dict(choice: Discrete, share: Box)    share: Box), as the problem is
discrete       Discrete over its options             one Discrete over all combinations, as long as there are few
multidiscrete                                        MultiDiscrete: an option of each device
box            Box in [-1, 1]: a score of every      all of that in one Box
               choice, the largest one allowed is
               made; then its share
============== ===================================== ==================================================================

An option is a choice, with one of `shares` evenly spaced shares where it can leave one open; of devices that spread
themselves, to idle or to give all to one choice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..errors import InputError
from ..options import at_least
from ..views.decisions import Decision, Decisions

Array = NDArray[Any]

#: Most combinations that one Discrete action counts: a network has an output for each.
MOST_JOINT = 4096


@dataclass(frozen=True)
class Form:
    """What is decided in every slot of a problem.

    Attributes
    ----------
    devices, choices
        Their numbers.
    spread
        Whether devices spread themselves over the choices.
    open
        Which choices ever leave a share open, shape (choices,).
    """

    devices: int
    choices: int
    spread: bool
    open: NDArray[np.bool_]

    @classmethod
    def of(cls, seen: Decisions) -> Form:
        """Of decisions of many slots; a choice that leaves a share open in none of them is taken to leave none."""
        opened = np.asarray((seen.most > seen.least).any(axis=(0, 1)))
        return cls(seen.devices, len(seen.choices), seen.spread, opened)


class Actions(ABC):
    """How one device says what it does; parts of all devices have leading axes (copies, devices)."""

    space: Any  #: of one device

    @abstractmethod
    def decision(self, view: Decisions, parts: Any) -> Decision:
        """What the parts say."""

    def mask(self, view: Decisions) -> Array:
        """What is allowed, 0 or 1, shape (copies, devices, choices or options)."""
        return view.allowed.astype(np.int8)


class Choices(Actions):
    """One of the choices."""

    def __init__(self, form: Form) -> None:
        self.space = spaces.Discrete(form.choices)

    def decision(self, view: Decisions, parts: Any) -> Decision:
        return view.decided(parts)


class Mixed(Actions):
    """A choice, and how far its share is from its lower to its upper limit."""

    def __init__(self, form: Form) -> None:
        share = spaces.Box(0.0, 1.0, (1,), np.float32)
        self.space = spaces.Dict({"choice": spaces.Discrete(form.choices), "share": share})

    def decision(self, view: Decisions, parts: Any) -> Decision:
        return view.decided(parts["choice"], parts["share"][..., 0])


class Spread(Actions):
    """How much of itself a device gives to every choice."""

    def __init__(self, form: Form) -> None:
        self.space = spaces.Box(0.0, 1.0, (form.choices,), np.float32)

    def decision(self, view: Decisions, parts: Any) -> Decision:
        return view.spreading(parts)


class Options(Actions):
    """One of a list of options."""

    def __init__(self, form: Form, shares: int) -> None:
        grid = np.linspace(0.0, 1.0, shares) if shares > 1 else np.ones(1)
        #: choice of an option, shape (options,), and how far its share is from its lower to its upper limit
        self.choice = np.repeat(np.arange(form.choices), np.where(form.open, len(grid), 1))
        self.unit = np.concatenate([grid if opened else np.ones(1) for opened in form.open])
        self.whole: Array | None = None
        if form.spread:  # the first option gives nothing to any device
            self.whole = np.vstack([np.zeros(form.choices), np.eye(form.choices)])
        self.count = len(self.choice) if self.whole is None else len(self.whole)
        self.space = spaces.Discrete(self.count)

    def decision(self, view: Decisions, parts: Any) -> Decision:
        option = np.clip(np.asarray(parts, dtype=np.int64), 0, self.count - 1)
        if self.whole is not None:
            return view.spreading(self.whole[option])
        return view.decided(self.choice[option], self.unit[option])

    def mask(self, view: Decisions) -> Array:
        allowed = super().mask(view)
        if self.whole is None:
            return allowed[..., self.choice]
        return np.concatenate([np.ones_like(allowed[..., :1]), allowed], axis=-1)


class Scores(Actions):
    """A number of every choice, of which the largest one that is allowed is made; behind them its share, if any."""

    def __init__(self, form: Form) -> None:
        self.form = form
        shares = bool(form.open.any()) and not form.spread
        self.space = spaces.Box(-1.0, 1.0, (form.choices + shares,), np.float32)

    def decision(self, view: Decisions, parts: Any) -> Decision:
        if self.form.spread:
            return view.spreading(0.5 + 0.5 * parts)
        scores, rest = parts[..., : self.form.choices], parts[..., self.form.choices :]
        choice = np.argmax(np.where(view.allowed, np.nan_to_num(scores), -np.inf), axis=-1)
        return view.decided(choice, 0.5 + 0.5 * rest[..., 0] if rest.shape[-1] else 1.0)


def actions_of(form: Form, kind: str, shares: int) -> Actions:
    """How devices of a problem say what they do.

    Raises
    ------
    InputError
        When there is no such kind, or no such number of shares.
    """
    if kind not in KINDS:
        raise InputError(f"there are no actions '{kind}'", f"choose one of {', '.join(KINDS)}")
    at_least("shares", shares, 1)
    if kind == "box":
        return Scores(form)
    if kind in ("discrete", "multidiscrete"):
        return Options(form, shares)
    return Spread(form) if form.spread else Mixed(form) if form.open.any() else Choices(form)


KINDS = ("hybrid", "discrete", "multidiscrete", "box")


class Team:
    """All devices together: their actions in one space.

    Raises
    ------
    InputError
        As :func:`actions_of`, and where one Discrete cannot count all combinations.
    """

    def __init__(self, form: Form, kind: str, shares: int) -> None:
        self.form, self.each = form, actions_of(form, kind, shares)
        self.joint = kind == "discrete"
        if self.joint:
            options = int(self.each.space.n)
            if form.devices * np.log(max(options, 1)) > np.log(MOST_JOINT) + 1e-9:
                raise InputError(
                    f"{form.devices} devices with {options} options each have {options:,}^{form.devices} combinations, "
                    f"and one Discrete action counts at most {MOST_JOINT:,}",
                    "choose actions 'multidiscrete' or 'box', fewer shares, or DeviceEnv, where each device acts",
                )
            self.shape = (options,) * form.devices
            self.space: Any = spaces.Discrete(options**form.devices)
        else:
            self.space = together(self.each.space, form.devices)

    def decision(self, view: Decisions, action: Any) -> Decision:
        """What an action of every copy says."""
        copies, devices = len(view.allowed), self.form.devices
        if self.joint:
            number = np.clip(np.asarray(action, dtype=np.int64).reshape(copies), 0, int(self.space.n) - 1)
            return self.each.decision(view, np.stack(np.unravel_index(number, self.shape), axis=-1))
        return self.each.decision(view, apart(self.each.space, action, (copies, devices)))

    def mask(self, view: Decisions) -> Array:
        """Shape (copies, devices, options), or of one Discrete (copies, combinations)."""
        mask = self.each.mask(view)
        if not self.joint:
            return mask
        combined = np.ones((len(mask), 1), np.int8)
        for device in range(self.form.devices):
            combined = (combined[:, :, None] * mask[:, device, None, :]).reshape(len(mask), -1)
        return combined


def together(space: Any, devices: int) -> Any:
    """The space of so many devices of which each has `space`."""
    if isinstance(space, spaces.Dict):
        return spaces.Dict({name: together(part, devices) for name, part in space.items()})
    if isinstance(space, spaces.Discrete):
        return spaces.MultiDiscrete([int(space.n)] * devices)
    return spaces.Box(np.tile(space.low, devices), np.tile(space.high, devices), dtype=space.dtype.type)


def apart(space: Any, action: Any, lead: tuple[int, int]) -> Any:
    """Actions of copies, each of all devices, as parts with leading axes (copies, devices).

    Raises
    ------
    InputError
        When there are more numbers or fewer.
    """
    if isinstance(space, spaces.Dict):
        return {name: apart(part, action[name], lead) for name, part in space.items()}
    whole = isinstance(space, spaces.Discrete)
    numbers = np.asarray(action, dtype=np.int64 if whole else float)
    shape = (*lead, *space.shape)
    if numbers.size != np.prod(shape):
        raise InputError(
            f"an action of {lead[0]} x {lead[1]} devices has {np.prod(shape)} numbers, this one {numbers.size}"
        )
    return numbers.reshape(shape)


__all__ = ["KINDS", "Actions", "Form", "Team", "actions_of", "apart", "together"]
