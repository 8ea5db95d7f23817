"""Problem files in the formats of other programs. Each writer returns one line on what it wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qmectk import QUBO, Algebraic, Backend, Instance, Quadratic, View
from qmectk.errors import InputError, MissingPackage, NoRoute
from qmectk.extending.installed import check_there
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.routing.route import Route

Options = Mapping[str, str]

#: Most characters of notes on the printed line; the file has them all where its format has comments.
SHORT = 100


def lower(instance: Instance, wanted: type[View], options: Options) -> Route:
    """The route to a view of the wanted type, as a backend that accepts nothing else would get it."""

    class Export(Backend):
        name, accepts = "export", (wanted,)

        def solve(self, view: Any, budget: Any, rng: np.random.Generator) -> Any:
            raise NotImplementedError

    return find_route(instance, Export, registry(), options)


def describe(route: Route, longest: int | None = None) -> str:
    """How faithful a file is to the declared problem, its notes cut to `longest` characters."""
    notes = "; ".join(step.lowered.note for step in route.steps if step.lowered.note)
    if longest is not None and len(notes) > longest:
        notes = notes[:longest].rsplit(" ", 1)[0] + " ..."
    label = route.fidelity.label
    form = " form" if label in ("exact", "heuristic") else ""
    return f"{label}{form} of {route.instance.label}" + (f" ({notes})" if notes else "")


def write_lp(instance: Instance, options: Options, path: Path) -> str:
    """A linear problem through Pyomo; else its quadratic view through dimod."""
    linear = _linear(instance, options)
    if linear is not None:
        return _write_pyomo(linear, path, "lp", "\\ ")
    route = _quadratic(instance, options, "LP")
    import dimod.lp

    model = to_cqm(route.view, safe_labels=True)
    sign = "minus its objective" if route.view.sense > 0 else "its objective"
    head = f"\\ {describe(route)}\n\\ written by qmectk; minimises {sign} in {instance.unit or 'the declared unit'}\n"
    path.write_text(head + dimod.lp.dumps(model), encoding="utf-8")
    return f"LP with a quadratic objective, {_size(model)}; {describe(route, SHORT)}"


def write_mps(instance: Instance, options: Options, path: Path) -> str:
    """A linear problem through Pyomo; nothing else has a portable MPS form."""
    linear = _linear(instance, options)
    if linear is None:
        raise InputError(
            f"{instance.label} is not linear and an MPS file can hold nothing else",
            "try --format lp, which takes a quadratic restriction where there is one",
        )
    return _write_pyomo(linear, path, "mps", "* ")


def write_cqm(instance: Instance, options: Options, path: Path) -> str:
    """dimod's file of a constrained quadratic model."""
    route = _quadratic(instance, options, "CQM")
    model = to_cqm(route.view)
    _copy(model.to_file(), path)
    return f"CQM, {_size(model)}; {describe(route, SHORT)}"


def write_bqm(instance: Instance, options: Options, path: Path) -> str:
    """dimod's file of a binary quadratic model."""
    route = lower(instance, QUBO, options)
    model = route.view.model
    _copy(model.to_file(), path)
    return f"BQM, {model.num_variables} variables, {model.num_interactions} interactions; {describe(route, SHORT)}"


def write_qubo(instance: Instance, options: Options, path: Path) -> str:
    """Text: comments with the offset and the variables, then one 'i j value' a line, i <= j."""
    route = lower(instance, QUBO, options)
    model = route.view.model
    labels = list(model.variables)
    number = {label: i for i, label in enumerate(labels)}
    entries = {(i, i): float(model.linear[label]) for label, i in number.items()}
    for (left, right), value in model.quadratic.items():
        i, j = sorted((number[left], number[right]))
        entries[i, j] = float(value)
    lines = [
        f"# QUBO written by qmectk: {describe(route)}",
        "# minimise offset + sum of value * z_i * z_j over the lines below, z in {0, 1}",
        f"# size {len(labels)}",
        f"# offset {float(model.offset)!r}",
        *(f"# variable {i} {label}" for label, i in number.items()),
        *(f"{i} {j} {value!r}" for (i, j), value in sorted(entries.items()) if value != 0.0),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"QUBO, {len(labels)} variables, {model.num_interactions} interactions; {describe(route, SHORT)}"


#: Format -> writer.
WRITERS: dict[str, Callable[[Instance, Options, Path], str]] = {
    "lp": write_lp,
    "mps": write_mps,
    "bqm": write_bqm,
    "cqm": write_cqm,
    "qubo": write_qubo,
}


def to_cqm(view: Quadratic, *, safe_labels: bool = False) -> Any:
    """A dimod constrained quadratic model of a quadratic view, to be minimised.

    Parameters
    ----------
    safe_labels
        Name variables ``z_3`` instead of ``z[3]``, which LP files do not allow.

    Raises
    ------
    InputError
        For products of continuous variables, which dimod has no form for.
    """
    import dimod

    labels = [_safe(label) for label in view.labels()] if safe_labels else view.labels()
    kinds: list[tuple[str, float, float]] = []
    for variable, _ in view.variables.values():
        ends = zip(*(np.broadcast_to(e, (variable.length,)) for e in (variable.lower, variable.upper)), strict=True)
        kinds += [(variable.kind, float(low), float(high)) for low, high in ends]
    model = dimod.ConstrainedQuadraticModel()
    try:
        model.set_objective(_quadratic_model(dimod, view.objective.expanded(0), -view.sense, labels, kinds))
        for constraint in view.constraints:
            for row in range(constraint.form.rows):
                name = constraint.name if constraint.form.rows == 1 else f"{constraint.name}[{row}]"
                left = _quadratic_model(dimod, constraint.form.expanded(row), 1, labels, kinds)
                model.add_constraint(left, constraint.relation, 0, _safe(name) if safe_labels else name)
    except ValueError as error:
        raise InputError(f"dimod has no form for this problem: {error}") from error
    return model


def _quadratic_model(dimod: Any, form: Any, sign: int, labels: list[str], kinds: list[tuple[str, float, float]]) -> Any:
    constant, linear, pairs = form
    model = dimod.QuadraticModel()
    types = {"binary": "BINARY", "integer": "INTEGER", "continuous": "REAL"}
    for label, (kind, low, high) in zip(labels, kinds, strict=True):
        if kind == "binary":
            model.add_variable(types[kind], label)
        else:
            widest = dimod.vartype_info(types[kind])
            low, high = max(low, widest.min), min(high, widest.max)
            model.add_variable(types[kind], label, lower_bound=low, upper_bound=high)
    model.offset = sign * constant
    for i, value in linear.items():
        model.add_linear(labels[i], sign * value)
    for (i, j), value in pairs.items():
        if i == j and kinds[i][0] == "binary":  # a bit equals its square
            model.add_linear(labels[i], sign * value)
        else:
            model.add_quadratic(labels[i], labels[j], sign * value)
    return model


def _linear(instance: Instance, options: Options) -> Route | None:
    """The route to an algebraic view when that is linear; None otherwise, also without Pyomo."""
    try:
        route = lower(instance, Algebraic, {})
    except MissingPackage:
        if not instance.signature.atoms:
            raise  # it is linear, so Pyomo is what is needed
        return None
    except NoRoute:
        return None
    if route.view.linear and options:
        raise InputError(f"the linear form of {instance.label} has no option '{next(iter(options))}'")
    return route if route.view.linear else None


def _quadratic(instance: Instance, options: Options, form: str) -> Route:
    try:
        route = lower(instance, Quadratic, options)
    except NoRoute as error:
        why = error.message.partition(": ")[2] or error.message
        raise NoRoute(f"{instance.label} has no {form} form: {why}") from error
    check_there(f"{form} files of a quadratic form", "annealing", "dimod")
    return route


def _write_pyomo(route: Route, path: Path, form: str, comment: str) -> str:
    model = route.view.model
    model.write(str(path), format=form, io_options={"symbolic_solver_labels": True})
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{comment}{describe(route)}, written by qmectk\n{text}", encoding="utf-8")
    sense = "maximises" if route.view.sense > 0 else "minimises"
    size = f"{model.nvariables()} variables, {model.nconstraints()} constraints"
    return f"{form.upper()}, {size}, {sense}; {describe(route, SHORT)}"


def _copy(source: Any, path: Path) -> None:
    with source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _size(model: Any) -> str:
    return f"{len(model.variables)} variables, {len(model.constraints)} constraints"


def _safe(label: str) -> str:
    """A name that every LP reader takes."""
    text = re.sub(r"[^A-Za-z0-9_.]+", "_", label).strip("_")
    return text if text and text[0].isalpha() and text[0] not in "eE" else f"v_{text}"
