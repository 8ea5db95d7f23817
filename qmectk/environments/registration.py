"""Names under which Gymnasium knows the shipped time-coupled problems."""

from __future__ import annotations

import importlib.util

#: Environment -> shipped problem.
ENVIRONMENTS = {"qmectk/Drift-v0": "drift", "qmectk/MeqcYe-v0": "meqc-ye", "qmectk/Meqc-v0": "meqc"}


def register() -> None:
    """Register every environment that Gymnasium does not know yet; does nothing without Gymnasium.

    Gymnasium calls it through the entry point ``gymnasium.envs`` where its version asks for plugins, which 1.4 does
    not; importing ``qmectk.environments`` calls it with any version.
    """
    if importlib.util.find_spec("gymnasium") is None:
        return
    from gymnasium.envs.registration import register as add
    from gymnasium.envs.registration import registry

    for name, problem in ENVIRONMENTS.items():
        if name not in registry:
            add(id=name, entry_point="qmectk.environments.slots:SlotEnv", kwargs={"problem": problem})
