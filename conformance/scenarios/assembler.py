"""A small assembler: code by mnemonics.

Words are separated by spaces. ``PUSH 5`` takes as few bytes as its number needs, ``PUSH2 5`` just two; numbers are
decimal or hex. ``here:`` is a JUMPDEST, and ``PUSH @here`` its place. What follows ``;`` on a line is a comment.
"""

from __future__ import annotations

import re
from typing import Final

from samestate.spec.evm.forks import FORKS

OPCODES: Final[dict[str, int]] = {
    instruction.mnemonic: opcode for fork in FORKS for opcode, instruction in fork.instructions.items()
}
"""Every mnemonic of every fork."""

LABEL_SIZE: Final = 2
_SIZED_PUSH: Final = re.compile(r"PUSH([1-9][0-9]?)")


def code(*parts: str) -> bytes:
    """The code that the words say. Raises ValueError for a word that means nothing."""
    text = "\n".join(parts)
    words = [word for line in text.splitlines() for word in line.partition(";")[0].split()]
    assembled = bytearray()
    labels: dict[str, int] = {}
    uses: list[tuple[int, str]] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word.endswith(":"):
            labels[word[:-1]] = len(assembled)
            assembled.append(OPCODES["JUMPDEST"])
            continue
        sized = _SIZED_PUSH.fullmatch(word)
        if word != "PUSH" and sized is None:
            if word not in OPCODES:
                raise ValueError(f"{word!r} is no mnemonic")
            assembled.append(OPCODES[word])
            continue
        if place == len(words):
            raise ValueError(f"{word} must be followed by a number")
        operand = words[place]
        place += 1
        if operand.startswith("@"):
            assembled.append(OPCODES[f"PUSH{LABEL_SIZE}"])
            uses.append((len(assembled), operand[1:]))
            assembled += bytes(LABEL_SIZE)
            continue
        number = int(operand, 0)
        size = int(sized[1]) if sized is not None else max(1, (number.bit_length() + 7) // 8)
        assembled.append(OPCODES[f"PUSH{size}"])
        assembled += number.to_bytes(size, "big")
    for where, label in uses:
        if label not in labels:
            raise ValueError(f"there is no label {label!r}")
        assembled[where : where + LABEL_SIZE] = labels[label].to_bytes(LABEL_SIZE, "big")
    return bytes(assembled)


def words_of(value: object) -> str:
    """Code that puts a value on the stack: a number or an account is pushed, anything else is code that does it."""
    text = hex(value) if isinstance(value, int) else str(value)
    return f"PUSH {text}" if re.fullmatch(r"0x[0-9a-f]+", text) else text


def store(slot: object, value: object) -> str:
    """Code that stores a value in a slot."""
    return f"{words_of(value)} {words_of(slot)} SSTORE"


def load(slot: object) -> str:
    """Code that puts what a slot holds on the stack."""
    return f"{words_of(slot)} SLOAD"


def add_to_slot(slot: object, value: object) -> str:
    """Code that adds a value to what a slot holds."""
    return store(slot, f"{load(slot)} {words_of(value)} ADD")


def balance(account: object) -> str:
    """Code that puts the balance of an account on the stack."""
    return f"{words_of(account)} BALANCE"


def call(account: object, value: object = 0, gas: object = "GAS") -> str:
    """Code that calls an account without data, and leaves whether that succeeded on the stack."""
    return f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 {words_of(value)} {words_of(account)} {words_of(gas)} CALL"


def delegate_call(account: object) -> str:
    """Code that runs the code of another account as this one, and leaves whether that succeeded on the stack."""
    return f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 {words_of(account)} GAS DELEGATECALL"


def log(topic: object, value: object) -> str:
    """Code that logs a value as data, under one topic."""
    return f"{words_of(value)} PUSH 0 MSTORE {words_of(topic)} PUSH 32 PUSH 0 LOG1"


def argument(index: int) -> str:
    """Code that puts a word of the call's data on the stack."""
    return f"PUSH {32 * index} CALLDATALOAD"


def when(condition: str, label: str) -> str:
    """Code that jumps to a label where the condition isn't zero."""
    return f"{condition} PUSH @{label} JUMPI"


REVERT: Final = "PUSH 0 PUSH 0 REVERT"


def in_memory(content: bytes) -> str:
    """Code that puts bytes into memory from 0 on, in whole words."""
    padded = content.ljust((len(content) + 31) // 32 * 32, b"\x00")
    return " ".join(
        f"PUSH32 0x{padded[place : place + 32].hex()} PUSH {place} MSTORE" for place in range(0, len(padded), 32)
    )


def create(initcode: bytes, value: object = 0) -> str:
    """Code that creates an account, and leaves its address on the stack."""
    return f"{in_memory(initcode)} PUSH {len(initcode)} PUSH 0 {words_of(value)} CREATE"


def create2(initcode: bytes, salt: object = 0, value: object = 0) -> str:
    """Code that creates an account at an address by salt, and leaves the address on the stack."""
    return f"{in_memory(initcode)} {words_of(salt)} PUSH {len(initcode)} PUSH 0 {words_of(value)} CREATE2"


def deploying(runtime: bytes, *first: str) -> bytes:
    """Initialization code that does ``first`` and then makes ``runtime`` the new account's code."""
    return code(*first, in_memory(runtime), f"PUSH {len(runtime)} PUSH 0 RETURN")


def words(*values: object) -> bytes:
    """Data for a call: each value as a word of 32 bytes. Accounts count as numbers."""
    return b"".join((value if isinstance(value, int) else int(str(value), 16)).to_bytes(32, "big") for value in values)
