"""Layers of PyTorch networks that plugins bring: ``from qmectk.torch import HardAttention``.

A layer is a :class:`~qmectk.extending.parts.Part` of the kind "layer". PyTorch is imported when a layer is used.
"""

from __future__ import annotations

from typing import Any

from .errors import MissingPackage
from .extending.installed import installed
from .plugins import registry


def __getattr__(name: str) -> Any:
    """The layer of this name."""
    if name.startswith("__"):  # what Python asks of every module needs no plugins
        raise AttributeError(name)
    layers = registry().parts.get("layer", {})
    if name not in layers:
        raise AttributeError(f"module 'qmectk.torch' has no attribute '{name}'")
    if not installed("torch"):
        raise MissingPackage(f"qmectk.torch.{name} needs torch", "run: pip install 'qmectk[learned]'")
    return layers[name].load(type)
