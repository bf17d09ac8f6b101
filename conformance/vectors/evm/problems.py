"""What can be wrong with a vector of the EVM, given its fork, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Iterable

from samestate.conformance.vectors.document import Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.evm.block_problems import (
    execution_problems,
    presence_problems,
    sender_problems,
)
from samestate.conformance.vectors.evm.case import block_fields, environment_fields, fork_of, state_of
from samestate.conformance.vectors.evm.chain import is_chain
from samestate.conformance.vectors.evm.chain_problems import chain_problems, form_problems
from samestate.conformance.vectors.evm.result import rejection_names
from samestate.conformance.vectors.model import VALID, Case, member, text
from samestate.conformance.vectors.problems import status_problems
from samestate.spec.evm.alloc import MalformedAlloc


def problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the pre-state and the form of the blocks, or else with the blocks."""
    found = [*pre_problems(document, case), *form_problems(document, case)]
    if found:
        return found
    if is_chain(case):
        return chain_problems(document, case, expected)
    return block_problems(document, case, expected)


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
        yield from sender_problems(document, path, block)
        yield from status_problems(document, (*path, "expect"), expect, rejection_names())
        if text(expect, "status") == VALID:
            yield from execution_problems(document, path, block, expect, fork)


def block_hash_problems(document: YamlDocument, path: Path, env: Object) -> Iterable[str]:
    """Hashes of blocks that are not before this one, and one of the parent that is not ``parent_hash``."""
    own = int(text(env, "number"))
    for number, digest in member(env, "block_hashes").items():
        where = document.at((*path, "block_hashes", number))
        if int(number) >= own:
            yield f"{where}must be before the block itself, {quoted(str(own))}"
        elif int(number) == own - 1 and digest != text(env, "parent_hash"):
            yield f"{where}must be parent_hash, {quoted(text(env, 'parent_hash'))}, as it is the parent's"
