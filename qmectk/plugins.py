"""Loading plugins: one by one, so that a broken one is listed with its reason and harms nothing else."""

from __future__ import annotations

import importlib.metadata
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pluggy

from .backend import Backend
from .errors import InputError, PluginError, described
from .extending import hookspecs
from .extending.foreign import GROUP
from .extending.parts import Part, Wanted
from .lowerings.base import Lowering
from .options import fields_of
from .presenting.names import unknown
from .problem import Problem
from .timing.interrupting import undisturbed
from .views.base import View


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that could not be used, and why."""

    name: str
    distribution: str
    reason: str


@dataclass
class Registry:
    """Everything plugins registered, by name."""

    problems: Wanted[type[Problem]] = field(default_factory=lambda: Wanted(check_family))
    files: dict[str, Path] = field(default_factory=dict)  #: problem files by name
    backends: dict[str, type[Backend]] = field(default_factory=dict)
    lowerings: dict[str, Lowering] = field(default_factory=dict)
    commands: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)  #: by kind, then by name
    broken: list[BrokenPlugin] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)  #: backend name -> distribution
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager("qmectk"))

    def backend(self, name: str) -> type[Backend]:
        """The backend class called `name`; UnknownName with the nearest one otherwise."""
        if name not in self.backends:
            raise unknown("backend", name, self.backends)
        return self.backends[name]

    @property
    def reference(self) -> type[Backend] | None:
        """The backend of qmectk's own that certifies the answers of all; None where it is not installed."""
        return next((one for one in self.backends.values() if one.certifies and self.ships(one)), None)

    def chosen(self, backend: str | type[Backend] | None) -> type[Backend]:
        """The class that is meant by a name, by a class that need not be registered, or by None: the reference.

        Raises
        ------
        UnknownName, InputError
        """
        if isinstance(backend, str):
            return self.backend(backend)
        if backend is None:
            if self.reference is None:
                raise InputError("no backend is installed that certifies answers", "name the backend to use")
            return self.reference
        try:
            check_backend_class(backend)
        except PluginError as error:
            raise InputError(error.message, "pass the name of a registered backend, or a Backend class") from error
        return backend

    @property
    def floors(self) -> list[type[Backend]]:
        """The backends whose answers are floors, in the order of their registration."""
        return [one for one in self.backends.values() if one.floor]

    def ships(self, backend: type[Backend]) -> bool:
        """Whether this very class comes with qmectk's own distribution. Only such backends vouch for their proofs."""
        return self.backends.get(backend.name) is backend and self.origin.get(backend.name) == "qmectk"

    def problem(self, name: str) -> type[Problem]:
        """The problem class called `name`; UnknownName with the nearest one otherwise."""
        if name not in self.problems:
            raise unknown("problem", name, self.problems)
        return self.problems[name]

    def part(self, kind: str, name: str) -> Part:
        """The part of this kind called `name`; UnknownName with the nearest one otherwise."""
        known = self.parts.get(kind, {})
        if name not in known:
            raise unknown(kind, name, known)
        return known[name]


def _add(table: MutableMapping[str, Any], name: Any, value: Any, what: str) -> None:
    if not isinstance(name, str) or not name:
        raise PluginError(f"a {what} without a name: {value!r}")
    if name in table:
        raise PluginError(f"{what} '{name}' is already registered")
    table[name] = value


def check_family(family: Any) -> None:
    """Refuse what can be no problem family, in one sentence; where one is, is looked into when it is wanted."""
    if not (isinstance(family, Part) or (isinstance(family, type) and issubclass(family, Problem))):
        raise PluginError(f"{family!r} is not a subclass of qmectk.Problem")


def check_backend_class(cls: Any) -> None:
    """Refuse what cannot be a backend, in one sentence."""
    if not (isinstance(cls, type) and issubclass(cls, Backend)):
        raise PluginError(f"{cls!r} is not a subclass of qmectk.Backend")
    missing = ", ".join(sorted(cls.__abstractmethods__))
    if cls.solve is Backend.solve and cls.solve_many is Backend.solve_many:  # each would wait for the other
        missing = ", ".join(filter(None, ("solve", missing)))
    if missing:
        raise PluginError(f"backend '{getattr(cls, 'name', cls.__name__)}' does not implement {missing}")
    accepts = getattr(cls, "accepts", ())
    if not (
        isinstance(accepts, tuple) and accepts and all(isinstance(v, type) and issubclass(v, View) for v in accepts)
    ):
        raise PluginError(f"backend '{getattr(cls, 'name', cls.__name__)}' must accept a tuple of view types")
    try:
        fields_of(cls.Options)
    except (TypeError, NameError, AttributeError) as error:
        raise PluginError(f"backend '{cls.name}': its Options are no dataclass that can be read ({error})") from error
    parameters = list(inspect.signature(cls.solve).parameters)
    if len(parameters) != 4:
        raise PluginError(f"backend '{cls.name}': solve takes (self, view, budget, rng), not ({', '.join(parameters)})")


def _register_one(registry: Registry, plugin: Any, name: str, distribution: str) -> None:
    """Run one plugin's registration hooks; on any failure nothing of it stays."""
    staged = Registry(manager=registry.manager)

    def stage(table: str, what: str, check: Callable[[Any], Any] = lambda value: value) -> Callable[[Any], None]:
        def register(value: Any) -> None:
            check(value)
            key = getattr(value, "name", None)
            made = value() if what == "lowering" else value
            if key in getattr(registry, table):
                raise PluginError(f"{what} '{key}' is already registered")
            _add(getattr(staged, table), key, made, what)

        return register

    def stage_part(part: Any) -> None:
        if not isinstance(part, Part):
            raise PluginError(f"{part!r} is not a qmectk.Part")
        if part.name in registry.parts.get(part.kind, {}):
            raise PluginError(f"{part.kind} '{part.name}' is already registered")
        _add(staged.parts.setdefault(part.kind, {}), part.name, part, part.kind)

    def stage_file(path: Any) -> None:
        if not Path(path).is_file():
            raise PluginError(f"there is no problem file {path}")
        if Path(path).stem in registry.files:
            raise PluginError(f"problem file '{Path(path).stem}' is already registered")
        _add(staged.files, Path(path).stem, Path(path), "problem file")

    registers = {
        "qmectk_register_problems": stage("problems", "problem", check_family),
        "qmectk_register_problem_files": stage_file,
        "qmectk_register_backends": stage("backends", "backend", check_backend_class),
        "qmectk_register_lowerings": stage("lowerings", "lowering"),
        "qmectk_register_commands": stage("commands", "command"),
        "qmectk_register_parts": stage_part,
    }
    registry.manager.register(plugin, name=name)
    try:
        registry.manager.check_pending()
        others = [p for p in registry.manager.get_plugins() if p is not plugin]
        for hook, register in registers.items():
            registry.manager.subset_hook_caller(hook, remove_plugins=others)(register=register)
    except BaseException:
        registry.manager.unregister(plugin)
        raise
    registry.problems.take(staged.problems)
    for table in ("files", "backends", "lowerings", "commands"):
        getattr(registry, table).update(getattr(staged, table))
    for kind, parts in staged.parts.items():
        registry.parts.setdefault(kind, {}).update(parts)
    registry.origin.update(dict.fromkeys(staged.backends, distribution))


def load(entry_points: Iterable[Any]) -> Registry:
    """A registry from entry points; qmectk's own come first, so that no plugin can shadow them."""
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    seen: set[tuple[str, str]] = set()

    offered = with_distributions(entry_points)
    for distribution, point in sorted(offered, key=lambda pair: (pair[0] != "qmectk", pair[0], pair[1].name)):
        if (point.name, point.value) in seen:  # an editable install can be listed twice
            continue
        seen.add((point.name, point.value))
        try:
            with undisturbed():  # an interrupted import of compiled code looks like a broken plugin
                _register_one(registry, point.load(), f"{distribution}:{point.name}", distribution)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may even call sys.exit; it must not take us along
            lines = [line.strip() for line in described(error).splitlines() if line.strip()]
            reason = textwrap.shorten("; ".join(lines), 400)  # pluggy says what is wrong in its third line
            registry.broken.append(BrokenPlugin(point.name, distribution, reason))
    return registry


def with_distributions(points: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Entry points, each after the name of its distribution; "" where it has none.

    A name is asked for once, as the metadata is parsed whole every time.
    """
    names: dict[int, str] = {}
    for point in points:
        distribution = getattr(point, "dist", None)
        if id(distribution) not in names:
            names[id(distribution)] = "" if distribution is None else distribution.name
        yield names[id(distribution)], point


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The registry of this process, loaded on first use."""
    return load(importlib.metadata.entry_points(group=GROUP))
