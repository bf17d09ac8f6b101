"""Messages on Solana's machine: read from transfers on the wire, written as transfers on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from struct import pack, unpack_from
from typing import Final

from nacl.signing import SigningKey

from samestate.optimized.chains.router import Note

LONGEST: Final = 8
SYSTEM: Final = bytes(32)
TRANSFER: Final = 2
VERSION_1: Final = 0x81


def outbox(domain: int) -> bytes:
    """The account of messages for a domain."""
    return sha256(b"samestate outbox" + pack(">I", domain)).digest()


def notes(boxes: Mapping[bytes, int], transactions: Iterable[tuple[bytes, bool]]) -> Iterator[Note]:
    """The messages among the transactions of a block, each with whether it succeeded. ``boxes``: domains by account."""
    for index, (wire, succeeded) in enumerate(transactions):
        if not succeeded:
            continue
        keys, instructions = read_message(wire)
        for place, (program, accounts, data) in enumerate(instructions):
            if keys[program] != SYSTEM or data[:4] != pack("<I", TRANSFER) or accounts[1] >= len(keys):
                continue
            domain = boxes.get(keys[accounts[1]])
            if domain is not None:
                (lamports,) = unpack_from("<Q", data, 4)
                yield Note(index, place, domain, -1, pack(">Q", lamports).lstrip(b"\x00"))


def transfer(seed: bytes, blockhash: bytes, recipient: bytes, message: tuple[int, int, bytes]) -> bytes:
    """The bytes of the transaction that delivers a message: its domain, number and payload, which are the lamports."""
    domain, sequence, payload = message
    key = SigningKey(seed)
    reference = sha256(b"samestate inbox " + pack(">IQ", domain, sequence)).digest()
    lamports = int.from_bytes(payload, "big")
    body = b"\x01\x00\x02\x04" + bytes(key.verify_key) + recipient + reference + SYSTEM + blockhash
    body += b"\x01\x03\x03\x00\x01\x02\x0c" + pack("<IQ", TRANSFER, lamports)
    return b"\x01" + bytes(key.sign(body).signature) + body


Instruction = tuple[int, bytes, bytes]
"""The index of the program, those of the accounts, and the data."""


def read_message(wire: bytes) -> tuple[list[bytes], list[Instruction]]:
    """The keys that a well-formed transaction names itself, and its instructions."""
    if wire[0] == VERSION_1:
        return read_version_1(wire)
    place = 1 + 64 * wire[0]
    place += wire[place] >= 0x80  # the version, where there is one
    count, place = length_at(wire, place + 3)
    keys = [wire[start : start + 32] for start in range(place, place + 32 * count, 32)]
    count, place = length_at(wire, place + 32 * count + 32)
    instructions = []
    for _ in range(count):
        program = wire[place]
        length, place = length_at(wire, place + 1)
        accounts = wire[place : place + length]
        length, place = length_at(wire, place + length)
        instructions.append((program, accounts, wire[place : place + length]))
        place += length
    return keys, instructions


def read_version_1(wire: bytes) -> tuple[list[bytes], list[Instruction]]:
    """As :func:`read_message`, of version 1: header, mask, blockhash, counts, keys, budget, heads, contents."""
    (mask,) = unpack_from("<I", wire, 4)
    instruction_count, key_count = wire[40], wire[41]
    keys = [wire[start : start + 32] for start in range(42, 42 + 32 * key_count, 32)]
    place = 42 + 32 * key_count + (8 if mask & 3 else 0) + 4 * (mask >> 2).bit_count()
    heads = [unpack_from("<BBH", wire, place + 4 * index) for index in range(instruction_count)]
    place += 4 * instruction_count
    instructions = []
    for program, accounts, length in heads:
        middle = place + accounts
        instructions.append((program, wire[place:middle], wire[middle : middle + length]))
        place = middle + length
    return keys, instructions


def length_at(wire: bytes, place: int) -> tuple[int, int]:
    """A length of up to three bytes, seven bits each, and where it ends."""
    length = shift = 0
    while True:
        byte = wire[place]
        place += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length, place
        shift += 7
