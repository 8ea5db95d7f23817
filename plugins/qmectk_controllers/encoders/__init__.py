"""Networks that controllers are made of, one file each."""
