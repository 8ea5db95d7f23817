"""Samplers of QUBOs from D-Wave's Ocean tools: on this machine, on a chip, and chip-sized pieces of larger models."""
