"""How the numerical code of this package is compiled, and the type names it shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.int8]

F = TypeVar("F", bound=Callable[..., Any])

EPS = 2.220446049250313e-16

# Size and time of every source file of this package.
_SOURCES = tuple((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(Path(__file__).parent.glob("*.py")))


def _compile(function: Callable[..., Any], **options: Any) -> Any:
    """Compile with a disk cache that is renewed when any file of the package changes.

    Numba looks at a function's own file only, so an edited callee would go unnoticed. No fastmath: the rounding
    allowances of the bounds count on the order of operations as written.
    """
    dispatcher = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    cache_file: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if hasattr(cache_file, "_source_stamp"):
        cache_file._source_stamp = (cache_file._source_stamp, _SOURCES)
    return dispatcher


def compiled(function: F) -> F:
    """A compiled function, callable from Python too. It releases the interpreter lock."""
    return cast(F, _compile(function))


def inner(function: F) -> F:
    """A compiled function that only compiled functions call: no Python entry, which takes less time to compile."""
    return cast(F, _compile(function, no_cpython_wrapper=True, no_cfunc_wrapper=True))


def merged(function: F) -> F:
    """A function that becomes part of the compiled functions that call it, and is not compiled by itself."""
    return cast(F, _compile(function, inline="always"))
