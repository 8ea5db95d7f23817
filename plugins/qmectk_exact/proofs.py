"""What several provers of one instance found together: the best point and the best bound, though neither is a proof."""

from __future__ import annotations

from dataclasses import dataclass, field

from qmectk import Quality, Reply, Termination
from qmectk.attempts.answers import Answer
from qmectk.judging.certificate import Certificate
from qmectk.judging.judge import judge
from qmectk.judging.reference import reference_of
from qmectk.solution import Solution


def proves_itself(answer: Answer, sense: int, gap: float) -> bool:
    """Whether an answer is complete: infeasible by a proof, or with a bound that the objective it claims meets."""
    if answer.faults or answer.termination is not Termination.PROVED:
        return False
    if answer.values is None:
        return answer.bound is None
    if answer.bound is None or answer.claimed is None:
        return False
    bound = Certificate(answer.bound, answer.proof, answer.source, answer.tolerance)
    return bound.met_by(answer.claimed, sense, gap)


@dataclass
class Held:
    """Answers of one instance that prove nothing by themselves.

    Attributes
    ----------
    via
        The backend whose answer was first, then the one whose point is held.
    reasons
        Why each of them has no proof.
    """

    via: str
    first: Answer
    reasons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.point: Solution | None = None
        self.bound: Certificate | None = None
        self.bound_via = ""
        self.info = dict(self.first.info)
        self.add(self.via, self.first)

    def add(self, name: str, answer: Answer) -> None:
        """Keep what is better in an answer than what is held, as the core measures it."""
        beside = None if self.point is None else reference_of(self.point)
        found = judge(answer, backend=name, options={}, seed=0, reference=beside)
        sense = found.sense
        said = [*found.own_faults, answer.message or f"it ended ({answer.termination.value}) without a proof"]
        self.reasons.append(f"{name}: {'; '.join(dict.fromkeys(filter(None, said)))}")
        better = self.point is None or sense * (found.objective or 0.0) > sense * (self.point.objective or 0.0)
        if found.feasible and better:
            self.point, self.via, self.info = found, name, dict(answer.info)
        if answer.bound is not None and found.certificate is not None and found.certificate.bound == answer.bound:
            mine = found.certificate
            if self.bound is None or sense * mine.outermost(sense) < sense * self.bound.outermost(sense):
                self.bound, self.bound_via = mine, name
        point = self.point
        if (
            self.bound is not None
            and point is not None
            and point.objective is not None
            and self.bound.refuted_by(point.objective, sense, violation=point.violation or 0.0)
        ):
            self.reasons.append(
                f"{self.bound_via}: its bound {self.bound.bound:.9g} is beaten by the point of {self.via}"
            )
            self.bound = None

    def closed(self, gap: float) -> bool:
        """Whether the point and the bound meet."""
        point = self.point
        if self.bound is None or point is None or point.objective is None or point.quality is Quality.INFEASIBLE:
            return False
        return self.bound.met_by(point.objective, point.sense, gap)

    def reply(self, gap: float) -> Reply:
        """What is held; the message says why it is no proof where it is none."""
        closed = self.closed(gap)
        values = self.point.values if self.point is not None else self.first.values
        objective = self.point.objective if self.point is not None else None
        stop = Termination.PROVED if closed else self.first.termination
        if stop is Termination.PROVED and not closed:
            stop = Termination.CONVERGED
        info = {"via": self.via, **self.info}
        if self.bound is not None and self.bound_via != self.via:
            info["bound_via"] = self.bound_via
        bound = self.bound
        return Reply(
            values,
            stop,
            bound.bound if bound is not None else None,
            bound.kind if bound is not None else "",
            bound.tolerance if bound is not None else 0.0,
            objective,
            "" if closed else "; ".join(self.reasons),
            info,
        )
