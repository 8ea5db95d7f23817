"""Backends that say something wrong about themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from qmectk.options import option

from .honest import Honest, breaks


@breaks("describes_itself")
class NameWithSpaces(Honest):
    """Cannot be typed on a command line."""

    name = "My Backend"


@breaks("describes_itself")
class Silent(Honest):
    name = "silent"


@breaks("describes_itself")
class NotInstalled(Honest):
    """Needs what is not there."""

    name, requires = "not-installed", ("no_such_package_anywhere",)


@dataclass
class MutableOptions:
    speed: int = option(1, "how fast")


@dataclass(frozen=True)
class HelplessOptions:
    speed: int = 1


@dataclass(frozen=True)
class ListOptions:
    speeds: list = field(default=(), metadata={"help": "several speeds"})


@dataclass(frozen=True)
class MisfitOptions:
    speed: int = option("fast", "how fast")


@dataclass(frozen=True)
class CompulsoryOptions:
    speed: int = field(metadata={"help": "how fast"})


@breaks("options_are_declared")
class Mutable(Honest):
    """Options that change under way."""

    Options = MutableOptions


@breaks("options_are_declared")
class Helpless(Honest):
    """Options nobody explains."""

    Options = HelplessOptions


@breaks("options_are_declared")
@breaks("option_values_are_validated")
class Lists(Honest):
    """Options that no command line can express, and that take any text."""

    Options = ListOptions


@breaks("options_are_declared")
class Misfit(Honest):
    """A default of another type."""

    Options = MisfitOptions


@breaks("options_are_declared")
class Compulsory(Honest):
    """An option that must be given."""

    Options = CompulsoryOptions
