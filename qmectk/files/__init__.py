"""How files are read, written, and kept with a digest."""
