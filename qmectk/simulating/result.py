"""A simulated run: its records with their page and their figure."""

from __future__ import annotations

from typing import Any

from ..presenting.page import Block
from .trajectory import Trajectory


class Simulation(Trajectory):
    """One controlled run; its attributes are those of :class:`~qmectk.simulating.trajectory.Trajectory`."""

    def page(self) -> list[Block]:
        """The tables that ``qmectk simulate`` prints."""
        from ..presenting.simulation import page_of

        return page_of([self])

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of the records over the slots; see :mod:`qmectk.simulating.plots`.

        `columns` of a page: see :func:`qmectk.figures.drawn`.
        """
        from ..figures import drawn
        from .plots import plot_runs

        return drawn(plot_runs, [self], columns=columns)
