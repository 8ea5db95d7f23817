"""qmectk inside PyTorch networks. Nothing here imports torch until a name is used.

``from qmectk.torch import HardAttention``; ``import torch`` in the modules below means PyTorch, as everywhere.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qmectk.backend import installed
from qmectk.errors import MissingPackage

__all__ = ["HardAttention"]  # resolved by __getattr__

if TYPE_CHECKING:
    from .hard_attention import HardAttention


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'qmectk.torch' has no attribute '{name}'")
    if not installed("torch"):
        raise MissingPackage(f"qmectk.torch.{name} needs torch", "run: pip install 'qmectk[learned]'")
    return getattr(importlib.import_module(".hard_attention", __name__), name)
