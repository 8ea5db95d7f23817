"""What a trained attention keeps of the features of test images."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk_learned.threads import one_thread
from qmectk_lowrank.layer.hard_attention import HardAttention

from .data import Images
from .networks import AttentionNetwork, Classifier

#: Test images whose masks are looked into.
LOOKED_AT = 64


def features_and_masks(model: Classifier, images: Images, count: int) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Features of the first test images and the masks that are solved for them, both of shape (count, n)."""
    assert isinstance(model, AttentionNetwork)
    assert isinstance(model.attention, HardAttention)
    model.eval()
    with one_thread(), torch.no_grad():
        features = model.features(torch.from_numpy(images.test_x[:count]))
        model.attention(features)
    masks = model.attention.masks
    assert masks is not None
    scalars: NDArray[np.float64] = features.flatten(1).double().numpy()
    return scalars, masks.bits


def what_is_kept(model: Classifier, images: Images) -> dict[str, float]:
    """Means over test images; empty without a HardAttention.

    ``share_kept`` is of the sum of all features, ``share_of_most`` of what as many features could have had of it,
    ``zero_kept`` the share of zeros among the kept, ``score`` eq. (14), |B^T x|^2.
    """
    if not isinstance(model, AttentionNetwork) or not isinstance(model.attention, HardAttention):
        return {}
    features, masks = features_and_masks(model, images, LOOKED_AT)
    bits = masks.astype(bool)
    kept, whole = (features * bits).sum(1), np.maximum(features.sum(1), 1e-30)
    descending = -np.sort(-features, axis=1)
    most = np.array([row[:count].sum() for row, count in zip(descending, bits.sum(1), strict=True)])
    assert model.attention.masks is not None
    return {
        "kept": float(bits.sum(1).mean()),
        "share_kept": float((kept / whole).mean()),
        "share_of_most": float((kept / np.maximum(most, 1e-30)).mean()),
        "zero_kept": float((features[bits] == 0.0).mean()) if bits.any() else 0.0,
        "score": float(np.square(kept).mean()),
        "proved": float(model.attention.masks.proved.mean()),
    }


__all__ = ["features_and_masks", "what_is_kept"]
