"""What is there: backends, problems, and which of the one takes which of the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .backend import Backend, LearnedBackend
from .errors import QmectkError
from .extending.foreign import charged_to
from .options import OptionField, fields_of
from .plugins import BrokenPlugin, registry
from .problem import Problem
from .routing.planner import Planner, find_route
from .routing.route import Route
from .views import QUBO

if TYPE_CHECKING:
    from .instance import Instance


@dataclass(frozen=True)
class Match:
    """Whether a backend takes a problem: the fidelity of its route, or why there is none."""

    fidelity: str | None
    reason: str


@dataclass(frozen=True)
class BackendInfo:
    """One backend for people."""

    name: str
    summary: str
    distribution: str
    accepts: tuple[str, ...]
    proves: bool
    options: tuple[OptionField, ...]
    missing: tuple[str, ...]
    remedy: str
    unavailable: str
    matches: dict[str, Match]
    kind: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All backends, and the plugins that could not be used."""

    backends: tuple[BackendInfo, ...]
    broken: tuple[BrokenPlugin, ...]

    def __iter__(self) -> Any:
        return iter(self.backends)

    def __len__(self) -> int:
        return len(self.backends)

    def __getitem__(self, name: str) -> BackendInfo:
        for info in self.backends:
            if info.name == name:
                return info
        raise KeyError(name)


#: What backends do, in the order in which they are listed.
KINDS = ("prove an optimum", "search, and rules", "sample QUBOs", "learn", "plain rules to beat")


def backends(problem: str | Path | Problem | None = None) -> Catalogue:
    """Every registered backend beside every shipped problem, and the broken plugins with their reasons.

    Parameters
    ----------
    problem
        Beside this one alone: a problem file or shipped problem name, or a Problem.
    """
    from .solving import first_instance

    known = registry()
    if problem is None:
        instances = {name: shipped.with_frames(1).instances()[0] for name, shipped in problems().items()}
    else:
        named = problem.source or problem.name if isinstance(problem, Problem) else str(problem)
        instances = {named: first_instance(problem)}
    examples = {name: Planner(instance, known) for name, instance in instances.items()}
    found = []
    for name, backend in sorted(known.backends.items()):
        missing: tuple[str, ...] = ()
        remedy, unavailable = "", ""
        try:
            with charged_to(f"backend '{name}'"):  # a plugin that cannot say so must not hide the others
                missing = tuple(map(str, backend.missing()))
                backend.check_installed()
                unavailable = str(backend.unavailable())
        except QmectkError as error:
            remedy = str(error)
        found.append(
            BackendInfo(
                name,
                backend.summary or (backend.__doc__ or "").strip().split("\n")[0],
                known.origin.get(name, ""),
                tuple(view.__name__ for view in backend.accepts),
                backend.proves,
                tuple(fields_of(backend.Options)),
                missing,
                remedy,
                unavailable,
                {label: _match(tried, backend, remedy) for label, tried in examples.items()},
                _kind(backend),
            )
        )
    return Catalogue(tuple(found), tuple(known.broken))


def _kind(backend: type[Backend]) -> str:
    proves, searches, samples, learns, floor = KINDS
    if backend.proves:
        return proves
    if backend.floor:
        return floor
    if issubclass(backend, LearnedBackend):
        return learns
    return samples if any(issubclass(view, QUBO) for view in backend.accepts) else searches


def _match(tried: Planner, backend: Any, remedy: str) -> Match:
    if remedy:
        return Match(None, remedy)
    found = tried.plan(backend)
    if found.chain is None:
        return Match(None, found.reason)
    return Match(found.fidelity.label, " -> ".join(lowering.target.__name__ for lowering in found.chain) or "direct")


def problems() -> dict[str, Problem]:
    """The shipped problems, loaded, by name."""
    from .documents import load
    from .documents.files import shipped

    return {name: load(path) for name, path in shipped().items()}


def explain(target: str | Path | Problem | Instance, backend: str, options: dict[str, Any] | None = None) -> Route:
    """The route a backend would take to the first frame of a problem.

    Raises
    ------
    NoRoute
        With the reason of every chain that was tried.
    """
    from .solving import first_instance

    chosen = registry().backend(backend)
    instance = first_instance(target)
    with charged_to(f"backend '{backend}'"):
        chosen.check_installed()
        asked = chosen.delegate(instance) or chosen
    return find_route(instance, asked, registry(), options)
