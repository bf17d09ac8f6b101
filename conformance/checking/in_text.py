"""Documents whose tests an engine checks in their text: what it is not sure of is read and run as on every engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from samestate.conformance.checking.running import run_case
from samestate.conformance.checking.state_and_chain import STATE_TEST
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.optimized.engine import OptimizedEngine
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.fixtures.block_file import is_block_file, is_rpc_block, is_rpc_witness
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import Rulesets
from samestate.conformance.fixtures.load import Case, cases_of_member, is_release_index, is_schema
from samestate.conformance.fixtures.pre_alloc import is_group
from samestate.conformance.fixtures.strict_json import parse_json

if TYPE_CHECKING:
    from samestate.conformance.engines.optimized.text_cases import TextCase
    from samestate.optimized.evm.fixture_text import FixtureText

BLOCKCHAIN_TEST: Final = "blockchain_test"


def text_of(content: bytes, engines: Sequence[Engine]) -> FixtureText | None:
    """The text of a document, where all engines check tests in it and it is one of tests; else None."""
    if not all(isinstance(engine, OptimizedEngine) and checks_text(engine) for engine in engines):
        return None
    from samestate.optimized.evm.fixture_text import FixtureText, NotRead

    try:
        text = FixtureText(content)
    except NotRead:
        return None
    names: Mapping[str, object] = dict(text.members())
    is_other = any(is_form(names) for is_form in (is_block_file, is_rpc_block, is_rpc_witness, is_schema, is_group))
    if not names or is_other or is_release_index(names) or "result" in names or {"block", "witness"} <= names.keys():
        return None
    return text


def checks_text(engine: OptimizedEngine) -> bool:
    """Whether an engine checks tests in their text."""
    return not engine.capabilities.needs_access_list and engine.text_tests() is not None


class TestInText:
    """One test of a document, and its cases. Raises InputError as reading a fixture does."""

    __test__ = False

    def __init__(
        self, text: FixtureText, place: str, name: str, value: int, groups: str | None, rulesets: Rulesets
    ) -> None:
        self._text = text
        self._place = place
        self._name = name
        self._value = value
        self._groups = groups
        self._rulesets = rulesets
        self._read: list[Case | Skipped] = []
        self._rest: Iterator[Case | Skipped] | None = None

    def cases(self) -> list[TextCase | Skipped] | None:
        """Its cases as they are in the text; None where all of it is to be read."""
        from samestate.conformance.engines.optimized.text_cases import Unsure, cases_in_text

        try:
            return cases_in_text(self._text, self._place, self._name, self._value, self._rulesets)
        except Unsure:
            return None

    def read(self) -> Iterator[Case | Skipped]:
        """Its cases as they are read for every engine."""
        member = parse_json(self._text.written(self._value))
        return cases_of_member(self._place, self._name, member, self._groups, self._rulesets)

    def case(self, index: int) -> Case | Skipped:
        """One of its cases as it is read for every engine."""
        if self._rest is None:
            self._rest = self.read()
        while len(self._read) <= index:
            self._read.append(next(self._rest))
        return self._read[index]

    def run(self, index: int, case: TextCase, id: str, engine: Engine) -> Verdict:
        """The verdict on one of its cases, which ``case`` is in the text."""
        tests = engine.text_tests() if isinstance(engine, OptimizedEngine) else None
        checks = tests.passed(case) if tests is not None else None
        if checks is None:
            return run_case(self.case(index), id, engine)
        fork, kind = described(case)
        return Verdict(f"{self._place}::{case.name}", Result.PASSED, "", fork, checks, kind, id)


def described(case: TextCase) -> tuple[str, str]:
    """The name of the fork of a case, or of both, and what its form is called."""
    from samestate.conformance.engines.optimized.text_cases import TextStateTest

    return (case.fork.name, STATE_TEST) if isinstance(case, TextStateTest) else (case.schedule.name, BLOCKCHAIN_TEST)


def forks_in_text(case: TextCase) -> frozenset[str]:
    """The names of the forks that rule a case."""
    from samestate.conformance.engines.optimized.text_cases import TextStateTest

    if isinstance(case, TextStateTest):
        return frozenset({case.fork.name})
    return frozenset(fork.name for fork in (case.schedule.first, case.schedule.then) if fork is not None)
