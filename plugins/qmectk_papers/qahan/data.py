"""Images with labels: scikit-learn's digits, and MNIST and CIFAR-10 from the files their authors publish.

MNIST: four IDX files (LeCun, Cortes & Burges), plain or gzipped. CIFAR-10: the binary version (Krizhevsky, 2009), six
files of records of one label byte and 3072 pixel bytes. Files are read as bytes of an expected shape and nothing else:
magic number, shape, size and labels are checked, and a gzipped file is never unpacked beyond what its header promises.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError, MissingPackage
from qmectk.extending.installed import installed
from qmectk.presenting.names import unknown

CLASSES = 10

#: Side of the digits after upsampling, that of MNIST; they are 8 x 8.
DIGIT_SIDE = 28

#: Share of the digits kept for testing.
DIGIT_TEST = 0.2

#: IDX: two zero bytes, 8 for unsigned bytes, the number of dimensions.
IMAGE_MAGIC, LABEL_MAGIC = b"\x00\x00\x08\x03", b"\x00\x00\x08\x01"

#: Most images an IDX file may promise; MNIST has 60 000, its extension EMNIST 814 255.
MOST_IMAGES = 1_000_000

#: Most pixels of such a file, and the largest ratio at which deflate packs (RFC 1951).
MOST_PIXELS, DEFLATE = 1 << 30, 1032

#: CIFAR-10: a label, then 32 x 32 bytes of red, green and blue.
CIFAR_RECORD, CIFAR_SIDE, CIFAR_IMAGES = 3073, 32, 10_000


@dataclass(frozen=True)
class Images:
    """A data set.

    Attributes
    ----------
    train_x, test_x
        float32, shape (images, channels, side, side), values in [0, 1].
    train_y, test_y
        int64 in 0..9.
    """

    name: str
    train_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int64]

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return int(self.train_x.shape[1])

    @property
    def side(self) -> int:
        """Pixels along an edge."""
        return int(self.train_x.shape[2])

    def part(self, train: int | None, test: int | None, rng: np.random.Generator) -> Images:
        """At most so many images of each kind, drawn without replacement; None takes all, in their order."""
        chosen_train = _draw(len(self.train_x), train, rng)
        chosen_test = _draw(len(self.test_x), test, rng)
        return replace(
            self,
            train_x=self.train_x[chosen_train],
            train_y=self.train_y[chosen_train],
            test_x=self.test_x[chosen_test],
            test_y=self.test_y[chosen_test],
        )


def _draw(size: int, wanted: int | None, rng: np.random.Generator) -> Any:
    if wanted is None or wanted >= size:
        return slice(None)
    return np.sort(rng.choice(size, wanted, replace=False))


def load(dataset: str, folder: Path | None, rng: np.random.Generator) -> Images:
    """A data set by name.

    Parameters
    ----------
    folder
        Where the files of MNIST or CIFAR-10 are; digits come with scikit-learn and need none.
    rng
        Splits the digits, which have no split of their own.

    Raises
    ------
    InputError, MissingPackage
        In one sentence, when files are absent or are not what they should be.
    """
    if dataset not in DATASETS:
        raise unknown("data set", dataset, DATASETS)
    if dataset == "digits":
        if folder is not None:
            raise InputError("the digits come with scikit-learn", "leave --data out")
        return digits(rng)
    if folder is None:
        raise InputError(
            f"{dataset} is read from files that you have", f"name their folder: --data DIR ({_need(dataset)})"
        )
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", f"it must hold {_need(dataset)}")
    return mnist(folder) if dataset == "mnist" else cifar10(folder)


def _need(dataset: str) -> str:
    if dataset == "mnist":
        return f"{', '.join(MNIST_FILES)}, plain or with .gz"
    return f"{', '.join(CIFAR_TRAIN)} and {CIFAR_TEST}, or cifar-10-batches-bin with them"


def digits(rng: np.random.Generator) -> Images:
    """1797 handwritten digits (Alpaydin & Kaynak, 1998; in scikit-learn), enlarged bilinearly, a fifth for testing."""
    if not installed("sklearn"):
        raise MissingPackage(
            "the digits come with scikit-learn, which is not installed", "run: pip install 'qmectk[vision]'"
        )
    import torch
    from sklearn.datasets import load_digits

    found = load_digits()
    small = torch.from_numpy(np.asarray(found.images, np.float32)[:, None] / 16.0)
    large = torch.nn.functional.interpolate(small, size=(DIGIT_SIDE, DIGIT_SIDE), mode="bilinear").numpy()
    labels = np.asarray(found.target, np.int64)
    order = rng.permutation(len(labels))
    test, train = np.split(order, [round(DIGIT_TEST * len(order))])
    return Images("digits", large[train], labels[train], large[test], labels[test])


MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def mnist(folder: Path) -> Images:
    """MNIST, or anything else in its four files of square grey images with labels 0..9."""
    paths = [_find(folder, (name, f"{name}.gz", name.replace("-idx", ".idx")), "mnist") for name in MNIST_FILES]
    train_x, test_x = read_idx_images(paths[0]), read_idx_images(paths[2])
    train_y, test_y = read_idx_labels(paths[1]), read_idx_labels(paths[3])
    for images, labels, path in ((train_x, train_y, paths[1]), (test_x, test_y, paths[3])):
        if len(images) != len(labels):
            raise InputError(f"{path} has {len(labels)} labels for {len(images)} images")
    if train_x.shape[1:] != test_x.shape[1:]:
        raise InputError(f"{paths[0]} and {paths[2]} have images of different sizes")
    return Images("mnist", _unit(train_x[:, None]), train_y, _unit(test_x[:, None]), test_y)


def read_idx_images(path: Path) -> NDArray[np.uint8]:
    """An IDX file of square grey images, (images, side, side)."""
    header = _start(path, 16)
    if header[:4] != IMAGE_MAGIC:
        raise InputError(f"{path} is not an IDX file of images: it starts with {header[:4].hex(' ')}")
    count, height, width = (int(n) for n in np.frombuffer(header, ">u4", 3, 4))
    sensible = 1 <= count <= MOST_IMAGES and height == width and 8 <= height <= 256
    if not sensible or count * height * width > MOST_PIXELS:
        raise InputError(f"{path} promises {count} images of {height} x {width}, which is not a data set of this kind")
    body = _exactly(path, 16, count * height * width)
    return np.frombuffer(body, np.uint8).reshape(count, height, width)


def read_idx_labels(path: Path) -> NDArray[np.int64]:
    """An IDX file of labels 0..9."""
    header = _start(path, 8)
    if header[:4] != LABEL_MAGIC:
        raise InputError(f"{path} is not an IDX file of labels: it starts with {header[:4].hex(' ')}")
    count = int(np.frombuffer(header, ">u4", 1, 4)[0])
    if not 1 <= count <= MOST_IMAGES:
        raise InputError(f"{path} promises {count} labels, which is not a data set of this kind")
    return _labels(path, np.frombuffer(_exactly(path, 8, count), np.uint8))


CIFAR_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST = "test_batch.bin"


def cifar10(folder: Path) -> Images:
    """CIFAR-10 from its binary version; every ``data_batch_*.bin`` that is there is used."""
    inside = folder / "cifar-10-batches-bin"
    folder = inside if inside.is_dir() else folder
    train = [folder / name for name in CIFAR_TRAIN if (folder / name).is_file()]
    if not train:
        _find(folder, CIFAR_TRAIN[:1], "cifar10")
    parts = [read_cifar(path) for path in train]
    test_x, test_y = read_cifar(_find(folder, (CIFAR_TEST,), "cifar10"))
    train_x, train_y = np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
    return Images("cifar10", _unit(train_x), train_y, _unit(test_x), test_y)


def read_cifar(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """One batch file: images (images, 3, 32, 32) and labels."""
    size = _size(path)
    if size == 0 or size % CIFAR_RECORD or size > CIFAR_RECORD * CIFAR_IMAGES:
        raise InputError(
            f"{path} has {size} bytes, and a CIFAR-10 batch has 1 to {CIFAR_IMAGES} records of {CIFAR_RECORD} bytes",
            "take the binary version, not the one for Python",
        )
    records = np.frombuffer(_exactly(path, 0, size), np.uint8).reshape(-1, CIFAR_RECORD)
    return records[:, 1:].reshape(-1, 3, CIFAR_SIDE, CIFAR_SIDE), _labels(path, records[:, 0])


def _unit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255.0)


def _labels(path: Path, labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    if int(labels.max()) >= CLASSES:
        raise InputError(f"{path} has the label {int(labels.max())}, and labels are 0 to {CLASSES - 1}")
    return labels.astype(np.int64)


def _find(folder: Path, names: tuple[str, ...], dataset: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder} has no file {names[0]}", f"it must hold {_need(dataset)}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _read(path: Path, length: int) -> bytes:
    """At most `length` bytes of the (unpacked) file."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content: bytes = file.read(length)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    return content


def _start(path: Path, length: int) -> bytes:
    header = _read(path, length)
    if len(header) < length:
        raise InputError(f"{path} ends within its header")
    return header


def _exactly(path: Path, header: int, length: int) -> bytes:
    """The bytes after the header, of which there must be exactly `length`."""
    size = _size(path)  # looked at before any memory is asked for
    packed = path.suffix == ".gz"
    if (size * DEFLATE < header + length) if packed else (size != header + length):
        raise InputError(f"{path} has {size} bytes where its header promises {header + length}")
    content = _read(path, header + length + 1)
    if len(content) != header + length:
        kind = "more" if len(content) > header + length else "fewer"
        raise InputError(f"{path} has {kind} bytes than the {header + length} its header promises")
    return content[header:]


#: Data sets by name.
DATASETS: dict[str, str] = {
    "digits": "1797 handwritten digits of scikit-learn, enlarged to 28 x 28",
    "mnist": "MNIST from its four IDX files",
    "cifar10": "CIFAR-10 from its binary batches",
}
