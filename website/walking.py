"""Going through a page as a reader would: files are written, commands and code run, and print what the page shows."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qmectk.plugins import registry
from qmectk_cli.main import main

from .blocks import Block, blocks

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Differs(AssertionError):
    """A command of a page failed, or printed something else than the page shows."""


class Reader:
    """Follows a page in this process, in a folder that is the current one until :meth:`leave`.

    Packages are not installed: the build of the site and the tests have them. ``pip install -e .`` does what it is
    for: the folder's entry points are found from then on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.ways: dict[str, Callable[[list[str]], None]] = {
            "qmectk": self._qmectk,
            "python": self._script,
            "pip": self._pip,
        }
        self.before = os.getcwd(), list(sys.path), sys.argv
        os.chdir(folder)
        sys.path.insert(0, str(folder))

    def leave(self) -> None:
        """Everything as it was before, modules of the folder forgotten."""
        os.chdir(self.before[0])
        sys.path[:], sys.argv = self.before[1:]
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(self.folder):
                del sys.modules[name]
        registry.cache_clear()

    def follow(self, block: Block) -> None:
        """Do what one block says.

        Raises
        ------
        Differs
            With the line of the block, where a command fails or prints something else.
        """
        if block.title:
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self.code(block)
        elif block.language == "console":
            for command in block.commands():
                said = self.command(command.typed)
                shown = command.printed
                if shown.strip() and not doctest.OutputChecker().check_output(shown, said, FLAGS):
                    raise Differs(f"line {block.line}: '{command.typed}' prints\n{said}\nand the page shows\n{shown}")

    def code(self, block: Block) -> None:
        """Run a block of Python with the names of those before it."""
        exec(compile("\n" * block.line + block.text, "<page>", "exec"), self.names)

    def command(self, typed: str) -> str:
        """Run a command and return what it prints."""
        words = shlex.split(typed)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                self.ways[words[0]](words[1:])
        except (Exception, SystemExit) as error:
            raise Differs(f"'{typed}' fails: {error}\n{printed.getvalue()}") from error
        return printed.getvalue()

    def _qmectk(self, words: list[str]) -> None:
        code = main(words)
        if code != 0:
            raise RuntimeError(f"exit code {code}")

    def _script(self, words: list[str]) -> None:
        if words[:2] == ["-m", "venv"]:
            return
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")

    def _pip(self, words: list[str]) -> None:
        if words != ["install", "-e", "."]:
            return
        project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
        name, version = project["name"].replace("-", "_"), project["version"]
        info = Path(f"{name}-{version}.dist-info")
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        points = [f"{key} = {value}" for key, value in project["entry-points"]["qmectk"].items()]
        (info / "entry_points.txt").write_text("\n".join(["[qmectk]", *points]))
        registry.cache_clear()


class Newcomer(Reader):
    """Follows a page in the shell of a virtual environment, installation included."""

    def __init__(self, folder: Path, environment: Path, **variables: str) -> None:
        super().__init__(folder)
        path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
        hidden = {"PYTHONPATH", "VIRTUAL_ENV"}
        self.variables = {k: v for k, v in os.environ.items() if k not in hidden} | {"PATH": path} | variables

    def code(self, block: Block) -> None:
        """Run the block, and those before it, in a process of its own."""
        said = self.names.setdefault("said", [])
        said.append(block.text)
        Path("page.py").write_text("\n".join(said), encoding="utf-8")
        self.command("python page.py")

    def command(self, typed: str) -> str:
        """Run a command in a shell."""
        done = subprocess.run(typed, shell=True, text=True, capture_output=True, env=self.variables)
        if done.returncode != 0:
            raise Differs(f"'{typed}' ends with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def walk(page: Path, reader: Reader) -> list[Block]:
    """Follow all blocks of a page, and return them; files that it offers lie in the reader's folder from the start."""
    found = blocks(page)
    for file in re.findall(r"\]\(([\w-]+\.(?:csv|npz|yaml))\)", page.read_text(encoding="utf-8")):
        shutil.copy(page.parent / file, file)
    try:
        for block in found:
            reader.follow(block)
    finally:
        reader.leave()
    return found
