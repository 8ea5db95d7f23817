"""Files are replaced whole; links are followed; devices and FIFOs are written into and stay what they are."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from qmectk.errors import InputError
from qmectk.files import storage
from qmectk.files.storage import check_output, explained, replace_file, replacing, written_into

root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes device nodes")
user = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    replace_file(path, b"one")
    assert not written_into(path)
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half of it", None])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(mode)
    replace_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@root
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    os.chown(path, 65534, 65534)
    replace_file(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


@pytest.mark.parametrize("exists", [True, False])
def test_links_are_followed(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target = folder / "target.txt"
    if exists:
        target.write_text("old")
    (tmp_path / "middle").symlink_to(Path("elsewhere") / "target.txt")
    (tmp_path / "link.txt").symlink_to("middle")
    replace_file(tmp_path / "link.txt", b"new")
    assert target.read_bytes() == b"new"
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "middle").is_symlink()
    assert os.listdir(folder) == ["target.txt"]


def test_a_fifo_is_written_into(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "link").symlink_to("fifo")
    for path in (fifo, tmp_path / "link"):
        got: list[bytes] = []
        reader = threading.Thread(target=lambda got=got: got.append(fifo.read_bytes()))
        reader.start()
        replace_file(path, b"through " * 20_000)  # more than a pipe holds
        reader.join(20)
        assert got == [b"through " * 20_000]
        assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_fifo_that_nobody_reads_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "fifo")
    with (
        pytest.raises(InputError, match=r"cannot write .*fifo: no process reads from it"),
        explained(tmp_path / "fifo"),
    ):
        replace_file(tmp_path / "fifo", b"new")


@pytest.mark.parametrize("through_link", [True, False])
def test_devices_stay_devices(tmp_path: Path, through_link: bool) -> None:
    path = tmp_path / "null" if through_link else Path("/dev/null")
    if through_link:
        path.symlink_to("/dev/null")
    replace_file(path, b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert path.is_symlink() == through_link


@root
def test_device_nodes_of_other_names_stay_devices(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "node.json", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        (tmp_path / "node.json").write_bytes(b"")
    except OSError:
        pytest.skip("no device nodes in this folder")
    replace_file(tmp_path / "node.json", b"gone")
    assert stat.S_ISCHR((tmp_path / "node.json").stat().st_mode)
    assert os.listdir(tmp_path) == ["node.json"]


def test_a_full_device_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot write /dev/full: No space left on device"), explained("/dev/full"):
        replace_file(Path("/dev/full"), b"too much")


def test_an_open_file_goes_on_where_it_is(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:
        file.write(b"before, ")
        for name in (f"/proc/self/fd/{file.fileno()}", f"/dev/fd/{file.fileno()}"):
            assert written_into(name)
            replace_file(Path(name), b"new, ")
        file.write(b"after")
    assert (tmp_path / "log").read_bytes() == b"before, new, new, after"


def test_what_stands_in_the_way_of_the_temporary_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when somebody could guess its name: here the first guess is right."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    names = iter(["guessed", "other"])
    monkeypatch.setattr(storage.tempfile, "_get_candidate_names", lambda: names)
    (tmp_path / ".qmectk-guessed").symlink_to(victim)
    replace_file(tmp_path / "r.md", b"new")
    assert victim.read_text() == "precious"
    assert (tmp_path / "r.md").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["folder", "missing/x.txt", "loop", "x" * 300, "a\0b"])
def test_what_cannot_be_written_is_refused_before_and_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError):
        check_output(tmp_path / name)
    with pytest.raises(InputError, match="cannot write"), explained(tmp_path / name):
        replace_file(tmp_path / name, b"new")
    assert sorted(os.listdir(tmp_path)) == ["folder", "loop"]


@user
def test_a_read_only_folder_and_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o444)
    with pytest.raises(InputError, match="no permission to write"):
        check_output(tmp_path / "a")
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "a", b"new")
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match="no permission to write into"):
        check_output(tmp_path / "b")
    tmp_path.chmod(0o755)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
