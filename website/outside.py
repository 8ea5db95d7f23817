"""Links that lead out of docs/: they work on the forge as they are, and here they lead to copies on the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: Pages of the repository's root that are pages of the site, too.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
}

LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)]*)?\))")


def translated(markdown: str, folder: str) -> str:
    """The page with links for the site.

    `folder` is where the page lies in the repository ("docs", "docs/papers", "" for the root).
    """
    return LINK.sub(lambda found: found[1] + _target(found[2], folder) + found[3], markdown)


def _target(link: str, folder: str) -> str:
    if re.match(r"[a-z]+:", link):
        return link
    path = posixpath.normpath(posixpath.join(folder, link))
    if path.endswith(".ipynb"):
        path = path.removesuffix(".ipynb") + ".md"
    home = posixpath.relpath(folder or ".", "docs") if folder.startswith("docs") else "."
    inside = PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else f"source/{path}")
    return posixpath.relpath(inside, home)


def copied() -> set[str]:
    """Files of the repository that pages link to and that are no pages of the site."""
    found = set()
    for page in [*(ROOT / name for name in PAGES), *(ROOT / "docs").rglob("*.md")]:
        folder = page.parent.relative_to(ROOT).as_posix().removeprefix(".")
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            path = posixpath.normpath(posixpath.join(folder, link[1]))
            if not re.match(r"[a-z]+:", link[1]) and path not in PAGES and not path.startswith("docs/"):
                found.add(path)
    return found
