"""Hashes of classes and data that are equal in every process, and differ where something else would run.

A class is known by the code that its methods hold, not by the text of its file: the text may have been edited since
it was loaded, two classes of a factory share it, and what comes from a terminal has none. With it goes what that code
uses by name: values of closures, helpers and constants of its module, its bases. Line numbers and comments are no
part of it, so edits of other code change nothing. What is installed (the standard library, qmectk, packages) is known
by its name; versions of those are the caller's business.
"""

from __future__ import annotations

import copyreg
import dis
import enum
import hashlib
import importlib.metadata
import inspect
import sys
import types
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import PurePath
from typing import Any

import numpy as np

from ...errors import InputError
from ...extending.foreign import GROUP
from ...instance import Instance
from ...problem import Problem

#: Characters of a hash.
LENGTH = 16

#: Types whose repr says all there is and is the same everywhere.
_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented))
#: What Python keeps in a class beside what its author wrote; caches and names among it.
_UNWRITTEN = {"__dict__", "__weakref__", "__module__", "__qualname__", "__doc__", "__abstractmethods__", "_abc_impl"}
#: Written into a class by the first pickle, and by newer Pythons with the lines of its text.
_UNWRITTEN |= {"__slotnames__", "__firstlineno__", "__static_attributes__", "__annotations_cache__"}
#: Written into a class by pydantic, from its fields.
_OF_MODELS = {"__class_vars__", "__private_attributes__", "__signature__", "model_fields"}
#: Where code lies that comes with a version.
_INSTALLED = ("site-packages", "dist-packages")
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")


def class_identity(cls: type) -> str:
    """Hash of a class: its code, and what of its author's that code uses."""
    return _identity(cls, cls.__module__)[:LENGTH]


def instance_identity(instance: Instance) -> str:
    """Hash of an instance: its class and its data, without what is computed from them on demand."""
    return _identity(instance, type(instance).__module__)


def problem_identity(problem: Problem) -> str:
    """Hash of a problem that is not registered: its parameters and its class."""
    return _identity(problem, type(problem).__module__)


def _identity(value: Any, home: str) -> str:
    try:
        return _Walk(home).of(value)
    except RecursionError as error:
        name = getattr(value, "__qualname__", type(value).__qualname__)
        raise InputError(f"the data of {name} is nested too deeply to be distinguished from other data") from error


class _Walk:
    """One walk over everything that can be reached.

    Parameters
    ----------
    home
        Module whose functions and classes are looked into wherever it lies.
    """

    def __init__(self, home: str) -> None:
        self.home = home
        self.known: dict[int, str] = {}
        self.open: dict[int, int] = {}  # what is being looked at -> how deep, so that circles end
        self.kept: list[Any] = []  # ids are good only while their objects live

    def of(self, value: Any) -> str:
        """Hash of anything."""
        if type(value) in _PLAIN:
            return _hash(type(value).__name__, repr(value))
        key = id(value)
        if key in self.known:
            return self.known[key]
        if key in self.open:
            return _hash("circle", getattr(value, "__qualname__", str(self.open[key])))
        self.open[key] = len(self.open)
        self.kept.append(value)
        try:
            found = _hash(*self._parts(value))
        finally:
            del self.open[key]
        self.known[key] = found
        return found

    def _parts(self, value: Any) -> Iterable[str]:
        if isinstance(value, type):
            return self._class(value) if self._looked_into(value.__module__) else _name_of(value)
        if isinstance(value, types.FunctionType):
            return self._function(value) if self._looked_into(value.__module__) else _name_of(value)
        if isinstance(value, types.CodeType):
            return self._code(value)
        if isinstance(value, types.ModuleType):
            return ("module", value.__name__)
        if isinstance(value, enum.Enum):
            return ("enum", self.of(type(value)), value.name, self.of(value.value))
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
            return ("array", value.dtype.str, str(value.dtype.descr), str(value.shape), content)
        if isinstance(value, np.ndarray):
            return ("objects", str(value.shape), *map(self.of, value.ravel().tolist()))
        if isinstance(value, PurePath):
            return ("path", str(value))
        return self._container(value) or self._object(value)

    def _container(self, value: Any) -> tuple[str, ...]:
        """Parts of what holds other things and is no class of its own; () for all else."""
        kind = type(value)
        if kind in (list, tuple):
            return (kind.__name__, *map(self.of, value))
        if kind in (set, frozenset):  # their order differs from process to process
            return (kind.__name__, *sorted(map(self.of, value)))
        if kind in (dict, types.MappingProxyType):
            return ("mapping", *self._mapping(value))
        if isinstance(value, (staticmethod, classmethod)):
            return (kind.__name__, self.of(value.__func__))
        if isinstance(value, property):
            return ("property", *map(self.of, (value.fget, value.fset, value.fdel)))
        if isinstance(value, cached_property):
            return ("cached", self.of(value.func))
        if isinstance(value, types.MethodType):
            return ("method", self.of(value.__self__), self.of(value.__func__))
        return ()

    def _mapping(self, value: Mapping[Any, Any], *, ordered: bool = True) -> list[str]:
        pairs = [_hash(self.of(key), self.of(entry)) for key, entry in value.items()]
        return pairs if ordered else sorted(pairs)

    def _object(self, value: Any) -> Iterable[str]:
        """What is an object of some class: the class, and what pickling would keep of it."""
        kind = type(value)
        inner = getattr(value, "py_func", None) or getattr(value, "__wrapped__", None)
        if isinstance(inner, types.FunctionType):  # compiled by numba, kept by lru_cache
            return ("wrapped", *_name_of(kind), self.of(inner))
        if isinstance(value, Problem):
            return ("problem", self.of(kind), value.fingerprint())
        if kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
            return ("tensor", self.of(value.detach().cpu().numpy()))
        try:
            reduce = copyreg.dispatch_table.get(kind)
            made = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception:  # locks, files, semaphores: they hold nothing that decides a result
            return ("opaque", *_name_of(kind))
        if isinstance(made, str):
            return ("named", *_name_of(kind), made)
        function, arguments, state, items, entries = (*made, None, None, None)[:5]
        if isinstance(state, dict):
            kept = {k: v for k, v in state.items() if not isinstance(_written(kind, k), cached_property)}
            state_hash = _hash(*self._mapping(kept, ordered=False))
        else:
            state_hash = self.of(state)
        more = [self.of(list(part)) for part in (items, entries) if part is not None]
        return ("object", self.of(kind), self.of(function), self.of(arguments), state_hash, *more)

    def _class(self, cls: type) -> Iterable[str]:
        yield f"class {cls.__qualname__}"
        for base in cls.__bases__:
            yield self.of(base)
        if type(cls) is not type:
            yield self.of(type(cls))
        yield from self._fields(cls)
        for name in sorted(vars(cls)):
            if name.startswith("__pydantic_") or name in _OF_MODELS:
                continue
            if name not in _UNWRITTEN and not isinstance(
                vars(cls)[name], types.GetSetDescriptorType | types.MemberDescriptorType
            ):
                yield name
                yield self.of(vars(cls)[name])

    def _fields(self, cls: type) -> Iterable[str]:
        """What the fields of a pydantic model say; what pydantic makes of them differs from process to process."""
        for name, field in vars(cls).get("__pydantic_fields__", {}).items():
            yield from (name, str(field.annotation), str(field.is_required()), repr(field.metadata))
            yield self.of(field.default)
            yield self.of(field.default_factory)

    def _function(self, function: types.FunctionType) -> Iterable[str]:
        yield f"function {function.__qualname__}"
        yield self.of(function.__code__)
        yield self.of(function.__defaults__)
        yield self.of(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            try:
                yield self.of(cell.cell_contents)
            except ValueError:  # not filled yet
                yield "empty"
        for name in sorted(_globals_of(function.__code__)):
            if name in function.__globals__:
                yield name
                yield from self._used(function.__globals__[name], function.__code__)
        attached = {name: entry for name, entry in vars(function).items() if name != "__wrapped__"}
        yield from self._mapping(attached, ordered=False)
        if hasattr(function, "__wrapped__"):
            yield self.of(function.__wrapped__)

    def _used(self, value: Any, code: types.CodeType) -> Iterable[str]:
        """Something of the module that code names; of a module of the author's what is named of it."""
        yield self.of(value)
        if isinstance(value, types.ModuleType) and self._looked_into(value.__name__):
            for name in sorted(_names_of(code) & set(vars(value))):
                yield name
                yield self.of(vars(value)[name])

    def _code(self, code: types.CodeType) -> Iterable[str]:
        yield f"code {code.co_flags} {code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount}"
        yield code.co_code.hex()
        yield code.co_exceptiontable.hex()
        yield from (*code.co_names, "", *code.co_varnames, "", *code.co_freevars, "", *code.co_cellvars)
        yield from map(self.of, code.co_consts)

    def _looked_into(self, module: str | None) -> bool:
        """Whether a module is the user's own code, which may change without a new version."""
        top = str(module).partition(".")[0]
        if top in sys.stdlib_module_names or top in _ours():
            return False
        if module == self.home or module in (None, "__main__", "__mp_main__"):
            return True
        file = getattr(sys.modules.get(str(module)), "__file__", None)
        return file is None or not any(part in _INSTALLED for part in PurePath(file).parts)


def _written(kind: type, name: Any) -> Any:
    return inspect.getattr_static(kind, name, None) if isinstance(name, str) else None


@lru_cache(maxsize=1)
def _ours() -> frozenset[str]:
    """Packages that come with qmectk, wherever they lie."""
    points = importlib.metadata.entry_points(group=GROUP)
    ours = {
        point.module.partition(".")[0] for point in points if point.dist is not None and point.dist.name == "qmectk"
    }
    return frozenset({"qmectk", "qmectk_cli"} | ours)


def _globals_of(code: types.CodeType) -> set[str]:
    """Names that code looks up in its module, functions within it included."""
    found = {str(step.argval) for step in dis.get_instructions(code) if step.opname in _GLOBAL}
    return found.union(*(_globals_of(part) for part in code.co_consts if isinstance(part, types.CodeType)))


def _names_of(code: types.CodeType) -> set[str]:
    """Names and attributes that code uses, functions within it included."""
    return set(code.co_names).union(*(_names_of(p) for p in code.co_consts if isinstance(p, types.CodeType)))


def _name_of(value: Any) -> tuple[str, str]:
    return (str(value.__module__), value.__qualname__)


def _hash(*parts: str) -> str:
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.hexdigest()
