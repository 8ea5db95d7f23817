"""One array out of a file with several, and how large it may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qmectk.presenting.names import nearest

#: Largest array, in bytes: as large as the largest file that is read.
MAX_ARRAY = 1_000_000_000


def pick(names: Iterable[str], variable: str | None, name: str, usual: Sequence[str] = ()) -> str:
    """The array called `variable`; without a name the only one there is, or of several
    the first that is `usual`.

    Raises
    ------
    ValueError
        In one sentence that lists the arrays of the file.
    """
    known = list(names)
    listed = ", ".join(sorted(known))
    if not known:
        raise ValueError(f"{name} holds no arrays")
    if variable is None:
        if len(known) == 1:
            return known[0]
        for one in usual:
            if one in known:
                return one
        raise ValueError(f"{name} holds several arrays; set 'variable' to one of {listed}")
    if variable not in known:
        hint = nearest(variable, known)
        raise ValueError(
            f"{name} has no array '{variable}'; " + (f"did you mean '{hint}'?" if hint else f"it has {listed}")
        )
    return variable
