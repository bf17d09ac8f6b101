"""Making blocks that nobody wrote: from a seed, the same every time."""
