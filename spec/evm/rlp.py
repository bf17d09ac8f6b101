"""Recursive length prefix: the byte form of everything Ethereum hashes.

An item is either bytes or a list of items (yellow paper, appendix B). The decoder accepts exactly what the encoder
writes: every item has one byte form, so ``encode(decode(data)) == data`` for whatever :func:`decode` accepts.
"""

# source: yellow paper, appendix B

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = bytes | Sequence["Item"]
"""Bytes, or a list (for the encoder a tuple will do) of items. A decoded item holds only bytes and lists."""

MAXIMUM_DEPTH = 128
"""How deep lists may nest. No structure of the protocol comes near; it keeps hostile input off the call stack."""

_SHORT = 55
"""The longest payload whose length fits into the prefix itself."""


class MalformedRlp(ValueError):  # noqa: N818 - says what is wrong with the data
    """Bytes that are not the one canonical form of an item, or an item that is not what its place asks for."""


def encode(item: Item) -> bytes:
    """The byte form of ``item``. Raises MalformedRlp for lists nested deeper than MAXIMUM_DEPTH."""
    return _encode(item, 0)


def decode(data: bytes) -> Item:
    """The item that ``data``, all of it, is the byte form of. Raises MalformedRlp with the offending position."""
    if not data:
        raise MalformedRlp("at byte 0: an item must begin here, but the data is empty")
    item, end = _decode(data, 0, len(data), 0)
    if end != len(data):
        # rule: evm.rlp.trailing-bytes
        raise MalformedRlp(f"at byte {end}: the item ends here, but {len(data) - end} more bytes follow")
    return item


def integer(number: int) -> bytes:
    """The shortest big-endian bytes of a number that is not negative; zero is the empty string."""
    # rule: evm.rlp.integer
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def to_int(item: Item, size: int, what: str) -> int:
    """The number an item holds: big-endian, without leading zeros, at most ``size`` bytes.

    ``what`` names the number in the error.
    """
    if not isinstance(item, bytes):
        raise MalformedRlp(f"{what}: must be a number, but is a list of {len(item)} items")
    if len(item) > size:
        raise MalformedRlp(f"{what}: must be at most {size} bytes, but is {len(item)}")
    if item[:1] == b"\x00":
        # rule: evm.rlp.integer-leading-zero
        raise MalformedRlp(f"{what}: must not begin with a zero byte, but is 0x{item.hex()}")
    return int.from_bytes(item, "big")


def to_bytes(item: Item, what: str, length: int | None = None) -> bytes:
    """The bytes an item holds, of exactly ``length`` where one is given. ``what`` names them in the error."""
    if not isinstance(item, bytes):
        raise MalformedRlp(f"{what}: must be bytes, but is a list of {len(item)} items")
    if length is not None and len(item) != length:
        raise MalformedRlp(f"{what}: must be {length} bytes, but is {len(item)}")
    return item


def to_list(item: Item, what: str, length: int | None = None) -> list[Item]:
    """The items a list holds, exactly ``length`` of them where one is given. ``what`` names the list in the error."""
    if isinstance(item, bytes):
        raise MalformedRlp(f"{what}: must be a list, but is {len(item)} bytes")
    if length is not None and len(item) != length:
        raise MalformedRlp(f"{what}: must be a list of {length} items, but has {len(item)}")
    return list(item)


def _encode(item: Item, depth: int) -> bytes:
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            # rule: evm.rlp.single-byte
            return item
        # rule: evm.rlp.bytes
        return _prefix(0x80, len(item)) + item
    if depth == MAXIMUM_DEPTH:
        raise MalformedRlp(f"lists nest deeper than {MAXIMUM_DEPTH}")
    # rule: evm.rlp.list
    payload = b"".join([_encode(element, depth + 1) for element in item])
    return _prefix(0xC0, len(payload)) + payload


def _prefix(kind: int, length: int) -> bytes:
    """The bytes before a payload: ``kind`` is 0x80 for bytes and 0xC0 for a list."""
    if length <= _SHORT:
        return bytes((kind + length,))
    # rule: evm.rlp.long-payload
    length_bytes = integer(length)
    return bytes((kind + _SHORT + len(length_bytes),)) + length_bytes


def _decode(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    """The item that begins at ``start`` and where it ends, which must not be after ``limit``."""
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    if first < 0xC0:
        if first <= 0x80 + _SHORT:
            begin = start + 1
            end = begin + first - 0x80
        else:
            begin, end = _long_payload(data, start, first - 0x80 - _SHORT, limit)
        if end > limit:
            # rule: evm.rlp.bytes-too-long
            raise MalformedRlp(f"at byte {start}: bytes must end by byte {limit}, but claim to end at byte {end}")
        if end - begin == 1 and data[begin] < 0x80:
            # rule: evm.rlp.needless-prefix
            raise MalformedRlp(f"at byte {start}: the single byte 0x{data[begin]:02x} must stand without a prefix")
        return data[begin:end], end
    if first <= 0xC0 + _SHORT:
        begin = start + 1
        end = begin + first - 0xC0
    else:
        begin, end = _long_payload(data, start, first - 0xC0 - _SHORT, limit)
    if end > limit:
        # rule: evm.rlp.list-too-long
        raise MalformedRlp(f"at byte {start}: the list must end by byte {limit}, but claims to end at byte {end}")
    if depth == MAXIMUM_DEPTH:
        raise MalformedRlp(f"at byte {start}: lists must nest at most {MAXIMUM_DEPTH} deep")
    items: list[Item] = []
    position = begin
    while position < end:
        item, position = _decode(data, position, end, depth + 1)
        items.append(item)
    return items, end


def _long_payload(data: bytes, start: int, size: int, limit: int) -> tuple[int, int]:
    """Where a payload begins and ends whose length stands in the ``size`` bytes after the prefix."""
    begin = start + 1 + size
    if begin > limit:
        raise MalformedRlp(f"at byte {start}: a length of {size} bytes must follow, but the data ends at byte {limit}")
    if data[start + 1] == 0:
        # rule: evm.rlp.length-leading-zero
        raise MalformedRlp(f"at byte {start + 1}: a length must not begin with a zero byte")
    length = int.from_bytes(data[start + 1 : begin], "big")
    if length <= _SHORT:
        # rule: evm.rlp.needless-length
        raise MalformedRlp(f"at byte {start}: a length of {length} must be in the prefix itself")
    return begin, begin + length
