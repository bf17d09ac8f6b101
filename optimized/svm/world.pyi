"""The state of Solana's machine between two blocks."""

from collections.abc import Iterable, Mapping

from samestate.optimized.svm.rulesets import SlotTime

class World:
    version: int
    slot_time: SlotTime
    def put(self, address: bytes, value: bytes | None) -> None: ...
    def begin(
        self,
        slot: int,
        hash: bytes,
        blockhashes: Iterable[tuple[bytes, int, int]],
        others: bytes | None = None,
        processed: Mapping[bytes, Iterable[bytes]] | None = None,
        hard_forks: Iterable[tuple[int, int]] = (),
        epochs: tuple[int, int, int, int] | None = None,
        lamports_per_byte: int = 6960,
        lamports_per_signature: int = 5000,
        slot_time: int = 400,
        hashes_per_tick: int | None = None,
        ticks_per_slot: int = 64,
        workers: int = 1,
        lattice: bytes | None = None,
    ) -> None: ...
    def get(self, address: bytes) -> bytes | None: ...
    def items(self) -> dict[bytes, bytes]: ...
    @property
    def slot(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def blockhash(self) -> bytes: ...
    def lattice(self) -> bytes: ...
    def root(self) -> bytes: ...
