"""Opening a position for one step: no more of stack, memory and state than the step uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from samestate.conformance.disputing.frames import (
    STATE_GAS,
    FrameRecord,
    stack_digest,
)
from samestate.conformance.disputing.memory_pages import PAGE, OpenedMemory, memory_root, siblings_of
from samestate.conformance.disputing.observing import Observer
from samestate.conformance.disputing.playing import at_step
from samestate.conformance.disputing.position import Facts, OpenedFrame, Position
from samestate.conformance.disputing.stepping import Step
from samestate.conformance.disputing.substates import content_of
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, nonce_key
from samestate.spec.evm.rlp import encode, integer
from samestate.spec.evm.state import FlatState, WitnessState
from samestate.spec.evm.state_gas import StateGasFrame
from samestate.spec.evm.state_trie import AccountLeaf, StateTrie
from samestate.spec.machine import State
from samestate.spec.state.patricia import Branch, Extension, Node, Trie, Unresolved, _item, reference

DEEP: Final = frozenset({"DUPN", "SWAPN", "EXCHANGE"})
"""Instructions whose operand says which items of the stack they use: the whole stack is opened for them."""


class Recorded(dict[bytes, bytes]):
    """Bytes by their hash, and which of them were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[bytes] = set()

    def add(self, values: Iterable[bytes]) -> None:
        """Add some."""
        self.update((keccak256(value), value) for value in values)

    def get(self, key: bytes, default: bytes | None = None) -> bytes | None:  # type: ignore[override]
        """The bytes of that hash."""
        found = super().get(key, default)
        if found is not None:
            self.asked.add(found)
        return found


def recorded_state(root: bytes, nodes: Recorded, codes: Recorded) -> WitnessState:
    """A state by its nodes, which notes the nodes and codes that are used."""
    state = WitnessState(root, (), ())
    state._trie = StateTrie.partial(root, nodes)
    state._codes = codes
    return state


def nodes_of_state(state: FlatState) -> tuple[list[bytes], list[bytes]]:
    """Every node of the tries of a whole state, and every code."""
    nodes: list[bytes] = []
    leaves: dict[bytes, bytes] = {}
    codes: list[bytes] = []
    for address in {*state.accounts, *state.storage, *state.empty_accounts}:
        slots = state.storage.get(address, {})
        storage = Trie.from_items(
            {keccak256(slot.to_bytes(32, "big")): encode(integer(value)) for slot, value in slots.items()}
        )
        nodes += nodes_of_trie(storage)
        code = state.get(code_key(address)) or b""
        codes.append(code)
        leaves[keccak256(address)] = AccountLeaf(
            int.from_bytes(state.get(nonce_key(address)) or b"", "big"),
            int.from_bytes(state.get(balance_key(address)) or b"", "big"),
            storage.root(),
            keccak256(code),
        ).encode()
    return nodes + nodes_of_trie(Trie.from_items(leaves)), codes


def nodes_of_trie(trie: Trie) -> list[bytes]:
    """The encodings of all nodes of a whole trie."""
    found: list[bytes] = []

    def collect(node: Node | None) -> None:
        if node is None or isinstance(node, Unresolved):
            return
        reference(node)
        found.append(encode(_item(node)))
        if isinstance(node, Branch):
            for child in node.children:
                collect(child)
        elif isinstance(node, Extension):
            collect(node.child)

    collect(trie._node)
    return found


def open_position(block: TraceableBlock, facts: Facts, index: int, before: FlatState, wanted: int) -> Position:
    """What a step of a transaction takes: the beginning for 0, or the instruction of that number, from 1."""
    if wanted == 0:
        proof = Proof(before, block.before, None)
        position = Position(before.root(), before.root())
        Step(facts, index, position, proof.states).run()
        return replace(position, nodes=proof.nodes(), codes=proof.codes())
    found: list[Position] = []

    def look(observer: Observer, opcode: int) -> None:
        found.append(opened_for_step(block, facts, index, observer, opcode))

    at_step(block, index, before, wanted, look)
    return found[0]


def opened_for_step(block: TraceableBlock, facts: Facts, index: int, observer: Observer, opcode: int) -> Position:
    """The position that an observer has come to, opened for the instruction that is about to begin there."""
    view, records = observer.view, observer.records
    top, both = records[-1], records[-1:-3:-1]
    substate = content_of(top.frame.substate)
    whole = Position(
        observer.began,
        view.root(),
        substate,
        tuple(opened(record, len(record.frame.stack), set()) for record in both),
        both[-1].parent,
    )
    whole = replace(whole, frames=(replace(whole.frames[0], entry=top.entry_content), *whole.frames[1:]))
    proof = Proof(view.after(view.writes, view.credits, view.wipes), block.before, view.state_at(top.frame.marks[0]))
    trial = Step(facts, index, whole, proof.states)
    frames = [record.frame for record in reversed(trial.observer.records)]
    for record, live in zip(reversed(trial.observer.records), both, strict=True):
        record.frame.memory = OpenedMemory(live.frame.memory, None)
        record.siblings = None
    trial.run()
    has_ended = all(record.frame is not frames[0] for record in trial.observer.records)
    used = [touched(frame.memory) for frame in frames]
    first = opened(top, items_used(block, top, opcode), used[0])
    if frames[0].halt is not None:
        first = replace(first, entry=top.entry_content)
    if has_ended and len(both) == 2:
        return Position(
            observer.began,
            view.root(),
            substate,
            (first, opened(both[1], 0, used[1])),
            both[1].parent,
            proof.nodes(),
            proof.codes(),
        )
    return Position(observer.began, view.root(), substate, (first,), top.parent, proof.nodes(), proof.codes())


def items_used(block: TraceableBlock, record: FrameRecord, opcode: int) -> int:
    """How many items of the stack an instruction uses."""
    instruction = block.fork.instruction_table[opcode]
    height = len(record.frame.stack)
    if instruction is None:
        return 0
    return height if instruction.mnemonic in DEEP else min(height, instruction.pops)


def opened(record: FrameRecord, items: int, pages: set[int]) -> OpenedFrame:
    """A frame with so many items from the top of its stack, and these pages of its memory."""
    frame = record.frame
    sealed = len(frame.stack) - items
    content = bytes(frame.memory)
    return OpenedFrame(
        message=frame.message,
        program_counter=frame.program_counter,
        gas_left=frame.gas_left,
        height=len(frame.stack),
        below=stack_digest(frame.stack[:sealed]),
        items=tuple(frame.stack[sealed:]),
        memory_size=len(content),
        memory=bytes(32) if pages else memory_root(content),
        pages={page: content[page * PAGE : (page + 1) * PAGE].ljust(PAGE, b"\0") for page in sorted(pages)},
        siblings=tuple(siblings_of(content, pages)) if pages else (),
        return_data=frame.return_data,
        state_gas=tuple(getattr(frame, name) for name in STATE_GAS) if isinstance(frame, StateGasFrame) else (),
        window=record.window,
        entry_world=record.entry_world,
        entry_substate=record.entry_substate,
    )


class Proof:
    """The states of a step by all their nodes, and then those of these that the step has used."""

    def __init__(self, before: State, block_before: State, entry: State | None) -> None:
        self._nodes, self._codes = Recorded(), Recorded()
        for state in (before, block_before, entry):
            if state is not None:
                assert isinstance(state, FlatState)
                nodes, codes = nodes_of_state(state)
                self._nodes.add(nodes)
                self._codes.add(codes)
        self.states = (
            recorded_state(before.root(), self._nodes, self._codes),
            recorded_state(block_before.root(), self._nodes, self._codes),
            None if entry is None else recorded_state(entry.root(), self._nodes, self._codes),
        )

    def nodes(self) -> tuple[bytes, ...]:
        """The nodes that were used, in the order of their hashes."""
        return tuple(sorted(self._nodes.asked, key=keccak256))

    def codes(self) -> tuple[bytes, ...]:
        """The codes that were used, in the order of their hashes."""
        return tuple(sorted(self._codes.asked, key=keccak256))


def touched(memory: bytearray) -> set[int]:
    """The pages of a memory that a trial has used."""
    return memory.touched if isinstance(memory, OpenedMemory) else set()
