"""Tests in the text of a document, checked by the compiled engine: what surely holds, and no more.

Blocks are executed from their bytes, and all that a fixture says of them is compared where it lies. Rules of headers
and bodies are the specification's, as for every engine. Where all holds, the case has passed, and nothing of it was
ever a Python object that need not be one. Where anything does not, or is not usual, nothing is said: the case is then
run as on every engine, and its verdict is what that comes to (docs/decisions/0024-fixtures-checked-in-their-text.md).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from samestate.conformance.engines.optimized.evm import page_of
from samestate.conformance.engines.optimized.evm_states import CODES_KEPT
from samestate.conformance.engines.optimized.plain import EVM_CODES
from samestate.conformance.engines.optimized.text_cases import TextBlock, TextBlockchainTest, TextCase, TextStateTest
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.exceptions import satisfies
from samestate.conformance.fixtures.filling_tools import parse_deposit_by_length
from samestate.conformance.fixtures.known_blocks import known_block
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.metering import meter
from samestate.conformance.vectors import evm
from samestate.optimized import Configuration, EngineError
from samestate.optimized.evm import forks as pages
from samestate.optimized.evm.encodings import Refused
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.fixture_text import FixtureText, logs_hash_of
from samestate.optimized.evm.importing import Imported
from samestate.optimized.evm.packing import PackedBlock, pack, unpack
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World
from samestate.spec.evm.block import Block, Header, empty_ommers_hash
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import BERLIN
from samestate.spec.machine import Rejection

HEADER_FIELDS: Final = frozenset(field.name for field in fields(Header))
BLOCK_HASH_WINDOW: Final = 256


class NotSure(Exception):  # noqa: N818 - says what becomes of a case
    """Something does not hold, or is not usual."""


class TextTests:
    """Checks cases on one engine, which is metered under that id, and on worlds of its own."""

    def __init__(self, configuration: Configuration, id: str) -> None:
        self._id = id
        self._engine = EvmEngine(replace(configuration, record=False))
        self._world = World()
        self._beside = World()
        self._held: tuple[FixtureText, int] | None = None
        self._executed = False

    def close(self) -> None:
        """Give back the arena."""
        self._engine.close()

    def passed(self, case: TextCase) -> tuple[str, ...] | None:
        """What was compared, where the case has surely passed; None where somebody else must look at it."""
        self._executed = False
        try:
            checks = self._state_test(case) if isinstance(case, TextStateTest) else self._blockchain_test(case)
        except (NotSure, Refused, EngineError, Rejection, InputError, RecursionError):
            self._held = None
            return None
        return tuple(dict.fromkeys(checks)) if self._executed else None

    def _note(self, result: EvmResult) -> None:
        """Enter the figures of a block into the meter where that is on."""
        if meter.is_on():
            meter.note_block(self._id, evm.NAME, result.metrics)

    # States

    def _hold(self, text: FixtureText, state: int) -> None:
        """Have the world be a state of a text, unless it is."""
        if self._held is not None and self._held[0] is text and self._held[1] == state:
            return
        self._held = None
        self._world = self._filled(self._world, text, state)

    def _filled(self, world: World, text: FixtureText, state: int) -> World:
        if world.code_count() > CODES_KEPT:
            world = World()
        world.clear()
        demand(text.put_state(state, world))
        return world

    def _root_of(self, text: FixtureText, state: int) -> bytes:
        """The root of a state that a test has beside the one that blocks are executed on."""
        self._beside = self._filled(self._beside, text, state)
        return self._beside.root()

    # State tests

    def _state_test(self, case: TextStateTest) -> list[str]:
        text = case.text
        self._hold(text, case.pre)
        block = pack(page(case.fork), case.environment, [case.encoded], is_bare=True)
        demand(block.malformed is None)  # what is no transaction is refused before any engine gets it
        result = self._engine.execute(block, self._world)
        self._note(result)
        self._executed = True
        self._held = text, case.pre
        if case.exceptions:
            demand(result.rejection is not None)
            assert result.rejection is not None
            demand(satisfies(EVM_CODES[result.rejection.code], case.exceptions))
            demand(self._world.root() == case.state_root)
            demand(text.is_transaction(case.transaction, block, *case.indexes))
            checks = ["rejection"]
        else:
            demand(result.rejection is None)
            demand(text.is_transaction(case.transaction, block, *case.indexes))
            demand(logs_hash_of(result.records) == case.logs_hash)
            demand(result.ledger.root() == case.state_root)
            checks = ["logs hash"]
            if case.receipt:
                demand(text.is_receipt(case.receipt, block, result.records))
                checks.append("receipt")
        if case.post:
            demand(self._root_of(text, case.post) == case.state_root)
        return [*checks, "state root"]

    # Blockchain tests

    def _blockchain_test(self, case: TextBlockchainTest) -> list[str]:
        text, first = case.text, case.schedule.first
        genesis = unpack(page(first), case.genesis, case.chain_id)
        demand(text.is_header(case.genesis_written, genesis))
        self._held = None
        self._hold(text, case.pre)
        demand(self._world.root() == fields_of(genesis)["state_root"])
        chain = TextChain(case, genesis)
        checks = ["genesis"]
        for entry in case.blocks:
            checks += self._refused(chain, entry) if entry.exceptions else self._valid(chain, entry)
        demand(chain.hash == case.last_block_hash)
        checks.append("last block hash")
        root = self._world.root()
        if case.post:
            demand(self._root_of(text, case.post) == root)
            checks.append("post state")
        if case.post_state_root is not None:
            demand(case.post_state_root == root)
            checks.append("post state")
        self._held = None
        return checks

    def _valid(self, chain: TextChain, entry: TextBlock) -> list[str]:
        """A block that must be accepted. Gives what was compared. Raises NotSure and Rejection."""
        text = chain.case.text
        demand(entry.decoded == entry.written)
        listed = text.find(entry.written, b"blockAccessList")
        proposed = text.access_list(listed) if listed else None
        fork, imported = self._imported(chain, entry.encoded, proposed)
        block = imported.block
        judged = chain.judge(fork, block, entry.encoded)
        demand(imported.rejection is None and imported.result is not None)
        assert imported.result is not None
        demand(not listed or (proposed is not None and imported.access_list == proposed))
        records = imported.result.records
        header = text.find(entry.written, b"blockHeader")
        demand(not header or text.is_header(header, block))
        demand(text.is_body(entry.written, block))
        checks = ["header"]
        receipts = text.find(entry.written, b"receipts")
        if receipts:
            demand(text.are_receipts(receipts, block, records))
            checks.append("receipts")
        if listed:
            checks.append("block access list")
        if fork.parse_deposit is parse_deposit_by_length:
            logs = (log for outcome in imported.result.outcomes for log in outcome.logs)
            demand(all(log.address != fork.deposit_contract for log in logs))
        imported.keep()
        chain.append(block, judged)
        return checks

    def _refused(self, chain: TextChain, entry: TextBlock) -> list[str]:
        """A block that must be refused for one of the reasons that it has. Gives what was compared. Raises NotSure."""
        text, exceptions = chain.case.text, entry.exceptions
        try:
            block = unpack(page(chain.case.schedule.first), entry.encoded, chain.case.chain_id)
            header = text.find(entry.decoded, b"blockHeader")
            demand(not header or text.is_header(header, block))
            receipts = text.find(entry.decoded, b"receipts")
            demand(text.is_body(entry.decoded, block) and (not receipts or text.receipts_fit(receipts, block)))
            listed = text.find(entry.decoded, b"blockAccessList")
            proposed = text.access_list(listed) if listed else None
            demand(not listed or proposed is not None)
            fork = chain.fork_of(block)
            chain.judge(fork, block, entry.encoded)
            _, imported = self._imported(chain, entry.encoded, proposed if fork.has_access_list else None)
        except Refused as refused:
            demand(satisfies(EVM_CODES[refused.code], exceptions))
            return ["rejection"]
        except Rejection as rejection:
            demand(satisfies(rejection.code, exceptions))
            return ["rejection"]
        demand(imported.rejection is not None)
        assert imported.rejection is not None
        demand(satisfies(EVM_CODES[imported.rejection.code], exceptions))
        return ["rejection"]

    def _imported(self, chain: TextChain, encoded: bytes, proposed: bytes | None) -> tuple[Fork, Imported]:
        """What comes of the bytes of a block, and its fork."""
        case = chain.case
        fork = case.schedule.first
        if case.schedule.then is not None:
            fork = chain.fork_of(unpack(page(fork), encoded, case.chain_id))
        demand(proposed is None or fork.has_access_list)
        imported = self._engine.import_block(page(fork), encoded, case.chain_id, self._world, chain.hashes, proposed)
        if imported.result is not None:
            self._note(imported.result)
            self._executed = True
        return fork, imported


class TextChain:
    """The blocks of a test that were accepted so far, one on the other: how far it has come."""

    def __init__(self, case: TextBlockchainTest, genesis: PackedBlock) -> None:
        self.case = case
        self.hashes: dict[int, bytes] = {}
        self.total_difficulty = 0
        self.append(genesis, header_of(genesis))

    def append(self, block: PackedBlock, header: Header) -> None:
        """A block is accepted, and the next one comes on top of it."""
        self.header = header
        self.hash: bytes = fields_of(block)["hash"]
        self.hashes[self.header.number] = self.hash
        self.hashes.pop(self.header.number - BLOCK_HASH_WINDOW, None)
        self.total_difficulty += self.header.difficulty

    def fork_of(self, block: PackedBlock) -> Fork:
        """The fork that rules a block on top."""
        header = fields_of(block)
        return self.case.schedule(self.total_difficulty, header["number"], header["timestamp"])

    def judge(self, fork: Fork, block: PackedBlock, encoded: bytes) -> Header:
        """The header of a block, judged with its body by the specification's rules.

        Raises Rejection, and NotSure for a block on another one.
        """
        header = header_of(block)
        demand(header.parent_hash == self.hash)
        for header_rule in fork.header_rules:
            header_rule(fork, self.header, header)
        demand(header.ommers_hash == empty_ommers_hash())
        # but for blobs nothing is asked of transactions here, and of blobs only where the header has any: the engine
        # holds their number against the header's
        body = Block(header, (), (), () if block.has_withdrawals else None)
        if header.blob_gas_used:
            body = known_block(encoded)
        for block_rule in fork.block_rules:
            block_rule(fork, body, len(encoded))
        return header


def header_of(block: PackedBlock) -> Header:
    """The header of a block in the specification's terms."""
    return Header(**{name: value for name, value in fields_of(block).items() if name in HEADER_FIELDS})


def fields_of(block: PackedBlock) -> Mapping[str, Any]:
    """The fields of the header of a block that came as a whole, and its hash."""
    assert block.header is not None
    return block.header


@functools.lru_cache(maxsize=64)
def page(fork: Fork) -> pages.Fork:
    """The engine's page of a fork. Raises NotSure where its deposits come from a contract of its own."""
    demand(fork.deposit_contract == BERLIN.deposit_contract)
    try:
        return page_of(name_fork(fork))
    except ValueError as unknown:
        raise NotSure from unknown


def demand(holds: object) -> None:
    """Raise NotSure unless it holds."""
    if not holds:
        raise NotSure
