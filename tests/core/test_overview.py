"""What an overview says of routes is what the routes turn out to be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Budget, Fidelity, Instance, Lowered, Lowering, Reply, Termination, View
from qmectk.catalogue import problems
from qmectk.errors import NoRoute
from qmectk.language import Language
from qmectk.plugins import Registry, registry
from qmectk.routing.planner import Planner, find_route
from qmectk.views import FactoredQuadratic, Quadratic

#: The shipped problems, hard attention with fewer blocks: its QUBO of 4096 takes a gigabyte.
SHIPPED = {name: problem.with_frames(1).instances()[0] for name, problem in problems().items()}
SHIPPED["attention"] = qmectk.documents.parse("{problem: attention, k: 3, blocks: {n: 30}}").instances()[0]


class Toy(Instance):
    def declare(self, m: Language) -> None:
        m.maximize(m.var("x", upper=1))


class Middle(View):
    pass


class Last(View):
    pass


class Taker(Backend):
    name, accepts = "taker", (Last,)

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.CONVERGED)


class First(Lowering):
    """Promises all, and keeps points only."""

    name, source, target, fidelity = "first", Instance, Middle, Fidelity.EXACT
    applied = 0

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        type(self).applied += 1
        return Lowered(Middle(), fidelity=Fidelity.POINTS)


class Second(Lowering):
    name, source, target, fidelity = "second", Middle, Last, Fidelity.EXACT

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        return Lowered(Last())


class Picky(Second):
    name = "picky"

    def refuses(self, view: Any) -> str | None:
        assert isinstance(view, Middle)
        return "it is Tuesday"


class Failing(Second):
    name = "failing"

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        raise NoRoute("the middle has no end")


class Loading(Second):
    """Needs a package, so it is not applied for an overview."""

    name, requires = "loading", ("numpy",)

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        raise AssertionError("applied")


def registered(*lowerings: Lowering) -> Registry:
    return Registry(lowerings={one.name: one for one in lowerings})


def test_a_step_counts_with_what_it_did() -> None:
    found = Planner(Toy(), registered(First(), Second())).plan(Taker)
    assert [step.name for step in found.chain or ()] == ["first", "second"]
    assert found.fidelity is Fidelity.POINTS


@pytest.mark.parametrize(
    ("end", "reason"), [(Picky(), "picky: it is Tuesday"), (Failing(), "failing: the middle has no end")]
)
def test_a_chain_that_ends_on_the_way_is_none(end: Lowering, reason: str) -> None:
    found = Planner(Toy(), registered(First(), end)).plan(Taker)
    assert (found.chain, found.reason) == (None, reason)
    both = Planner(Toy(), registered(First(), end, Second())).plan(Taker)
    assert [step.name for step in both.chain or ()] == ["first", "second"]


def test_packages_of_the_last_step_are_not_loaded() -> None:
    found = Planner(Toy(), registered(First(), Loading())).plan(Taker)
    assert found.chain is not None
    assert found.fidelity is Fidelity.POINTS


class Bits(Instance):
    def declare(self, m: Language) -> None:
        x = m.var("x", 5, kind="binary")
        m.maximize(m.square(m.sum(x)))


@pytest.mark.parametrize("source", [Quadratic, FactoredQuadratic])
@pytest.mark.parametrize("most", [4, 5])
def test_bits_are_counted_before_the_last_step(source: type[View], most: int) -> None:
    """Whatever needs a package is not applied, but what it is given says how many bits there are."""

    class Reading(Lowering):
        name, source, target, fidelity = "reading", Instance, Quadratic, Fidelity.EXACT

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            made = next(one for one in registry().lowerings.values() if one.target is Quadratic)
            return made.apply(view, options, max_bits)

    class Factored(Lowering):
        name, source, target, fidelity = "factored", Instance, FactoredQuadratic, Fidelity.EXACT

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(FactoredQuadratic(np.ones((5, 1))))

    class Small(Taker):
        max_bits = most

    end = Loading()
    end.source = source  # type: ignore[misc]
    found = Planner(Bits(), registered(Reading() if source is Quadratic else Factored(), end)).plan(Small)
    if most == 4:
        reason = "loading: it has 5 bits and this backend takes at most 4"
        assert (found.chain, found.reason) == (None, reason)
        with pytest.raises(NoRoute, match=reason):  # by whoever solves, too: Loading would fail when it is applied
            find_route(Bits(), Small, registered(Reading() if source is Quadratic else Factored(), end))
    else:
        assert found.chain is not None


def test_common_beginnings_are_applied_once() -> None:
    First.applied = 0
    tried = Planner(Toy(), registered(First(), Picky(), Failing(), Second()))
    for _ in range(3):
        tried.plan(Taker)
    assert First.applied == 1


@pytest.mark.parametrize("problem", SHIPPED)
def test_shipped_problems_get_where_the_overview_says(problem: str) -> None:
    instance, known = SHIPPED[problem], registry()
    tried = Planner(instance, known)
    for name, backend in known.backends.items():
        found = tried.plan(backend)
        if found.chain is None:
            with pytest.raises(NoRoute):
                find_route(instance, backend, known)
            continue
        route = find_route(instance, backend, known)
        assert [step.lowering.name for step in route.steps] == [step.name for step in found.chain], name
        assert route.fidelity & found.fidelity == route.fidelity, name  # never less than was said


def test_the_catalogue_says_who_has_no_access(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DWAVE_API_TOKEN", "secret")
    assert qmectk.backends()["dwave-qpu"].unavailable == ""
    monkeypatch.delenv("DWAVE_API_TOKEN")
    monkeypatch.setattr("dwave.cloud.config.load_config", lambda *a, **k: {})
    catalogue = qmectk.backends()
    assert "needs an API token" in catalogue["dwave-qpu"].unavailable
    assert catalogue["sa"].unavailable == ""
