"""One optimization problem with its numbers, and the views it declares of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from .language import Language, Signature, signature
from .readings.measuring import measure
from .readings.numeric import Measurement
from .views.base import Fidelity, View

if TYPE_CHECKING:
    from .presenting.describing import Table
    from .problem import Problem


_Method = TypeVar("_Method", bound=Callable[..., Any])


def view(target: type[View], fidelity: Fidelity = Fidelity.EXACT) -> Callable[[_Method], _Method]:
    """Mark a method of an Instance that hands over a view of itself.

    The method returns the view, or a :class:`~qmectk.views.base.Lowered` when points need translating.
    Keyword-only parameters become options of the route, ``name: Annotated[type, "what it means"]`` with a line of help;
    one called `max_bits` is filled with the largest number of bits the backend takes (None for no limit).
    """

    def mark(method: _Method) -> _Method:
        method.qmectk_view = (target, fidelity)  # type: ignore[attr-defined]
        return method

    return mark


class Instance(View, ABC):
    """One optimization problem with its numbers.

    Attributes
    ----------
    label
        Names the instance on output ("p1, frame 3").
    unit
        Unit of the objective ("Mbit/s").
    problem
        The Problem it was drawn from, if any; learned policies train on that problem's stream.
    """

    label: str = "instance"
    unit: str = ""
    problem: Problem | None = None
    title = "the declared problem"

    @abstractmethod
    def declare(self, m: Language) -> None:
        """State variables, constraints and objective against the namespace `m`, once."""

    @classmethod
    def stack(cls, instances: Sequence[Any]) -> Instance | None:
        """One instance whose arrays have a leading axis of frames, so that all are measured at once.

        Per-frame numbers that are no vectors must have shape (frames, 1). None, the default, measures the
        frames one by one.
        """
        return None

    @cached_property
    def signature(self) -> Signature:
        """Variables, constraint names and sense, without numbers."""
        return signature(self)

    def measure(self, values: Mapping[str, Any]) -> Measurement:
        """Objective and violations of a point, read off the declaration."""
        return measure(self, values)

    def carry_out(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What becomes here of a point that was decided on an observation of this instance (:meth:`Problem.observe`).

        By default all of it is done as it was decided. A family in which a part is settled later, when the truth is
        known, works that part out here.
        """
        return values

    def data(self) -> dict[str, Any]:
        """The numbers it is made of by name, as ``qmectk sample`` writes them: here its vectors and matrices.

        A family names what people measure, in natural units, under the names of its field; a problem file that reads
        those arrays poses the same instance.
        """
        from .presenting.describing import arrays_of

        return dict(arrays_of(self, most=None))

    def describe(self) -> list[Table]:
        """Tables for people (``qmectk show``): its vectors side by side, then what is declared."""
        from .presenting.describing import tables

        return tables(self)

    def picture(self, figure: Any) -> None:
        """Draw the instance into an empty matplotlib figure: its vectors as bars, its matrices as maps.

        The layout is the figure's own; see :func:`qmectk.figures.drawn`.
        """
        from .presenting.describing import arrays_of, draw

        draw(figure, arrays_of(self))

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of the instance; `columns` of a page: see :func:`qmectk.figures.drawn`."""
        from .figures import drawn

        return drawn(self.picture, columns=columns)
