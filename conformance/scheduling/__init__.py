"""Scheduling a mempool into a block: which transactions, in which order, and what that is worth.

The core knows no machine: candidates with a fee, what they use and which keys they declare; limits of a block; entries.
A machine's module makes candidates of its transactions, and a block of what was chosen.
"""
