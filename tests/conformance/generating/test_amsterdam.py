"""Generated blocks of Amsterdam reach what is new there: instructions, gas of both kinds in every way, requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from random import Random

import pytest

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.generating.evm_chain import generate_chain, header_of
from samestate.conformance.generating.evm_full import generate_full_block, generate_overfull_block
from samestate.conformance.generating.evm_sweep import generate_sweep
from samestate.conformance.generating.system_contracts import FACTORY, request_to, system_contracts
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.forks import AMSTERDAM, BPO2
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import Reverted
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state_gas import metered
from samestate.spec.evm.system_calls import BUILDER_DEPOSITS, BUILDER_EXITS
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

pytestmark = pytest.mark.slow

BLOCKS = 60
"""Random blocks, of fourteen transactions each."""


@dataclass(slots=True)
class Reached:
    """What a tracer sees. Implements :class:`samestate.spec.evm.frame.Tracer`.

    ``ends`` counts how frames ended: how, whether they drew from the reservoir, and whether they spilled; ``depths``
    how deep those were that failed.
    """

    opcodes: Counter[int] = field(default_factory=Counter)
    halts: Counter[str] = field(default_factory=Counter)
    ends: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    depths: set[tuple[str, int]] = field(default_factory=set)
    _paid: dict[int, tuple[bool, bool]] = field(default_factory=dict)

    def enter(self, frame: Frame) -> None:
        self._paid[id(frame)] = (False, False)

    def step(self, frame: Frame, opcode: int) -> None:
        self.opcodes[opcode] += 1
        drew, spilled = self._paid[id(frame)]
        gas = metered(frame)
        self._paid[id(frame)] = (drew or gas.reservoir < gas.entry, spilled or gas.spilled > 0)

    def leave(self, frame: Frame) -> None:
        if frame.halt is None:
            end = "success"
        else:
            end = "revert" if isinstance(frame.halt, Reverted) else "halt"
            self.depths.add((end, frame.message.depth))
            self.halts[type(frame.halt).__name__] += 1
        self.ends[end, *self._paid.pop(id(frame))] += 1


def run(case: GeneratedCase, reached: Reached | None = None) -> EvmResult:
    return apply_block(Evm(case.fork, reached), case.payload(), case.state())


@cache
def reached_by_blocks() -> Reached:
    reached = Reached()
    for seed in range(BLOCKS):
        run(generate_block(AMSTERDAM, seed, 14, conflict=seed % 5 / 4), reached)
    return reached


def test_every_instruction_is_executed() -> None:
    reached = reached_by_blocks()
    pushes_and_copies = {*range(0x61, 0x7F), *range(0x80, 0xA0)}  # some of which sixty blocks may lack
    assert {*AMSTERDAM.instructions} - pushes_and_copies <= {*reached.opcodes}
    assert len(pushes_and_copies & {*reached.opcodes}) > 50


def test_frames_fail_in_many_ways_and_at_many_depths() -> None:
    reached = reached_by_blocks()
    assert {
        *("OutOfGas", "Reverted", "InvalidOpcode", "InvalidJump", "StackUnderflow", "WriteInStaticContext"),
        *("PrecompileFailed", "ReturnDataOutOfBounds"),
    } <= {*reached.halts}
    assert {(end, depth) for end in ("revert", "halt") for depth in range(6)} <= reached.depths


def test_frames_end_in_every_way_with_every_combination_of_reservoir_and_spill() -> None:
    ends = reached_by_blocks().ends
    assert {
        (end, drew, spilled)
        for end in ("success", "revert", "halt")
        for drew in (False, True)
        for spilled in (False, True)
    } <= {*ends}


def test_a_sweep_runs_out_of_gas_in_many_places() -> None:
    failed = succeeded = 0
    gas: set[tuple[int, bytes]] = set()
    for seed in range(12):
        case = generate_sweep(AMSTERDAM, seed)
        assert run(case).receipts
        for outcome in run(case).outcomes:
            gas.add((outcome.transaction.gas_limit, outcome.transaction.data[:32]))
            failed += not outcome.succeeded or any(log.topics[:1] == (bytes(32),) for log in outcome.logs)
            succeeded += outcome.succeeded
    assert failed > 30 and succeeded > 30
    assert len(gas) > 100


def test_blocks_are_full_in_one_dimension_and_not_in_the_other() -> None:
    fullest = Counter[str]()
    for seed in range(25):
        case = generate_full_block(AMSTERDAM, seed)
        totals, limit = run(case).totals, case.environment.gas_limit
        if totals.gas_used > 0.9 * limit:
            fullest["state" if totals.state_gas > totals.execution_gas else "execution"] += 1
    assert fullest["state"] > 1 and fullest["execution"] > 1


def test_a_unit_too_much_is_refused() -> None:
    codes = Counter[object]()
    for seed in range(25):
        case = generate_overfull_block(AMSTERDAM, seed)
        with pytest.raises(Rejection) as refused:
            run(case)
        assert refused.value.transaction == len(case.transactions) - 1
        codes[refused.value.code] += 1
    assert {Invalid.GAS_ALLOWANCE_EXCEEDED, Invalid.STATE_GAS_ALLOWANCE_EXCEEDED} <= {*codes}


def chains() -> Iterator[list[GeneratedCase]]:
    for seed in range(8):
        yield generate_chain((AMSTERDAM,) * 3, seed)


def test_requests_queue_and_come_out_later() -> None:
    types, sizes = Counter[int](), Counter[int]()
    for chain in chains():
        for case in chain:
            for request in run(case).closing.requests:
                types[request[0]] += 1
                sizes[len(request)] += 1
    assert {1, 2, 3, 4} <= {*types}
    assert len(sizes) > 6


def test_a_chain_goes_from_fork_to_fork() -> None:
    chain = generate_chain((BPO2, BPO2, AMSTERDAM, AMSTERDAM), 1)
    for before, after in pairwise(chain):
        result = run(before)
        parent = header_of(before, result)
        assert after.parent == parent
        assert len(parent.fields()) == before.fork.header_fields
        assert after.environment.parent_hash == parent.hash()
        assert after.environment.base_fee_per_gas == after.fork.next_base_fee(parent)
        assert after.pre == result.state().to_alloc()
    assert run(chain[-1]).receipts


def test_the_contracts_of_the_fork_are_there() -> None:
    assert {BUILDER_DEPOSITS, BUILDER_EXITS, FACTORY} == {*system_contracts(AMSTERDAM)} - {*system_contracts(BPO2)}


def test_a_request_for_a_deposit_pays_what_it_says() -> None:
    value, data = request_to(Random(3), BUILDER_DEPOSITS)
    assert len(data) == 184
    assert value >= int.from_bytes(data[80:88], "big") * 10**9
