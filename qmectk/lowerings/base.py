"""Lowerings: one view from another, with the way back and what it preserves."""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any, ClassVar

from ..errors import MissingPackage
from ..extending.installed import distribution, installed
from ..instance import Instance
from ..language import Signature
from ..options import NoOptions, option
from ..views.base import Fidelity, Lowered, View, identity
from ..views.binary import Binary
from ..views.decisions import Decisions


class Lowering(ABC):
    """Turns a `source` view into a `target` view.

    Attributes
    ----------
    name
        Shown by ``qmectk explain``.
    shown
        What its target is called there, where that is not the title of the view.
    fidelity
        The best it can preserve; ``apply`` may return less.
    requires, extra
        As for backends.
    Options
        Frozen dataclass of what users may set with ``-o`` on routes that go through it.
    """

    name: ClassVar[str]
    source: ClassVar[type[View]]
    target: ClassVar[type[View]]
    fidelity: ClassVar[Fidelity]
    shown: ClassVar[str] = ""
    requires: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str | None] = None
    Options: ClassVar[type] = NoOptions

    def refuses(self, view: Any) -> str | None:
        """A cheap reason why `view` cannot be lowered, without importing a solver; None when it may work."""
        return None

    def slower(self, signature: Signature) -> float:
        """How many times longer a solve or a score takes on the target than on a view with scores by arithmetic; inf
        where no proof can come of it. For the choice among routes.
        """
        return 1.0

    @abstractmethod
    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        """The lowered view.

        Raises
        ------
        NoRoute
            (NotExpressible, Refused) with the reason when this view cannot be lowered.
        """

    def check_installed(self) -> None:
        """Raise MissingPackage when a required package is absent."""
        missing = [distribution(name) for name in self.requires if not installed(name)]
        if missing:
            what = f"'{self.extra}'" if self.extra else " ".join(missing)
            raise MissingPackage(f"the lowering '{self.name}' needs {', '.join(missing)}", f"run: pip install {what}")


class OwnView(Lowering):
    """A view that the instance hands over itself (a method marked with ``@view``)."""

    def __init__(self, method: Any) -> None:
        self.method = method.__name__
        self.name = f"own {self.method.replace('_', ' ')} view"  # type: ignore[misc]
        self.source = Instance  # type: ignore[misc]
        self.target, self.fidelity = method.qmectk_view  # type: ignore[misc]
        parameters = inspect.signature(method, eval_str=True).parameters.values()
        keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.takes_max_bits = any(p.name == "max_bits" for p in keywords)
        self.Options = dataclasses.make_dataclass(  # type: ignore[misc]
            "Options",
            [(p.name, p.annotation, option(p.default, _help(p))) for p in keywords if p.name != "max_bits"],
            frozen=True,
        )

    def apply(self, view: Any, options: Any, max_bits: int | None) -> Lowered:
        keywords = dict(vars(options))
        if self.takes_max_bits:
            keywords["max_bits"] = max_bits
        made = getattr(view, self.method)(**keywords)
        if not isinstance(made, Lowered):
            # an action or a decision is a point of the problem only once it is completed
            lift = made.complete if isinstance(made, (Binary, Decisions)) else identity
            made = Lowered(made, lift, self.fidelity)
        if isinstance(made.view, Decisions):
            made = dataclasses.replace(made, view=dataclasses.replace(made.view, instance=view))
        return made


def _help(parameter: inspect.Parameter) -> str:
    """The text in ``name: Annotated[type, "text"]``."""
    return next((text for text in getattr(parameter.annotation, "__metadata__", ()) if isinstance(text, str)), "")


@lru_cache(maxsize=256)
def own_views(instance_type: type) -> tuple[OwnView, ...]:
    """The views an instance type hands over itself, in the order it defines them."""
    found: dict[str, Any] = {}
    for base in reversed(instance_type.__mro__):
        for name, method in vars(base).items():
            if hasattr(method, "qmectk_view"):
                found[name] = method
            elif name in found:
                del found[name]
    return tuple(OwnView(method) for method in found.values())
