"""The quantum approximate optimization algorithm on a statevector, by qiskit-optimization."""
