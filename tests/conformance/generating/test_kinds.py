"""What generated blocks are made for really happens in them under every fork that has it: executed, not merely written.

A tracer of the specification's EVM and the results of blocks count what happens in a fixed number of blocks a fork.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import pytest

from samestate.conformance.generating.bytecode import OPCODES
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block
from samestate.spec.access import OPEN
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.delegation import DESIGNATOR, delegation_target
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, FORKS, LONDON, OSAKA, PRAGUE, SHANGHAI
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import ExceptionalHalt, OutOfGas, Reverted
from samestate.spec.evm.keys import BALANCE, CODE, NONCE, SLOT
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import SetCodeTransaction
from samestate.spec.transition import apply_block

pytestmark = pytest.mark.slow

BLOCKS: Final = 150
TRANSACTIONS: Final = 14
NAMES: Final = {opcode: name for name, opcode in OPCODES.items()}
CALLS: Final = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")
LOOKS: Final = ("BALANCE", "EXTCODESIZE", "EXTCODEHASH", "EXTCODECOPY")


@dataclass(slots=True)
class Census:
    """Counts what happens. Implements :class:`samestate.spec.evm.frame.Tracer`."""

    counts: Counter[str] = field(default_factory=Counter)
    coinbase: bytes = b""
    _frames: list[Frame] = field(default_factory=list)
    _calls: list[str] = field(default_factory=list)
    _logs: list[int] = field(default_factory=list)
    _last: str = ""
    _made_before: set[bytes] = field(default_factory=set)
    _transaction: int = 0

    def enter(self, frame: Frame) -> None:
        """A frame begins: which kind of call, of what."""
        message = frame.message
        kind = self._last if message.depth else "transaction"
        self._frames.append(frame)
        self._calls.append(kind)
        self._logs.append(len(frame.substate.logs))
        self.counts[f"{kind} begins"] += 1
        if message.depth >= 3:
            self.counts["calls three deep"] += 1
        if message.is_creation and any(outer.message.is_creation for outer in self._frames[:-1]):
            self.counts["creation inside a creation"] += 1
        elif not message.is_creation and any(outer.message.is_creation for outer in self._frames[:-1]):
            self.counts["call inside a creation"] += 1
        if kind in CALLS and message.code_address is not None:
            self._called(frame, kind)

    def _called(self, frame: Frame, kind: str) -> None:
        message, world = frame.message, frame.world
        if message.code_address in frame.context.fork.precompiles and message.runs_precompile:
            price = frame.context.fork.precompiles[message.code_address].gas(message.data)
            if message.gas - price in (-1, 0, 1):
                self.counts[f"precompile with {message.gas - price:+} gas"] += 1
        elif not message.code:
            self.counts[f"{kind} of no code"] += 1
        if message.value and message.moves_value:
            self.counts[f"{kind} with value"] += 1
        if message.code_address in frame.substate.created:
            self.counts["call of what this transaction created"] += 1
        code = world.code(message.code_address) if frame.context.fork.delegation_target is delegation_target else b""
        if code.startswith(DESIGNATOR):
            self.counts["call of a delegation"] += 1
            if world.code(code[len(DESIGNATOR) :]).startswith(DESIGNATOR):
                self.counts["call of a delegation to a delegation"] += 1
        if any(outer.message.target == message.target for outer in self._frames[:-2]):
            self.counts["reentrancy"] += 1

    def step(self, frame: Frame, opcode: int) -> None:
        """An instruction begins: which, and on what."""
        name = NAMES.get(opcode, "")
        self.counts[f"op {name}"] += 1
        self._last = name
        stack = frame.stack
        if name in LOOKS and stack:
            self._looked(frame, name, (stack[-1] % 2**160).to_bytes(20, "big"))
        elif name == "SELFDESTRUCT" and stack:
            heir = (stack[-1] % 2**160).to_bytes(20, "big")
            target = frame.message.target
            self.counts["SELFDESTRUCT to itself"] += heir == target
            self.counts["SELFDESTRUCT to the coinbase"] += heir == self.coinbase
            self.counts["SELFDESTRUCT of what was just created"] += target in frame.substate.created
            self.counts["SELFDESTRUCT in initialization"] += frame.message.is_creation
            self.counts["SELFDESTRUCT once more"] += target in frame.substate.destroyed
            if not frame.world.balance(heir) and not frame.world.nonce(heir) and not frame.world.code(heir):
                self.counts["SELFDESTRUCT to nobody"] += 1

    def _looked(self, frame: Frame, name: str, address: bytes) -> None:
        world = frame.world
        self.counts[f"{name} of the coinbase"] += address == self.coinbase
        self.counts[f"{name} of a precompile"] += address in frame.context.fork.precompiles
        self.counts[f"{name} of itself"] += address == frame.message.target
        code = world.code(address)
        self.counts[f"{name} of a delegation"] += code.startswith(DESIGNATOR)
        if not code and not world.nonce(address) and not world.balance(address):
            self.counts[f"{name} of nobody"] += 1
        if address in frame.substate.created:
            self.counts[f"{name} of what this transaction created"] += 1
        if address in self._made_before:
            self.counts[f"{name} of what an earlier transaction created"] += 1

    def leave(self, frame: Frame) -> None:
        """A frame ends: how, and what is taken back."""
        kind, halt, message = self._calls.pop(), frame.halt, frame.message
        logs = self._logs.pop()
        self._frames.pop()
        if message.depth == 0 and halt is None:
            self._made_before |= {*frame.substate.created} - {*frame.substate.destroyed}
        self.counts[f"{kind} {'succeeds' if halt is None else 'fails'}"] += 1
        precompile = frame.context.fork.precompiles.get(message.code_address or b"")
        if precompile is not None and message.runs_precompile:
            self.counts[f"precompile {precompile.name} {'succeeds' if halt is None else 'fails'}"] += 1
        if message.is_creation and halt is not None:
            self.counts[f"creation ends by {type(halt).__name__}"] += 1
        if halt is None:
            return
        self.counts[f"halt {type(halt).__name__}"] += 1
        if isinstance(halt, Reverted) and message.depth >= 2:
            self.counts["revert two deep"] += 1
        if isinstance(halt, ExceptionalHalt) and message.depth >= 2:
            self.counts["halt two deep"] += 1
        if isinstance(halt, OutOfGas) and frame.running and not message.is_creation:
            name = self._last if frame.program_counter < len(frame.code) else "precompile"
            self.counts[f"out of gas at {name}"] += 1
        self.counts["logs taken back"] += len(frame.substate.logs) > logs

    def count_block(self, case: GeneratedCase, result: EvmResult) -> None:
        """What the results of a block say."""
        self._made_before.clear()
        counts, size = self.counts, len(result.receipts)
        inside = range(size)
        senders = Counter(outcome.sender for outcome in result.outcomes)
        counts["a sender that sends more than once"] += any(count > 1 for count in senders.values())
        counts["a sender that sends three times"] += any(count > 2 for count in senders.values())
        pre = case.state()
        for outcome in result.outcomes:
            transaction = outcome.transaction
            account = pre.accounts.get(outcome.sender)
            needs = transaction.value + transaction.gas_limit * outcome.effective_gas_price
            counts["a sender that was paid before"] += (account.balance if account else 0) < needs
            counts[f"type {transaction.type} {'succeeds' if outcome.succeeded else 'fails'}"] += 1
            counts["a refund"] += outcome.gas_refunded > 0
            counts["logs of a transaction"] += bool(outcome.logs)
            counts["blobs"] += outcome.blob_gas_used > 0
            if isinstance(transaction, SetCodeTransaction):
                counts["authorizations"] += 1
        self._count_steps(case, result, inside)
        counts["requests"] += bool(result.closing.requests)
        counts["withdrawals"] += bool(case.withdrawals)

    def _count_steps(self, case: GeneratedCase, result: EvmResult, inside: range) -> None:
        counts, writers, wiped = self.counts, defaultdict[bytes, list[int]](list), set[bytes]()
        for step in result.steps:
            if step.step not in inside:
                counts["an opening that writes"] += step.step == OPEN and bool(step.writes)
                counts["a closing that writes"] += step.step != OPEN and bool(step.writes)
                continue
            for key, read in step.reads.items():
                late = [source for source in read.source if source in inside]
                if not late:
                    counts["a read of what the opening wrote"] += OPEN in read.source
                    continue
                kind = {BALANCE: "balance", NONCE: "nonce", CODE: "code", SLOT: "slot"}.get(key[0], "other")
                counts[f"a {kind} from an earlier transaction"] += 1
                counts["a slot of three transactions"] += kind == "slot" and len(writers[key]) > 1
                counts["the coinbase's fees observed"] += key[1:21] == case.environment.coinbase and kind == "balance"
                counts["a slot that was wiped"] += kind == "slot" and key[1:21] in wiped
            for key in step.writes:
                writers[key].append(step.step)
                if key[0] == CODE:
                    counts["code written twice"] += len(writers[key]) > 1
            wiped |= {*step.wipes}
            counts["storage wiped"] += bool(step.wipes)


@cache
def census_of(fork: Fork) -> Counter[str]:
    """What happens in blocks of a fork."""
    census = Census()
    for seed in range(BLOCKS):
        case = generate_block(fork, seed, TRANSACTIONS, conflict=(1.0, 0.75, 0.5, 1.0)[seed % 4])
        census.coinbase = case.environment.coinbase
        census.count_block(case, apply_block(Evm(fork, census), case.payload(), case.state()))
    return census.counts


EVERYWHERE: Final = (
    *(f"{kind} {end}" for kind in (*CALLS, "CREATE", "CREATE2") for end in ("succeeds", "fails")),
    *("CALL with value", "CALL of no code", "STATICCALL of no code", "calls three deep", "reentrancy"),
    *("call of what this transaction created", "call inside a creation"),
    *(f"creation ends by {halt}" for halt in ("AddressCollision", "OutOfGas")),
    *("SELFDESTRUCT of what was just created", "SELFDESTRUCT in initialization"),
    *(f"SELFDESTRUCT to {heir}" for heir in ("itself", "nobody", "the coinbase")),
    *(f"{look} of {what}" for look in LOOKS for what in ("nobody", "itself", "the coinbase")),
    *(f"{look} of what this transaction created" for look in LOOKS if look != "EXTCODECOPY"),
    *(f"precompile with {gas} gas" for gas in ("-1", "+0", "+1")),
    *(f"op LOG{topics}" for topics in range(5)),
    *("logs of a transaction", "logs taken back", "a refund", "revert two deep", "halt two deep"),
    *(f"halt {halt}" for halt in ("OutOfGas", "Reverted", "InvalidOpcode", "StackUnderflow")),
    *(f"halt {halt}" for halt in ("WriteInStaticContext", "PrecompileFailed", "ReturnDataOutOfBounds")),
    *(f"out of gas at {name}" for name in ("SLOAD", "SSTORE", "CALL", "CREATE2", "precompile")),
    *("a sender that sends more than once", "a sender that sends three times", "a sender that was paid before"),
    *(f"a {kind} from an earlier transaction" for kind in ("balance", "nonce", "code", "slot")),
    *("a slot of three transactions", "the coinbase's fees observed"),
    *(f"type {kind} {end}" for kind in (0, 1) for end in ("succeeds", "fails")),
)
"""What happens under every fork."""

SINCE: Final[dict[Fork, tuple[str, ...]]] = {
    LONDON: ("type 2 succeeds", "type 2 fails", "op BASEFEE"),
    SHANGHAI: ("withdrawals", "op PUSH0"),
    CANCUN: (
        *("type 3 succeeds", "type 3 fails", "blobs", "op TLOAD", "op TSTORE", "op MCOPY", "op BLOBHASH"),
        *("an opening that writes", "a read of what the opening wrote"),
    ),
    PRAGUE: (
        *("type 4 succeeds", "type 4 fails", "authorizations", "requests", "code written twice"),
        *("call of a delegation", "call of a delegation to a delegation"),
        *(f"{look} of a delegation" for look in LOOKS),
    ),
    OSAKA: ("op CLZ",),
    AMSTERDAM: ("op SLOTNUM", "op DUPN", "op SWAPN", "op EXCHANGE", "halt OutOfStateGas"),
}
"""What happens under a fork and those after it."""

UNTIL_SHANGHAI: Final = ("storage wiped",)
PLACES_WITHOUT_GAS: Final = 20
"""At the least so many instructions gas runs out."""


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_everything_happens(fork: Fork) -> None:
    counts = census_of(fork)
    wanted = [*EVERYWHERE]
    for first, names in SINCE.items():
        wanted += names if FORKS.index(fork) >= FORKS.index(first) else ()
    if FORKS.index(fork) < FORKS.index(CANCUN):
        wanted += UNTIL_SHANGHAI
    if fork is AMSTERDAM:  # creations run out of the other gas mostly
        wanted.remove("creation ends by OutOfGas")
    assert not [name for name in wanted if not counts[name]]
    assert sum(name.startswith("out of gas at ") and counts[name] > 0 for name in counts) >= PLACES_WITHOUT_GAS


RARE: Final = (
    *("creation inside a creation", "creation ends by Reverted", "SELFDESTRUCT once more", "a slot that was wiped"),
    *(f"{look} of what an earlier transaction created" for look in LOOKS),
    "halt InvalidJump",
)
"""What does not happen under every fork in so few blocks."""


@pytest.mark.parametrize("name", RARE)
def test_what_is_rare_happens_under_some_fork(name: str) -> None:
    assert sum(census_of(fork)[name] for fork in FORKS) >= len(FORKS) // 2


def test_every_precompile_is_called_and_most_fail_too() -> None:
    counts = sum((census_of(fork) for fork in FORKS), Counter[str]())
    names = {precompile.name for precompile in AMSTERDAM.precompiles.values()}
    assert not [name for name in names if not counts[f"precompile {name} succeeds"]]
    assert len([name for name in names if counts[f"precompile {name} fails"]]) >= len(names) - 3
