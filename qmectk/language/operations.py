"""What Python's operators on expressions come to: the operations on payloads that a reading implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .atoms import Array


class Operations(ABC):
    """Arithmetic of payloads."""

    #: Whether constants carry a leading axis of frames, see :mod:`qmectk.readings.batched`.
    batched: bool = False

    def elements(self, array: Array) -> int | None:
        """Elements of a constant, None for a scalar."""
        return None if array.ndim == 0 or (self.batched and array.shape[-1] == 1) else int(array.shape[-1])

    @abstractmethod
    def constant(self, array: Array) -> Any:
        """Payload of a constant, of shape () or (n,)."""

    @abstractmethod
    def add(self, left: Any, right: Any) -> Any:
        """left + right; a scalar broadcasts over a vector."""

    @abstractmethod
    def scale(self, array: Array, payload: Any) -> Any:
        """Constant times payload, element by element."""

    @abstractmethod
    def multiply(self, left: Any, right: Any) -> Any:
        """Product of two non-constant payloads, element by element."""

    @abstractmethod
    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> Any:
        """Constant matrix times a vector payload; a scalar (its only row) when `scalar`."""

    @abstractmethod
    def index(self, payload: Any, key: Any) -> Any:
        """One element or a slice of a vector payload."""

    @abstractmethod
    def total(self, payload: Any) -> Any:
        """Sum of the elements."""
