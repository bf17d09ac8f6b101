"""A machine just large enough to try the core with."""
