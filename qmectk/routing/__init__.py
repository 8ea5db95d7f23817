"""Which ways lead from an instance to a backend, what they keep, and what they cost."""
