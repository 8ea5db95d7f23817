"""Exact and priced solutions of the Capacity view."""
