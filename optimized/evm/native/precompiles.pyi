"""Precompiles and recovery for Python."""

def found() -> dict[str, bool]:
    """By library, whether it is there with all its functions."""

def use(library: str, there: bool) -> None:
    """Call a library or, for tests, go through Python instead. Raises ValueError for one that is not there."""

def calls_through_python() -> int:
    """How many calls, since the import, had to take the interpreter lock because a library is not there."""

def run(address: int, data: bytes, count: int = ..., has_p256: bool = ..., since_osaka: bool = ...) -> bytes | None:
    """The output of the precompile at an address, or None where it fails. Raises LookupError where there is none."""

def gas(address: int, data: bytes, count: int = ..., has_p256: bool = ..., since_osaka: bool = ...) -> int:
    """What running the precompile costs: 2^64 - 1 for that much and for anything above."""

def recover(message_hash: bytes, r: bytes, s: bytes, y_parity: int) -> bytes | None:
    """The address whose key signed the hash, or None; hash, r and s are 32 bytes each."""

def has_lanes() -> bool:
    """Whether this processor can recover eight signers at once (AVX-512 IFMA)."""

def recover_many(items: list[tuple[bytes, bytes, bytes, int]], in_lanes: bool = True) -> tuple[list[bytes | None], int]:
    """The addresses whose keys signed hashes, as :func:`recover` finds each, and how many were decided in lanes.

    ``items``: of each hash, r, s and y_parity. Raises ValueError where lanes are asked for and the processor has none.
    """
