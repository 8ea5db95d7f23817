"""Learners of other toolkits train on the environments as they are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("torch")

from qmectk.documents import parse
from qmectk.environments import SlotEnv, VectorSlotEnv

#: One P1 device more or less is one bit: 2^3 combinations for DQN.
SMALL = {
    "p1": "{problem: p1, devices: 3, frames: 1}",
    "meqc": "{problem: meqc, users: 2, servers: 2}",
    "meqc-ye": "{problem: meqc-ye, devices: 2}",
    "drift": "{problem: drift, devices: 2, servers: 2}",
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("learner", "actions"), [("DQN", "discrete"), ("DDPG", "box"), ("PPO", "multidiscrete")])
def test_stable_baselines3_trains(name: str, learner: str, actions: str) -> None:
    sb3: Any = pytest.importorskip("stable_baselines3")
    env = SlotEnv(parse(SMALL[name]), slots=40, actions=actions, shares=3, reward="own")
    keys: dict[str, Any] = (
        {"n_steps": 64, "n_epochs": 2} if learner == "PPO" else {"learning_starts": 32, "batch_size": 16}
    )
    small = {"net_arch": [16]}
    model = getattr(sb3, learner)("MlpPolicy", env, gamma=0.0, seed=0, policy_kwargs=small, device="cpu", **keys)
    before = {key: value.clone() for key, value in model.policy.state_dict().items()}
    model.learn(72)
    after = model.policy.state_dict()
    assert any(not value.equal(after[key]) for key, value in before.items())
    judged = SlotEnv(parse(SMALL[name]), slots=5, actions=actions, shares=3, judged=True, optimum=True)
    observation, _ = judged.reset(seed=0)
    for _ in range(5):
        action, _ = model.predict(observation, deterministic=True)
        observation, reward, _, _, info = judged.step(action)
        assert np.isfinite(reward)
        assert info["regret"] >= -1e-6 * max(1.0, abs(info["optimum"]))


def test_stable_baselines3_s_own_check() -> None:
    checker: Any = pytest.importorskip("stable_baselines3.common.env_checker")
    for name, text in SMALL.items():
        for actions in ("discrete", "multidiscrete", "box"):
            checker.check_env(SlotEnv(parse(text), actions=actions, shares=2), warn=name != "drift" or actions != "box")


def test_skrl_trains_on_many_at_once(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    with warnings.catch_warnings():  # what it imports warns
        warnings.simplefilter("ignore")
        pytest.importorskip("skrl")
        from skrl.agents.torch.ppo import PPO, PPO_CFG
        from skrl.envs.wrappers.torch import wrap_env
        from skrl.memories.torch import RandomMemory
        from skrl.models.torch import DeterministicMixin, Model, MultiCategoricalMixin
        from skrl.trainers.torch import SequentialTrainer

    class Policy(MultiCategoricalMixin, Model):
        def __init__(self, **spaces: Any) -> None:
            Model.__init__(self, **spaces)
            MultiCategoricalMixin.__init__(self)
            self.net = torch.nn.Linear(self.num_observations, self.num_actions)

        def compute(self, inputs: Any, role: str = "") -> Any:
            return self.net(inputs["observations"]), {}

    class Value(DeterministicMixin, Model):
        def __init__(self, **spaces: Any) -> None:
            Model.__init__(self, **spaces)
            DeterministicMixin.__init__(self)
            self.net = torch.nn.Linear(self.num_observations, 1)

        def compute(self, inputs: Any, role: str = "") -> Any:
            return self.net(inputs["observations"]), {}

    env = wrap_env(VectorSlotEnv(parse(SMALL["meqc"]), num_envs=4, slots=20, reward="own"), verbose=False)
    spaces = {"observation_space": env.observation_space, "action_space": env.action_space, "device": env.device}
    models = {"policy": Policy(**spaces), "value": Value(**spaces)}
    quiet = {"directory": str(tmp_path), "write_interval": 0, "checkpoint_interval": 0}
    agent = PPO(
        models=models,
        memory=RandomMemory(memory_size=16, num_envs=env.num_envs, device=env.device),
        cfg=PPO_CFG(rollouts=16, learning_epochs=2, discount_factor=0.0, experiment=quiet),
        **spaces,
    )
    before = models["policy"].net.weight.clone()
    timesteps = {"timesteps": 64, "headless": True, "disable_progressbar": True, "close_environment_at_exit": False}
    SequentialTrainer(env=env, agents=agent, cfg=timesteps).train()
    assert not before.equal(models["policy"].net.weight)
