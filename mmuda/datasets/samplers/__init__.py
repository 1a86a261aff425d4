"""Which images a position of a run has."""
