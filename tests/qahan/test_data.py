"""Loaders on files written here: what they read, and what they refuse in one sentence."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from qmectk.errors import InputError, UnknownName
from qmectk_papers.qahan import data
from qmectk_papers.qahan.noise import add_noise


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_digits(rng):
    found = data.load("digits", None, rng)
    assert found.train_x.shape == (1438, 1, 28, 28)
    assert found.test_x.shape == (359, 1, 28, 28)
    assert found.train_x.dtype == np.float32
    assert found.train_x.min() >= 0.0
    assert found.train_x.max() <= 1.0
    assert set(found.test_y) == set(range(10))
    again = data.load("digits", None, np.random.default_rng(0))
    np.testing.assert_array_equal(found.train_y, again.train_y)


def test_parts_are_drawn_without_replacement(rng):
    found = data.load("digits", None, rng).part(50, 20, rng)
    assert len(found.train_x) == len(found.train_y) == 50
    assert len({image.tobytes() for image in found.test_x}) == 20


def test_mnist(mnist_folder, rng):
    found = data.load("mnist", mnist_folder, rng)
    raw = (mnist_folder / "train-images-idx3-ubyte").read_bytes()
    np.testing.assert_array_equal(
        np.round(found.train_x[3, 0] * 255).astype(np.uint8).ravel(),
        np.frombuffer(raw[16 + 3 * 144 : 16 + 4 * 144], "u1"),
    )
    assert found.test_y.tolist() == [*range(10), 0, 1]


def test_mnist_gzipped(mnist_folder, rng):
    plain = data.load("mnist", mnist_folder, rng)
    for path in list(mnist_folder.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    np.testing.assert_array_equal(plain.train_x, data.load("mnist", mnist_folder, rng).train_x)


def test_cifar10(cifar_folder, rng):
    found = data.load("cifar10", cifar_folder, rng)
    assert found.train_x.shape == (35, 3, 32, 32)
    assert found.test_x.shape == (7, 3, 32, 32)
    raw = np.frombuffer((cifar_folder / "data_batch_1.bin").read_bytes(), np.uint8)
    assert found.train_y[2] == raw[2 * 3073]
    assert found.train_x[2, 1, 4, 5] == np.float32(raw[2 * 3073 + 1 + 1024 + 4 * 32 + 5]) / np.float32(255)
    inside = cifar_folder.parent / "outer"
    inside.mkdir()
    cifar_folder.rename(inside / "cifar-10-batches-bin")
    assert len(data.load("cifar10", inside, rng).train_x) == 35


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"

HOSTILE = {
    "empty": (IMAGES, lambda b: b"", "ends within its header"),
    "short header": (LABELS, lambda b: b[:6], "ends within its header"),
    "labels as images": (IMAGES, lambda b: b"\0\0\x08\x01" + b[4:], "not an IDX file of images"),
    "floats": (IMAGES, lambda b: b"\0\0\x0d\x03" + b[4:], "not an IDX file of images"),
    "images as labels": (LABELS, lambda b: b"\0\0\x08\x03" + b[4:], "not an IDX file of labels"),
    "truncated": (IMAGES, lambda b: b[:-1], "bytes where its header promises"),
    "longer": (IMAGES, lambda b: b + b"x", "bytes where its header promises"),
    "huge promise": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 2**32 - 1, 28, 28) + b[16:], "not a data set"),
    "large promise": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 10**6, 256, 256) + b[16:], "not a data set"),
    "broken promise": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 10**5, 99, 99) + b[16:], "bytes where its header"),
    "no images": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 0, 12, 12), "not a data set"),
    "not square": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 12, 16, 9) + b[16:], "not a data set"),
    "label 10": (LABELS, lambda b: b[:-1] + b"\n", "has the label 10"),
    "fewer labels": (LABELS, lambda b: b[:4] + struct.pack(">I", 11) + b[8:-1], "11 labels for 12 images"),
    "other size": (IMAGES, lambda b: b[:4] + struct.pack(">3I", 12, 8, 8) + bytes(12 * 64), "different sizes"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("packed", [False, True])
def test_hostile_idx_files(case, packed, mnist_folder, rng):
    name, change, says = HOSTILE[case]
    path = mnist_folder / name
    content = change(path.read_bytes())
    if packed:
        path.unlink()
        (mnist_folder / f"{name}.gz").write_bytes(gzip.compress(content))
        says = says.replace("where its header promises", ".* its header promises")
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        data.load("mnist", mnist_folder, rng)


def test_a_gzip_bomb_is_not_unpacked(mnist_folder, rng):
    path = mnist_folder / IMAGES
    content = path.read_bytes() + bytes(50_000_000)
    path.unlink()
    (mnist_folder / f"{IMAGES}.gz").write_bytes(gzip.compress(content, 1))
    with pytest.raises(InputError, match="more bytes than"):
        data.load("mnist", mnist_folder, rng)


@pytest.mark.parametrize("content", [b"not gzip at all", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff\xff", b"\x1f\x8b"])
def test_broken_gzip(content, mnist_folder, rng):
    (mnist_folder / IMAGES).unlink()
    (mnist_folder / f"{IMAGES}.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*\.gz"):
        data.load("mnist", mnist_folder, rng)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b"", "has 0 bytes"),
        (lambda b: b[:-1], "records of 3073 bytes"),
        (lambda b: b"\x0b" + b[1:], "has the label 11"),
        (lambda b: b"\x80\x02}q" * 700, "take the binary version"),
    ],
)
def test_hostile_cifar_files(change, says, cifar_folder, rng):
    path = cifar_folder / "data_batch_2.bin"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=says):
        data.load("cifar10", cifar_folder, rng)


def test_absent_files(tmp_path, rng):
    with pytest.raises(InputError, match="--data DIR"):
        data.load("mnist", None, rng)
    with pytest.raises(InputError, match="there is no folder"):
        data.load("cifar10", tmp_path / "nowhere", rng)
    with pytest.raises(InputError, match="has no file train-images-idx3-ubyte; it must hold"):
        data.load("mnist", tmp_path, rng)
    with pytest.raises(InputError, match=r"has no file data_batch_1\.bin"):
        data.load("cifar10", tmp_path, rng)
    with pytest.raises(InputError, match="leave --data out"):
        data.load("digits", tmp_path, rng)
    with pytest.raises(UnknownName, match="did you mean 'mnist'"):
        data.load("minst", None, rng)


def test_noise(rng):
    images = np.full((20, 3, 16, 16), 0.5, np.float32)
    assert add_noise(images, 0.0, rng) is images
    noisy = add_noise(images, 0.2, rng)
    assert noisy.dtype == np.float32
    assert noisy.min() >= 0.0
    assert noisy.max() <= 1.0
    assert float(noisy.std()) == pytest.approx(0.2, abs=0.01)
