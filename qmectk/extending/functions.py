"""A backend from a function or network of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backend import Backend, Reply
from ..errors import InputError
from ..status import Termination
from ..timing.budget import Budget
from ..views import Binary


def policy_backend(name: str, function: Callable[[Any], Any]) -> type[Backend]:
    """A backend from a function or network of the user's: an observation in, an action out.

    Parameters
    ----------
    name
        What it is called in answers and tables.
    function
        ``function(observed) -> x``, or a ``torch.nn.Module``. It is given one frame: what is observed of it in natural
        units, of P1 the power gains h, shape (n,); where a family says nothing of the kind, the features of its Binary
        view. What comes back has one number a bit, which is set where it is above 1/2. A module is called without
        gradients and as it is set (``eval()`` is the caller's), with a batch of one frame in the type and on the device
        of its parameters; of gains as small as 1e-6 it has to make something itself.

    Raises
    ------
    InputError
        By the backend, when the function does not fit a frame (another number of numbers, NaN, an exception of its
        own), with what it was given.

    Examples
    --------
    >>> import numpy as np, qmectk
    >>> strongest = qmectk.policy_backend("strongest", lambda h: h >= np.sort(h)[-3])
    >>> qmectk.solve("p1", strongest, frames=1, reference=False).feasible
    True
    """

    answer = _as_function(function)

    class FunctionPolicy(Backend):
        accepts = (Binary,)
        summary = "a policy from a function"

        def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
            observed = view.observed()
            given = view.features() if observed is None else observed.copy()
            asked = f"policy '{name}' was given a frame of shape {given.shape} and"
            try:
                said = np.asarray(answer(given), dtype=float).reshape(-1)
            except Exception as error:
                raise InputError(f"{asked} cannot answer: {type(error).__name__}: {error}") from error
            if said.shape != (view.n,) or np.isnan(said).any():
                what = "NaN" if said.shape == (view.n,) else f"{said.size} numbers"
                raise InputError(f"{asked} answers {what} for {view.n} bits")
            return Reply((said > 0.5).astype(np.int8), Termination.CONVERGED)

    FunctionPolicy.name = name
    return FunctionPolicy


def _as_function(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function itself, or one that asks a module of torch, which is imported already where there is one."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(function, torch.nn.Module):
        return function

    def asked(observed: Any) -> Any:
        like = next(function.parameters(), torch.zeros(0))
        with torch.inference_mode():
            return function(torch.as_tensor(observed[None]).to(like)).cpu().numpy()

    return asked


__all__ = ["policy_backend"]
