"""Where qmectk keeps what it may throw away, and how files are written without ever being half written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

#: Set this to keep trained policies and certified references elsewhere.
ENVIRONMENT = "QMECTK_CACHE_DIR"


def cache_folder() -> Path:
    """The folder named by the environment variable, or the user's cache folder."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("qmectk"))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step: readers see the old one or the new one, never half of it."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner may read
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
