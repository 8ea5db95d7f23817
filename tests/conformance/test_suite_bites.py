"""The conformance suite bites: for every clause there are backends that break it, and they are caught."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk.route
from qmectk import Backend, Binary, Budget, Lowered, Reply, Termination, View, view
from qmectk.errors import Infeasible
from qmectk.options import option
from qmectk.testing import CLAUSES, BackendSuite, Bench, Case, SuiteConfig, Violation, check
from qmectk.testing.instances import Congestion, all_actions


@dataclass(frozen=True)
class SamplesOption:
    """Options of the honest backend."""

    samples: int = option(16, "actions tried")


class Honest(Backend):
    """Keeps every clause: the best of a few random actions and of doing nothing."""

    name, accepts, Options = "honest", (Binary,), SamplesOption

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        actions = rng.integers(0, 2, (self.options.samples, view.n)).astype(np.int8)
        actions[0] = 0
        return self.reply(view, actions)

    def reply(self, view: Binary, actions: Any, **claims: Any) -> Reply:
        scores = view.score(actions)
        best = int(np.argmax(scores))
        if not np.isfinite(scores[best]):
            return Reply(None, Termination.CONVERGED)
        return Reply(actions[best], claims.pop("termination", Termination.CONVERGED), **claims)


class Oracle(Honest):
    """Keeps every clause, too: all actions, with the bound that follows."""

    name, proves = "oracle", True
    Options = type(Backend.Options)  # replaced below

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if view.n > 12:
            return self.reply(view, np.zeros((1, view.n), np.int8))
        actions = all_actions(view.n)
        best = float(np.max(view.score(actions)))
        if not np.isfinite(best):
            return Reply(None, Termination.PROVED)
        stop = Termination.PROVED
        return self.reply(
            view, actions, bound=view.sense * best, proof="enumeration", tolerance=view.tolerance, termination=stop
        )


Oracle.Options = Backend.Options

BROKEN: list[tuple[str, type[Backend]]] = []


def breaks(clause: str) -> Callable[[type[Backend]], type[Backend]]:
    """Note that a backend must fail this clause."""

    def mark(cls: type[Backend]) -> type[Backend]:
        BROKEN.append((clause, cls))
        return cls

    return mark


def zeros(view: Binary) -> Any:
    return np.zeros(view.n, np.int8)


# ---- what it says about itself --------------------------------------------------------------------


@breaks("describes_itself")
class NameWithSpaces(Honest):
    """Cannot be typed on a command line."""

    name = "My Backend"


@breaks("describes_itself")
class Silent(Honest):
    name = "silent"


@breaks("describes_itself")
class NotInstalled(Honest):
    """Needs what is not there."""

    name, requires = "not-installed", ("no_such_package_anywhere",)


@dataclass
class MutableOptions:
    speed: int = option(1, "how fast")


@dataclass(frozen=True)
class HelplessOptions:
    speed: int = 1


@dataclass(frozen=True)
class ListOptions:
    speeds: list = field(default=(), metadata={"help": "several speeds"})


@dataclass(frozen=True)
class MisfitOptions:
    speed: int = option("fast", "how fast")


@dataclass(frozen=True)
class CompulsoryOptions:
    speed: int = field(metadata={"help": "how fast"})


@breaks("options_are_declared")
class Mutable(Honest):
    """Options that change under way."""

    Options = MutableOptions


@breaks("options_are_declared")
class Helpless(Honest):
    """Options nobody explains."""

    Options = HelplessOptions


@breaks("options_are_declared")
@breaks("option_values_are_validated")
class Lists(Honest):
    """Options that no command line can express, and that take any text."""

    Options = ListOptions


@breaks("options_are_declared")
class Misfit(Honest):
    """A default of another type."""

    Options = MisfitOptions


@breaks("options_are_declared")
class Compulsory(Honest):
    """An option that must be given."""

    Options = CompulsoryOptions


# ---- what it answers ------------------------------------------------------------------------------


class Nowhere(View):
    """A view that nothing leads to."""


@breaks("takes_an_instance")
class Picky(Honest):
    """Takes nothing."""

    accepts = (Nowhere,)


@breaks("answers_every_frame")
class Crashes(Honest):
    """Raises."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        raise ZeroDivisionError("oops")


@breaks("answers_every_frame")
class Exits(Honest):
    """Takes everybody along."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        sys.exit(3)


@breaks("answers_every_frame")
class CrashesWhenMade(Honest):
    """Raises before it starts."""

    def __init__(self, options: Any = None) -> None:
        raise RuntimeError("no licence")


@breaks("answers_every_frame")
@breaks("claims_measure")
class Tuples(Honest):
    """Returns something else."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Any:
        return zeros(view), "done"


@breaks("answers_every_frame")
class Unreadable(Honest):
    """A reply with a bound and a termination that nobody can read."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), "wonderful", bound="high")  # type: ignore[arg-type]


@breaks("answers_every_frame")
class Lazy(Honest):
    """Answers the first frame only, with all the time in the world."""

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return [self.solve(views[0], budget, rngs[0])]


@breaks("answers_every_frame")
class GivesUp(Honest):
    """Says that it failed."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.FAILED, message="too hard")


@breaks("claims_measure")
class Boasts(Honest):
    """Claims a better objective than its point has."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        score = float(view.score(zeros(view)[None, :])[0])
        claimed = view.sense * score + 1.0
        return Reply(zeros(view), Termination.CONVERGED, objective=claimed if np.isfinite(score) else None)


@breaks("claims_measure")
class BoundWithoutLicence(Honest):
    """Claims a bound without declaring that it proves any."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=view.sense * 1e9)


@breaks("claims_measure")
class Misshapen(Honest):
    """Returns a point of another length."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n + 1, np.int8), Termination.CONVERGED)


@breaks("claims_measure")
class NotANumber(Honest):
    """Claims a bound that is no number."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=float("nan"))


@breaks("claims_measure")
class RefutesItself(Honest):
    """Claims a bound that its own point beats."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        value = view.sense * float(view.score(zeros(view)[None, :])[0])
        return self.reply(view, zeros(view)[None, :], bound=value - 1.0 if view.sense > 0 else value + 1.0)


@breaks("claims_measure")
class LooseProof(Oracle):
    """A bound up to a tolerance that forgives everything."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=view.sense * 1e3, tolerance=0.5)


@breaks("bounds_hold")
@breaks("optimal_needs_a_bound")
class WrongBound(Honest):
    """Calls whatever it has optimal."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        value = view.sense * float(view.score(zeros(view)[None, :])[0])
        return self.reply(view, zeros(view)[None, :], bound=value, termination=Termination.PROVED)


@breaks("bounds_hold")
class ProvesInfeasible(Honest):
    """Has no point and calls that a proof."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.PROVED)


@breaks("optimal_needs_a_bound")
class ProofWithoutBound(Honest):
    """Says it proved optimality and shows nothing."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], termination=Termination.PROVED)


@breaks("survives_one_bit")
class NeedsTwoBits(Honest):
    """Divides by the number of bits minus one."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        assert 1 / (view.n - 1) > 0
        return super().solve(view, budget, rng)


@breaks("survives_infeasible")
class TrustsFeasibility(Honest):
    """Cannot imagine that nothing is feasible."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        scores = view.score(zeros(view)[None, :])
        int(scores[0])  # OverflowError for minus infinity
        return super().solve(view, budget, rng)


@breaks("survives_infeasible")
class RaisesInfeasible(Honest):
    """Ends the whole stream because one frame has no point."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        reply = super().solve(view, budget, rng)
        if reply.point is None:
            raise Infeasible("nothing found")
        return reply


@breaks("no_values_without_incumbent")
class SellsAnything(Honest):
    """Returns a point where there is none, and claims that it is optimal."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), Termination.PROVED, bound=0.0)


@breaks("no_values_without_incumbent")
class BoundAtItsPoint(Honest):
    """Returns an infeasible point and a bound equal to its objective, without the word proof."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), Termination.BUDGET, bound=0.0)


@breaks("answers_can_be_written")
class OddInfo(Honest):
    """Puts an object into `info`."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], info={"generators": [rng]})


# ---- repeatability --------------------------------------------------------------------------------


@breaks("same_seed_same_answer")
class Unseeded(Honest):
    """Has a generator of its own."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = np.random.default_rng().integers(0, 2, (1, view.n)).astype(np.int8)
        return self.reply(view, action)


@breaks("batch_equals_serial")
class Remembers(Honest):
    """Starts from the answer to the frame before."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.calls = 0

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = zeros(view)
        action[:] = self.calls % 2
        self.calls += 1
        return self.reply(view, action[None, :])


@breaks("batch_equals_serial")
class OneGeneratorForAll(Honest):
    """Draws a batch from the generator of its first frame."""

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return [self.reply(view, rngs[0].integers(0, 2, (1, view.n)).astype(np.int8)) for view in views]


# ---- time -----------------------------------------------------------------------------------------


@breaks("respects_the_time_limit")
class Dawdles(Honest):
    """Never looks at the clock."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        time.sleep(0.05 * view.n)
        return super().solve(view, budget, rng)


@breaks("respects_the_time_limit")
class DropsIncumbent(Honest):
    """Has a point, and loses it at the time limit."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if budget.limit is not None:
            return Reply(None, Termination.BUDGET)
        return super().solve(view, budget, rng)


@breaks("survives_no_time")
class DividesByTime(Honest):
    """Plans with the time that is left."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if budget.limit is not None:
            assert 1.0 / budget.remaining > 0
        return super().solve(view, budget, rng)


# ---- surroundings ---------------------------------------------------------------------------------


@breaks("leaves_random_state")
class GlobalNumpy(Honest):
    """Draws from numpy's global generator."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, np.random.randint(0, 2, (1, view.n)).astype(np.int8))  # noqa: NPY002


@breaks("leaves_random_state")
class Reseeds(Honest):
    """Seeds the standard library's generator."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        random.seed(int(rng.integers(2**31)))
        return super().solve(view, budget, rng)


@breaks("leaves_instances")
class Scales(Honest):
    """Normalises the instance in place."""

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        for value in vars(view.instance).values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                value *= 1.5
        return self.reply(view, zeros(view)[None, :])


@breaks("prints_nothing")
class Prints(Honest):
    """Prints."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        print("iteration 1")
        return super().solve(view, budget, rng)


@breaks("prints_nothing")
class PrintsFromC(Honest):
    """Writes past Python."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        os.write(1, b"Running MySolver 1.0\n")
        return super().solve(view, budget, rng)


RELEASE = threading.Event()


@breaks("leaves_nothing_running")
class LeavesThread(Honest):
    """Leaves a thread that keeps the interpreter alive."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if not any(t.name == "watcher" for t in threading.enumerate()):
            threading.Thread(target=RELEASE.wait, args=(60,), name="watcher").start()
        return super().solve(view, budget, rng)


# ---- the tests ------------------------------------------------------------------------------------

#: Short times: a fake sleeps where a solver would work.
QUICK = SuiteConfig(time_limit=0.2, time_tolerance=0.4)


@pytest.fixture(autouse=True)
def _release_threads() -> Iterator[None]:
    RELEASE.clear()
    yield
    RELEASE.set()


@pytest.mark.parametrize(("clause", "backend"), BROKEN, ids=[f"{c}-{b.__name__}" for c, b in BROKEN])
def test_a_broken_backend_fails_its_clause(clause: str, backend: type[Backend]) -> None:
    with pytest.raises(Violation):
        CLAUSES[clause].check(Bench(backend, QUICK))


def test_every_clause_has_a_fake() -> None:
    elsewhere = {"unknown_options_are_refused", "loads_nothing_heavy"}  # below: a class alone cannot break these
    assert {clause for clause, _ in BROKEN} | elsewhere == set(CLAUSES)


def test_unknown_options_that_are_let_through_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qmectk.route, "refuse_unknown", lambda owner, raw, known: None)
    monkeypatch.setattr(qmectk.route, "fields_of", lambda options: [Anything()])
    with pytest.raises(Violation, match="runs with the option 'samples_'"):
        CLAUSES["unknown_options_are_refused"].check(Bench(Honest))


class Anything:
    """An option with every name."""

    name = type("Name", (), {"__eq__": lambda s, o: True, "__hash__": lambda s: hash("samples_")})()


def test_a_module_that_imports_a_solver_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = '''
import sqlite3
import dimod
from qmectk import Backend, Binary, Reply, Termination

class Heavy(Backend):
    """Imports a solver when it is loaded."""
    name, accepts, requires = "heavy", (Binary,), ("sqlite3", "numpy")
    def solve(self, view, budget, rng):
        return Reply(None, Termination.CONVERGED)
'''
    (tmp_path / "heavy_backend.py").write_text(source.replace("import dimod", ""))
    (tmp_path / "dimod.py").write_text("")  # an empty stand-in: what counts is the name
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "heavy_backend", raising=False)
    import heavy_backend  # type: ignore[import-not-found]

    with pytest.raises(Violation, match="imports sqlite3;"):  # its own requirement; numpy is qmectk's, too
        CLAUSES["loads_nothing_heavy"].check(Bench(heavy_backend.Heavy))
    heavier = tmp_path / "heavier"
    heavier.mkdir()
    (heavier / "heavier_backend.py").write_text(source.replace("Heavy", "Heavier"))
    monkeypatch.syspath_prepend(heavier)
    import heavier_backend  # type: ignore[import-not-found]

    with pytest.raises(Violation, match="imports dimod, sqlite3;"):
        CLAUSES["loads_nothing_heavy"].check(Bench(heavier_backend.Heavier))


@pytest.mark.parametrize("backend", [Honest, Oracle])
def test_an_honest_backend_passes(backend: type[Backend]) -> None:
    results = check(backend, QUICK)
    assert [(r.clause, r.detail) for r in results if not r.passed] == []
    assert [r.clause for r in results] == list(CLAUSES)
    assert all(r.description for r in results)


def test_a_backend_for_a_view_of_its_own_brings_its_instances() -> None:
    class Here(Congestion):
        @view(Nowhere)
        def nowhere(self) -> Lowered:
            return Lowered(Nowhere(), lambda point: {"x": np.zeros(2)})

    class Local(Backend):
        """Takes a view that only its own problem has."""

        name, accepts = "local", (Nowhere,)

        def solve(self, view: Nowhere, budget: Budget, rng: np.random.Generator) -> Reply:
            return Reply("here", Termination.CONVERGED)

    mine = Case("mine", lambda: Here(np.ones(2), np.ones(2), 0))
    results = check(Local, SuiteConfig(cases=(mine,)))
    assert [(r.clause, r.detail) for r in results if not r.passed] == []
    assert {r.clause: r.detail for r in results}["takes_an_instance"] == "mine"


def test_check_reports_what_is_broken() -> None:
    seen = []
    results = {r.clause: r for r in check(Crashes, QUICK, seen.append)}
    assert list(results.values()) == seen
    assert not results["answers_every_frame"].passed
    assert "ZeroDivisionError: oops" in results["answers_every_frame"].detail
    assert results["describes_itself"].passed


def test_a_nondeterministic_backend_may_say_so() -> None:
    config = SuiteConfig(deterministic=False)
    assert "not repeatable" in CLAUSES["same_seed_same_answer"].check(Bench(Unseeded, config))


@pytest.mark.parametrize("ci", [False, True])
def test_skips_count_as_failures_in_ci(ci: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    config = SuiteConfig(skip=dict.fromkeys(CLAUSES, "later"))
    if ci:
        monkeypatch.setenv("CI", "true")
    else:
        monkeypatch.delenv("CI", raising=False)
    assert all(result.passed is not ci for result in check(Honest, config))
    suite = type("TestSkipping", (BackendSuite,), {"backend": Honest, "config": config})()
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="later"):
        suite.test_claims_measure()


def test_a_suite_without_a_backend_says_so() -> None:
    with pytest.raises(TypeError, match="must say which backend"):
        BackendSuite().test_claims_measure()


def test_the_suite_is_a_pytest_class(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from qmectk import Backend, Binary, Reply, Termination\n"
        "from qmectk.testing import BackendSuite\n"
        "class Mine(Backend):\n"
        "    'Returns nothing of use.'\n"
        "    name, accepts = 'mine', (Binary,)\n"
        "    def solve(self, view, budget, rng):\n"
        "        return 42\n"
        "class TestMine(BackendSuite):\n"
        "    backend = Mine\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "TestMine::test_answers_every_frame" in done.stdout, done.stdout + done.stderr
    assert "returned int, not a Reply" in done.stdout
    assert "TestMine::test_prints_nothing" not in done.stdout
    assert f"{len(CLAUSES)} tests" not in done.stderr
