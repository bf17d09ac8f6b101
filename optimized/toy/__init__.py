"""The toy machine, written a second time for speed: compiled, on packed input."""
