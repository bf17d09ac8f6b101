"""The ways in which a call frame ends before its code does."""

from __future__ import annotations


class Halt(Exception):  # noqa: N818 - the yellow paper's word
    """A frame ended abnormally: its effects are undone.

    A value: outcomes hold it, and two outcomes are equal where their frames ended for the same reason.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Halt) and type(self) is type(other) and self.args == other.args

    def __hash__(self) -> int:
        return hash((type(self), self.args))


class Reverted(Halt):
    """REVERT: effects are undone, the gas that is left goes back, output goes to the caller."""


class ExceptionalHalt(Halt):
    """Effects are undone and all gas of the frame is consumed (yellow paper, section 9.4.2)."""


class OutOfGas(ExceptionalHalt):
    """The next operation costs more than is left: its argument says how much, where it was a single price."""


class OutOfStateGas(OutOfGas):
    """New state costs more than reservoir and gas that is left hold together: its argument says how much (EIP-8037)."""


class StackUnderflow(ExceptionalHalt):
    """An instruction takes more items than the stack has."""


class StackOverflow(ExceptionalHalt):
    """The stack would hold more than 1024 items."""


class InvalidOpcode(ExceptionalHalt):
    """No instruction of this fork has the opcode."""


class InvalidImmediate(ExceptionalHalt):
    """The byte after DUPN, SWAPN or EXCHANGE names no items of the stack (EIP-8024)."""


class InvalidJump(ExceptionalHalt):
    """A jump to a place that is no JUMPDEST."""


class WriteInStaticContext(ExceptionalHalt):
    """An instruction that changes state inside STATICCALL (EIP-214)."""


class ReturnDataOutOfBounds(ExceptionalHalt):
    """RETURNDATACOPY past the end of the return data (EIP-211)."""


class AddressCollision(ExceptionalHalt):
    """A creation at an address that is taken (EIP-684, EIP-7610)."""


class InvalidContractPrefix(ExceptionalHalt):
    """A creation that would deploy code that starts with 0xEF (EIP-3541)."""


class CodeTooLarge(ExceptionalHalt):
    """A creation that would deploy more code than an account may have (EIP-170)."""


class InitcodeTooLarge(ExceptionalHalt):
    """CREATE or CREATE2 with more initialization code than allowed (EIP-3860)."""


class PrecompileFailed(ExceptionalHalt):
    """A precompile rejected its input."""
