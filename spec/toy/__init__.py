"""The toy machine: six operations on one accumulator. Small enough to explore every interleaving of its blocks."""
