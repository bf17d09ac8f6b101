"""The scheduler of Block-STM, one action at a time."""

from __future__ import annotations

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock

NOTHING, EXECUTE, VALIDATE = 0, 1, 2


def block_of(arena: SharedArena, transactions: int) -> TrialBlock:
    return TrialBlock(arena, [0], [[] for _ in range(transactions)])


def test_it_executes_then_validates_the_lowest_first(arena: SharedArena) -> None:
    block = block_of(arena, 2)
    assert block.next_assignment() == (EXECUTE, 0, 0)
    assert block.finish_execution(0, 0, True) == (NOTHING, 0, 0)
    assert block.next_assignment() == (VALIDATE, 0, 0)
    assert block.finish_validation(0, 0, False) == (NOTHING, 0, 0)
    assert block.next_assignment() == (EXECUTE, 1, 0)
    assert block.finish_execution(1, 0, False) == (NOTHING, 0, 0)
    assert block.next_assignment() == (VALIDATE, 1, 0)
    assert not block.is_done()
    block.finish_validation(1, 0, False)
    assert block.next_assignment() == (NOTHING, 0, 0)
    assert block.is_done()


def test_the_empty_block_is_done_at_once(arena: SharedArena) -> None:
    block = block_of(arena, 0)
    assert block.next_assignment() == (NOTHING, 0, 0)
    assert block.is_done()


def test_it_is_not_done_while_somebody_is_at_work(arena: SharedArena) -> None:
    block = block_of(arena, 1)
    block.next_assignment()
    for _ in range(3):
        assert block.next_assignment()[0] == NOTHING
    assert not block.is_done()


def test_an_abort_gives_the_next_incarnation_and_validates_all_above_again(arena: SharedArena) -> None:
    block = block_of(arena, 3)
    for transaction in range(3):
        assert block.next_assignment() == (EXECUTE, transaction, 0)
        block.finish_execution(transaction, 0, True)
        assert block.next_assignment() == (VALIDATE, transaction, 0)
        block.finish_validation(transaction, 0, False)
    assert block.try_abort(1, 0)
    assert not block.try_abort(1, 0), "only one aborts"
    assert block.status(1) == (0, "aborting")
    # nobody counts this test among the active, so the subtraction at the end of the assignment would not balance
    assert block.finish_validation(1, 0, True) == (EXECUTE, 1, 1)
    assert block.status(1) == (1, "executing")
    assert block.next_assignment() == (VALIDATE, 2, 0)


def test_an_execution_that_wrote_nothing_new_validates_only_itself(arena: SharedArena) -> None:
    block = block_of(arena, 2)
    assert block.next_assignment() == (EXECUTE, 0, 0)
    assert block.next_assignment() == (NOTHING, 0, 0), "transaction 0 is not executed: validation passes it by"
    assert block.next_assignment() == (EXECUTE, 1, 0)
    block.next_assignment()
    assert block.finish_execution(0, 0, False) == (VALIDATE, 0, 0)
    assert block.finish_execution(1, 0, True) == (NOTHING, 0, 0)
    assert block.next_assignment() == (VALIDATE, 1, 0)


def test_who_waits_is_woken_with_the_next_incarnation(arena: SharedArena) -> None:
    block = block_of(arena, 3)
    assert block.next_assignment() == (EXECUTE, 0, 0)
    block.next_assignment()
    assert block.next_assignment() == (EXECUTE, 1, 0)
    block.next_assignment()
    assert block.next_assignment() == (EXECUTE, 2, 0)
    assert block.add_dependency(1, 0, 0)
    assert block.add_dependency(2, 0, 0)
    assert block.status(2) == (0, "aborting")
    block.finish_execution(0, 0, True)
    assert block.status(1) == (1, "ready")
    assert block.status(2) == (1, "ready")


def test_nobody_waits_for_what_is_finished(arena: SharedArena) -> None:
    block = block_of(arena, 2)
    block.next_assignment()
    block.next_assignment()
    assert block.next_assignment() == (EXECUTE, 1, 0)
    block.finish_execution(0, 0, True)
    assert not block.add_dependency(1, 0, 0)
    assert block.status(1) == (0, "executing")
    assert block.try_abort(0, 0)
    assert block.add_dependency(1, 0, 0), "an aborted transaction can be waited for again"
