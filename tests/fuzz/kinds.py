"""All kinds of cases, and how many of each there are among so many."""

from __future__ import annotations

from . import answers, command_lines, data_files, hostile, kept_files, problem_files, provers, scales, settings, studies
from .case import Case, Kind, rng_of

KINDS: list[Kind] = [
    Kind("problem", problem_files.make, 28, "problem files, mutated"),
    Kind("set", settings.replaced, 7, "--set and --V"),
    Kind("option", settings.options, 7, "-o of every backend"),
    Kind("command", command_lines.make, 8, "command lines"),
    Kind("answer", answers.make, 8, "answer files for verify"),
    Kind("table", data_files.tables, 6, "tables of known numbers in any dialect"),
    Kind("badtable", data_files.damaged_tables, 2, "damaged tables"),
    Kind("array", data_files.arrays, 5, ".npy, .npz and .mat files"),
    Kind("image", data_files.images, 1, "pictures"),
    Kind("reference", kept_files.references, 2, "cached references"),
    Kind("policy", kept_files.policies, 1, "trained policies"),
    Kind("checkpoint", kept_files.checkpoints, 2, "checkpoints"),
    Kind("store", kept_files.stores, 3, "stores of runs"),
    Kind("study", studies.make, 5, "study files, mutated"),
    Kind("linear", provers.linear, 5, "mixed-integer programs beside exact rationals"),
    Kind("curved", provers.curved, 2, "convex problems, provers beside each other"),
    Kind("strange", provers.strange, 3, "declarations with something wrong in them"),
    Kind("scale", scales.make, 5, "shipped families at any scale, provers beside each other"),
    Kind("hostile", hostile.make, 5, "backends that reply with anything"),
]

BY_NAME = {kind.name: kind for kind in KINDS}


def case(kind: str, number: int) -> Case:
    """The case of this name."""
    return BY_NAME[kind].make(rng_of(kind, number))
