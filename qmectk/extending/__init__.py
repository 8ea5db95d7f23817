"""What plugins bring, and what becomes of their faults."""
