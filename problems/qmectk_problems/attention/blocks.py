"""Where the blocks come from: a seeded generator, a file, or convolutions of scikit-learn's digits."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from qmectk.data import ARRAYS, MAX_FILE, read_array
from qmectk.errors import MissingPackage
from qmectk.extending.installed import installed
from qmectk.files.intake import read_bytes
from qmectk.seeds import Stream, generator

from ..files import DataFile
from ..parts import LARGEST, Part

Array = NDArray[np.float64]

IMAGES = (".png", ".pgm", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


class Generator(Part):
    """Blocks drawn anew in every frame from the standard normal distribution."""

    model: Literal["generator"] = "generator"
    kind: Literal["abs-normal", "relu", "signed"] = Field(
        "abs-normal", description="|N(0,1)|: all positive; max(N(0,1), 0): about half of them 0; or N(0,1) itself."
    )
    n: int = Field(4096, ge=1, le=1_000_000, description="Number of blocks.")
    d: int = Field(1, ge=1, le=4096, description="Numbers in a block.")

    @model_validator(mode="after")
    def _size(self) -> Generator:
        if self.n * self.d > 50_000_000:
            raise ValueError(f"{self.n} blocks of {self.d} numbers are more than 50 million numbers")
        return self


class BlockFile(DataFile):
    """Blocks from a file: an array, or an image."""

    model: Literal["file"] = "file"
    path: Path = Field(
        description="A .npy, .npz, .csv or .mat array of shape (n,), (n, d) or (frames, n, d), or a .png, .pgm, .jpg, "
        ".bmp or .tif image; relative to this YAML file."
    )
    patch: int = Field(1, ge=1, le=4096, description="Side of the square patches that an image is cut into.")


class Digits(Part):
    """Feature maps of scikit-learn's handwritten digits behind two random convolutions; frame t is digit t."""

    model: Literal["digits"] = "digits"
    side: int = Field(28, ge=8, le=64, multiple_of=4, description="Pixels a side after upsampling from 8.")
    channels: tuple[int, int] = Field((32, 64), description="Channels of the two convolutions.")
    blocks: Literal["scalars", "positions"] = Field(
        "scalars", description="A block is one number of the map (d = 1) or one position with all its channels."
    )

    @model_validator(mode="after")
    def _channels(self) -> Digits:
        if not all(1 <= channel <= 1024 for channel in self.channels):
            raise ValueError("the channels must be between 1 and 1024")
        return self


def draw_blocks(source: Generator, seed: int, frame: int) -> Array:
    """Blocks of one frame, shape (n, d); every frame has its own stream of random numbers."""
    drawn = generator(Stream.DATA, seed, frame).standard_normal((source.n, source.d))
    if source.kind == "abs-normal":
        return np.abs(drawn)
    return np.maximum(drawn, 0.0) if source.kind == "relu" else drawn


def read_blocks(file: BlockFile) -> Array:
    """Blocks from a file, shape (frames, n, d). Nothing in the file is executed.

    Raises
    ------
    ValueError
        In one sentence, when the file is missing, of another kind, or holds anything but finite numbers.
    """
    path = file.path
    if path.suffix.lower() in IMAGES:
        given = [name for name in ("variable", "columns", "skip") if getattr(file, name) is not None]
        if given:
            raise ValueError(f"'{given[0]}' chooses from arrays, and {path.name} is a picture")
        return _patches(_from_image(path), file.patch, path)
    if path.suffix.lower() not in ARRAYS:
        raise ValueError(f"{path.name} must be a .npy, .npz, .png, .pgm, .jpg, .bmp, .tif, .csv or .mat file")
    if file.patch != 1:
        raise ValueError(f"'patch' cuts images, and {path.name} is an array of blocks already")
    found = read_array(path, variable=file.variable, usual=("blocks",), columns=file.columns, skip=file.skip)
    blocks = found.array
    if blocks.ndim not in (1, 2, 3) or blocks.size == 0:
        raise ValueError(
            f"{path.name} holds an array of shape {blocks.shape}; it must be (n,), (n, d) or (frames, n, d)"
        )
    if not np.isfinite(blocks).all():
        place = np.argwhere(~np.isfinite(blocks))[0]
        raise ValueError(f"{path.name} has a number that is not finite in {found.at(place)}")
    if (np.abs(blocks) > LARGEST).any():  # squares of sums of them must be numbers
        place = np.argwhere(np.abs(blocks) > LARGEST)[0]
        raise ValueError(f"{path.name} has a number larger than {LARGEST:g} in {found.at(place)}")
    if blocks.ndim == 1:
        blocks = blocks[:, None]
    return blocks[None] if blocks.ndim == 2 else blocks


def _from_image(path: Path) -> Array:
    """Grey levels in [0, 1], shape (height, width)."""
    if not installed("PIL"):
        raise MissingPackage("images need pillow", "run: pip install 'qmectk[vision]'")
    from PIL import Image

    content = io.BytesIO(read_bytes(path, MAX_FILE))
    try:
        with Image.open(content) as image:
            if image.mode in ("I;16", "I"):
                return np.asarray(image, dtype=float) / 65535.0
            return np.asarray(image.convert("L"), dtype=float) / 255.0
    except Exception as error:  # damaged bytes break its decoders in any way (SyntaxError of a PNG)
        raise ValueError(f"{path.name} cannot be read as an image") from error


def _patches(image: Array, patch: int, path: Path) -> Array:
    """The image as patch x patch blocks in reading order, shape (1, blocks, patch^2)."""
    height, width = image.shape
    if height % patch or width % patch:
        raise ValueError(f"{path.name} has {height} x {width} pixels, which patches of {patch} do not divide")
    cut = image.reshape(height // patch, patch, width // patch, patch).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(cut.reshape(1, -1, patch * patch))


def digit_blocks(source: Digits, seed: int, frame: int) -> Array:
    """Blocks of one digit behind two random convolutions, shape (n, d)."""
    features = digit_features(source, seed, frame, frame + 1)[0]
    if source.blocks == "positions":
        return np.ascontiguousarray(features.reshape(len(features), -1).T)
    return features.reshape(-1, 1)


def digit_features(source: Digits, seed: int, start: int, stop: int) -> Array:
    """Feature maps of digits start..stop-1, shape (digits, channels, side/4, side/4).

    Twice a 5 x 5 convolution of stride 2 and padding 2 and a ReLU, with fixed random weights (He et al., "Delving deep
    into rectifiers", 2015, for their scale): the front of the QAHAN network, untrained.
    """
    from scipy.ndimage import zoom

    images, _ = load_digits()
    scale = source.side / 8
    maps = np.stack([zoom(image, scale, order=1) for image in images[start:stop]])[:, None]
    rng = generator(Stream.DATA, seed, 1)
    inputs = 1
    for outputs in source.channels:
        weight = rng.standard_normal((outputs, inputs, 5, 5)) * np.sqrt(2.0 / (25 * inputs))
        maps = np.maximum(_convolve(maps, weight), 0.0)
        inputs = outputs
    return maps


def _convolve(maps: Array, weight: Array) -> Array:
    """Correlation with stride 2 and padding 2: (F, C, H, W) and (K, C, 5, 5) -> (F, K, H/2, W/2)."""
    padded = np.pad(maps, ((0, 0), (0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(2, 3))[:, :, ::2, ::2]
    return np.ascontiguousarray(np.einsum("fchwij,kcij->fkhw", windows, weight, optimize=True))


@lru_cache(maxsize=1)
def load_digits() -> tuple[Array, NDArray[np.int64]]:
    """scikit-learn's 1797 digits: images in [0, 1], shape (1797, 8, 8), and labels."""
    if not installed("sklearn"):
        raise MissingPackage("the digits need scikit-learn", "run: pip install 'qmectk[vision]'")
    from sklearn.datasets import load_digits as fetch

    data = fetch()
    return np.asarray(data.images, dtype=float) / 16.0, np.asarray(data.target, dtype=np.int64)
