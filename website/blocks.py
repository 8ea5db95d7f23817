"""The fenced blocks of a page, and the commands in them: the one place that reads them.

What a block is, its first line says:

* ```` ```yaml title="mine.yaml" ````, of any language: a file that the reader writes;
* ```` ```console ````: commands behind ``$ ``, each with what it prints (``...`` stands for anything; commands behind
  which nothing is shown may print what they want);
* ```` ```python ````: code that runs, with the names of the blocks before it;
* any other one is there to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(?P<language>[\w+-]*)(?P<words>[^\n]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'\btitle="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is to be written to ("" for none), its text and where it begins.

    `end` is the character of the page behind it, `line` the line of its fence, counted from 1.
    """

    language: str
    title: str
    text: str
    line: int
    end: int

    def commands(self) -> Iterator[Command]:
        """The commands of a console block; a line that ends in a backslash goes on in the next one."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            typed, _, printed = part.replace("\\\n", " ").partition("\n")
            yield Command(re.sub(r"\s+#\s.*$", "", typed).strip(), printed)


@dataclass(frozen=True)
class Command:
    """What is typed, and what is shown of its output."""

    typed: str
    printed: str


def blocks(page: str | Path) -> list[Block]:
    """The fenced blocks of a page, given as text or as its file, in order."""
    text = page.read_text(encoding="utf-8") if isinstance(page, Path) else page
    found = []
    for fence in FENCE.finditer(text):
        title = TITLE.search(fence["words"])
        line = text.count("\n", 0, fence.start()) + 1
        found.append(Block(fence["language"], title[1] if title else "", fence["text"], line, fence.end()))
    return found


def python(page: str | Path) -> list[Block]:
    """The blocks of Python that run one after the other."""
    return [block for block in blocks(page) if block.language == "python" and not block.title]
