"""Files that record what slots bring, as sections of a problem file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .files import DataFile, NamedFile
from .gains import GainFile

#: Bytes of a unit of task sizes.
SIZES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "bit": 0.125, "kbit": 125.0, "Mbit": 125e3}


class LinkFile(GainFile):
    """Recorded power gains: one row a slot, one column a link (device 1 to every server, then device 2, ...), or an
    array of shape (slots, devices, servers)."""


class ArrivalFile(DataFile):
    """Recorded arrivals [tasks]: one row a slot, one column a device."""


class SizeFile(DataFile):
    """Recorded tasks: one row a slot, one column a device, the size of its task."""

    unit: Literal["B", "kB", "MB", "bit", "kbit", "Mbit"] = Field("B", description="Unit of the sizes.")


class SlotFile(NamedFile):
    """Arrays of what slots bring, by name, as ``qmectk sample`` writes them: an .npz or .mat file."""
