"""A chain from its genesis, as every form of a blockchain test has it: what of a vector is written."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.spec.evm.block import Header, Withdrawal
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.state import FlatState


@dataclass(frozen=True, slots=True)
class ExportedBlock:
    """A block in the order of arrival.

    ``transactions`` are encoded, well or not. ``header`` is None where the RLP is no block. ``access_list`` and
    ``requests`` are what comes with it in a form that has them beside the block. ``exceptions`` are the names of the
    rejections that are right; a block without them is valid, and ``result`` what it gives, under ``fork``.
    """

    rlp: bytes
    header: Header | None
    fork: Fork
    transactions: tuple[bytes, ...] = ()
    ommers: tuple[Header, ...] = ()
    withdrawals: tuple[Withdrawal, ...] | None = None
    access_list: bytes | None = None
    requests: tuple[bytes, ...] = ()
    exceptions: tuple[str, ...] = ()
    result: EvmResult | None = None


@dataclass(frozen=True, slots=True)
class ExportedChain:
    """Blocks on a genesis: ``head`` is the hash of the last one at the end, ``post`` the state after it."""

    schedule: ForkSchedule
    chain_id: int
    genesis: Header
    pre: FlatState
    blocks: tuple[ExportedBlock, ...]
    head: bytes
    post: FlatState
