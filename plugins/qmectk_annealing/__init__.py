"""Samplers of QUBOs from dwave-samplers. Samples are never optimal by themselves."""
