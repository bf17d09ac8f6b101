"""`docs/mutants.md`: the score, and for each mutant what is wrong, what kills it, and who else would have seen it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from samestate.conformance.mutants.report import HuntedMutant
from samestate.conformance.mutants.specification.fixtures import FixtureRun, Record
from samestate.conformance.mutants.specification.judgement import NOWHERE, STATE_ROOT, VERDICT
from samestate.conformance.mutants.suspects import SPECIFICATION

SEEN: Final = {STATE_ROOT: "yes", VERDICT: "no, but the verdict", NOWHERE: "no", "": "—"}
"""The words for who sees a bug that compares nothing but state roots and verdicts."""

HEAD: Final = """\
# Mutants

A suite is worth the bugs that it finds. These are bugs on purpose: copies of the specification with an expression
replaced, most of them as a client has had it, and strategies and a compiled engine with a few lines that are wrong.
Each counts as killed where an output differs from what a vector expects, or where a named invariant is broken: never
by a crash, nor by a run that does not end. `samestate mutants` hunts them, and writes this page with
`--page docs/mutants.md --record docs/mutants.json`; the record is what `--fixtures` has found.

"""

EVM_HEAD: Final = """\
## Bugs of the specification: the EVM

*State root* says whether the state root alone shows the bug on one of the vectors that kill it; where only the verdict
on the block does, a client that compares state roots sees it as well, but not why. *Official fixtures*: whether the
archives named below, run on the specification with the bug until a case fails, kill it too; *those tried* are the cases
whose names are about what is wrong, where not all were run.

"""

SVM_HEAD: Final = """\
## Bugs of the specification: Solana's machine

Nobody has official fixtures of it. *State root* is the checksum of the lattice; a bank hash shows more, and the verdict
on a block less, as above.

"""

PLANS_HEAD: Final = """\
## Bugs of the specification: plans of chains

Whoever carries messages between chains has had these. *State root* is the root over all chains.

"""

STRATEGIES_HEAD: Final = """\
## Bugs of strategies and of the compiled engine

They come out under some schedules and not under others; the vector and the schedule that found each are its replay.
Those of the compiled EVM (`optimized:block-stm`, rules `evm.*`) are told in `optimized/evm/mutants.md`.

"""


def page_of(findings: Sequence[HuntedMutant], record: Record) -> str:
    """The page: the score first, then a table of each kind."""
    evm_bugs, svm_bugs, plan_bugs = (
        [found for found in findings if found.engine == SPECIFICATION and found.rule.startswith(f"{machine}.")]
        for machine in ("evm", "svm", "chains")
    )
    others = [found for found in findings if found.engine != SPECIFICATION]
    return "".join(
        (
            HEAD,
            *score_lines(findings, record.bugs),
            "\n",
            EVM_HEAD,
            f"Archives: {', '.join(f'`{archive}`' for archive in record.archives)}.\n\n",
            "| mutant | what is wrong | hazards | like | killed by | through | state root | official fixtures |\n",
            "|---|---|---|---|---|---|---|---|\n",
            *(
                row_of((*specification_cells(found), fixtures_words(record.bugs.get(found.mutant))))
                for found in evm_bugs
            ),
            "\n",
            SVM_HEAD,
            "| mutant | what is wrong | hazards | like | killed by | through | state root |\n",
            "|---|---|---|---|---|---|---|\n",
            *(row_of(specification_cells(found)) for found in svm_bugs),
            "\n",
            PLANS_HEAD,
            "| mutant | what is wrong | hazards | like | killed by | through | state root |\n",
            "|---|---|---|---|---|---|---|\n",
            *(row_of(specification_cells(found)) for found in plan_bugs),
            "\n",
            STRATEGIES_HEAD,
            "| mutant | engine | what is wrong | hazards | killed by | under | through |\n",
            "|---|---|---|---|---|---|---|\n",
            *map(strategy_row, others),
        )
    )


def score_lines(findings: Sequence[HuntedMutant], known: Mapping[str, FixtureRun]) -> Iterator[str]:
    """How many of each kind there are, and how many are killed."""
    yield "| mutants of | there are | killed | shown by the state root | killed by official fixtures |\n"
    yield "|---|---|---|---|---|\n"
    rooms = {
        "the specification of the EVM": (SPECIFICATION, "evm."),
        "the specification of Solana's machine": (SPECIFICATION, "svm."),
        "the specification of plans of chains": (SPECIFICATION, "chains."),
        "readable strategies": ("reference:", ""),
        "the compiled engine": ("optimized:", ""),
    }
    for words, (room, rules) in rooms.items():
        found = [each for each in findings if each.engine.startswith(room) and each.rule.startswith(rules)]
        killed = sum(each.kill is not None for each in found)
        shown = str(sum(each.shown_by == STATE_ROOT for each in found)) if room == SPECIFICATION else "—"
        runs = [known[each.mutant] for each in found if each.mutant in known]
        fixtures = f"{sum(bool(run.killed_by) for run in runs)} of {len(runs)} run" if rules == "evm." else "—"
        yield f"| {words} | {len(found)} | {killed} | {shown} | {fixtures} |\n"


def specification_cells(found: HuntedMutant) -> tuple[str, ...]:
    """What a row says of a bug of the specification, whatever its machine."""
    name, number = source_words(found.source)
    kill = found.kill
    killed, through = ("**nothing**", "") if kill is None else (f"`{kill.vector}`", cell(kill.through))
    return (
        f"`{found.mutant}`",
        f"{cell(found.wrong)} `{found.rule}`",
        ", ".join(found.hazards),
        f"[{name}#{number}]({found.source})",
        killed,
        through,
        SEEN[found.shown_by],
    )


def row_of(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |\n"


def fixtures_words(run: FixtureRun | None) -> str:
    """What the official fixtures have against a bug."""
    if run is None:
        return "not run"
    if not run.is_reached:
        return "**no**: no case reaches the rule"
    if run.killed_by:
        return f"yes: `{cell(run.killed_by)}`"
    return f"not those tried: {run.passed} cases pass" if run.is_sample else f"**no**: {run.passed} cases pass"


def strategy_row(found: HuntedMutant) -> str:
    """The row of a mutant of a strategy, or of the compiled engine."""
    kill = found.kill
    told = (
        ("**nothing**", "", "") if kill is None else (f"`{kill.vector}`", kill.schedule, f"{kill.kind}: {kill.through}")
    )
    return row_of(
        (
            f"`{found.mutant}`",
            f"`{found.engine}`",
            f"{cell(found.wrong)} `{found.rule}`",
            ", ".join(found.hazards),
            told[0],
            *(cell(shortened(words)) for words in told[1:]),
        )
    )


def source_words(address: str) -> tuple[str, str]:
    """Repository and number of the address of an issue."""
    repository, _, number = address.removeprefix("https://github.com/").partition("/issues/")
    return repository, number


def shortened(words: str) -> str:
    """Words that do not make a table too wide."""
    return words if len(words) <= 90 else f"{words[:90]}…"


def cell(words: str) -> str:
    """Words as a cell of a table may hold them."""
    return words.replace("|", "\\|").replace("\n", " ")
