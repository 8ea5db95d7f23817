"""Readings: how what is measured of an instance becomes what a policy sees of it, without a problem at hand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ..errors import Refused


class Reading(ABC):
    """From observations in natural units to the features of a Binary view.

    A policy that is taken away keeps the :meth:`plain` values of the reading that its frames had, so that a caller with
    the observations (the gains of a channel) can ask it. A problem family names its class as ``Problem.Reads``, and
    its Binary views give theirs (:meth:`Binary.reading`).

    The methods compute in double precision with ``xp``, which is numpy or torch, and use of it what the two have in
    common: so a policy is exported together with its reading.

    Attributes
    ----------
    observed
        What the caller passes, for people, with its unit: "power gains h".
    least
        The smallest number that an observation may have.
    """

    observed: ClassVar[str]
    least: ClassVar[float] = -np.inf

    @abstractmethod
    def features(self, observed: Any, xp: Any = np) -> Any:
        """What networks over whole frames see: observations (..., n) -> (..., d)."""

    def device_features(self, observed: Any, xp: Any = np) -> Any:
        """What networks over devices see: observations (..., n) -> (..., n, q).

        Raises
        ------
        Refused
            Where the family defines none.
        """
        raise Refused(f"{type(self).__name__} says nothing of each bit alone", "define its method 'device_features'")

    @abstractmethod
    def plain(self) -> dict[str, Any]:
        """Plain values for JSON; ``type(self)(**plain)`` is this reading again."""


__all__ = ["Reading"]
