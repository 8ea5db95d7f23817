"""The tutorials from the first ``pip install`` on, each in an environment of its own: ``python -m website.journeys``.

Commands come from the pages. pip finds qmectk as a wheel of this checkout, and everything else where it always does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from .walking import Newcomer, walk

ROOT = Path(__file__).parents[1]


def main(names: list[str]) -> int:
    """Follow the tutorials of these names, all for none; the number of those that could not be followed."""
    pages = [page for page in sorted((ROOT / "docs/tutorials").glob("*.md")) if not names or page.stem in names]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder, "wheels")
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels), str(ROOT)]
        subprocess.run(build, check=True)
        for page in pages:
            began = time.monotonic()
            try:
                _follow(page, Path(folder), wheels)
                said = "followed"
            except AssertionError as error:
                said, failed = f"failed: {error}", failed + 1
            print(f"{page.stem}: {said}, {time.monotonic() - began:.0f} s", flush=True)
    return failed


def _follow(page: Path, folder: Path, wheels: Path) -> None:
    home, desk = folder / f"{page.stem}-environment", folder / page.stem
    desk.mkdir()
    venv.create(home, with_pip=True)
    reader = Newcomer(
        desk,
        home,
        PIP_FIND_LINKS=str(wheels),
        PIP_CONSTRAINT=str(ROOT / "constraints.txt"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        QMECTK_CACHE_DIR=str(folder / f"{page.stem}-cache"),
    )
    walk(page, reader)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
