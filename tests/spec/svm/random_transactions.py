"""Random transactions of the System program, on accounts that its rules have something to say about."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import COMPUTE_BUDGET, ED25519, INCINERATOR, RECENT_BLOCKHASHES, RENT, SYSTEM
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.nonce import Nonce, durable_nonce, encode_nonce
from tests.spec.svm.execution import Meta, Sent, message_of

OF_THE_RUNTIME = frozenset({SYSTEM, COMPUTE_BUDGET, ED25519, RECENT_BLOCKHASHES, RENT})
"""Accounts that are always there, and that no transaction changes."""

OTHER_PROGRAM = b"\x0e" * 32
MARKED_OWNER = b"0123456789aProgramDerivedAddress"
SEEDS = (b"", b"a", "ä".encode(), b"x" * 32, b"x" * 33)
KEYS = tuple(bytes([number + 1]) * 32 for number in range(16))


def derived(base: bytes, seed: bytes, owner: bytes) -> bytes:
    return hashlib.sha256(base + seed + owner).digest()


DERIVED = tuple(
    (base, seed, owner, derived(base, seed, owner))
    for base in KEYS[:3]
    for seed in SEEDS[:4]
    for owner in (SYSTEM, OTHER_PROGRAM)
)


@dataclass(frozen=True)
class RandomTransaction:
    """A message, and the accounts that it is sent to: None is an absent one."""

    message: TransactionMessage
    accounts: dict[bytes, Account | None]


def minimum(length: int, price: int = 6960) -> int:
    return (128 + length) * price


def random_transaction(source: random.Random, last_hash: bytes) -> RandomTransaction:
    """Every draw comes from ``source``. ``last_hash`` is the newest blockhash."""
    keys = [*source.sample(KEYS, source.randint(2, 6))]
    if source.random() < 0.35:
        base, _, _, address = source.choice(DERIVED)
        keys += [base, address]
    keys = list(dict.fromkeys(keys))
    accounts = {key: _account(source, last_hash, key == keys[0]) for key in keys}
    nonce_value = None
    instructions = [_instruction(source, keys) for _ in range(source.choice((0, 1, 1, 1, 1, 2, 2, 3, 4)))]
    if source.random() < 0.15:
        nonce_value = _begin_with_nonce(source, last_hash, keys, accounts, instructions)
    if source.random() < 0.3:
        for _ in range(source.choice((1, 1, 1, 2))):
            instructions.insert(source.randint(0, len(instructions)), _budget(source))
    if source.random() < 0.02:
        instructions.append(Sent(ED25519, source.choice((b"", b"\x00\x00", b"\x01\x00", b"\x02"))))
    listed = [Meta(key, writes=source.random() < 0.7) for key in keys if source.random() < 0.1]
    message = message_of(keys[0], *instructions, blockhash=nonce_value or last_hash, listed=listed)
    return RandomTransaction(message, {key: accounts.get(key) for key in message.keys if key not in OF_THE_RUNTIME})


def _account(source: random.Random, last_hash: bytes, is_payer: bool) -> Account | None:
    if is_payer and source.random() < 0.93:
        return Account(source.choice((10**10, 10**10, 10**10, 10**9, minimum(0) + 5000, minimum(0) + 10**6)))
    kind = source.random()
    if kind < 0.12:
        return None
    if kind < 0.5:
        edge = minimum(0) + source.choice((-1, 0, 1, -5000, 4999, 5000, 5001))
        return Account(source.choice((1, 4999, 5000, 5001, edge, edge, 10**9, 10**9, 2**64 - 1 - 10**10, 2**64 - 1)))
    if kind < 0.62:
        length = source.choice((1, 8, 100, 10240))
        data = source.choice((bytes(length), b"\x01" + bytes(length - 1)))
        owner = source.choice((SYSTEM, OTHER_PROGRAM))
        return Account(minimum(length) + source.choice((-1, 0, 1, 10**6)), owner, False, data)
    if kind < 0.7:
        return Account(source.choice((1, 10**9)), OTHER_PROGRAM)
    return _nonce_account(source, last_hash)


def _nonce_account(source: random.Random, last_hash: bytes) -> Account:
    value = source.choice((b"\x77" * 32, b"\x77" * 32, durable_nonce(last_hash)))
    nonce = Nonce(source.choice(KEYS[:6]), value, 5000, is_legacy=source.random() < 0.3)
    data = encode_nonce(source.choice((None, nonce, nonce, nonce, nonce)))
    length = source.choice((80, 80, 80, 80, 81, 200, 79, 8, 4))
    data = data[:length].ljust(length, b"\x00")
    if source.random() < 0.05:
        place = source.randrange(min(8, length))
        data = data[:place] + bytes([source.choice((1, 2, 255))]) + data[place + 1 :]
    lamports = minimum(length) + source.choice((-1, 0, 1, 5000, 10**6))
    return Account(lamports, source.choice((SYSTEM,) * 9 + (OTHER_PROGRAM,)), False, data)


def _begin_with_nonce(
    source: random.Random,
    last_hash: bytes,
    keys: list[bytes],
    accounts: dict[bytes, Account | None],
    instructions: list[Sent],
) -> bytes:
    """Make it a durable transaction, mostly a good one; the value that it names."""
    address = source.choice(keys)
    authority = source.choice(keys)
    value = b"\x77" * 32
    if source.random() < 0.9:
        nonce = Nonce(authority, value, 5000)
        accounts[address] = Account(minimum(80) + source.choice((0, 5000, 10**9)), SYSTEM, False, encode_nonce(nonce))
    metas = (
        Meta(address, signs=address == keys[0] or source.random() < 0.1, writes=source.random() < 0.95),
        Meta(RECENT_BLOCKHASHES, writes=False),
        Meta(authority, signs=source.random() < 0.95, writes=False),
    )
    instructions.insert(0, Sent(SYSTEM, struct.pack("<I", 4), metas))
    return value


def _budget(source: random.Random) -> Sent:
    tag = source.choice((1, 2, 2, 3, 3, 4))
    number = source.choice(
        {
            1: (32768, 262144, 32768 + 1024, 32767, 263168),
            2: (0, 149, 150, 299, 300, 301, 450, 10**6, 2**32 - 1),
            3: (0, 1, 1000, 10**6, 10**9, 2**64 - 1),
            4: (0, 64 * 2**20, 2**32 - 1, 10**6),
        }[tag]
    )
    data = bytes([tag]) + number.to_bytes(8 if tag == 3 else 4, "little")
    if source.random() < 0.05:
        data = source.choice((data[:-1], data + b"\x00", b"", b"\x00" + data[1:], b"\x05" + data[1:]))
    return Sent(COMPUTE_BUDGET, data)


def _lamports(source: random.Random) -> int:
    edge = minimum(source.choice((0, 1, 80, 100))) + source.choice((-1, 0, 1, 5000))
    return source.choice((0, 1, 5000, edge, edge, 10**6, 10**9 - 5000, 10**10, 2**64 - 1))


def _space(source: random.Random) -> int:
    return source.choice((0, 0, 1, 8, 80, 100, 10240, 10 * 2**20, 10 * 2**20 + 1, 2**64 - 1))


def _instruction(source: random.Random, keys: Sequence[bytes]) -> Sent:
    """One of the 14, mostly with the accounts that it wants."""
    tag = source.randrange(14)
    owner = source.choice((SYSTEM, OTHER_PROGRAM, OTHER_PROGRAM, MARKED_OWNER))
    seeded = [entry for entry in DERIVED if entry[3] in keys]
    base, seed, seed_owner, address = (
        source.choice(seeded)
        if seeded and source.random() < 0.9
        else (source.choice(KEYS[:3]), source.choice(SEEDS), owner, source.choice(keys))
    )
    if source.random() < 0.1:
        seed, seed_owner = source.choice((*SEEDS, b"\xff\xfe")), owner
    string = struct.pack("<Q", len(seed)) + seed
    lamports, space = struct.pack("<Q", _lamports(source)), struct.pack("<Q", _space(source))
    fields = {
        0: lamports + space + owner,
        1: owner,
        2: lamports,
        3: base + string + lamports + space + seed_owner,
        4: b"",
        5: lamports,
        6: source.choice(keys),
        7: source.choice(keys),
        8: space,
        9: base + string + space + seed_owner,
        10: base + string + seed_owner,
        11: lamports + string + seed_owner,
        12: b"",
        13: lamports + space + owner,
    }[tag]
    wanted: dict[int, tuple[bytes | None, ...]] = {
        3: (None, address, base),
        4: (None, RECENT_BLOCKHASHES, None),
        5: (None, None, RECENT_BLOCKHASHES, RENT, None),
        6: (None, RECENT_BLOCKHASHES, RENT),
        7: (None, None),
        9: (address, base),
        10: (address, base),
        11: (address, base, None),
    }
    metas = []
    for key in wanted.get(tag, (None, None)):
        chosen = key if key is not None and source.random() < 0.97 else source.choice(keys)
        if source.random() < 0.01:
            chosen = source.choice((INCINERATOR, SYSTEM, RECENT_BLOCKHASHES, RENT))
        is_sysvar = chosen in (RECENT_BLOCKHASHES, RENT, SYSTEM)
        signs = chosen not in (RECENT_BLOCKHASHES, RENT, SYSTEM, INCINERATOR) and source.random() < 0.88
        metas.append(Meta(chosen, signs, source.random() < (0.1 if is_sysvar else 0.93)))
    if source.random() < 0.04:
        metas = metas[: source.randrange(len(metas))]
    data = struct.pack("<I", tag) + fields
    if source.random() < 0.03:
        data = source.choice(
            (data[:-1], data + b"\x00", data[:3], struct.pack("<I", source.choice((14, 255))) + fields)
        )
    return Sent(SYSTEM, data, tuple(metas))
