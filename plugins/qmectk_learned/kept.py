"""A trained policy without the problem it was trained on: it acts on observations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.presenting.page import Block, Facts, Presented
from qmectk.presenting.wording import number, seconds
from qmectk.views import Reading

from . import kernels
from .contract import Contract
from .curve import COLUMNS, Curve, draw, written
from .describing import changed, floor_in_words
from .folder import write_policy
from .inference import PERCEPTRON, Packed, packed
from .options import PolicyOptions
from .quantizers import quantizer_of
from .shape import Shape

if TYPE_CHECKING:
    from pandas import DataFrame

    from .policy import Policy

#: Facts of the training that have words of their own.
SAID = ("cached", "training_frames", "training_seconds", "resumed_at")


@dataclass(frozen=True, eq=False, repr=False)
class KeptPolicy(Presented):
    """A trained policy.

    Perceptrons are asked by compiled code and need no torch; other networks import it when they are first asked.

    Attributes
    ----------
    shape, arrays
        The network: what decides its arrays, and the arrays by name.
    options
        The options it was trained with.
    facts
        Plain values for people: backend, problem, training, versions.
    curve
        The learning curve: rows of :data:`~qmectk_learned.curve.COLUMNS`.
    reading
        From observations in natural units to features; None where the problem has none.
    """

    shape: Shape
    arrays: Mapping[str, NDArray[Any]]
    options: PolicyOptions
    facts: Mapping[str, Any]
    curve: Curve = ()
    reading: Reading | None = None

    def act(
        self, observed: Any, candidates: int = 1, rng: np.random.Generator | None = None, **known: Any
    ) -> NDArray[np.int8]:
        """Actions for observations in natural units; :class:`~qmectk_learned.contract.Contract` says what they are.

        Parameters
        ----------
        observed
            One observation or many: of P1 the power gains h, (n,) or (F, n).
        candidates
            1 rounds: shape (n,) or (F, n). More give as many proposals, (K, n) or (F, K, n), the rounded one first;
            which of them is best, the problem says.
        rng
            Draws what the quantizer needs.
        **known
            What is another one than in training, where the network sees it: of P1 ``weights``, and constants by name.

        Raises
        ------
        InputError
            When the shape is another one, or a number is not finite or smaller than it can be.
        """
        if candidates == 1 and not known and self._alone(observed):
            seen = observed if self.reading is None else self.reading.features(observed)
            return kernels.rounded(np.asarray(self._contract.scale(seen), np.float32), *self._perceptron)
        contexts, single = self._contract.contexts(observed, known)
        if candidates == 1:
            actions = (self._logits(contexts) > 0.0).astype(np.int8)
        else:
            chances = self._chances(contexts)
            actions = quantizer_of(self.options).candidates(chances, candidates, rng or np.random.default_rng(0))
        return actions[0] if single else actions

    def relaxed(self, observed: Any, **known: Any) -> NDArray[np.float64]:
        """Relaxed actions in [0, 1], (n,) or (F, n); see :meth:`act`."""
        contexts, single = self._contract.contexts(observed, known)
        found = self._chances(contexts)
        return found[0] if single else found

    def export(self, path: str | Path) -> str:
        """Write it as a program of torch (.pt2) or ONNX (.onnx); see :mod:`qmectk_learned.export`."""
        from .export import export

        return export(self.policy, self._contract, self.facts, Path(path))

    @property
    def scale(self) -> Callable[..., Any]:
        """What is done to features before the network sees them."""
        return self._contract.scale

    @property
    def contract(self) -> str:
        """What :meth:`act` takes, in words."""
        return self._contract.words

    @property
    def end(self) -> dict[str, float]:
        """The last row of the learning curve by the names of its columns, as far as it is known."""
        last = self.curve[-1] if self.curve else ()
        return {name: value for name, value in zip(COLUMNS, last, strict=False) if value is not None}

    def describe(self) -> list[tuple[str, str]]:
        """What it is, what it was trained on and with, what it takes, and how well it did: names and texts."""
        facts, training = dict(self.facts), dict(self.facts.get("training", {}))
        versions = ", ".join(f"{name} {version}" for name, version in facts.get("versions", {}).items())
        frames, took = training.get("training_frames", "?"), training.get("training_seconds")
        rest = ", ".join(f"{name.replace('_', ' ')} {number(v)}" for name, v in training.items() if name not in SAID)
        return [
            ("backend", f"{facts.get('backend', '?')}, options {changed(self.options)}"),
            ("network", f"{self.shape.network}, {sum(array.size for array in self.arrays.values())} numbers"),
            ("trained on", f"{facts.get('problem', '?')}, {frames} frames" + (f" in {seconds(took)}" if took else "")),
            ("unfinished", str(facts.get("unfinished") or "")),
            ("training", rest),
            ("with", versions),
            ("takes", self.contract),
            *(("floor", floor_in_words(one)) for one in facts.get("floors") or ()),
            ("at the end", ", ".join(f"{name} {number(value)}" for name, value in self.end.items())),
        ]

    def page(self) -> list[Block]:
        """What ``qmectk policy`` prints."""
        return [Facts(self.describe())]

    def __repr__(self) -> str:
        ratio = self.end.get("ratio")
        reached = "" if ratio is None else f", ratio {ratio:.5f} at the end of its training"
        backend, problem = self.facts.get("backend", "?"), self.facts.get("problem", "?")
        return f"<Policy of {backend} for {problem}: {self.shape.network}, {self.shape.bits} bits{reached}>"

    def to_pandas(self) -> DataFrame:
        """The learning curve: one row an interval of training frames, :data:`~qmectk_learned.curve.COLUMNS`."""
        from pandas import DataFrame

        return DataFrame([list(row) for row in self.curve], columns=list(COLUMNS), dtype=float)

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of the learning curve; see :func:`qmectk_learned.curve.draw`.

        `columns` of a page: see :func:`qmectk.figures.drawn`.
        """
        from qmectk.figures import drawn

        title = f"{self.facts.get('backend')} on {self.facts.get('problem')}"
        return drawn(draw, self.curve, title, self.facts.get("floors") or (), columns=columns)

    def check(self) -> None:
        """Refuse arrays that are not those of such a network, with ValueError."""
        _ = self._perceptron if self.shape.network == PERCEPTRON else self.policy

    @cached_property
    def policy(self) -> Policy:
        """The network in torch."""
        return self.policy_on("cpu")

    def policy_on(self, device: str) -> Policy:
        """The network in torch, "cpu" or "cuda".

        Raises
        ------
        Refused
            When there is no such device.
        ValueError
            When the arrays are not those of such a network.
        """
        from .policy import Policy

        made = Policy(self.shape, device=device)
        made.load(dict(self.arrays))
        return made

    def save(self, folder: str | Path) -> Path:
        """Write it into a folder, which is made; returns the folder.

        Raises
        ------
        InputError
            When that cannot be done, or a folder of that name holds something else.
        """
        facts = {
            **self.facts,
            "takes": self.contract,
            "options": asdict(self.options),
            "shape": asdict(self.shape),
        }
        plot = self.plot if self.curve else None
        return write_policy(Path(folder), self.arrays, facts, written(COLUMNS, self.curve), plot)

    @cached_property
    def _contract(self) -> Contract:
        by_device = False
        if self.shape.network != PERCEPTRON:
            from .networks import kind_of

            by_device = kind_of(self.shape.network).sees == "devices"
        return Contract(self.shape, by_device, self.reading)

    @cached_property
    def _perceptron(self) -> Packed:
        return packed(self.shape, self.arrays)

    @cached_property
    def _one(self) -> tuple[float, tuple[int]] | None:
        """Smallest number and shape of the observations that compiled code answers alone."""
        if self.shape.network != PERCEPTRON or self.shape.history != 1:
            return None
        return (-np.inf, (self.shape.features,)) if self.reading is None else (self.reading.least, (self.shape.bits,))

    def _alone(self, observed: Any) -> bool:
        """Whether it is one plain frame for compiled code, where microseconds count. What is odd goes another way."""
        if self._one is None or type(observed) is not np.ndarray:
            return False
        least, shape = self._one
        if observed.shape != shape or observed.dtype != np.float64:
            return False
        return bool(kernels.within(observed, least))

    def _logits(self, contexts: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.shape.network == PERCEPTRON:
            return np.asarray(kernels.perceptron(contexts.reshape(len(contexts), -1), *self._perceptron))
        from .threads import one_thread

        with one_thread():
            return self.policy.values(contexts)

    def _chances(self, contexts: NDArray[np.float32]) -> NDArray[np.float64]:
        # in double precision: in single precision logits beyond 17 all become 1, and their order is lost
        logits = self._logits(contexts).astype(np.float64)
        return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))


__all__ = ["KeptPolicy"]
