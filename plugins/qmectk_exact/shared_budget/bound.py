"""The Lagrangian bound, proved for every resource level of an interval by one price.

At a price nu >= 0 of the budget, with q = a^(2/3) and z = a^(1/3) = sqrt(q), every action x, every a and every tau with
a + sum tau <= 1 satisfy (weak duality, item by item)

    value <= D(a, nu) = nu (1 - a) + sum_i max(L_i z, b_i z^3),      b_i = c_i g_i u_i(nu).

Item i changes from off to on at q_i = L_i/b_i. Between two neighbouring crossing points D = nu + z (off + (on - nu) q)
with constants off (sum of L_i that are off) and on (sum of b_i that are on); for off >= 0 it is concave in a, and its
maximum is at q = off/(3 (nu - on)) or at an end of the piece. So the maximum over an interval of a is a finite sweep
over its crossing points: no grid, nothing taken on trust.

Number of items that are on. With the side constraint least <= sum x <= most, any function kappa(a) is a valid
multiplier, since the relaxation is made for each a. The choice here has the form of an item,

    kappa = beta z^3 - lambda z,    D = nu (1 - a) + sum_i max(L_i z, b_i z^3 - kappa) + max(least kappa, most kappa),

so the pieces keep their form; item i is on where (b_i - beta) q > L_i - lambda, and kappa changes sign at
q = lambda/beta. If (beta, lambda) lies between the last chosen and the first rejected of near-identical items, the
bound of "exactly m on" is the value of the best m.

Rounding. b_i is rounded up (see `price`). All terms of D but those of kappa are nonnegative, and
sum_i max(L_i z, .) >= sum_i L_i z, so recursive summation over n items is wrong by at most about 3 n ulp of
D + nu + 2 n (beta + lambda). `rounding_factor` and `rounding_allowance` cover that with room to spare.

Source: Lagrangian relaxation of the one coupling constraint of P1 (Bi and Zhang, IEEE TWC 17(6), 2018).
"""

from __future__ import annotations

import math

from .price import EPS, compiled, log_snr, net_value_above, uncounted
from .records import Records


@compiled
def rounding_factor(items: int) -> float:
    """Relative rounding error allowed for a sum over this many items."""
    return EPS * (4.0 * items + 64.0)


@uncounted
def rounding_allowance(items: int, nu: float, beta: float, lam: float) -> float:
    """The part of the allowance that does not scale with D itself."""
    return rounding_factor(items) * (nu + 2.0 * items * (beta + lam))


@uncounted
def sort_by_crossing(pieces: Records, count: int) -> None:
    """Shell sort of the first `count` pieces (in place, quick to compile)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap >= 1:
        for i in range(gap, count):
            k = pieces[i].crossing
            o = pieces[i].order
            j = i
            while j >= gap and pieces[j - gap].crossing > k:
                pieces[j].crossing = pieces[j - gap].crossing
                pieces[j].order = pieces[j - gap].order
                j -= gap
            pieces[j].crossing = k
            pieces[j].order = o
        gap //= 3


@uncounted
def price_groups(nu: float, active: int, groups: Records) -> None:
    """For each active group at price nu: worth = g u (net value per unit of SNR, rounded up), share = u/(1-u)."""
    for k in range(active):
        g = groups[k].active
        t = log_snr(nu / groups[g].scale)
        u = net_value_above(t)
        groups[g].worth = groups[g].scale * u
        groups[g].share = u / -math.expm1(-t)


@uncounted
def level(nu: float, off: float, on: float, q: float) -> float:
    """D at q = a^(2/3) on a piece with these sums."""
    return nu + math.sqrt(q) * (off + (on - nu) * q)


@uncounted
def interval_maximum(  # noqa: C901
    nu: float,
    beta: float,
    lam: float,
    least: int,
    most: int,
    left: float,
    right: float,
    target: float,
    free: int,
    items: Records,
    groups: Records,
    off: float,
    on: float,
    pieces: Records,
) -> tuple[float, float, float, float]:
    """Maximum of D(., nu) over q in [left, right], and what is left of the interval.

    Parameters
    ----------
    nu, beta, lam : price and multiplier of the count (0, 0 where the count is not used)
    least, most : how many of the free items are on, at least and at most
    left, right : the interval of q = a^(2/3), within [0, 1]
    target : level above which a point still has to be explained
    free : the items 0..free-1 are undecided, the others are in `off` and `on`
    items : (>= free,) ITEM, of which L_i, c_i and the number of its scale
    groups : GROUP, of which worth, from `price_groups`
    off, on : sums of the decided items
    pieces : (free + 1,) CROSSING, scratch

    Returns
    -------
    (maximum, where, from, to): D <= target outside [from, to]; from > to if nowhere above it
    """
    count = 0
    for i in range(free):
        b = items[i].snr * groups[items[i].group].worth - beta
        c = items[i].passive - lam
        if b * left > c:
            on += b
            off += lam
            if b * right < c:
                pieces[count].crossing = c / b
                pieces[count].order = -2 - i
                count += 1
        else:
            off += items[i].passive
            if b * right > c:
                pieces[count].crossing = c / b
                pieces[count].order = i
                count += 1
    if beta * left > lam:
        on += most * beta
        off -= most * lam
    else:
        on += least * beta
        off -= least * lam
        if beta * right > lam:
            pieces[count].crossing = lam / beta
            pieces[count].order = -1
            count += 1
    sort_by_crossing(pieces, count)

    best = -math.inf
    where = left
    first_peak = first_off = first_on = last_peak = last_off = last_on = 0.0
    first = math.inf
    last = -math.inf
    start = left
    for k in range(count + 1):
        end = min(max(pieces[k].crossing, start), right) if k < count else right
        drop = 3.0 * (nu - on)
        if off < 0.0 and drop < 0.0:  # convex piece: the better end
            peak = end if level(nu, off, on, end) > level(nu, off, on, start) else start
        elif drop * end <= off:
            peak = end
        elif drop * start >= off:
            peak = start
        else:
            peak = min(max(off / drop, start), end)
        top = level(nu, off, on, peak)
        if top > best:
            best = top
            where = peak
        if top > target:
            if first == math.inf:
                first = start
                first_peak = peak
                first_off = off
                first_on = on
            last = end
            last_peak = peak
            last_off = off
            last_on = on
        start = end
        if k < count:
            i = pieces[k].order
            if i >= 0:
                off += lam - items[i].passive
                on += items[i].snr * groups[items[i].group].worth - beta
            elif i == -1:
                off -= (most - least) * lam
                on += (most - least) * beta
            else:
                i = -2 - i
                off += items[i].passive - lam
                on -= items[i].snr * groups[items[i].group].worth - beta
    if last < first:
        return best, where, first, last
    # On a concave piece D rises from the start to the peak and falls from there to the end: shrink from both ends.
    if first_off >= 0.0:
        high = first_peak
        for _ in range(5):
            middle = 0.5 * (first + high)
            if level(nu, first_off, first_on, middle) <= target:
                first = middle
            else:
                high = middle
    if last_off >= 0.0:
        low = last_peak
        for _ in range(5):
            middle = 0.5 * (low + last)
            if level(nu, last_off, last_on, middle) <= target:
                last = middle
            else:
                low = middle
    return best, where, first, last
