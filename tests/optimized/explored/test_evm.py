"""The compiled EVM's workers on vectors, under every schedule with few preemptions and under random ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from samestate.conformance.exploring.compiled import EvmPiecesProgram, EvmProgram, apart, seeded_bugs
from samestate.conformance.exploring.schedules import document_of, replay
from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.reference.explorer import ScheduleDocument, Switch, explore, sample
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.transition import apply_block

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

EXPLORED: Final = (
    "account_writes/authority_made_by_a_transfer-amsterdam",
    "account_writes/cleared_by_an_earlier_transaction-amsterdam",
    "coinbase/branch_on_the_fees-amsterdam",
    "coinbase/coinbase_destroys_itself-shanghai",
    "coinbase/coinbase_is_created-paris",
    "coinbase/coinbase_spends_the_fees_of_this_block-amsterdam",
    "creation/created_then_called-amsterdam",
    "creation/created_where_value_lies-paris",
    "delegation/delegate_is_deployed_in_this_block-prague",
    "delegation/delegated_anew-amsterdam",
    "delegation/nonce_moves_by_creation-amsterdam",
    "empty_accounts/created_where_storage_was_cleared-berlin",
    "factory/strangers_at_the_factory-amsterdam",
    "funding/drained_by_an_earlier_transaction-london",
    "funding/funded_by_an_earlier_transaction-amsterdam",
    "gas_limits/declared_gas_that_does_not_fit-amsterdam",
    "kept_balance/created_again_over_what_is_kept-amsterdam",
    "nonces/gap_in_mid_block-london",
    "self_destruct/destroyed_after_credits-shanghai",
    "self_destruct/destroyed_recreated_called-shanghai",
    "self_destruct/revived_by_a_transfer-london",
    "self_destruct/same_value_across_the_destruction-london",
    "self_destruct/storage_of_the_destroyed_reads_zero-shanghai",
    "state_gas/slot_that_another_transaction_set-amsterdam",
    "storage/loop_that_would_never_end-shanghai",
    "storage/slot_found_in_a_slot-amsterdam",
    "storage/write_in_a_reverted_frame-paris",
    "transfers/from_hand_to_hand-shanghai",
)
"""Of two to four transactions each, where one rests on what another does to an account, its code or its storage."""

LISTED: Final = (
    "access_lists/change_that_is_none-amsterdam",
    "access_lists/right_list-amsterdam",
    "access_lists/right_list-bpo2withaccesslists",
    "access_lists/write_called_a_read-amsterdam",
    "listed_accesses/entries_of_another_step-amsterdam",
)
"""Blocks that come with an access list, right or wrong."""


@cache
def block_of(name: str) -> tuple[Evm, Payload, FlatState]:
    """The first block of a vector, and the state before it."""
    case = load_vector_file(VECTORS / evm.NAME / f"{name}{SUFFIX}").case
    blocks: list[Any] = []

    def take(machine: Any, block: Any, state: Any) -> Any:
        blocks.append((machine, block, state))
        return apply_block(machine, block, state)

    evm.execute(case, take)
    found: tuple[Evm, Payload, FlatState] = blocks[0]
    return found


@pytest.mark.parametrize("name", EXPLORED)
def test_block_stm_under_every_schedule_with_one_preemption(name: str) -> None:
    exploration = explore(EvmProgram(*block_of(name)), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete
    assert exploration.runs > 100


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("name", EXPLORED)
def test_other_strategies_under_every_schedule_with_one_preemption(name: str, strategy: str) -> None:
    exploration = explore(EvmProgram(*block_of(name), strategy), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete


@pytest.mark.parametrize("name", LISTED)
def test_access_lists_under_every_schedule_with_one_preemption(name: str) -> None:
    exploration = explore(EvmProgram(*block_of(name), "access-list"), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete


@pytest.mark.parametrize(
    ("is_wrong", "is_listed"),
    [(False, True), (True, True), (False, False)],
    ids=["right list", "wrong list", "no list"],
)
@pytest.mark.parametrize("name", EXPLORED)
def test_pieces_under_every_schedule_with_one_preemption(name: str, is_wrong: bool, is_listed: bool) -> None:
    program = EvmPiecesProgram(*block_of(name), is_wrong=is_wrong, is_listed=is_listed)
    exploration = explore(program, preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete
    assert exploration.runs > 3 or isinstance(program.right, Exception)


def first_wrong(bug: str, name: str, is_listed: bool) -> str | None:
    """What is wrong first with pieces that nobody holds against a list, or one another's reads."""
    program = EvmPiecesProgram(*block_of(name), 3, seeded_bugs("evm")[bug].number, is_listed, is_listed)
    found = sample(program, range(20)).first
    return None if found is None else found.violation.name


@pytest.mark.parametrize(("bug", "is_listed"), [("piece-unproven", True), ("conflict-unseen", False)])
def test_pieces_that_are_not_proven_are_found_out(bug: str, is_listed: bool) -> None:
    assert apart().call(first_wrong, bug, "storage/slot_found_in_a_slot-amsterdam", is_listed) is not None


@pytest.mark.parametrize("name", EXPLORED)
def test_three_workers_under_random_schedules(name: str) -> None:
    for strategy in ("block-stm", "locks", "waves"):
        exploration = sample(EvmProgram(*block_of(name), strategy, 3), range(40))
        assert exploration.first is None, exploration.first.text(40)
    for is_wrong, is_listed in ((False, True), (True, True), (False, False)):
        program = EvmPiecesProgram(*block_of(name), 3, is_wrong=is_wrong, is_listed=is_listed)
        exploration = sample(program, range(20))
        assert exploration.first is None, exploration.first.text(40)


@pytest.mark.parametrize("name", EXPLORED)
def test_two_preemptions(name: str) -> None:
    exploration = explore(EvmProgram(*block_of(name)), preemptions=2, seconds=600)
    assert exploration.first is None, exploration.first.text(40)


def test_a_schedule_in_a_file_is_followed(tmp_path: Path) -> None:
    document = ScheduleDocument(
        "evm/storage/read_after_write-amsterdam", "optimized:block-stm", 2, (Switch(40, 1), Switch(90, 0))
    )
    path = tmp_path / "schedule.yaml"
    path.write_text(document.write())
    replayed = replay(path)
    assert replayed.report.violation is None
    assert replayed.report.schedule == document.switches
    assert {point["worker"] for point in document_of(replayed)["points"][40:91]} == {0, 1}
