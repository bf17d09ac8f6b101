"""Versioned memory: what every step of the block has published, by key and step.

A step sees of each key what the steps before it have published: the nearest full write or wipe, and the credits since.
Which versions those are is a :class:`VersionChain`. A read is valid as long as it would find the same chain again;
what the chain amounts to is never compared, for an equal value need not mean an equal past.
"""

from __future__ import annotations

import enum
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from samestate.reference.explorer.points import Kind, Label, Point
from samestate.spec.machine import Codec, Key, State, Suspended, Value

PUBLISH = Label("publish")
REMOVE = Label("remove what the last incarnation published")
MARK = Label("mark as estimate")
CHECK = Label("check a read", Kind.LOOK)

Place = tuple[Literal["value", "wipe"], bytes]
"""Where a version stands: under a key, or, for a wipe, under the address whose storage vanishes."""


class VersionKind(enum.Enum):
    """What a step did."""

    WRITE = "gave the key a value"
    CREDIT = "added to the value, whatever it was"
    WIPE = "made all storage of the address absent"


@dataclass(frozen=True, slots=True)
class Version:
    """What an incarnation of a step left at a place. ``estimate``: it was aborted, and the next may write here too."""

    step: int
    incarnation: int
    kind: VersionKind
    value: Value = None
    amount: int = 0
    estimate: bool = False


class VersionChain(NamedTuple):
    """What a step sees of a key: the last full write or wipe, if any, and the credits since, oldest first."""

    base: Version | None
    credits: tuple[Version, ...] = ()

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions that contribute to the value."""
        return self.credits if self.base is None else (self.base, *self.credits)

    def names(self) -> tuple[tuple[int, int, VersionKind], ...]:
        """Which versions these are, whatever they hold."""
        # rule: block-stm.credit.every-contributor-validated
        # source: Samestate: a sum is as valid as each of its parts, incarnations included
        return tuple((version.step, version.incarnation, version.kind) for version in self.versions)


class Blocked(Suspended):
    """A read met an estimate: the value will be known once ``step`` has run again."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


@dataclass(frozen=True, slots=True)
class Effects:
    """What a step does to state: values set, credits to keys that it did not observe, and addresses wiped before."""

    writes: Mapping[Key, Value] = field(default_factory=dict)
    credits: Mapping[Key, int] = field(default_factory=dict)
    wipes: Mapping[bytes, None] = field(default_factory=dict)


NO_EFFECTS = Effects()


class Observation(NamedTuple):
    """What a read saw. ``chain`` is None where the value was told rather than read from versioned memory."""

    value: Value
    chain: VersionChain | None


class History:
    """The versions at one place, by step."""

    __slots__ = ("steps", "versions")

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.versions: dict[int, Version] = {}

    def put(self, version: Version) -> None:
        """Add the version, in place of an older one of the same step."""
        if version.step not in self.versions:
            insort(self.steps, version.step)
        self.versions[version.step] = version

    def remove(self, step: int) -> None:
        """Take the step's version away, if there is one."""
        if self.versions.pop(step, None) is not None:
            self.steps.remove(step)

    def at(self, step: int) -> Version | None:
        """The version of that very step."""
        return self.versions.get(step)

    def below(self, step: int) -> Iterator[Version]:
        """The versions of the steps before ``step``, newest first."""
        for place in range(bisect_left(self.steps, step) - 1, -1, -1):
            yield self.versions[self.steps[place]]


class VersionedMemory:
    """All versions of a block, on top of the state before it. Each of its small actions has a point before it."""

    def __init__(self, codec: Codec, state: State, point: Point) -> None:
        self.codec = codec
        self.state = state
        self.point = point
        self.histories: dict[Place, History] = {}
        self.places: dict[int, dict[Place, None]] = {}

    # Reading

    def look(self, key: Key, step: int) -> VersionChain:
        """What ``step`` sees of ``key`` now. Raises Blocked where the nearest versions include an estimate."""
        wipe = self._last_wipe(key, step)
        credits: list[Version] = []
        history = self.histories.get(("value", key))
        for version in history.below(step) if history is not None else ():
            # rule: block-stm.wipe.hides-what-is-below
            # source: Samestate: no version of a slot from before the wipe of its account is seen
            if wipe is not None and version.step < wipe.step:
                break
            self.refuse_estimate(version)
            # rule: block-stm.read.nearest-lower-write
            # source: Block-STM, algorithm 2, read: what the highest lower transaction wrote
            if version.kind is VersionKind.WRITE:
                return VersionChain(version, tuple(reversed(credits)))
            # rule: block-stm.credit.gathered-down-to-the-last-write
            # source: Samestate: a credit adds to what is below it, and hides nothing
            credits.append(version)
        if wipe is not None:
            self.refuse_estimate(wipe)
        return VersionChain(wipe, tuple(reversed(credits)))

    def _last_wipe(self, key: Key, step: int) -> Version | None:
        """The last wipe before ``step`` of the storage that ``key`` is part of."""
        owner = self.codec.storage_owner(key)
        history = self.histories.get(("wipe", owner)) if owner is not None else None
        return next(history.below(step), None) if history is not None else None

    def refuse_estimate(self, version: Version) -> None:
        """Raise Blocked for a version that only says where a value will be."""
        # rule: block-stm.read.estimate-suspends
        # source: Block-STM, algorithm 2, read: an ESTIMATE is no value
        if version.estimate:
            raise Blocked(version.step)

    def value(self, key: Key, chain: VersionChain) -> Value:
        """What a chain amounts to."""
        value = self.state.get(key) if chain.base is None else chain.base.value
        # rule: block-stm.credit.merged-when-read
        # source: Samestate: whoever reads a credited key reads the sum
        for credit in chain.credits:
            value = self.codec.merge(key, value, credit.amount)
        return value

    # Publishing

    def publish(self, step: int, incarnation: int, effects: Effects) -> bool:
        """Make ``effects`` those of ``step``, one place after another, and remove what is no longer among them.

        Whether the step wrote anywhere where its last incarnation had not.
        """
        versions = self.versions_of(step, incarnation, effects)
        before = self.places.get(step, {})
        # rule: block-stm.publish.every-effect
        # source: Block-STM, algorithm 2, apply_write_set
        for place, version in versions.items():
            self.point(PUBLISH, place)
            self.put(place, version)
        # rule: block-stm.publish.removes-what-is-no-longer-written
        # source: Block-STM, algorithm 2, rcu_update_written_locations
        for place in before:
            if place not in versions:
                self.point(REMOVE, place)
                self.remove(place, step)
        self.places[step] = dict.fromkeys(versions)
        # rule: block-stm.publish.tells-of-new-places
        # source: Block-STM, algorithm 2, record: whether a location is new
        return any(place not in before for place in versions)

    def versions_of(self, step: int, incarnation: int, effects: Effects) -> dict[Place, Version]:
        """The versions that the effects are published as. Wipes come first, as what is written was written after."""
        versions: dict[Place, Version] = {}
        # rule: block-stm.wipe.is-a-version
        # source: Samestate: a wipe is published, marked and removed as a write is
        for address in effects.wipes:
            versions["wipe", address] = Version(step, incarnation, VersionKind.WIPE)
        for key, value in effects.writes.items():
            versions["value", key] = Version(step, incarnation, VersionKind.WRITE, value=value)
        for key, amount in effects.credits.items():
            versions["value", key] = Version(step, incarnation, VersionKind.CREDIT, amount=amount)
        return versions

    def put(self, place: Place, version: Version) -> None:
        """Store one version."""
        history = self.histories.get(place)
        # rule: block-stm.memory.one-history-a-key
        # source: Block-STM, algorithm 2: the versions of a location are in one map
        if history is None:
            history = self.histories[place] = History()
        history.put(version)

    def remove(self, place: Place, step: int) -> None:
        """Forget one version."""
        self.histories[place].remove(step)

    def mark_estimates(self, step: int) -> None:
        """Say of all that ``step`` has published that it is about to change. Readers wait instead of reading it."""
        # rule: block-stm.estimate.marks-every-write
        # source: Block-STM, algorithm 2, convert_writes_to_estimates
        for place in self.places.get(step, ()):
            self.point(MARK, place)
            version = self.histories[place].at(step)
            if version is not None:
                self.put(place, replace(version, estimate=True))

    # Validating

    def validate(self, step: int, reads: Mapping[Key, Observation]) -> bool:
        """Whether every read of ``step`` would find the same versions again."""
        # rule: block-stm.validation.every-read
        # source: Block-STM, algorithm 2, validate_read_set
        for key, observation in reads.items():
            self.point(CHECK, key)
            if not self.still_holds(key, step, observation):
                return False
        return True

    def still_holds(self, key: Key, step: int, observation: Observation) -> bool:
        """Whether one read would find the same versions again."""
        try:
            now = self.look(key, step)
        except Blocked:
            # rule: block-stm.validation.estimate-fails
            # source: Block-STM, algorithm 2, validate_read_set: a read that would meet an ESTIMATE does not hold
            return False
        return self.agree(key, observation, now)

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Whether what was seen is what is there, by version: never by value, which may be equal by chance.

        What was told, and not read from memory, cannot be found there again.
        """
        # rule: block-stm.validation.by-version
        # source: Block-STM, algorithm 2, validate_read_set: versions are compared, never values
        return observation.chain is not None and observation.chain.names() == now.names()
