"""Gymnasium and PettingZoo environments over problems that say what is decided (:class:`~qmectk.views.Decisions`).

Importing this package registers the problems that have a name for it with Gymnasium where it is installed. Gymnasium
1.4 does not do that by itself: ``gymnasium.make`` without the import raises ``gymnasium.error.NamespaceNotFound``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .registration import environments, register

__all__ = ["DeviceEnv", "SlotEnv", "VectorSlotEnv", "environments", "register"]

if TYPE_CHECKING:
    from .devices import DeviceEnv
    from .slots import SlotEnv
    from .vector import VectorSlotEnv

register()

#: Modules that need Gymnasium or PettingZoo, loaded when asked for.
_LATER = {"SlotEnv": ".slots", "DeviceEnv": ".devices", "VectorSlotEnv": ".vector"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module 'qmectk.environments' has no attribute '{name}'")
