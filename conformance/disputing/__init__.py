"""The game by which two engines that differ over a block find the one instruction over which they do.

Nothing here imports the specification before a seeded bug of it may be in place (:mod:`.seeded`).
"""
