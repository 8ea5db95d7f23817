"""Slots that depend on each other: processes, and copies of a world that go on together."""
