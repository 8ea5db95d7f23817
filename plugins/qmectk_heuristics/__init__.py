"""Heuristics over the Binary view: what policies are usually compared with. None of them claims a bound."""
