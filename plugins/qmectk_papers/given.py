"""Files that the user has and that may not be passed on: where in the folder that is named they are."""

from __future__ import annotations

from pathlib import Path

from qmectk.errors import InputError

from .paper import Paper


def places(made: Paper, folder: Path | None) -> dict[str, Path]:
    """Experiment -> the folder with its files: the one that is named, or a folder in it.

    Raises
    ------
    InputError
        Where the folder holds the files of no experiment of this paper.
    """
    if folder is None:
        return {}
    if not made.files:
        raise InputError(f"{made.name} has no experiment on data of yours", "leave --data out")
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", f"it must hold {wanted(made)}")
    inside = [folder, *sorted(one for one in folder.iterdir() if one.is_dir())]
    found = {}
    for name, patterns in made.files.items():
        for place in inside:
            if all(any(place.glob(pattern)) for pattern in patterns):
                found[name] = place
                break
    if not found:
        raise InputError(f"{folder} has no data that {made.name} knows", f"it must hold {wanted(made)}")
    return found


def wanted(made: Paper) -> str:
    """What a folder must hold, in words."""
    return ", or ".join(f"for {name} {', '.join(patterns)}" for name, patterns in made.files.items())


def missing(made: Paper, name: str) -> str:
    """Why an experiment was not run."""
    return f"it needs files that are not given: --data DIR with {', '.join(made.files[name])}"


def stamp(made: Paper, name: str, place: Path | None) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files that an experiment reads."""
    if place is None:
        return []
    files = sorted({file for pattern in made.files[name] for file in place.glob(pattern)})
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


__all__ = ["missing", "places", "stamp", "wanted"]
