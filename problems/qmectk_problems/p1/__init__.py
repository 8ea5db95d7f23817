"""P1: weighted sum-rate maximisation in wireless-powered mobile-edge computing (DROO, QAROO)."""
