"""Files beside a problem: gains in four formats, and every way in which they can be wrong or hostile."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qmectk.documents import load
from qmectk.errors import InputError


def gains_file(path: Path, array: Any, key: str = "h") -> None:
    """Write `array` in the format of the file's name."""
    array = np.asarray(array)
    if path.suffix == ".csv":
        np.savetxt(path, array, delimiter=",")
    elif path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, **{key: array})
    else:
        from scipy.io import savemat

        savemat(path, {key: array})


def with_file(folder: Path, name: str, more: str = "", rest: str = "") -> Any:
    (folder / "p.yaml").write_text(f"problem: p1\ndevices: 2\nframes: 2\n{rest}channel: {{path: {name}{more}}}\n")
    return load(folder / "p.yaml")


FORMATS = ["csv", "npy", "npz", "mat"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_gains_come_from_a_file_beside_the_problem(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    gains = np.array([[1e-6, 2e-6], [3e-6, 4e-6], [5e-6, 6e-6]])
    gains_file(data / f"h.{suffix}", gains)
    monkeypatch.chdir("/")  # a relative path means relative to the YAML file, wherever one stands
    problem = with_file(tmp_path, f"data/h.{suffix}")
    np.testing.assert_array_equal(problem.trace, gains[:2])
    (_, second) = problem.instances()
    np.testing.assert_allclose(second.snr, problem.arrays(gains[1])[2])
    assert problem.with_frames(3).trace.shape == (3, 2)
    with pytest.raises(InputError, match=r"h.* has 3 rows, and training_frames \+ frames asks for 4"):
        problem.with_frames(4)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([[1e-6, -2e-6], [1e-6, 1e-6]], "has the gain -2e-06 in row 0, column 1"),
        ([[1e-6, 1e-6], [np.nan, 1e-6]], "has the gain nan in row 1, column 0"),
        ([[1e-6, np.inf], [1e-6, 1e-6]], "has the gain inf in row 0, column 1"),
        ([[1e-6, 1e-6, 1e-6], [1e-6, 1e-6, 1e-6]], "has 3 columns for 2 devices"),
        ([[1e-6, 1e-6]], "has 1 rows, and training_frames + frames asks for 2"),
    ],
)
def test_bad_gains_have_a_sentence(suffix: str, gains: Any, words: str, tmp_path: Path) -> None:
    gains_file(tmp_path / f"h.{suffix}", gains)
    with pytest.raises(InputError) as caught:
        with_file(tmp_path, f"h.{suffix}")
    if suffix == "csv":  # a text editor counts lines and columns from 1
        words = re.sub(r"row (.), column (.)", lambda m: f"line {int(m[1]) + 1}, column {int(m[2]) + 1}", words)
        words = words.replace("has the gain nan in line 2, column 1", "line 2, column 1: 'nan' is not a number")
    assert words in str(caught.value)


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_pickles_are_never_loaded(suffix: str, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    array = np.array([[Bomb(str(owned))]], dtype=object)
    if suffix == "npy":
        np.save(tmp_path / "h.npy", array, allow_pickle=True)
    else:
        np.savez(tmp_path / "h.npz", h=array)
    with pytest.raises(InputError, match="holds Python objects, which are never loaded"):
        with_file(tmp_path, f"h.{suffix}")
    assert not owned.exists()


@pytest.mark.parametrize("name", ["h.npy", "h.npz", "h.csv", "h.mat"])
def test_a_pickle_under_another_name_is_never_loaded(name: str, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(str(owned))))
    with pytest.raises(InputError):
        with_file(tmp_path, name)
    assert not owned.exists()


@pytest.mark.parametrize("name", ["h.npy", "h.npz", "h.mat", "h.csv"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 broken", b"\xff\xfe\x00\x01" * 50, b"a,b\nc,d\n"])
def test_garbage_files_have_a_sentence(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        with_file(tmp_path, name)
    assert "h." in str(caught.value)


def test_a_text_array_is_no_gains(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.array([["a", "b"], ["c", "d"]]))
    with pytest.raises(InputError, match=r"h\.npy"):
        with_file(tmp_path, "h.npy")


def test_complex_amplitudes_are_no_gains(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.full((2, 2), 1e-3 + 1e-3j))
    with pytest.raises(InputError, match="holds complex numbers; power gains are real"):
        with_file(tmp_path, "h.npy")


def test_a_zip_bomb_is_no_gains(tmp_path: Path) -> None:
    """An .npz whose header promises far more than its size."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 2)})
    with zipfile.ZipFile(tmp_path / "h.npz", "w") as file:
        file.writestr("h.npy", header.getvalue() + b"\x00" * 64)
    with pytest.raises(InputError):
        with_file(tmp_path, "h.npz")


def test_the_array_is_named_or_found(tmp_path: Path) -> None:
    good, other = np.full((2, 2), 1e-6), np.full((2, 2), 2e-6)
    np.savez(tmp_path / "h.npz", mine=good, other=other)
    assert with_file(tmp_path, "h.npz", ", variable: other").trace[0, 0] == 2e-6
    with pytest.raises(InputError, match="holds several arrays; set 'variable' to one of mine, other"):
        with_file(tmp_path, "h.npz")
    with pytest.raises(InputError, match=r"has no array 'mien'; did you mean 'mine'\?"):
        with_file(tmp_path, "h.npz", ", variable: mien")
    np.savez(tmp_path / "d.npz", input_h=good, output_obj=other)
    assert with_file(tmp_path, "d.npz").trace[0, 0] == 1e-6


def test_a_csv_may_have_a_header(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("one, two\n1e-6, 2e-6\n3e-6, 4e-6\n")
    assert with_file(tmp_path, "h.csv").trace.tolist() == [[1e-6, 2e-6], [3e-6, 4e-6]]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "h.pkl").write_bytes(pickle.dumps([[1.0]]))
    with pytest.raises(InputError, match=r"h\.pkl must be a \.mat, \.npz, \.npy or \.csv file"):
        with_file(tmp_path, "h.pkl")
    with pytest.raises(InputError, match="there is no file"):
        with_file(tmp_path, "nothing.csv")
