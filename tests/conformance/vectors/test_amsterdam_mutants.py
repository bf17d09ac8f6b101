"""Mutants of Amsterdam: its page with one rule wrong, or its state gas with one step left out. A vector kills each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from samestate.conformance.engines.registry import SpecEngine, compare_engine
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.spec.evm import intrinsic, transactions_with_state_gas, validity
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS
from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.instructions import block, duplicate_at_depth, exchange, state_creation, swap_at_depth
from samestate.spec.evm.instructions.calls import Callee
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.requests import collect_builder_deposits, collect_builder_exits
from samestate.spec.evm.spending import Spending
from samestate.spec.evm.state_gas import NEW_SLOT, StateGasFrame, metered
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transactions_with_state_gas import spend_in_two_dimensions
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS, TRANSFER, log_transfer

Change = Callable[[pytest.MonkeyPatch], None]

BEFORE: Final = BPO2_ACCESS_LISTS


def page(**changes: Any) -> Change:
    """Amsterdam with other fields."""

    def change(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(BY_NAME, AMSTERDAM.name, AMSTERDAM.fork(name=AMSTERDAM.name, **changes))

    return change


def frame(name: str, method: Callable[..., object]) -> Change:
    """Another method of the frames that pay for new state."""
    return lambda patch: patch.setattr(StateGasFrame, name, method)


def price(module: object, name: str, gas: int) -> Change:
    """Another price."""
    return lambda patch: patch.setattr(module, name, gas)


def without(rules: tuple[Any, ...], left_out: object) -> tuple[Any, ...]:
    return tuple(rule for rule in rules if rule is not left_out)


def in_place_of(rules: tuple[Any, ...], old: object, new: object) -> tuple[Any, ...]:
    return tuple(new if rule is old else rule for rule in rules)


# Logs of value


def logged_even_to_oneself(substate: Substate, sender: bytes, recipient: bytes, amount: int) -> None:
    topics = (TRANSFER, sender.rjust(32, b"\x00"), recipient.rjust(32, b"\x00"))
    substate.logs.append(Log(SYSTEM_ADDRESS, topics, amount.to_bytes(32, "big")))


def logged_before_all_else(substate: Substate, sender: bytes, recipient: bytes, amount: int) -> None:
    log_transfer(substate, sender, recipient, amount)
    if len(substate.logs) > 1:
        substate.logs.insert(0, substate.logs.pop())


# What is counted


def counted_after_refunds(fork: Any, transaction: Any, sender: bytes, outermost: Frame) -> Spending:
    spending = spend_in_two_dimensions(fork, transaction, sender, outermost)
    return spending._replace(execution=spending.execution - spending.refunded)


def counted_without_the_floor(fork: Any, transaction: Any, sender: bytes, outermost: Frame) -> Spending:
    spending = spend_in_two_dimensions(fork, transaction, sender, outermost)
    spent = transaction.gas_limit - outermost.gas_left - outermost.reservoir  # type: ignore[attr-defined]
    return spending._replace(execution=spent - spending.state)


def refund_of_execution_alone(fork: Any, transaction: Any, sender: bytes, outermost: Frame) -> Spending:
    spending = spend_in_two_dimensions(fork, transaction, sender, outermost)
    refund = min(outermost.substate.refund, spending.execution // fork.refund_quotient)
    return spending._replace(paid=spending.paid + spending.refunded - refund, refunded=refund)


def refund_after_the_floor(fork: Any, transaction: Any, sender: bytes, outermost: Frame) -> Spending:
    spending = spend_in_two_dimensions(fork, transaction, sender, outermost)
    floor = fork.calldata_floor(transaction, sender)
    spent = transaction.gas_limit - outermost.gas_left - outermost.reservoir  # type: ignore[attr-defined]
    return spending._replace(paid=max(spent, floor) - spending.refunded)


def room_for_state_is_not_checked(environment: Any, totals: Totals, transaction: Any) -> None:
    AMSTERDAM.check_room(environment, totals._replace(state_gas=0), transaction)


def room_for_all_that_is_declared(environment: Any, totals: Totals, transaction: Any) -> None:
    BEFORE.check_room(environment, totals._replace(paid_gas=totals.execution_gas), transaction)


def room_is_what_is_not_paid(environment: Any, totals: Totals, transaction: Any) -> None:
    BEFORE.check_room(environment, totals, transaction)


def header_has_both_sums(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Totals, "gas_used", property(lambda self: self.execution_gas + self.state_gas))


# State gas


def reservoir_is_burnt(self: StateGasFrame) -> None:
    self.gas_left += self.spilled
    self.spilled = 0


def all_but_a_64th_of_the_reservoir(self: StateGasFrame, message: Message) -> Frame:
    given = self.reservoir - self.reservoir // 64
    self.reservoir -= given
    return StateGasFrame(self.context, message, given)


def taken_back_without_repaying(self: StateGasFrame, child: Any) -> None:
    Frame.take_back(self, child)
    self.reservoir += child.reservoir
    self.spilled += child.spilled
    if child.halt is not None:
        self.credit_state(self.grant)


def taken_back_without_the_grant(self: StateGasFrame, child: Any) -> None:
    self.grant = 0
    TAKE_BACK(self, child)


TAKE_BACK: Final = StateGasFrame.take_back


def new_account_beside_the_last_one(self: StateGasFrame, address: bytes) -> None:
    before = self.grant
    CHARGE_NEW_ACCOUNT(self, address)
    self.grant = self.grant or before


CHARGE_NEW_ACCOUNT: Final = StateGasFrame.charge_new_account


def every_call_with_value_makes_an_account(
    frame: Frame, address: bytes, value: int, memory: int, creates_account: bool
) -> Callee:
    return AMSTERDAM.charge_call(frame, address, value, memory, True)


def callee_is_accessed_at_once(frame: Frame, address: bytes, value: int, memory: int, creates_account: bool) -> Callee:
    frame.world.view.touch(address)
    return AMSTERDAM.charge_call(frame, address, value, memory, creates_account)


def store_that_credits_old_slots(frame: Frame) -> None:
    slot, new = frame.stack[-1], frame.stack[-2]
    original = frame.substate.originals.get(slot_key(frame.message.target, slot), 0)
    if original and not new and frame.world.slot(frame.message.target, slot) not in (0, original):
        metered(frame).credit_state(NEW_SLOT)
    state_creation.store.run(frame)


def system_frame_without_reservoir(context: TransactionContext, message: Message) -> Frame:
    return StateGasFrame(context, message, 0)


# Order of checks

RULES: Final = AMSTERDAM.transaction_rules
CAP_AFTER_FEE: Final = in_place_of(
    in_place_of(
        in_place_of(RULES, validity.check_total_gas_limit, None),
        validity.check_priority_fee,
        validity.check_total_gas_limit,
    ),
    None,
    validity.check_priority_fee,
)

MUTANTS: Final[dict[str, tuple[Change, str]]] = {
    # EIP-2780, EIP-7976, EIP-7981
    "every transaction costs 21,000": (
        page(
            intrinsic_charges=in_place_of(
                AMSTERDAM.intrinsic_charges, intrinsic.base_and_recipient_charge, intrinsic.base_charge
            )
        ),
        "intrinsic_gas/to_oneself",
    ),
    "zeros have a lower floor": (
        page(calldata_floor=intrinsic.calldata_floor),
        "intrinsic_gas/floor_is_the_same_for_all_bytes",
    ),
    "bytes of an access list are free": (
        page(intrinsic_charges=without(AMSTERDAM.intrinsic_charges, intrinsic.access_list_data_charge)),
        "intrinsic_gas/list_costs_access_and_data",
    ),
    "value to nobody makes an account for nothing": (
        price(transactions_with_state_gas, "NEW_ACCOUNT", 0),
        "intrinsic_gas/account_made_by_an_earlier_transfer",
    ),
    # EIP-7708
    "value moves without a log": (page(log_transfer=BEFORE.log_transfer), "transfer_logs/value_of_transactions"),
    "value to oneself has a log": (page(log_transfer=logged_even_to_oneself), "transfer_logs/call_to_oneself"),
    "logs of value come first": (page(log_transfer=logged_before_all_else), "transfer_logs/nested_calls"),
    # EIP-7778, EIP-8037: the block
    "refunds are room": (page(spend=counted_after_refunds), "block_gas/refunds_leave_no_room"),
    "the floor is not counted": (
        page(spend=counted_without_the_floor),
        "intrinsic_gas/floor_bounds_execution_gas_alone",
    ),
    "a fifth of execution gas bounds refunds": (
        page(spend=refund_of_execution_alone),
        "state_gas/refund_of_a_fifth_of_both",
    ),
    "refunds come off the floor": (page(spend=refund_after_the_floor), "intrinsic_gas/floor_after_the_refund"),
    "room for state is not checked": (
        page(check_room=room_for_state_is_not_checked),
        "block_gas/declared_gas_over_the_state_gas_left",
    ),
    "room is for all declared gas": (
        page(check_room=room_for_all_that_is_declared),
        "block_gas/capped_gas_as_the_execution_gas_left",
    ),
    "room is what is not paid": (page(check_room=room_is_what_is_not_paid), "block_gas/receipts_beyond_the_gas_limit"),
    "the header has both sums": (header_has_both_sums, "block_gas/larger_dimension"),
    # EIP-8037: frames
    "a failure burns the reservoir": (frame("give_back", reservoir_is_burnt), "state_gas/halt_of_a_transaction"),
    "a child has a part of the reservoir": (
        frame("child", all_but_a_64th_of_the_reservoir),
        "state_gas/child_has_the_whole_reservoir",
    ),
    "spilled gas is not repaid": (frame("take_back", taken_back_without_repaying), "state_gas/spill_is_repaid"),
    "a failed creation is paid for": (
        frame("take_back", taken_back_without_the_grant),
        "state_gas/account_of_a_failed_creation",
    ),
    "what fails gives back an earlier account": (
        frame("charge_new_account", new_account_beside_the_last_one),
        "state_gas/account_that_an_earlier_call_made",
    ),
    "CALLCODE pays for an account": (
        page(charge_call=every_call_with_value_makes_an_account),
        "state_gas/code_of_nobody_run_with_value",
    ),
    "a callee is accessed before it is paid for": (
        page(charge_call=callee_is_accessed_at_once),
        "listed_accesses/call_that_cannot_be_paid",
    ),
    "old slots that are cleared give state gas back": (
        page(instructions={0x55: state_creation.store._replace(run=store_that_credits_old_slots)}),
        "state_gas/slot_that_was_there_before",
    ),
    "a call that cannot begin is paid for": (
        frame("take_back_unused", Frame.take_back_unused),
        "state_gas/account_of_a_call_that_cannot_begin",
    ),
    "delegations are free where the code fails": (
        frame("keep", lambda self: None),
        "account_writes/delegations_outlast_a_failure",
    ),
    "delegations that are undone are paid for": (
        frame("give_back_all", lambda self: self.give_back()),
        "fails_before_code/delegations_undone_by_the_recipient",
    ),
    "a creation makes an account for nothing": (
        page(charge_new_account=BEFORE.charge_new_account),
        "state_gas/account_that_a_creation_cannot_pay",
    ),
    "code is paid for as before": (page(deploy=BEFORE.deploy), "code_size/deployed_with_the_last_gas"),
    "system calls have no reservoir": (
        page(system_frame=system_frame_without_reservoir),
        "state_gas/system_call_has_sixteen_slots",
    ),
    # EIP-8037: caps
    "there is no total cap": (
        page(transaction_rules=without(RULES, validity.check_total_gas_limit)),
        "gas_caps/one_over_the_total_cap",
    ),
    "there is no cap before execution": (
        page(transaction_rules=in_place_of(RULES, validity.check_gas, validity.check_intrinsic_gas)),
        "gas_caps/over_the_cap_before_execution",
    ),
    "the old cap is still there": (
        page(transaction_rules=(*RULES, validity.check_transaction_gas_limit)),
        "gas_caps/more_than_may_be_executed_with",
    ),
    "the cap is checked after the fee": (
        page(transaction_rules=CAP_AFTER_FEE),
        "order_of_checks/total_cap_before_priority_fee",
    ),
    # EIP-8038
    "cold accounts cost as before": (
        page(cold_account_access=BEFORE.cold_account_access),
        "state_access/cold_for_each_transaction",
    ),
    "reading code costs no more": (page(code_read_gas=0), "state_access/code_is_read_at_a_price"),
    "value of a call costs as before": (page(call_value_gas=BEFORE.call_value_gas), "state_access/value_of_a_call"),
    "creations cost as before": (page(creation_gas=BEFORE.creation_gas), "state_access/creation_warms_its_address"),
    "cleared slots give as before": (
        page(storage_clear_refund=BEFORE.storage_clear_refund),
        "state_access/refund_of_a_cleared_slot",
    ),
    "writing an authority is free": (
        price(transactions_with_state_gas, "ACCOUNT_WRITE", 0),
        "account_writes/sender_as_authority",
    ),
    # EIP-7843, EIP-7954, EIP-8024
    "the slot is the number": (page(instructions={0x4B: block.number}), "slot_number/slot_of_each_block"),
    "code may be as long as before": (page(code_size_limit=BEFORE.code_size_limit), "code_size/code_that_was_too_long"),
    "code may be a byte longer": (page(code_size_limit=2**16 + 1), "code_size/longest_code"),
    "initialization code may be a byte longer": (
        page(initcode_size_limit=2**17 + 1),
        "code_size/initialization_code_of_a_transaction_too_long",
    ),
    "DUPN and SWAPN are exchanged": (
        page(instructions={0xE6: swap_at_depth, 0xE7: duplicate_at_depth}),
        "stack_immediates/duplicated_at_each_end",
    ),
    "SWAPN is EXCHANGE": (page(instructions={0xE7: exchange}), "stack_immediates/swapped_at_each_end"),
    # EIP-8246, EIP-7610
    "a destroyed balance is lost": (page(destroy_account=BEFORE.destroy_account), "kept_balance/kept_and_seen"),
    "storage alone collides": (page(is_taken=BEFORE.is_taken), "storage_alone/created_over_storage_alone"),
    # EIP-8282
    "exits are not collected": (
        page(closing=without(AMSTERDAM.closing, collect_builder_exits)),
        "builder_requests/exits_of_two",
    ),
    "exits come before deposits": (
        page(closing=(*BEFORE.closing, collect_builder_exits, collect_builder_deposits)),
        "builder_requests/requests_of_every_kind",
    ),
    "no builder contract need be there": (page(closing=BEFORE.closing), "builder_requests/deposits_without_code"),
}
"""Each with the vector that is about what the mutant gets wrong."""

SAMPLE: Final = tuple(path for path in vector_files("evm") if "-amsterdam" in path.name)[::9]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_vector_kills_the_mutant(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, identity = MUTANTS[name]
    vector = load_vector_file(VECTORS / "evm" / f"{identity}-amsterdam{SUFFIX}")
    assert compare_engine(SpecEngine(), vector) is None
    change(monkeypatch)
    difference = compare_engine(SpecEngine(), vector)
    assert difference is not None
    assert difference.where


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_passes_some_vectors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name][0](monkeypatch)
    assert any(compare_engine(SpecEngine(), load_vector_file(path)) is None for path in SAMPLE)
