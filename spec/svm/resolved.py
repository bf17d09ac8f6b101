"""Resolved messages: a message with the keys that its lookups bring, and what it may do with each key."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.svm.message import CompiledInstruction, TransactionMessage


@dataclass(frozen=True, slots=True)
class ResolvedMessage:
    """A message whose keys are all known.

    ``keys``: the static ones, then the writable ones of all lookups in their order, then the readonly ones.
    ``writable_requested`` is what header and lookups ask for, which is what locks cost; ``writable`` is what is
    granted, once reserved keys and the programs of instructions are left out. Both by the index of the key.
    """

    message: TransactionMessage
    keys: tuple[bytes, ...]
    writable_requested: tuple[bool, ...]
    writable: tuple[bool, ...]

    @property
    def fee_payer(self) -> bytes:
        """Who pays: the first key, which signs and is writable."""
        return self.keys[0]

    @property
    def signatures(self) -> int:
        """How many keys sign."""
        return self.message.header.required_signatures

    @property
    def instructions(self) -> tuple[CompiledInstruction, ...]:
        """The instructions, in order."""
        return self.message.instructions

    def is_signer(self, index: int) -> bool:
        """Whether the key of that index signs."""
        return index < self.message.header.required_signatures

    def is_writable(self, index: int) -> bool:
        """Whether the account of that index may be changed: what was requested and not taken back."""
        return self.writable[index]

    def locks_for_writing(self, address: bytes) -> bool:
        """Whether the account under an address may be changed."""
        return address in self.keys and self.writable[self.keys.index(address)]

    def is_static(self, index: int) -> bool:
        """Whether the key of that index stands in the message itself."""
        return index < len(self.message.keys)

    def program_of(self, instruction: CompiledInstruction) -> bytes:
        """The address of an instruction's program."""
        return self.keys[instruction.program]
