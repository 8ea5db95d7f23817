"""The records of a search. One array of records is one argument of a compiled function: ten arrays take longer to
compile than what a function does with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: An array of one of the records below: their fields are attributes in compiled code, which the type of no array tells.
Records = Any

#: An item by position: L_i, c_i, number of its scale, which item it is; choice of a decided item, and of a free one in
#: the action at hand.
ITEM = np.dtype([("passive", "f8"), ("snr", "f8"), ("group", "i8"), ("item", "i8"), ("on", "i8"), ("pick", "i8")])

#: An item by its number: position, and choice in the incumbent.
CHOICE = np.dtype([("place", "i8"), ("best", "i8")])

#: A group of items of one scale g: sum of the SNRs that are decided on, net value and share (`bound.price_groups`),
#: ln(1 + SNR), sum of the SNRs that are on in the action at hand, and, by rank, a group with free items or items on.
GROUP = np.dtype(
    [("scale", "f8"), ("fixed", "f8"), ("worth", "f8"), ("share", "f8"), ("t", "f8"), ("sums", "f8"), ("active", "i8")]
)

#: Scratch to sort by: where an item changes from off to on, and which item.
CROSSING = np.dtype([("crossing", "f8"), ("order", "i8")])

#: An open node: interval of q, price and q to start with, bound of the parent; free items, item to decide or -1, its
#: choice, least and most items on.
NODE = np.dtype(
    [
        *((name, "f8") for name in ("left", "right", "price", "bound", "where")),
        *((name, "i8") for name in ("free", "item", "choice", "least", "most")),
    ]
)
