"""What ``problems/attention.yaml`` may say, with validation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from qmectk.problem import ProblemParams

from ..parts import NonNegative, Number, with_model
from .blocks import BlockFile, Digits, Generator, read_blocks

Blocks = Annotated[Generator | BlockFile | Digits, Field(discriminator="model")]


class AttentionParams(ProblemParams):
    """Parameters of hard attention."""

    problem: Literal["attention"]
    variant: Literal["published", "salient", "concave", "residual", "general"] = Field(
        "published", description="What the first term of the energy is."
    )
    k: int = Field(100, ge=0, le=1_000_000, description="Number of blocks asked for.")
    l1: NonNegative = Field(1.0, description="Weight of the cardinality (sum x - k)^2; salient makes it exact instead.")
    l2: NonNegative = Field(1.0, description="Weight of neighbouring blocks, sum x_a x_{a+1}.")
    alpha: Number = Field(0.0, description="general: u_a = -alpha |B_a|^2, on top of 'linear'.")
    linear: Number | list[Number] = Field(0.0, description="general: u, one number or one a block.")
    target: Literal["sum"] | Number | list[Number] = Field(
        0.0, description="general: t, one number, one a column of B, or 'sum' for B^T 1."
    )
    blocks: Blocks = Generator()
    _loaded: Any = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _blocks_default_to_the_generator(cls, data: Any) -> Any:
        return with_model(data, "blocks", "generator")

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> AttentionParams:
        if self.variant != "general":
            for name, value in (("alpha", self.alpha), ("linear", self.linear), ("target", self.target)):
                if value != 0.0:
                    raise ValueError(f"'{name}' belongs to the variant 'general', not '{self.variant}'")
        needed = self.training_frames + self.frames
        n: int | None = None
        d: int | None = None
        if isinstance(self.blocks, Generator):
            n, d = self.blocks.n, self.blocks.d
        elif isinstance(self.blocks, BlockFile):
            file = self.blocks.beside(info)
            loaded = read_blocks(file)
            if "frames" not in self.model_fields_set and len(loaded) > self.training_frames:
                object.__setattr__(self, "frames", len(loaded) - self.training_frames)
            elif len(loaded) < needed:
                raise ValueError(
                    f"{self.blocks.path.name} has {len(loaded)} frames, and training_frames + frames asks for {needed}"
                )
            self._loaded = loaded
            n, d = loaded.shape[1:]
            object.__setattr__(self, "blocks", file.absolute())
        else:
            place = (self.blocks.side // 4) ** 2
            n = place if self.blocks.blocks == "positions" else place * self.blocks.channels[1]
            d = self.blocks.channels[1] if self.blocks.blocks == "positions" else 1
            if needed > 1797:
                raise ValueError(f"there are 1797 digits, and training_frames + frames asks for {needed}")
        if self.k > n:
            raise ValueError(f"'k' asks for {self.k} of {n} blocks")
        for name, value, length, what in (("linear", self.linear, n, "blocks"), ("target", self.target, d, "columns")):
            if isinstance(value, list) and len(value) != length:
                raise ValueError(f"'{name}' has {len(value)} numbers for {length} {what}")
        return self

    @property
    def loaded(self) -> np.ndarray | None:
        """Blocks read from the file, shape (frames, n, d); None for the other sources."""
        loaded: np.ndarray | None = self._loaded
        return loaded
