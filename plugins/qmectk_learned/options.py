"""Options of the learned backends. The defaults are the papers' settings; departures are noted where they are made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from qmectk.errors import InputError
from qmectk.options import at_least, at_most, option

#: Largest step of Adam, and largest weight of a penalty: weights of 32 bits overflow after a few such steps.
MOST_RATE = 1e3

#: Most frames that a network sees at once.
MOST_HISTORY = 10_000

#: Most that is remembered and learned from in one step, which nothing cuts short.
MOST_BATCH = 10_000

#: Most qubits of a circuit: 2^20 amplitudes for every frame of a batch.
MOST_QUBITS = 20

#: Help of the option `network`.
NETWORK = "from what is seen of a frame to a number a bit"

#: Help of the option `adaptive`.
ADAPTIVE = "let K follow the index of the best candidate while training, every `adapt_every` frames"


def check_rate(rate: float) -> None:
    """Refuse a step size of Adam that takes no step, or one that no weights survive."""
    if not rate > 0:
        raise InputError(f"option 'learning_rate' must be positive, not {rate:g}")
    at_most("learning_rate", rate, MOST_RATE)


@dataclass(frozen=True)
class PolicyOptions:
    """What every learned policy has."""

    network: str = option("mlp", NETWORK, part="network")
    layers: str = option("", "units of its layers, as 120,80; with groups (before / behind a pool or circuit) 16,16/32")
    circuit: str = option("published", "circuit of the qnn networks", part="circuit")
    qubits: int = option(8, "qubits of the circuit")
    heads: int = option(4, "heads of attention, where the network has any")
    sharpness: float = option(2.3, "logarithm of the factor from margins to logits at the start (price only)")
    features: str = option("plain", "what is done to the features before the network sees them", part="features")
    quantizer: str = option("op", "from the relaxed action to candidate actions", part="quantizer")
    ugq_pull: float = option(0.7, "pull of a threshold of ugq towards the entry it looks at (QAROO, Alg. 1)")
    ugq_noise: float = option(0.1, "half the width of its noise")
    opn_noise: float = option(1.0, "standard deviation of opn's noise (LyDROO)")
    candidates: int | None = option(None, "candidate actions a frame, K; none: one a bit, and at least two")
    adaptive: bool = option(False, ADAPTIVE)
    adapt_every: int = option(1024, "frames between two such changes of K (DROO: 32)")
    spare: int = option(4, "candidates beyond the furthest best one when K adapts (DROO's code: 1)")
    history: int = option(1, "frames the network sees: this one and those before it, oldest first")
    labels: str = option("best-of-k", "what the network learns from a frame", part="labels")
    loss: Literal["actions", "numbers"] = option("actions", "learn the labels' bits, or price and share (price only)")
    learning_rate: float = option(0.01, "step size of Adam")
    beta1: float = option(0.9, "share of the mean gradient that Adam keeps from one step to the next")
    beta2: float = option(0.999, "share of the mean squared gradient that it keeps")
    epsilon: float = option(1e-8, "what it adds to the root of that before it divides by it")
    falling: bool = option(False, "let the step size fall to zero along the training, in a straight line")
    weight_decay: float = option(1e-4, "L2 penalty on the weights")
    dropout: float = option(0.0, "share of recurrent units silenced in training (gru only)")
    memory: int = option(1024, "frames the replay memory holds")
    batch: int = option(128, "remembered frames per training step")
    interval: int = option(10, "frames between two training steps")
    epochs: int = option(1, "passes over the training frames")
    patience: int = option(0, "training stops after so many frames without improvement of the loss; 0: never")
    improvement: float = option(0.01, "share by which the loss has to fall to be an improvement")
    device: Literal["cpu", "cuda"] = option("cpu", "where networks compute")
    online: bool = option(False, "learn along the frames that are answered, from the start or from 'policy'")
    retrain: bool = option(False, "train anew even if a trained policy is cached")
    resume: bool = option(False, "go on from a checkpoint, and refuse where there is none")
    policy: str = option("", "use the policy in this folder instead of training ('qmectk train' makes one)")

    def __post_init__(self) -> None:
        for name in ("history", "memory", "interval", "epochs", "qubits", "heads", "adapt_every"):
            at_least(name, getattr(self, name), 1)
        at_most("history", self.history, MOST_HISTORY)
        at_most("qubits", self.qubits, MOST_QUBITS)
        at_least("batch", self.batch, 2)  # batch norm needs two
        at_most("batch", self.batch, MOST_BATCH)
        at_least("spare", self.spare, 0)
        at_least("patience", self.patience, 0)
        if not 0 <= self.improvement < 1:
            raise InputError(f"option 'improvement' must be at least 0 and below 1, not {self.improvement:g}")
        at_least("ugq_noise", self.ugq_noise, 0)
        at_least("opn_noise", self.opn_noise, 0)
        if self.retrain and self.resume:
            raise InputError("'retrain' starts anew and 'resume' goes on", "set one of them")
        if self.candidates is not None:
            at_least("candidates", self.candidates, 1)
        check_rate(self.learning_rate)
        at_least("weight_decay", self.weight_decay, 0)
        at_most("weight_decay", self.weight_decay, MOST_RATE)
        for name in ("beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"option '{name}' must be at least 0 and below 1, not {getattr(self, name):g}")
        if not self.epsilon > 0:
            raise InputError(f"option 'epsilon' must be positive, not {self.epsilon:g}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"option 'dropout' must be at least 0 and below 1, not {self.dropout:g}")

    def identity(self) -> dict[str, Any]:
        """The options a trained policy depends on."""
        without = ("retrain", "resume", "policy", "online")
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in without}


@dataclass(frozen=True)
class DrooOptions(PolicyOptions):
    """Settings of Huang, Bi & Zhang, IEEE TMC 19(11), 2020, section VI, and of their published code.

    Departures, all in how K adapts. It does in training only; when frames are answered all `candidates` are scored. It
    keeps `spare` candidates beyond the furthest best one, not one; and the furthest is that of 1024 frames, as many as
    the memory holds, not of 32 (section IV.C), which seldom show it. With the published constants K narrows to about
    four within 2000 frames, a device whose logit has saturated the wrong way is never among the candidates again, and
    the labels confirm it. On P1 with N = 30, the mean ratio over the last 5000 of 10 000 frames is 0.9952 to 0.9960
    with 32 frames, 0.9963 with 256, 0.9964 to 0.9966 with 512, 0.9965 to 0.9967 with 1024, 0.9968 where K stays N.
    """

    adaptive: bool = option(True, ADAPTIVE)


@dataclass(frozen=True)
class UgqOptions(PolicyOptions):
    """Settings of QAROO's recurrent policy (Yao et al., arXiv 2604.25740).

    The paper leaves open how many frames the network sees, where batch norm sits, K, and whether weights decay. Chosen
    here: two frames, batch norm before the last layer, K = N, no decay. The gains of a frame decide its optimum, and
    the network sees them, so earlier frames cannot tell it more, be the channel correlated or not; on P1 with N = 10
    histories of 1, 2, 4 and 8 frames all reach mean ratios of 0.9998 to 0.99997, while the cost of a training step
    grows in proportion (about 4, 7 and 13 ms for 2, 4 and 8 frames). Two keep the network recurrent and the first
    run short.
    """

    network: str = option("gru", NETWORK, part="network")
    quantizer: str = option("ugq", "from the relaxed action to candidate actions", part="quantizer")
    history: int = option(2, "frames the network sees: this one and those before it, oldest first")
    learning_rate: float = option(1e-3, "step size of Adam")
    weight_decay: float = option(0.0, "L2 penalty on the weights")
    dropout: float = option(0.1, "share of recurrent units silenced in training (gru only)")


@dataclass(frozen=True)
class QarooOptions(UgqOptions):
    """QAROO's quantum policy as published: circuit, attention over one token, rate 1e-3, its quantizer."""

    network: str = option("qnn-attention", NETWORK, part="network")
    history: int = option(1, "frames the network sees: this one and those before it, oldest first")


@dataclass(frozen=True)
class PricedOptions(PolicyOptions):
    """Two numbers, the price of time and the share of power transfer: the structure of the optimum, and no more.

    Thresholds at that price are one ordered family, so the order-preserving quantizer reaches all of them. No weight
    decay: it pulls the two numbers towards a start that is right for one size of problem.
    """

    network: str = option("price", NETWORK, part="network")
    learning_rate: float = option(5e-3, "step size of Adam")
    weight_decay: float = option(0.0, "L2 penalty on the weights")
