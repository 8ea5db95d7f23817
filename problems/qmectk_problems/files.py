"""Data files that a problem names: what the problem file says of them, and what of them decides a fingerprint."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import Field, ValidationInfo

from .parts import Part


class NamedFile(Part):
    """A file that a problem file names."""

    path: Path = Field(description="A .csv, .npy, .npz or .mat file, relative to this YAML file.")

    def beside(self, info: ValidationInfo) -> Self:
        """The same with its path from the folder of the problem file."""
        return self._at(Path((info.context or {}).get("folder", ".")) / self.path)

    def absolute(self) -> Self:
        """The same with a path that means the same file from everywhere."""
        return self._at(Path(os.path.abspath(self.path)))

    def _at(self, path: Path) -> Self:
        return self.model_copy(update={"path": path})


class DataFile(NamedFile):
    """An array in a file; families add what it means."""

    variable: str | None = Field(None, description="Name of the array in a .mat or .npz file with several.")
    columns: list[int | str] | None = Field(
        None, min_length=1, description="Columns to read, by their names in a table or by their numbers from 1."
    )
    skip: int | None = Field(
        None,
        ge=0,
        description="Lines of a table, or rows of an array, to leave out at the beginning. 0 says that a first line "
        "0, 1, 2, ... is data; without 'skip' it is refused, as it may be names.",
    )


def with_content(fingerprint: str, array: Any) -> str:
    """A fingerprint of parameters and of the numbers that were read for them: a file's name decides nothing."""
    content = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return hashlib.sha256(f"{fingerprint} {np.shape(array)} {content}".encode()).hexdigest()
