"""An instance for people: tables of its numbers and a picture of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..instance import Instance

#: Largest side of a matrix that is worth a table or a map.
LARGEST = 200


@dataclass(frozen=True)
class Table:
    """One table: every row has a cell a header; numbers stay numbers."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"title": self.title, "headers": list(self.headers), "rows": [list(row) for row in self.rows]}


def arrays_of(instance: Instance, most: int | None = LARGEST) -> Iterator[tuple[str, Any]]:
    """Name and array of everything of one or two dimensions that an instance holds, of no side longer than `most`."""
    names = (
        [field.name for field in dataclasses.fields(instance)] if dataclasses.is_dataclass(instance) else vars(instance)
    )
    for name in names:
        value = getattr(instance, name, None)
        if not isinstance(value, np.ndarray) or value.ndim not in (1, 2) or value.dtype.kind not in "biuf":
            continue
        if value.size and (most is None or max(value.shape) <= most):
            yield name, value


def tables(instance: Instance) -> list[Table]:
    """Vectors of one length side by side, then variables and constraints."""
    found: list[Table] = []
    groups: dict[int, list[tuple[str, Any]]] = {}
    for name, array in arrays_of(instance):
        columns = [(name, array)] if array.ndim == 1 else [(f"{name}[{k}]", array[:, k]) for k in range(array.shape[1])]
        groups.setdefault(len(array), []).extend(columns)
    for length, columns in groups.items():
        headers = ("#", *(name for name, _ in columns))
        rows = tuple((i, *(float(column[i]) for _, column in columns)) for i in range(length))
        found.append(Table(f"{length} rows" if len(groups) > 1 else "numbers", headers, rows))
    signature = instance.signature
    variables = tuple(
        (v.name, v.kind, v.length, float(np.min(v.lower)), float(np.max(v.upper))) for v in signature.variables.values()
    )
    found.append(Table("variables", ("name", "kind", "elements", "least", "most"), variables))
    sense = "maximize" if signature.sense > 0 else "minimize"
    stated = [("objective", f"{sense}, in {instance.unit}" if instance.unit else sense)]
    stated += [("constraint", name) for name in signature.constraints]
    found.append(Table("declared", ("what", "name"), tuple(stated)))
    return found


def draw(figure: Any, arrays: Iterable[tuple[str, np.ndarray]], title: str = "") -> None:
    """A panel an array, by name: bars for vectors, maps for matrices."""
    found = list(arrays)
    if not found:
        figure.text(0.5, 0.5, "no arrays to draw", ha="center")
        return
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    figure.set_size_inches(4.0 * columns, 2.8 * rows)
    for place, (name, array) in enumerate(found, start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.set_title(name, fontsize="medium")
        if array.ndim == 1:
            axes.bar(np.arange(len(array)), array)
            spread = np.max(array) / max(np.min(array), 1e-300) if np.min(array) > 0 else 1.0
            if spread > 1e3:
                axes.set_yscale("log")
        else:
            figure.colorbar(axes.imshow(array, aspect="auto"), ax=axes)
        axes.set_xlabel("element" if array.ndim == 1 else "column")
    figure.suptitle(title, fontsize="medium")


__all__ = ["Table", "arrays_of", "draw", "tables"]
