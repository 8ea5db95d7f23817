"""The problem family `attention`: parameters to instances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.data import real_numbers
from qmectk.errors import InputError
from qmectk.instance import Instance
from qmectk.memory import check_memory
from qmectk.problem import Problem

from ..files import with_content
from .blocks import Generator, digit_blocks, draw_blocks
from .instance import AttentionInstance
from .params import AttentionParams
from .variants import build

Array = NDArray[np.float64]


class Attention(Problem):
    """Which blocks of a feature map a hard-attention layer keeps."""

    name = "attention"
    summary = "which blocks of a feature map hard attention keeps (QAHAN)"
    Params = AttentionParams
    params: AttentionParams

    def fingerprint(self) -> str:
        loaded = self.params.loaded
        return super().fingerprint() if loaded is None else with_content(super().fingerprint(), loaded)

    def blocks(self, frame: int) -> Array:
        """B of one frame, shape (n, d)."""
        source: Any = self.params.blocks
        if self.params.loaded is not None:
            return np.array(self.params.loaded[frame])
        if isinstance(source, Generator):
            return draw_blocks(source, self.params.seed, frame)
        return digit_blocks(source, self.params.seed, frame)

    def instance(self, blocks: Any) -> AttentionInstance:
        """An instance with given blocks, shape (n, d) or (n,); InputError when they are no finite real numbers."""
        try:
            array = real_numbers(blocks, "'blocks'")
            if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
                raise ValueError(f"'blocks' of shape {array.shape} must be finite numbers of shape (n, d) or (n,)")
        except ValueError as error:
            raise InputError(str(error)) from error
        array = array[:, None] if array.ndim == 1 else array
        made = build(array, self.params)
        made.problem, made.blocks = self, partial(np.array, array)
        return made

    def frame(self, number: int) -> AttentionInstance:
        """The instance of one frame of the stream."""
        check_memory(self.memory(number, number + 1), f"{self.source or self.name} with 1 frame")
        made = self.instance(self.blocks(number))
        made.frame, made.blocks = number, partial(self.blocks, number)
        return made

    def memory(self, start: int, stop: int) -> float:
        source = self.params.blocks
        # the blocks of every frame and their sums, and a copy while one is made
        return 8.0 * source.n * ((source.d + 1) * (stop - start) + source.d) if isinstance(source, Generator) else 0.0

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        return [self.frame(t) for t in range(start, stop)]
