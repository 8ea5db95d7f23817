"""Files of other people: regular ones up to a size; a FIFO, a device or a folder has a sentence, and nothing waits."""

from __future__ import annotations

import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from qmectk.errors import InputError
from qmectk.files.intake import opened, read_bytes, read_text


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", 5) == b"12345"
    with opened(tmp_path / "a", 5) as file:
        assert file.read(2) == b"12"
    with pytest.raises(InputError, match=r"a is larger than 0 kB; split it"):
        read_bytes(tmp_path / "a", 4, "split it")


def test_a_limit_costs_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    tracemalloc.start()
    try:
        assert read_bytes(tmp_path / "a", 4_000_000_000) == bytes(10)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffäb".encode())
    assert read_text(tmp_path / "a", 100) == "äb"
    for encoding in ("utf-16", "latin-1"):
        (tmp_path / "a").write_bytes("äb".encode(encoding))
        with pytest.raises(InputError, match="is not a text file in UTF-8"):
            read_text(tmp_path / "a", 100)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fifo", "fifo is a FIFO; write what comes out of it into a file"),
        ("link", "link is a FIFO"),
        ("socket", "socket is a socket"),
        ("folder", "folder is a folder"),
        ("/dev/zero", "/dev/zero is a device"),
        ("/dev/null", "/dev/null is a device"),
        ("/dev/tty", "/dev/tty is a device"),
        ("nothing", "there is no file"),
        ("loop", "cannot read .*loop: Too many levels of symbolic links"),
        ("n" * 300, "cannot read .*: File name too long"),
        ("a\0b", "null character"),
    ],
)
def test_what_is_no_file_has_a_sentence(tmp_path: Path, name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    os.mkfifo("fifo")
    Path("link").symlink_to("fifo")
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        with pytest.raises(InputError, match=words):
            read_bytes(name, 10)


def test_a_file_that_says_it_is_empty_has_a_limit_too() -> None:
    if not os.path.exists("/proc/self/environ"):
        pytest.skip("no /proc")
    with pytest.raises(InputError, match="is larger than"):
        read_bytes("/proc/kallsyms" if os.access("/proc/kallsyms", os.R_OK) else "/proc/self/maps", 50)
