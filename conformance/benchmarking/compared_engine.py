"""Engines whose results are compared beside their times, and the specification as one of them."""

from __future__ import annotations

import time
from typing import Protocol

from samestate.conformance.benchmarking import block_facts
from samestate.conformance.benchmarking.block_facts import Facts
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload, RawBlock
from samestate.conformance.benchmarking.measured_engine import SPEC, MeasuredEngine, Turn
from samestate.spec.evm.block import Block
from samestate.spec.evm.chain import Chain, EvmResult
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.transition import apply_block


class ComparedEngine(MeasuredEngine, Protocol):
    """A measured engine that says what the block came to."""

    def facts(self) -> Facts | None:
        """What the block came to; None where that cannot be compared."""


class ComparedSpecification:
    """The specification, in this process: it executes the block, or imports it where it is one of a chain.

    It finds the senders itself, and keeps its access record.
    """

    id = strategy = SPEC
    kind = ""
    workers = 1

    def __init__(self, workload: EvmWorkload) -> None:
        self.workload = workload
        self.state = workload.case.state()
        self.payload = workload.case.payload()

    def turn(self) -> Turn:
        """Execute or import the block once."""
        link, state, payload = self.workload.link, self.state, self.payload
        start = time.perf_counter()
        if link is None:
            self.execute(state, payload)
        else:
            self.import_block(link, state)
        return Turn(time.perf_counter() - start)

    def execute(self, state: FlatState, payload: Payload) -> EvmResult:
        """The result of the block."""
        return apply_block(Evm(self.workload.case.fork), payload, state)

    def import_block(self, link: RawBlock, state: FlatState) -> bytes:
        """The hash of the block, which a chain has taken in. Raises Rejection."""
        fork = self.workload.case.fork
        genesis = Block(link.genesis, (), (), ())
        chain = Chain(self.workload.case.chain_id, lambda difficulty, number, timestamp: fork, genesis, state)
        return chain.add(link.block, link.access_list).block.header.hash()

    def facts(self) -> Facts:
        """What the block came to."""
        if self.workload.link is None:
            return block_facts.of_result(self.workload, self.execute(self.state, self.payload))
        self.import_block(self.workload.link, self.state)
        return block_facts.imported(self.workload)

    def close(self) -> None:
        """Nothing is held."""
