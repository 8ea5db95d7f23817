"""Commands that plugins of other distributions add. First-party plugins register none, so none is loaded."""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Collection
from typing import Any

import click

from qmectk.errors import described
from qmectk.extending.foreign import GROUP


def _distribution(point: Any) -> str:
    return point.dist.name if getattr(point, "dist", None) is not None else ""


def commands(taken: Collection[str]) -> dict[str, click.Command]:
    """Commands registered through ``qmectk_register_commands`` by name; a broken plugin costs a warning only."""
    found: dict[str, click.Command] = {}
    points = [p for p in importlib.metadata.entry_points(group=GROUP) if _distribution(p) != "qmectk"]
    for point in sorted(points, key=lambda p: (_distribution(p), p.name)):
        try:
            offered = _offered(point.load(), point.name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may even call sys.exit; it must not take us along
            reason = described(error).splitlines()[0]
            warnings.warn(f"plugin '{point.name}' is broken: {reason}; see 'qmectk backends'", stacklevel=2)
            continue
        for command in offered:
            name = getattr(command, "name", None)
            if not isinstance(command, click.Command) or not name:
                warnings.warn(f"plugin '{point.name}' registered {command!r}, not a click command", stacklevel=2)
            elif name in taken or name in found:
                warnings.warn(f"plugin '{point.name}': there already is a command '{name}'; ignored", stacklevel=2)
            else:
                found[name] = command
    return found


def _offered(plugin: Any, name: str) -> list[Any]:
    import pluggy

    from qmectk.extending import hookspecs

    manager = pluggy.PluginManager("qmectk")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=name)
    made: list[Any] = []
    manager.hook.qmectk_register_commands(register=made.append)
    return made
