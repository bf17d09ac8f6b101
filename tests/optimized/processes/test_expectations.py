"""Expected accesses: where they come from, what they are worth, and that they are never trusted."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from samestate.optimized.analysis import Access
from samestate.optimized.configuration import Configuration
from samestate.optimized.engine import Engine
from samestate.optimized.errors import ConfigurationError, TimeLimitExceeded
from samestate.optimized.processes.expectations import Estimator
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine, PythonResult
from samestate.optimized.record import Read, Step
from samestate.optimized.toy.packing import pack
from tests.optimized.token_ledger import Block, TokenLedger, Transfer, amount, expected_changes

STRATEGIES = ("locks", "waves")


class DeclaringLedger(TokenLedger):
    """A ledger whose transfers say which accounts they touch."""

    def declared(self, block: Block, transfer: Transfer) -> Any:
        accounts = (transfer.sender, transfer.recipient)
        return None if transfer.habit == "says nothing" else (accounts, accounts)

    def estimate(self, block: Block, transfer: Transfer) -> Any:
        return (transfer.sender,), (transfer.sender,)


def both_accounts(block: Block, transfer: Transfer) -> Any:
    return (transfer.sender, transfer.recipient), (transfer.sender, transfer.recipient)


def nonsense(block: Block, transfer: Transfer) -> Any:
    return (b"nobody",), (b"nothing",)


def garbage(block: Block, transfer: Transfer) -> Any:
    return ("a name",), ()


def leaves(block: Any, transaction: Any) -> Any:
    raise SystemExit(3)


def loops(block: Any, transaction: Any) -> Any:
    while True:
        pass


class KnowingLedger(TokenLedger):
    """A ledger that takes transfers from one account to another for one kind, whatever the amount."""

    def kind(self, transfer: Transfer) -> Any:
        if transfer.habit == "is like nothing":
            raise ZeroDivisionError("likeness")
        if transfer.habit == "is like a list":
            return [transfer.sender]
        return transfer.sender, transfer.recipient


def engine(strategy: str, estimator: str, machine: str = "DeclaringLedger", **settings: Any) -> PythonEngine:
    name = MachineName(f"tests.optimized.processes.test_expectations:{machine}")
    settings = {"memory_limit": 4 << 20, **settings}
    return PythonEngine(name, Configuration(strategy=strategy, kind="processes", estimator=estimator, **settings))


def block_of(habit: str = "") -> tuple[Block, dict[bytes, bytes]]:
    """Pairs that pay to and fro, so that every second transfer conflicts with the one before it."""
    made = []
    for pair in range(10):
        there, back = b"a%d" % pair, b"b%d" % pair
        made += [Transfer(there, back, 9, 1.0, habit), Transfer(back, there, 3, 1.0, habit)]
    return Block(tuple(made)), {b"a%d" % pair: b"\xff" for pair in range(10)}


def check(result: PythonResult, block: Block, state: dict[bytes, bytes]) -> None:
    assert result.rejection is None
    assert {key: amount(value) for key, value in result.changes.items()} == expected_changes(state, block)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("estimator", ["declared", "tests.optimized.processes.test_expectations:both_accounts"])
def test_right_expectations_leave_nothing_to_run_again(strategy: str, estimator: str) -> None:
    block, state = block_of()
    runner = engine(strategy, estimator)
    result = runner.execute(block, state)
    runner.close()
    check(result, block, state)
    metrics = result.metrics
    assert (metrics.precision, metrics.recall) == (1.0, 1.0)
    assert (metrics.executions, metrics.runtime_conflicts) == (20, 0)
    if strategy == "waves":
        assert metrics.waves is not None
        assert metrics.average_wave_size == 20 / metrics.waves


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("estimator", "habit", "precision", "recall"),
    [
        ("static", "", 1.0, 2 / 4),
        ("declared", "says nothing", None, 0.0),
        ("last-run", "", None, 0.0),
        ("tests.optimized.processes.test_expectations:nonsense", "", 0.0, 0.0),
    ],
)
def test_wrong_expectations_change_nothing(
    strategy: str, estimator: str, habit: str, precision: float | None, recall: float
) -> None:
    block, state = block_of(habit)
    runner = engine(strategy, estimator)
    result = runner.execute(block, state)
    runner.close()
    check(result, block, state)
    assert (result.metrics.precision, result.metrics.recall) == (precision, recall)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_last_run_is_remembered(strategy: str) -> None:
    block, state = block_of()
    runner = engine(strategy, "last-run")
    first, second = (runner.execute(block, state).metrics for _ in range(2))
    runner.close()
    assert (first.precision, first.recall) == (None, 0.0)
    assert (second.precision, second.recall, second.runtime_conflicts) == (1.0, 1.0, 0)


def next_block(block: Block) -> Block:
    """The same people pay the same people something else."""
    return Block(tuple(replace(transfer, amount=transfer.amount - 1) for transfer in block.transfers))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_last_run_of_a_kind_is_remembered(strategy: str) -> None:
    block, state = block_of()
    runner = engine(strategy, "last-run", "KnowingLedger")
    first = runner.execute(block, state)
    after = {**state, **{key: value for key, value in first.changes.items() if value is not None}}
    second = runner.execute(next_block(block), after)
    check(second, next_block(block), after)
    assert (first.metrics.precision, first.metrics.recall) == (None, 0.0)
    assert (second.metrics.precision, second.metrics.recall, second.metrics.runtime_conflicts) == (1.0, 1.0, 0)
    assert len(runner._estimator) == 20
    runner.close()
    other = engine(strategy, "last-run")
    assert [other.execute(each, state).metrics.recall for each in (block, next_block(block))] == [0.0, 0.0]
    other.close()


def test_no_more_is_remembered_than_a_block_may_have() -> None:
    runner = engine("locks", "last-run", "KnowingLedger", maximum_block=25)
    block, state = block_of()
    others = Block(
        tuple(replace(each, sender=each.sender + b"x", recipient=each.recipient + b"x") for each in block.transfers)
    )
    rich = state | {key + b"x": value for key, value in state.items()}
    recalls = [runner.execute(each, rich).metrics.recall for each in (block, others, block, block, others)]
    assert recalls == [0.0, 0.0, 0.25, 1.0, 0.25], "five of the twenty that came before are left each time"
    assert len(runner._estimator) == 25
    runner.close()


@pytest.mark.parametrize("strategy", ["sequential", "block-stm"])
def test_nothing_is_remembered_for_strategies_that_do_not_ask(strategy: str) -> None:
    runner = engine(strategy, "last-run")
    runner.execute(*block_of())
    assert len(runner._estimator) == 0
    runner.close()


def test_a_transaction_that_cannot_be_pickled_is_like_nothing() -> None:
    estimator = Estimator(TokenLedger(), Configuration(strategy="locks", kind="processes", estimator="last-run"))
    transactions = [lambda: None, b"transaction"]
    step = Step(0, {b"key": Read(b"value", ())})
    for known in (None, Access((b"key",), ())):
        assert estimator.expected(None, transactions) == [None, known]
        estimator.remember(transactions, [step] * 4)
    assert len(estimator) == 1


@pytest.mark.parametrize(
    ("habit", "reason"),
    [("is like nothing", "ZeroDivisionError: likeness"), ("is like a list", "TypeError: unhashable type: 'list'")],
)
def test_a_machine_that_cannot_say_the_kind(habit: str, reason: str) -> None:
    runner = engine("locks", "last-run", "KnowingLedger")
    with pytest.raises(ConfigurationError, match=f"estimator = last-run: {reason}"):
        runner.execute(*block_of(habit))
    assert runner.execute(*block_of()).rejection is None
    runner.close()


@pytest.mark.parametrize("machine", ["toy", "python"])
def test_an_estimator_that_leaves_or_loops(machine: str) -> None:
    def run(estimator: str) -> None:
        name = f"tests.optimized.processes.test_expectations:{estimator}"
        if machine == "python":
            engine("locks", name, time_limit=0.5).execute(*block_of())
        else:
            configuration = Configuration(strategy="locks", estimator=name, time_limit=0.5, memory_limit=4 << 20)
            Engine("toy", configuration).execute(pack([(bytes(20), 0, 0, 0, (), None)], (bytes(20), 0)))

    with pytest.raises(ConfigurationError, match=r"estimator = tests\..*:leaves: SystemExit: 3"):
        run("leaves")
    begun = time.monotonic()
    with pytest.raises(
        TimeLimitExceeded,
        match=r"within 0\.5 s .*no transaction was being executed \(the estimator tests\..*:loops\)",
    ) as caught:
        run("loops")
    assert caught.value.transactions == ()
    assert time.monotonic() - begun < 5


def test_expectations_of_a_block_may_be_given_with_it() -> None:
    block, state = block_of()
    runner = engine("locks", "declared")
    nothing = runner.execute(block, state, accesses=[None] * 20)
    check(nothing, block, state)
    assert nothing.metrics.recall == 0.0
    some = runner.execute(block, state, accesses=[Access(*both_accounts(block, each)) for each in block.transfers])
    assert (some.metrics.precision, some.metrics.recall, some.metrics.runtime_conflicts) == (1.0, 1.0, 0)
    with pytest.raises(ConfigurationError, match="accesses are of 3 transactions, the block has 20"):
        runner.execute(block, state, accesses=[None] * 3)
    runner.close()


def test_an_estimator_that_is_not_there_or_fails() -> None:
    with pytest.raises(ConfigurationError, match="the machine has no method estimate"):
        PythonEngine(
            MachineName("tests.optimized.token_ledger:TokenLedger"),
            Configuration(strategy="locks", kind="processes", estimator="static"),
        )
    with pytest.raises(ConfigurationError, match=r"estimator = nowhere\.at:all: ModuleNotFoundError"):
        engine("locks", "nowhere.at:all")
    with pytest.raises(ConfigurationError, match=r"estimator = tests.optimized.token_ledger:TREASURY: is no function"):
        engine("locks", "tests.optimized.token_ledger:TREASURY")
    runner = engine("locks", "tests.optimized.processes.test_expectations:garbage")
    with pytest.raises(ConfigurationError, match="TypeError: a key is to be bytes, not str"):
        runner.execute(*block_of())
    runner.close()
