"""What can be wrong with a chain of blocks, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from samestate.conformance.vectors.document import Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.evm.block_problems import execution_problems, sender_problems
from samestate.conformance.vectors.evm.case import encoded_transactions, fork_of, has, read_withdrawals, state_of
from samestate.conformance.vectors.evm.chain import is_chain, schedule_of
from samestate.conformance.vectors.evm.header import ATTRIBUTES, read_header, skipped_field
from samestate.conformance.vectors.evm.result import rejection_names
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import VALID, Case, member, members, text
from samestate.conformance.vectors.problems import status_problems
from samestate.spec.evm.block import Header, ommers_hash, withdrawals_root
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.state.patricia import ordered_trie_root

OF_EXECUTION: Final = (
    "state_root",
    "receipts_root",
    "gas_used",
    "logs_bloom",
    "blob_gas_used",
    "requests_hash",
    "block_access_list_hash",
)
"""Fields that a valid block has both in its header and under ``expect``."""

BODY_CODES: Final = {
    "transactions_root": Invalid.INVALID_TRANSACTIONS_ROOT.name,
    "ommers_hash": Invalid.INVALID_OMMERS_HASH.name,
    "withdrawals_root": Invalid.INVALID_WITHDRAWALS_ROOT.name,
}
"""Fields that say something of the body, and the rejection of a block in which that is wrong."""


@dataclass(slots=True)
class Known:
    """The headers that later blocks may follow, by hash, each with the difficulty of all blocks up to it."""

    headers: dict[str, Header] = field(default_factory=dict)
    total_difficulties: dict[str, int] = field(default_factory=dict)

    def add(self, header: Header) -> None:
        """Take in the header of a block that is valid."""
        before = self.total_difficulties.get(hexed(header.parent_hash), 0)
        digest = hexed(header.hash())
        self.headers[digest] = header
        self.total_difficulties[digest] = before + header.difficulty


def form_problems(document: YamlDocument, case: Case) -> Iterator[str]:
    """Blocks with headers where there is no parent, or blocks without where there is one."""
    for index, block in enumerate(case.blocks):
        has_header = "header" in block or "rlp" in block
        if has_header and not is_chain(case):
            where = document.at(("blocks", index))
            yield f"{where}has a header, so the vector must have a 'parent', the header of the block before its first"
        elif is_chain(case) and not has_header:
            where = document.at(("blocks", index))
            yield f"{where}must have a 'header' in the place of 'env', since the vector has a 'parent'"
    if case.transition is not None:
        where = document.at(("machine", "transition"))
        if not is_chain(case):
            yield f"{where}must not be there: only blocks with headers, on a 'parent', go from fork to fork"
        elif "fork" not in case.transition or len(case.transition) != 2:
            yield f"{where}must have 'fork' and one of 'number', 'timestamp' and 'total_difficulty'"
        elif has(fork_of(case), schedule_of(case).then or fork_of(case)):
            yield f"{where}must be to a later fork than {quoted(case.fork)}"


def chain_problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterator[str]:
    """What is wrong with a parent and the blocks on it."""
    assert case.parent is not None
    parent_path: Path = ("parent",)
    wrong = [*field_problems(document, parent_path, case.parent, fork_of(case))]
    root = hexed(state_of(case).root())
    if text(case.parent, "state_root") != root:
        wrong.append(f"{document.at((*parent_path, 'state_root'))}must be {quoted(root)}, the root of 'pre'")
    yield from wrong
    if wrong:
        return
    known = Known()
    known.add(read_header(case.parent))
    for index, (block, expect) in enumerate(zip(case.blocks, expected, strict=True)):
        found = [*block_problems(document, case, index, block, expect, known)]
        yield from found
        if not found and text(expect, "status") == VALID:
            known.add(read_header(member(block, "header")))


def block_problems(
    document: YamlDocument, case: Case, index: int, block: Object, expect: Object, known: Known
) -> Iterator[str]:
    """What is wrong with a block, given the headers that it may follow."""
    path: Path = ("blocks", index)
    yield from status_problems(document, (*path, "expect"), expect, rejection_names())
    is_valid = text(expect, "status") == VALID
    if "rlp" in block:
        if is_valid:
            yield f"{document.at((*path, 'rlp'))}must be a block that cannot be decoded: give a valid one by its parts"
        return
    content, where = member(block, "header"), (*path, "header")
    skipped = skipped_field(content)
    if skipped is not None:
        yield f"{document.at(where)}the field {skipped!r} is missing, and later ones are there: no header can be so"
        return
    for place, ommer in enumerate(members(block, "ommers")):
        skipped = skipped_field(ommer)
        if skipped is not None:
            at = document.at((*path, "ommers", place))
            yield f"{at}the field {skipped!r} is missing, and later ones are there: no header can be so"
            return
    header = read_header(content)
    digest = hexed(header.hash())
    if text(block, "hash") != digest:
        yield f"{document.at((*path, 'hash'))}must be {quoted(digest)}, the hash of the header"
    yield from sender_problems(document, path, block)
    yield from body_problems(document, path, block, text(expect, "status"))
    yield from parent_problems(document, case, path, header, expect, known)
    if is_valid:
        total_difficulty = known.total_difficulties.get(hexed(header.parent_hash), 0)
        fork = schedule_of(case)(total_difficulty, header.number, header.timestamp)
        yield from field_problems(document, where, content, fork)
        if has_withdrawals(fork) != ("withdrawals" in block):
            must = "the field 'withdrawals' is missing" if has_withdrawals(fork) else "'withdrawals' must not be there"
            yield f"{document.at(path)}{must}: so it is in {fork.name}"
        yield from execution_problems(document, path, block, expect, fork)
        for name in OF_EXECUTION:
            if name in content and name in expect and content[name] != expect[name]:
                yield f"{document.at((*where, name))}must be {quoted(str(expect[name]))}, as under 'expect'"


def parent_problems(
    document: YamlDocument, case: Case, path: Path, header: Header, expect: Object, known: Known
) -> Iterator[str]:
    """A header that does not follow the parent that it names, although nothing of the kind is expected."""
    status, where = text(expect, "status"), (*path, "header")
    parent = known.headers.get(hexed(header.parent_hash))
    if parent is None:
        if status != Invalid.UNKNOWN_PARENT.name and status != Invalid.MALFORMED_BLOCK.name:
            yield (
                f"{document.at((*where, 'parent_hash'))}is the hash of no valid block before; "
                f"a block without parent is expected to be {quoted(Invalid.UNKNOWN_PARENT.name)}"
            )
        return
    if status == Invalid.UNKNOWN_PARENT.name:
        yield f"{document.at((*path, 'expect', 'status'))}the parent is known: it is a block before"
    if status != VALID:
        return
    if header.number != parent.number + 1:
        right = quoted(str(parent.number + 1))
        yield f"{document.at((*where, 'number'))}must be {right}, the parent's plus one, for a block that is valid"
    if header.timestamp <= parent.timestamp:
        at = document.at((*where, "timestamp"))
        yield f"{at}must be over {quoted(str(parent.timestamp))}, the parent's, for a block that is valid"


def body_problems(document: YamlDocument, path: Path, block: Object, status: str) -> Iterator[str]:
    """What the header says of the body, where that is wrong and nothing of the kind is expected."""
    header = member(block, "header")
    right: dict[str, Callable[[], bytes]] = {
        "transactions_root": lambda: ordered_trie_root(encoded_transactions(block)),
        "ommers_hash": lambda: ommers_hash([read_header(ommer) for ommer in members(block, "ommers")]),
        "withdrawals_root": lambda: withdrawals_root(read_withdrawals(block)),
    }
    for name, compute in right.items():
        if status in (VALID, BODY_CODES[name]) and name in header:
            digest = compute()
            is_right = unhexed(text(header, name)) == digest
            if status == VALID and not is_right:
                yield f"{document.at(('blocks', path[1], 'header', name))}must be {quoted(hexed(digest))}, by the body"
            elif status != VALID and is_right:
                at = document.at((*path, "expect", "status"))
                yield f"{at}the {name.replace('_', ' ')} is right: it is what follows from the body"
    list_hash = header.get("block_access_list_hash")
    if "block_access_list" in block and status == VALID:
        digest = keccak256(unhexed(text(block, "block_access_list")))
        if list_hash != hexed(digest):
            at = document.at((*path, "header", "block_access_list_hash"))
            yield f"{at}must be {quoted(hexed(digest))}, the hash of the list that comes with the block"


def field_problems(document: YamlDocument, path: Path, header: Object, fork: Fork) -> Iterable[str]:
    """Fields that headers of the fork do not have, and fields of it that are missing."""
    wanted = list(ATTRIBUTES)[: fork.header_fields]
    for name in ATTRIBUTES:
        if name in header and name not in wanted:
            yield f"{document.at((*path, name))}must not be there: {fork.name} has no such field"
        elif name in wanted and name not in header:
            yield f"{document.at(path)}the field {name!r} is missing: {fork.name} has it"


def has_withdrawals(fork: Fork) -> bool:
    """Whether bodies of the fork have a list of withdrawals."""
    return list(ATTRIBUTES).index("withdrawals_root") < fork.header_fields
