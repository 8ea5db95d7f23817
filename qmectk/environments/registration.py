"""Names under which Gymnasium knows the problems that are installed."""

from __future__ import annotations

import importlib.util

from ..plugins import registry


def environments() -> dict[str, str]:
    """Environment -> problem file that is known by name, for every family that has both."""
    known = registry()
    return {
        family.environment: name
        for name, family in known.problems.items()
        if family.environment and name in known.files
    }


def register() -> None:
    """Register every environment that Gymnasium does not know yet; does nothing without Gymnasium.

    Gymnasium calls it through the entry point ``gymnasium.envs`` where its version asks for plugins, which 1.4 does
    not; importing ``qmectk.environments`` calls it with any version.
    """
    if importlib.util.find_spec("gymnasium") is None:
        return
    from gymnasium.envs import registration

    for name, problem in environments().items():
        if name not in registration.registry:
            registration.register(
                id=name,
                entry_point="qmectk.environments.slots:SlotEnv",
                vector_entry_point="qmectk.environments.vector:VectorSlotEnv",
                kwargs={"problem": problem},
            )
