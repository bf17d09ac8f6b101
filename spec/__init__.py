"""What a block means: the state transition and its machines, as Python to be read."""
