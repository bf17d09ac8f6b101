"""How long code and initialization code may be (EIP-7954), and what deploying costs by the byte (EIP-8037)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    BASE,
    CODE_WORD,
    CREATION,
    FLOOR_BYTE,
    INITCODE_WORD,
    NEW_ACCOUNT,
    OTHER_BYTE,
    PUSH,
    STATE_BYTE,
    ZERO_BYTE,
)
from samestate.conformance.scenarios.assembler import code, create, in_memory, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid

CODE_LIMIT = 65_536
INITCODE_LIMIT = 131_072
ENOUGH = 200_000_000
"""Gas for the state of the longest code, and for all else."""
MEMORY_WORD = 3


def zeros(size: int) -> bytes:
    """Initialization code for code of so many zeros."""
    return code(f"PUSH {size} PUSH 0 RETURN")


def size_of_new_code(size: int) -> bytes:
    """Code that creates an account with so much code, looks how much it has, undoes all and tells."""
    return code(create(zeros(size)), "EXTCODESIZE PUSH 0 MSTORE PUSH 32 PUSH 0 REVERT")


def ask(contract: object, gas: object = "GAS") -> str:
    """Code that calls a contract and puts the word that it gives on the stack."""
    return f"PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {contract} {gas} CALL POP PUSH 0 MLOAD"


@scenario(hazards="H136", forks=(AMSTERDAM,))
def longest_code(block: BlockBuilder) -> None:
    """Code of 65,536 bytes can be deployed, and code of one byte more can't: its creator gets 0."""
    alice = block.account("alice", ETHER)
    fitting = block.contract("fitting", size_of_new_code(CODE_LIMIT))
    too_long = block.contract("too long", size_of_new_code(CODE_LIMIT + 1))
    outer = block.contract(
        "outer",
        code(
            store(0, ask(fitting)),
            "PUSH 99 PUSH 0 MSTORE",
            store(1, f"{ask(too_long, gas='PUSH 1000000')} PUSH 1 ADD"),
        ),
    )
    block.set_environment(gas_limit=ENOUGH)
    block.call(alice, outer, gas=ENOUGH)
    block.expect_success()
    block.expect_slot(outer, 0, CODE_LIMIT)
    block.expect_slot(outer, 1, 1)


@scenario(hazards="H35 H40", forks=(AMSTERDAM,), size_limit=80_000)
def code_that_was_too_long(block: BlockBuilder) -> None:
    """Code a byte longer than was allowed before Amsterdam is deployed, and the next transaction runs its last byte."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    size = 24_577
    last = code("here:", store(0, "CALLER"), "STOP")
    initcode = code(
        in_memory(code(f"PUSH {size - len(last)} JUMP")),
        f"PUSH 0x{last.hex()} PUSH {8 * (32 - len(last))} SHL PUSH {size - len(last)} MSTORE",
        f"PUSH {size} PUSH 0 RETURN",
    )
    child = block.create(alice, "child", initcode, gas=ENOUGH)
    block.set_environment(gas_limit=ENOUGH)
    block.call(bob, child)
    block.expect_success()
    block.expect_slot(child, 0, bob)


@scenario(hazards="H63", forks=(AMSTERDAM,))
def longest_initialization_code(block: BlockBuilder) -> None:
    """Initialization code of 131,072 bytes may run, by CREATE and CREATE2; one byte more halts its creator."""
    alice = block.account("alice", ETHER)

    def creating(size: int) -> bytes:
        return code(
            "PUSH 0 CALLDATASIZE PUSH @salted JUMPI",
            f"POP PUSH {size} PUSH 0 PUSH 0 CREATE STOP",
            "salted:",
            f"PUSH {size} PUSH 0 PUSH 0 CREATE2 STOP",
        )

    fitting = block.contract("fitting", creating(INITCODE_LIMIT))
    too_long = block.contract("too long", creating(INITCODE_LIMIT + 1))
    for data in (b"", b"\x01"):
        block.call(alice, fitting, data=data, gas=1_000_000)
        block.call(alice, too_long, data=data, gas=1_000_000)
    block.expect_success(True, False, True, False)
    block.expect_nonce(fitting, 3)
    block.expect_nonce(too_long, 1)


@scenario(hazards="H11 H63", forks=(AMSTERDAM,), size_limit=300_000)
def longest_initialization_code_of_a_transaction(block: BlockBuilder) -> None:
    """A transaction brings 131,072 bytes of initialization code, and pays the floor of its data."""
    alice = block.account("alice", ETHER)
    child = block.create(alice, "child", bytes(INITCODE_LIMIT), gas=10_000_000)
    block.expect_success()
    floor = BASE + CREATION + INITCODE_LIMIT * FLOOR_BYTE
    block.expect_paid(floor)
    block.expect_counted((floor, NEW_ACCOUNT))
    block.expect_nonce(child, 1)


@scenario(hazards="H65", forks=(AMSTERDAM,), size_limit=300_000)
def initialization_code_of_a_transaction_too_long(block: BlockBuilder) -> None:
    """A transaction brings one byte of initialization code more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.create(alice, "child", bytes(INITCODE_LIMIT + 1), gas=10_000_000)
    block.expect(Invalid.INITCODE_TOO_LARGE, transaction=1)


SHORT = 33
DEPLOYING = (
    BASE
    + CREATION
    + INITCODE_WORD
    + 4 * OTHER_BYTE
    + ZERO_BYTE
    + 2 * PUSH
    + 2 * MEMORY_WORD
    + 2 * CODE_WORD
    + SHORT * STATE_BYTE
)
"""What it costs to deploy 33 zeros, apart from the account."""


@scenario(hazards="H51 H136", forks=(AMSTERDAM,))
def deployed_with_the_last_gas(block: BlockBuilder) -> None:
    """A creation has just the gas for account, two words of hashing and 33 bytes of code; the next has one gas less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cost = DEPLOYING + NEW_ACCOUNT
    first = block.create(alice, "first", zeros(SHORT), gas=cost)
    second = block.create(bob, "second", zeros(SHORT), gas=cost - 1)
    block.expect_success(True, False)
    state = NEW_ACCOUNT + SHORT * STATE_BYTE
    floor = BASE + CREATION + len(zeros(SHORT)) * FLOOR_BYTE
    block.expect_paid(cost, cost - 1)
    block.expect_counted((floor, state), (cost - 1, 0))
    block.expect_code(first, bytes(SHORT))
    block.expect_nonce(first, 1)
    block.expect_gone(second)
    block.expect_nonce(bob, 1)


@scenario(hazards="H30 H51", forks=(AMSTERDAM,))
def deployed_where_value_lies(block: BlockBuilder) -> None:
    """The account is there before its code: a creation without gas for a new account has enough."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.create(bob, "child", zeros(SHORT), gas=DEPLOYING)
    transactions = block.draft.transactions
    block.transfer(alice, to=child, value=7, gas=300_000)
    transactions.reverse()
    block.expect_success()
    block.expect_code(child, bytes(SHORT))
