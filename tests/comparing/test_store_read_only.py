"""A store that may be read and not written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.errors import InputError

from .test_store import row

#: The user "nobody".
NOBODY = 65534


@pytest.fixture
def foreign_folder():
    """A folder that can be read and not written once `unprivileged` holds."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to others
        os.chmod(folder, 0o755)
        yield Path(folder)
        os.chmod(folder, 0o755)


@contextlib.contextmanager
def unprivileged(folder):
    """Nobody, or at least somebody who may not write: permissions do not hold for root."""
    os.chmod(folder, 0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)


def test_a_store_that_cannot_be_written_can_be_read(foreign_folder):
    path = foreign_folder / "runs of # 100 %.db"
    with Store(path) as store:
        store.finish(row("a"))
    with unprivileged(foreign_folder):
        with Store(path, create=False) as store:
            assert len(frame_of(store)) == 1
        with pytest.raises(InputError, match="copy it to a folder that can be written"):
            Store(path)


def test_but_not_without_what_only_its_log_holds(foreign_folder):
    path, copy = foreign_folder / "runs.db", foreign_folder / "copy.db"
    with Store(path) as store:
        store.finish(row("a"))
        for end in ("", "-wal"):  # as a killed process leaves it
            shutil.copyfile(f"{path}{end}", f"{copy}{end}")
    with unprivileged(foreign_folder), pytest.raises(InputError, match="copy it to a folder that can be written"):
        Store(copy, create=False)
