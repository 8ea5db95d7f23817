"""The conformance suite bites: for every clause there are backends that break it, and they are caught."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import qmectk.routing.planner
from qmectk import Backend
from qmectk.testing import CLAUSES, BackendSuite, Bench, Case, SuiteConfig, Violation, check

from .fakes import BROKEN, Honest, Oracle
from .fakes.answers import Crashes
from .fakes.anytime import Teller
from .fakes.own_view import Here, Local
from .fakes.repeatability import Unseeded
from .fakes.surroundings import RELEASE

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


@pytest.mark.parametrize("backend", [Teller, *(b for c, b in BROKEN if c == "reports_hold")], ids=lambda b: b.__name__)
def test_what_is_told_is_judged_by_its_own_clause_only(backend: type[Backend]) -> None:
    bench = Bench(backend, QUICK)
    failed = []
    for clause in CLAUSES.values():
        if clause.name == "loads_nothing_heavy":  # about the module, which all fakes share
            continue
        try:
            clause.check(bench)
        except Violation:
            failed.append(clause.name)
    assert failed == ([] if backend is Teller else ["reports_hold"])


def test_every_clause_has_a_fake() -> None:
    elsewhere = {"unknown_options_are_refused", "loads_nothing_heavy"}  # below: a class alone cannot break these
    assert {clause for clause, _ in BROKEN} | elsewhere == set(CLAUSES)


def test_unknown_options_that_are_let_through_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qmectk.routing.planner, "refuse_unknown", lambda owner, raw, known: None)
    monkeypatch.setattr(qmectk.routing.planner, "fields_of", lambda options: [Anything()])
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


def test_the_page_on_plugins_names_every_clause() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert f"The contract has {len(CLAUSES)} clauses" in page
    listed = page.split("The contract has")[1].split("`SuiteConfig`")[0]
    assert [name for name in CLAUSES if f"`{name}`" not in listed] == []
