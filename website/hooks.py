"""What mkdocs calls while it builds the site."""

from __future__ import annotations

import functools
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # a bare `mkdocs` looks for modules beside itself only

from mkdocs.structure.files import File, Files  # noqa: E402

import qmectk  # noqa: E402
from website import gallery, notebooks, outside, tables  # noqa: E402

PAPERS = "Papers"
catalogue = functools.cache(qmectk.backends)

BACKENDS = """# Backends and their options

From the registry. The first table says which backend takes which shipped problem, with the best
[fidelity](../architecture.md#fidelity) that its route can have: what travels back to the declared problem.

{matches}

{sections}"""

PROBLEMS = """# Problem files, key by key

From the registry. A number may be text with a unit (`2 MHz`); a plain number is SI.

{sections}"""


def on_config(config: Any) -> Any:
    """Put the report of every paper under the page of verdicts."""
    for section in config.nav:
        if PAPERS in section:
            reports = sorted((ROOT / "docs/papers").glob("*/report.md"))
            section[PAPERS] += [f"papers/{report.parent.name}/report.md" for report in reports]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what is made: pages of the registry, pages of the root, notebooks, and files that pages link to."""
    registry = {
        "reference/backends.md": BACKENDS.format(
            matches=tables.matches(catalogue()), sections=tables.backend_sections(catalogue())
        ),
        "reference/problems.md": PROBLEMS.format(sections=tables.problem_sections()),
    }
    for name, text in registry.items():
        files.append(File.generated(config, name, content=text))
    for name, page in outside.PAGES.items():
        if name != "README.md":
            text = outside.translated((ROOT / name).read_text(encoding="utf-8"), "")
            files.append(File.generated(config, page, content=text))
    for path in outside.copied():
        files.append(File.generated(config, f"source/{path}", abs_src_path=str(ROOT / path)))
    names = [Path(file.src_uri) for file in files if file.src_uri.endswith(".ipynb")]
    with ThreadPoolExecutor() as pool:  # each waits for a process of its own
        run = list(pool.map(lambda name: notebooks.executed(ROOT / "docs" / name), names))
    for name, notebook in zip(names, run, strict=True):
        text, pictures = notebooks.as_page(notebook, name.stem)
        files.append(File.generated(config, name.with_suffix(".md").as_posix(), content=text))
        for picture, content in pictures.items():
            files.append(File.generated(config, (name.parent / picture).as_posix(), content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Fill tables in, draw figures, and turn links."""
    name = page.file.src_uri
    if page.file.generated_by is None:
        markdown = outside.translated(markdown, Path("docs", name).parent.as_posix())
    up = "../" * name.count("/")
    markdown = re.sub(
        r"<!-- table: backends -->", lambda _: tables.backends(catalogue(), f"{up}reference/backends.md"), markdown
    )
    markdown = re.sub(r"<!-- table: problems -->", lambda _: tables.problems(f"{up}reference/problems.md"), markdown)
    if name == "gallery.md":
        markdown, figures = gallery.drawn(markdown)
        for figure, content in figures.items():
            files.append(File.generated(config, f"figures/gallery/{figure}", content=content))
    return markdown
