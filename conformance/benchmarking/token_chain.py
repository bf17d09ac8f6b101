"""Transfers of a token, block by block, on a state of any size: what states on disk are measured by.

Everybody has ether and holds the token. Some have keys, and send; who receives is drawn from all. A state of millions
of slots is made without being in memory: what is to be in order goes through files.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterable
from typing import Final

from samestate.conformance.benchmarking import evm_contracts as contracts
from samestate.conformance.benchmarking.sorted_records import SortedRecords
from samestate.conformance.engines.optimized.evm import page_of, plain_environment
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.optimized.evm.filling import Filler, flat_number
from samestate.optimized.evm.packing import BlockEnvironment, PackedBlock, pack
from samestate.optimized.evm.sorted import hash_of
from samestate.optimized.evm.world import World
from samestate.optimized.stores.description import Description
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import OSAKA
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.transaction import FeeMarketTransaction, encode_transaction

CHAIN_ID: Final = 1
FORK: Final[Fork] = OSAKA
TOKEN: Final = bytes.fromhex("70ce000000000000000000000000000000000001")
COINBASE: Final = bytes.fromhex("c01ba5e000000000000000000000000000000000")
GWEI: Final = 10**9
ETHER: Final = 10**18
HOLDING: Final = 10**24
GAS_LIMIT: Final = 300_000_000
TRANSFER_GAS: Final = 100_000
TIMESTAMP: Final = 1_800_000_000
SENDERS: Final = 20_000
"""So many have keys, or all of a smaller state."""


class TokenChain:
    """The state and the blocks. ``accounts``: how many there are beside contracts, each with a slot of the token."""

    def __init__(self, accounts: int, transfers: int = 1000, seed: int = 1) -> None:
        self.accounts = accounts
        self.transfers = transfers
        self._draw = random.Random(seed)
        self._senders = min(SENDERS, accounts)
        self._nonces = [0] * self._senders
        self._number = 0

    def address(self, index: int) -> bytes:
        """Somebody's address: of those with a key what follows from it."""
        if index < self._senders:
            return address_of_sender(index)
        return hash_of(b"samestate holder" + index.to_bytes(8, "big"))[12:]

    def fill(self, filler: Filler) -> Description:
        """Put the state into a store."""
        with SortedRecords(32) as slots, SortedRecords(32 + 20) as accounts:
            for index in range(self.accounts):
                address = self.address(index)
                slots.add(hash_of(contracts.balance_slot(address).to_bytes(32, "big")))
                accounts.add(hash_of(address) + address)
            for address in self._contracts():
                accounts.add(hash_of(address) + address)
            codes = self._contracts()
            holding = flat_number(HOLDING)
            for record in accounts.in_order():
                digest, address = record[:32], record[32:]
                if address == TOKEN:
                    filler.account(digest, 1, 0, codes[address], ((slot, holding) for slot in slots.in_order()))
                elif address in codes:
                    filler.account(digest, 1, 0, codes[address])
                else:
                    filler.account(digest, 0, 100 * ETHER)
        return filler.finish(name_fork(FORK).rules, 0)

    def in_memory(self) -> World:
        """The same state in memory."""
        world = World()
        for address, code in self._contracts().items():
            holders = range(self.accounts) if address == TOKEN else ()
            world.put(address, 1, 0, code, {contracts.balance_slot(self.address(index)): HOLDING for index in holders})
        for index in range(self.accounts):
            world.put(self.address(index), 0, 100 * ETHER, b"", {})
        return world

    def block(self) -> tuple[PackedBlock, list[bytes]]:
        """The next block, and whom its transactions name: those who send, and those who receive the token."""
        environment, raw, named = self.parts()
        return pack(page_of(name_fork(FORK)), environment, raw), named

    def parts(self) -> tuple[BlockEnvironment, list[bytes], list[bytes]]:
        """The same, of the block its environment and its encoded transactions."""
        self._number += 1
        chosen = self._draw.sample(range(self._senders), min(self.transfers, self._senders))
        raw: list[bytes] = []
        named: list[bytes] = []
        for sender in chosen:
            recipient = self.address(self._draw.randrange(self.accounts))
            transaction = FeeMarketTransaction(
                chain_id=CHAIN_ID,
                nonce=self._nonces[sender],
                max_priority_fee_per_gas=GWEI,
                max_fee_per_gas=10 * GWEI,
                gas_limit=TRANSFER_GAS,
                to=TOKEN,
                value=0,
                data=contracts.call_data(contracts.TRANSFER, recipient, 1 + self._draw.randrange(10**6)),
            )
            self._nonces[sender] += 1
            raw.append(encode_transaction(sign(transaction, key_of_sender(sender))))
            named += [self.address(sender), recipient]
        return self._environment(), raw, named

    @property
    def number(self) -> int:
        """Of the last block that was made."""
        return self._number

    def _environment(self) -> BlockEnvironment:
        environment = Environment(
            chain_id=CHAIN_ID,
            number=self._number,
            timestamp=TIMESTAMP + 12 * self._number,
            coinbase=COINBASE,
            gas_limit=GAS_LIMIT,
            base_fee_per_gas=GWEI,
            prev_randao=hash_of(b"samestate randomness" + self._number.to_bytes(8, "big")),
            parent_hash=hash_of(b"samestate parent" + self._number.to_bytes(8, "big")),
            parent_beacon_block_root=hash_of(b"samestate beacon root" + self._number.to_bytes(8, "big")),
            block_hashes={},
        )
        return plain_environment(environment, FORK.deposit_contract)

    @staticmethod
    def _contracts() -> dict[bytes, bytes]:
        return {TOKEN: contracts.token(), **system_contracts(FORK)}


def key_of_sender(index: int) -> bytes:
    """The private key of one who sends."""
    return hash_of(b"samestate sender" + index.to_bytes(8, "big"))


@functools.lru_cache(maxsize=SENDERS)
def address_of_sender(index: int) -> bytes:
    """The address of one who sends."""
    return address_of(key_of_sender(index))


def slots_of(holders: Iterable[bytes]) -> list[bytes]:
    """The canonical keys of what somebody holds of the token."""
    return [b"\x04" + TOKEN + contracts.balance_slot(holder).to_bytes(32, "big") for holder in holders]
