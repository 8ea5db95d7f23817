"""The contract of a backend, one function a clause.

A clause takes a :class:`~qmectk.testing.bench.Bench`, raises :class:`Violation` when the backend breaks it,
and returns a sentence on what was looked at.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Backend, LearnedBackend, Reply
from ..budget import Budget
from ..errors import InputError, QmectkError
from ..options import OptionField, build, convert, fields_of
from ..plugins import registry
from ..problem import Instance, Problem
from ..route import Route, find_route
from ..run import Answer
from ..solution import Solution
from ..status import OPTIMALITY_GAP, Quality, Termination
from .bench import SEED, Bench, Observation, silenced
from .imports import heavy_imports
from .instances import Case, Unknown, slow_cases, true_optimum


class Violation(AssertionError):
    """A backend breaks a clause; the message says how."""


@dataclass(frozen=True)
class Clause:
    """One clause: a name for the test, a sentence for people, and the check."""

    name: str
    description: str
    check: Callable[[Bench], str]


CLAUSES: dict[str, Clause] = {}


def clause(check: Callable[[Bench], str]) -> Callable[[Bench], str]:
    """Register a clause; the first paragraph of its docstring is its description."""
    text = inspect.getdoc(check) or ""
    CLAUSES[check.__name__] = Clause(check.__name__, " ".join(text.split("\n\n")[0].split()), check)
    return check


def require(condition: Any, message: str) -> None:
    """Raise Violation unless `condition` holds."""
    if not condition:
        raise Violation(message)


# ---- what it says about itself --------------------------------------------------------------------


@clause
def describes_itself(bench: Bench) -> str:
    """Its name is one word, it has a summary or a docstring, and a backend that needs packages can be installed."""
    cls = bench.backend
    require(
        isinstance(getattr(cls, "name", None), str) and re.fullmatch(r"[a-z][a-z0-9-]*", cls.name),
        f"the name {getattr(cls, 'name', None)!r} is not a word of small letters, digits and hyphens",
    )
    require((cls.summary or vars(cls).get("__doc__") or "").strip(), "it has neither a summary nor a docstring")
    missing = cls.missing()
    require(not missing, f"it needs {', '.join(missing)}, not installed here")
    return cls.summary or str(cls.__doc__).strip().split("\n")[0]


@clause
def options_are_declared(bench: Bench) -> str:
    """Options is a frozen dataclass; every option has a supported type, a default that fits it, and a line of help."""
    cls = bench.backend.Options
    frozen = dataclasses.is_dataclass(cls) and getattr(cls, "__dataclass_params__").frozen  # noqa: B009  # untyped
    require(frozen, f"{cls.__name__} is not a frozen dataclass")
    fields = fields_of(cls)
    for option in fields:
        require(option.help, f"option '{option.name}' has no help; declare it with qmectk.options.option")
        require(option.default is not dataclasses.MISSING, f"option '{option.name}' has no default")
        require(_supported(option.type), f"option '{option.name}' has the type {option.type}, which cannot be typed in")
        try:
            kept = convert(option.name, option.default, option.type)
        except InputError as error:
            raise Violation(f"the default of option '{option.name}' does not fit its type: {error}") from error
        require(kept == option.default, f"the default of option '{option.name}' becomes {kept!r} when it is validated")
    return f"{len(fields)} options"


def _supported(kind: Any) -> bool:
    if typing.get_origin(kind) is typing.Literal:
        return True
    members = [a for a in typing.get_args(kind) if a is not type(None)]
    if members:
        return len(members) == 1 and _supported(members[0])
    return kind in (int, float, bool, str)


@clause
def unknown_options_are_refused(bench: Bench) -> str:
    """A misspelt option is refused, with the nearest name."""
    names = [option.name for option in fields_of(bench.backend.Options)]
    wrong = f"{names[0]}_" if names else "no_such_option"
    error = _refusal(bench, {wrong: 1})
    require(error is not None, f"it runs with the option '{wrong}', which it does not have")
    if names:
        require(f"'{names[0]}'" in str(error), f"the refusal of '{wrong}' does not suggest '{names[0]}': {error}")
    return str(error)


@clause
def option_values_are_validated(bench: Bench) -> str:
    """A value that is no number, truth value or choice is refused where one is wanted."""
    wanted = [option for option in fields_of(bench.backend.Options) if not _takes_text(option)]
    for option in wanted:
        error = _refusal(bench, {option.name: "not-a-value"})
        require(error is not None, f"it runs with {option.name}=not-a-value")
    return f"{len(wanted)} options"


def _takes_text(option: OptionField) -> bool:
    return option.type is str or str in typing.get_args(option.type)


def _refusal(bench: Bench, options: dict[str, Any]) -> InputError | None:
    """The InputError that options lead to, on the first case the backend takes; None when it runs."""
    first = bench.first()
    if first is None:
        raise Violation("it takes none of the suite's instances")
    seen = bench.look(first.case, options=options)
    if isinstance(seen.crash, InputError):
        return seen.crash
    require(seen.crash is None, f"{options} leads to {_describe(seen.crash)} instead of an InputError")
    return None


@clause
def loads_nothing_heavy(bench: Bench) -> str:
    """Loading its plugin imports no solver and no learning library: those are imported when it solves."""
    found = heavy_imports(bench.backend, registered=bench.registered)
    require(not found, f"loading it imports {', '.join(found)}; move the imports into solve")
    return "nothing heavy"


# ---- what it answers ------------------------------------------------------------------------------


@clause
def takes_an_instance(bench: Bench) -> str:
    """There is a route to at least one of the suite's feasible instances."""
    taken = bench.standard(feasible=True)
    require(taken, f"it takes none of the suite's instances: {'; '.join(bench.refusals())}")
    return ", ".join(seen.case.name for seen in taken)


@clause
def answers_every_frame(bench: Bench) -> str:
    """Without a time limit every frame of every feasible instance gets a Reply, without a crash."""
    taken = _taken(bench, feasible=True)
    for seen in taken:
        _answered(seen)
    return f"{sum(len(seen.answers) for seen in taken)} frames"


@clause
def claims_measure(bench: Bench) -> str:
    """What it claims about its points is what the core measures: objectives agree, points fit, nothing is refuted."""
    for seen in _taken(bench):
        for _, answer, solution in seen:
            require(not solution.faults, f"{_where(seen, solution)}: {'; '.join(solution.faults)}")
            require(
                answer.bound is None or (np.isfinite(answer.tolerance) and 0 <= answer.tolerance <= 1e-3),
                f"{_where(seen, solution)}: its bound is stated up to a relative tolerance of {answer.tolerance}",
            )
    return "no faults"


@clause
def bounds_hold(bench: Bench) -> str:
    """No bound it claims is beaten by the true optimum, and it never proves a feasible instance infeasible."""
    checked = 0
    for seen in _taken(bench, feasible=True):
        for instance, answer, solution in seen:
            where = _where(seen, solution)
            optimum = _optimum(instance)
            certificate = solution.certificate
            if certificate is not None and optimum is not None:
                beaten = certificate.refuted_by(optimum, solution.sense)
                require(
                    not beaten, f"{where}: its bound {certificate.bound:.12g} is beaten by the optimum {optimum:.12g}"
                )
                checked += 1
            gave_up = answer.termination is Termination.PROVED and answer.values is None
            require(not gave_up, f"{where}: it claims a proof and has no point, but the instance is feasible")
    return f"{checked} bounds"


@clause
def optimal_needs_a_bound(bench: Bench) -> str:
    """It never claims an optimum without a bound that the core accepts, and what is called optimal is optimal."""
    optimal = 0
    for seen in _taken(bench, feasible=True):
        for instance, answer, solution in seen:
            where = _where(seen, solution)
            # a proof about a lowered view proves nothing here and claims nothing here; a direct one does
            exact = all(step["fidelity"] == "exact" for step in answer.route)
            if answer.termination is Termination.PROVED and answer.values is not None and exact:
                require(solution.certificate is not None, f"{where}: claims a proof without a bound the core accepts")
            if solution.quality is Quality.OPTIMAL:
                certificate, optimum = solution.certificate, _optimum(instance)
                if certificate is None:
                    raise Violation(f"{where}: optimal without a certificate")
                if optimum is not None:
                    allowed = 2 * max(OPTIMALITY_GAP, certificate.tolerance) * max(1.0, abs(optimum))
                    short = solution.sense * (optimum - (solution.objective or 0.0))
                    require(
                        short <= allowed, f"{where}: called optimal, but {short:.3g} short of the optimum {optimum}"
                    )
                optimal += 1
    return f"{optimal} proved optima"


@clause
def survives_one_bit(bench: Bench) -> str:
    """The smallest instances, of one bit or one device, are answered without a crash."""
    taken = [seen for seen in bench.standard(one_bit=True) if seen.taken]
    for seen in taken:
        _answered(seen)
    return _names(taken)


@clause
def survives_infeasible(bench: Bench) -> str:
    """An instance without a feasible point is answered without a crash."""
    taken = bench.standard(feasible=False)
    for seen in taken:
        require(
            not isinstance(seen.crash, QmectkError),
            f"{seen.case.name}: raises '{seen.crash}' instead of replying without a point",
        )
        _answered(seen)
    return _names(taken)


@clause
def no_values_without_incumbent(bench: Bench) -> str:
    """On an instance without a feasible point it returns no values, or a point that claims nothing."""
    taken = bench.standard(feasible=False)
    for seen in taken:
        for instance, answer, solution in seen:
            where = _where(seen, solution)
            require(not solution.feasible, f"{where}: the core calls its point feasible")
            if answer.values is None:
                continue
            require(answer.termination is not Termination.PROVED, f"{where}: claims a proof with an infeasible point")
            measured = instance.measure(answer.values).objective
            closed = answer.bound is not None and np.isclose(answer.bound, measured, rtol=1e-6, atol=1e-9)
            require(not closed, f"{where}: claims a bound equal to the objective of its infeasible point")
    return _names(taken)


@clause
def answers_can_be_written(bench: Bench) -> str:
    """Every answer can be written as JSON: points are numbers, and `info` holds plain values."""
    for seen in _taken(bench):
        for _, answer, solution in seen:
            odd = _not_plain(answer.info, "info")
            require(odd is None, f"{_where(seen, solution)}: {odd}")
            solution.to_json()
    return "as JSON"


def _not_plain(value: Any, where: str) -> str | None:
    """The first thing in `value` that JSON has no form for."""
    if isinstance(value, dict):
        found = (_not_plain(item, f"{where}[{key!r}]") for key, item in value.items())
        return next((odd for odd in found if odd), None)
    if isinstance(value, (list, tuple)):
        return next((odd for odd in (_not_plain(item, where) for item in value) if odd), None)
    if value is None or isinstance(value, (str, int, float, np.number, np.bool_)):
        return None
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return None
    return f"{where} is a {type(value).__name__}"


# ---- repeatability --------------------------------------------------------------------------------


@clause
def same_seed_same_answer(bench: Bench) -> str:
    """Two runs with one seed give the same answers; a learned policy answers the same fresh and from its cache."""
    if not bench.config.deterministic:
        return "declared as not repeatable"
    taken = _taken(bench)
    for seen in taken:
        again = bench.look(seen.case, fresh=True)
        _same(seen, again, "a second run with the same seed")
        if issubclass(bench.backend, LearnedBackend):
            _same(seen, bench.look(seen.case), "the cached policy")
    return _names(taken)


def _same(first: Observation, second: Observation, what: str) -> None:
    require(type(first.crash) is type(second.crash), f"{first.case.name}: {what} ends with {_describe(second.crash)}")
    counts = len(first.solutions), len(second.solutions)
    require(counts[0] == counts[1], f"{first.case.name}: {what} answers {counts[1]} frames instead of {counts[0]}")
    for one, other in zip(first.solutions, second.solutions, strict=True):
        difference = _difference(one, other)
        require(difference is None, f"{_where(first, one)}: {what} gives another {difference}")


def _difference(one: Solution, other: Solution, tolerance: float = 0.0) -> str | None:
    """What differs between two solutions, None when nothing does."""
    for name in ("termination", "quality", "objective", "bound"):
        left, right = getattr(one, name), getattr(other, name)
        close = isinstance(left, float) and isinstance(right, float) and np.isclose(left, right, rtol=tolerance, atol=0)
        if left != right and not close:
            return f"{name} ({left} and {right})"
    if (one.values is None) != (other.values is None):
        return "point"
    for name, value in (one.values or {}).items():
        if not np.allclose(value, (other.values or {})[name], rtol=tolerance, atol=tolerance):
            return f"value of '{name}'"
    return None


@clause
def batch_equals_serial(bench: Bench) -> str:
    """A frame is answered the same alone and among others."""
    if not bench.config.deterministic:
        return "declared as not repeatable"
    taken = [seen for seen in _taken(bench) if len(seen.instances) > 1 and seen.crash is None]
    for seen in taken:
        alone = _alone(bench, seen)
        require(
            len(seen.answers) == len(alone), f"{seen.case.name}: {len(alone)} replies to {len(seen.answers)} frames"
        )
        for k, (answer, (reply, point)) in enumerate(zip(seen.answers, alone, strict=True)):
            difference = _reply_difference(answer, reply, point)
            require(difference is None, f"{seen.case.name}, frame {k}: alone it gives another {difference}")
    return _names(taken)


def _alone(bench: Bench, seen: Observation) -> list[tuple[Any, Any]]:
    """The replies to the frames of a standard run, each asked for on its own, and their lifted points."""
    cls = bench.backend
    raw = dict(bench.config.options)
    instances = seen.case.instances()
    out: list[tuple[Any, Any]] = []
    with bench.cache(), silenced():
        first = find_route(instances[0], cls, registry(), raw)
        routes = [first, *(first.again(instance, cls.max_bits) for instance in instances[1:])]
        try:
            problem = instances[0].problem
            for k, route in enumerate(routes):
                rng = np.random.default_rng([SEED, k])  # as the core seeds frame k
                backend = cls(build(cls.Options, raw))  # anew, so that nothing is remembered from other frames
                if isinstance(backend, LearnedBackend) and problem is not None:
                    draws = np.random.default_rng([SEED, 2**31])
                    backend.train(lambda: _training_views(first, problem, cls), problem.fingerprint(), Budget(), draws)
                for reply in backend.solve_many([route.view], Budget(), [rng]):
                    require(isinstance(reply, Reply), f"{seen.case.name}: it returns something that is not a Reply")
                    out.append((reply, route.lift(reply.point) if reply.point is not None else None))
        except (Exception, SystemExit) as error:
            raise Violation(f"{seen.case.name}: {_describe(error)}") from error
    return out


def _training_views(route: Route, problem: Problem, cls: type[Backend]) -> list[Any]:
    return [route.again(instance, cls.max_bits).view for instance in problem.training_instances()]


def _reply_difference(answer: Answer, reply: Reply, point: Any) -> str | None:
    """What differs by more than the rounding that a batched product of matrices may bring."""
    if answer.termination != reply.termination:
        return f"termination ({reply.termination}, not {answer.termination})"
    if (answer.values is None) != (point is None):
        return "point"
    for name, value in (answer.values or {}).items():
        if not np.allclose(value, point[name], rtol=1e-5, atol=1e-6):
            return f"value of '{name}'"
    return None


# ---- time -----------------------------------------------------------------------------------------


@clause
def respects_the_time_limit(bench: Bench) -> str:
    """On larger instances it ends soon after the time limit, with a point where one is easy to find."""
    limit, tolerance = bench.config.time_limit, bench.config.time_tolerance
    notes: list[str] = []
    for case in slow_cases():
        assert case.warm is not None, "slow cases have a small sibling"
        warm = bench.look(Case(f"{case.name}, warming up", case.warm))
        if not warm.taken:
            continue
        _no_crash(warm)
        seen = bench.look(case, time_limit=limit)
        if not seen.taken:
            continue
        _no_crash(seen)
        for _ in range(2):  # the machine may have been busy: again
            if seen.seconds > limit + tolerance:
                seen = bench.look(case, time_limit=limit, fresh=True)
        require(
            seen.seconds <= limit + tolerance,
            f"{case.name}: took {seen.seconds:.1f} s with a limit of {limit:g} s (tolerance {tolerance:g} s)",
        )
        if bench.config.incumbent:
            # more time where there is no point yet: a busy machine is no excuse for what is easy after 5 s
            found = _has_point(seen) or _has_point(bench.look(case, time_limit=5 * limit))
            require(found, f"{case.name}: no point after {5 * limit:g} s, though one that does nothing is feasible")
        notes.append(f"{case.name} {seen.seconds:.1f} s")
    return ", ".join(notes) or "it takes none of the larger instances"


def _has_point(seen: Observation) -> bool:
    return bool(seen.solutions) and seen.solutions[0].values is not None


@clause
def survives_no_time(bench: Bench) -> str:
    """With a budget that is spent at once it answers, with a point or without one, and does not crash."""
    for seen in _taken(bench, feasible=True):
        hasty = bench.look(seen.case, time_limit=1e-6, fresh=True)
        _no_crash(hasty)
        for answer in hasty.answers:
            require(
                answer.termination is not Termination.FAILED, f"{seen.case.name}: fails ({_words(hasty)}) without time"
            )
    return "no crash"


# ---- surroundings ---------------------------------------------------------------------------------


@clause
def leaves_random_state(bench: Bench) -> str:
    """All its randomness comes from the generator it is given: global generators are left as they were."""
    for seen in _taken(bench):
        require(not seen.random_state, f"{seen.case.name}: it draws from the global {' and '.join(seen.random_state)}")
    return "untouched"


@clause
def leaves_instances(bench: Bench) -> str:
    """It does not write into the instance it is given."""
    for seen in _taken(bench):
        require(not seen.changed, f"{seen.case.name}: it changes {', '.join(seen.changed)}")
    return "untouched"


@clause
def prints_nothing(bench: Bench) -> str:
    """It writes nothing to standard output, which belongs to the JSON of the command line."""
    for seen in _taken(bench):
        text = seen.printed.strip()
        require(not text, f"{seen.case.name}: it prints {text.splitlines()[0][:80]!r}" if text else "")
    return "silent"


@clause
def leaves_nothing_running(bench: Bench) -> str:
    """It leaves no thread that keeps the interpreter alive and no child process."""
    for seen in _taken(bench):
        require(not seen.left_behind, f"{seen.case.name}: it leaves {', '.join(seen.left_behind)}")
    return "nothing left"


# ---- helpers --------------------------------------------------------------------------------------


def _optimum(instance: Instance) -> float | None:
    """The optimum of a feasible instance where it is known without a solver."""
    try:
        return true_optimum(instance)
    except Unknown:
        return None


def _taken(bench: Bench, *, feasible: bool | None = None) -> list[Observation]:
    taken = bench.standard(feasible=feasible)
    require(taken, "it takes none of the suite's instances")
    return taken


def _no_crash(seen: Observation) -> None:
    require(seen.crash is None, f"{seen.case.name}: {_describe(seen.crash)}")


def _answered(seen: Observation) -> None:
    """Every frame has an answer that is no crash."""
    _no_crash(seen)
    for answer in seen.answers:
        require(answer.termination is not Termination.FAILED, f"{seen.case.name}: {_words(seen)}")
    frames = len(seen.instances)
    require(len(seen.answers) == frames, f"{seen.case.name}: {len(seen.answers)} replies to {frames} frames")


def _words(seen: Observation) -> str:
    return "; ".join(dict.fromkeys(w for a in seen.answers for w in (*a.faults, a.message) if w)) or "no reason given"


def _where(seen: Observation, solution: Solution) -> str:
    return seen.case.name if len(seen.solutions) == 1 else f"{seen.case.name}, {solution.problem}"


def _describe(error: BaseException | None) -> str:
    return "no exception" if error is None else f"{type(error).__name__}: {error}"


def _names(taken: list[Observation]) -> str:
    return ", ".join(seen.case.name for seen in taken) or "it takes no such instance"


__all__ = ["CLAUSES", "Clause", "Violation", "clause"]
