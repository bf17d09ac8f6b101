"""A frame in the middle of a transaction: its commitment, which holds that of the frame that began it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from samestate.conformance.disputing.hashes import NO_PARENT, commit, natural, signed
from samestate.conformance.disputing.memory_pages import PAGE, NotOpened, OpenedMemory, memory_root, root_of_opened
from samestate.conformance.disputing.substates import SubstateContent
from samestate.spec.evm.frame import Frame, Message
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import Item
from samestate.spec.evm.state_gas import StateGasFrame

EMPTY_STACK: Final = bytes(32)
STATE_GAS: Final = ("reservoir", "entry", "first", "grant", "kept", "spilled")
"""The numbers of a frame that pays for new state too."""
WINDOWS: Final = {0xF1: (-6, -7), 0xF2: (-6, -7), 0xF4: (-5, -6), 0xFA: (-5, -6)}
"""Where on the stack a call says where its output is to go, and how much of it."""


class SealedItem:
    """Stands for an item of the stack that was not opened. Nothing can be computed from it."""

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise NotOpened("an item of the stack")

    def __eq__(self, other: object) -> bool:
        raise NotOpened("an item of the stack")


SEALED: Final = cast(int, SealedItem())


@dataclass(slots=True)
class FrameRecord:
    """A frame, and what is known of it that it does not know itself.

    ``below``: the commitment to the items of the stack that are sealed, and how many. ``parent``: the commitment to the
    frame that began it. ``window``: where in the parent's memory its output goes. ``sealed_memory``: the root of a
    memory of which no page is known, and ``siblings`` what stands beside the pages that are.
    """

    frame: Frame
    parent: bytes = NO_PARENT
    window: tuple[int, int] = (0, 0)
    entry_world: bytes = b""
    entry_substate: bytes = b""
    entry_content: SubstateContent | None = None
    below: tuple[bytes, int] = (EMPTY_STACK, 0)
    siblings: tuple[bytes, ...] | None = None
    sealed_memory: bytes = b""
    last: tuple[bytes, bytes] | None = None

    def digest(self) -> bytes:
        """The commitment to the frame as it is now."""
        frame = self.frame
        return commit(
            "frame",
            self.parent,
            message_item(frame.message),
            keccak256(frame.code),
            natural(frame.program_counter),
            natural(frame.gas_left),
            natural(len(frame.stack)),
            stack_digest(frame.stack, self.below),
            natural(len(frame.memory)),
            self.memory_digest(),
            keccak256(frame.return_data),
            state_gas_item(frame),
            [natural(number) for number in self.window],
            self.entry_world,
            self.entry_substate,
        )

    def memory_digest(self) -> bytes:
        """The root of the frame's memory, from the pages that are known and what stands beside them."""
        memory = self.frame.memory
        if self.siblings is None:
            content = bytes(memory)
            if self.last is None or self.last[0] != content:
                self.last = content, memory_root(content)
            return self.last[1]
        assert isinstance(memory, OpenedMemory) and memory.known is not None
        if not memory.known:
            return self.sealed_memory
        return opened_root(memory, self.siblings)


def opened_root(memory: OpenedMemory, siblings: Sequence[bytes]) -> bytes:
    """The root of a memory of which some pages are known."""
    content = bytes(memory)
    pages = {page: content[page * PAGE : (page + 1) * PAGE].ljust(PAGE, b"\0") for page in sorted(memory.known or ())}
    return root_of_opened(pages, siblings)


def message_item(message: Message) -> Item:
    """The message of a frame; its code and data by their hashes."""
    return [
        message.caller,
        message.target,
        b"" if message.code_address is None else message.code_address,
        keccak256(message.code),
        keccak256(message.data),
        natural(message.value),
        natural(message.gas),
        natural(message.depth),
        b"\x01" if message.is_static else b"",
        b"\x01" if message.moves_value else b"",
        b"\x01" if message.runs_precompile else b"",
    ]


def state_gas_item(frame: Frame) -> Item:
    """The numbers of a frame that pays for new state too; none of one that does not."""
    if not isinstance(frame, StateGasFrame):
        return []
    return [signed(getattr(frame, name)) for name in STATE_GAS]


def stack_digest(stack: Sequence[int], below: tuple[bytes, int] = (EMPTY_STACK, 0)) -> bytes:
    """The commitment to a stack, item by item from the bottom. Raises NotOpened where a sealed item was moved."""
    digest, count = below
    if any(item is not SEALED for item in stack[:count]) or len(stack) < count:
        raise NotOpened("an item of the stack")
    for item in stack[count:]:
        if item is SEALED:
            raise NotOpened("an item of the stack")
        digest = keccak256(digest + item.to_bytes(32, "big"))
    return digest
