"""The quantum approximate optimization algorithm: on a statevector, with noise, or on a machine of IBM."""
