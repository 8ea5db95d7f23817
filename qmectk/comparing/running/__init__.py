"""Runs in processes of their own, on this machine and elsewhere, and what becomes of each."""
