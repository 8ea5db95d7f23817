"""The lowerings that come with the core; plugins add theirs through ``qmectk_register_lowerings``."""

from .base import Lowering, OwnView, own_views

__all__ = ["Lowering", "OwnView", "own_views"]
