"""The blocks of the EVM that engines and outside clients are measured on, always the same.

Loops of one transaction that spends ten million gas on one kind of work, and blocks of transfers, of a token's
transfers and of swaps, with everybody independent of the others or all in each other's way. Three of them are whole
blocks of a chain too, which clients import.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from samestate.conformance.benchmarking import evm_contracts as contracts
from samestate.conformance.errors import InputError
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.spec.evm import rlp
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block import (
    Block,
    Header,
    empty_ommers_hash,
    encode_block,
    transactions_root,
    withdrawals_root,
)
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.receipt import BLOOM_SIZE, logs_bloom, receipts_root
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import FeeMarketTransaction, encode_transaction
from samestate.spec.transition import apply_block

ETHER: Final = 10**18
GWEI: Final = 10**9
CHAIN_ID: Final = 1
GAS_LIMIT: Final = 300_000_000
TIMESTAMP: Final = 1_800_000_000
COINBASE: Final = bytes.fromhex("c01ba5e000000000000000000000000000000000")
LOOP: Final = bytes.fromhex("100b000000000000000000000000000000000001")
TINY: Final = bytes.fromhex("7177000000000000000000000000000000000001")
ROUTER: Final = bytes.fromhex("704e000000000000000000000000000000000001")
FACTORY: Final = bytes.fromhex("fac7000000000000000000000000000000000001")
LOOP_GAS: Final = 10_000_000
HOLDING: Final = 10**24
RESERVE: Final = 10**24
"""What everybody has of a token, and what a pool has of each."""

TRANSFER_LIMIT: Final = 21_000
TOKEN_LIMIT: Final = 100_000
SWAP_LIMIT: Final = 400_000
"""The gas limits of transactions."""


@dataclass(frozen=True, slots=True)
class EvmWorkload:
    """A block: what executing it takes, who signed each transaction, and the whole block where it is one of a chain."""

    case: GeneratedCase
    senders: tuple[bytes, ...]
    link: RawBlock | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.case.name


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block as it comes over the network, on a genesis block that has the workload's state."""

    genesis: Header
    header: Header
    block: bytes
    access_list: bytes


# Who takes part


@functools.lru_cache(maxsize=16_384)
def key_of(name: str) -> bytes:
    """Somebody's private key."""
    return keccak256(f"samestate workload {name}".encode())


@functools.lru_cache(maxsize=16_384)
def address(name: str) -> bytes:
    """Somebody's address."""
    return address_of(key_of(name))


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A transaction to be signed: who sends what to whom."""

    sender: str
    to: bytes
    gas_limit: int
    value: int = 0
    data: bytes = b""


Entry = dict[str, str | dict[str, str]]
"""An account of an alloc."""


def hexadecimal(data: bytes) -> str:
    """Bytes as an alloc has them."""
    return f"0x{data.hex()}"


def contract(code: bytes, storage: Mapping[int, int] | None = None) -> Entry:
    """The entry of a contract in an alloc."""
    slots = {hex(slot): hex(value) for slot, value in (storage or {}).items()}
    return {"nonce": "0x1", "code": hexadecimal(code), "storage": slots}


def block(name: str, fork: Fork, pre: Mapping[bytes, Entry], messages: list[Unsigned]) -> EvmWorkload:
    """The block of some messages, each signed by its sender, who has ether enough."""
    alloc: Alloc = {hexadecimal(place): contract(code) for place, code in system_contracts(fork).items()}
    alloc |= {hexadecimal(place): entry for place, entry in pre.items()}
    for message in messages:
        alloc.setdefault(hexadecimal(address(message.sender)), {"balance": hex(100 * ETHER)})
    parent = genesis_header(fork, alloc)
    environment = Environment(
        chain_id=CHAIN_ID,
        number=1,
        timestamp=parent.timestamp + 12,
        coinbase=COINBASE,
        gas_limit=GAS_LIMIT,
        base_fee_per_gas=fork.next_base_fee(parent) or 0,
        prev_randao=keccak256(b"samestate workload randomness"),
        parent_hash=parent.hash(),
        parent_beacon_block_root=keccak256(b"samestate workload beacon root"),
        slot_number=1,
        block_hashes={0: parent.hash()},
    )
    nonces: dict[str, int] = {}
    signed, senders = [], []
    for message in messages:
        nonce = nonces[message.sender] = nonces.get(message.sender, -1) + 1
        transaction = FeeMarketTransaction(
            chain_id=CHAIN_ID,
            nonce=nonce,
            max_priority_fee_per_gas=GWEI,
            max_fee_per_gas=10 * GWEI,
            gas_limit=message.gas_limit,
            to=message.to,
            value=message.value,
            data=message.data,
        )
        signed.append(encode_transaction(sign(transaction, key_of(message.sender))))
        senders.append(address(message.sender))
    case = GeneratedCase(name, fork, CHAIN_ID, parent, alloc, environment, tuple(signed))
    return EvmWorkload(case, tuple(senders))


def genesis_header(fork: Fork, alloc: Alloc) -> Header:
    """The first block of a chain that begins with those accounts."""
    header = Header(
        parent_hash=bytes(32),
        ommers_hash=empty_ommers_hash(),
        coinbase=bytes(20),
        state_root=FlatState.from_alloc(alloc).root(),
        transactions_root=transactions_root(()),
        receipts_root=receipts_root(()),
        bloom=bytes(BLOOM_SIZE),
        difficulty=0,
        number=0,
        gas_limit=GAS_LIMIT,
        gas_used=0,
        timestamp=TIMESTAMP,
        extra_data=b"",
        prev_randao=bytes(32),
        nonce=bytes(8),
        base_fee_per_gas=GWEI,
        withdrawals_root=withdrawals_root(()),
        blob_gas_used=0,
        excess_blob_gas=0,
        parent_beacon_block_root=bytes(32),
        requests_hash=requests_hash(()),
    )
    if not fork.has_access_list:
        return header
    return replace(header, block_access_list_hash=keccak256(rlp.encode([])), slot_number=0)


def with_raw_block(workload: EvmWorkload) -> EvmWorkload:
    """The workload with the block that a chain has: the specification executes it once, for the header's roots."""
    case = workload.case
    state = case.state()
    result = apply_block(Evm(case.fork), case.payload(), state)
    access_list = encode_access_list(access_list_of(result))
    header = header_of(case, result, access_list)
    encoded = encode_block(Block(header, case.payload().transactions, (), ()))
    return replace(workload, link=RawBlock(case.parent, header, encoded, access_list))


def header_of(case: GeneratedCase, result: EvmResult, access_list: bytes) -> Header:
    """The header of an executed block."""
    environment = case.environment
    return replace(
        case.parent,
        parent_hash=environment.parent_hash,
        coinbase=environment.coinbase,
        state_root=result.state().root(),
        transactions_root=transactions_root(case.payload().transactions),
        receipts_root=receipts_root(result.receipts),
        bloom=logs_bloom(log for receipt in result.receipts for log in receipt.logs),
        number=environment.number,
        gas_used=result.totals.gas_used,
        timestamp=environment.timestamp,
        prev_randao=environment.prev_randao,
        base_fee_per_gas=environment.base_fee_per_gas,
        parent_beacon_block_root=environment.parent_beacon_block_root,
        requests_hash=requests_hash(result.closing.requests),
        block_access_list_hash=keccak256(access_list),
        slot_number=environment.slot_number,
    )


# Loops


@dataclass(frozen=True, slots=True)
class CountedLoop:
    """A contract that does one kind of work so many times as it is told, and the gas of one round."""

    code: Callable[[], bytes]
    round_gas: int


LOOPS: Final[Mapping[str, CountedLoop]] = {
    "arithmetic": CountedLoop(contracts.arithmetic_loop, 113),
    "memory": CountedLoop(contracts.memory_loop, 142),
    "mcopy": CountedLoop(contracts.copy_loop, 242),
    "keccak": CountedLoop(contracts.keccak_loop, 80),
    "storage": CountedLoop(contracts.storage_loop, 247),
    "call": CountedLoop(lambda: contracts.call_loop(TINY), 166),
}


def loop(name: str, gas: int = LOOP_GAS) -> EvmWorkload:
    """One transaction that goes round a loop until about so much gas is used."""
    chosen = LOOPS[name]
    rounds = (gas - TRANSFER_LIMIT) // chosen.round_gas
    return loop_of_rounds(name, rounds, gas_limit=gas + gas // 10)


def loop_of_rounds(name: str, rounds: int, gas_limit: int) -> EvmWorkload:
    """One transaction that goes round a loop so often."""
    filled = {slot: slot + 1 for slot in range(16)} if name == "storage" else {}
    pre = {LOOP: contract(LOOPS[name].code(), filled), TINY: contract(contracts.tiny_contract())}
    return block(f"loop-{name}", OSAKA, pre, [Unsigned("looper", LOOP, gas_limit, data=contracts.words(rounds))])


# Transfers


def transfers(name: str, fork: Fork, count: int, to: Callable[[int], str]) -> EvmWorkload:
    """Transfers of ether to accounts that are there, each by a sender of its own."""
    recipients: dict[bytes, Entry] = {address(to(index)): {"balance": hex(ETHER)} for index in range(count)}
    messages = [
        Unsigned(f"sender {index}", address(to(index)), TRANSFER_LIMIT, value=1 + index) for index in range(count)
    ]
    return block(name, fork, recipients, messages)


def contended_transfers(name: str, fork: Fork, count: int) -> EvmWorkload:
    """Two who send ether to each other, by turns."""
    pair = ("first", "second")
    return block(
        name,
        fork,
        {},
        [
            Unsigned(pair[index % 2], address(pair[1 - index % 2]), TRANSFER_LIMIT, value=1 + index)
            for index in range(count)
        ],
    )


# A token

TOKEN: Final = bytes.fromhex("70ce000000000000000000000000000000000001")


def token_message(sender: str, to: bytes, amount: int) -> Unsigned:
    """A transfer of the token."""
    return Unsigned(sender, TOKEN, TOKEN_LIMIT, data=contracts.call_data(contracts.TRANSFER, to, amount))


def token_transfers(name: str, fork: Fork, count: int) -> EvmWorkload:
    """Transfers of a token between holders, each of whom takes part once."""
    people = [(f"sender {index}", f"recipient {index}") for index in range(count)]
    holders = {address(person) for both in people for person in both}
    pre = {TOKEN: contract(contracts.token(), {contracts.balance_slot(holder): HOLDING for holder in sorted(holders)})}
    return block(
        name, fork, pre, [token_message(sender, address(to), 1000 + index) for index, (sender, to) in enumerate(people)]
    )


def contended_token_transfers(name: str, fork: Fork, count: int) -> EvmWorkload:
    """Two holders who send a token to each other, by turns."""
    pair = ("first", "second")
    balances = {contracts.balance_slot(address(person)): HOLDING for person in pair}
    messages = [token_message(pair[index % 2], address(pair[1 - index % 2]), 1000 + index) for index in range(count)]
    return block(name, fork, {TOKEN: contract(contracts.token(), balances)}, messages)


# Swaps


def swaps(name: str, fork: Fork, count: int, pools: int) -> EvmWorkload:
    """Swaps through a router, each by a trader of its own, in one pool after the other and in both directions."""
    traders: list[list[bytes]] = [[] for _ in range(pools)]
    messages = []
    for index in range(count):
        place = index % pools
        sold, bought = tokens_of(place)[:: 1 if index // pools % 2 == 0 else -1]
        trader = f"sender {index}"
        traders[place].append(address(trader))
        path = (5 * contracts.WORD, address(trader), TIMESTAMP + 3600, 2, sold, bought)
        data = contracts.call_data(contracts.SWAP_EXACT, 10**18 + index, 1, *path)
        messages.append(Unsigned(trader, ROUTER, SWAP_LIMIT, data=data))
    pre = {ROUTER: contract(contracts.router(FACTORY))}
    token, pool = contracts.token(), contracts.pool()
    for place in range(pools):
        both = sorted(tokens_of(place))
        where = contracts.pool_address(FACTORY, *both)
        for each in both:
            slots = {contracts.balance_slot(where): RESERVE}
            for trader_address in traders[place]:
                slots[contracts.balance_slot(trader_address)] = HOLDING
                slots[contracts.allowance_slot(trader_address, ROUTER)] = contracts.MAXIMUM
            pre[each] = contract(token, slots)
        pre[where] = contract(
            pool,
            {
                contracts.TOKEN0: int.from_bytes(both[0], "big"),
                contracts.TOKEN1: int.from_bytes(both[1], "big"),
                contracts.RESERVES: contracts.packed_reserves(RESERVE, RESERVE, TIMESTAMP - 12),
                contracts.PRICE0_CUMULATIVE: 1 << 112,
                contracts.PRICE1_CUMULATIVE: 1 << 112,
                contracts.UNLOCKED: 1,
            },
        )
    return block(name, fork, pre, messages)


def tokens_of(place: int) -> tuple[bytes, bytes]:
    """The two tokens of a pool."""
    return address(f"token {place} a"), address(f"token {place} b")


# All of them by name

BLOCK: Final = 1000
SHARED: Final = 200
LARGE: Final = 2_950
"""Transactions of a block, pools of one with many, and transfers of a token that use 100 million gas."""

WORKLOADS: Final[Mapping[str, Callable[[str], EvmWorkload]]] = {
    **{f"loop-{name}": lambda given: loop(given.removeprefix("loop-")) for name in LOOPS},
    "transfers": lambda name: transfers(name, OSAKA, BLOCK, lambda index: f"recipient {index}"),
    "transfers-to-one": lambda name: transfers(name, OSAKA, BLOCK, lambda index: "recipient"),
    "transfers-pair": lambda name: contended_transfers(name, OSAKA, BLOCK),
    "erc20": lambda name: token_transfers(name, OSAKA, BLOCK),
    "erc20-pair": lambda name: contended_token_transfers(name, OSAKA, BLOCK),
    "erc20-100m": lambda name: token_transfers(name, OSAKA, LARGE),
    "swaps-one": lambda name: swaps(name, OSAKA, BLOCK, 1),
    "swaps-200": lambda name: swaps(name, OSAKA, BLOCK, SHARED),
    "raw-transfers": lambda name: with_raw_block(
        transfers(name, AMSTERDAM, 2 * BLOCK, lambda index: f"recipient {index}")
    ),
    "raw-erc20": lambda name: with_raw_block(token_transfers(name, AMSTERDAM, 2 * BLOCK)),
    "raw-swaps-one": lambda name: with_raw_block(swaps(name, AMSTERDAM, 400, 1)),
}


@functools.lru_cache(maxsize=32)
def make_workload(name: str) -> EvmWorkload:
    """The workload of that name."""
    return WORKLOADS[name](name)


def choose_workloads(patterns: tuple[str, ...]) -> Iterator[str]:
    """The names that some patterns stand for, all where there is none. Raises InputError."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in WORKLOADS):
            raise InputError(f"--workload {pattern}: no workload is called so; known are {', '.join(WORKLOADS)}")
    return (name for name in WORKLOADS if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns))
