"""Making a case smaller while an engine still gets it wrong.

Works on the maps of a case, so that one shrinker serves every machine: transactions and withdrawals are left out, then
operations or instructions of what is left, then accounts and slots of the pre-state. A candidate that is no valid input
any more fails no engine, and so is not taken.

What the rest of a block says of a part must not keep the part there. So when a transaction is left out, those after it
are signed anew with the nonces that are then right; and where the block carries its access list, that of what is left
takes its place.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from samestate.conformance.errors import InputError
from samestate.conformance.generating import toy_resigning
from samestate.conformance.generating.resigning import simpler, without_others
from samestate.conformance.generating.svm import resigning as svm_resigning
from samestate.conformance.vectors import evm, toy
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.evm.case import encoded_transactions
from samestate.conformance.vectors.explaining import map_of
from samestate.conformance.vectors.hexadecimal import hexed, read_bytes
from samestate.conformance.vectors.model import Case, member, members, text, texts
from samestate.spec.toy.signed.registry import REGISTERED

Fails = Callable[[Case], bool]
"""Whether an engine still departs from the specification on a case."""

Element = TypeVar("Element")

LISTS: Final = ("txs", "withdrawals", "ommers")
LIST: Final = "block_access_list"
SECONDS: Final = 60.0


@dataclasses.dataclass(slots=True)
class Shrinker:
    """Shrinks within a time. ``tried`` counts the cases that were tried."""

    fails: Fails
    seconds: float = SECONDS
    tried: int = 0

    def shrink(self, case: Case) -> Case:
        """A case that still fails and from which nothing more can be left out, or as small as time allowed."""
        end = time.monotonic() + self.seconds
        while True:
            smaller = self._pass(case, end)
            if smaller is case or time.monotonic() > end:
                return smaller
            case = smaller

    def _pass(self, case: Case, end: float) -> Case:
        for candidates in PASSES:
            found = True
            while found and time.monotonic() < end:
                found = False
                for candidate in with_right_lists(case, candidates(case)):
                    if time.monotonic() > end:
                        break
                    self.tried += 1
                    if self.fails(candidate):
                        case, found = candidate, True
                        break
        return case


def without_blocks(case: Case) -> Iterator[Case]:
    """The case without its last blocks, and without its first."""
    for count in range(1, len(case.blocks)):
        yield dataclasses.replace(case, blocks=case.blocks[:count])
    if len(case.blocks) > 1:
        yield dataclasses.replace(case, blocks=case.blocks[1:])


def without_history(case: Case) -> Iterator[Case]:
    """The same blocks of entries without proof of history: their blockhashes, and so all transactions, stay right."""
    if not any("hash" in entry for block in case.blocks for entry in members(block, "entries")):
        return
    blocks: list[Object] = []
    for block in case.blocks:
        entries = members(block, "entries")
        env: Object = {**member(block, "env"), "blockhash": entries[-1]["hash"] if entries else "0x"}
        blocks.append({**block, "env": env, "entries": [{"txs": each["txs"]} for each in entries if each["txs"]]})
    yield dataclasses.replace(case, blocks=tuple(blocks))


def without_entries(case: Case) -> Iterator[Case]:
    """Without some entries, then in fewer entries, then without some transactions of an entry."""
    for index, block in enumerate(case.blocks):
        entries = members(block, "entries")
        for kept in fewer(entries):
            yield with_block(case, index, {**block, "entries": [*kept]})
        for place, (first, second) in enumerate(itertools.pairwise(entries)):
            if "hash" not in first:
                joined: Object = {"txs": [*texts(first, "txs"), *texts(second, "txs")]}
                yield with_block(case, index, {**block, "entries": [*entries[:place], joined, *entries[place + 2 :]]})
        for place, entry in enumerate(entries):
            for wires in fewer(texts(entry, "txs")):
                yield with_block(case, index, {**block, "entries": with_wires(entries, place, wires)})


def with_wires(entries: Sequence[Object], place: int, wires: Sequence[str]) -> list[Json]:
    """Entries, one of them with other transactions; without it where it has none left."""
    changed: list[Json] = [{**entries[place], "txs": [*wires]}] if wires else []
    return [*entries[:place], *changed, *entries[place + 1 :]]


def without_elements(case: Case) -> Iterator[Case]:
    """Without some of the transactions or withdrawals, many at once first; without an access list or an opening."""
    for index, block in enumerate(case.blocks):
        for name in ("access_list", "block_access_list", "opening"):
            if name in block:
                yield with_block(case, index, {field: value for field, value in block.items() if field != name})
        for name in LISTS:
            elements = members(block, name)
            for kept in fewer(range(len(elements))):
                candidate = with_block(case, index, {**block, name: [elements[place] for place in kept]})
                if name == "txs" and is_signed(elements):
                    yield from (toy_signed_anew if case.machine == toy.NAME else signed_anew)(case, index, kept)
                yield candidate


def is_signed(transactions: Sequence[Object]) -> bool:
    """Whether transactions are signed, as those of the EVM are, and those of the toy under a ruleset."""
    return any("raw" in transaction or "signature" in transaction for transaction in transactions)


def signed_anew(case: Case, index: int, kept: Sequence[int]) -> Iterator[Case]:
    """The case with the transactions at these places of a block, and all of later blocks, with right nonces."""
    later = [encoded_transactions(block) for block in case.blocks[index:]]
    count = len(later[0])
    everything = [raw for raws in later for raw in raws]
    left = without_others(everything, [*kept, *range(count, len(everything))])
    if left == [everything[place] for place in kept] + everything[count:]:
        return
    for place, raws in enumerate(later):
        size = len(kept) if place == 0 else len(raws)
        part: list[Json] = [evm.write_transaction(raw) for raw in left[:size]]
        left = left[size:]
        case = with_block(case, index + place, {**case.blocks[index + place], "txs": part})
    yield case


def toy_signed_anew(case: Case, index: int, kept: Sequence[int]) -> Iterator[Case]:
    """As :func:`signed_anew`, of the toy; its own block alone."""
    block = case.blocks[index]
    transactions = [toy.read_transaction(transaction) for transaction in members(block, "txs")]
    left = toy_resigning.without_others(transactions, kept, int(case.params[toy.CHAIN_ID]), public_keys(case))
    if left != [transactions[place] for place in kept]:
        yield with_block(case, index, {**block, "txs": [toy.write_transaction(transaction) for transaction in left]})


def resigned(case: Case, before: Object, after: Object) -> Object:
    """A transaction that was changed, signed anew where it is one of the toy that was rightly signed."""
    if case.machine != toy.NAME or "signature" not in before:
        return after
    chain_id = int(case.params[toy.CHAIN_ID])
    given, changed = toy.read_transaction(before), toy.read_transaction(after)
    return toy.write_transaction(toy_resigning.signed_anew(given, changed, chain_id, public_keys(case)))


def public_keys(case: Case) -> list[bytes]:
    """The public keys by which transactions of a case of the toy can be signed."""
    state, blocks = toy.read_case(case)
    transactions = [transaction for block in blocks for transaction in block.transactions]
    held = [value[1:] for key, value in state.values.items() if key[:1] == REGISTERED]
    brought = [each.registration.public_key for each in transactions if each.registration is not None]
    return held + brought


def with_right_lists(case: Case, candidates: Iterator[Case]) -> Iterator[Case]:
    """Each candidate, and before it the same with the right access list of its block, if the case has the right one."""
    is_right = len(case.blocks) == 1 and LIST in case.blocks[0] and with_right_list(case) == case
    for candidate in candidates:
        if is_right and LIST in candidate.blocks[0]:
            made = with_right_list(candidate)
            if made is not None and made != candidate:
                yield made
        yield candidate


def with_right_list(case: Case) -> Case | None:
    """The case with the block access list that the specification finds; None where the block is invalid without it."""
    (block,) = case.blocks
    bare = {name: value for name, value in block.items() if name != LIST}
    try:
        (expect,) = evm.execute(with_block(case, 0, bare))
    except (InputError, ValueError, TypeError, KeyError):
        return None
    return with_block(case, 0, {**block, LIST: text(expect, LIST)}) if LIST in expect else None


def without_operations(case: Case) -> Iterator[Case]:
    """Without some operations of a transaction, and without its declaration."""
    for index, block in enumerate(case.blocks):
        entries = members(block, "entries")
        for number, entry in enumerate(entries):
            wires = texts(entry, "txs")
            for place, wire in enumerate(wires):
                for shorter in svm_resigning.simpler(read_bytes(wire)):
                    fewer_calls = [*wires[:place], hexed(shorter), *wires[place + 1 :]]
                    yield with_block(case, index, {**block, "entries": with_wires(entries, number, fewer_calls)})
        transactions = members(block, "txs")
        for place, transaction in enumerate(transactions):
            for smaller in smaller_transactions(transaction):
                anew = resigned(case, transaction, smaller)
                changed: list[Json] = [*transactions[:place], anew, *transactions[place + 1 :]]
                yield with_block(case, index, {**block, "txs": changed})


def smaller_transactions(transaction: Object) -> Iterator[Object]:
    """A transaction with less in it; a signed one only where its key is known."""
    if "raw" in transaction:
        yield from map(evm.write_transaction, simpler(read_bytes(transaction["raw"])))
    if "declared" in transaction:
        yield {name: value for name, value in transaction.items() if name != "declared"}
    if "registration" in transaction:
        yield {name: value for name, value in transaction.items() if name != "registration"}
    if "operations" in transaction:
        for kept in fewer(texts(transaction, "operations")):
            yield {**transaction, "operations": [*kept]}


def without_state(case: Case) -> Iterator[Case]:
    """Without some of the pre-state."""
    for path in ((), *((name,) for name in case.pre)):
        part = case.pre if not path else map_of(case.pre, path[0])
        if path and "balance" in part:
            storage = map_of(part, "storage")
            for kept in fewer(list(storage)):
                account = {**part, "storage": {slot: storage[slot] for slot in kept}}
                yield dataclasses.replace(case, pre={**case.pre, path[0]: account})
            for code in shorter_code(text(part, "code")):
                yield dataclasses.replace(case, pre={**case.pre, path[0]: {**part, "code": code}})
            continue
        if path == ("bank",) or (not path and any(name in case.pre for name in ("accounts", "slots"))):
            continue
        for kept in fewer(list(part)):
            smaller: Object = {name: part[name] for name in kept}
            yield dataclasses.replace(case, pre={**case.pre, path[0]: smaller} if path else smaller)


def shorter_code(code: str) -> Iterator[str]:
    """Code that ends earlier, or none."""
    size = len(code) // 2 - 1
    for kept in (0, size // 4, size // 2, 3 * size // 4, size - 1):
        if kept < size:
            yield code[: 2 + 2 * kept]


def with_less_gas(case: Case) -> Iterator[Case]:
    """With transactions that pay nothing for gas; signed ones only on the toy."""
    for index, block in enumerate(case.blocks):
        transactions = members(block, "txs")
        for place, transaction in enumerate(transactions):
            if transaction.get("gas_price", "0") != "0":
                cheap: list[Json] = [
                    *transactions[:place],
                    resigned(case, transaction, {**transaction, "gas_price": "0"}),
                    *transactions[place + 1 :],
                ]
                yield with_block(case, index, {**block, "txs": cheap})


def with_block(case: Case, index: int, block: Object) -> Case:
    """The case with another block in a place."""
    return dataclasses.replace(case, blocks=(*case.blocks[:index], block, *case.blocks[index + 1 :]))


def fewer(elements: Sequence[Element]) -> Iterator[Sequence[Element]]:
    """The elements without some that stand together: half of them, a quarter, and so on to one."""
    size = len(elements)
    while size > 0:
        for start in range(0, len(elements), size):
            if len(elements) > 0:
                yield [*elements[:start], *elements[start + size :]]
        size //= 2


PASSES: Final[Sequence[Callable[[Case], Iterator[Case]]]] = (
    without_blocks,
    without_history,
    without_entries,
    without_elements,
    without_operations,
    without_state,
    with_less_gas,
)
"""Ways to leave something out, one after another."""
