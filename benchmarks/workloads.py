"""Blocks to measure with: always the same, built from scratch in a second or so."""

from __future__ import annotations

from collections.abc import Callable

from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.spec.evm.block import Header, empty_ommers_hash
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.receipt import BLOOM_SIZE
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.transaction import FeeMarketTransaction, Transaction, encode_transaction

CHAIN_ID = 1
ETHER = 10**18
GWEI = 10**9
TRANSACTIONS = 1000
LOOP_GAS = 10_000_000
TOKEN = bytes.fromhex("70ce000000000000000000000000000000000001")
LOOP = bytes.fromhex("100b000000000000000000000000000000000001")
COINBASE = bytes.fromhex("c01ba5e000000000000000000000000000000000")
TRANSFER_SELECTOR = keccak256(b"transfer(address,uint256)")[:4]
OTHER_SELECTORS = tuple(
    keccak256(signature)[:4]
    for signature in (b"approve(address,uint256)", b"transferFrom(address,address,uint256)", b"balanceOf(address)")
)
TRANSFER_EVENT = keccak256(b"Transfer(address,address,uint256)")
BALANCES_SLOT = 3

Account = dict[str, str | dict[str, str]]


def token_code() -> bytes:
    """A compact ERC-20 token, of which only ``transfer`` is there; its shape is what compilers make of the real ones.

    Dispatch by selector, no value accepted, arguments checked, balances in a mapping, overflow checked, Transfer event.
    """
    code = Code()
    transfer, fail = code.label(), code.label()
    code.push(0x80, 0x40).op("MSTORE")
    code.push(4).op("CALLDATASIZE", "LT").jump_if(fail)
    code.push(0).op("CALLDATALOAD").push(0xE0).op("SHR")
    for selector in OTHER_SELECTORS:
        code.op("DUP1").push(selector).op("EQ").jump_if(fail)
    code.op("DUP1").push(TRANSFER_SELECTOR).op("EQ").jump_if(transfer)
    code.mark(fail).push(0).op("DUP1", "REVERT")

    code.mark(transfer).op("CALLVALUE").jump_if(fail)
    code.push(68).op("CALLDATASIZE", "LT").jump_if(fail)
    code.push(4).op("CALLDATALOAD")  # selector to
    code.op("DUP1").push(160).op("SHR").jump_if(fail)
    code.push(36).op("CALLDATALOAD")  # selector to amount
    # what the sender has, less the amount
    code.op("CALLER").push(0).op("MSTORE").push(BALANCES_SLOT, 0x20).op("MSTORE")
    code.push(0x40, 0).op("KECCAK256")  # selector to amount slot
    code.op("DUP1", "SLOAD")  # selector to amount slot balance
    code.op("DUP3", "DUP2", "LT").jump_if(fail)
    code.op("DUP3", "SWAP1", "SUB", "SWAP1", "SSTORE")  # selector to amount
    # what the recipient has, plus the amount
    code.op("DUP2").push(0).op("MSTORE").push(BALANCES_SLOT, 0x20).op("MSTORE")
    code.push(0x40, 0).op("KECCAK256")  # selector to amount slot
    code.op("DUP1", "SLOAD", "DUP3", "ADD")  # selector to amount slot sum
    code.op("DUP3", "DUP2", "LT").jump_if(fail)
    code.op("SWAP1", "SSTORE")  # selector to amount
    # the event, and true
    code.push(0x40).op("MLOAD", "SWAP1", "DUP2", "MSTORE")  # selector to pointer
    code.op("SWAP1", "CALLER").push(TRANSFER_EVENT)  # selector pointer to from event
    code.push(0x20).op("DUP5", "LOG3")  # selector pointer
    code.push(1).op("DUP2", "MSTORE").push(0x20).op("SWAP1", "RETURN")
    return code.build()


def loop_code() -> bytes:
    """Arithmetic, memory and jumps, until less than 1,000 gas is left."""
    code = Code()
    again = code.label()
    code.push(1, 7)  # sum counter
    code.mark(again)
    code.op("DUP1", "DUP3", "MUL").push(0xFFFF).op("AND", "ADD")  # sum counter'
    code.op("DUP1").push(0x3E0).op("AND", "DUP2", "SWAP1", "MSTORE")
    code.op("DUP1").push(3).op("SHR", "DUP3", "XOR", "SWAP2", "POP").push(1).op("ADD")
    code.push(1000).op("GAS", "GT").jump_if(again)
    code.op("STOP")
    return code.build()


def private_key(index: int) -> bytes:
    """The key of one sender."""
    return keccak256(b"samestate benchmark" + index.to_bytes(4, "big"))


def case(
    name: str, transactions: int, accounts: int, make: Callable[[int], Transaction], fork: Fork = PRAGUE
) -> GeneratedCase:
    """A block of so many transactions, each of its own sender, on a state of so many accounts."""
    senders = [private_key(index) for index in range(transactions)]
    pre: dict[str, Account] = {
        f"0x{address.hex()}": {"nonce": "0x1", "code": f"0x{code.hex()}"}
        for address, code in {**system_contracts(fork), TOKEN: token_code(), LOOP: loop_code()}.items()
    }
    balances: dict[str, str] = {}
    for key in senders:
        address = address_of(key)
        pre[f"0x{address.hex()}"] = {"balance": hex(100 * ETHER)}
        slot = keccak256(address.rjust(32, b"\x00") + BALANCES_SLOT.to_bytes(32, "big"))
        balances[f"0x{slot.hex()}"] = hex(10**24)
    pre[f"0x{TOKEN.hex()}"]["storage"] = balances
    for index in range(accounts - len(pre)):
        pre[f"0x{recipient(index).hex()}"] = {"balance": hex(ETHER)}
    parent = Header(
        parent_hash=bytes(32),
        ommers_hash=empty_ommers_hash(),
        coinbase=COINBASE,
        state_root=bytes(32),
        transactions_root=bytes(32),
        receipts_root=bytes(32),
        bloom=bytes(BLOOM_SIZE),
        difficulty=0,
        number=999,
        gas_limit=100_000_000,
        gas_used=50_000_000,
        timestamp=1_750_000_000,
        extra_data=b"",
        prev_randao=bytes(32),
        nonce=bytes(8),
        base_fee_per_gas=GWEI,
    )
    environment = Environment(
        chain_id=CHAIN_ID,
        number=parent.number + 1,
        timestamp=parent.timestamp + 12,
        coinbase=COINBASE,
        gas_limit=parent.gas_limit,
        base_fee_per_gas=GWEI,
        parent_hash=parent.hash(),
        block_hashes={parent.number: parent.hash()},
    )
    signed = tuple(encode_transaction(sign(make(index), key)) for index, key in enumerate(senders))
    return GeneratedCase(name, fork, CHAIN_ID, parent, pre, environment, signed)


def recipient(index: int) -> bytes:
    """The address of one recipient."""
    return keccak256(b"samestate recipient" + index.to_bytes(4, "big"))[:20]


def transaction(to: bytes, gas_limit: int, value: int = 0, data: bytes = b"") -> Transaction:
    """The first transaction of a sender."""
    return FeeMarketTransaction(
        chain_id=CHAIN_ID,
        nonce=0,
        max_priority_fee_per_gas=GWEI,
        max_fee_per_gas=10 * GWEI,
        gas_limit=gas_limit,
        to=to,
        value=value,
        data=data,
    )


def transfers(accounts: int = 2000, fork: Fork = PRAGUE) -> GeneratedCase:
    """1,000 transfers, each from its own sender to its own recipient."""
    name = f"1,000 transfers, {accounts:,} accounts"
    return case(name, TRANSACTIONS, accounts, lambda index: transaction(recipient(index), 21000, value=1 + index), fork)


def token_transfers(accounts: int = 2000, fork: Fork = PRAGUE, gas_limit: int = 80_000) -> GeneratedCase:
    """1,000 transfers of a token, each from its own sender to its own recipient, who had none before."""

    def make(index: int) -> Transaction:
        data = TRANSFER_SELECTOR + recipient(index).rjust(32, b"\x00") + (1 + index).to_bytes(32, "big")
        return transaction(TOKEN, gas_limit, data=data)

    return case(f"1,000 ERC-20 transfers, {accounts:,} accounts", TRANSACTIONS, accounts, make, fork)


def loop(accounts: int = 2000) -> GeneratedCase:
    """One transaction that spends 10 million gas in a loop."""
    return case(f"10M-gas loop, {accounts:,} accounts", 1, accounts, lambda index: transaction(LOOP, LOOP_GAS))
