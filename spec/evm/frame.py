"""A call frame: one execution of one code, with its stack, memory and gas."""

# source: yellow paper, section 9.4.2

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.gas import memory_total
from samestate.spec.evm.halts import Halt, OutOfGas, WriteInStaticContext
from samestate.spec.evm.jump_destinations import JumpDestinations, jump_destinations
from samestate.spec.evm.substate import Mark, Substate
from samestate.spec.evm.world import World

if TYPE_CHECKING:
    from samestate.spec.evm.fork import Fork

STACK_LIMIT = 1024
CALL_DEPTH_LIMIT = 1024
WORD_LIMIT = 2**256


class Tracer(Protocol):
    """Watches an execution without changing it (EIP-3155)."""

    def enter(self, frame: Frame) -> None:
        """A frame begins."""

    def step(self, frame: Frame, opcode: int) -> None:
        """The frame is about to execute ``opcode``."""

    def leave(self, frame: Frame) -> None:
        """A frame has ended."""


@dataclass(frozen=True, slots=True)
class TransactionContext:
    """What all frames of one transaction share. Prices in wei."""

    fork: Fork
    environment: Environment
    world: World
    substate: Substate
    origin: bytes
    gas_price: int
    blob_versioned_hashes: tuple[bytes, ...] = ()
    tracer: Tracer | None = None


@dataclass(slots=True)
class Message:
    """A call or a creation that is to be executed.

    ``target`` is the account that the code runs as; ``code_address`` is where the code is from, None for a creation.
    ``value`` in wei is what CALLVALUE gives; it is moved from ``caller`` only if ``moves_value``.
    """

    caller: bytes
    target: bytes
    code_address: bytes | None
    code: bytes
    data: bytes
    value: int
    gas: int
    depth: int
    is_static: bool = False
    moves_value: bool = True
    runs_precompile: bool = True
    """False where the code comes by delegation: a delegation to a precompile runs no code (EIP-7702)."""

    @property
    def is_creation(self) -> bool:
        """Whether the code is initialization code, whose output becomes the target's code."""
        return self.code_address is None


class Frame:
    """One execution of one code.

    Words on the stack are integers below 2**256, its top is the end of the list. ``gas_left`` may never be exceeded:
    :meth:`charge` sees to it. After the end ``halt`` says why the frame failed, or is None.
    """

    __slots__ = (
        "code",
        "context",
        "destinations",
        "gas_left",
        "halt",
        "marks",
        "memory",
        "message",
        "output",
        "program_counter",
        "return_data",
        "running",
        "stack",
        "substate",
        "world",
    )

    def __init__(self, context: TransactionContext, message: Message) -> None:
        self.context = context
        self.message = message
        self.world = context.world
        self.substate = context.substate
        self.code = message.code
        self.gas_left = message.gas
        self.program_counter = 0
        self.stack: list[int] = []
        self.memory = bytearray()
        self.return_data = b""
        self.output = b""
        self.running = True
        self.halt: Halt | None = None
        self.destinations: JumpDestinations | None = None
        self.marks: tuple[int, Mark] = (0, (0, 0, 0))
        """What a failure of this frame takes view and substate back to, once the frame has begun."""

    def charge(self, amount: int) -> None:
        """Pay ``amount`` gas, or halt where that is more than is left."""
        if amount > self.gas_left:
            # rule: evm.frame.out-of-gas
            raise OutOfGas(amount)
        self.gas_left -= amount

    def require(self, amount: int) -> None:
        """Halt where ``amount`` gas is more than is left, and pay nothing yet."""
        if amount > self.gas_left:
            # rule: evm.frame.out-of-gas-before-access
            # source: EIP-7928, Gas Validation Before State Access
            raise OutOfGas(amount)

    def child(self, message: Message) -> Frame:
        """The frame of a call or a creation that this one begins, once the gas of the message has been set aside."""
        return Frame(self.context, message)

    def take_back(self, child: Frame) -> None:
        """A frame that this one began has ended: what gas it has left comes back."""
        # rule: evm.call.gas-comes-back
        # source: yellow paper, section 8
        self.gas_left += child.gas_left

    def take_back_unused(self, message: Message) -> None:
        """A call could not begin: its gas comes back."""
        # rule: evm.call.unused-gas-comes-back
        # source: yellow paper, appendix H.2
        self.gas_left += message.gas

    def give_back(self) -> None:
        """This frame has failed. What it has paid stays paid, unless a fork says otherwise."""

    def may_jump_to(self, place: int) -> bool:
        """Whether a jump may land at ``place`` of the code. The code is analysed when it first jumps."""
        if self.destinations is None:
            self.destinations = jump_destinations(self.code)
        return place in self.destinations

    def forbid_in_static_context(self) -> None:
        """Halt where this frame may not change state (EIP-214)."""
        if self.message.is_static:
            # rule: evm.frame.static-violation
            # source: EIP-214, specification
            raise WriteInStaticContext

    def expansion(self, *ranges: tuple[int, int]) -> int:
        """What it costs to make memory reach over every ``(offset, size)``. A size of zero reaches nowhere."""
        end = len(self.memory)
        for offset, size in ranges:
            if size:
                end = max(end, offset + size)
        if end == len(self.memory):
            return 0
        # rule: evm.memory.expansion
        # source: yellow paper, appendix H.1
        return memory_total(end) - memory_total(len(self.memory))

    def expand(self, offset: int, size: int) -> None:
        """Make memory reach over ``size`` bytes at ``offset``, in whole words, once that has been paid for."""
        missing = offset + size - len(self.memory)
        if size and missing > 0:
            self.memory.extend(bytes((missing + 31) // 32 * 32))

    def read_memory(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset`` of a memory that reaches that far."""
        self.expand(offset, size)
        return bytes(self.memory[offset : offset + size]) if size else b""

    def write_memory(self, offset: int, data: bytes) -> None:
        """Put ``data`` at ``offset`` of a memory that reaches that far."""
        if data:
            self.expand(offset, len(data))
            self.memory[offset : offset + len(data)] = data


def copy_padded(data: bytes | bytearray, offset: int, size: int) -> bytes:
    """``size`` bytes of ``data`` from ``offset``, as if zeros followed its end."""
    if offset >= len(data):
        return bytes(size)
    return bytes(data[offset : offset + size]).ljust(size, b"\x00")


def to_address(word: int) -> bytes:
    """The address in the low 20 bytes of a word."""
    return (word & (2**160 - 1)).to_bytes(20, "big")
