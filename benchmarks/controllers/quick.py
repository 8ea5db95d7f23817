"""Three structured and three published controllers, trained briefly: ``python benchmarks/controllers/quick.py``.

What a change of the learners may have broken shows within three minutes on two cores: a row a preset with what its
training came to, its gap to the slots' optima on a path that it was not trained on, and processor seconds.
"""

from __future__ import annotations

import time

import numpy as np

import qmectk

#: Problem, backend, options: the structured ones first, then each paper's own form.
RUNS = (
    ("meqc-ye", "dqn-shares", {"slots": 500}),
    ("meqc", "pair-ppo", {"slots": 10}),
    ("drift", "price-net", {"slots": 200}),
    ("meqc-ye", "dqn-ddpg", {"slots": 200, "form": "published"}),
    ("meqc", "hybrid-ppo", {"slots": 5, "form": "published"}),
    ("drift", "qnn", {"slots": 60, "form": "published"}),
)

#: Slots and frames that a trained controller is judged on.
SLOTS, FRAMES = 200, 50


def gap(problem: str, backend: str, options: dict[str, object]) -> float | None:
    """The gap of all slots together to their certified optima."""
    if qmectk.load(problem).process() is not None:
        return qmectk.simulate(problem, backend, options=options, slots=SLOTS, settings={"seed": 1}).gap()[0]
    found = qmectk.solve(qmectk.load(problem, frames=FRAMES), backend, options=options)
    return float(np.mean(found.objective) / np.mean(found.bound) - 1.0)  # type: ignore[arg-type]


def main() -> None:
    """Print the rows and the sum."""
    whole = time.process_time()
    for problem, backend, options in RUNS:
        begun = time.process_time()
        made = qmectk.train(problem, backend, options={**options, "retrain": True})
        trained = time.process_time() - begun
        found = gap(problem, backend, options)
        shown = "unknown" if found is None else f"{found:8.2%}"
        form = options.get("form", "")
        print(f"{problem:8} {backend:12} {form!s:10} {trained:6.1f} s  gap {shown}  {made.end}", flush=True)
    print(f"all: {time.process_time() - whole:.0f} s of one core")


if __name__ == "__main__":
    main()
