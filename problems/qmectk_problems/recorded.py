"""What files record of every slot, in the place of what a problem would draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, ValidationInfo

from qmectk.data import Numbers, array_names, read_array
from qmectk.errors import InputError
from qmectk.problem import ProblemParams

from .files import NamedFile, with_content
from .gains import USUAL, GainFile, gains_of
from .parts import LARGEST
from .recorded_files import SIZES, LinkFile, SizeFile, SlotFile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What one recorded array has to be.

    Attributes
    ----------
    axes
        Keys of the problem that count its columns: ("devices", "servers").
    least, most
        Smallest and largest number.
    whole
        Whether numbers are whole.
    unit
        For people.
    """

    axes: tuple[str, ...]
    least: float = 0.0
    most: float = LARGEST
    whole: bool = False
    unit: str = ""

    def check(self, name: str, found: Numbers) -> None:
        """ValueError with the place of the first number that cannot be."""
        array = found.array
        bad = ~((array >= self.least) & (array <= self.most))
        if self.whole:
            bad |= array != np.floor(array)
        if bad.any():
            place = tuple(np.argwhere(bad)[0])
            must = "must be" + " whole numbers" * self.whole + (f" >= {self.least:g}" if self.least == 0.0 else " > 0")
            must += f" and at most {self.most:g}" if array[place] > self.most else ""
            raise ValueError(
                f"{found.source} has {array[place]:g} {self.unit or name} in {found.at(place)}; they {must}"
            )


@dataclass(frozen=True)
class Recorded:
    """Rows of files: those that are judged, or before them those that learners see.

    Attributes
    ----------
    arrays
        Name -> array whose first axis is the slot.
    """

    arrays: Mapping[str, Array]

    @property
    def rows(self) -> int:
        """How many there are; 0 where nothing is recorded."""
        return next((len(array) for array in self.arrays.values()), 0)

    def of(self, name: str) -> Array | None:
        """All rows of one array; None where it is not recorded."""
        return self.arrays.get(name)

    def between(self, first: int, stop: int | None) -> Recorded:
        """Some of the rows."""
        return Recorded({name: array[first:stop] for name, array in self.arrays.items()})

    def at(self, slot: Any, names: Any = None) -> dict[str, Array]:
        """What slots of any shape bring: row t, and the first one again behind the last.

        Parameters
        ----------
        names
            Of these arrays alone.
        """
        chosen = self.arrays if names is None else self.arrays.keys() & set(names)
        return {name: self.arrays[name][np.asarray(slot) % self.rows] for name in sorted(chosen)}

    def stamped(self, fingerprint: str) -> str:
        """A fingerprint of parameters and of what was recorded."""
        for name, array in sorted(self.arrays.items()):
            fingerprint = with_content(f"{fingerprint} {name}", array)
        return fingerprint

    def taught(self, params: ProblemParams, source: str) -> Recorded:
        """The rows for learners.

        Raises
        ------
        InputError
            Where files are given and no rows of them are set apart.
        """
        if self.rows and params.training_frames < 1:
            raise InputError(
                f"{source} has no recorded rows to train on",
                "'training_frames' sets the first rows of its files apart for learners",
            )
        return self.between(0, params.training_frames)


NOTHING = Recorded({})


class RecordedParams(ProblemParams):
    """Parameters of a problem whose slots may be recorded in files.

    Attributes
    ----------
    measured
        Name of an array -> what it has to be.
    """

    measured: ClassVar[Mapping[str, Measured]]

    channel: LinkFile | None = Field(
        None,
        description="{path: ...}: a file of gains instead of drawn ones. Of files the first 'training_frames' "
        "rows are for learners; slot t of a simulation takes row t of the others, and begins again behind the last.",
    )
    recorded: SlotFile | None = Field(
        None,
        description="{path: ...}: an .npz or .mat file of 'qmectk sample' whose arrays stand in the place of draws.",
    )
    _rows: Recorded = PrivateAttr(default=NOTHING)
    _doubts: list[str] = PrivateAttr(default_factory=list)

    @property
    def rows(self) -> Recorded:
        """What files hold, all rows."""
        return self._rows

    def doubts(self) -> list[str]:
        return [*super().doubts(), *self._doubts]

    def read_files(self, info: ValidationInfo, others: Mapping[str, str]) -> None:
        """Read everything that files record, and count what the problem does not state by it.

        Parameters
        ----------
        others
            Key of a file -> name of the array that it holds, beside ``channel`` and ``recorded``.

        Raises
        ------
        ValueError
            In one sentence, for a file that cannot be used.
        """
        found: dict[str, Numbers] = {}
        absolute: dict[str, Any] = {}
        for key, name in {**others, "channel": "gain", "recorded": ""}.items():
            file = getattr(self, key)
            if not isinstance(file, NamedFile):
                continue
            placed = file.beside(info)
            absolute[key] = placed.absolute()
            for held, numbers in self._held(placed, name).items():
                if held in found:
                    raise ValueError(f"{found[held].source} and {numbers.source} both hold '{held}'")
                found[held] = numbers
        if not found:
            return
        counts = self._counts(found)
        arrays = {}
        for name, numbers in found.items():
            shape = tuple(counts[axis] for axis in self.measured[name].axes)
            arrays[name] = numbers.array.reshape(len(numbers.array), *shape)
        self._rows = Recorded(arrays)
        lengths = {len(array): numbers.source for array, numbers in zip(arrays.values(), found.values(), strict=True)}
        if len(lengths) > 1:
            (first, a), (second, b), *_ = lengths.items()
            raise ValueError(f"{a} and {b} have {first} and {second} rows; both are of the same slots")
        for key, value in {**counts, **self._frames(), **absolute}.items():
            object.__setattr__(self, key, value)

    def _held(self, file: Any, name: str) -> dict[str, Numbers]:
        if not name:
            known = [held for held in array_names(file.path) if held in self.measured]
            if not known:
                raise ValueError(f"{file.path.name} holds none of {', '.join(self.measured)}")
            return {held: self._checked(held, read_array(file.path, variable=held)) for held in known}
        stated = [getattr(self, axis) for axis in self.measured[name].axes if axis in self.model_fields_set]
        expected = int(np.prod(stated)) if len(stated) == len(self.measured[name].axes) else None
        found = read_array(
            file.path,
            variable=file.variable,
            usual=(name, *(USUAL if isinstance(file, GainFile) else ())),
            columns=file.columns,
            skip=file.skip,
            expected=expected,
        )
        if isinstance(file, GainFile):
            found, self._doubts = gains_of(found, file.unit)
        elif isinstance(file, SizeFile):
            found = replace(found, array=SIZES[file.unit] * found.array)
        return {name: self._checked(name, found)}

    def _checked(self, name: str, found: Numbers) -> Numbers:
        measured = self.measured[name]
        if len(measured.axes) == 1 and found.array.ndim == 1:
            found = replace(found, array=found.array[:, None])
        if not measured.axes and found.array.ndim == 2 and found.array.shape[1] == 1:  # MATLAB has no vectors
            found = replace(found, array=found.array[:, 0])
        if not found.array.size:
            raise ValueError(f"{found.source} holds no numbers")
        measured.check(name, found)
        return found

    def _counts(self, found: Mapping[str, Numbers]) -> dict[str, int]:
        """How many there are of what arrays have columns for: as stated, else as they have it, else usual."""
        axes = list(dict.fromkeys(axis for name in self.measured for axis in self.measured[name].axes))
        known = {axis: getattr(self, axis) for axis in axes if axis in self.model_fields_set}
        flat: dict[str, Numbers] = {}
        for name, numbers in found.items():
            mine, shape = self.measured[name].axes, numbers.array.shape[1:]
            if len(shape) == 1 and len(mine) == 2:
                flat[name] = numbers
                continue
            wanted = ", ".join(str(known.get(axis, axis)) for axis in ("slots", *mine)) + "," * (not mine)
            if len(shape) != len(mine) or any(known.get(a, k) != k for a, k in zip(mine, shape, strict=True)):
                raise ValueError(
                    f"{numbers.source} holds an array of shape {numbers.array.shape}; it must be ({wanted})"
                )
            known |= dict(zip(mine, shape, strict=True))
        for name, numbers in flat.items():
            known |= self._side_by_side(known, self.measured[name].axes, numbers)
        return {axis: known.get(axis, getattr(self, axis)) for axis in axes}

    def _side_by_side(self, known: Mapping[str, int], axes: tuple[str, ...], numbers: Numbers) -> dict[str, int]:
        """The counts of two axes whose columns stand side by side."""
        columns, (outer, inner) = numbers.array.shape[1], axes
        if outer in known and inner in known:
            if columns != known[outer] * known[inner]:
                raise ValueError(
                    f"{numbers.source} has {columns} columns, and {known[outer]} {outer} with {known[inner]} {inner} "
                    f"have {known[outer] * known[inner]} links"
                )
            return {}
        if outer not in known and inner not in known:
            raise ValueError(
                f"{numbers.source} has {columns} columns, one a link; state '{outer}' or '{inner}', or save an array "
                f"of shape (slots, {outer}, {inner})"
            )
        stated, other = (outer, inner) if outer in known else (inner, outer)
        count, rest = divmod(columns, known[stated])
        if rest:
            raise ValueError(f"{numbers.source} has {columns} columns, which {known[stated]} {stated} do not divide")
        return {other: count}

    def _frames(self) -> dict[str, int]:
        """The number of frames where it is not stated."""
        rows, taught = self._rows.rows, self.training_frames
        if rows <= taught:
            raise ValueError(
                f"{rows} rows are recorded, and the first {taught} are for learners ('training_frames'): none is left"
            )
        if "frames" not in self.model_fields_set:
            return {"frames": rows - taught}
        if rows < taught + self.frames:
            raise ValueError(f"{rows} rows are recorded, and training_frames + frames asks for {taught + self.frames}")
        return {}


__all__ = ["Measured", "Recorded", "RecordedParams"]
