from collections.abc import Callable, Iterable
from typing import NoReturn

from samestate.optimized.core.arena import SharedArena

def end_with(sentinel: int, parent: int) -> NoReturn: ...

class WorkerMemory:
    failure: BaseException | None
    unmerged: BaseException | None
    version_reads: int
    base_reads: int
    wipes: int
    suspensions: list[tuple[int, int, int, bytes]]
    def __init__(
        self,
        shared: SharedArena,
        number: int,
        execute: Callable[[WorkerMemory, int], None],
        merge: Callable[[bytes, bytes | None, int], bytes | None],
    ) -> None: ...
    def input(self) -> tuple[bytes, bytes]: ...
    def work(self) -> int: ...
    def look_up(self) -> None: ...
    def wiped_at(self, address: bytes) -> int: ...
    def observe(self, key: bytes, since: int) -> bytes | None: ...
    def finish(
        self,
        verdict: int,
        outcome: bytes,
        wipes: Iterable[bytes],
        writes: dict[bytes, bytes | None],
        credits: dict[bytes, int],
    ) -> None: ...
