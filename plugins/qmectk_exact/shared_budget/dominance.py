"""Dominance between items: which items are on in some optimal action as soon as a weaker one is.

Let x be optimal with i on and j off, c_j >= c_i, and let x' exchange the two. Let t_g = ln(1 + SNR) of i's scale,
p = 1 - exp(-t_g), d = (c_j - c_i)/c_i. Keep a and the time spent, which is feasible for x'.

Same scale (they share one pool with SNR sum C >= c_i, time tau, r = c_i/C):
  x is no worse than switching i off:   L_i a^(1/3) <= -(g tau) ln(1 - r p)          [the pool loses c_i]
  the exchange gains                    (g tau) ln(1 + d r p) - (L_j - L_i) a^(1/3)   [the pool gains c_j - c_i]
  so x' is no worse if  L_j <= L_i  or  ln(1 + d r p) / -ln(1 - r p) >= (L_j - L_i)/L_i.
  The left side falls with r p (concave over convex, both 0 at 0), so an upper bound of r p is enough.
Any scales (j takes over i's own time): with o_i >= L_i a^(1/3),
  x' is no worse if  (g_j/g_i) (1 + ln(1 + d p)/t) >= max(1, L_j/L_i);  the left side falls with t.

Both need an upper bound of t only. The price of an optimal action is value - (2/3) Lambda a^(1/3) <= optimum <= bound,
so t <= t(bound/g). In a node, C >= c_i + the SNRs already fixed on.

Exchanges follow a strict order of the items (SNR, then scale, then less passive value, then index), so repeating them
ends: one optimal action satisfies all the implications x_i <= x_j at once, and a search that keeps this one action is
exact. For P1 with equal weights and k, L grows as c^(1/6) and d is near 0 for near-identical devices: the condition is
-ln(1 - r p)/(r p) <= 6, true whenever two devices share the pool or the SNR is below 400. A search over 2^N
near-identical devices becomes one over their number.
"""

from __future__ import annotations

import math

from .price import uncounted
from .records import Records


@uncounted
def ranks_above(j: int, i: int, items: Records, groups: Records) -> bool:
    """Whether position j comes after position i in the strict order along which exchanges are allowed."""
    if items[j].snr != items[i].snr:
        return bool(items[j].snr > items[i].snr)
    if items[j].group != items[i].group:
        return bool(groups[items[j].group].scale > groups[items[i].group].scale)
    if items[j].passive != items[i].passive:
        return bool(items[j].passive < items[i].passive)
    return bool(items[j].item > items[i].item)


@uncounted
def dominates(j: int, i: int, pool: float, t: float, items: Records, groups: Records) -> bool:
    """Whether "i on, j off" can be left out, for snr[j] >= snr[i].

    Parameters
    ----------
    pool : sum of the SNRs of i's scale known to be on besides i
    t : upper bound of ln(1 + SNR) of i's scale in an optimal action
    """
    excess = (items[j].snr - items[i].snr) / items[i].snr
    below = -math.expm1(-t)
    if items[j].group == items[i].group:
        if items[j].passive <= items[i].passive:
            return True
        q = below * items[i].snr / (items[i].snr + pool)
        loss = (items[j].passive - items[i].passive) / items[i].passive
        # 1e-9: room for the rounding of the logarithms (relative 1e-15)
        return q < 1.0 and math.log1p(excess * q) >= -math.log1p(-q) * loss * (1.0 + 1e-9)
    factor = groups[items[j].group].scale / groups[items[i].group].scale * (1.0 + math.log1p(excess * below) / t)
    return factor >= (1.0 + 1e-12) * max(1.0, items[j].passive / items[i].passive)
