"""A state of which a witness proves a part."""

from collections.abc import Iterable

from samestate.optimized.evm.world import World

class WitnessWorld(World):
    def __init__(self, root: bytes, nodes: Iterable[bytes], codes: Iterable[bytes]) -> None: ...
