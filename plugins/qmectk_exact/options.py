"""What users may set on certified searches."""

from __future__ import annotations

from dataclasses import dataclass

from qmectk.options import at_least, check_threads, option


@dataclass(frozen=True)
class SearchOptions:
    """Options of branch and bound on one frame or a stream of them: ``dual``, ``lowrank-exact``."""

    nodes: int = option(1_000_000, "most nodes of the search, each frame")
    threads: int | None = option(None, "threads for a stream of frames; none takes all cores")

    def __post_init__(self) -> None:
        at_least("nodes", self.nodes, 1)
        check_threads(self.threads)
