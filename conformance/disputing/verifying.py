"""Verifying a transcript: every hash, the order of all moves, and the one step that is left, by the specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from samestate.conformance.disputing.hashes import chained
from samestate.conformance.disputing.memory_pages import DEPTH, PAGE, NotOpened, ProofFails
from samestate.conformance.disputing.observing import begin_root, ended_root
from samestate.conformance.disputing.position import Facts, Position
from samestate.conformance.disputing.stepping import Stepped, root_of, step_from
from samestate.conformance.disputing.transcript import Halving, Refused, Transcript, facts_in
from samestate.spec.machine import Rejection

RIGHT: Final = "right"
WRONG: Final = "wrong"
MOST_MEMORY: Final = 64 * 2**20
"""Bytes of memory with which a step is executed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a transcript proves: of which transaction which step, where it leads, and who is right."""

    block: bytes
    transaction: int
    step: int
    stepped: Stepped
    verdict: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Halved:
    """How a halving ends: after so many steps both agree, and one step later each is committed to something else."""

    agreed_at: int
    agreed: bytes
    claims: tuple[bytes, bytes]


def verify(transcript: Transcript) -> Verified:
    """Verify all of a transcript, without either engine. Raises Refused with the place and the reason."""
    facts = facts_in(transcript.block)
    block = follow("transactions", transcript.transactions)
    if transcript.transactions.steps != len(facts.transactions):
        raise Refused("transactions.steps: must be the number of the block's transactions")
    index = block.agreed_at
    if index == 0 and transcript.before != facts.digest():
        raise Refused("before: must be the commitment to the block, since the first transaction is in dispute")
    check("agreed", chained(transcript.before, transcript.agreed.digest()), block.agreed)
    for party in (0, 1):
        claimed = chained(block.agreed, transcript.results[party].digest())
        check(f"results[{party}]", claimed, block.claims[party])

    started = chained(block.agreed, begin_root(facts.digest(), transcript.agreed.world))
    check("instructions.start", started, transcript.instructions.start)
    for party in (0, 1):
        end = chained(transcript.before_ends[party], ended_root(transcript.results[party].digest()))
        check(f"instructions.ends[{party}]", end, transcript.instructions.ends[party])
    steps = follow("instructions", transcript.instructions)

    position = transcript.position
    check_position(position, steps.agreed_at, transcript.agreed.world)
    try:
        root = commitment(facts, index, position)
        if steps.agreed_at == 0 and transcript.before_position != block.agreed:
            raise Refused("before_position: must be what is agreed on before the transaction, since that has not begun")
        check("position", chained(transcript.before_position, root), steps.agreed)
        for party in (0, 1):
            claimed = chained(steps.agreed, transcript.claims[party])
            check(f"claims[{party}]", claimed, steps.claims[party])
        stepped = execute(facts, index, position)
    except NotOpened as missing:
        raise Refused(f"position: does not open what the step uses: {missing}") from missing
    except ProofFails as error:
        raise Refused(f"position: {error}") from error
    right, other = (RIGHT if claim == stepped.root else WRONG for claim in transcript.claims)
    if transcript.verdict != (right, other):
        raise Refused(f"verdict: by the specification must be {right}, {other}, and is {', '.join(transcript.verdict)}")
    return Verified(facts.digest(), index, steps.agreed_at, stepped, (right, other))


def commitment(facts: Facts, index: int, position: Position) -> bytes:
    """The commitment to a position. Raises Refused where it can be none."""
    try:
        return root_of(facts, index, position)
    except (ArithmeticError, LookupError, ValueError, Rejection) as error:
        raise Refused(f"position: is none: {type(error).__name__}: {error}") from error


def execute(facts: Facts, index: int, position: Position) -> Stepped:
    """The one step. Raises Refused where nothing can be executed from such a position."""
    try:
        return step_from(facts, index, position)
    except (ArithmeticError, LookupError, ValueError) as error:
        raise Refused(f"position: nothing can be executed from it: {type(error).__name__}: {error}") from error


def check(place: str, computed: bytes, committed: bytes) -> None:
    """Raise Refused where what is opened is not what was committed to."""
    if computed != committed:
        raise Refused(
            f"{place}: gives the commitment 0x{computed.hex()}, but 0x{committed.hex()} was agreed or claimed"
        )


def check_position(position: Position, step: int, world: bytes) -> None:
    """Raise Refused where a position is not one before that step, or is out of all proportion."""
    if position.began != world:
        raise Refused("position.began: must be the state root that is agreed on before the transaction")
    if step == 0 and position != Position(world, world, nodes=position.nodes, codes=position.codes):
        raise Refused("position: must be that before the transaction, on the state that is agreed on")
    if step > 0 and (position.substate is None or not 1 <= len(position.frames) <= 2):
        raise Refused("position: must have a substate, and one frame or two")
    for number, frame in enumerate(position.frames):
        place = f"position.frames[{number}]"
        if not 0 <= frame.memory_size <= MOST_MEMORY or frame.memory_size % 32:
            raise Refused(f"{place}.memory_size: must be whole words, at most {MOST_MEMORY} bytes")
        if not len(frame.items) <= frame.height <= 1024:
            raise Refused(f"{place}.height: must be at least the number of items, and at most 1024")
        if any(not 0 <= item < 2**256 for item in frame.items):
            raise Refused(f"{place}.items: must be words of 256 bits")
        if any(len(page) != PAGE or not 0 <= at < 2**DEPTH for at, page in frame.pages.items()):
            raise Refused(f"{place}.pages: must have {PAGE} bytes each, and numbers below 2^{DEPTH}")
        if (frame.pages and frame.memory != bytes(32)) or (not frame.pages and frame.siblings):
            raise Refused(f"{place}.memory: must be zero where pages give the root, and has no siblings without pages")


def follow(name: str, halving: Halving) -> Halved:
    """Follow the questions of a halving: each in the middle of what is left, until one step is. Raises Refused."""
    if halving.ends[0] == halving.ends[1]:
        raise Refused(f"{name}.ends: are equal: there is nothing to dispute about")
    if halving.steps < 1:
        raise Refused(f"{name}.steps: must be at least 1")
    low, high = 0, halving.steps
    agreed, claims = halving.start, halving.ends
    for number, move in enumerate(halving.moves):
        if high - low == 1:
            raise Refused(f"{name}.moves[{number}]: comes after one step is left")
        middle = (low + high) // 2
        if move.at != middle:
            raise Refused(f"{name}.moves[{number}].at: must be {middle}, the middle of what is left, and is {move.at}")
        if move.claims[0] == move.claims[1]:
            low, agreed = middle, move.claims[0]
        else:
            high, claims = middle, move.claims
    if high - low != 1:
        raise Refused(f"{name}.moves: end before one step is left: from {low} to {high}")
    return Halved(low, agreed, claims)
