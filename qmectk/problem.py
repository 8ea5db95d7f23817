"""Problems and instances: the two things to write to add a problem family."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, ValidationError

from .errors import InputError
from .instance import Instance
from .memory import check_memory
from .presenting.page import Presented
from .sections.section import Section
from .sections.usual import doubts
from .sections.validation import explain
from .views.reading import Reading
from .worlds.process import Process

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

    from .presenting.page import Block
    from .worlds.copies import Copies

#: Bytes of a frame beside its numbers, in an instance and in its solution (measured: 3400, P1 with 2 devices).
FRAME_BYTES = 3000


class ProblemParams(Section):
    """What every problem file may say. Families subclass it."""

    problem: str = Field(description="Name of the problem family.")
    seed: int = Field(0, ge=0, description="Seed of everything the problem draws at random.")
    frames: int = Field(1, ge=1, le=10_000_000, description="Number of frames to solve.")
    training_frames: int = Field(
        0, ge=0, le=10_000_000, description="Frames before those, on which learned policies train."
    )

    def doubts(self) -> list[str]:
        """What is valid and hardly meant, one sentence each: numbers far from :class:`~qmectk.sections.usual.Usual`."""
        return doubts(self)


class Problem(Presented):
    """A family of instances and its parameters.

    A problem is a stream of frames: first `training_frames` that learned policies train on, then `frames`
    on which every backend is judged.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    #: The name under which Gymnasium knows its process (``"mine/Queue-v0"``), where the family has one and a file of
    #: the family's name is registered.
    environment: ClassVar[str] = ""
    Params: ClassVar[type[ProblemParams]]
    Reads: ClassVar[type[Reading] | None] = None  #: what :meth:`reading` gives
    #: Name of an array in published MATLAB files -> its name in :meth:`Instance.data` or among the variables, and the
    #: factor that it has there.
    published_names: ClassVar[Mapping[str, tuple[str, float]]] = {}
    #: Modules that instances import when they are first used; workers of a study load them beforehand.
    imported_late: ClassVar[Sequence[str]] = ()

    def __init__(self, params: ProblemParams, source: str = "") -> None:
        self.params = params
        self.source = source  #: the file it was read from, or ""

    @abstractmethod
    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        """Instances of frames start..stop-1, counted from the first training frame."""

    def page(self) -> list[Block]:
        """What ``qmectk show`` prints of the first frame."""
        from .presenting.problem import page_of

        return page_of(self)

    def __repr__(self) -> str:
        taught = f" after {self.params.training_frames} to train on" if self.params.training_frames else ""
        return f"<Problem {self.name}: {_frames(self.params.frames)}{taught}>"

    def to_pandas(self, frame: int = 0) -> DataFrame:
        """The numbers of a frame that is judged: the first of the tables of :meth:`Instance.describe`."""
        from pandas import DataFrame

        table = self.frame(frame).describe()[0]
        return DataFrame(list(table.rows), columns=list(table.headers))

    def plot(self, frame: int = 0, columns: int | None = None) -> Any:
        """A matplotlib figure of a frame that is judged; `columns` of a page: see :func:`qmectk.figures.drawn`."""
        return self.frame(frame).plot(columns)

    def memory(self, start: int, stop: int) -> float:
        """Bytes that :meth:`stream` takes for these frames at its peak, about; 0, the default, where it is unknown.

        What does not fit into the memory there is is refused with this number before anything is made.
        """
        return 0.0

    def drawn(self, start: int, stop: int) -> Sequence[Instance]:
        """:meth:`stream`, refused where the memory is not enough for it.

        Raises
        ------
        InputError
            With the bytes needed and available.
        """
        check_memory(
            self.memory(start, stop) + FRAME_BYTES * (stop - start),
            f"{self.source or self.name} with {_frames(stop - start)}",
        )
        return self.stream(start, stop)

    def instances(self) -> Sequence[Instance]:
        """The frames on which backends are judged."""
        start = self.params.training_frames
        return self.drawn(start, start + self.params.frames)

    def frame(self, number: int) -> Instance:
        """One of the frames that answers are judged on, by its number from 0; InputError when there is none."""
        known, skipped = self.params.frames, self.params.training_frames
        if not isinstance(number, int) or not 0 <= number < known:
            there = f"frames 0 to {known - 1}" if known > 1 else "frame 0 only"
            remedy = ""
            if skipped and isinstance(number, int) and skipped <= number < skipped + known:
                remedy = (
                    f"they are counted after the training frames: the stream's {number} is number {number - skipped}"
                )
            raise InputError(f"there is no frame {number}: {self.source or self.name} has {there}", remedy)
        start = skipped + number
        return self.drawn(start, start + 1)[0]

    def training_instances(self) -> Sequence[Instance]:
        """The frames before them, for training."""
        return self.drawn(0, self.params.training_frames)

    def process(self) -> Process[Any] | None:
        """How slots follow each other, for problems with memory; None for independent frames."""
        return None

    def copies(self, count: int, rng: np.random.Generator) -> Copies:
        """So many copies of this problem's world that go on together, for learners and vector environments.

        Here one after the other, from the process, or from training frames where there is none, and the view
        :class:`~qmectk.views.Decisions` of each slot. A family that has arrays of copies overrides it.

        Raises
        ------
        InputError
            Where the family does not say what a policy decides of its instances.
        """
        from .worlds.looped import Looped

        return Looped(self, count, rng)

    def observe(self, instance: Any) -> Instance | None:
        """What a controller sees of one of this problem's frames when it decides on it; None where that is the frame.

        What is seen is an instance with the same variables and other numbers (older ones, noisy ones). It leads nowhere
        to the truth, so its ``problem`` is None. Backends that prove nothing are given what is seen, their answers are
        carried out on the frame (:meth:`Instance.carry_out`) and measured there. Backends that prove are given the
        frame: a bound on anything else would be none, so they know what no controller knows.
        """
        return None

    def changes(self) -> Sequence[int]:
        """Frames that are judged, by their numbers from 0, from which on the world is another one (weights, devices).

        Reports say how long a backend takes to find its way again.
        """
        return ()

    @property
    def coupled(self) -> bool:
        """Whether neighbouring frames of the stream depend on each other (a channel with memory, mobility).

        Statistics that treat such frames as independent are too sure of themselves; reports say so.
        """
        return False

    def reading(self) -> Reading | None:
        """How observations of a frame in natural units become what policies see of it; None if not declared."""
        return None

    def concerns(self) -> list[str]:
        """What in the parameters cannot work (an unstable load, an unreachable target), with the numbers."""
        return []

    def with_frames(self, frames: int) -> Problem:
        """The same problem judged on another number of frames."""
        return self._with("frames", frames)

    def with_training_frames(self, frames: int) -> Problem:
        """The same problem with another number of frames to train on; the frames that are judged come after them."""
        return self._with("training_frames", frames)

    def judged_on_training(self) -> Problem:
        """The same stream with its training frames as those that are judged, and none before them."""
        return self.with_settings({"training_frames": 0, "frames": self.params.training_frames})

    def _with(self, key: str, frames: int) -> Problem:
        if isinstance(frames, bool) or not isinstance(frames, int) or frames < 1:
            raise InputError(f"{key.replace('_', ' ')} must be a whole number of at least 1, not {frames}")
        return self if frames == getattr(self.params, key) else self.with_settings({key: frames})

    def with_settings(self, settings: Mapping[str, Any]) -> Problem:
        """The same problem with other values for some of the top-level keys of its file.

        Raises
        ------
        InputError
            For a key that there is not, and for a value that is not allowed.
        """
        if not settings:
            return self
        unknown = [name for name in settings if name not in self.Params.model_fields]
        if unknown:
            raise InputError(f"problem '{self.name}' has no '{unknown[0]}'", "its keys: qmectk schema " + self.name)
        data = {**self.params.model_dump(), **settings}
        try:
            return type(self)(self.Params.model_validate(data), self.source)
        except ValidationError as error:
            raise explain(error, self.Params, data, {}, self.name) from error

    def fingerprint(self) -> str:
        """Hash of everything that decides the training stream; the name of a cached policy starts from it."""
        data = self.params.model_dump(mode="json", exclude={"frames"})
        return hashlib.sha256(json.dumps([self.name, data], sort_keys=True).encode()).hexdigest()


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
