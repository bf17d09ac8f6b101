"""Hypothesis strategies for blocks of the EVM: a few transactions on a few contracts, that shrink to very little.

First drafts are drawn, each transaction and statement apart from the others, so that any of them can be taken away
while a block shrinks; nonces and signatures follow from all of them. Everything shrinks towards fewer transactions and
statements, the first sender, contract and slot, plain calls, and gas enough. Hypothesis leaves out at most five choices
in a row, one of which says that a list goes on: so a transaction is four choices, some of several things at once.

Hypothesis may be told what to look for: :func:`depth_of` and :func:`conflicts_of` are numbers for its ``target``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Final

from hypothesis import strategies as st

from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm_draft import ETHER, EvmDraft
from samestate.conformance.generating.keys import address_of, private_key, sign, sign_authorization
from samestate.conformance.generating.programs import destructible
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.reference import run_block
from samestate.spec.access import critical_path
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import (
    Authorization,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    encode_transaction,
)

SENDERS: Final = 3
CONTRACTS: Final = 3
SLOTS: Final = 3
WORDS: Final = 4
GAS: Final = (400_000, 100_000, 60_000, 30_000, 1_000_000)
"""Gas for execution; the first is enough for most."""
COINBASE: Final = b"\xc0" * 20
NOBODY: Final = b"\xee" * 20
SET_CODE: Final = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """What a contract does, by name, on a slot and on a contract by number."""

    kind: str
    slot: int
    other: int


@dataclass(frozen=True, slots=True)
class EvmTransactionDraft:
    """A transaction whose nonce is not yet known.

    ``message``: what it does, call, pay, create or delegate, and to whom, by number; ``content``: value and data.
    """

    message: tuple[str, int]
    sender: int
    content: tuple[int, int]
    gas: int


@dataclass(frozen=True, slots=True)
class EvmBlockDraft:
    """Statements of each contract, transactions, and who is paid: nobody known, a sender or a contract."""

    contracts: tuple[tuple[Statement, ...], ...]
    transactions: tuple[EvmTransactionDraft, ...]
    coinbase: int


def contract(number: int) -> bytes:
    """The address of a contract."""
    return bytes([0xA0 + number]) * 20


def key(number: int) -> bytes:
    """The key of a sender."""
    return private_key(number)


@functools.lru_cache(maxsize=64)
def evm_cases(fork: Fork, transactions: int = 7, statements: int = 3) -> st.SearchStrategy[GeneratedCase]:
    """Blocks under a fork of at most so many transactions, on contracts of at most so many statements."""
    known = {instruction.mnemonic for instruction in fork.instructions.values()}
    kinds = [kind for kind, (_, needed) in _STATEMENTS.items() if needed in known]
    everybody = range(CONTRACTS + SENDERS + 1)
    messages = [*product(("call", "pay", "create"), everybody)]
    if SET_CODE in fork.transaction_types:
        messages += product(("delegate",), everybody)
    statement = st.builds(Statement, st.sampled_from(kinds), st.integers(0, SLOTS - 1), st.integers(0, CONTRACTS - 1))
    transaction = st.builds(
        EvmTransactionDraft,
        message=st.sampled_from(messages),
        sender=st.integers(0, SENDERS - 1),
        content=st.sampled_from([*product((0, 1, ETHER), range(WORDS))]),
        gas=st.sampled_from(GAS),
    )
    block = st.builds(
        EvmBlockDraft,
        transactions=st.lists(transaction, max_size=transactions).map(tuple),
        contracts=st.tuples(*[st.lists(statement, max_size=statements).map(tuple) for _ in range(CONTRACTS)]),
        coinbase=st.integers(0, SENDERS + CONTRACTS),
    )
    return block.map(functools.partial(case_of_draft, fork))


def case_of_draft(fork: Fork, block: EvmBlockDraft) -> GeneratedCase:
    """The block that a draft stands for."""
    draft = EvmDraft(Random(0), fork, len(block.transactions))
    draft.pre = {}
    for address, code in system_contracts(fork).items():
        draft.account(address, nonce=1, code=code)
    for number in range(SENDERS):
        draft.account(address_of(key(number)), balance=1000 * ETHER)
    for number, statements in enumerate(block.contracts):
        draft.account(contract(number), nonce=1, code=code_of(statements))
    draft.environment = replace(draft.environment, coinbase=_account(block.coinbase - 1, COINBASE))
    signer = _Signer(fork, draft.chain_id, draft.environment.base_fee_per_gas or 1)
    made = [encode_transaction(signer.transaction(each)) for each in block.transactions]
    return replace(draft.case(f"{fork.name}, drawn", made), withdrawals=())


def code_of(statements: Sequence[Statement]) -> bytes:
    """The code of a contract that does these."""
    code = Code()
    for each in statements:
        _STATEMENTS[each.kind][0](code, each)
    return code.op("STOP").build()


def depth_of(result: EvmResult) -> int:
    """How many transactions of a block wait for one another, at the most."""
    return critical_path(result.steps, [1] * len(result.receipts))


def conflicts_of(case: GeneratedCase, workers: int = 4) -> int:
    """How often the readable Block-STM, always scheduled alike, aborts or suspends a transaction of the block."""
    run = run_block(Evm(case.fork), case.payload(), case.state(), "block-stm", workers=workers)
    return run.metrics.runtime_conflicts


class _Signer:
    """Gives transactions nonces and signatures, one after another."""

    def __init__(self, fork: Fork, chain_id: int, price: int) -> None:
        self._fork = fork
        self._chain_id = chain_id
        self._price = price
        self._nonces = dict.fromkeys(range(SENDERS), 0)

    def transaction(self, draft: EvmTransactionDraft) -> Transaction:
        """The transaction of a draft."""
        (kind, number), (value, word) = draft.message, draft.content
        nonce = self._next_nonce(draft.sender)
        to: bytes | None = _account(number, NOBODY)
        data = word.to_bytes(32, "big")
        if kind == "pay":
            to, data = _account(CONTRACTS + number % SENDERS, NOBODY), b""
        elif kind == "create":
            to, data = None, destructible(_account(number, NOBODY))
        if kind == "delegate":
            authority = word % SENDERS
            authorization = sign_authorization(
                Authorization(
                    chain_id=0, address=_account(number % CONTRACTS, NOBODY), nonce=self._next_nonce(authority)
                ),
                key(authority),
            )
            made: Transaction = SetCodeTransaction(
                chain_id=self._chain_id,
                nonce=nonce,
                max_priority_fee_per_gas=0,
                max_fee_per_gas=self._price,
                gas_limit=500_000 + draft.gas,
                to=to or NOBODY,
                value=value,
                data=data,
                authorizations=(authorization,),
            )
        else:
            made = LegacyTransaction(
                nonce=nonce, gas_price=self._price, gas_limit=70_000 + draft.gas, to=to, value=value, data=data
            )
        return sign(made, key(draft.sender), self._chain_id)

    def _next_nonce(self, sender: int) -> int:
        self._nonces[sender] += 1
        return self._nonces[sender] - 1


def _account(number: int, other: bytes) -> bytes:
    """A contract, then a sender by number; else another account."""
    if 0 <= number < CONTRACTS:
        return contract(number)
    if CONTRACTS <= number < CONTRACTS + SENDERS:
        return address_of(key(number - CONTRACTS))
    return other


def _count_up(code: Code, it: Statement) -> None:
    code.push(it.slot).op("SLOAD").push(1).op("ADD").push(it.slot).op("SSTORE")


def _store(code: Code, it: Statement) -> None:
    code.push(0).op("CALLDATALOAD").push(it.slot).op("SSTORE")


def _copy(code: Code, it: Statement) -> None:
    code.push(it.slot).op("SLOAD").push(it.other).op("SSTORE")


def _call(code: Code, it: Statement) -> None:
    code.push(0, 0, 32, 0, it.slot, contract(it.other)).push(100_000).op("CALL", "POP")


def _delegate(code: Code, it: Statement) -> None:
    code.push(0, 0, 32, 0, contract(it.other)).push(100_000).op("DELEGATECALL", "POP")


def _look(code: Code, it: Statement) -> None:
    code.push(contract(it.other)).op("BALANCE").push(contract(it.other)).op("EXTCODEHASH", "ADD")
    code.push(it.slot).op("SSTORE")


def _fees(code: Code, it: Statement) -> None:
    code.op("COINBASE", "BALANCE").push(it.slot).op("SSTORE")


def _log(code: Code, it: Statement) -> None:
    code.push(it.slot).op("SLOAD").push(0).op("MSTORE").push(7, 32, 0).op("LOG1")


def _pay(code: Code, it: Statement) -> None:
    code.push(0, 0, 0, 0, 1, contract(it.other)).push(30_000).op("CALL", "POP")


def _create(code: Code, it: Statement) -> None:
    initcode = Code().push(it.slot + 1, 0).op("SSTORE").push(1, 0).op("RETURN").build()
    code.push(initcode).push(0).op("MSTORE").push(it.other, len(initcode), 32 - len(initcode), 0).op("CREATE2", "POP")


def _revert_if(code: Code, it: Statement) -> None:
    skip = code.label()
    code.push(it.slot).op("SLOAD").push(it.other + 1).op("EQ", "ISZERO").jump_if(skip)
    code.push(0, 0).op("REVERT").mark(skip)


def _destroy_if(code: Code, it: Statement) -> None:
    skip = code.label()
    code.push(0).op("CALLDATALOAD").push(it.slot + 1).op("EQ", "ISZERO").jump_if(skip)
    code.push(contract(it.other)).op("SELFDESTRUCT").mark(skip)


def _transient(code: Code, it: Statement) -> None:
    code.push(it.slot).op("TLOAD").push(1).op("ADD", "DUP1").push(it.slot).op("TSTORE").push(it.other).op("SSTORE")


_STATEMENTS: Final[Mapping[str, tuple[Callable[[Code, Statement], None], str]]] = {
    "count up": (_count_up, "SLOAD"),
    "store": (_store, "SSTORE"),
    "copy": (_copy, "SLOAD"),
    "log": (_log, "LOG1"),
    "look": (_look, "BALANCE"),
    "fees": (_fees, "COINBASE"),
    "pay": (_pay, "CALL"),
    "call": (_call, "CALL"),
    "delegate": (_delegate, "DELEGATECALL"),
    "create": (_create, "CREATE2"),
    "revert if": (_revert_if, "REVERT"),
    "destroy if": (_destroy_if, "SELFDESTRUCT"),
    "transient": (_transient, "TSTORE"),
}
"""What contracts may do, by name, with the instruction that a fork needs for it."""
