"""An archive is what was written, or damaged: whatever is done to its bytes or to its arrays."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.files.sealed import Damaged, seal, unseal

ARRAYS = {
    "number": np.array(0.5),
    "row": np.arange(5.0),
    "bits": np.array([[True, False]]),
    "words": np.array([["a", "ü"]]),
    "record/empty": np.zeros((0, 3)),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for compressed in (False, True):
        (tmp_path / "a.npz").write_bytes(seal(ARRAYS, compressed=compressed))
        back = unseal(tmp_path / "a.npz")
        assert back.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert back[name].dtype == array.dtype
            np.testing.assert_array_equal(back[name], array)


@pytest.mark.parametrize("name", [*ARRAYS, "sha256"])
@pytest.mark.parametrize(
    "change",
    [
        lambda a: np.zeros(()),
        lambda a: np.array("[]"),
        lambda a: np.array([]),
        lambda a: np.stack([a, a]),
        lambda a: a.astype("U8") if a.dtype.kind != "U" else np.array(7),
        lambda a: a.astype(np.float32) if a.dtype.kind == "f" else np.array(np.nan),
    ],
)
def test_another_array_is_damage(tmp_path: Path, name: str, change: Any) -> None:
    with np.load(io.BytesIO(seal(ARRAYS))) as stored:
        arrays = {key: stored[key] for key in stored.files}
    arrays[name] = change(arrays[name])
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(Damaged, match="its content is not what was written"):
        unseal(tmp_path / "a.npz")


def test_missing_renamed_and_additional_arrays_are_damage(tmp_path: Path) -> None:
    with np.load(io.BytesIO(seal(ARRAYS))) as stored:
        arrays = {key: stored[key] for key in stored.files}
    less = {key: value for key, value in arrays.items() if key != "row"}
    for changed in (less, {**less, "raw": arrays["row"]}, {**arrays, "more": np.zeros(1)}, dict(ARRAYS), {}):
        np.savez(tmp_path / "a.npz", **changed)
        with pytest.raises(Damaged):
            unseal(tmp_path / "a.npz")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_bytes_are_told_or_do_not_matter(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / f"damaged-{os.getpid()}.npz"
    blob = bytearray(seal(ARRAYS, compressed=data.draw(st.booleans())))
    kind = data.draw(st.sampled_from(["flip", "cut", "insert", "zero"]))
    place = data.draw(st.integers(0, len(blob) - 1))
    if kind == "flip":
        blob[place] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del blob[place : place + data.draw(st.integers(1, len(blob)))]
    elif kind == "insert":
        blob[place:place] = data.draw(st.binary(min_size=1, max_size=20))
    else:
        blob[place : place + 64] = bytes(len(blob[place : place + 64]))
    path.write_bytes(blob)
    with contextlib.suppress(Damaged):
        back = unseal(path)  # what was hit is a time stamp of the archive, say
        assert all(np.array_equal(back[name], array) for name, array in ARRAYS.items())


def test_what_is_no_archive_is_damage(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "fifo.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    for name in ("folder.npz", "fifo.npz", "empty.npz", "array.npy", "objects.npz", "missing.npz"):
        with pytest.raises(Damaged):
            unseal(tmp_path / name)
    with pytest.raises(Damaged):
        unseal("/dev/zero")


def test_what_unpacks_to_too_much_is_damage(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**13, 2)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("a.npy", header.getvalue() + b"\x00" * 64)
    with pytest.raises(Damaged):
        unseal(tmp_path / "a.npz")
