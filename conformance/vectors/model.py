"""What a vector holds: a case, which is what an engine is given, and what must come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from samestate.conformance.vectors.document import Json, Object


FORMAT: Final = "samestate-vector/1"
VALID: Final = "valid"
PRE: Final = "pre"
ABSENT: Final = "absent"
PLAN: Final = "chains"
"""The machine of plans, whose blocks are rounds with blocks of several chains."""

SELECTORS: Final[Mapping[str, str]] = {
    "access-list": "the fork has block access lists, and the vector expects one",
    "blobs": "there are blob transactions",
    "chain": "blocks come with their headers, which are to be judged as the children of others",
    "empty-accounts": "the pre-state holds an account that has nothing at all",
    "fork-transition": "a second fork begins on the way",
    "history": "blocks of Solana's machine come with their proof of history",
    "ml-dsa": "a signature or a key is of ML-DSA, alone or as part of a hybrid",
    "multiple-blocks": "there is more than one block",
    "ommers": "a block has ommers, whose miners are rewarded",
    "opening": "a block of the toy stores something before its first transaction",
    "orphan-storage": "the pre-state holds an account that has storage, but neither nonce nor code",
    "overflows": "a balance or the price of blob gas does not fit 256 bits",
    "partial-state": "accounts that are in the state are not listed, and stand there as one number",
    "proposed-access-list": "a block comes with a block access list that is to be verified",
    "rejections": "a block is invalid",
    "requests": "a block has requests to the consensus layer",
    "rewards": "blocks are rewarded",
    "switched-features": "the rules depart from those of the ruleset",
    "system-calls": "the fork calls system contracts, and the pre-state has them",
    "unverified-signatures": "signatures of Solana's machine are not looked at",
    "withdrawals": "a block has withdrawals",
}
"""What an engine may be unable to do, each with when a vector needs it."""

OF_CHAINS: Final = frozenset({"chain", "fork-transition"})
"""What an engine lacks that executes blocks, and judges no headers."""

SELECTOR_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "unreachable": ("empty-accounts", "orphan-storage", "overflows")
}
"""Names for several selectors: ``unreachable`` are states that no chain can reach, which a client need not bear."""

POST_STATE: Final = "post_state"
"""An output that no vector has, since it follows from the pre-state and the access record: the state after a block."""

DIMENSIONS: Final = ("execution_gas", "state_gas")
"""What a block counts of its gas limit since EIP-8037: the sums, and in each receipt what its transaction adds."""

OUTPUTS: Final = (
    "state_root",
    "bank_hash",
    "receipts_root",
    "gas_used",
    *DIMENSIONS,
    "blob_gas_used",
    "logs_bloom",
    "receipts",
    "critical_path",
    "critical_path_gas",
    "depends",
    "requests",
    "requests_hash",
    "block_access_list",
    "block_access_list_hash",
    "blockhash",
    "signature_count",
    "fees",
    "block_cost",
    "delivered",
    "sent",
    "heads",
    "joint_root",
    "rejection_code",
)
"""What an engine may give for a block, beside its access record."""


@dataclass(frozen=True, slots=True)
class Case:
    """What an engine is given: a machine, a pre-state and blocks, as the maps of a vector without what is expected.

    Where the blocks come with their headers, ``parent`` is the header of the block before the first, and ``transition``
    says which fork follows the first, and from where, if any does.
    """

    id: str
    machine: str
    fork: str
    params: Mapping[str, str]
    selectors: frozenset[str]
    pre: Object
    blocks: tuple[Object, ...]
    parent: Object | None = None
    transition: Object | None = None

    @property
    def forks(self) -> tuple[str, ...]:
        """The names of the forks that rule its blocks."""
        return (self.fork,) if self.transition is None else (self.fork, text(self.transition, "fork"))

    def document(self) -> Object:
        """The case as an outside engine gets it."""
        parent: Object = {} if self.parent is None else {"parent": self.parent}
        return {
            "id": self.id,
            "machine": self.machine_document(),
            "selectors": [*sorted(self.selectors)],
            "pre": self.pre,
            **parent,
            "blocks": list(self.blocks),
        }

    def machine_document(self) -> Object:
        """What stands under ``machine``."""
        written: Object = {"name": self.machine, "fork": self.fork, "params": dict(self.params)}
        return written if self.transition is None else {**written, "transition": self.transition}


@dataclass(frozen=True, slots=True)
class Vector:
    """A case and what must come out of it: for each block a map as under ``expect`` in a vector.

    ``names`` gives accounts the names that the scenario has for them. ``note`` says what is odd about the file, but no
    reason not to use it.
    """

    place: str
    case: Case
    rules: tuple[str, ...]
    hazards: tuple[str, ...]
    expected: tuple[Object, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def id(self) -> str:
        """What the case is called, as under ``id`` in the file."""
        return self.case.id


def lineage(case: Case, expected: Sequence[Object], index: int) -> list[int]:
    """The indices of the blocks on whose state the block of that index is executed, oldest first.

    They are all that are before it, but in a chain, where a block names its parent.
    """
    if case.parent is None:
        return [*range(index)]
    valid = {
        text(block, "hash"): place
        for place, (block, expect) in enumerate(zip(case.blocks[:index], expected, strict=False))
        if text(expect, "status") == VALID
    }
    found: list[int] = []
    block = case.blocks[index]
    while "header" in block and (place := valid.get(text(member(block, "header"), "parent_hash"))) is not None:
        found.append(place)
        block = case.blocks[place]
    return found[::-1]


def member(content: Json, name: str) -> Object:
    """The map in a field. Raises TypeError where it is none, which the schema has excluded."""
    value = content[name] if isinstance(content, dict) else None
    if not isinstance(value, dict):
        raise TypeError(f"{name}: must be a map")
    return value


def members(content: Json, name: str) -> Sequence[Object]:
    """The maps in a list, none where the field is left out. Raises TypeError as :func:`member` does."""
    value = content.get(name, []) if isinstance(content, dict) else None
    if not isinstance(value, list):
        raise TypeError(f"{name}: must be a list")
    maps = [element for element in value if isinstance(element, dict)]
    if len(maps) != len(value):
        raise TypeError(f"{name}: must hold maps")
    return maps


def transactions(block: Object) -> list[Json]:
    """The transactions of a block, as its machine writes them: of all entries, and of all chains of a round."""
    if "chains" in block:
        blocks = member(block, "chains")
        return [transaction for name in blocks for transaction in transactions(member(blocks, name))]
    lists = [block["txs"]] if "txs" in block else [entry["txs"] for entry in members(block, "entries")]
    return [transaction for part in lists if isinstance(part, list) for transaction in part]


def round_results(result: Object) -> dict[str, Object]:
    """What the result of a round says of its chains by name: nothing where the plan is refused, or it is no round."""
    chains = result.get("chains", {})
    if not isinstance(chains, dict):
        return {}
    return {name: value for name, value in chains.items() if isinstance(value, dict)}


def gas_of(receipt: Object) -> str:
    """The gas that a transaction used, or what its machine counts instead."""
    return text(receipt, "units" if "units" in receipt else "gas_used")


def text(content: Json, name: str) -> str:
    """The string in a field. Raises TypeError as :func:`member` does."""
    value = content[name] if isinstance(content, dict) else None
    if not isinstance(value, str):
        raise TypeError(f"{name}: must be a string")
    return value


def texts(content: Json, name: str) -> list[str]:
    """The strings in a list, none where the field is left out. Raises TypeError as :func:`member` does."""
    value = content.get(name, []) if isinstance(content, dict) else None
    if not isinstance(value, list):
        raise TypeError(f"{name}: must be a list")
    strings = [element for element in value if isinstance(element, str)]
    if len(strings) != len(value):
        raise TypeError(f"{name}: must hold strings")
    return strings
