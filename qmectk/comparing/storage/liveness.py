"""Whether the process that claimed a run is still there, by its number, its start and the machine's own."""

from __future__ import annotations

import contextlib
from pathlib import Path


def started(pid: int) -> float | None:
    """When a process of this machine began, or None when there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def boot() -> str:
    """What tells this start of the machine from earlier ones, whose process numbers mean nothing now."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    import psutil

    return str(round(psutil.boot_time()))
