"""Gas for new state (EIP-8037): a reservoir, what spills out of it, and what comes back."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    ACCOUNT_WRITE,
    CALL,
    CALL_VALUE,
    CLEARED_SLOT,
    CODE_WORD,
    COLD_ACCOUNT,
    COLD_SLOT,
    EXECUTION_CAP,
    INITCODE_WORD,
    KECCAK_WORD,
    NEW_ACCOUNT,
    NEW_SLOT,
    PUSH,
    SELF_DESTRUCT,
    SLOT_WRITE,
    STATE_BYTE,
    STIPEND,
    STORE,
    TRANSFER,
    WARM,
)
from samestate.conformance.scenarios.assembler import (
    REVERT,
    call,
    code,
    create,
    create2,
    delegate_call,
    deploying,
    load,
    store,
    when,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.system_calls import BEACON_ROOTS

GAS = 2
POP = 2
ASKING = 7 * PUSH
"""What ``call`` with a number for the gas costs before the call itself."""
TOGGLE = store(0, f"{load(0)} ISZERO")
TOGGLED = PUSH + COLD_SLOT + PUSH + PUSH + WARM + SLOT_WRITE
"""What ``TOGGLE`` costs at its first run in a transaction: the slot is warm when it is written."""


def with_reservoir(state_gas: int) -> int:
    """The gas limit of a transaction that has so much state gas in its reservoir."""
    return EXECUTION_CAP + state_gas


@scenario(hazards="H136", forks=(AMSTERDAM,))
def reservoir_before_gas(block: BlockBuilder) -> None:
    """The first new slot is paid from the reservoir, which GAS does not show; the second from the gas that it shows."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(*(store(slot, "GAS") for slot in range(3))))
    block.call(alice, cell, gas=with_reservoir(NEW_SLOT))
    block.expect_success()
    first = EXECUTION_CAP - CALL - GAS
    step = PUSH + COLD_SLOT + SLOT_WRITE + GAS
    block.expect_slot(cell, 0, first)
    block.expect_slot(cell, 1, first - step)
    block.expect_slot(cell, 2, first - 2 * step - NEW_SLOT)
    block.expect_counted((CALL + 3 * (STORE - PUSH + GAS), 3 * NEW_SLOT))


@scenario(hazards="H136", forks=(AMSTERDAM,))
def reservoir_that_holds_a_part(block: BlockBuilder) -> None:
    """The reservoir holds half of what a slot costs: the other half spills into the gas that is left."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(store(0, 1), store(1, "GAS")), storage={1: 1})
    block.call(alice, cell, gas=with_reservoir(NEW_SLOT // 2))
    block.expect_success()
    block.expect_slot(cell, 1, EXECUTION_CAP - CALL - STORE - NEW_SLOT // 2 - GAS)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def child_has_the_whole_reservoir(block: BlockBuilder) -> None:
    """A callee has gas for the store, and none for its state: it succeeds in the transaction with a reservoir."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 1)))
    outer = block.contract("outer", code(f"{call(cell, gas=STORE)} POP"))
    block.call(alice, outer)
    block.call(bob, outer, gas=with_reservoir(NEW_SLOT))
    block.expect_success()
    asking = CALL + ASKING + COLD_ACCOUNT + POP
    block.expect_counted((asking + STORE, 0), (asking + STORE, NEW_SLOT))
    block.expect_slot(cell, 0, 1)


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def revert_refills_the_reservoir(block: BlockBuilder) -> None:
    """A callee takes the reservoir for a slot and reverts: its caller pays for a slot of its own from the same gas."""
    alice = block.account("alice", ETHER)
    failing = block.contract("failing", code(store(0, 1), REVERT))
    outer = block.contract(
        "outer", code(f"{call(failing, gas=50_000)} POP", store(0, 1), store(1, "GAS")), storage={1: 1}
    )
    block.call(alice, outer, gas=with_reservoir(NEW_SLOT))
    block.expect_success()
    spent = CALL + ASKING + COLD_ACCOUNT + STORE + 2 * PUSH + POP + STORE
    block.expect_slot(outer, 1, EXECUTION_CAP - spent - GAS)
    block.expect_counted((spent + STORE - PUSH + GAS, NEW_SLOT))


@scenario(hazards="H136 H143", forks=(AMSTERDAM,))
def halt_refills_the_reservoir(block: BlockBuilder) -> None:
    """A callee takes the reservoir for a slot and halts: its gas is burnt, and the reservoir is its caller's again."""
    alice = block.account("alice", ETHER)
    halting = block.contract("halting", code(store(0, 1), "INVALID"))
    outer = block.contract(
        "outer", code(f"{call(halting, gas=50_000)} POP", store(0, 1), store(1, "GAS")), storage={1: 1}
    )
    block.call(alice, outer, gas=with_reservoir(NEW_SLOT))
    block.expect_success()
    spent = CALL + ASKING + COLD_ACCOUNT + 50_000 + POP + STORE
    block.expect_slot(outer, 1, EXECUTION_CAP - spent - GAS)
    block.expect_counted((spent + STORE - PUSH + GAS, NEW_SLOT))


@scenario(hazards="H136 H143", forks=(AMSTERDAM,))
def halt_of_a_transaction(block: BlockBuilder) -> None:
    """A transaction takes half of its reservoir and halts: all gas for execution is burnt, the reservoir comes back."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    halting = block.contract("halting", code(store(0, 1), "INVALID"))
    block.set_environment(gas_limit=60_000_000)
    block.call(alice, halting, gas=with_reservoir(2 * NEW_SLOT))
    block.call(bob, halting, gas=300_000)
    block.expect_success(False, False)
    block.expect_paid(EXECUTION_CAP, 300_000)
    block.expect_counted((EXECUTION_CAP, 0), (300_000, 0))


@scenario(hazards="H136", forks=(AMSTERDAM,))
def revert_of_a_transaction(block: BlockBuilder) -> None:
    """A transaction sets a slot and reverts: it pays for execution alone, from a reservoir or not."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = block.contract("failing", code(store(0, 1), REVERT))
    block.call(alice, failing, gas=with_reservoir(NEW_SLOT))
    block.call(bob, failing)
    block.expect_success(False, False)
    spent = CALL + STORE + 2 * PUSH
    block.expect_paid(spent, spent)
    block.expect_counted((spent, 0), (spent, 0))


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def spill_of_a_reverted_call(block: BlockBuilder) -> None:
    """Without a reservoir a callee's slot spills; it reverts, and its caller has that gas again."""
    alice = block.account("alice", ETHER)
    failing = block.contract("failing", code(store(0, 1), REVERT))
    outer = block.contract("outer", code(f"{call(failing, gas=150_000)} POP", store(0, "GAS")), storage={0: 1})
    block.call(alice, outer, gas=300_000)
    block.expect_success()
    spent = CALL + ASKING + COLD_ACCOUNT + STORE + 2 * PUSH + POP
    block.expect_slot(outer, 0, 300_000 - spent - GAS)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def spill_of_a_halted_call(block: BlockBuilder) -> None:
    """Without a reservoir a callee's slot spills; it halts, and all is burnt as execution gas, and counted as that."""
    alice = block.account("alice", ETHER)
    halting = block.contract("halting", code(store(0, 1), "INVALID"))
    outer = block.contract("outer", code(f"{call(halting, gas=150_000)} POP"))
    block.call(alice, outer)
    block.expect_success()
    block.expect_counted((CALL + ASKING + COLD_ACCOUNT + 150_000 + POP, 0))


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def failure_above_a_success(block: BlockBuilder) -> None:
    """A frame succeeds with a new slot and the one above it reverts, then one halts: no state gas in either case."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    leaf = block.contract("leaf", code(store(0, 1)))
    reverting = block.contract("reverting", code(f"{call(leaf, gas=120_000)} POP", REVERT))
    halting = block.contract("halting", code(f"{call(leaf, gas=20_000)} POP", "INVALID"))
    above_revert = block.contract("above revert", code(f"{call(reverting, gas=200_000)} POP"))
    above_halt = block.contract("above halt", code(f"{call(halting, gas=50_000)} POP"))
    block.call(alice, above_revert)
    block.call(bob, above_halt, gas=with_reservoir(NEW_SLOT))
    block.expect_success()
    asking = CALL + ASKING + COLD_ACCOUNT + POP
    below = ASKING + COLD_ACCOUNT + STORE + POP + 2 * PUSH
    block.expect_counted((asking + below, 0), (asking + 50_000, 0))


@scenario(hazards="H136", forks=(AMSTERDAM,))
def spill_is_repaid(block: BlockBuilder) -> None:
    """A slot that one call set spilled; another call clears it, and what comes back is gas, which pays for a third."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(TOGGLE))
    outer = block.contract(
        "outer", code(f"{call(cell)} POP", f"{call(cell)} POP", store(0, "GAS"), store(1, 1)), storage={0: 1}
    )
    gas = NEW_SLOT + 80_000
    block.call(alice, outer, gas=gas)
    block.expect_success()
    asking = 2 * (ASKING - PUSH + GAS + POP) + COLD_ACCOUNT + WARM
    calls = CALL + asking + TOGGLED + 3 * PUSH + 2 * WARM
    block.expect_slot(outer, 0, gas - calls - GAS)
    spent = calls + GAS + PUSH + COLD_SLOT + SLOT_WRITE + STORE
    block.expect_counted((spent, NEW_SLOT))
    block.expect_paid(spent + NEW_SLOT - SLOT_WRITE)
    block.expect_slot(cell, 0, 0)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def slot_that_was_there_before(block: BlockBuilder) -> None:
    """A slot with a value gets another, and then none: nobody has paid state gas for it, and none comes back."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(store(0, 2), store(0, 0)), storage={0: 1})
    block.call(alice, cell)
    block.expect_success()
    spent = CALL + STORE + 2 * PUSH + WARM
    block.expect_paid(spent - spent // 5)
    block.expect_counted((spent, 0))


@scenario(hazards="H136", forks=(AMSTERDAM,))
def slot_that_is_not_new_after_all(block: BlockBuilder) -> None:
    """A slot is set and cleared, and in another transaction set again besides: state gas of none, and of one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    back = block.contract("back", code(store(0, 1), store(0, 0)))
    forth = block.contract("forth", code(store(0, 1), store(0, 0), store(0, 2)))
    block.call(alice, back)
    block.call(bob, forth)
    block.expect_success()
    again = 2 * PUSH + WARM
    block.expect_counted((CALL + STORE + again, 0), (CALL + STORE + again + again + SLOT_WRITE, NEW_SLOT))
    block.expect_paid(
        CALL + STORE + again - (CALL + STORE + again) // 5,
        CALL + STORE + 2 * again + SLOT_WRITE + NEW_SLOT - SLOT_WRITE,
    )


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def clearing_that_is_undone(block: BlockBuilder) -> None:
    """A frame clears the slot that its caller set, is given its state gas, and reverts: the slot is paid for."""
    alice = block.account("alice", ETHER)
    clearing = block.contract("clearing", code(store(0, 0), REVERT))
    halting = block.contract("halting", code(store(0, 0), "INVALID"))
    outer = block.contract(
        "outer", code(store(0, 1), f"{delegate_call(clearing)} POP", "PUSH 0 PUSH 0 PUSH 0 PUSH 0",
                      f"PUSH {halting} PUSH 5000 DELEGATECALL POP"),
    )  # fmt: skip
    block.call(alice, outer)
    block.expect_success()
    block.expect_slot(outer, 0, 1)
    asking = 6 * PUSH + COLD_ACCOUNT + POP
    spent = CALL + STORE + (asking - PUSH + GAS + 2 * PUSH + WARM + 2 * PUSH) + asking + 5_000
    block.expect_counted((spent, NEW_SLOT))
    block.expect_paid(spent + NEW_SLOT)


@scenario(hazards="H52 H136", forks=(AMSTERDAM,))
def slot_of_three_transactions(block: BlockBuilder) -> None:
    """Three transactions toggle a slot: the first and the third pay for a new one, the second is refunded no state."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(TOGGLE))
    for sender in (alice, bob, alice):
        block.call(sender, cell)
    block.expect_success()
    spent = CALL + TOGGLED
    block.expect_counted((spent, NEW_SLOT), (spent, 0), (spent, NEW_SLOT))
    assert spent // 5 < CLEARED_SLOT
    block.expect_paid(spent + NEW_SLOT, spent - spent // 5, spent + NEW_SLOT)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def slot_that_another_transaction_set(block: BlockBuilder) -> None:
    """A slot that an earlier transaction set is cleared and set again: for this one it is no new state."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, "CALLER")))
    inner = block.contract("inner", code(store(0, 0), store(0, 1)))
    outer = block.contract(
        "outer", code(when("CALLVALUE", "set"), f"{delegate_call(inner)} POP", "STOP", "set:", store(0, 1))
    )
    block.call(alice, outer, value=1)
    block.call(bob, outer)
    block.call(alice, cell)
    block.expect_success()
    block.expect_slot(outer, 0, 1)
    jump = GAS + PUSH + 10
    first = CALL + 6_000 + jump + 1 + STORE
    delegating = 5 * PUSH + GAS + COLD_ACCOUNT + POP
    second = CALL + jump + delegating + STORE + 2 * PUSH + WARM
    block.expect_counted((first, NEW_SLOT), (second, 0), (CALL + GAS + PUSH + COLD_SLOT + SLOT_WRITE, NEW_SLOT))


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def slot_that_a_failure_set(block: BlockBuilder) -> None:
    """A transaction sets a slot and reverts; the next sets it too, and it is new for that one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 1), when("CALLVALUE", "end"), REVERT, "end:"))
    block.call(alice, cell)
    block.call(bob, cell, value=1)
    block.expect_success(False, True)
    spent = CALL + STORE + GAS + PUSH + 10
    block.expect_counted((spent + 2 * PUSH, 0), (spent + 6_000 + 1, NEW_SLOT))


@scenario(hazards="H19 H136", forks=(AMSTERDAM,))
def account_that_a_call_makes(block: BlockBuilder) -> None:
    """Two calls send value to nobody's account, and so does the next transaction: the very first makes it."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    payer = block.contract("payer", code(*2 * [f"{call(shop, value=1, gas=0)} POP"]), balance=9)
    block.call(alice, payer)
    block.call(bob, payer)
    block.expect_success()
    spent = CALL + 2 * (ASKING + CALL_VALUE - STIPEND + POP) + COLD_ACCOUNT + WARM
    block.expect_counted((spent, NEW_ACCOUNT), (spent, 0))
    block.expect_balance(shop, 4)


@scenario(hazards="H19 H55 H136", forks=(AMSTERDAM,))
def account_that_a_failure_made(block: BlockBuilder) -> None:
    """A call makes an account in a frame that reverts; then its caller does it, and pays for it itself."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    failing = block.contract("failing", code(f"{call(shop, value=1, gas=0)} POP", REVERT), balance=9)
    outer = block.contract("outer", code(f"{call(failing)} POP", f"{call(shop, value=2, gas=0)} POP"), balance=9)
    block.call(alice, outer, gas=NEW_ACCOUNT + 80_000)
    block.call(alice, outer, gas=80_000)
    block.expect_success()
    inside = ASKING + COLD_ACCOUNT + CALL_VALUE - STIPEND + POP + 2 * PUSH
    outside = ASKING - PUSH + GAS + COLD_ACCOUNT + POP + ASKING + COLD_ACCOUNT + CALL_VALUE - STIPEND + POP
    block.expect_counted((CALL + inside + outside, NEW_ACCOUNT), (CALL + inside + outside, 0))
    block.expect_balance(shop, 4)


@scenario(hazards="H142", forks=(AMSTERDAM,))
def precompile_that_fails_with_value(block: BlockBuilder) -> None:
    """Value goes to a precompile without an account, whose run fails: no account, and no state gas for one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    addition = block.at("addition", (6).to_bytes(20, "big"))
    outer = block.contract(
        "outer",
        code("PUSH 1 PUSH 0 MSTORE", f"PUSH 0 PUSH 0 PUSH 32 PUSH 0 PUSH 3 PUSH {addition} PUSH 1000 CALL POP"),
        balance=9,
    )
    block.call(alice, outer)
    block.transfer(bob, to=addition, value=7, gas=TRANSFER + NEW_ACCOUNT + 150)
    block.expect_success()
    asking = 3 * PUSH + 3 + ASKING + WARM + CALL_VALUE + 1_000 + POP
    block.expect_counted((CALL + asking, 0), (TRANSFER + 150, NEW_ACCOUNT))
    block.expect_balance(addition, 7)


@scenario(hazards="H76 H136", forks=(AMSTERDAM,))
def account_of_a_call_that_cannot_begin(block: BlockBuilder) -> None:
    """A call offers more than its caller has to nobody's account: what was paid for the account comes back."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    poor = block.contract("poor", code(f"{call(shop, value=5)} POP"), balance=4)
    block.call(alice, poor)
    block.expect_success()
    block.expect_counted((CALL + ASKING - PUSH + GAS + COLD_ACCOUNT + CALL_VALUE - STIPEND + POP, 0))
    block.expect_gone(shop)
    block.expect_listed(shop)


@scenario(hazards="H134 H136", forks=(AMSTERDAM,))
def account_that_a_call_cannot_pay(block: BlockBuilder) -> None:
    """A call has gas for all but the account that it would make: its frame halts, and the address was accessed."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    payer = block.contract("payer", code(f"{call(shop, value=1)} POP"), balance=9)
    enough = CALL + ASKING - PUSH + GAS + COLD_ACCOUNT + CALL_VALUE + NEW_ACCOUNT
    block.call(alice, payer, gas=enough - 1)
    block.expect_success(False)
    block.expect_counted((enough - 1, 0))
    block.expect_listed(shop)
    block.next_block()
    block.call(alice, payer, gas=enough + POP)
    block.expect_success()
    block.expect_counted((enough + POP - NEW_ACCOUNT - STIPEND, NEW_ACCOUNT))


@scenario(hazards="H141", forks=(AMSTERDAM,))
def endowment_that_is_not_there(block: BlockBuilder) -> None:
    """A creator lacks the endowment, and gas for an account: CREATE pushes 0 before anything of state is charged."""
    alice = block.account("alice", ETHER)
    maker = block.contract("maker", code(store(0, f"{create(b'', value=5)} PUSH 7 ADD")), balance=4, storage={0: 1})
    block.call(alice, maker, gas=60_000)
    block.expect_success()
    block.expect_slot(maker, 0, 7)
    block.expect_nonce(maker, 1)
    block.expect_counted((CALL + 3 * PUSH + 12_000 + 2 * PUSH + STORE - PUSH, 0))


@scenario(hazards="H134 H136", forks=(AMSTERDAM,))
def account_that_a_creation_cannot_pay(block: BlockBuilder) -> None:
    """CREATE2 has gas for all but the account: the creator halts; with one gas more the creation begins."""
    alice = block.account("alice", ETHER)
    maker = block.contract("maker", code(create2(b""), "POP"))
    child = block.at("child", salted_address(maker.address, bytes(32), b""))
    enough = CALL + 4 * PUSH + 12_000 + NEW_ACCOUNT
    block.call(alice, maker, gas=enough - 1)
    block.expect_success(False)
    block.expect_listed(child)
    block.expect_gone(child)
    block.expect_nonce(maker, 1)
    block.next_block()
    block.call(alice, maker, gas=enough + POP)
    block.expect_success()
    block.expect_counted((enough + POP - NEW_ACCOUNT, NEW_ACCOUNT))


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def account_of_a_failed_creation(block: BlockBuilder) -> None:
    """Initialization code reverts, then that of the next creation succeeds: a reservoir for one account is enough."""
    alice = block.account("alice", ETHER)
    maker = block.contract(
        "maker",
        code(
            f"{create(code(REVERT))} POP",
            f"{create(b'')} POP",
            store(0, "GAS"),
        ),
        storage={0: 1},
    )
    block.call(alice, maker, gas=with_reservoir(NEW_ACCOUNT))
    block.expect_success()
    initcode = 3 * PUSH + 3 + 3 * PUSH + 12_000 + 2 + 2 * PUSH + POP
    empty = 3 * PUSH + 12_000 + POP
    block.expect_slot(maker, 0, EXECUTION_CAP - CALL - initcode - empty - GAS)
    block.expect_nonce(maker, 3)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def code_of_nobody_run_with_value(block: BlockBuilder) -> None:
    """CALLCODE with value of an address where nobody is: the value stays where it was, and no account is paid for."""
    alice = block.account("alice", ETHER)
    nobody = block.nobody("nobody")
    caller = block.contract("caller", code(f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 1 PUSH {nobody} GAS CALLCODE"), balance=5)
    block.call(alice, caller)
    block.expect_success()
    block.expect_counted((CALL + 6 * PUSH + GAS + COLD_ACCOUNT + CALL_VALUE - STIPEND, 0))
    block.expect_balance(caller, 5)
    block.expect_gone(nobody)
    block.expect_entry(nobody, balance_changes=())


@scenario(hazards="H136", forks=(AMSTERDAM,))
def account_that_an_earlier_call_made(block: BlockBuilder) -> None:
    """A call has paid for the account that it made: a call or creation that fails after it gives nothing of it back."""
    alice, old = block.accounts(alice=ETHER, old=1)
    failing = block.contract("failing", code(REVERT))
    asking = f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 {{}} PUSH {failing} GAS"
    without_value = 5 * PUSH + GAS + COLD_ACCOUNT
    with_value = 6 * PUSH + GAS + COLD_ACCOUNT + CALL_VALUE - STIPEND
    fails = 2 * PUSH
    later = (
        (f"{asking.format('')} STATICCALL", without_value + fails),
        (f"{asking.format('')} DELEGATECALL", without_value + fails),
        (f"{asking.format('PUSH 1')} CALLCODE", with_value + fails),
        (f"{asking.format('PUSH 9')} CALLCODE", with_value),
        (call(failing, value=1), with_value + fails),
        (call(old, value=9), with_value),
        (create(b"", value=9), 3 * PUSH + 12_000),
        (create2(code(REVERT)), 3 * PUSH + 3 + 4 * PUSH + 12_000 + INITCODE_WORD + KECCAK_WORD + fails),
    )
    callers = [block.nobody(f"caller {place}") for place in range(len(later))]
    child = block.at("child", salted_address(callers[-1].address, bytes(32), code(REVERT)))
    block.transfer(alice, to=child, value=1, gas=TRANSFER + NEW_ACCOUNT)
    for place, (caller, (words, _)) in enumerate(zip(callers, later, strict=True)):
        nobody = block.nobody(f"nobody {place}")
        block.place_contract(caller, code(f"{call(nobody, value=1)} POP", words), balance=5)
        block.call(alice, caller)
        block.expect_balance(nobody, 1)
        block.expect_balance(caller, 4)
    block.expect_success()
    made = CALL + with_value + POP
    block.expect_counted((TRANSFER, NEW_ACCOUNT), *((made + cost, NEW_ACCOUNT) for _, cost in later))


@scenario(hazards="H29 H136", forks=(AMSTERDAM,))
def collision_makes_no_account(block: BlockBuilder) -> None:
    """The second transaction creates where the first did: no state gas, and all gas but a 64th is burnt."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(create2(b""), "POP"))
    block.call(alice, maker)
    block.call(bob, maker, gas=300_000)
    block.expect_success()
    spent = CALL + 4 * PUSH + 12_000
    left = 300_000 - spent
    block.expect_counted((spent + POP, NEW_ACCOUNT), (spent + left - left // 64 + POP, 0))
    block.expect_nonce(maker, 3)


@scenario(hazards="H30 H136", forks=(AMSTERDAM,))
def creation_where_value_lies(block: BlockBuilder) -> None:
    """Value came to the address in an earlier transaction, which paid for the account: the creation does not."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(create2(b""), "POP"))
    child = block.at("child", salted_address(maker.address, bytes(32), b""))
    block.transfer(alice, to=child, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.call(bob, maker, gas=50_000)
    block.expect_success()
    block.expect_counted((TRANSFER, NEW_ACCOUNT), (CALL + 4 * PUSH + 12_000 + POP, 0))
    block.expect_balance(child, 7)
    block.expect_nonce(child, 1)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def code_that_cannot_be_paid(block: BlockBuilder) -> None:
    """There is gas to run the initialization code, but not for the bytes that it deploys: no account, no state gas."""
    alice = block.account("alice", ETHER)
    maker = block.contract(
        "maker", code(store(0, f"{create(code('PUSH 500 PUSH 0 RETURN'))} PUSH 7 ADD")), storage={0: 1}
    )
    spent = CALL + 12 + 3 * PUSH + 12_000 + 2
    small = spent + NEW_ACCOUNT + 500_000
    block.call(alice, maker, gas=NEW_ACCOUNT + 900_000)
    block.call(alice, maker, gas=small)
    block.expect_success()
    created = spent + 2 * PUSH + 3 + 16 * 3 - 3 + 16 * CODE_WORD + 2 * PUSH + STORE - PUSH
    failed = spent + 500_000 - 500_000 // 64 + 2 * PUSH + STORE - PUSH
    block.expect_counted((created, NEW_ACCOUNT + 500 * STATE_BYTE), (failed, 0))
    block.expect_slot(maker, 0, 7)
    block.expect_nonce(maker, 3)


@scenario(hazards="H19 H136", forks=(AMSTERDAM,))
def beneficiary_that_is_made(block: BlockBuilder) -> None:
    """SELFDESTRUCT with a balance makes its beneficiary, and pays for a write too; for the next one it is there."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    first, second = (block.contract(name, code(f"PUSH {shop} SELFDESTRUCT"), balance=5) for name in ("first", "second"))
    block.call(alice, first)
    block.call(bob, second)
    block.call(bob, first)
    block.expect_success()
    spent = CALL + PUSH + SELF_DESTRUCT + COLD_ACCOUNT
    block.expect_counted((spent + ACCOUNT_WRITE, NEW_ACCOUNT), (spent, 0), (spent, 0))
    block.expect_balance(shop, 10)


@scenario(hazards="H25 H136", forks=(AMSTERDAM,))
def beneficiary_of_nothing(block: BlockBuilder) -> None:
    """SELFDESTRUCT without a balance makes nobody: no account is paid for, and none is there."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    poor = block.contract("poor", code(f"PUSH {shop} SELFDESTRUCT"))
    block.call(alice, poor)
    block.expect_success()
    block.expect_counted((CALL + PUSH + SELF_DESTRUCT + COLD_ACCOUNT, 0))
    block.expect_gone(shop)
    block.expect_listed(shop)


@scenario(hazards="H43 H136", forks=(AMSTERDAM,))
def system_call_has_sixteen_slots(block: BlockBuilder) -> None:
    """A call that the chain makes has state gas for 16 new slots; the 17th takes of its 30 million gas."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    contract = block.at("beacon roots", BEACON_ROOTS)
    stores = [store(slot, 1) for slot in range(1, 17)]
    block.place_contract(contract, code(*stores, store(17, "GAS"), store(18, "GAS")), storage={18: 1})
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    left = 30_000_000 - 16 * STORE - GAS
    block.expect_slot(contract, 17, left)
    block.expect_slot(contract, 18, left - PUSH - COLD_SLOT - SLOT_WRITE - NEW_SLOT - GAS)
    block.expect_gas_used(TRANSFER)


@scenario(hazards="H52 H136", forks=(AMSTERDAM,))
def refund_of_a_fifth_of_both(block: BlockBuilder) -> None:
    """A transaction sets one slot and clears four: a fifth of all gas, that for state too, comes back."""
    alice = block.account("alice", ETHER)
    cell = block.contract(
        "cell", code(*(store(slot, int(slot == 4)) for slot in range(5))), storage=dict.fromkeys(range(4), 1)
    )
    block.call(alice, cell)
    block.expect_success()
    execution = CALL + 5 * STORE
    assert execution // 5 < (execution + NEW_SLOT) // 5 < 4 * CLEARED_SLOT
    block.expect_counted((execution, NEW_SLOT))
    block.expect_paid(execution + NEW_SLOT - (execution + NEW_SLOT) // 5)


@scenario(hazards="H40 H136", forks=(AMSTERDAM,))
def code_of_one_is_paid_by_each(block: BlockBuilder) -> None:
    """Two transactions deploy the same code at two addresses: each pays for its bytes, though they are stored once."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(bytes(32))
    for sender in (alice, bob):
        block.create(sender, f"of {sender.name}", initcode)
    block.expect_success()
    state = NEW_ACCOUNT + 32 * STATE_BYTE
    floor = 24_000 + 64 * len(initcode)
    block.expect_counted((floor, state), (floor, state))
