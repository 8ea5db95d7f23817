"""The time that there is, and its end."""
