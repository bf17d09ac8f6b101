"""The game: two parties are asked in turn, until one step is left over which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samestate.conformance.disputing.hashes import chained
from samestate.conformance.disputing.opening import open_position
from samestate.conformance.disputing.parties import Party
from samestate.conformance.disputing.playing import Played, PlayedSteps
from samestate.conformance.disputing.position import Facts, TransactionResult
from samestate.conformance.disputing.stepping import step_from
from samestate.conformance.disputing.transcript import FORMAT, Halving, Move, Transcript, block_of
from samestate.conformance.disputing.verifying import RIGHT, WRONG, follow
from samestate.conformance.errors import InputError
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.spec.evm.state import FlatState

OPENED = "opened"
"""The status of what comes before the first transaction."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Both parties are committed to the same after every transaction: there is nothing to dispute about."""

    transactions: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """A game that was played, and what the parties say of the transaction that was left."""

    transcript: Transcript
    transaction: int
    step: int
    steps: tuple[PlayedSteps, PlayedSteps]


def play(block: TraceableBlock, facts: Facts, played: Played, parties: tuple[Party, Party]) -> Dispute | Agreement:
    """Play the game over a block. Raises InputError where it cannot be played."""
    results = [list(party.results()) for party in parties]
    count = len(facts.transactions)
    for party, given in zip(parties, results, strict=True):
        if len(given) != count:
            raise InputError(f"{party.name}: has results of {len(given)} transactions, and the block has {count}")
    start = TransactionResult(played.states[0].root(), OPENED)
    histories = [history(facts.digest(), [start.digest(), *(each.digest() for each in given)]) for given in results]
    if not count or histories[0][-1] == histories[1][-1]:
        return Agreement(count)
    transactions = halve(histories)
    found = follow("transactions", transactions)
    index = found.agreed_at

    steps = (parties[0].steps(index), parties[1].steps(index))
    longest = max(len(each.roots) for each in steps)
    padded = [[*each.roots, *[each.roots[-1]] * (longest - len(each.roots))] for each in steps]
    inside = [history(found.agreed, roots) for roots in padded]
    if inside[0][-1] == inside[1][-1]:
        raise InputError(f"transaction {index}: the engines differ after it, but not in what they say of its end")
    instructions = halve(inside)
    left = follow("instructions", instructions)
    before = played.states[index]
    assert isinstance(before, FlatState)
    check_truth(parties, results, index, played)
    position = open_position(block, facts, index, before, left.agreed_at)
    stepped = step_from(facts, index, position)
    claims = (padded[0][left.agreed_at + 1], padded[1][left.agreed_at + 1])
    agreed = start if index == 0 else results[0][index - 1]
    transcript = Transcript(
        format=FORMAT,
        engines=(parties[0].name, parties[1].name),
        block=block_of(facts),
        transactions=transactions,
        before=facts.digest() if index == 0 else histories[0][index - 1],
        agreed=agreed,
        results=(results[0][index], results[1][index]),
        instructions=instructions,
        before_ends=(inside[0][-2], inside[1][-2]),
        before_position=found.agreed if left.agreed_at == 0 else inside[0][left.agreed_at - 1],
        position=position,
        claims=claims,
        verdict=(verdict(claims[0], stepped.root), verdict(claims[1], stepped.root)),
    )
    return Dispute(transcript, index, left.agreed_at, steps)


def check_truth(
    parties: tuple[Party, Party], results: Sequence[Sequence[TransactionResult]], index: int, played: Played
) -> None:
    """Raise InputError where both parties agree on a state from which the specification would not have come here."""
    for number in range(index):
        if results[0][number] != played.results[number]:
            names = " and ".join(party.name for party in parties)
            raise InputError(
                f"{names} agree on transaction {number}, but the specification does not: let one play against it"
            )


def history(before: bytes, roots: Sequence[bytes]) -> list[bytes]:
    """The commitments after each root, each of which commits to all that came before it."""
    made: list[bytes] = []
    for root in roots:
        before = chained(before, root)
        made.append(before)
    return made


def halve(histories: Sequence[Sequence[bytes]]) -> Halving:
    """Ask in the middle of what is left until one step is."""
    low, high = 0, len(histories[0]) - 1
    moves: list[Move] = []
    while high - low > 1:
        middle = (low + high) // 2
        claims = (histories[0][middle], histories[1][middle])
        moves.append(Move(middle, claims))
        if claims[0] == claims[1]:
            low = middle
        else:
            high = middle
    return Halving(len(histories[0]) - 1, histories[0][0], (histories[0][-1], histories[1][-1]), tuple(moves))


def verdict(claim: bytes, truth: bytes) -> str:
    """Whether a party is right about a step."""
    return RIGHT if claim == truth else WRONG
