"""How to read a report: what is certified, what is measured, and what is not shown."""

from __future__ import annotations

from .content import Content
from .wording import percent


def guide(content: Content) -> list[tuple[str, str]]:
    """Headings and paragraphs, in plain text; on trajectories and penalties only where there are some."""
    if any(part.horizons for part in content.parts):
        return [*_HORIZONS, *(_FLOORS if content.runs["floor"].any() else ())]
    runs = content.runs
    sources = list(dict.fromkeys(text for text in runs["reference_via"] if text))
    whose = f" Here references come from: {', '.join(sources[:5])}." if sources else ""
    target = percent(content.target_gap)
    return [
        (
            "What is certified",
            "Every objective and every violated constraint is measured on the declared problem by qmectk, not taken "
            "from the backend. An answer is called optimal when it is feasible and a proved bound on the original "
            "problem lies within 1e-6 of it, relative, or within the wider gap that the study asked for. Proved means "
            "the backend completed that proof itself; optimal alone may rest on another backend's bound. Proofs hold "
            "up to floating-point tolerance.",
        ),
        (
            "What the gap is measured against",
            "Against the tightest certified bound that any run or reference of the same instance has. If a point meets "
            "that bound it is the optimum; if none does, the gap counts the bound's slack too, and so overstates how "
            "far an answer is from the true optimum. Where no bound is known (columns marked with a star, plots that "
            f"say best known), the gap is to the best point found here and proves nothing.{whose}",
        ),
        (
            "What a ratio to a bound means",
            "Objective over bound: at most 1 when maximising, at least 1 when minimising; its distance from 1 is the "
            "gap, which plots show on a logarithmic axis. It says nothing when a bound or an objective is not "
            "positive, and is left out there.",
        ),
        (
            "Times",
            "Time is conversion into the backend's form, compilation (embedding on a chip, transpiling, handing the "
            "model to a solver's own format) and solving. Training is charged apart, once; warm-up and "
            "reference solves are not charged. Means are shifted geometric means (shift 1 ms). A failed run is charged "
            "its time limit in means, or what it took where that is longer, and never counts as reaching a target. A "
            "run that was refused has no time at all. Where the time goes shows plain means of the parts, over the "
            "runs that came back.",
        ),
        (
            "Intervals",
            "95 % percentile bootstrap, 999 resamples: instances are drawn with replacement, then seeds within each. "
            "They say how much the numbers would move with other instances of the same kind, not on other problems or "
            "machines. With a single instance they cover its seeds only. A share of 0 or 100 % has the exact "
            "(Clopper-Pearson) interval with one trial an instance, which says next to nothing of few instances.",
        ),
        (
            "Targets, profiles, TTS99",
            f"The target is a gap of {target}. Profiles use a contender's median over seeds and only instances that "
            "every contender ran; instances that no contender settles stay in the denominator. A performance profile "
            "asks how many times longer than the fastest a contender takes (Dolan and More 2002), a data profile how "
            "many instances it settles within a time (More and Wild 2009; here in seconds, not in evaluations). "
            "Incumbents over time come from the backend's own reports, and count only if its final, measured answer "
            "is as good. TTS99 needs at least two seeds; with few seeds it is coarse.",
        ),
        (
            "Rankings",
            "Gaps within 1e-6 of each other tie. Ranks ignore how large a difference is; a test that does not tell two "
            "contenders apart has not shown them equal. They take the median over seeds; where the order of two mean "
            "gaps hinges on seeds, a note at the problem says so. Who was refused in every run of a problem takes no "
            "part in its rankings, tests and profiles.",
        ),
        *(_FLOORS if runs["floor"].any() else ()),
        *(_TRAJECTORY if runs["coupled"].any() else ()),
        *(_PENALTIES if content.penalties else ()),
        (
            "What is not shown",
            "Energy, memory and money; how options were chosen, and how long that took; how answers change on larger "
            "instances than these. Mean gaps leave out runs without a feasible point: read them beside the share "
            "that is feasible.",
        ),
    ]


_HORIZONS = [
    (
        "What is measured",
        "A run is a simulation of one controller on one path. Every slot's point is measured on the declared "
        "problem by qmectk and set beside the slot's certified optimum (slot gap). A path is the seed of "
        "arrivals, channels and movements, which are the same for all. Averages are of the second half of the "
        "slots. Learned policies are trained once, on the problem as its file states it, and charged apart.",
    ),
    (
        "Who stands",
        "A controller stands in a run when it reached all slots, no slot violates a constraint, what the process "
        "promises of averages holds, and every queue is stable: Q(T)/T is at most the study's threshold, and "
        "Q(t)/t does not rise from T/4 over T/2 to T as far as it is above half of it. One that does not stand in "
        "one run is below all that stand in every run, in the order of the summary, in ranks, tests and verdicts: "
        "its averages do not show the work or the target that it has left behind. A horizon that is too short can "
        "fail a stable controller; the reason then says that the queue is falling.",
    ),
    (
        "The bound over the horizon",
        "The optimum of the second half of the slots taken together, by a controller that knows them all. It holds for "
        "controllers that serve what arrives, whose queues end as empty as they began; a gap below zero means "
        "work that was left in the queues. A slot's optimum is not a horizon's: a small slot gap need not mean a "
        "small gap here.",
    ),
    (
        "Intervals and tests",
        "95 % percentile bootstrap, 999 resamples: paths are drawn with replacement, then seeds within each. "
        "Differences are taken on the same paths and seeds before they are averaged. Wilcoxon's test and ranks "
        "take a path as one case, with the median over seeds.",
    ),
    (
        "What is not shown",
        "Time until queues settle, how thresholds or options were chosen, and how controllers do on longer "
        "horizons than these.",
    ),
]
_FLOORS = [
    (
        "Floors",
        "Contenders marked as a floor are plain rules that learn nothing and know no price: all devices local, all "
        "offload, the best fixed number of devices. Whatever is worth its time must beat them. They are in the summary "
        "and, in grey, in the plots of gaps, and take no part in rankings, tests and profiles.",
    )
]
_TRAJECTORY = [
    (
        "Slots of one trajectory",
        "The instances of a time-coupled problem follow each other: what is full, near or weak in one slot mostly "
        "still is in the next. They are not independent draws, and a hundred of them say less than a hundred "
        "trajectories would. Intervals, Friedman's test and the tests pair by pair assume independent instances, so "
        "on such a problem the intervals are too narrow and the p-values too small; by how much is not known here.",
    )
]
_PENALTIES = [
    (
        "Penalties",
        "A QUBO has penalties in place of constraints. They are sufficient when every ground state meets every "
        "constraint. That is called proved only where all states of every instance were looked at; models with more "
        "than 16 bits are too large for it, and nothing is claimed of them. The share of feasible samples counts what "
        "a sampler returned before anything was completed or repaired.",
    )
]
