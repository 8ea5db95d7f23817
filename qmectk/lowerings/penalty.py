"""Quadratic -> QUBO: constraints become penalties, each reported.

With no option the multiplier of a constraint is the largest change of the objective that flipping one of its
bits can make (Verma & Lewis, "Penalty and partitioning techniques to improve performance of QUBO solvers",
Discrete Optimization 44, 2022). With integer coefficients a violation costs at least one multiplier, so no
single flip gains by breaking a constraint; that is not a proof for several flips at once, and the core
measures every answer on the declared problem anyway. dimod adds the terms and the slack bits.

Whatever the multipliers are, a penalty that is zero at every feasible point, for some state of its slack bits, makes
the QUBO a relaxation: its least energy bounds the optimum. :class:`Allowance` says by how much in floating point.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NotExpressible, Refused
from ..options import option
from ..status import FEASIBILITY_TOLERANCE
from ..views import QUBO, Fidelity, Lowered, Quadratic
from ..views.quadratic import QuadraticConstraint, QuadraticForm
from .allowance import UNIT, Allowance, magnitude
from .base import Lowering
from .fixed import NEITHER, fixed_bits
from .whole import deviation, integers, reaches_all, same_bits

#: Bytes a coupling of a dense model: kept by dimod, and at the peak while Python's dictionaries are filled (measured).
BYTES, PEAK_BYTES = 36, 172

#: A model that would need more than the first of these at its peak is refused; above the second its need is announced.
MOST_MEMORY, MUCH_MEMORY = 2 << 30, 256 << 20


@dataclass(frozen=True)
class PenaltyOptions:
    """What users may set."""

    penalty: float = option(1.0, "factor on the automatic penalty multipliers")


class Penalise(Lowering):
    """Constraints become penalties, so a sample may violate them, and only what is measured counts of a point.

    Bounds travel back where every penalty vanishes at every feasible point, which is checked as they are made.
    """

    name = "penalties (dimod)"
    source, target, fidelity = Quadratic, QUBO, Fidelity.BOUNDS
    requires, extra = ("dimod",), "qmectk[annealing]"
    Options = PenaltyOptions

    def refuses(self, view: Quadratic) -> str | None:
        for name, (variable, _) in view.variables.items():
            if variable.kind != "binary":
                return f"'{name}' is {variable.kind}, and a QUBO has bits only"
        return None

    def apply(self, view: Quadratic, options: PenaltyOptions, max_bits: int | None) -> Lowered:
        if options.penalty <= 0:
            raise Refused("option 'penalty' must be positive")
        reason = self.refuses(view)
        if reason is not None:
            raise NotExpressible(reason)
        if max_bits is not None and view.width > max_bits:
            raise Refused(f"its QUBO has at least {view.width} bits and this backend takes at most {max_bits}")
        labels = view.labels()
        twice = [label for label, count in Counter(labels).items() if count > 1]
        if twice:  # dimod would take them for one bit
            raise NotExpressible(f"two of its variables are called '{twice[0]}'")
        need = _state_memory(view)
        model, linear, pairs = _objective(view, labels)
        effects = _flip_effects(linear, pairs)
        penalties: dict[str, float] = {}
        allowance = Allowance(magnitude(view.objective))
        allowance.steps += 2 * sum(int(factor.select.nnz) for factor in view.objective.factors)
        for constraint in view.constraints:
            if not constraint.redundant:
                involved = constraint.form.linear.indices
                weight = options.penalty * (max((effects.get(int(i), 0.0) for i in involved), default=0.0) or 1.0)
                penalties[constraint.name] = weight
                _penalise(model, constraint, labels, weight, allowance)
        fixed = fixed_bits(variable for variable, _ in view.variables.values())
        _fix(model, labels, fixed, allowance)
        if not _adds_up(model):
            raise Refused("energies of its QUBO are too large to be numbers", "choose a smaller 'penalty'")
        if max_bits is not None and model.num_variables > max_bits:
            raise Refused(f"its QUBO has {model.num_variables} bits and this backend takes at most {max_bits}")

        def bits(sample: dict[Any, int]) -> np.ndarray:
            free = np.array([sample[label] for label in labels], dtype=float)
            return np.where(fixed >= 0, fixed, free)

        def feasible(sample: dict[Any, int]) -> bool:
            z = bits(sample)
            return not (fixed == NEITHER).any() and all(_met(constraint, z) for constraint in view.constraints)

        note = ", ".join(f"{name}: {weight:.3g}" for name, weight in list(penalties.items())[:3])
        note += f" and {len(penalties) - 3} more" if len(penalties) > 3 else ""
        qubo = QUBO(model, penalties, feasible)
        note = f"penalties {note or 'none'}{need}"
        if (fixed >= 0).any():
            note += f"; {np.count_nonzero(fixed >= 0)} bits fixed by their bounds"
        kept = Fidelity.BOUNDS
        if allowance.unproved:
            kept = Fidelity.NOTHING
            note += f"; no bounds, because the penalty of {allowance.unproved[0]} may punish feasible points"
        # the model is minimised, so its value is minus the objective when the problem maximises
        return Lowered(
            qubo,
            lambda sample: view.split(bits(sample)),
            kept,
            note,
            lambda energy: -view.sense * (energy - allowance.energy),
        )


def _adds_up(model: Any) -> bool:
    """Whether every energy, and every sum on the way to one, is a number: samplers never end on others."""
    linear, (_, _, quadratic), offset = model.to_numpy_vectors()
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(2.0 * (abs(float(offset)) + np.abs(linear).sum() + np.abs(quadratic).sum())))


def couplings(view: Quadratic) -> int:
    """Most couplings that multiplying out the objective and the penalties can give; nothing is multiplied out."""

    def products(form: QuadraticForm) -> int:
        total = 0
        for factor in form.factors:
            left, right = (np.diff(side.linear.indptr).astype(np.int64) for side in (factor.left, factor.right))
            total += int(left @ right) // (2 if factor.left is factor.right else 1)
        return total

    count = products(view.objective)
    for constraint in view.constraints:
        if not constraint.redundant:
            count += int(np.square(np.diff(constraint.form.linear.indptr).astype(np.int64)).sum()) // 2
    return min(count, view.width * (view.width - 1) // 2)


def _state_memory(view: Quadratic) -> str:
    """What the dense model needs, in words for the note; refused or announced before anything is allocated."""
    count = couplings(view)
    if PEAK_BYTES * count <= MUCH_MEMORY:
        return ""
    kept, peak = BYTES * count / 2**20, PEAK_BYTES * count / 2**20
    text = f"its dense QUBO of {view.width} bits has up to {count:,} couplings"
    if PEAK_BYTES * count > MOST_MEMORY:
        raise Refused(
            f"{text} and would need about {peak:,.0f} MiB, more than {MOST_MEMORY >> 20:,} MiB",
            "use a backend that keeps the factors ('qmectk explain' says which do), or fewer bits",
        )
    warnings.warn(f"{text} and needs about {kept:,.0f} MiB, {peak:,.0f} MiB while it is built", stacklevel=4)
    return f"; dense, about {kept:,.0f} MiB"


def _objective(view: Quadratic, labels: list[str]) -> tuple[Any, dict[int, float], dict[tuple[int, int], float]]:
    """The objective as a dimod model that is minimised; its linear weights and those of pairs, as declared."""
    import dimod

    model = dimod.BinaryQuadraticModel("BINARY")
    model.add_linear_from(dict.fromkeys(labels, 0.0))
    constant, linear, pairs = view.objective.expanded(0)
    model.offset = -view.sense * constant
    for i, weight in linear.items():
        model.add_linear(labels[i], -view.sense * weight)
    for (i, j), weight in pairs.items():
        if i == j:  # a bit equals its square
            model.add_linear(labels[i], -view.sense * weight)
        else:
            model.add_quadratic(labels[i], labels[j], -view.sense * weight)
    return model, linear, pairs


def _flip_effects(linear: dict[int, float], pairs: dict[tuple[int, int], float]) -> dict[int, float]:
    """Largest change of the objective that flipping each bit can make, whatever the others are."""
    up, down = dict.fromkeys(linear, 0.0), dict.fromkeys(linear, 0.0)

    def count(i: int, weight: float) -> None:
        up[i] = up.get(i, 0.0) + max(weight, 0.0)
        down[i] = down.get(i, 0.0) + max(-weight, 0.0)

    steady = dict(linear)
    for (i, j), weight in pairs.items():
        if i == j:
            steady[i] = steady.get(i, 0.0) + weight
        else:
            count(i, weight)
            count(j, weight)
    return {
        i: max(abs(steady.get(i, 0.0) + up.get(i, 0.0)), abs(steady.get(i, 0.0) - down.get(i, 0.0)))
        for i in {*steady, *up}
    }


def _fix(model: Any, labels: list[str], fixed: np.ndarray, allowance: Allowance) -> None:
    """Fold the bits that their bounds fix into the other coefficients; they stay in the model, and do nothing there.

    Feasible points have no other values, so the model is as much of a relaxation as it was.
    """
    for i in np.flatnonzero(fixed >= 0):
        model.fix_variable(labels[i], int(fixed[i]))
        model.add_linear(labels[i], 0.0)  # samplers meet no model without bits
    # a coupling is added to a linear term, and that to the offset
    allowance.steps += 2 * int(np.count_nonzero(fixed == 1))


def _penalise(
    model: Any, constraint: QuadraticConstraint, labels: list[str], weight: float, allowance: Allowance
) -> None:
    # whole numbers break a row or meet it; what is allowed for is rounding, and what the declaration's scale says
    allowances = constraint.form.rounding + FEASIBILITY_TOLERANCE * np.asarray(constraint.scale)
    for row in range(constraint.form.rows):
        allowed = float(allowances[row])
        constant, linear, pairs = constraint.form.expanded(row)
        if any(abs(value) > 0 for value in pairs.values()):
            raise NotExpressible(f"constraint '{constraint.name}' is quadratic and has no QUBO penalty")
        terms = [(labels[i], value) for i, value in linear.items() if value != 0.0]
        if not terms:
            continue
        allowance.steps += 1  # a row adds at most one number to any coefficient
        numbers = [*(value for _, value in terms), constant]
        size = sum(map(abs, numbers))
        whole = integers(numbers[:-1], constant)
        if constraint.relation == "==":
            model.add_linear_equality_constraint(terms, lagrange_multiplier=weight, constant=constant)
            allowance.magnitude += weight * size**2
            # whole numbers are met exactly or not at all; others as the core measures
            off = allowed
            if whole is not None and same_bits(whole, numbers, allowed):
                off = deviation(whole, numbers)
            allowance.near += weight * (off + 2.0 * (len(terms) + 16) * UNIT * size) ** 2
            continue
        if whole is None:
            raise NotExpressible(
                f"constraint '{constraint.name}' has coefficients that are not multiples of one number, "
                "so it has no exact slack"
            )
        if not same_bits(whole, numbers, allowed):
            allowance.unproved += (constraint.name,)
        if _pairwise(model, terms, whole, weight):
            allowance.magnitude += weight * len(terms) ** 2
            continue
        # smallest possible left side: dimod needs it to size the slack
        least, most = sum(min(0, value) for value in whole[:-1]), sum(max(0, value) for value in whole[:-1])
        if most <= -whole[-1]:
            continue  # it holds whatever the bits are
        if least > -whole[-1]:
            # it can never hold; the penalty still pulls towards the least violation, and the core reports it
            model.add_linear_equality_constraint(terms, lagrange_multiplier=weight, constant=constant)
            allowance.magnitude += weight * size**2
            continue
        slack = model.add_linear_inequality_constraint(
            [(label, value) for (label, _), value in zip(terms, whole[:-1], strict=True)],
            lagrange_multiplier=weight,
            label=_new_label(f"{constraint.name}[{row}]", labels),
            constant=0,
            lb=least,
            ub=-whole[-1],
        )
        steps = [int(value) for _, value in slack]
        if not reaches_all(steps, -whole[-1] - least):
            allowance.unproved += (constraint.name,)
        allowance.magnitude += weight * float(sum(abs(value) for value in whole) + sum(steps)) ** 2


def _new_label(label: str, labels: list[str]) -> str:
    """`label` with primes until no declared bit has a name that dimod gives to the slack bits of this label.

    Slack bits of different rows differ in any case, by the name of the constraint and the row.
    """
    while any(taken.startswith(f"slack_{label}_") for taken in labels):
        label += "'"
    return label


def _pairwise(model: Any, terms: list[tuple[str, float]], whole: list[int], weight: float) -> bool:
    """ "At most one of these bits" as products of pairs, which needs no slack; True when that was the form."""
    *coefficients, constant = whole
    if constant != -1 or any(value != 1 for value in coefficients):
        return False
    for k, (left, _) in enumerate(terms):
        for right, _ in terms[k + 1 :]:
            model.add_quadratic(left, right, weight)
    return True


def _met(constraint: QuadraticConstraint, z: np.ndarray) -> bool:
    residual = constraint.form.value(z)
    return bool(np.all(np.abs(residual) <= 1e-9) if constraint.relation == "==" else np.all(residual <= 1e-9))
