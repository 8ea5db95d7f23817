"""Variational circuits as torch modules: angles in, one expectation <Z_i> per qubit out, gradients through both.

A circuit is stated once, as a list of gates (:mod:`.gates`). The closed forms and the statevector compute what the
gates say, and Qiskit gets the same list.
"""

from __future__ import annotations

from .closed_form import Published, Trainable
from .gates import Circuit, Gate
from .statevector import Reuploading

__all__ = ["Circuit", "Gate", "Published", "Reuploading", "Trainable"]
