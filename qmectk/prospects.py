"""What becomes of an instance on its way to a backend, as far as that is known without loading a solver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .backend import Backend
from .errors import MissingPackage, NoRoute
from .lowerings.base import Lowering
from .options import build
from .plugins import Registry
from .problem import Instance
from .route import Chain, candidates
from .views import FactoredQuadratic, Quadratic
from .views.base import Fidelity, Lowered


@dataclass(frozen=True)
class Prospect:
    """The chain an instance would take to a backend and its fidelity; or None and the reasons."""

    chain: tuple[Lowering, ...] | None
    fidelity: Fidelity = Fidelity.NOTHING
    reason: str = ""


@dataclass
class Prospects:
    """Chains of lowerings tried on one instance, every common beginning once.

    A step that needs no package is applied, so what it says of itself is what it did. One that needs some (they end
    chains) is not: it is asked whether it refuses, the bits it is given are held against the most that the backend
    takes, and it is counted with the best it can preserve. So a route that is named here may still turn out to preserve
    less, or to be refused (slack bits come on top, a penalty may punish feasible points).

    Parameters
    ----------
    instance
        On which they are tried.
    registry
        Whose lowerings.
    """

    instance: Instance
    registry: Registry
    _tried: dict[tuple[Any, ...], Lowered | NoRoute] = field(default_factory=dict)

    def of(self, backend: type[Backend]) -> Prospect:
        """The best chain to `backend` that nothing speaks against."""
        reasons: list[str] = []
        for chain in candidates(type(self.instance), backend, self.registry):
            try:
                return Prospect(chain, self._fidelity(chain, backend.max_bits))
            except MissingPackage as error:
                reasons.append(str(error))
            except NoRoute as error:
                reasons.append(f"{chain[-1].name if chain else 'direct'}: {error}")
        wanted = " or ".join(sorted(view.__name__ for view in backend.accepts))
        return Prospect(None, reason="; ".join(dict.fromkeys(reasons)) or f"it has no {wanted} view")

    def _fidelity(self, chain: Chain, max_bits: int | None) -> Fidelity:
        """What the chain preserves, or NoRoute with the reason why it ends."""
        at: Any = self.instance
        kept = Fidelity.EXACT
        for number, lowering in enumerate(chain):
            lowering.check_installed()
            reason = lowering.refuses(at)
            if reason is not None:
                raise NoRoute(reason)
            if lowering.requires and number == len(chain) - 1:
                bits = _bits(at)
                if bits is not None and max_bits is not None and bits > max_bits:
                    raise NoRoute(f"it has {bits} bits and this backend takes at most {max_bits}")
                return kept & lowering.fidelity
            key = (*map(id, chain[: number + 1]), max_bits)
            if key not in self._tried:
                self._tried[key] = _applied(lowering, at, max_bits)
            found = self._tried[key]
            if isinstance(found, NoRoute):
                raise found
            at, kept = found.view, kept & found.fidelity
        return kept


def _bits(view: Any) -> int | None:
    """Bits of a view, none of which a later step takes away; None when it does not tell."""
    if isinstance(view, Quadratic):
        return view.width
    return view.n if isinstance(view, FactoredQuadratic) else None


def _applied(lowering: Lowering, view: Any, max_bits: int | None) -> Lowered | NoRoute:
    try:
        return lowering.apply(view, build(lowering.Options, {}), max_bits)
    except NoRoute as error:
        return error
