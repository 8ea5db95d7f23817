"""Gymnasium and PettingZoo environments over time-coupled problems.

Importing this package registers ``qmectk/Drift-v0`` and its siblings with Gymnasium where it is installed. Gymnasium
1.4 does not do that by itself: ``gymnasium.make`` without the import raises ``gymnasium.error.NamespaceNotFound``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registration import environments, register

__all__ = ["DeviceEnv", "SlotEnv", "environments", "register"]

if TYPE_CHECKING:
    from .devices import DeviceEnv
    from .slots import SlotEnv

register()


def __getattr__(name: str) -> Any:
    if name == "SlotEnv":
        from .slots import SlotEnv

        return SlotEnv
    if name == "DeviceEnv":
        from .devices import DeviceEnv

        return DeviceEnv
    raise AttributeError(f"module 'qmectk.environments' has no attribute '{name}'")
