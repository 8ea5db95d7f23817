"""The Assignment view: users alone, or matched with a slot of a server.

    min  sum_{u alone} alone_u + sum_{u matched with e} pair_ue     s.t.  at most slots_e users at server e

inf marks what is not allowed. It is the linear sum assignment problem (Kuhn 1955) with a private column a user;
its linear relaxation is integral (Birkhoff), so prices of the slots prove an optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import View

Array = NDArray[np.float64]
Matching = NDArray[np.int64]


@dataclass(frozen=True)
class Assignment(View):
    """Arrays of one instance; a point is the server of each user, -1 for alone.

    Attributes
    ----------
    pair
        Cost of user u in a slot of server e, shape (users, servers); inf where that is not allowed.
    alone
        Cost of user u without a slot, shape (users,); inf where it must have one.
    slots
        Slots of each server, shape (servers,).
    point
        ``point(match) -> values`` of the declared problem.
    """

    pair: Array
    alone: Array
    slots: NDArray[np.int64]
    point: Callable[[Any], dict[str, Any]]
    title = "Assignment (users to slots)"

    def cost(self, match: Matching) -> float:
        """Total cost of a matching."""
        picked = np.where(match >= 0, self.pair[np.arange(len(match)), match], self.alone)
        return float(picked.sum())


def match_users(pair: Array, alone: Array, slots: NDArray[np.int64]) -> Matching | None:
    """The cheapest matching, -1 for alone; None when no matching is allowed. O(users^2 (users + slots))."""
    from scipy.optimize import linear_sum_assignment

    users, servers = pair.shape
    column = np.repeat(np.arange(servers), np.minimum(slots, users))
    slot_costs = pair[:, column]
    must = ~np.isfinite(alone)
    if not must.any():
        # only a gain over being alone is worth a slot, and no gain at all is 0: the small matching
        wanted = np.minimum(slot_costs - alone[:, None], 0.0)
        rows, columns = linear_sum_assignment(wanted)
        used = wanted[rows, columns] < 0.0
        match = np.full(users, -1)
        match[rows[used]] = column[columns[used]]
        return match
    if np.isfinite(slot_costs[must]).any(axis=1).all():
        # private columns for the users that can be alone; the others need a slot
        able = np.flatnonzero(~must)
        private = np.full((users, len(able)), np.inf)
        private[able, np.arange(len(able))] = alone[able]
        costs = np.hstack([slot_costs, private])
        if costs.shape[1] >= users:
            try:
                _, columns = linear_sum_assignment(costs)
            except ValueError:  # scipy: "cost matrix is infeasible", by a theorem and not by a tolerance
                return None
            return np.where(columns < len(column), np.append(column, -1)[np.minimum(columns, len(column))], -1)
    return None


def slot_prices(pair: Array, alone: Array, slots: NDArray[np.int64], match: Matching) -> Array:
    """Least prices of the slots under which every user's own choice is what `match` gives it, where that is optimal.

    The prices solve pi_f >= pi_e + pair_ue - pair_uf for users matched with e, pi_e >= alone_u - pair_ue for users
    alone and pi_e = 0 for servers with a slot to spare: longest paths, by Bellman and Ford. Whatever they are,
    :func:`price_bound` of prices >= 0 bounds every matching.
    """
    servers = pair.shape[1]
    lonely = match < 0
    prices = np.zeros(servers)
    if lonely.any():
        prices = np.maximum(prices, (alone[lonely, None] - pair[lonely]).max(axis=0))
    at = match[~lonely]
    rise = pair[~lonely, at][:, None] - pair[~lonely]  # -inf where a pair is not allowed
    for _ in range(servers):
        raised = np.maximum(prices, (prices[at][:, None] + rise).max(axis=0, initial=0.0))
        if np.array_equal(raised, prices):
            break
        prices = raised
    spare = np.bincount(at, minlength=servers) < slots
    return np.where(spare | ~np.isfinite(prices), 0.0, prices)


def price_bound(pair: Array, alone: Array, slots: NDArray[np.int64], prices: Array) -> float:
    """Lagrangian bound: users choose at the prices, and the slots are paid back (weak duality)."""
    choice = np.minimum(alone, (pair + prices).min(axis=1, initial=np.inf))
    return float(choice.sum() - slots @ prices)
