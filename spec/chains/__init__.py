"""Several chains in one run: rounds of blocks, and messages that become transactions of later blocks elsewhere."""
