"""Options of routes, and the routes of what is shipped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Binary, Fidelity, Lowered
from qmectk.errors import InputError, NoRoute
from qmectk.instance import view
from qmectk.plugins import Registry
from qmectk.routing.planner import find_route
from qmectk.testing.instances import Congestion, Knapsack, WaterFilling

from .test_route import Down, Far, Start, Taker, Toy, registered, taker


def test_options_of_a_lowering_are_options_of_the_route() -> None:
    known = registered(Start(), Down())
    assert find_route(Toy(), Taker, known, {"scale": 5}).lift(1.0) == {"x": 6.0}
    with pytest.raises(InputError, match="backend 'taker' has no option 'scael'; did you mean 'scale'"):
        find_route(Toy(), Taker, known, {"scael": 5})
    with pytest.raises(InputError, match="option 'scale' takes a number, not 'big'"):
        find_route(Toy(), Taker, known, {"scale": "big"})


def test_a_chain_that_does_not_take_an_option_is_passed_over_and_named() -> None:
    class Short(Start):
        name, target = "short", Far

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(Far(view))

    class Full(Down):
        def refuses(self, view: Any) -> str | None:
            return "it is full"

    assert len(find_route(Toy(), Taker, registered(Short(), Start(), Down())).steps) == 1
    assert len(find_route(Toy(), Taker, registered(Short(), Start(), Down()), {"scale": 5}).steps) == 2
    with pytest.raises(NoRoute, match="short: it does not take scale; down: it is full"):
        find_route(Toy(), Taker, registered(Short(), Start(), Full()), {"scale": 5})


def test_options_of_a_view_are_options_of_the_route() -> None:
    class Own(Toy):
        @view(Far)
        def far(self, *, levels: int = 3, max_bits: int | None = None) -> Lowered:
            return Lowered(Far(levels, max_bits))

    route = find_route(Own(), taker(max_bits=4), Registry(), {"levels": "7"})
    assert (route.view.instance, route.view.max_bits) == (7, 4)
    with pytest.raises(InputError, match="has no option 'max_bits'"):
        find_route(Own(), Taker, Registry(), {"max_bits": 4})


def test_a_binary_view_is_completed_on_the_way_back() -> None:
    """An instance may hand over its Binary view bare; an action becomes a point by the view's own completion."""
    instance = Congestion(np.array([1.0, 2.0]), np.array([0.1, 0.1]), 0)
    route = find_route(instance, taker(accepts=(Binary,)), Registry())
    assert route.lift(np.array([1, 0])) == {"x": pytest.approx([1.0, 0.0])}


@pytest.mark.parametrize(
    ("backend", "fidelity"),
    [("cd", "exact"), ("exhaustive", "exact"), ("highs", "exact"), ("cvxpy", "relaxation")],
)
def test_p1_s_routes(backend: str, fidelity: str) -> None:
    assert qmectk.explain(qmectk.load("p1", devices=3), backend).fidelity.label == fidelity


@pytest.mark.parametrize("backend", ["sa", "qaoa"])
def test_samplers_get_points_at_most(backend: str) -> None:
    route = qmectk.explain(qmectk.load("p1", devices=3), backend)
    assert Fidelity.BOUNDS not in route.fidelity
    assert [row["view"].split(" ")[0] for row in route.describe()] == ["the", "Quadratic", "QUBO"]
    assert "penalties" in route.describe()[-1]["note"]


def test_log1p_has_no_quadratic_form_and_says_so() -> None:
    with pytest.raises(NoRoute, match="log1p is not quadratic"):
        qmectk.explain(WaterFilling.drawn(3), "sa")


def test_a_problem_without_bits_has_no_binary_view() -> None:
    with pytest.raises(NoRoute, match="it has no binary variables"):
        qmectk.explain(WaterFilling.drawn(3), "cd")


def test_explain_takes_a_name_a_problem_and_an_instance() -> None:
    assert str(qmectk.explain("p1", "cd")) == str(qmectk.explain(qmectk.load("p1", devices=10), "cd"))
    assert qmectk.explain(Knapsack.drawn(3, 1), "highs").view.linear
