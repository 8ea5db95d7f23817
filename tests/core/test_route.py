"""Routes: what travels back along a chain of lowerings, and why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Fidelity, Instance, Lowered, Lowering, Reply, Termination, View
from qmectk.errors import MissingPackage, NoRoute
from qmectk.instance import view
from qmectk.language import Language
from qmectk.options import option
from qmectk.plugins import Registry
from qmectk.routing.chains import candidates
from qmectk.routing.planner import Plan, Planner, find_route
from qmectk.testing.instances import Congestion
from qmectk.views import FactoredQuadratic


class Near(View):
    title = "near"

    def __init__(self, instance: Any, max_bits: int | None = None) -> None:
        self.instance, self.max_bits = instance, max_bits


class Far(Near):
    title = "far"


class Toy(Instance):
    def declare(self, m: Language) -> None:
        m.maximize(m.var("x", upper=1))


@dataclass(frozen=True)
class ScaleOptions:
    scale: float = option(2.0, "factor between the views")


class Down(Lowering):
    """Near -> Far: points are multiplied, bounds are shifted."""

    name, source, target, fidelity = "down", Near, Far, Fidelity.EXACT
    Options = ScaleOptions

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        return Lowered(
            Far(view, max_bits), lambda p: p * options.scale, self.fidelity, "scaled", lambda b: b + options.scale
        )


class Start(Lowering):
    """Instance -> Near."""

    name, source, target, fidelity = "start", Instance, Near, Fidelity.EXACT

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        return Lowered(Near(view), lambda p: {"x": p + 1}, self.fidelity, "", lambda b: -b)


class Taker(Backend):
    name, accepts = "taker", (Far,)

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.CONVERGED)


def registered(*lowerings: Lowering) -> Registry:
    return Registry(lowerings={lowering.name: lowering for lowering in lowerings})


def taker(**members: Any) -> type[Backend]:
    return type("Made", (Taker,), members)


# ---- fidelity -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [*Fidelity, Fidelity.EXACT, Fidelity.NOTHING])
@pytest.mark.parametrize("second", [*Fidelity, Fidelity.EXACT, Fidelity.NOTHING])
def test_only_what_every_step_preserves_travels_back(first: Fidelity, second: Fidelity) -> None:
    start = type("S", (Start,), {"fidelity": first})()
    down = type("D", (Down,), {"fidelity": second})()
    route = find_route(Toy(), Taker, registered(start, down))
    assert route.fidelity is first & second
    assert [row["fidelity"] for row in route.describe()] == ["exact", first.label, second.label]


def test_labels_are_words() -> None:
    assert [f.label for f in (Fidelity.EXACT, Fidelity.BOUNDS, Fidelity.POINTS, Fidelity.NOTHING)] == [
        "exact",
        "relaxation",
        "restriction",
        "heuristic",
    ]


def test_points_and_bounds_travel_back_through_every_step() -> None:
    route = find_route(Toy(), Taker, registered(Start(), Down()), {"scale": "3"})
    assert route.lift(2.0) == {"x": 7.0}  # first times 3, then plus 1
    assert route.lift_bound(4.0) == -7.0  # first plus 3, then negated
    assert str(route) == "the declared problem -> near -> far"
    assert [row["note"] for row in route.describe()] == ["", "", "scaled"]
    again = route.again(Toy(), None)
    assert again.lift(2.0) == {"x": 7.0}
    assert again.instance is not route.instance


def test_max_bits_reaches_the_lowerings() -> None:
    assert find_route(Toy(), taker(max_bits=9), registered(Start(), Down())).view.max_bits == 9


def test_an_applied_lowering_may_preserve_less_than_it_promised() -> None:
    class Worse(Down):
        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Far(view), fidelity=Fidelity.POINTS)

    assert find_route(Toy(), Taker, registered(Start(), Worse())).fidelity is Fidelity.POINTS


# ---- the choice among chains ----------------------------------------------------------------------


def test_the_more_faithful_chain_comes_first() -> None:
    class Short(Lowering):
        name, source, target, fidelity = "short", Instance, Far, Fidelity.BOUNDS

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Far(view), fidelity=Fidelity.BOUNDS)

    known = registered(Short(), Start(), Down())
    names = [[step.name for step in chain] for chain in candidates(Toy, Taker, known)]
    assert names == [["start", "down"], ["short"]]


def test_a_view_of_the_problem_s_own_comes_before_a_borrowed_one() -> None:
    class Own(Toy):
        @view(Far)
        def far(self) -> Far:
            return Far(self)

    class Short(Down):
        name, source = "short", Instance  # type: ignore[assignment]

    known = registered(Short())
    assert [chain[0].name for chain in candidates(Own, Taker, known)] == ["own far view", "short"]


def test_a_subclass_may_take_a_view_back() -> None:
    class Own(Toy):
        @view(Far)
        def far(self) -> Far:
            return Far(self)

    class Without(Own):
        far = None  # type: ignore[assignment]

    assert find_route(Own(), Taker, Registry()).fidelity is Fidelity.EXACT
    with pytest.raises(NoRoute, match="nothing turns it into a Far view"):
        find_route(Without(), Taker, Registry())


def test_a_backend_may_take_the_instance_itself() -> None:
    route = find_route(Toy(), taker(accepts=(Instance,)), Registry())
    assert isinstance(route.view, Toy)
    assert route.steps == ()
    assert route.fidelity is Fidelity.EXACT


def test_the_preferred_view_wins_among_equals() -> None:
    instance = Congestion(np.ones(2), np.ones(2), 0)
    backend = taker(accepts=(qmectk.Quadratic, Binary))
    assert isinstance(find_route(instance, taker(accepts=(Binary, qmectk.Quadratic)), Registry()).view, Binary)
    # its own Binary view needs nobody else's lowering, so it wins over a preferred view that does
    assert isinstance(find_route(instance, backend, qmectk.plugins.registry()).view, Binary)


def test_loops_end() -> None:
    class Up(Down):
        name, source, target = "up", Far, Near  # type: ignore[assignment]

    chains = candidates(Toy, Taker, registered(Start(), Down(), Up()))
    assert [step.name for step in chains[0]] == ["start", "down"]
    assert len(chains) < 5


# ---- no route -------------------------------------------------------------------------------------


def test_every_reason_is_told() -> None:
    class Picky(Start):
        def refuses(self, view: Any) -> str | None:
            return "it is Tuesday"

    known = registered(Picky(), Down())
    with pytest.raises(NoRoute, match=r"backend 'taker' cannot take instance: .*it is Tuesday"):
        find_route(Toy(), Taker, known)
    assert Planner(Toy(), known).outline(Taker) == Plan(None, reason="start: it is Tuesday")
    assert Planner(Toy(), Registry()).outline(Taker) == Plan(None, reason="it has no Far view")


def test_a_plan_applies_what_needs_no_package_and_an_outline_nothing() -> None:
    applied: list[str] = []

    class Counted(Start):
        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            applied.append(self.name)
            return super().apply(view, options, max_bits)

    class Conic(Down):
        requires = ("numpy",)

        def slower(self, signature: Any) -> float:
            return 3.0

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            raise AssertionError("a step that needs a package is not applied to plan")

    prover = taker(proves=True, effort=classmethod(lambda cls, signature: 2.0))
    start, end = Counted(), Conic()
    planner = Planner(Toy(), registered(start, end))
    assert planner.outline(prover) == Plan((start, end), Fidelity.EXACT, 6.0)
    assert applied == []
    assert planner.plan(prover) == Plan((start, end), Fidelity.EXACT, 6.0)
    assert applied == ["start"]
    assert planner.plan(Taker).seconds == math.inf  # it proves nothing
    worse = type("Restricting", (Conic,), {"fidelity": Fidelity.POINTS})()
    assert Planner(Toy(), registered(start, worse)).plan(prover).seconds == math.inf


def test_a_plan_names_the_step_that_refuses_and_the_bits_that_are_too_many() -> None:
    class Full(Down):
        def refuses(self, view: Any) -> str | None:
            return "it is full"

    class Bits(Toy):
        @view(FactoredQuadratic)
        def factored(self) -> Lowered:
            return Lowered(FactoredQuadratic(np.zeros((3, 1))))

    class End(Lowering):
        name, source, target, fidelity, requires = "end", FactoredQuadratic, Far, Fidelity.EXACT, ("numpy",)

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Far(view, max_bits))

    assert Planner(Toy(), registered(Start(), Full())).plan(Taker).reason == "down: it is full"
    assert Planner(Bits(), registered(End())).plan(taker(max_bits=3)).chain is not None
    found = Planner(Bits(), registered(End())).plan(taker(max_bits=2))
    assert found.reason == "end: it has 3 bits and this backend takes at most 2"


def test_a_point_is_lowered_where_every_step_says_how() -> None:
    class Known(Start):
        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Near(view), lower=lambda values: values["x"] - 1.0)

    class Halved(Down):
        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Far(view), lower=lambda point: point / 2.0)

    assert find_route(Toy(), Taker, registered(Known(), Halved())).lower({"x": 7.0}) == 3.0
    assert find_route(Toy(), Taker, registered(Known(), Down())).lower({"x": 7.0}) is None


def test_a_missing_package_names_the_extra() -> None:
    class Needy(Start):
        requires, extra = ("no_such_module",), "qmectk[needy]"

    needs = r"the lowering 'start' needs no-such-module; run: pip install 'qmectk\[needy\]'"
    with pytest.raises(MissingPackage, match=needs):
        find_route(Toy(), Taker, registered(Needy(), Down()))
    found = Planner(Toy(), registered(Needy(), Down())).outline(Taker)
    assert found.chain is None
    assert "no-such-module" in found.reason


def test_a_chain_without_the_missing_package_is_taken() -> None:
    class Needy(Start):
        name, requires = "needy", ("no_such_module",)

    route = find_route(Toy(), Taker, registered(Needy(), Start(), Down()))
    assert [step.lowering.name for step in route.steps] == ["start", "down"]


# ---- options --------------------------------------------------------------------------------------


# ---- the shipped routes ---------------------------------------------------------------------------
