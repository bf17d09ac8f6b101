"""Whatever an engine gets wrong about a block of the EVM, two or three transactions are enough to show it.

An engine with a bug of each kind of difference: a receipt, the state, the access record, the verdict on a block. None
of the bugs shows in a single transaction, so a block of three, or of two, is the smallest.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.fuzzing.campaign import EngineChoice, wrong_about
from samestate.conformance.fuzzing.crew import Here
from samestate.conformance.fuzzing.database import Database
from samestate.conformance.fuzzing.finding import Finding, FindingRow, size_of
from samestate.conformance.fuzzing.panel import Panel, SearchQuestion
from samestate.conformance.fuzzing.search import Search
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.generating.resigning import simpler, without_others
from samestate.conformance.vectors.model import Case
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.keys import SLOT
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

TRANSACTIONS: Final = 60
"""What `fuzz` takes for `--txs`: a third of it for blocks of the EVM."""
FIRST_SEEDS: Final = (100, 300, 500)


def loses_a_log(result: EvmResult) -> EvmResult:
    """The last log of the first transaction after another that logs with a topic."""
    receipts = list(result.receipts)
    for index, receipt in enumerate(receipts):
        if index and any(log.topics for log in receipt.logs):
            receipts[index] = dataclasses.replace(receipt, logs=receipt.logs[:-1])
            return dataclasses.replace(result, receipts=tuple(receipts))
    return result


def loses_an_update(result: EvmResult) -> EvmResult:
    """A slot that two transactions write keeps what it had before the block."""
    writers = Counter(
        key for step in result.steps if 0 <= step.step < len(result.receipts) for key in step.writes if key[0] == SLOT
    )
    lost = [key for key, count in writers.items() if count > 1][:1]
    return dataclasses.replace(result, changes={key: value for key, value in result.changes.items() if key not in lost})


def misses_a_read(result: EvmResult) -> EvmResult:
    """The first time that a transaction reads what an earlier one wrote."""
    steps = list(result.steps)
    for index, step in enumerate(steps[: len(result.receipts) + 1]):
        late = [key for key, read in step.reads.items() if key[0] == SLOT and any(by >= 0 for by in read.source)]
        if late:
            reads = {key: read for key, read in step.reads.items() if key != late[0]}
            steps[index] = dataclasses.replace(step, reads=reads)
            return dataclasses.replace(result, steps=tuple(steps))
    return result


def takes_a_nonce_for_wrong(result: EvmResult) -> EvmResult:
    """The third transaction of a sender."""
    sent = Counter[bytes]()
    for index, outcome in enumerate(result.outcomes):
        sent[outcome.sender] += 1
        if sent[outcome.sender] == 3:
            rejection = Rejection(Invalid.NONCE_TOO_HIGH)
            rejection.transaction = index
            raise rejection
    return result


BUGS: Final[dict[str, tuple[Callable[[EvmResult], EvmResult], str]]] = {
    "receipt": (loses_a_log, "receipt 1: logs"),
    "state": (loses_an_update, "state_root"),
    "record": (misses_a_read, "step 1: reads"),
    "status": (takes_a_nonce_for_wrong, "status: expected a valid block"),
}


def engine_with(bug: Callable[[EvmResult], EvmResult], **capable: Any) -> BlockEngine:
    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        return bug(apply_block(machine, block, state))

    able = dataclasses.replace(capabilities(("evm",), "", ""), **capable)
    return BlockEngine("wrong", able, execute)


def found_by(engine: Any, first: int) -> Finding:
    question = SearchQuestion("evm", TRANSACTIONS, {"wrong": EngineChoice("wrong", 1)})
    kept: list[Finding] = []

    def keep(name: str, finding: Finding) -> FindingRow:
        kept.append(finding)
        return finding.row(name, Path("found"))

    with Database(None) as database:
        Search(question, Here(Panel(question, {"wrong": engine})), database, keep).run(range(first, first + 100))
        assert len(database.findings) == 1
    finding = kept[-1]
    return finding


@pytest.mark.slow
@pytest.mark.parametrize("first", FIRST_SEEDS)
@pytest.mark.parametrize("kind", BUGS)
def test_a_bug_of_any_kind_shrinks_to_a_few_transactions(kind: str, first: int) -> None:
    bug, told = BUGS[kind]
    finding = found_by(engine_with(bug), first)
    assert finding.shrunk_from >= 5
    assert size_of(finding.case) <= 3
    assert finding.difference.startswith(told)
    assert finding.is_shrunk and finding.repeats == finding.attempts
    assert wrong_about(engine_with(bug), finding.case, finding.expected) is not None


@pytest.mark.slow
def test_a_block_with_its_access_list_shrinks_with_it() -> None:
    """For an engine that executes no other: each smaller block has the list that is right for it."""
    finding = found_by(engine_with(loses_a_log, needs_access_list=True), 100)
    (block,) = finding.case.blocks
    assert "block_access_list" in block
    assert size_of(finding.case) == 2
    assert finding.expected[0]["status"] == "valid"


@pytest.mark.slow
def test_an_engine_that_is_always_wrong_is_not_asked_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what took so long that blocks were left as they were. One that errs at times is asked twenty times."""
    asked = Counter[str]()

    class Counting:
        id, capabilities = "wrong", capabilities(("evm",), "", "")

        def __init__(self, often: int) -> None:
            self.often, self.runs, self.cases = often, 0, set[str]()

        def run(self, case: Case) -> Any:
            self.runs += 1
            self.cases.add(str(case))
            if size_of(case) > 1 and self.runs % self.often == 0:
                raise EngineFailure("at times")
            return engine_with(lambda result: result).run(case)

        def close(self) -> None:
            pass

    always, seldom = Counting(1), Counting(3)
    for each, name in ((always, "always"), (seldom, "seldom")):
        assert size_of(found_by(each, 100).case) == 2
        asked[name] = each.runs // len(each.cases)
    assert asked["always"] <= 3 < asked["seldom"]


def test_the_others_get_nonces_that_are_right() -> None:
    """Whichever is left out, the block is still a valid one, unless it has paid for what another one needs."""
    case = generate_block(PRAGUE, 5, 12, conflict=1)
    count = len(case.transactions)
    valid = 0
    for out in range(count):
        left = without_others(case.transactions, [index for index in range(count) if index != out])
        senders = [recover_sender(decode_transaction(raw)) for raw in left]
        whole = [recover_sender(decode_transaction(raw)) for raw in case.transactions]
        assert senders == whole[:out] + whole[out + 1 :]
        try:
            payload = dataclasses.replace(case, transactions=tuple(left)).payload()
            apply_block(Evm(PRAGUE), payload, case.state())
        except Rejection:
            continue
        valid += 1
    assert valid >= count * 3 // 4


def test_what_is_left_out_changes_nothing_before_it() -> None:
    case = generate_block(PRAGUE, 5, 8, conflict=1)
    assert without_others(case.transactions, range(len(case.transactions))) == list(case.transactions)
    assert without_others(case.transactions, range(4)) == list(case.transactions[:4])
    assert without_others([b"\x05nothing", *case.transactions], [0]) == [b"\x05nothing"]


def test_a_transaction_gets_simpler_and_stays_its_sender_s() -> None:
    case = generate_block(PRAGUE, 5, 12, conflict=1)
    kinds = set()
    for raw in case.transactions:
        before = decode_transaction(raw)
        for simple in simpler(raw):
            after = decode_transaction(simple)
            assert recover_sender(after) == recover_sender(before)
            assert (after.nonce, after.gas_limit) == (before.nonce, before.gas_limit)
            kinds.add((before.type, after.type))
    assert {(1, 0), (2, 0), (3, 0), (2, 2)} <= kinds
    assert list(simpler(b"\xff")) == []
