"""What is no array of numbers is named as what it is, in one sentence, before anything is allocated."""

from __future__ import annotations

import gzip
import os
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_array

from qmectk.data import read_array, real_numbers
from qmectk.documents import load
from qmectk.errors import InputError

GAINS = np.array([[1e-6, 2e-6], [3e-6, 4e-6], [5e-6, 7e-6]])


def read_or_said(path: Path, **asked: Any) -> Any:
    """The array, or what is said instead."""
    try:
        return read_array(path, **asked).array
    except ValueError as error:
        return str(error)


def refused(path: Path, **asked: Any) -> str:
    message = read_or_said(path, **asked)
    assert isinstance(message, str)
    assert "\n" not in message
    assert path.name in message
    return message


BEGINNINGS = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n": "a Git LFS pointer",
    b"<!DOCTYPE html>\n<html><body>Not Found</body></html>\n": "a web page",
    b'\xef\xbb\xbf\n<?xml version="1.0"?><Error/>': "a web page",
    gzip.compress(b"1,2\n", mtime=0): "compressed by gzip; unpack it first",
    b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml": "zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook; save the sheet as CSV",
    b"\x89HDF\r\n\x1a\n" + bytes(100): "an HDF5 file",
    b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n": "a MATLAB 7.3 file (HDF5)",
    b"MATLAB 5.0 MAT-file, like 7.3".ljust(512) + b"\x89HDF\r\n\x1a\n": "",
    b"PAR1\x15\x04": "a Parquet file",
    b"%PDF-1.7": "a PDF document",
    b"": "is empty",
}


@pytest.mark.parametrize("name", ["h.csv", "h.npy", "h.npz", "h.mat"])
@pytest.mark.parametrize("content", BEGINNINGS)
def test_files_of_another_kind_are_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    said = refused(tmp_path / name)
    if not (name == "h.npz" and content.startswith(b"PK")):
        assert BEGINNINGS[content] in said


def test_arrays_are_told_from_tables(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", GAINS)
    (tmp_path / "h.npy").rename(tmp_path / "h.csv")
    assert "is a numpy array; its name must end in .npy" in refused(tmp_path / "h.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
@pytest.mark.parametrize("suffix", ["csv", "npy", "npz", "mat"])
def test_pipes_devices_and_folders_are_not_opened(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    assert f"pipe.{suffix} is a FIFO" in refused(tmp_path / f"pipe.{suffix}")
    (tmp_path / f"zero.{suffix}").symlink_to("/dev/zero")
    assert f"zero.{suffix} is a device" in refused(tmp_path / f"zero.{suffix}")
    (tmp_path / f"folder.{suffix}").mkdir()
    assert f"folder.{suffix} is a folder" in refused(tmp_path / f"folder.{suffix}")
    assert "there is no file" in refused(tmp_path / f"none.{suffix}")


KINDS = {
    "dates": np.array([["2024-01-01", "2024-01-02"]], dtype="datetime64[D]"),
    "durations": np.array([[1, 2]], dtype="timedelta64[s]"),
    "true and false": np.array([[True, False]]),
    "complex numbers": np.array([[1 + 1j, 2]]),
    "text": np.array([["1", "2"]]),
    "records": np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
    "Python objects": np.array([[1, None]]),
}


@pytest.mark.parametrize("what", KINDS)
def test_arrays_of_another_kind_are_named(what: str, tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", KINDS[what], allow_pickle=True)
    np.savez(tmp_path / "h.npz", h=KINDS[what])
    for name in ("h.npy", "h.npz"):
        assert f"holds {what}" in refused(tmp_path / name)
    with pytest.raises(ValueError, match=f"'gains' holds {what}"):
        real_numbers(KINDS[what], "'gains'")


@pytest.mark.parametrize("dtype", ["f4", ">f8", "f2", "i4", "u1"])
def test_real_numbers_of_any_size_are_read(dtype: str, tmp_path: Path) -> None:
    array = np.arange(6).reshape(3, 2).astype(dtype)
    np.save(tmp_path / "h.npy", np.asfortranarray(array))
    found = read_array(tmp_path / "h.npy").array
    assert found.dtype == np.float64
    assert found.tolist() == array.tolist()
    assert read_array(tmp_path / "h.npy", columns=[2, 1], skip=1).array.tolist() == array[1:, ::-1].tolist()
    assert "has no column 3; it has columns 1 to 2" in refused(tmp_path / "h.npy", columns=[3])
    assert "'skip: 3' leaves none" in refused(tmp_path / "h.npy", skip=3)
    assert "has no names of columns" in refused(tmp_path / "h.npy", columns=["d1"])
    assert "holds one array" in refused(tmp_path / "h.npy", variable="h")


def header(shape: str, dtype: str = "'<f8'") -> bytes:
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize("shape", ["(100000, 100000)", "(10**9,)", "(1000000000000000, 1000000000000000)", "(7, 2)"])
def test_an_array_larger_than_its_file_is_never_allocated(shape: str, tmp_path: Path) -> None:
    (tmp_path / "h.npy").write_bytes(header(shape) + bytes(100))
    with zipfile.ZipFile(tmp_path / "h.npz", "w") as file:
        file.writestr("h.npy", header(shape) + bytes(100))
    for name in ("h.npy", "h.npz"):
        said = refused(tmp_path / name)
        assert "claims an array of shape" in said or "cannot be read as" in said


@pytest.mark.parametrize("place", range(40, 180, 7))
def test_damaged_archives_have_a_sentence(place: int, tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    np.savez_compressed(path, a=np.random.default_rng(0).random((20, 4)))
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    found = read_or_said(path)
    if isinstance(found, str):
        assert "h.npz" in found
    else:
        np.testing.assert_array_equal(found, np.random.default_rng(0).random((20, 4)))


MATRICES = {
    "a struct": {"h": {"gain": GAINS}},
    "a cell array": {"h": np.array([GAINS, "a"], dtype=object)},
    "a sparse matrix": {"h": csc_array(GAINS)},
    "text": {"h": "1 2 3"},
    "true and false": {"h": GAINS > 2e-6},
}


@pytest.mark.parametrize("what", MATRICES)
def test_what_matlab_has_beside_matrices_is_named(what: str, tmp_path: Path) -> None:
    savemat(tmp_path / "h.mat", MATRICES[what])
    assert f"h.mat: 'h' is {what}" in refused(tmp_path / "h.mat")


def test_one_matrix_among_others_is_read(tmp_path: Path) -> None:
    savemat(tmp_path / "h.mat", {"h": GAINS, "about": {"site": "lab"}, "z": GAINS + 1j}, do_compression=True)
    np.testing.assert_array_equal(read_array(tmp_path / "h.mat", variable="h").array, GAINS)
    assert "holds complex numbers; take abs" in refused(tmp_path / "h.mat", variable="z", complex_remedy="take abs")
    assert "did you mean 'about'" in refused(tmp_path / "h.mat", variable="abuot")
    content = bytearray((tmp_path / "h.mat").read_bytes())
    for place in range(128, len(content), 11):
        damaged = content.copy()
        damaged[place] ^= 255
        (tmp_path / "d.mat").write_bytes(damaged)
        found = read_or_said(tmp_path / "d.mat", variable="h")
        assert "d.mat" in found if isinstance(found, str) else found.ndim == 2


@pytest.mark.parametrize("compressed", [False, True])
def test_a_damaged_matrix_never_ends_the_process(compressed: bool, tmp_path: Path) -> None:
    """Unknown types of elements are followed by scipy into memory that is not there."""
    savemat(tmp_path / "h.mat", {"h": GAINS}, do_compression=compressed)
    whole = (tmp_path / "h.mat").read_bytes()
    places = [place for place in range(128, len(whole), 4) if not compressed or place < 136]
    for place in places:
        pieces = [bytes(4), b"\x08\0\0\0", b"\x13\0\0\0", b"\xff\xff\xff\xff"]
        damaged = [whole[:place] + piece + whole[place + 4 :] for piece in pieces]
        for content in (*damaged, whole[:place] + bytes(len(whole) - place)):
            (tmp_path / "d.mat").write_bytes(content)
            found = read_or_said(tmp_path / "d.mat")
            assert "d.mat" in found if isinstance(found, str) else found.ndim >= 0
        (tmp_path / "d.mat").write_bytes(whole[:place])
        assert "d.mat" in refused(tmp_path / "d.mat")


# ---- in problem files -----------------------------------------------------------------------------


def problem(folder: Path, channel: str, rest: str = "") -> Any:
    (folder / "p.yaml").write_text(f"problem: p1\nchannel: {{{channel}}}\n{rest}")
    return load(folder / "p.yaml")


def test_a_file_says_how_many_devices_and_frames_there_are(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "h.csv", GAINS, delimiter=",")
    made = problem(tmp_path, "path: h.csv")
    assert (made.params.devices, made.params.frames) == (2, 3)
    np.testing.assert_array_equal(made.trace, GAINS)
    assert problem(tmp_path, "path: h.csv", "training_frames: 1").params.frames == 2
    assert problem(tmp_path, "path: h.csv", "frames: 1").params.frames == 1
    assert made.with_frames(2).trace.shape == (2, 2)
    with pytest.raises(InputError, match=r"h\.csv has 3 rows, and training_frames \+ frames asks for 4"):
        problem(tmp_path, "path: h.csv", "training_frames: 3")
    with pytest.raises(InputError, match="'devices' is missing"):
        problem(tmp_path, "model: rayleigh")


def test_decibels_are_gains_when_said_and_refused_when_not(tmp_path: Path) -> None:
    levels = 10 * np.log10(GAINS)
    np.savetxt(tmp_path / "h.csv", levels, delimiter=";", fmt="%.17g")
    np.testing.assert_allclose(problem(tmp_path, "path: h.csv, unit: dB").trace, GAINS, rtol=1e-13)
    with pytest.raises(InputError, match=r"in line 1, column 1; gains must be .* or stated to be logarithms by 'unit"):
        problem(tmp_path, "path: h.csv")
    for text, unit in (("1e-5,1e-6\n1e-5,5e294\n", "linear"), ("-40,-60\n-40,700\n", "dB")):
        (tmp_path / "h.csv").write_text(text)
        with pytest.raises(InputError, match=r"in line 2, column 2; gains must be .* and at most 1e\+60"):
            problem(tmp_path, f"path: h.csv, unit: {unit}")
    (tmp_path / "h.csv").write_text("near [dB],far [dB]\n-40,-inf\n")
    assert problem(tmp_path, "path: h.csv, unit: dB").trace.tolist() == [[1e-4, 0.0]]
    (tmp_path / "h.csv").write_text("near [dB],far [dB]\n1e-5,1e-6\n")
    with pytest.raises(InputError, match="has a column 'near \\[dB\\]'; say 'unit: dB'"):
        problem(tmp_path, "path: h.csv")
    assert problem(tmp_path, "path: h.csv, unit: linear").trace.tolist() == [[1e-5, 1e-6]]


@pytest.mark.filterwarnings("ignore:.*the largest gain")
def test_what_is_read_of_a_file_is_part_of_the_identity(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "h.csv", np.repeat(GAINS, 2, axis=1), delimiter=",")
    kinds = ["", ", columns: [1, 3]", ", columns: [1, 4]", ", skip: 1", ", unit: dB"]
    found = [problem(tmp_path, f"path: h.csv{kind}", "frames: 1").fingerprint() for kind in kinds]
    np.savetxt(tmp_path / "h.csv", 2 * np.repeat(GAINS, 2, axis=1), delimiter=",")
    found.append(problem(tmp_path, "path: h.csv", "frames: 1").fingerprint())
    assert len(set(found)) == len(found)


def test_blocks_are_read_with_the_same_care(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("weight;x;y\n1,5;2;3\n4;5,25;6\n")
    (tmp_path / "a.yaml").write_text("problem: attention\nk: 1\nblocks: {path: b.csv, columns: [x, y]}\n")
    made: Any = load(tmp_path / "a.yaml")
    assert made.blocks(0).tolist() == [[2, 3], [5.25, 6]]
    (tmp_path / "b.csv").write_text("x;y\n1,5;2\n4;inf\n")
    with pytest.raises(InputError, match=r"b\.csv has a number that is not finite in line 3, column 2 \('y'\)"):
        load(tmp_path / "a.yaml")
    one, other = made.fingerprint(), None
    (tmp_path / "b.csv").write_text("weight;x;y\n1,5;2;3\n4;5,25;7\n")
    other = load(tmp_path / "a.yaml").fingerprint()
    assert one != other


@pytest.mark.parametrize("what", ["dates", "true and false", "complex numbers"])
def test_arrays_from_python_are_checked_too(what: str) -> None:
    with pytest.raises(InputError, match=f"'gains' holds {what}"):
        load("p1", devices=2).instance(KINDS[what][0])  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=f"'blocks' holds {what}"):
        load("attention").instance(KINDS[what])  # type: ignore[attr-defined]
