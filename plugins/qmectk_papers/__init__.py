"""Papers run again: their claims as data, their experiments as code, and a verdict on each claim."""
