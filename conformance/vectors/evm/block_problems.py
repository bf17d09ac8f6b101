"""What can be wrong with a block of the EVM and what is expected of it, with or without a header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.vectors.document import Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.evm.case import write_transaction
from samestate.conformance.vectors.evm.keys import CODEC
from samestate.conformance.vectors.evm.result import expected_fields
from samestate.conformance.vectors.hexadecimal import LONG_RUN, read_bytes
from samestate.conformance.vectors.model import DIMENSIONS, members, text
from samestate.conformance.vectors.problems import record_problems
from samestate.spec.evm.fork import Fork


def sender_problems(document: YamlDocument, path: Path, block: Object) -> Iterable[str]:
    """Transactions that are not written as they must be, their sender included."""
    for place, entry in enumerate(members(block, "txs")):
        right = write_transaction(read_bytes(entry["raw"]))
        if entry["raw"] != right["raw"]:
            where = document.at((*path, "txs", place, "raw"))
            yield f"{where}must be in parts where {LONG_RUN} equal bytes or more follow one another, and only there"
        elif entry != right:
            sender = right.get("sender", "left out")
            yield f"{document.at((*path, 'txs', place, 'sender'))}must be {sender}, who signed the transaction"


def execution_problems(document: YamlDocument, path: Path, block: Object, expect: Object, fork: Fork) -> Iterable[str]:
    """What is wrong with what is expected of a valid block."""
    where = (*path, "expect")
    yield from presence_problems(document, where, expect, expected_fields(fork), fork)
    yield from gas_problems(document, where, expect, fork)
    yield from record_problems(document, where, block, expect, CODEC)


def gas_problems(document: YamlDocument, path: Path, expect: Object, fork: Fork) -> Iterable[str]:
    """What the block counts of its gas, where that is not what its receipts say."""
    receipts = members(expect, "receipts")
    is_there = dict.fromkeys(DIMENSIONS, counts_state_gas(fork))
    missing = [
        problem
        for place, receipt in enumerate(receipts)
        for problem in presence_problems(document, (*path, "receipts", place), receipt, is_there, fork)
    ]
    yield from missing
    if missing or not all(name in expect for name in DIMENSIONS):
        return
    sums = {name: sum(int(text(receipt, name)) for receipt in receipts) for name in DIMENSIONS}
    for name, right in {**sums, "gas_used": max(sums.values())}.items():
        if text(expect, name) != str(right):
            yield f"{document.at((*path, name))}does not follow from the receipts: must be {quoted(str(right))}"


def presence_problems(
    document: YamlDocument,
    path: Path,
    content: Object,
    fields: Mapping[str, bool],
    fork: Fork,
    required: tuple[str, ...] | None = None,
) -> Iterable[str]:
    """Fields that the fork does not have, and fields of it that are missing."""
    for name, belongs in fields.items():
        if name in content and not belongs:
            yield f"{document.at((*path, name))}must not be there: {fork.name} has no such field"
        elif belongs and name not in content and (required is None or name in required):
            yield f"{document.at(path)}the field {name!r} is missing: {fork.name} has it"
