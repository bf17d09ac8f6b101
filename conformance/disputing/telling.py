"""A dispute in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samestate.conformance.disputing.game import Dispute
from samestate.conformance.disputing.playing import PlayedSteps
from samestate.conformance.disputing.position import TransactionResult
from samestate.conformance.disputing.verifying import Verified
from samestate.conformance.fixtures.strict_json import parse_json

SHOWN = 100
FIELDS = ("opName", "pc", "depth", "gas", "stateGasReservoir", "stack", "memSize", "memory", "returnData")


def tell(dispute: Dispute, proven: Verified) -> Iterator[str]:
    """What was asked, what step is left, and what each party says of it, a line each."""
    transcript = dispute.transcript
    moves = transcript.transactions.moves, transcript.instructions.moves
    yield f"transaction {dispute.transaction} of {transcript.transactions.steps}: found by {questions(len(moves[0]))}"
    yield f"step {dispute.step} of {transcript.instructions.steps}: found by {questions(len(moves[1]))}"
    yield f"the step: {step_of(dispute.steps[0], dispute.step)}"
    sides = tuple(
        after(steps, dispute.step, result) for steps, result in zip(dispute.steps, transcript.results, strict=True)
    )
    names = [name for name in dict.fromkeys((*sides[0], *sides[1])) if sides[0].get(name) != sides[1].get(name)]
    for name, side, word in zip(transcript.engines, sides, proven.verdict, strict=True):
        yield f"{name} is {word}"
        if not names:
            yield "  what differs is in storage, accounts or what the transaction carries along, which no line shows"
        for each in names:
            yield f"  {each}: {short(side.get(each, 'nothing'))}"


def questions(count: int) -> str:
    """How many questions were asked."""
    return "1 question" if count == 1 else f"{count} questions"


def step_of(steps: PlayedSteps, step: int) -> str:
    """The instruction of a step, and where it is."""
    if step == 0:
        return "the beginning of the transaction, before its first instruction"
    fields: Any = parse_json(steps.lines[step - 1])
    stack = fields["stack"][-3:]
    top = f", on top of the stack {', '.join(reversed(stack))}" if stack else ""
    return f"{fields['opName']} at {fields['pc']}, depth {fields['depth']}, with gas {fields['gas']}{top}"


def after(steps: PlayedSteps, step: int, result: TransactionResult) -> dict[str, object]:
    """Where a party is after a step: the line of the next instruction, or the result of the transaction."""
    if step < len(steps.lines):
        line: Any = parse_json(steps.lines[step])
        return {"next": "an instruction", **{name: line[name] for name in FIELDS if name in line}}
    return {
        "next": "the end of the transaction",
        "status": result.status,
        "state root": f"0x{result.world.hex()}",
        "gas used": result.gas_used,
        "execution gas": result.execution_gas,
        "state gas": result.state_gas,
        "logs": f"0x{result.logs.hex()}",
    }


def short(value: object) -> str:
    """A value, not too much of it; of a stack the top first."""
    text = ", ".join(reversed(value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
