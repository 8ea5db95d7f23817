"""The contract of a backend: a folder of clauses, a theme a file.

A clause takes a :class:`~qmectk.testing.bench.Bench`, raises :class:`Violation` when the backend breaks it,
and returns a sentence on what was looked at.
"""

from ..bench import Bench
from .answers import answers_can_be_written, answers_every_frame, claims_measure, takes_an_instance
from .anytime import reports_hold
from .bounds import bounds_hold, optimal_needs_a_bound
from .contract import Clause, Violation
from .declaration import (
    describes_itself,
    loads_nothing_heavy,
    option_values_are_validated,
    options_are_declared,
    unknown_options_are_refused,
)
from .extremes import no_values_without_incumbent, survives_infeasible, survives_one_bit
from .repeatability import batch_equals_serial, same_seed_same_answer
from .surroundings import leaves_instances, leaves_nothing_running, leaves_random_state, prints_nothing
from .time_limits import respects_the_time_limit, survives_no_time

#: Every clause by its name, in the order of a report.
CLAUSES: dict[str, Clause[Bench]] = {
    clause.name: clause
    for clause in (
        describes_itself,
        options_are_declared,
        unknown_options_are_refused,
        option_values_are_validated,
        loads_nothing_heavy,
        takes_an_instance,
        answers_every_frame,
        claims_measure,
        bounds_hold,
        optimal_needs_a_bound,
        survives_one_bit,
        survives_infeasible,
        no_values_without_incumbent,
        answers_can_be_written,
        same_seed_same_answer,
        batch_equals_serial,
        respects_the_time_limit,
        survives_no_time,
        reports_hold,
        leaves_random_state,
        leaves_instances,
        prints_nothing,
        leaves_nothing_running,
    )
}

__all__ = ["CLAUSES", "Clause", "Violation"]
