"""What the chain builder puts together: a block with its header, while it is being described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.scenarios.draft import GAS_LIMIT, GWEI, Draft
from samestate.spec.evm.block import HEADER_FIELDS, Header, empty_ommers_hash
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.requests import requests_hash
from samestate.spec.state.patricia import ordered_trie_root

HeaderValue = int | bytes | None | Callable[[Any], Any]
"""A value of a field; None for no such field; or what becomes of the value that would be right."""

TRANSITION_TIME: Final = 15_000
"""When forks begin that begin at a time, as in every client's tests of transitions."""
TRANSITION_NUMBER: Final = 5
"""Where forks begin that begin at a number, likewise."""
TRANSITION_DIFFICULTY: Final = 0xC0000
"""The terminal total difficulty, likewise."""
PARENT_TIMESTAMP: Final = TRANSITION_TIME - 24
PARENT_DIFFICULTY: Final = 2**17


@dataclass(frozen=True, slots=True)
class ForkTransition:
    """Two forks, one after the other: what a chain scenario can be filled under in the place of one."""

    schedule: ForkSchedule

    @property
    def name(self) -> str:
        """What people call it."""
        return self.schedule.name


def transition(first: Fork, then: Fork) -> ForkTransition:
    """From one fork to the next, where every client's tests have it."""
    if first.block_reward and not then.block_reward:
        return ForkTransition(ForkSchedule(first, then, from_total_difficulty=TRANSITION_DIFFICULTY))
    if first.block_reward:
        return ForkTransition(ForkSchedule(first, then, from_number=TRANSITION_NUMBER))
    return ForkTransition(ForkSchedule(first, then, from_timestamp=TRANSITION_TIME))


@dataclass(slots=True)
class ChainDraft(Draft):
    """A block while it is being described.

    ``parent`` is the header that it follows, ``fork`` what rules it. ``header`` has what scenarios say of fields,
    ``comments`` why. ``ommer_headers`` are its ommers. ``has_withdrawals``: whether its body has such a list.
    ``change`` makes of its bytes what cannot be decoded.
    """

    parent: Header | None = None
    fork: Fork | None = None
    header: dict[str, HeaderValue] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    ommer_headers: list[Header] = field(default_factory=list)
    has_withdrawals: bool = False
    change: Callable[[bytes], bytes] | None = None


def first_header(fork: Fork) -> Header:
    """A header as that of a genesis block, but for the state root."""
    nothing = ordered_trie_root([])
    values = {
        "parent_hash": bytes(32),
        "ommers_hash": empty_ommers_hash(),
        "coinbase": bytes(20),
        "state_root": bytes(32),
        "transactions_root": nothing,
        "receipts_root": nothing,
        "bloom": bytes(256),
        "difficulty": PARENT_DIFFICULTY if fork.block_reward else 0,
        "number": 0,
        "gas_limit": GAS_LIMIT,
        "gas_used": 0,
        "timestamp": PARENT_TIMESTAMP,
        "extra_data": b"",
        "prev_randao": bytes(32),
        "nonce": bytes(8),
        "base_fee_per_gas": GWEI,
        "withdrawals_root": nothing,
        "blob_gas_used": 0,
        "excess_blob_gas": 0,
        "parent_beacon_block_root": bytes(32),
        "requests_hash": requests_hash(()),
        "block_access_list_hash": hash_access_list(()),
        "slot_number": 0,
    }
    names = [name for name, _ in HEADER_FIELDS[: fork.header_fields]]
    return Header(**{name: values[name] for name in names})  # type: ignore[arg-type]
