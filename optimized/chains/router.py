"""Routes between chains: a queue for each, an order over all of them, and what became of each number.

Chains are known by their place in the order of their names, so that tuples of numbers order messages. Within a route
everything keeps its order, so what is due at a chain is a merge of the beginnings of the queues that lead there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice, takewhile
from typing import Final, NamedTuple

LOST, WAITING, DONE, FAILED, LEFT_OUT = range(5)
"""What became of a number of a route: nobody was to get it, it is on its way, or how it ended."""

ENDED: Final = {DONE: 1, FAILED: 2, LEFT_OUT: 3}
"""How the ends of messages are written under a root."""


class Terminal(NamedTuple):
    """A chain as its messages see it. ``room``: the longest payload that it takes, in bytes."""

    name: str
    domain: int
    room: int
    messages_per_block: int


class Letter(NamedTuple):
    """A message on its way. Letters compare as they are to be delivered."""

    round: int
    source: int
    transaction: int
    place: int
    sequence: int
    payload: bytes


class Note(NamedTuple):
    """What stands in an outbox. ``sequence`` is -1 where the sender cannot say one."""

    transaction: int
    place: int
    domain: int
    sequence: int
    payload: bytes


class Posted(NamedTuple):
    """What became of a note: where it goes, the number that it took (-1: none of either), or why it does not go."""

    note: Note
    destination: int
    sequence: int
    refusal: str


class Route:
    """One way from a chain to another. ``fates`` has a byte for each number that was taken."""

    __slots__ = ("destination", "fates", "latency", "payloads", "queue", "recipient", "source")

    def __init__(self, source: int, destination: int, latency: int, recipient: bytes) -> None:
        self.source = source
        self.destination = destination
        self.latency = latency
        self.recipient = recipient
        self.queue: deque[Letter] = deque()
        self.fates = bytearray()
        self.payloads: dict[int, bytes] = {}

    def ripe(self, number: int) -> Iterator[Letter]:
        """What is due in a round, in order."""
        return takewhile(lambda letter: letter.round + self.latency <= number, self.queue)

    def fate(self, sequence: int) -> int:
        """What became of a number; of one that was never taken too."""
        return self.fates[sequence] if sequence < len(self.fates) else LOST


class Router:
    """All routes of a plan that was found right. ``terminals`` are in the order of their names."""

    def __init__(self, terminals: Sequence[Terminal], routes: Iterable[tuple[int, int, int, bytes]]) -> None:
        self.terminals = terminals
        self.places = {terminal.name: place for place, terminal in enumerate(terminals)}
        self._domains = {terminal.domain: place for place, terminal in enumerate(terminals)}
        self.routes = {(route[0], route[1]): Route(*route) for route in routes}
        self._arriving: list[list[Route]] = [[] for _ in terminals]
        for route in self.routes.values():
            self._arriving[route.destination].append(route)

    def due(self, destination: int, number: int) -> Iterator[Letter]:
        """What a chain is owed in a round, in order, however much it takes."""
        return merge(*(route.ripe(number) for route in self._arriving[destination]))

    def batch(self, destination: int, number: int) -> list[Letter]:
        """What a block of a chain delivers in a round."""
        return list(islice(self.due(destination, number), self.terminals[destination].messages_per_block))

    def judge(self, destination: int, number: int, claimed: Sequence[tuple[str, int]]) -> str:
        """What is wrong with the messages that a block says it delivers: a code, or nothing."""
        owed = self.due(destination, number)
        limit = self.terminals[destination].messages_per_block
        named: set[tuple[str, int]] = set()
        for count, (name, sequence) in enumerate(claimed):
            route = self.routes.get((self.places.get(name, -1), destination))
            fate = LOST if route is None else route.fate(sequence)
            if fate in ENDED or (name, sequence) in named:
                return "MESSAGE_REPLAYED"
            if route is None or fate == LOST:
                return "MESSAGE_NOT_SENT"
            if not any(letter.sequence == sequence for letter in route.ripe(number)):
                return "MESSAGE_NOT_DUE"
            following = next(owed)
            if (following.source, following.sequence) != (route.source, sequence):
                return "MESSAGE_OUT_OF_ORDER"
            if count >= limit:
                return "TOO_MANY_MESSAGES"
            named.add((name, sequence))
        return "MESSAGE_LEFT_OUT" if len(claimed) < limit and next(owed, None) is not None else ""

    def end(self, destination: int, fates: Iterable[tuple[Letter, int]]) -> None:
        """A chain has used up these messages, the first of what it is owed, and this became of each."""
        for letter, fate in fates:
            route = self.routes[letter.source, destination]
            route.queue.popleft()
            route.fates[letter.sequence] = fate

    def post(self, source: int, number: int, notes: Iterable[Note]) -> list[Posted]:
        """Take what stands in the outbox of a chain after its block of a round, and send what can be sent."""
        return [self._post(source, number, note) for note in notes]

    def _post(self, source: int, number: int, note: Note) -> Posted:
        destination = self._domains.get(note.domain, -1)
        route = self.routes.get((source, destination))
        if route is None:
            return Posted(note, -1, -1, "NO_LINK")
        taken = len(route.fates)
        if note.sequence not in (-1, taken):
            return Posted(note, destination, -1, "SEQUENCE_REPLAYED" if note.sequence < taken else "SEQUENCE_GAP")
        if len(note.payload) > self.terminals[destination].room:
            route.fates.append(LOST)
            return Posted(note, destination, taken, "PAYLOAD_DOES_NOT_FIT")
        route.fates.append(WAITING)
        route.payloads[taken] = note.payload
        route.queue.append(Letter(number, source, note.transaction, note.place, taken, note.payload))
        return Posted(note, destination, taken, "")
