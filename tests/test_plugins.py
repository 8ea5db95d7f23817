"""Plugins are loaded one by one: a broken one is listed with its reason and harms nothing."""

from __future__ import annotations

import importlib.metadata
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Reply, Termination, hookimpl
from qmectk.errors import InputError, PluginError, UnknownName
from qmectk.extending.foreign import GROUP, Crashed
from qmectk.extending.parts import Part
from qmectk.lowerings import Lowering
from qmectk.plugins import Registry, load, registry
from qmectk.problem import Problem, ProblemParams
from qmectk.views import Fidelity, Lowered, View


class Fake(Backend):
    """A backend that answers zeros."""

    name, accepts = "fake", (Binary,)

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


def plugin(**hooks: Callable[..., Any]) -> Any:
    """A module with hook implementations."""
    made = types.ModuleType("fake_plugin")
    for name, function in hooks.items():
        setattr(made, name, hookimpl(function))
    return made


def registers(*values: Any, hook: str = "qmectk_register_backends") -> Any:
    """A plugin that registers things."""

    def implementation(register: Any) -> None:
        for value in values:
            register(value)

    return plugin(**{hook: implementation})


class EntryPoint:
    """What ``importlib.metadata.entry_points`` gives, as far as it matters."""

    def __init__(self, name: str, loads: Any, distribution: str = "third-party") -> None:
        self.name, self.value = name, f"fake.{name}"
        self.loads = loads
        self.dist = types.SimpleNamespace(name=distribution) if distribution else None

    def load(self) -> Any:
        if isinstance(self.loads, BaseException):
            raise self.loads
        return self.loads


GOOD = EntryPoint("zz-good", registers(type("Good", (Fake,), {"name": "good"})))


def broken(point: EntryPoint) -> str:
    """The reason for which one entry point is broken; a good one beside it is not harmed."""
    found = load([point, GOOD])
    assert list(found.backends) == ["good"]
    (one,) = found.broken
    assert (one.name, one.distribution) == (point.name, "third-party")
    return one.reason


def named(**members: Any) -> type[Backend]:
    return type("Made", (Fake,), members)


class Abstract(Backend):
    name, accepts = "abstract", (Binary,)


class WrongSignature(Fake):
    def solve(self, view: Any) -> Any:  # type: ignore[override]
        return None


@pytest.mark.parametrize(
    ("loads", "reason"),
    [
        pytest.param(ImportError("No module named 'gurobipy'"), "ImportError: No module named 'gurobipy'", id="import"),
        pytest.param(SyntaxError("invalid syntax"), "SyntaxError: invalid syntax", id="syntax"),
        pytest.param(SystemExit("no licence"), "SystemExit: no licence", id="exit"),
        pytest.param(RuntimeError("first line\nsecond line"), "RuntimeError: first line; second line", id="two lines"),
        pytest.param(registers(Fake, Fake), "backend 'fake' is already registered", id="twice"),
        pytest.param(registers(Abstract), "backend 'abstract' does not implement solve", id="abstract"),
        pytest.param(
            registers(WrongSignature), "solve takes (self, view, budget, rng), not (self, view)", id="signature"
        ),
        pytest.param(registers(named(accepts=())), "must accept a tuple of view types", id="accepts nothing"),
        pytest.param(registers(named(accepts=(int,))), "must accept a tuple of view types", id="accepts no view"),
        pytest.param(registers(named(accepts=Binary)), "must accept a tuple of view types", id="accepts no tuple"),
        pytest.param(registers(named(name="")), "a backend without a name", id="no name"),
        pytest.param(registers(named(name=7)), "a backend without a name", id="numeric name"),
        pytest.param(registers(Fake()), "is not a subclass of qmectk.Backend", id="an object"),
        pytest.param(registers("fake"), "'fake' is not a subclass of qmectk.Backend", id="text"),
        pytest.param(plugin(qmectk_register_backend=lambda register: None), "qmectk_register_backend", id="hook name"),
        pytest.param(
            plugin(qmectk_register_backends=lambda registry: None),
            "Argument(s) {'registry'} are declared",
            id="hook argument",
        ),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason(loads: Any, reason: str) -> None:
    assert reason in broken(EntryPoint("bad", loads))


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        load([EntryPoint("bad", KeyboardInterrupt())])


def test_nothing_of_a_broken_plugin_stays() -> None:
    """Its first backend is fine; the plugin is refused as a whole, hooks included."""
    seen: list[str] = []

    def register_backends(register: Any) -> None:
        register(Fake)
        raise ValueError("on second thought")

    bad = plugin(qmectk_register_backends=register_backends, qmectk_solved=lambda solution: seen.append("bad"))
    found = load([EntryPoint("bad", bad), GOOD])
    assert list(found.backends) == ["good"]
    assert list(found.origin) == ["good"]
    found.manager.hook.qmectk_solved(solution=None)
    assert seen == []


def test_qmectk_comes_first_and_cannot_be_shadowed() -> None:
    ours = EntryPoint("zz", registers(named(summary="ours")), "qmectk")
    theirs = EntryPoint("aa", registers(named(summary="theirs")), "aaa")
    found = load([theirs, ours])
    assert found.backends["fake"].summary == "ours"
    assert found.origin == {"fake": "qmectk"}
    assert [plugin.distribution for plugin in found.broken] == ["aaa"]


def test_an_entry_point_listed_twice_is_loaded_once() -> None:
    found = load([GOOD, GOOD])
    assert list(found.backends) == ["good"]
    assert found.broken == []


def test_a_plugin_without_a_distribution_is_loaded() -> None:
    point = EntryPoint("bare", registers(Fake), "")
    assert load([point]).origin == {"fake": ""}


def test_every_kind_of_thing_can_be_registered() -> None:
    class Family(Problem):
        name, Params = "family", ProblemParams

        def stream(self, start: int, stop: int) -> list[Any]:
            return []

    class Down(Lowering):
        name, source, target, fidelity = "down", View, View, Fidelity.EXACT

        def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
            return Lowered(view)

    command = types.SimpleNamespace(name="dance")
    found = load(
        [
            EntryPoint("problem", registers(Family, hook="qmectk_register_problems")),
            EntryPoint("lowering", registers(Down, hook="qmectk_register_lowerings")),
            EntryPoint("command", registers(command, hook="qmectk_register_commands")),
            EntryPoint("again", registers(Down, hook="qmectk_register_lowerings")),
        ]
    )
    assert found.problem("family") is Family
    assert isinstance(found.lowerings["down"], Down)
    assert found.commands == {"dance": command}
    assert [plugin.reason for plugin in found.broken] == ["PluginError: lowering 'down' is already registered"]


def test_a_family_that_is_named_by_its_place_is_imported_when_it_is_wanted() -> None:
    def by(target: str) -> EntryPoint:
        return EntryPoint(target, registers(Part("problem", target, "", target), hook="qmectk_register_problems"))

    targets = ("qmectk.problem:Problem", "qmectk.problem:Instance", "no.such:Family")
    found = load([by(target) for target in targets])
    assert not found.broken
    assert list(found.problems) == sorted(targets)
    assert found.problem("qmectk.problem:Problem") is Problem
    with pytest.raises(PluginError, match="is not a subclass of"):
        found.problem("qmectk.problem:Instance")
    with pytest.raises(Crashed, match="crashed: ModuleNotFoundError"):
        found.problem("no.such:Family")


def test_families_are_registered_under_their_own_names() -> None:
    assert all(family.name == name for name, family in registry().problems.items())


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UnknownName, match="there is no backend 'exhuastive'; did you mean 'exhaustive'"):
        registry().backend("exhuastive")
    with pytest.raises(UnknownName, match="there is no problem 'p9'; did you mean 'p1'"):
        registry().problem("p9")
    with pytest.raises(UnknownName, match="known: none"):
        Registry().backend("cd")


def test_broken_plugins_appear_in_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real registry with one more, broken entry point: backends() lists it and still works."""
    points = [*importlib.metadata.entry_points(group=GROUP), EntryPoint("bad", ImportError("no such solver"))]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    registry.cache_clear()
    try:
        found = qmectk.backends()
        assert [(b.name, b.reason) for b in found.broken if b.distribution == "third-party"] == [
            ("bad", "ImportError: no such solver")
        ]
        assert found["cd"].matches["p1"].fidelity == "exact"
    finally:
        registry.cache_clear()


def test_without_a_name_the_backend_that_certifies_is_meant() -> None:
    reference = registry().reference
    assert reference is not None
    assert registry().chosen(None) is reference
    with pytest.raises(InputError, match="name the backend to use"):
        Registry().chosen(None)


def test_an_observer_that_fails_costs_a_warning_only() -> None:
    seen: list[Any] = []

    def good(solution: Any) -> None:
        seen.append(solution.backend)

    def bad(solution: Any) -> None:
        raise RuntimeError("disk full")

    manager = registry().manager
    one, other = plugin(qmectk_solved=good), plugin(qmectk_solved=bad)
    manager.register(other)
    try:
        with pytest.warns(UserWarning, match="a qmectk_solved hook failed: RuntimeError: disk full"):
            qmectk.solve(qmectk.load("p1", frames=1, training_frames=0), "greedy", reference=False)
        manager.unregister(other)
        manager.register(one)
        qmectk.solve(qmectk.load("p1", frames=1, training_frames=0), "greedy", reference=False)
    finally:
        for hooks in (one, other):
            if manager.is_registered(hooks):
                manager.unregister(hooks)
    assert seen == ["greedy"]


def test_a_backend_class_can_be_solved_with_without_registering_it() -> None:
    problem = qmectk.load("p1", frames=1, training_frames=0)
    solution = qmectk.solve(problem, Fake, reference=False)
    assert solution.backend == "fake"
    assert solution.feasible
    with pytest.raises(InputError, match="does not implement solve; pass the name"):
        qmectk.solve(problem, Abstract)
    with pytest.raises(InputError, match="is not a subclass"):
        qmectk.solve(problem, 7)  # type: ignore[arg-type]
    assert issubclass(PluginError, qmectk.QmectkError)
