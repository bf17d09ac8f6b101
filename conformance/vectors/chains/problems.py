"""What can be wrong with the vector of a plan, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.chains.case import blocks_of, part_of, read_plan
from samestate.conformance.vectors.chains.result import rejection_names
from samestate.conformance.vectors.document import Json, Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.evm.problems import problems as evm_problems
from samestate.conformance.vectors.evm.result import rejection_names as evm_rejections
from samestate.conformance.vectors.model import VALID, Case, member, members, round_results, text, transactions
from samestate.conformance.vectors.svm.problems import problems as svm_problems
from samestate.conformance.vectors.toy.problems import problems as toy_problems
from samestate.spec.evm.signature import CURVE_ORDER
from samestate.spec.svm.rulesets import RULESETS

DOMAINS: Final = 2**32
"""Domains are below this."""
MOST_CHAIN_ID: Final = 2**63 - 36
"""The largest number of a chain of the EVM, so that ``v`` of what is delivered fits 64 bits."""

Mark = tuple[int, int]
"""The line and column where a part of a document begins."""
Problems = Callable[[YamlDocument, Case, tuple[Object, ...]], Iterable[str]]

OF_MACHINES: Final[Mapping[str, Problems]] = {
    evm.NAME: evm_problems,
    svm.NAME: svm_problems,
    toy.NAME: toy_problems,
}

REJECTIONS: Final[Mapping[str, Callable[[], list[str]]]] = {
    evm.NAME: evm_rejections,
    svm.NAME: svm.rejection_names,
    toy.NAME: toy.rejection_names,
}

FORKS: Final[Mapping[str, tuple[str, ...]]] = {
    evm.NAME: tuple(name for name in BY_NAME if name != "Merge"),
    svm.NAME: tuple(RULESETS),
    toy.NAME: (toy.FORK,),
}

DELIVERIES: Final[Mapping[str, Json]] = {
    evm.NAME: {"raw": "0x"},
    svm.NAME: {"txs": ["0x"]},
    toy.NAME: {"sender": f"0x{'00' * 20}", "nonce": "0", "gas_limit": "0", "gas_price": "0", "operations": []},
}
"""What stands for a transaction that delivers a message, where only their number matters."""


def problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterable[str]:
    """What is wrong with the plan, or else with its chains, each as a case of its own."""
    found = list(plan_problems(document, case, expected))
    if not found:
        marks = marks_by_chain(document.marks)
        for name in member(case.pre, "chains"):
            found += chain_problems(document, marks.get(name, {}), case, expected, name)
    if not found:
        try:
            read_plan(case)
        except ValueError as error:
            found.append(f"{document.at(('pre',))}{error}")
    return found


def plan_problems(document: YamlDocument, case: Case, expected: tuple[Object, ...]) -> Iterator[str]:
    """Chains and links that cannot be, codes that are none, and a round that expects what it has no block for."""
    chains = member(case.pre, "chains")
    for name in chains:
        yield from own_problems(document, ("pre", "chains", name), member(chains, name))
    for index, link in enumerate(members(case.pre, "links")):
        yield from recipient_problems(document, ("pre", "links", index), link, chains.get(text(link, "to")))
    for index, (round_, expect) in enumerate(zip(case.blocks, expected, strict=True)):
        where: Path = ("blocks", index, "expect")
        status = text(expect, "status")
        if status != VALID and status not in rejection_names():
            known = ", ".join(rejection_names())
            yield f"{document.at((*where, 'status'))}{quoted(status)} is no rejection code; they are {known}"
        if status == VALID:
            blocks, results = member(round_, "chains"), round_results(expect)
            for name in sorted({*blocks} ^ {*results}):
                yield f"{document.at((*where, 'chains'))}{name} must have a block and a result, or neither"
            for name in sorted({*blocks} - {*chains}):
                yield f"{document.at(('blocks', index, 'chains', name))}is no chain of the plan, which is then refused"


def own_problems(document: YamlDocument, path: Path, chain: Object) -> Iterator[str]:
    """A fork that is none, numbers of a chain that are too large, and a private key that is none."""
    machine = member(chain, "machine")
    name, fork = text(machine, "name"), text(machine, "fork")
    if fork not in FORKS[name]:
        known = ", ".join(FORKS[name])
        yield f"{document.at((*path, 'machine', 'fork'))}no fork is called {quoted(fork)}; known are {known}"
    if int(text(chain, "domain")) >= DOMAINS:
        yield f"{document.at((*path, 'domain'))}must be below {DOMAINS}"
    if name != evm.NAME:
        if "outbox" in chain:
            yield f"{document.at((*path, 'outbox'))}must not be there: on the machine {name} domains have outboxes"
        return
    if int(text(member(machine, "params"), "chain_id")) > MOST_CHAIN_ID:
        yield f"{document.at((*path, 'machine', 'params', 'chain_id'))}must be at most {MOST_CHAIN_ID}"
    if not 0 < int(text(member(chain, "relayer"), "private_key"), 16) < CURVE_ORDER:
        yield f"{document.at((*path, 'relayer', 'private_key'))}must be a key of secp256k1: neither zero nor so large"


def recipient_problems(document: YamlDocument, path: Path, link: Object, destination: Json | None) -> Iterator[str]:
    """A recipient that is missing, needless, or none of the machine of its destination, where there is one."""
    if not isinstance(destination, dict):
        return
    machine = text(member(destination, "machine"), "name")
    if (machine == toy.NAME) == ("recipient" in link):
        must = "must not be there: the toy has slots" if machine == toy.NAME else "is missing: it says who receives"
        yield f"{document.at(path)}the field 'recipient' {must}"
    elif machine != toy.NAME and text(link, "recipient").startswith("0x") != (machine == evm.NAME):
        yield f"{document.at((*path, 'recipient'))}must be an address as the machine {machine} writes them"


def marks_by_chain(marks: Mapping[Path, Mark]) -> Mapping[str, Mapping[Path, Mark]]:
    """The marks of what belongs to each chain, sorted out once: there may be thousands of chains."""
    sorted_out: dict[str, dict[Path, Mark]] = {}
    for path, mark in marks.items():
        for length, is_there in (
            (3, path[:2] == ("pre", "chains")),
            (4, path[:1] == ("blocks",) and path[2:3] == ("chains",)),
            (5, path[:1] == ("blocks",) and path[2:4] == ("expect", "chains")),
        ):
            if is_there and len(path) >= length:
                sorted_out.setdefault(str(path[length - 1]), {})[path] = mark
    return sorted_out


def chain_problems(
    document: YamlDocument, marked: Mapping[Path, Mark], case: Case, expected: tuple[Object, ...], name: str
) -> Iterable[str]:
    """What is wrong with one chain, as its machine sees it. ``marked``: its own marks."""
    part = part_of(case, name)
    marks = {path[3:]: mark for path, mark in marked.items() if path[:3] == ("pre", "chains", name)}
    blocks: list[Object] = []
    results: list[Object] = []
    for number, block in blocks_of(case, name):
        expect = round_results(expected[number]).get(name)
        if expect is None:
            continue
        place = len(blocks)
        for source, target in (
            (("blocks", number, "chains", name), ("blocks", place)),
            (("blocks", number, "expect", "chains", name), ("blocks", place, "expect")),
        ):
            marks |= {
                (*target, *path[len(source) :]): mark for path, mark in marked.items() if path[: len(source)] == source
            }
        own = len(transactions(block))
        included = len(members(expect, "receipts")) - own if text(expect, "status") == VALID else 0
        blocks.append(with_deliveries(part.machine, block, included))
        known = REJECTIONS[part.machine]()
        is_refused = text(expect, "status") in rejection_names()
        results.append({"status": known[0]} if is_refused else expect)
    shown = f"{document.place}: chain {name}"
    content: Object = {"pre": part.pre}
    whole = YamlDocument(shown, content, marks)
    return OF_MACHINES[part.machine](whole, replace(part, blocks=tuple(blocks)), tuple(results))


def with_deliveries(machine: str, block: Object, count: int) -> Object:
    """A block with so many transactions before its own."""
    added = [DELIVERIES[machine]] * max(count, 0)
    field = "entries" if machine == svm.NAME else "txs"
    own = block[field]
    return {**block, field: [*added, *(own if isinstance(own, list) else [])]}
