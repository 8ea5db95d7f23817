"""One attempt of a backend: routed, asked, read, and settled within its time."""
