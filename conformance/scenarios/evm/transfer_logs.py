"""Logs of value that moves (EIP-7708): which moves have one, and in which order they stand."""

from __future__ import annotations

from itertools import pairwise

from samestate.conformance.scenarios.amsterdam_gas import CALL, NEW_ACCOUNT, TRANSFER
from samestate.conformance.scenarios.assembler import (
    REVERT,
    balance,
    call,
    code,
    create,
    create2,
    delegate_call,
    deploying,
    log,
    store,
    when,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.expectations import MovedValue
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS

FORBIDDEN = deploying(b"\xef")
"""Initialization code for code that may not be deployed (EIP-3541)."""


@scenario(hazards="H53 H139", forks=(AMSTERDAM,))
def value_of_transactions(block: BlockBuilder) -> None:
    """Each transaction with value for somebody else has a log; one without value, or to its sender, has none."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(bob, to=alice, value=8)
    block.transfer(alice, to=bob, value=0)
    block.transfer(alice, to=alice, value=9)
    block.expect_success()
    block.expect_logs([(alice, bob, 7)], [(bob, alice, 8)], [], [])


@scenario(hazards="H33 H139", forks=(AMSTERDAM,))
def nested_calls(block: BlockBuilder) -> None:
    """Value moves through three contracts that log before and after: its logs stand where it moved."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    inner = block.contract("inner", code(log(3, "CALLVALUE"), f"{call(shop, value=1)} POP", log(4, balance(shop))))
    outer = block.contract("outer", code(log(1, "CALLVALUE"), f"{call(inner, value=2)} POP", log(2, "SELFBALANCE")))
    block.call(alice, outer, value=5)
    block.call(bob, outer, value=6)
    block.expect_success()
    after: list[MovedValue | NamedAccount] = [outer, (outer, inner, 2), inner, (inner, shop, 1), inner, outer]
    block.expect_logs([(alice, outer, 5), *after], [(bob, outer, 6), *after])
    block.expect_balance(shop, 3)


@scenario(hazards="H55 H139", forks=(AMSTERDAM,))
def reverted_call(block: BlockBuilder) -> None:
    """A frame sends value on and reverts: its logs are gone, those of value too, and the ones around it stay."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    failing = block.contract("failing", code(f"{call(shop, value=1)} POP", REVERT), balance=9)
    halting = block.contract("halting", code(f"{call(shop, value=1, gas=50_000)} POP", "INVALID"), balance=9)
    outer = block.contract(
        "outer",
        code(
            f"{call(shop, value=1)} POP",
            f"{call(failing, value=2)} POP",
            f"{call(halting, value=2, gas=100_000)} POP",
            f"{call(shop, value=3)} POP",
        ),
        balance=9,
    )
    block.call(alice, outer)
    block.expect_success()
    block.expect_logs([(outer, shop, 1), (outer, shop, 3)])
    block.expect_balance(shop, 5)


@scenario(hazards="H51 H55", forks=(AMSTERDAM,))
def reverted_transaction(block: BlockBuilder) -> None:
    """A transaction with value reverts: it has no log, and the next one, which does not, has its own."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    choosy = block.contract("choosy", code(when("CALLVALUE PUSH 7 EQ", "good"), REVERT, "good:", "STOP"))
    block.call(alice, choosy, value=6)
    block.call(bob, choosy, value=7)
    block.call(alice, choosy, value=8)
    block.expect_success(False, True, False)
    block.expect_logs([], [(bob, choosy, 7)], [])


@scenario(hazards="H30 H139", forks=(AMSTERDAM,))
def endowments(block: BlockBuilder) -> None:
    """What a creation is given has a log before those of its code: by transaction, CREATE and CREATE2."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(b"\x00", log(1, "CALLVALUE"))
    maker = block.contract(
        "maker", code(f"{create(initcode, value=2)} POP", f"{create2(initcode, value=3)} POP"), balance=9
    )
    first = block.create(alice, "first", initcode, value=1)
    second = block.at("second", created_address(maker.address, 1))
    third = block.at("third", salted_address(maker.address, bytes(32), initcode))
    block.call(bob, maker, gas=1_000_000)
    block.expect_success()
    block.expect_logs(
        [(alice, first, 1), first],
        [(maker, second, 2), second, (maker, third, 3), third],
    )


@scenario(hazards="H55 H139", forks=(AMSTERDAM,))
def failed_creation(block: BlockBuilder) -> None:
    """Initialization code reverts, and another gives code that may not be: neither endowment has a log."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    maker = block.contract(
        "maker",
        code(
            f"{create(code(REVERT), value=2)} POP",
            f"{create(FORBIDDEN, value=2)} POP",
            f"{call(shop, value=1)} POP",
        ),
        balance=9,
    )
    block.call(alice, maker, gas=2_000_000)
    block.create(alice, "child", code(REVERT), value=3)
    block.expect_success(True, False)
    block.expect_logs([(maker, shop, 1)], [])


@scenario(hazards="H32 H139", forks=(AMSTERDAM,))
def destruction_for_another(block: BlockBuilder) -> None:
    """SELFDESTRUCT for somebody else has a log where there is a balance; for itself, or of nothing, it has none."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    giver = block.contract("giver", code(f"PUSH {shop} SELFDESTRUCT"), balance=5)
    keeper = block.contract("keeper", code("ADDRESS SELFDESTRUCT"), balance=5)
    block.call(alice, giver)
    block.call(bob, giver)
    block.call(bob, giver, value=6)
    block.call(alice, keeper)
    block.expect_success()
    block.expect_logs([(giver, shop, 5)], [], [(bob, giver, 6), (giver, shop, 6)], [])


@scenario(hazards="H24 H137 H139", forks=(AMSTERDAM,))
def destroyed_over_and_over(block: BlockBuilder) -> None:
    """A new contract is destroyed for two people in turn, and is given value between: each move has its log."""
    alice, shop, bank = block.accounts(alice=ETHER, shop=1, bank=1)
    initcode = deploying(code("PUSH 0 CALLDATALOAD SELFDESTRUCT"))
    maker = block.nobody("maker")
    child = block.at("child", salted_address(maker.address, bytes(32), initcode))

    def destroy_for(beneficiary: object, value: int) -> str:
        arguments = f"PUSH {beneficiary} PUSH 0 MSTORE PUSH 0 PUSH 0 PUSH 32 PUSH 0"
        return f"{arguments} PUSH {value} PUSH {child} GAS CALL POP"

    block.place_contract(
        maker,
        code(
            f"{create2(initcode, value=1)} POP",
            destroy_for(shop, 2),
            destroy_for(bank, 4),
            destroy_for(child, 8),
            f"{call(child, value=5)} POP",
        ),
        balance=20,
    )
    block.call(alice, maker, gas=1_000_000)
    block.expect_success()
    zero = block.at("zero", bytes(20))
    block.expect_logs(
        [
            (maker, child, 1),
            (maker, child, 2),
            (child, shop, 3),
            (maker, child, 4),
            (child, bank, 4),
            (maker, child, 8),
            (maker, child, 5),
            (child, zero, 13),
        ]
    )
    block.expect_gone(child)


@scenario(hazards="H139", forks=(AMSTERDAM,))
def code_run_as_ones_own(block: BlockBuilder) -> None:
    """DELEGATECALL and CALLCODE with value move nothing and have no log; what their code sends is from the caller."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    sender = block.contract("sender", code(f"{call(shop, value=1)} POP"))
    callcode = f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 4 PUSH {sender} GAS CALLCODE"
    outer = block.contract("outer", code(f"{delegate_call(sender)} POP", f"{callcode} POP"), balance=9)
    block.call(alice, outer, value=2)
    block.expect_success()
    block.expect_logs([(alice, outer, 2), (outer, shop, 1), (outer, shop, 1)])
    block.expect_balance(outer, 9)


@scenario(hazards="H71 H139", forks=(AMSTERDAM,))
def value_for_precompiles(block: BlockBuilder) -> None:
    """Value for a precompile has a log as any other, by transaction and by call; a run that fails takes it back."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    identity = block.at("identity", (4).to_bytes(20, "big"))
    addition = block.at("addition", (6).to_bytes(20, "big"))
    outer = block.contract(
        "outer",
        code(
            "PUSH 1 PUSH 0 MSTORE",
            f"PUSH 0 PUSH 0 PUSH 32 PUSH 0 PUSH 3 PUSH {addition} PUSH 1000 CALL POP",
            f"{call(identity, value=2)} POP",
        ),
        balance=9,
    )
    block.transfer(alice, to=identity, value=1, gas=TRANSFER + NEW_ACCOUNT + 100)
    block.call(bob, outer)
    block.expect_success()
    block.expect_logs([(alice, identity, 1)], [(outer, identity, 2)])
    block.expect_balance(identity, 3)


@scenario(hazards="H13 H46 H139", forks=(AMSTERDAM,))
def fees_and_withdrawals(block: BlockBuilder) -> None:
    """Value for the coinbase has a log. Fees and withdrawals have none, be they for the same account."""
    alice, bob, miner = block.accounts(alice=ETHER, bob=ETHER, miner=ETHER)
    block.mined_by(miner)
    block.transfer(alice, to=miner, value=7)
    block.transfer(miner, to=bob, value=8)
    block.withdrawal(miner, gwei=9)
    block.withdrawal(bob, gwei=9)
    block.expect_success()
    block.expect_logs([(alice, miner, 7)], [(miner, bob, 8)])


@scenario(hazards="H139", forks=(AMSTERDAM,))
def call_to_oneself(block: BlockBuilder) -> None:
    """A contract sends value to itself: nothing moves, and there is no log."""
    alice = block.account("alice", ETHER)
    looking = code(when("CALLER ADDRESS EQ", "inner"), f"{call('ADDRESS', value=3)} POP", "STOP", "inner:", "STOP")
    inward = block.contract("inward", looking, balance=5)
    block.call(alice, inward)
    block.expect_success()
    block.expect_logs([])


@scenario(hazards="H76 H139", forks=(AMSTERDAM,))
def value_that_is_not_there(block: BlockBuilder) -> None:
    """A call and a creation offer more than their caller has: no log. An earlier transaction pays it: then there is."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    payer = block.contract("payer", code(f"{call(shop, value=5)} POP", f"{create(b'', value=3)} POP"))
    child = block.at("child", created_address(payer.address, 1))
    block.call(alice, payer)
    block.call(alice, payer, value=8)
    block.call(bob, payer, value=5)
    block.expect_success()
    block.expect_logs(
        [],
        [(alice, payer, 8), (payer, shop, 5), (payer, child, 3)],
        [(bob, payer, 5), (payer, shop, 5)],
    )


@scenario(hazards="H33 H139", forks=(AMSTERDAM,))
def receiver_logs_on_its_stipend(block: BlockBuilder) -> None:
    """A receiver has just the stipend: enough for a log of its own, which stands after the one of the value."""
    alice = block.account("alice", ETHER)
    receiver = block.contract("receiver", code(log(1, "SELFBALANCE")))
    sender = block.contract("sender", code(*2 * [f"{call(receiver, value=3, gas=0)} POP"]), balance=9)
    block.call(alice, sender)
    block.call(alice, sender)
    block.expect_success()
    one_call: list[MovedValue | NamedAccount] = [(sender, receiver, 3), receiver]
    block.expect_logs([*one_call, *one_call], one_call)


@scenario(hazards="H34 H139", forks=(AMSTERDAM,))
def value_for_a_delegated_account(block: BlockBuilder) -> None:
    """Value goes to an account that delegates: the log names the account, and what its code sends is from it."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    target = block.contract("target", code(f"{call(shop, value=1)} POP"))
    block.delegate(alice, {bob: target}, to=bob, value=5)
    block.transfer(alice, to=bob, value=6, gas=100_000)
    block.expect_success()
    block.expect_logs([(alice, bob, 5), (bob, shop, 1)], [(alice, bob, 6), (bob, shop, 1)])


@scenario(hazards="H48 H53", forks=(AMSTERDAM,))
def value_for_the_system_address(block: BlockBuilder) -> None:
    """Value goes to the address that such logs come from: a log of it like of any other, and nothing else happens."""
    alice = block.account("alice", ETHER)
    system = block.at("system", SYSTEM_ADDRESS)
    block.transfer(alice, to=system, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.transfer(alice, to=system, value=0, gas=CALL)
    block.expect_success()
    block.expect_logs([(alice, system, 7)], [])
    block.expect_balance(system, 7)


@scenario(hazards="H33 H139", forks=(AMSTERDAM,))
def logs_that_look_the_same(block: BlockBuilder) -> None:
    """A token logs a transfer with the same topics: only the address of the log tells it from one of value."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    topics = f"PUSH {bob} CALLER PUSH 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    token = block.contract("token", code(f"CALLVALUE PUSH 0 MSTORE {topics} PUSH 32 PUSH 0 LOG3"))
    block.call(alice, token, value=7)
    block.call(bob, token)
    block.expect_success()
    block.expect_logs([(alice, token, 7), token], [token])


@scenario(hazards="H04 H139", forks=(AMSTERDAM,))
def value_passed_on(block: BlockBuilder) -> None:
    """The same ether goes from hand to hand, each of whom has it only from the one before."""
    people = block.accounts(rich=10 * ETHER, first=1, second=1, third=1)
    for giver, taker in pairwise(people):
        block.transfer(giver, to=taker, value=ETHER * (4 - people.index(giver)))
    block.expect_success()
    rich, first, second, third = people
    block.expect_logs([(rich, first, 4 * ETHER)], [(first, second, 3 * ETHER)], [(second, third, 2 * ETHER)])


@scenario(hazards="H51 H139", forks=(AMSTERDAM,))
def deep_failure_among_successes(block: BlockBuilder) -> None:
    """Three frames deep one reverts after its child has succeeded: the child's log goes too, its sibling's stays."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    leaf = block.contract("leaf", code(f"{call(shop, value=1)} POP"))
    failing = block.contract("failing", code(f"{call(leaf, value=2)} POP", REVERT))
    middle = block.contract("middle", code(f"{call(leaf, value=3)} POP", f"{call(failing, value=4)} POP"))
    top = block.contract("top", code(f"{call(middle, value=9)} POP", store(0, "SELFBALANCE")))
    block.call(alice, top, value=9, gas=400_000)
    block.expect_success()
    block.expect_logs([(alice, top, 9), (top, middle, 9), (middle, leaf, 3), (leaf, shop, 1)])
