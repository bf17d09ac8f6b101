"""Expected accesses: where they come from, what they are worth, and that they are never trusted."""

from __future__ import annotations

from typing import Any

import pytest

from optimized.analysis import Access
from optimized.configuration import Configuration
from optimized.errors import ConfigurationError
from optimized.machine import MachineName
from optimized.python_machine import PythonEngine, PythonResult
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


def engine(strategy: str, estimator: str) -> PythonEngine:
    machine = MachineName("tests.optimized.test_expectations:DeclaringLedger")
    configuration = Configuration(strategy=strategy, kind="processes", estimator=estimator, memory_limit=4 << 20)
    return PythonEngine(machine, configuration)


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
@pytest.mark.parametrize("estimator", ["declared", "tests.optimized.test_expectations:both_accounts"])
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
        ("tests.optimized.test_expectations:nonsense", "", 0.0, 0.0),
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
    runner = engine("locks", "tests.optimized.test_expectations:garbage")
    with pytest.raises(ConfigurationError, match="TypeError: a key is to be bytes, not str"):
        runner.execute(*block_of())
    runner.close()
