"""Shared by the tests of hard attention: one torch thread, and a backend that enumerates."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qmectk import Backend, FactoredQuadratic, Reply, Termination
from qmectk_learned.threads import one_thread

torch = pytest.importorskip("torch")


class Enumerate(Backend):
    """Every mask, for feature maps of at most 14 blocks."""

    name, accepts, proves = "enumerate-masks", (FactoredQuadratic,), True

    def solve(self, view: Any, budget: Any, rng: Any) -> Reply:
        every = np.array(list(itertools.product((0, 1), repeat=view.n)), np.int8)
        values = view.value(every)
        best = int(np.argmin(values))
        return Reply(every[best], Termination.PROVED, bound=float(values[best]), proof="enumeration")


@pytest.fixture
def enumerate_masks() -> type[Backend]:
    return Enumerate


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    with one_thread():
        yield


@pytest.fixture
def features() -> Callable[..., Any]:
    """Feature maps after a ReLU."""

    def make(*shape: int, seed: int = 0) -> Any:
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).relu()

    return make


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process: (exit code, stdout, stderr)."""
    from qmectk_cli.main import main

    def call(*arguments: Any) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return code, out, err

    return call


def write_idx(folder: Path, count: int = 12, side: int = 12, rng: Any = None) -> Path:
    """Four IDX files of random images."""
    rng = rng or np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for name in ("train", "t10k"):
        pixels = rng.integers(0, 256, (count, side, side), np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = np.array([count, side, side], ">u4").tobytes()
        (folder / f"{name}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + header + pixels.tobytes())
        head = np.array([count], ">u4").tobytes()
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + head + labels.tobytes())
    return folder


def write_cifar(folder: Path, count: int = 7, batches: int = 5) -> Path:
    """The binary batches, of random images."""
    rng = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for name in [*(f"data_batch_{i + 1}" for i in range(batches)), "test_batch"]:
        records = rng.integers(0, 256, (count, 3073), np.uint8)
        records[:, 0] = np.arange(count) % 10
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


@pytest.fixture
def mnist_folder(tmp_path: Path) -> Path:
    return write_idx(tmp_path / "mnist")


@pytest.fixture
def cifar_folder(tmp_path: Path) -> Path:
    return write_cifar(tmp_path / "cifar")
