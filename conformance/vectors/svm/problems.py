"""What can be wrong with a vector of Solana's machine, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Iterable

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.document import SIZE_LIMIT, Object, Path, YamlDocument
from samestate.conformance.vectors.hexadecimal import length_of
from samestate.conformance.vectors.model import VALID, Case, member, members, text, transactions
from samestate.conformance.vectors.problems import record_problems, status_problems
from samestate.conformance.vectors.svm.case import FALSE, read_bank, read_state, ruleset_of
from samestate.conformance.vectors.svm.keys import CODEC
from samestate.conformance.vectors.svm.result import rejection_names
from samestate.spec.state.lattice import LATTICE_BYTES
from samestate.spec.svm.account import MAXIMUM_DATA_BYTES
from samestate.spec.svm.addresses import address


def problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the pre-state, or else with the blocks."""
    found = list(pre_problems(document, case))
    return found or block_problems(document, case, expected)


def pre_problems(document: YamlDocument, case: Case) -> Iterable[str]:
    """Parameters that are none, numbers that do not fit, and what must be left out."""
    try:
        ruleset_of(case)
    except InputError as error:
        yield f"{document.at(('machine', 'params'))}{error}"
        return
    oversized = False
    for name, account in member(case.pre, "accounts").items():
        path: Path = ("pre", "accounts", name)
        try:
            address(name)
        except ValueError as error:
            yield f"{document.at(path)}{error}"
            oversized = True
        if isinstance(account, dict):
            if account.get("lamports") == "0":
                yield f"{document.at(path)}has no lamports: leave the account out"
            if account.get("executable") == FALSE:
                yield f"{document.at((*path, 'executable'))}is 'true', or left out"
            length = length_of(account.get("data", "0x"))
            if length > MAXIMUM_DATA_BYTES:
                yield f"{document.at((*path, 'data'))}must have at most {MAXIMUM_DATA_BYTES} bytes, but has {length}"
                oversized = True
    length = length_of(case.pre.get("others", "0x"))
    if length not in (0, LATTICE_BYTES):
        yield f"{document.at(('pre', 'others'))}must have {LATTICE_BYTES} bytes, but has {length}"
        oversized = True
    if oversized:
        return
    for path, read in ((("pre", "accounts"), lambda: read_state(case.pre)), (("pre", "bank"), lambda: read_bank(case))):
        try:
            read()
        except ValueError as error:
            yield f"{document.at(path)}{error}"


def block_problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the blocks."""
    slot = int(text(member(case.pre, "bank"), "slot"))
    for index, (block, expect) in enumerate(zip(case.blocks, expected, strict=True)):
        path: Path = ("blocks", index)
        env = member(block, "env")
        if int(text(env, "slot")) <= slot:
            yield f"{document.at((*path, 'env', 'slot'))}must be more than {slot}, the slot of the block before"
        try:
            address(text(env, "leader"))
        except ValueError as error:
            yield f"{document.at((*path, 'env', 'leader'))}{error}"
        yield from history_problems(document, path, block)
        if sum(length_of(wire) for wire in transactions(block)) > SIZE_LIMIT:
            yield f"{document.at((*path, 'entries'))}must have at most {SIZE_LIMIT} bytes of transactions"
        where = (*path, "expect")
        yield from status_problems(document, where, expect, rejection_names())
        if text(expect, "status") == VALID:
            slot = int(text(env, "slot"))
            yield from record_problems(document, where, block, expect, CODEC)


def history_problems(document: YamlDocument, path: Path, block: Object) -> Iterable[str]:
    """Entries have hashes where the block has no ``blockhash``, and only there."""
    has_history = "blockhash" not in member(block, "env")
    entries = members(block, "entries")
    if has_history and not entries:
        yield f"{document.at((*path, 'entries'))}a block with proof of history has an entry at least"
    for index, entry in enumerate(entries):
        for name in ("hashes", "hash"):
            if has_history and name not in entry:
                yield f"{document.at((*path, 'entries', index))}the field {name!r} is missing, or 'blockhash' in env"
            if not has_history and name in entry:
                yield f"{document.at((*path, 'entries', index, name))}must not be there: env has a blockhash"
