"""What the site is about, read once: vectors with what their files say in comments, rules, hazards, mutants."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.rules.anchors import Anchor, all_anchors, scheduling_rules
from samestate.conformance.scenarios import evm_executing, svm_executing
from samestate.conformance.scenarios.rules_reached import SAID_OF_EVERY_VECTOR
from samestate.conformance.site.checkout import checkout
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector
from samestate.spec.evm.forks import FORKS
from samestate.spec.svm.rulesets import RULESETS

WRITTEN_BY: Final = "# Written by"
BLOCK: Final = "  - "
TRANSACTION: Final = re.compile(r"\s+# (?P<index>\d+): (?P<words>.*)")
MUTANT: Final = re.compile(r"\| `(?P<name>[a-z0-9-]+)` \|")
RULE: Final = re.compile(r"`(?P<rule>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)`\Z")
KILLER: Final = re.compile(r"`(?P<vector>(?:evm|svm|toy|chains)/[^`\s]+)`")


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A vector, what its first lines say that it is about, and what they say of each transaction, block by block."""

    vector: Vector
    path: Path
    about: str
    transactions: tuple[Mapping[int, str], ...]

    @property
    def id(self) -> str:
        """See :attr:`Vector.id`."""
        return self.vector.id


@dataclass(frozen=True, slots=True)
class MutantRow:
    """A seeded bug, as a row of `docs/mutants.md` has it: the rule that it breaks and the vector that kills it."""

    name: str
    wrong: str
    rule: str
    killer: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it, with what leads from one to another.

    ``compiled``: where a rule of scheduling stands in `optimized`, too. ``ordinary``: the rules that every block
    reaches in which one account pays another, so that no vector names them. ``reaching``: the vectors that name a
    rule; ``breaking``: the mutants of a rule; ``killing``: the mutants that a vector kills.
    """

    vectors: Mapping[str, VectorFile]
    anchors: Sequence[Anchor]
    compiled: Mapping[str, Anchor]
    ordinary: frozenset[str]
    reaching: Mapping[str, Sequence[str]]
    breaking: Mapping[str, Sequence[MutantRow]]
    killing: Mapping[str, Sequence[MutantRow]]


def read_catalogue(suites: Sequence[str]) -> Catalogue:
    """The catalogue, with the vectors below those folders of `vectors`. Raises InputError."""
    vectors = {each.id: each for each in sorted(vectors_of(suites), key=lambda each: each.id)}
    mutants = [*mutants_of((checkout() / "docs" / "mutants.md").read_text(encoding="utf-8"))]
    reaching: dict[str, list[str]] = defaultdict(list)
    breaking: dict[str, list[MutantRow]] = defaultdict(list)
    killing: dict[str, list[MutantRow]] = defaultdict(list)
    for each in vectors.values():
        for rule in each.vector.rules:
            reaching[rule].append(each.id)
    for mutant in mutants:
        breaking[mutant.rule].append(mutant)
        killing[mutant.killer].append(mutant)
    scheduling = scheduling_rules()
    anchors = (*all_anchors(), *(readable for readable, _ in scheduling))
    compiled = {readable.name: found for readable, found in scheduling if found is not None}
    return Catalogue(vectors, anchors, compiled, ordinary_rules(anchors), reaching, breaking, killing)


def ordinary_rules(anchors: Sequence[Anchor]) -> frozenset[str]:
    """The rules of which vectors say nothing: every payment reaches them, or they are of encodings and the frame."""
    ordinary = {anchor.name for anchor in anchors if anchor.name.startswith(SAID_OF_EVERY_VECTOR)}
    for fork in FORKS:
        ordinary |= evm_executing.ordinary_rules(fork)
    for ruleset in RULESETS:
        ordinary |= svm_executing.ordinary_rules(ruleset)
    return frozenset(ordinary)


def vectors_of(suites: Sequence[str]) -> Iterator[VectorFile]:
    """The vectors below folders of `vectors`. Raises InputError where there is no such folder."""
    for suite in suites:
        folder = checkout() / "vectors" / suite
        if not folder.is_dir():
            raise InputError(f"--suite {suite}: there is no folder {folder}")
        for path in folder.rglob("*.yaml"):
            data = path.read_bytes()
            vector = load_vector(str(path), data)
            about, transactions = comments_of(data.decode())
            yield VectorFile(vector, path, about, transactions)


def comments_of(content: str) -> tuple[str, tuple[Mapping[int, str], ...]]:
    """What a vector's file says in comments: what it is about, and of each transaction of each block."""
    lines = content.splitlines()
    about = []
    for line in lines:
        if not line.startswith("# ") or line.startswith(WRITTEN_BY):
            break
        about.append(line[2:])
    blocks: list[dict[int, str]] = []
    inside = False
    for line in lines:
        if not line.startswith(" "):
            inside = line == "blocks:"
        elif inside and line.startswith(BLOCK):
            blocks.append({})
        elif inside and (found := TRANSACTION.fullmatch(line)):
            blocks[-1][int(found["index"])] = found["words"]
    return " ".join(about), tuple(blocks)


def mutants_of(page: str) -> Iterator[MutantRow]:
    """The mutants of `docs/mutants.md`, by the heads of its tables."""
    head: list[str] = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| mutant |"):
            head = [cell.strip() for cell in line.strip("|").split("|")]
        elif head and MUTANT.match(line):
            row = dict(zip(head, cells, strict=False))
            wrong, killed = row["what is wrong"], KILLER.search(row["killed by"])
            rule = RULE.search(wrong)
            yield MutantRow(
                name=row["mutant"].strip("` "),
                wrong=wrong[: rule.start()].strip() if rule else wrong,
                rule=rule["rule"] if rule else "",
                killer=killed["vector"] if killed else "",
            )
