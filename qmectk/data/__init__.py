"""Reading arrays from files that others wrote: nothing in a file is executed, and no row of it is lost."""

from .files import ARRAYS, MAX_FILE, array_names, read_array
from .numbers import Numbers, real_numbers

__all__ = ["ARRAYS", "MAX_FILE", "Numbers", "array_names", "read_array", "real_numbers"]
