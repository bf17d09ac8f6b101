"""The state between blocks: against a dictionary, and under a chain of blocks."""

from __future__ import annotations

import random

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.core.base_state import StateTable
from samestate.optimized.trial.trial import TrialBlock
from tests.optimized.core.in_order import Content, Operation, in_order
from tests.optimized.core.test_view import random_program

OWNED = 4


class Plain:
    """What a StateTable is, as two dictionaries."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.owners: dict[bytes, bytes] = {}

    def set(self, name: bytes, value: bytes | None, owner: bytes | None) -> None:
        self.values.pop(name, None)
        if owner is not None:
            self.owners[name] = owner
        if value is not None:
            self.values[name] = value

    def wipe(self, owner: bytes) -> None:
        for name in [name for name in self.values if self.owners.get(name) == owner]:
            del self.values[name]

    def has_slots(self, owner: bytes) -> bool:
        return any(self.owners.get(name) == owner for name in self.values)


def test_it_is_a_map_whose_owners_can_be_wiped() -> None:
    source = random.Random(7)
    table, plain = StateTable(), Plain()
    owners = [b"owner %d" % number for number in range(9)]
    for round_number in range(6000):
        number = source.randrange(700)
        name = b"key %d" % number + b"!" * (number % 20)
        owner = owners[number % 9] if number % 3 else None
        if source.random() < 0.01:
            wiped = source.choice(owners)
            table.wipe(wiped)
            plain.wipe(wiped)
        else:
            value = None if source.random() < 0.2 else source.randbytes(source.choice([0, 1, 32, 64, 65, 900]))
            table.set(name, value, owner)
            plain.set(name, value, owner)
        if round_number % 200 == 0:
            assert dict(table.items()) == plain.values
            assert len(table) == len(plain.values)
            assert [table.has_slots(owner) for owner in owners] == [plain.has_slots(owner) for owner in owners]
    assert all(table.get(name) == value for name, value in plain.values.items())
    assert table.get(b"nobody") is None
    table.close()


def test_what_is_written_over_and_over_takes_no_more_room() -> None:
    table = StateTable()
    for number in range(3000):
        table.set(b"long", bytes([number % 256]) * 5000)
        table.set(b"short", bytes([number % 256]) * 30)
    assert table.size < 1 << 20
    table.close()


def test_names_that_share_bytes_are_found() -> None:
    table = StateTable()
    names = [b"", b"\0", b"\0\0", b"\0" * 8, b"\0" * 9, b"\0" * 16, b"\1" + b"\0" * 7]
    for number, name in enumerate(names):
        table.set(name, b"%d" % number)
    assert [table.get(name) for name in names] == [b"%d" % number for number in range(len(names))]
    table.close()


def stored(content: Content) -> bytes | None:
    return content.to_bytes(8, "little") if isinstance(content, int) else content


def test_a_chain_of_blocks_on_one_state(arena: SharedArena, threads) -> None:
    """Nothing is laid out for a block but its programs; workers meet what they touch; the block leaves its changes."""
    source = random.Random(11)
    keys = 40
    state = StateTable()
    right: list[Content] = [None] * keys
    for _ in range(60):
        programs = [random_program(source, keys, source.choice([2, 9, 30])) for _ in range(source.choice([1, 8, 25]))]
        opening = random_program(source, keys, 3)
        strategy = source.choice(["block-stm", "locks", "waves"])
        arena.reset()
        block = TrialBlock(
            arena,
            [None] * keys,
            programs,
            strategy,
            2,
            key_capacity=3 * keys,
            opening=opening,
            owned=OWNED,
            state=state,
            declared=[([], []) for _ in programs],
        )
        assert threads(block, 2) == ["", ""]
        assert block.finish() is None
        ended = in_order(right, programs, opening=opening, owned=OWNED)
        right = ended.values
        assert block.outcomes() == ended.outcomes
        assert block.values() == right
        block.leave()
        assert dict(state.items()) == {
            number.to_bytes(8, "little"): stored(value) for number, value in enumerate(right) if value is not None
        }
    state.close()


def test_a_block_takes_memory_by_what_it_touches(arena: SharedArena) -> None:
    """However large the state is, and however long the values that it refers to."""
    state = StateTable()
    for number in range(20_000):
        state.set(number.to_bytes(8, "little"), b"v" * 8)
    code = b"c" * 1_000_000
    state.set((7).to_bytes(8, "little"), code)
    programs: list[list[Operation]] = [[("read", 7, 0), ("copy", 7, 8)], [("read", 19_000, 0), ("copy", 8, 9)]]
    block = TrialBlock(arena, [None] * 20_000, programs, workers=1, key_capacity=64, state=state)
    assert block.work(0) == ""
    assert block.finish() is None
    assert arena.used < 200_000
    block.leave()
    assert [state.get(number.to_bytes(8, "little")) == code for number in (7, 8, 9)] == [True] * 3
    state.close()
