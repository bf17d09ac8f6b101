"""The chain builder: what a scenario about headers and their blocks speaks to. Whatever it is not told is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from samestate.conformance.fixtures.features import counts_state_gas, has_header_field
from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.chain_draft import ChainDraft, HeaderValue, first_header
from samestate.conformance.scenarios.draft import (
    CHAIN_ID,
    PRICES,
    PRICES_WITH_STATE_GAS,
    SECONDS_PER_BLOCK,
    SYSTEM_CONTRACTS,
    Draft,
    NamedAccount,
)
from samestate.conformance.vectors.evm.chain import rlp_list, transaction_in_body
from samestate.conformance.vectors.model import text
from samestate.spec.evm import rlp
from samestate.spec.evm.block import (
    HEADER_FIELDS,
    Header,
    header_item,
    ommers_hash,
    withdrawal_item,
    withdrawals_root,
)
from samestate.spec.evm.chain import BLOCK_HASH_WINDOW, access_list_claims, claims, encoded_access_list_of
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.header_rules import next_difficulty
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import OmmerMiner, Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import BlobTransaction, decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import ordered_trie_root
from samestate.spec.transition import execute_block

ENVIRONMENT_FIELDS: Final = (
    "parent_hash",
    "coinbase",
    "difficulty",
    "number",
    "gas_limit",
    "prev_randao",
    "base_fee_per_gas",
    "excess_blob_gas",
    "parent_beacon_block_root",
    "slot_number",
)
"""Fields of a header that the execution is told of, beside the timestamp, on which one of them depends."""

CLAIMED: Final = {
    "gas used": "gas_used",
    "receipts root": "receipts_root",
    "logs bloom": "bloom",
    "blob gas used": "blob_gas_used",
    "requests hash": "requests_hash",
    "block access list hash": "block_access_list_hash",
}
"""What a header says of the execution, and in which field."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block that was described, its header, and the block access list that its execution gives."""

    draft: ChainDraft
    header: Header
    access_list: bytes


class ChainBuilder(BlockBuilder):
    """Builds a parent and blocks with their headers. As :class:`BlockBuilder`, whose words it has.

    A block gets its header when the next one begins, or at the end; the pre-state must be complete before that.
    """

    drafts: list[Draft]

    def __init__(self, schedule: ForkSchedule) -> None:
        self.schedule = schedule
        self.parent_header = first_header(schedule.first)
        self.sealed: list[Sealed] = []
        self.states: dict[bytes, FlatState] = {}
        self.known: dict[bytes, Header] = {}
        self.total_difficulties: dict[bytes, int] = {}
        self.nonces_after: dict[bytes, dict[bytes, int]] = {}
        super().__init__(schedule.first)
        for address, code in system_contracts(schedule.then or schedule.first).items():
            self._place(NamedAccount(SYSTEM_CONTRACTS[address], address), nonce=1, code=code)

    # The parent

    def parent(self, **fields: HeaderValue) -> None:
        """Let the header of the block before the first have these fields. Comes first in a story."""
        self.parent_header = replace(self.parent_header, **fields)  # type: ignore[arg-type]
        self.drafts = [self._draft(0, 0)]

    def fund(self, account: NamedAccount, balance: int) -> None:
        """Let an account that has no key here have something in the pre-state."""
        self._place(account, balance=balance)

    # The block

    @property
    def chain_draft(self) -> ChainDraft:
        """The current block."""
        draft = self.draft
        assert isinstance(draft, ChainDraft)
        return draft

    def header(self, comment: str = "", **fields: HeaderValue) -> None:
        """Let the header of the current block have these fields, whether that is right or not, and say why."""
        self.chain_draft.header.update({"bloom" if name == "logs_bloom" else name: v for name, v in fields.items()})
        if comment:
            self.chain_draft.comments.update(dict.fromkeys(fields, comment))

    def after(self, seconds: int) -> None:
        """Let the current block come so many seconds after its parent. Comes before its transactions."""
        parent = self._parent_of(self.chain_draft)
        self.drafts[-1] = self._draft_on(parent, seconds)

    def next_block(self, on: int | None = None, seconds: int = SECONDS_PER_BLOCK) -> None:
        """End the current block and begin the next: on the last valid one, or on the block of the index ``on``.

        -1 is the parent.
        """
        self.seal()
        header = self._last_valid() if on is None else self.header_of(on)
        self.nonces = dict(self.nonces_after[header.hash()])
        self.drafts.append(self._draft_on(header, seconds))

    def header_of(self, index: int) -> Header:
        """The header of a block that was ended, or for -1 of the parent."""
        return self.parent_header if index < 0 else self.sealed[index].header

    def sibling(self, generations: int, miner: NamedAccount, seconds: int = SECONDS_PER_BLOCK, **fields: Any) -> Header:
        """A header beside the block of so many generations ago, 1 being the parent, valid but for ``fields``."""
        family = self._family(self._parent_of(self.chain_draft))
        before = family[generations]
        fork = self._fork_after(before, before.timestamp + seconds)
        header = replace(
            first_header(fork),
            parent_hash=before.hash(),
            coinbase=miner.address,
            state_root=keccak256(f"samestate state of {miner.name}".encode()),
            number=before.number + 1,
            gas_limit=before.gas_limit,
            timestamp=before.timestamp + seconds,
            base_fee_per_gas=fork.next_base_fee(before),
            difficulty=next_difficulty(fork, before, before.timestamp + seconds),
        )
        return replace(header, **fields)

    def include(self, *ommers: Header) -> None:
        """Let the current block have these ommers."""
        self.chain_draft.ommer_headers.extend(ommers)

    def no_withdrawals(self) -> None:
        """Let the body of the current block have no list of withdrawals."""
        self.chain_draft.has_withdrawals = False

    def list_of_withdrawals(self) -> None:
        """Let the body of the current block have a list of withdrawals."""
        self.chain_draft.has_withdrawals = True

    def encoded(self, change: Callable[[bytes], bytes]) -> None:
        """Let the current block be bytes that cannot be decoded: what ``change`` makes of the right ones."""
        self.chain_draft.change = change

    def size(self) -> int:
        """How many bytes the current block has, as described so far. Of the first block it completes the pre-state."""
        draft = self.chain_draft
        if not self.sealed:
            self._settle_parent()
        header, _, _ = self._header_of(draft, self._parent_of(draft))
        bodies = [transaction_in_body(raw) for raw, _ in draft.transactions]
        ommers = rlp.encode([header_item(each) for each in draft.ommer_headers])
        parts = [rlp.encode(header_item(header)), rlp_list(bodies), ommers]
        if draft.has_withdrawals:
            parts.append(rlp.encode([withdrawal_item(each) for each in draft.withdrawals]))
        return len(rlp_list(parts))

    # How a header comes about

    def _draft(self, number: int, timestamp: int) -> ChainDraft:
        return self._draft_on(self.parent_header, SECONDS_PER_BLOCK)

    def _draft_on(self, parent: Header, seconds: int) -> ChainDraft:
        timestamp = parent.timestamp + seconds
        fork = self._fork_after(parent, timestamp)
        self.fork = fork
        self.prices = PRICES_WITH_STATE_GAS if counts_state_gas(fork) else PRICES
        number = parent.number + 1
        is_of_work = fork.block_reward > 0
        has_randao = not is_of_work
        return ChainDraft(
            Environment(
                chain_id=CHAIN_ID,
                number=number,
                timestamp=timestamp,
                coinbase=self.coinbase.address,
                gas_limit=parent.gas_limit * (2 if parent.base_fee_per_gas is None and self._has_base_fee(fork) else 1),
                base_fee_per_gas=fork.next_base_fee(parent) or 0,
                difficulty=next_difficulty(fork, parent, timestamp) if is_of_work else 0,
                prev_randao=keccak256(f"samestate randao {number}".encode()) if has_randao else ZERO_HASH,
                excess_blob_gas=fork.next_excess_blob_gas(fork, parent) or 0,
                parent_hash=ZERO_HASH,
                parent_beacon_block_root=keccak256(f"samestate beacon root {number - 1}".encode()),
                slot_number=number if has_header_field(fork, "slot_number") else 0,
                block_hashes={},
            ),
            parent=parent,
            fork=fork,
            has_withdrawals=has_header_field(fork, "withdrawals_root"),
        )

    @staticmethod
    def _has_base_fee(fork: Fork) -> bool:
        return has_header_field(fork, "base_fee_per_gas")

    def _fork_after(self, parent: Header, timestamp: int) -> Fork:
        total_difficulty = self.total_difficulties.get(parent.hash(), parent.difficulty)
        return self.schedule(total_difficulty, parent.number + 1, timestamp)

    def _parent_of(self, draft: ChainDraft) -> Header:
        assert draft.parent is not None
        return draft.parent

    def _last_valid(self) -> Header:
        valid = [sealed.header for sealed in self.sealed if sealed.draft.rejection is None]
        return valid[-1] if valid else self.parent_header

    def _family(self, header: Header) -> list[Header]:
        """The headers from this one back to that of the parent."""
        family = [header]
        while family[-1].parent_hash in self.known:
            family.append(self.known[family[-1].parent_hash])
        return family

    def _place(self, account: NamedAccount, *arguments: Any, **details: Any) -> None:
        if self.sealed:
            raise ValueError(f"{account.name}: the pre-state is complete once a block has ended")
        super()._place(account, *arguments, **details)

    def _settle_parent(self) -> None:
        """The pre-state is complete: now the parent has its state root, and so its hash."""
        state = FlatState.from_alloc(self.pre)
        self.parent_header = replace(self.parent_header, state_root=state.root())
        digest = self.parent_header.hash()
        self.states[digest] = state
        self.known[digest] = self.parent_header
        self.total_difficulties[digest] = self.parent_header.difficulty
        self.nonces_after[digest] = {
            bytes.fromhex(address[2:]): int(text(account, "nonce"), 16) for address, account in self.pre.items()
        }
        self.chain_draft.parent = self.parent_header

    def seal(self) -> None:
        """End the current block: its header is what follows from it, but for what was said of that."""
        draft = self.chain_draft
        if not self.sealed:
            self._settle_parent()
        parent = self._parent_of(draft)
        header, state, access_list = self._header_of(draft, parent)
        self.sealed.append(Sealed(draft, header, access_list))
        if draft.rejection is None:
            digest = header.hash()
            self.states[digest] = state
            self.known[digest] = header
            self.total_difficulties[digest] = self.total_difficulties[parent.hash()] + header.difficulty
            self.nonces_after[digest] = dict(self.nonces)

    def _header_of(self, draft: ChainDraft, parent: Header) -> tuple[Header, FlatState, bytes]:
        """The header of a block, the state after it, and its block access list, which is empty where it has none."""
        assert draft.fork is not None
        fork, before = draft.fork, self.states[parent.hash()]
        names = [name for name, _ in HEADER_FIELDS[: fork.header_fields]]
        hashes = {each.number: each.hash() for each in self._family(parent)[:BLOCK_HASH_WINDOW]}
        draft.environment = replace(draft.environment, parent_hash=parent.hash(), block_hashes=hashes)
        values: dict[str, Any] = {name: getattr(first_header(fork), name) for name in names}
        values["timestamp"] = draft.environment.timestamp
        self._say(draft, values, "timestamp")
        if fork.block_reward:
            draft.environment = replace(
                draft.environment, difficulty=next_difficulty(fork, parent, values["timestamp"])
            )
        for name in ENVIRONMENT_FIELDS:
            if name in names:
                values[name] = getattr(draft.environment, name)
            self._say(draft, values, name)
        told = {name: values[name] for name in (*ENVIRONMENT_FIELDS, "timestamp") if name in names}
        draft.environment = replace(
            draft.environment, **{name: value for name, value in told.items() if value is not None}
        )
        values["transactions_root"] = ordered_trie_root([raw for raw, _ in draft.transactions if raw])
        values["ommers_hash"] = ommers_hash(draft.ommer_headers)
        if draft.has_withdrawals and "withdrawals_root" in names:
            values["withdrawals_root"] = withdrawals_root(draft.withdrawals)
        if "blob_gas_used" in names:
            values["blob_gas_used"] = GAS_PER_BLOB * sum(map(blobs_in, draft.transactions))
        values["state_root"] = before.root()
        state, listed = before, b""
        try:
            result = execute_block(Evm(fork), self._payload(draft), before)
        except Rejection:
            pass  # what such a header says of its execution is never looked at
        else:
            state = result.state()
            values["state_root"] = state.root()
            shown = Header(**{name: values[name] for name in names if values[name] is not None})
            for claim in (*claims(shown, result), *access_list_claims(shown, result)):
                values[CLAIMED[claim.name]] = claim.computed
            if fork.has_access_list:
                listed = encoded_access_list_of(result)
        for name in draft.header:
            if name not in (*ENVIRONMENT_FIELDS, "timestamp"):
                self._say(draft, values, name)
        return Header(**{name: value for name, value in values.items() if value is not None}), state, listed

    def _say(self, draft: ChainDraft, values: dict[str, Any], name: str) -> None:
        """Let a field have the value that the scenario says, and note which would have been right."""
        if name not in draft.header:
            return
        right: Any = values.get(name)
        said = draft.header[name]
        value: Any = said(right) if callable(said) else said
        field = "logs_bloom" if name == "bloom" else name
        if value is not None and right is not None and value != right:
            shown = f"0x{right.hex()}" if isinstance(right, bytes) else str(right)
            draft.comments.setdefault(field, f"in place of {shown}" if len(shown) <= 66 else "in place of another")
        values[name] = value

    def _payload(self, draft: ChainDraft) -> Payload:
        """What executing the block takes. Raises Rejection where a transaction is malformed."""
        return Payload(
            environment=draft.environment,
            transactions=tuple(decode_transaction(raw) for raw, _ in draft.transactions),
            withdrawals=tuple(draft.withdrawals),
            ommers=tuple(OmmerMiner(ommer.coinbase, ommer.number) for ommer in draft.ommer_headers),
        )


def blobs_in(described: tuple[bytes, str]) -> int:
    """How many blobs a transaction has, given as bytes with a comment."""
    try:
        transaction = decode_transaction(described[0])
    except Rejection:
        return 0
    return len(transaction.blob_versioned_hashes) if isinstance(transaction, BlobTransaction) else 0
