"""The view of a step on versioned memory, and what the coordinator's steps make of it, by the trial machine."""

from __future__ import annotations

import random
from typing import Any

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock
from tests.optimized.core.in_order import Content, Operation, in_order

STRATEGIES = ["block-stm", "locks", "waves", "access-list"]
NAMES = ["read", "write", "remove", "credit", "read at", "write at", "write long", "copy", "wipe", "warm", "checkpoint"]
WEIGHTS = [5, 3, 1, 4, 2, 2, 2, 2, 1.5, 1, 2]
OWNED = 4


def random_program(source: random.Random, keys: int, length: int) -> list[Operation]:
    """Any of the operations on any of the keys; frames that are reverted stand in frames."""
    program: list[Operation] = []
    open_frames = 0
    for _ in range(length):
        name = source.choices(NAMES, WEIGHTS)[0]
        span = source.randint(1, min(keys, 3)) if name.endswith("at") else 1
        amount = source.randint(1, 4)
        if name.endswith(" at"):
            amount = span
        elif name == "copy":
            amount = source.randrange(keys)
        elif name == "write long":
            amount = source.choice([0, 1, 7, 8, 9, 63, 64, 65, 300, 5000])
        open_frames += name == "checkpoint"
        program.append((name, source.randrange(keys - span + 1), amount))
        if open_frames and source.random() < 0.3:
            open_frames -= 1
            program.append(("rollback", 0, 0))
        if source.random() < 0.1:
            program.append(("yield", 0, 0))
    return program


def list_of(base: list[Content], programs: list[list[Operation]], rules: dict[str, Any], wrong: float, source: Any):
    """What each transaction changes, as an access list says it, with some of it wrong."""
    found: list[tuple[int, int, Content]] = []
    before = in_order(base, [], **rules).values
    for transaction in range(len(programs)):
        after = in_order(base, programs[: transaction + 1], **{**rules, "closing": ()}).values
        for key, value in enumerate(after):
            if source.random() < wrong:
                found.append((key, transaction, source.choice([None, 3, value])))
            elif value != before[key]:
                found.append((key, transaction, value))
        before = after
    return found


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_random_blocks(strategy: str, named: bool, arena: SharedArena, threads) -> None:
    """Rollbacks, wipes, long values, credits and the steps around: as one transaction after the other."""
    source = random.Random(f"{strategy} {named}")
    for _ in range(60):
        keys = source.choice([1, 4, 9, 30])
        programs = [
            random_program(source, keys, source.choice([1, 4, 12, 40])) for _ in range(source.choice([1, 3, 12, 40]))
        ]
        base: list[Content] = [source.choice([None, 5, b"", b"x" * 9, b"y" * 700]) for _ in range(keys)]
        rules: dict[str, Any] = {
            "opening": random_program(source, keys, source.randint(0, 4)),
            "closing": random_program(source, keys, source.randint(0, 4)),
            "owned": OWNED,
        }
        wrong = source.choice([0, 0.1])
        predicted = (
            list_of(base, programs, {**rules, "closing": ()}, wrong, source) if strategy == "access-list" else []
        )
        declared = [
            ([key for name, key, _ in program if name == "read"], [key for name, key, _ in program if name == "write"])
            for program in programs
        ]
        arena.reset()
        workers = source.randint(1, 3)
        block = TrialBlock(
            arena,
            base,
            programs,
            strategy,
            workers,
            declared=declared,
            predicted=predicted,
            key_capacity=3 * keys if named else 0,
            **rules,
        )
        assert threads(block, workers) == [""] * workers
        assert block.finish() is None
        right = in_order(base, programs, **rules)
        if strategy == "access-list" and any(name == "wipe" for program in programs for name, _, _ in program):
            continue  # a list cannot say that storage was wiped, so whoever wipes does not run by one
        assert (block.outcomes(), block.values()) == (right.outcomes, right.values)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_credit_that_cannot_be_merged_ends_the_block(strategy: str, arena: SharedArena, threads) -> None:
    """With the step that makes it, whoever has met it before that."""
    source = random.Random(strategy)
    ended = 0
    for _ in range(80):
        programs = [
            [
                (
                    source.choice(["credit", "credit", "credit", "read", "remove"]),
                    source.randrange(2),
                    source.randint(1, 9),
                )
                for _ in range(source.randint(1, 4))
            ]
            for _ in range(source.randint(1, 15))
        ]
        rules = {"limit": source.choice([10, 40, 1000]), "room": 0}
        arena.reset()
        block = TrialBlock(arena, [1, None], programs, strategy, 2, **rules)
        assert threads(block, 2) == ["", ""]
        right = in_order([1, None], programs, **rules)
        end = block.finish()
        assert ([] if end is None else [end]) == right.ended
        assert block.outcomes()[: len(right.outcomes)] == right.outcomes
        assert block.values(len(right.outcomes) + 1) == right.values
        ended += end is not None
    assert 10 < ended < 70


def test_what_does_not_fit_is_refused_in_its_turn(arena: SharedArena, threads) -> None:
    programs: list[list[Operation]] = [[("weigh", 0, 3), ("write", 0, 0)] for _ in range(6)]
    block = TrialBlock(arena, [7], programs, "block-stm", 2, room=10, closing=[("write", 0, 0)])
    threads(block, 2)
    assert block.finish() == 3
    assert block.values(4) == in_order([7], programs, room=10).values == [2]


def test_an_opening_that_cannot_be_merged(arena: SharedArena) -> None:
    with pytest.raises(ValueError, match="opening"):
        TrialBlock(arena, [9], [], opening=[("credit", 0, 9)], limit=10)


def test_a_rollback_takes_back_all_but_what_was_read(arena: SharedArena) -> None:
    program: list[Operation] = [
        ("warm", 3, 0),
        ("checkpoint", 0, 0),
        *[("read", 0, 0), ("write", 1, 0), ("credit", 2, 5), ("warm", 3, 0), ("warm", 2, 0), ("wipe", 0, 0)],
        ("rollback", 0, 0),
        ("warm", 2, 0),
    ]
    base: list[Content] = [1, 2, 3, 4]
    block = TrialBlock(arena, base, [program], owned=OWNED)
    block.execute(0)
    assert block.read_keys(0)[-1] == 0
    assert block.written_keys(0) == []
    right = in_order(base, [program], owned=OWNED)
    assert (block.outcomes(), block.values()) == (right.outcomes, base)


def test_a_reader_of_a_slot_depends_on_who_wipes(arena: SharedArena) -> None:
    block = TrialBlock(arena, [3, 4], [[("wipe", 0, 0)], [("read", 1, 0)]], owned=2)
    block.execute(1)
    assert block.is_valid(1)
    block.execute(0)
    assert not block.is_valid(1)
    block.execute(1, 1)
    assert block.outcomes()[1] == in_order([3, 4], [[], [("remove", 1, 0), ("read", 1, 0)]]).outcomes[1]
    assert block.values() == [None, None]


def used_by(arena: SharedArena, program: list[Operation], length: int) -> int:
    """Bytes of the arena that one execution takes."""
    arena.reset()
    block = TrialBlock(arena, [b"c" * length, None, None, None, None], [program])
    before = arena.used
    block.execute(0)
    return arena.used - before


def test_the_arena_gets_final_values_alone(arena: SharedArena) -> None:
    """A long value that is passed on is not copied, and one that is written over never gets there."""
    length = 100_000
    copies: list[Operation] = [("copy", 0, 1), ("copy", 1, 2), ("copy", 2, 3)]
    assert used_by(arena, copies, length) < length
    writes: list[Operation] = [("write long", 1, length)] * 20
    assert used_by(arena, writes, length) < 2 * length
    reverted: list[Operation] = [("checkpoint", 0, 0), ("write long", 1, length), ("rollback", 0, 0)]
    assert used_by(arena, reverted, length) < length


def test_values_of_megabytes(arena: SharedArena) -> None:
    """As long as the longest account of Solana."""
    length = 10 << 20
    programs: list[list[Operation]] = [[("write long", 0, length)], [("copy", 0, 1), ("read", 1, 0)]]
    block = TrialBlock(arena, [None, None], programs)
    block.execute(0)
    block.execute(1)
    right = in_order([None, None], [[("write long", 0, length)]]).values[0]
    assert block.values() == [right, right]


def memory_of_readers(arena: SharedArena, strategy: str, count: int) -> int:
    """Bytes of the arena, of a block whose transactions credit a key and read it by turns."""
    programs: list[list[Operation]] = [[("credit", 0, 1)] if n % 2 else [("read", 0, 0)] for n in range(count)]
    arena.reset()
    block = TrialBlock(arena, [0], programs, strategy, 1)
    assert block.work(0) == ""
    right = in_order([0], programs)
    assert (block.outcomes(), block.values()) == (right.outcomes, right.values)
    return arena.used


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_readers_of_many_credits_take_memory_by_their_number(strategy: str, arena: SharedArena) -> None:
    """Four times the transactions, some four times the bytes: who has walked far says what it found."""
    assert memory_of_readers(arena, strategy, 4000) < 5 * memory_of_readers(arena, strategy, 1000)


def test_many_wipes_of_many_slots_take_a_moment_each(arena: SharedArena) -> None:
    """A wipe touches one entry, and undoing it too."""
    keys = 4000
    program: list[Operation] = [("write", key, 0) for key in range(keys)]
    program += [("checkpoint", 0, 0), ("wipe", 0, 0), ("rollback", 0, 0)] * keys
    block = TrialBlock(arena, [None] * keys, [program], owned=keys)
    block.execute(0)
    assert block.values() == [0] * keys
