"""The contract of a problem family: clauses as those of backends, a theme a file."""

from __future__ import annotations

from ..clauses.contract import Clause
from .bench import FamilyBench, FamilyConfig
from .drawing import describes_itself, same_seed_same_numbers, seeds_are_separate, stream_and_frame_agree
from .views import bits_agree, decisions_are_feasible, declares_finite_numbers, has_an_answer, survives_the_smallest
from .worlds import copies_keep_their_word, doing_nothing_is_feasible, luck_is_common, paths_repeat, states_can_be_kept

#: Every clause by its name, in the order of a report.
FAMILY_CLAUSES: dict[str, Clause[FamilyBench]] = {
    clause.name: clause
    for clause in (
        describes_itself,
        same_seed_same_numbers,
        stream_and_frame_agree,
        seeds_are_separate,
        declares_finite_numbers,
        bits_agree,
        decisions_are_feasible,
        has_an_answer,
        survives_the_smallest,
        paths_repeat,
        doing_nothing_is_feasible,
        luck_is_common,
        states_can_be_kept,
        copies_keep_their_word,
    )
}

__all__ = ["FAMILY_CLAUSES", "FamilyBench", "FamilyConfig"]
