"""What users may set on the annealer; the certified search takes the options of every certified search."""

from __future__ import annotations

from dataclasses import dataclass

from qmectk.errors import InputError
from qmectk.options import at_least, check_threads, option


@dataclass(frozen=True)
class AnnealerOptions:
    """Options of ``lowrank``."""

    reads: int = option(4, "independent runs; the best counts")
    sweeps: int = option(200, "sweeps over all bits in a read")
    hot: float | None = option(None, "first temperature; none derives it from the factors")
    cold: float | None = option(None, "last temperature; none derives it from the factors")
    polish: bool = option(True, "descend by best swaps and flips after each read")
    threads: int | None = option(None, "threads for reads and frames; none takes all cores")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)
        at_least("sweeps", self.sweeps, 1)
        check_threads(self.threads)
        if (self.hot is None) != (self.cold is None):
            raise InputError("options 'hot' and 'cold' are set together or not at all")
        if self.hot is not None and self.cold is not None and not 0 < self.cold <= self.hot:
            raise InputError("options must satisfy 0 < cold <= hot")
