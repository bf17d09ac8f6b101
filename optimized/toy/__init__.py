"""The toy machine, written a second time for speed: compiled, on packed input.

:func:`pack` makes the input, :class:`optimized.Engine` runs it, and the roots commit to what came out.
"""

from samestate.optimized.toy.merkle import merkle_root, state_root
from samestate.optimized.toy.packing import PackedBlock, pack
from samestate.optimized.toy.result import Receipt, ToyResult

__all__ = ["PackedBlock", "Receipt", "ToyResult", "merkle_root", "pack", "state_root"]
