"""Units of layers as text: "120,80", and with groups of layers "16,16/32"."""

from __future__ import annotations

from qmectk.errors import InputError

#: Units by group of layers (before and behind a pool, say), then by layer.
Layers = tuple[tuple[int, ...], ...]

#: Most units of a layer: a square of them is 400 MB.
MOST = 10_000


def layers_of(text: str, usual: Layers) -> Layers:
    """Units of the layers that `text` states; `usual` where it is empty.

    Raises
    ------
    InputError
        When it is no such text, or has another number of groups than `usual`.
    """
    if not text.strip():
        return usual
    try:
        found = tuple(tuple(int(units) for units in group.split(",")) for group in text.split("/"))
    except ValueError as error:
        raise InputError(f"option 'layers' is numbers of units like {written(usual)}, not '{text}'") from error
    if len(found) != len(usual):
        raise InputError(f"this network has {len(usual)} group(s) of layers, as in {written(usual)}, not '{text}'")
    if not all(1 <= units <= MOST for group in found for units in group):
        raise InputError(f"a layer has 1 to {MOST} units, not as many as 'layers' says: '{text}'")
    return found


def written(layers: Layers) -> str:
    """The text that states these layers."""
    return "/".join(",".join(map(str, group)) for group in layers)


__all__ = ["Layers", "layers_of", "written"]
