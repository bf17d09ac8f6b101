"""EIP-3155: a line of JSON for each instruction that a transaction executes, and one for the transaction.

Where the proposal leaves a choice, or clients differ:

- ``gas``, ``stack``, ``memSize`` and ``memory`` are from before the instruction; ``returnData`` is what the last call
  of the frame gave; ``refund`` is the counter once the instruction's gas is paid, as a JSON number (as geth and EELS);
  where that could not be paid it stays as it was (of SSTORE geth 1.17.10 prints what it would have become).
- ``depth`` is 1 for the outermost frame. System calls are not traced, and code that is empty has no lines.
- ``gasCost`` of a call holds the gas that goes along but not the stipend; that of a creation does not hold the gas that
  goes along (as geth and EELS).
- An instruction that ends its frame exceptionally has an ``error``: the name of the halt. Its ``gasCost`` is the price
  that could not be paid, or else all gas that was left, since that is what it cost. REVERT has the error ``Reverted``.
- An opcode that no instruction has is called ``INVALID``, as 0xfe is (EELS: ``InvalidOpcode``); 0x20 is ``KECCAK256``.
- The refund counter holds what authorizations earn before the first instruction, too (as geth; EELS leaves it out).
- ``gasUsed`` of the last line is the gas that the transaction used in all, as in its receipt; geth and EELS give that
  of the outermost frame, without intrinsic gas and refunds.
- ``output`` is hex without a prefix, as in the proposal; that of a creation is the code that it deployed.

Where new state has a price of its own (EIP-8037, since Amsterdam), and nowhere else, each line says in two fields more
what it does with that; every line stays one that readers of EIP-3155 take. Names and meaning are those of
ethereum/execution-apis#852 and, in lines of EIP-3155, of Erigon. geth prints no state gas; its other fields are these.

- ``stateGasReservoir`` is what is in the reservoir before the instruction. ``gas`` is without it, ``gasCost`` without
  state gas: where the reservoir does not suffice, ``gas`` falls by more than ``gasCost`` says.
- ``stateGasCost`` is by how much the instruction changes the state gas that the transaction has used, negative where a
  slot that it has set is cleared again. Both are JSON numbers. An instruction that ends its frame exceptionally changes
  nothing: it has 0, or for the error ``OutOfStateGas`` the price that could not be paid.
- What no instruction pays is in no line: before the code delegations and the account that the transaction makes, after
  it the bytes of a contract's code and what a failed frame gives back.
- The last line has the sums: ``executionGasUsed`` and ``stateGasUsed`` are what the transaction adds to the block's
  counts, ``gasRefund`` what came back. ``gasUsed`` is what was paid for: the two less the refund, unless the floor of
  the data is more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.gas import CALL_STIPEND, all_but_one_64th
from samestate.spec.evm.halts import OutOfGas, OutOfStateGas, Reverted
from samestate.spec.evm.state_gas import StateGasFrame
from samestate.spec.evm.transaction_execution import Outcome
from samestate.spec.machine import Rejection

UNDEFINED: Final = "INVALID"
CALLS: Final = frozenset({"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})
CALLS_WITH_VALUE: Final = frozenset({"CALL", "CALLCODE"})


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What a line shows beside the fields that it always has."""

    stack: bool = True
    memory: bool = False
    return_data: bool = True


EVERYTHING_BUT_MEMORY: Final = TraceOptions()


class Unfinished(NamedTuple):
    """The line of an instruction whose price is not known yet: it is known once its gas is paid."""

    frame: Frame
    mnemonic: str
    gas: int
    requested: int
    """The gas that a call would like to give."""
    value: int
    """The value that a call sends."""
    state_gas: int
    """The state gas that the frame and those that it called had used."""
    spilled: int
    """The part of it that was taken from the gas that is left."""
    fields: dict[str, object]


class LineTracer:
    """Writes a line for each instruction. Implements :class:`samestate.spec.evm.frame.Tracer`.

    At any time there is at most one line unfinished: an instruction has paid its gas when the next one of its frame
    begins, when a frame that it calls begins, or when its own frame ends.
    """

    def __init__(self, write: Callable[[str], object], options: TraceOptions = EVERYTHING_BUT_MEMORY) -> None:
        self._write = write
        self._options = options
        self._unfinished: Unfinished | None = None
        self._output = b""

    @property
    def output(self) -> bytes:
        """What the outermost frame returned: for a creation the code to be deployed."""
        return self._output

    def enter(self, frame: Frame) -> None:
        """A frame begins: the instruction that called it has paid its gas."""
        caller = self._unfinished
        if caller is not None:
            along = frame.message.gas if frame.message.is_creation else 0
            reservoir = frame.first if isinstance(frame, StateGasFrame) else 0
            used = state_gas_used(caller.frame) - reservoir - caller.state_gas
            self._finish(caller, caller.gas - caller.frame.gas_left - along - spill_of(caller), state_gas=used)

    def step(self, frame: Frame, opcode: int) -> None:
        """An instruction begins: the one before it has ended."""
        if self._unfinished is not None:
            ended = self._unfinished
            self._finish(ended, cost_of_ended(ended), state_gas=state_gas_used(ended.frame) - ended.state_gas)
        if not frame.code:
            return
        instruction = frame.context.fork.instruction_table[opcode]
        mnemonic = instruction.mnemonic if instruction is not None else UNDEFINED
        takes_arguments = mnemonic in CALLS and instruction is not None and len(frame.stack) >= instruction.pops
        self._unfinished = Unfinished(
            frame=frame,
            mnemonic=mnemonic,
            gas=frame.gas_left,
            requested=frame.stack[-1] if takes_arguments else 0,
            value=frame.stack[-3] if takes_arguments and mnemonic in CALLS_WITH_VALUE else 0,
            state_gas=state_gas_used(frame),
            spilled=frame.spilled if isinstance(frame, StateGasFrame) else 0,
            fields=self._fields(frame, opcode, mnemonic),
        )

    def leave(self, frame: Frame) -> None:
        """A frame has ended, and with it its last instruction."""
        if frame.message.depth == 0:
            self._output = frame.output
        last = self._unfinished
        if last is None or last.frame is not frame:
            return
        halt = frame.halt
        if halt is None:
            self._finish(last, cost_of_ended(last), state_gas=state_gas_used(frame) - last.state_gas)
        elif isinstance(halt, Reverted):
            self._finish(last, cost_of_ended(last), "Reverted")
        elif isinstance(halt, OutOfStateGas):
            self._finish(last, last.gas, type(halt).__name__, state_gas=halt.args[0])
        else:
            price = halt.args[0] if isinstance(halt, OutOfGas) and halt.args else last.gas
            self._finish(last, price, type(halt).__name__)

    def _fields(self, frame: Frame, opcode: int, mnemonic: str) -> dict[str, object]:
        """The fields in the order of the proposal; price, refund and error come when the line is finished."""
        options = self._options
        fields: dict[str, object] = {
            "pc": frame.program_counter,
            "op": opcode,
            "gas": hex(frame.gas_left),
            "gasCost": "",
        }
        if isinstance(frame, StateGasFrame):
            fields |= {"stateGasCost": 0, "stateGasReservoir": frame.reservoir}
        if options.stack:
            fields["stack"] = [hex(word) for word in frame.stack]
        fields["depth"] = frame.message.depth + 1
        if options.return_data:
            fields["returnData"] = "0x" + frame.return_data.hex()
        fields |= {"refund": 0, "memSize": len(frame.memory), "opName": mnemonic}
        if options.memory:
            fields["memory"] = "0x" + frame.memory.hex()
        return fields

    def _finish(self, line: Unfinished, cost: int, error: str | None = None, state_gas: int = 0) -> None:
        fields = line.fields
        fields["gasCost"] = hex(cost)
        if "stateGasCost" in fields:
            fields["stateGasCost"] = state_gas
        fields["refund"] = line.frame.substate.refund
        if error is not None:
            fields["error"] = error
        self._unfinished = None
        self._write(to_line(fields))


def state_gas_used(frame: Frame) -> int:
    """The state gas that a frame and those that it called have used so far, where there is such a thing."""
    return frame.state_gas_used if isinstance(frame, StateGasFrame) else 0


def spill_of(line: Unfinished) -> int:
    """How much of its state gas an instruction has taken from the gas that is left; negative where that came back."""
    return line.frame.spilled - line.spilled if isinstance(line.frame, StateGasFrame) else 0


def cost_of_ended(line: Unfinished) -> int:
    """What an instruction cost that called no frame, without state gas.

    A call that could not begin has got back the gas that was to go along, with the stipend, and what it paid for a new
    account; its cost counts the gas that was to go along all the same, as that of a call that began.
    """
    frame = line.frame
    cost = line.gas - frame.gas_left - spill_of(line)
    if line.mnemonic not in CALLS:
        return cost
    if line.value:
        cost += CALL_STIPEND
    spilled = max(0, frame.grant - frame.reservoir) if isinstance(frame, StateGasFrame) else 0
    return cost + min(line.requested, all_but_one_64th(line.gas - cost - spilled))


def summary_of(outcome: Outcome, output: bytes, fork: Fork, state_root: bytes | None = None) -> dict[str, object]:
    """The last line: what the transaction did. ``state_root`` is the root after it, where that is known.

    ``output`` is what the outermost frame returned.
    """
    has_output = outcome.succeeded or isinstance(outcome.halt, Reverted)
    summary: dict[str, object] = {}
    if state_root is not None:
        summary["stateRoot"] = "0x" + state_root.hex()
    summary |= {
        "output": output.hex() if has_output else "",
        "gasUsed": hex(outcome.gas_used),
        "pass": outcome.succeeded,
        "fork": fork.name,
    }
    if counts_state_gas(fork):
        summary |= {
            "executionGasUsed": hex(outcome.execution_gas),
            "stateGasUsed": hex(outcome.state_gas),
            "gasRefund": hex(outcome.gas_refunded),
        }
    if outcome.halt is not None:
        summary["error"] = type(outcome.halt).__name__
    return summary


def summary_of_rejection(rejection: Rejection, fork: str) -> dict[str, object]:
    """The only line of a transaction that is not executed at all."""
    return {"output": "", "gasUsed": "0x0", "pass": False, "fork": fork, "error": f"rejected: {rejection}"}


def to_line(fields: dict[str, object]) -> str:
    """A line of a trace, with its end."""
    return json.dumps(fields, separators=(",", ":")) + "\n"
