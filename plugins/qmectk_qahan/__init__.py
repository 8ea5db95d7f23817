"""The experiment of Zhao, "QAHAN: A Quantum Annealing Hard Attention Network", arXiv 2412.20930, and its baselines."""
