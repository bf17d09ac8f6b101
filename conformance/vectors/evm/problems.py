"""What can be wrong with a vector of the EVM, given its fork, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.vectors.document import Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.evm.case import (
    block_fields,
    environment_fields,
    fork_of,
    state_of,
    write_transaction,
)
from samestate.conformance.vectors.evm.keys import CODEC
from samestate.conformance.vectors.evm.result import expected_fields, rejection_names
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import DIMENSIONS, VALID, Case, member, members, text
from samestate.conformance.vectors.problems import record_problems, status_problems
from samestate.spec.evm.alloc import MalformedAlloc
from samestate.spec.evm.fork import Fork


def problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the pre-state, or else with the blocks."""
    found = list(pre_problems(document, case))
    return found or block_problems(document, case, expected)


def pre_problems(document: YamlDocument, case: Case) -> Iterable[str]:
    """Accounts that are out of range."""
    try:
        state_of(case)
    except MalformedAlloc as error:
        yield f"{document.at(('pre',))}{error}"
    for address, account in case.pre.items():
        for slot, value in member(account, "storage").items():
            if value == "0x0":
                yield f"{document.at(('pre', address, 'storage', slot))}must not be zero: leave the slot out"


def block_problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the blocks, given their fork."""
    fork = fork_of(case)
    for index, (block, expect) in enumerate(zip(case.blocks, expected, strict=True)):
        path: Path = ("blocks", index)
        yield from presence_problems(document, (*path, "env"), member(block, "env"), environment_fields(fork), fork)
        yield from presence_problems(document, path, block, block_fields(fork), fork, required=("withdrawals",))
        yield from block_hash_problems(document, (*path, "env"), member(block, "env"))
        for place, entry in enumerate(members(block, "txs")):
            if entry != write_transaction(unhexed(text(entry, "raw"))):
                right = write_transaction(unhexed(text(entry, "raw"))).get("sender", "left out")
                yield f"{document.at((*path, 'txs', place, 'sender'))}must be {right}, who signed the transaction"
        where = (*path, "expect")
        yield from status_problems(document, where, expect, rejection_names())
        if text(expect, "status") == VALID:
            yield from presence_problems(document, where, expect, expected_fields(fork), fork)
            yield from gas_problems(document, where, expect, fork)
            yield from record_problems(document, where, block, expect, CODEC)


def block_hash_problems(document: YamlDocument, path: Path, env: Object) -> Iterable[str]:
    """Hashes of blocks that are not before this one, and one of the parent that is not ``parent_hash``."""
    own = int(text(env, "number"))
    for number, digest in member(env, "block_hashes").items():
        where = document.at((*path, "block_hashes", number))
        if int(number) >= own:
            yield f"{where}must be before the block itself, {quoted(str(own))}"
        elif int(number) == own - 1 and digest != text(env, "parent_hash"):
            yield f"{where}must be parent_hash, {quoted(text(env, 'parent_hash'))}, as it is the parent's"


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
