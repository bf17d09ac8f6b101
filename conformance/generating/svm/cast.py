"""Who takes part in a generated chain: accounts of every kind that the rules tell apart, made as they are asked for."""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Sequence
from random import Random
from typing import Final

from nacl.signing import SigningKey

from samestate.conformance.generating.svm.instructions import seeded_address
from samestate.spec.svm.account import Account, account_key, encode_account
from samestate.spec.svm.addresses import ADDRESS_LOOKUP_TABLE, SYSTEM
from samestate.spec.svm.nonce import Nonce, durable_nonce, encode_nonce
from samestate.spec.svm.rent import RentPrice
from samestate.spec.svm.state import SvmState

SOL: Final = 10**9
FEE: Final = 5000
OTHER_PROGRAM: Final = hashlib.sha256(b"samestate generated program").digest()
"""Who owns accounts that the System program may not change. There is no such program."""
SEEDS: Final = ("", "a", "ä", "x" * 32)
NEVER: Final = 2**64 - 1
TABLE_HEAD: Final = struct.Struct("<IQQBB32sH")


@functools.lru_cache(maxsize=4096)
def key_of(number: int) -> SigningKey:
    """The key of a person: the same in every chain, since making one takes long."""
    return SigningKey(hashlib.sha256(f"samestate generated {number}".encode()).digest())


def minimum(size: int) -> int:
    """What an account of that size must hold to be exempt from rent."""
    return RentPrice(6960).minimum_balance(size)


class ChainCast:
    """The accounts of a chain. Of those that somebody asks for, a share of ``conflict`` is of a few that all ask for.

    ``accounts`` are those before the first block: whoever is new in a later block was there all the time, and nobody
    has looked. ``keys``: of those that can sign.
    """

    def __init__(self, draw: Random, conflict: float, accounts: dict[bytes, Account], state: SvmState) -> None:
        self.draw = draw
        self.conflict = conflict
        self.accounts = accounts
        self.state = state
        self.keys: dict[bytes, SigningKey] = {}
        self.tables: dict[bytes, tuple[bytes, ...]] = {}
        self.nonces: list[tuple[bytes, bytes]] = []
        """Nonces, each with its authority at first."""
        self.seeded: dict[bytes, tuple[bytes, str, bytes]] = {}
        """Addresses with a seed: base, seed, owner."""
        self._rested: list[bytes] = []
        self._used: list[bytes] = []
        self._new: dict[bytes, Account] = {}
        self._hot_payers = [self.wallet(10 * SOL) for _ in range(2)]
        self._hot = [
            *self._hot_payers,
            self.wallet(minimum(0)),
            self.nobody(),
            self.nonce(self._hot_payers[0]),
            self.at_seed(self._hot_payers[0]),
        ]

    # What is there now

    def account(self, address: bytes) -> Account | None:
        """What an account is before the current block."""
        return self._new.get(address) or self.state.account(address)

    def put(self, address: bytes, account: Account | None) -> bytes:
        """Say what an account that nobody has looked at was from the beginning."""
        if account is not None and account.lamports:
            self.accounts[address] = self._new[address] = account
        return address

    def begin_block(self, state: SvmState) -> None:
        """Another block is drawn, on this state: who was used before may be used again."""
        self.state = state
        self._rested += self._used
        self._used = []

    def settled(self) -> SvmState:
        """The state before the current block, with all that has come up since the one before it."""
        self.state = self.state.apply({account_key(each): encode_account(new) for each, new in self._new.items()}, ())
        self._new = {}
        return self.state

    # Who may be asked for

    def payer(self) -> bytes:
        """Who pays: mostly able to."""
        if self.draw.random() < self.conflict:
            return self.draw.choice(self._hot_payers)
        return self.uses(self._rested_one(signs=True) or self._new_payer())

    def signer(self) -> bytes:
        """Somebody with a key, and mostly with lamports."""
        if self.draw.random() < self.conflict:
            return self.draw.choice(self._hot[2:4])
        return self.uses(self._rested_one(signs=True) or self.put(self.nobody(), self._form()))

    def somebody(self) -> bytes:
        """Any account, or none yet."""
        if self.draw.random() < self.conflict:
            return self.draw.choice(self._hot)
        return self.uses(self._rested_one(signs=False) or self.put(self.nobody(), self._form()))

    def nobody(self) -> bytes:
        """Somebody who has nothing yet, and can sign."""
        key = key_of(len(self.keys))
        address = bytes(key.verify_key)
        self.keys[address] = key
        return address

    def wallet(self, lamports: int) -> bytes:
        """Somebody with so many lamports."""
        return self.put(self.nobody(), Account(lamports))

    def nonce(self, authority: bytes) -> bytes:
        """A nonce that its authority may mostly use at once; legacy, or too poor, or not one at all, now and then."""
        draw = self.draw
        value = durable_nonce(draw.randbytes(32))
        nonce = None if draw.random() < 0.05 else Nonce(authority, value, FEE, is_legacy=draw.random() < 0.1)
        size = 80 if draw.random() < 0.85 else draw.choice((8, 79, 81, 200))
        lamports = minimum(size) + draw.choice((0, 0, 1, FEE, 10**6, 10**6, -1))
        owner = SYSTEM if draw.random() < 0.95 else OTHER_PROGRAM
        data = encode_nonce(nonce)[:size].ljust(size, b"\x00")
        address = self.put(self.nobody(), Account(lamports, owner, False, data))
        self.nonces.append((address, authority))
        return address

    def at_seed(self, base: bytes) -> bytes:
        """An address with a seed, which cannot sign; mostly there is something at it."""
        owner, seed = self.draw.choice((SYSTEM, OTHER_PROGRAM)), self.draw.choice(SEEDS)
        address = seeded_address(base, seed, owner)
        if address not in self.seeded:
            self.seeded[address] = base, seed, owner
            self.put(address, self._form())
        return self.uses(address)

    def a_nonce(self) -> tuple[bytes, bytes]:
        """A nonce and its authority: one that many use, one of an earlier block, or a new one."""
        draw = self.draw
        if draw.random() < self.conflict:
            return draw.choice(self.nonces)
        rested = [each for each in self.nonces if each[0] in self._rested]
        if rested and draw.random() < 0.6:
            chosen = draw.choice(rested)
            self._rested.remove(chosen[0])
        else:
            authority = self.payer()
            chosen = self.nonce(authority), authority
        self.uses(chosen[0])
        return chosen

    def table(self, addresses: Sequence[bytes], slot: int) -> bytes:
        """A lookup table with these addresses among others, as it can be met in a slot."""
        draw = self.draw
        content = [*addresses, *(draw.randbytes(32) for _ in range(draw.randrange(3)))]
        draw.shuffle(content)
        deactivated = NEVER if draw.random() < 0.75 else slot + draw.choice((-600, -513, -3, -2, -1, 0, 1))
        is_extended = draw.random() < 0.3
        extended = slot + draw.choice((0, 0, 1, -1)) if is_extended else draw.choice((0, slot - 1))
        start = draw.randrange(len(content) + 2) if is_extended else 0
        data = TABLE_HEAD.pack(1, deactivated, extended, min(start, 255), 1, bytes(32), 0) + b"".join(content)
        owner = ADDRESS_LOOKUP_TABLE
        if draw.random() < 0.04:
            data, owner = draw.choice(((data[:55], owner), (data + b"\x01", owner), (data, SYSTEM), (b"", owner)))
        address = self.put(self.nobody(), Account(minimum(len(data)) + draw.choice((0, SOL)), owner, False, data))
        self.tables[address] = tuple(content)
        return address

    def uses(self, address: bytes) -> bytes:
        """Somebody is used in the current block, and may be used again in later ones."""
        self._used.append(address)
        return address

    # How

    def _rested_one(self, signs: bool) -> bytes | None:
        """Somebody of an earlier block, whom nobody else uses in this one."""
        if not self._rested or self.draw.random() < 0.5:
            return None
        place = self.draw.randrange(len(self._rested))
        if signs and self._rested[place] not in self.keys:
            return None
        return self._rested.pop(place)

    def _new_payer(self) -> bytes:
        draw = self.draw
        if draw.random() < 0.86:
            return self.wallet(draw.choice((10 * SOL, 10 * SOL, SOL, minimum(0) + FEE, minimum(0) + 10**6)))
        if draw.random() < 0.2:
            return self.nonce(self.nobody())
        if draw.random() < 0.7:  # at every edge of what a fee and rent take
            beyond = (-1, 0, 1, FEE - 1, FEE, FEE + 1, 2 * FEE - 1, 2 * FEE)
            return self.wallet(draw.choice((0, minimum(0))) + draw.choice(beyond[1:]))
        return self.put(self.nobody(), self._form())

    def _form(self) -> Account | None:
        """What an account can be."""
        draw = self.draw
        kind = draw.random()
        if kind < 0.3:
            return None
        if kind < 0.6:
            return Account(draw.choice((SOL, 10 * SOL, minimum(0) + 10**6)))
        if kind < 0.8:
            return Account(draw.choice((1, FEE, minimum(0) - 1, minimum(0), minimum(0) + 1, 2**64 - 10**12)))
        size = draw.choice((0, 1, 8, 80, 300))
        data = draw.choice((bytes(size), b"\x01".ljust(size, b"\x00")[:size]))
        owner = draw.choice((SYSTEM, OTHER_PROGRAM))
        return Account(minimum(size) + draw.choice((-1, 0, 1, 10**6)), owner, False, data)
