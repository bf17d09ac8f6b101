"""A raw block, from its bytes to the state after it: decoded, executed, and held against all that its header says."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from samestate.optimized.evm.encodings import requests_hash
from samestate.optimized.evm.ledger import refused_list
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.result import Rejection

EMPTY_LIST_HASH = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
"""The hash of an empty list: of no ommers."""


@dataclass(slots=True)
class Stages:
    """Seconds that each stage of an import took, by name, in the order in which they began.

    Stages overlap where workers are at several at once, so that their sum may be more than the whole took.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, stage: str, since: float) -> float:
        """A stage began ``since`` and is over. Gives the time."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - since
        return now


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a header says, what it is, and the code of the rejection where the two differ."""

    name: str
    claimed: object
    computed: object
    code: str


def form_problem(block: PackedBlock) -> Rejection | None:
    """What is wrong with a block's form: a header has the fields of its fork, and withdrawals are where it says."""
    assert block.header is not None
    fork, count = block.ruleset.fork, len(block.header) - 1  # its hash is no field of it
    if count != fork.numbers["header_fields"]:
        has = fork.numbers["header_fields"]
        return Rejection("WRONG_HEADER_FIELDS", None, f"{count} fields, and {fork.name} has {has}")
    if ("withdrawals_root" in block.header) != block.has_withdrawals:
        return Rejection("MALFORMED_BLOCK", None, "the header and the body differ about having withdrawals")
    return None


def body_claims(block: PackedBlock) -> list[Claim]:
    """What the header says of the body."""
    header = block.header
    assert header is not None
    transactions, ommers, withdrawals = block.body_commitments()
    claims = [
        Claim("transactions root", header["transactions_root"], transactions, "INVALID_TRANSACTIONS_ROOT"),
        Claim("ommers hash", header["ommers_hash"], ommers, "INVALID_OMMERS_HASH"),
    ]
    if block.has_withdrawals:
        claims.append(Claim("withdrawals root", header["withdrawals_root"], withdrawals, "INVALID_WITHDRAWALS_ROOT"))
    return claims


def execution_claims(block: PackedBlock, result: EvmResult) -> list[Claim]:
    """What the header says of the execution, but for state root and access list."""
    header = block.header
    assert header is not None
    fork = block.ruleset.fork
    root, bloom = result.records.commitments(block)
    gas_used = max(result.totals.execution_gas, result.totals.state_gas)
    claims = [
        Claim("gas used", header["gas_used"], gas_used, "INVALID_GAS_USED"),
        Claim("receipts root", header["receipts_root"], root, "INVALID_RECEIPTS_ROOT"),
        Claim("logs bloom", header["bloom"], bloom, "INVALID_LOGS_BLOOM"),
    ]
    if fork.numbers.get("blob_maximum"):
        claims.append(
            Claim("blob gas used", header["blob_gas_used"], result.totals.blob_gas_used, "INVALID_BLOB_GAS_USED")
        )
    if fork.numbers.get("has_requests"):
        computed = requests_hash(result.requests)
        claims.append(Claim("requests hash", header["requests_hash"], computed, "INVALID_REQUESTS_HASH"))
    return claims


def state_claim(block: PackedBlock, result: EvmResult, workers: int) -> Claim:
    """What the header says of the state after the block."""
    assert block.header is not None
    return Claim("state root", block.header["state_root"], result.ledger.root(workers), "INVALID_STATE_ROOT")


def proposed_list_problem(block: PackedBlock, proposed: bytes) -> Rejection | None:
    """What is wrong with the list that came with a block before anything is executed: its hash, or its form."""
    assert block.header is not None
    return refused_list(proposed, block.header["block_access_list_hash"])


def list_claim(block: PackedBlock, result: EvmResult) -> Claim:
    """What the header says of the block access list (EIP-7928)."""
    assert block.header is not None
    claimed = block.header["block_access_list_hash"]
    return Claim("block access list hash", claimed, result.ledger.access_list_hash, "INVALID_BAL_HASH")


def refusal(claims: Sequence[Claim]) -> Rejection | None:
    """Why the block is invalid, if one of the claims is false: the first of them."""
    for claim in claims:
        if claim.claimed != claim.computed:
            said = f"the header says {show(claim.claimed)}, and it is {show(claim.computed)}"
            return Rejection(claim.code, None, f"{claim.name}: {said}")
    return None


def show(value: object) -> str:
    """A value of a header for people."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a raw block: its result, why the block is invalid if it is, and what each stage took.

    ``claims``: all that was compared with its header, in the order in which the first false one decides.
    """

    block: PackedBlock
    result: EvmResult | None
    """None where it was not executed."""
    rejection: Rejection | None
    stages: Stages
    claims: tuple[Claim, ...] = ()
    access_list: bytes | None = None
    """The block access list that the execution gives, where the fork has them."""

    def keep(self) -> None:
        """Let the state be the one after the block. Raises ValueError where that is invalid."""
        if self.result is None or self.rejection is not None:
            assert self.rejection is not None
            raise ValueError(f"an invalid block leaves no state: {self.rejection.code}")
        self.result.ledger.apply()
