"""What a block of the core's trial machine means, in plain Python: one transaction after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Operation = tuple[str, int, int]
Content = int | bytes | None

MASK = (1 << 64) - 1
PRIME = 0x100000001B3


class CannotMerge(Exception):  # noqa: N818 - what happened
    """A credit makes a sum above the limit."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Outcomes, None where a transaction failed; the keys' values after the block; what each transaction accessed.

    ``ended``: the transaction with which the block ended before its time; its effects are not in ``values``.
    """

    outcomes: list[int | None]
    values: list[Content]
    reads: list[list[int]]
    writes: list[list[int]]
    ended: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Rules:
    """What else a block says: see TrialBlock."""

    owned: int = 0
    limit: int = 0
    room: int = 0


def in_order(
    base: Sequence[Content],
    programs: Sequence[Sequence[Operation]],
    opened: Mapping[int, Content] | None = None,
    closed: Mapping[int, Content] | None = None,
    opening: Sequence[Operation] = (),
    closing: Sequence[Operation] = (),
    owned: int = 0,
    limit: int = 0,
    room: int = 0,
) -> Ended:
    """``opened`` and ``closed`` are what the steps around the transactions leave. Credits count among the writes."""
    rules = Rules(owned, limit, room)
    state: dict[int, Content] = dict(enumerate(base))
    state.update(opened or {})
    ended = Ended([], [], [], [])
    state = Step(rules, state, MASK).run(opening).after()
    weight = 0
    for number, operations in enumerate(programs):
        step = Step(rules, state, number)
        try:
            step.run(operations)
            following = step.after()
            weight += 0 if step.failed else step.weight
            if room and weight > room:
                raise CannotMerge
        except CannotMerge:
            ended.ended.append(number)
            break
        state = following
        ended.outcomes.append(None if step.failed else step.accumulator)
        ended.reads.append(step.reads)
        ended.writes.append([] if step.failed else step.changed())
    else:
        state.update(closed or {})
        state = Step(rules, state, len(programs)).run(closing).after()
    ended.values.extend(state[key] for key in range(len(base)))
    return ended


def number_of(content: Content) -> int:
    """What a value counts as."""
    if content is None or isinstance(content, int):
        return 1 if content is None else content
    number = 0
    for byte in content:
        number = (number + byte) * PRIME & MASK
    return number ^ len(content)


def long_value(accumulator: int, length: int) -> Content:
    """What "write long" writes; eight bytes are a number again."""
    content = bytes((accumulator >> 8 * (i & 7)) + (i >> 3) & 0xFF for i in range(length))
    return int.from_bytes(content, "little") if length == 8 else content


class Step:
    """One step on a state. A checkpoint is a copy of everything that a rollback brings back."""

    def __init__(self, rules: Rules, state: Mapping[int, Content], number: int) -> None:
        self.rules = rules
        self.before = state
        self.accumulator = number
        self.weight = 0
        self.failed = False
        self.reads: list[int] = []
        self.sets: dict[int, Content] = {}
        self.credits: dict[int, int] = {}
        self.wiped: set[int] = set()
        self.warm: set[int] = set()

    def is_wiped(self, key: int) -> bool:
        return bool(self.rules.owned) and key // self.rules.owned in self.wiped

    def merge(self, value: Content, amount: int) -> int:
        total = amount if value is None else number_of(value) + amount & MASK
        if self.rules.limit and total > self.rules.limit:
            raise CannotMerge
        return total

    def get(self, key: int) -> Content:
        if key in self.sets:
            value = self.sets[key]
        elif self.is_wiped(key):
            value = None
        else:
            if key not in self.reads:
                self.reads.append(key)
            value = self.before[key]
        return self.merge(value, self.credits[key]) if key in self.credits else value

    def set(self, key: int, value: Content) -> None:
        self.sets[key] = value
        self.credits.pop(key, None)

    def changed(self) -> list[int]:
        """The keys that it set or credited."""
        return list(dict.fromkeys([*self.sets, *self.credits]))

    def after(self) -> dict[int, Content]:
        """The state that it leaves."""
        state = dict(self.before)
        if self.failed:
            return state
        for key in state:
            if self.is_wiped(key):
                state[key] = None
        state.update(self.sets)
        for key, amount in self.credits.items():
            state[key] = self.merge(state[key], amount)
        return state

    def run(self, operations: Sequence[Operation]) -> Step:
        """All of them, until the machine breaks."""
        checkpoints: list[tuple[dict[int, Content], dict[int, int], set[int], set[int]]] = []
        position = 0
        while position < len(operations):
            name, key, amount = operations[position]
            position += 1
            if name.endswith(" at"):
                name = name[:-3]
                key += self.accumulator % amount
            if name == "read":
                self.accumulator = (self.accumulator ^ number_of(self.get(key))) * PRIME & MASK
            elif name == "write":
                self.set(key, self.accumulator)
            elif name == "remove":
                self.set(key, None)
            elif name == "write long":
                self.set(key, long_value(self.accumulator, amount))
            elif name == "copy":
                self.set(amount, self.get(key))
            elif name == "credit":
                self.credits[key] = self.credits.get(key, 0) + amount & MASK
                if self.rules.limit and self.credits[key] > self.rules.limit:
                    raise CannotMerge
            elif name == "wipe":
                owner = key // self.rules.owned
                for entries in (self.sets, self.credits):
                    for slot in [slot for slot in entries if slot // self.rules.owned == owner]:
                        del entries[slot]
                self.wiped.add(owner)
            elif name == "warm":
                self.accumulator = (self.accumulator ^ (3 if key in self.warm else 2)) * PRIME & MASK
                self.warm.add(key)
            elif name == "checkpoint":
                checkpoints.append((dict(self.sets), dict(self.credits), set(self.wiped), set(self.warm)))
            elif name == "rollback":
                if checkpoints:
                    self.sets, self.credits, self.wiped, self.warm = checkpoints.pop()
            elif name == "skip":
                position += amount if self.accumulator & 1 else 0
            elif name == "weigh":
                self.weight += amount
            elif name == "spin":
                for i in range(amount):
                    self.accumulator = (self.accumulator ^ i) * PRIME & MASK
            elif name == "fail":
                self.failed = True
                return self
        return self
