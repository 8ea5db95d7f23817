"""Parts: what backends are put together from, chosen by name, and open to any distribution.

A backend names a kind of part ("network", "quantizer"); a plugin that has one registers it with the hook
``qmectk_register_parts``, and users choose it like any other value of an option (``option(..., part="network")``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import PluginError
from .foreign import charged_to

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Part:
    """One part by name.

    Attributes
    ----------
    kind
        What it is a part of: the word after which the option is named, "network".
    name
        What users type.
    summary
        One line of help.
    target
        The thing itself, or where it is, "module:attribute": imported when it is first wanted, so that
        registering costs nothing.
    """

    kind: str
    name: str
    summary: str
    target: Any

    def load(self, wanted: type[_Made]) -> _Made:
        """The thing itself.

        Raises
        ------
        PluginError
            When it is not a `wanted`.
        Crashed
            When its module cannot be imported.
        """
        made = self.target
        if isinstance(made, str):
            module, _, attribute = made.partition(":")
            with charged_to(f"{self.kind} '{self.name}'"):
                made = getattr(importlib.import_module(module), attribute)
        if not isinstance(made, wanted):
            raise PluginError(f"{self.kind} '{self.name}' is a {type(made).__name__}, not a {wanted.__name__}")
        return made


class Wanted(MutableMapping[str, _Made]):
    """Things by name. What is registered as a :class:`Part` is imported when it is looked up.

    Looking one up raises what `check` raises of it, and Crashed when its module cannot be imported.
    """

    def __init__(self, check: Callable[[Any], None]) -> None:
        self._check = check
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> _Made:
        known = self._known[name]
        if isinstance(known, Part):
            known = known.load(object)
            self._check(known)
            self._known[name] = known
        found: _Made = known
        return found

    def __setitem__(self, name: str, thing: _Made | Part) -> None:
        self._known[name] = thing

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def loaded(self) -> list[str]:
        """Names of those that have been looked up, or were never parts."""
        return [name for name, thing in self._known.items() if not isinstance(thing, Part)]

    def take(self, others: Wanted[_Made]) -> None:
        """Know those of others, too, without importing one."""
        self._known.update(others._known)


__all__ = ["Part", "Wanted"]
