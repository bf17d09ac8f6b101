"""Transactions and blocks out of their bytes, and the roots over lists."""

from collections.abc import Sequence
from typing import Any

class Refused(ValueError):  # noqa: N818 - says what became of the bytes
    """Bytes that are no transaction or no block: ``code`` is the name of the rejection."""

    code: str
    transaction: int | None

def decode_transaction(data: bytes) -> dict[str, Any]: ...
def decode_block(data: bytes) -> dict[str, Any]: ...
def ordered_root(values: Sequence[bytes]) -> bytes: ...
def receipts_root(
    receipts: Sequence[tuple[int, bool, int, Sequence[tuple[bytes, Sequence[bytes], bytes]]]],
) -> tuple[bytes, bytes]: ...
def logs_hash(logs: Sequence[tuple[bytes, Sequence[bytes], bytes]]) -> bytes: ...
