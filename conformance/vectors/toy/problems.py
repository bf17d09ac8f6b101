"""What can be wrong with a vector of the toy machine, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Iterable

from samestate.conformance.vectors.document import Object, Path, YamlDocument
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts
from samestate.conformance.vectors.problems import record_problems, status_problems
from samestate.conformance.vectors.toy.case import SIGNED, chain_of, read_block, read_state
from samestate.conformance.vectors.toy.keys import CODEC
from samestate.conformance.vectors.toy.result import rejection_names
from samestate.spec.access import OPEN, step_name


def problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the pre-state, or else with the blocks."""
    found = list(pre_problems(document, case))
    return found or block_problems(document, case, expected)


def pre_problems(document: YamlDocument, case: Case) -> Iterable[str]:
    """Numbers that do not fit, and what is not in the state and must be left out."""
    try:
        read_state(case.pre)
    except ValueError as error:
        yield f"{document.at(('pre',))}{error}"
    for address, account in member(case.pre, "accounts").items():
        if account == {"nonce": "0x0", "balance": "0x0"}:
            yield f"{document.at(('pre', 'accounts', address))}has nothing: leave the account out"
        if "keys" in account and case.fork != SIGNED:
            yield f"{document.at(('pre', 'accounts', address, 'keys'))}there are keys under the ruleset {SIGNED} alone"
    for slot, value in member(case.pre, "slots").items():
        if value == "0x0":
            yield f"{document.at(('pre', 'slots', slot))}must not be zero: leave the slot out"


def block_problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the blocks."""
    try:
        chain_id = chain_of(case)
    except ValueError as error:
        yield f"{document.at(('machine', 'params'))}{error}"
        return
    for index, (block, expect) in enumerate(zip(case.blocks, expected, strict=True)):
        path: Path = ("blocks", index)
        yield from access_list_problems(document, (*path, "access_list"), block)
        try:
            read_block(block, chain_id)
        except ValueError as error:
            yield f"{document.at(path)}{error}"
        where = (*path, "expect")
        yield from status_problems(document, where, expect, rejection_names(is_signed=case.fork == SIGNED))
        if text(expect, "status") == VALID:
            yield from record_problems(document, where, block, expect, CODEC)


def access_list_problems(document: YamlDocument, path: Path, block: Object) -> Iterable[str]:
    """A list that is not written in order. What it says may be wrong: that is for engines to find."""
    transactions = len(members(block, "txs"))
    for step, entry in enumerate(members(block, "access_list"), OPEN):
        where = (*path, step - OPEN)
        if text(entry, "step") != step_name(step, transactions):
            yield f"{document.at((*where, 'step'))}must be {step_name(step, transactions)!r} at this place"
        for part, keys in (("reads", texts(entry, "reads")), ("changes", [*member(entry, "changes")])):
            if keys != sorted(keys, key=CODEC.parse_key):
                yield f"{document.at((*where, part))}must be in order: balances, nonces, slots, keys"
