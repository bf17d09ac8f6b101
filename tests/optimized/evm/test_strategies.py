"""Blocks of the compiled EVM under every strategy: runs of transactions, what is expected of them, what is chosen."""

from __future__ import annotations

import functools

import pytest

from samestate.conformance.benchmarking.evm_workloads import (
    EvmWorkload,
    contended_token_transfers,
    contended_transfers,
    swaps,
    token_transfers,
    transfers,
)
from samestate.conformance.engines.optimized.evm import page_of, plain_environment
from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized import Configuration, Engine
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.evm.choosing import FEWEST, FEWEST_PLAIN, TRIED_AGAIN, Choice, Chooser, Shape
from samestate.optimized.evm.packing import PackedBlock, pack
from samestate.optimized.evm.result import EvmResult, merge
from samestate.optimized.evm.world import World
from samestate.spec.evm.forks import OSAKA
from samestate.spec.evm.transaction import encode_transaction

COUNT = 48
WORKLOADS = {
    "transfers": lambda: transfers("transfers", OSAKA, COUNT, lambda index: f"recipient {index}"),
    "to one": lambda: transfers("to one", OSAKA, COUNT, lambda index: "recipient"),
    "pair": lambda: contended_transfers("pair", OSAKA, COUNT),
    "token": lambda: token_transfers("token", OSAKA, COUNT),
    "token pair": lambda: contended_token_transfers("token pair", OSAKA, COUNT),
    "swaps in one pool": lambda: swaps("swaps in one pool", OSAKA, COUNT, 1),
    "swaps in eight pools": lambda: swaps("swaps in eight pools", OSAKA, COUNT, 8),
}


@functools.lru_cache(maxsize=16)
def workload_of(name: str) -> EvmWorkload:
    return WORKLOADS[name]()


def packed(name: str, predictions: dict[bytes, list[tuple[int, bytes | None]]] | None = None) -> PackedBlock:
    workload = workload_of(name)
    payload = workload.case.payload()
    return pack(
        page_of(name_fork(workload.case.fork)),
        plain_environment(payload.environment, workload.case.fork.deposit_contract),
        [encode_transaction(transaction) for transaction in payload.transactions],
        predictions=predictions,
        senders=workload.senders,
    )


@functools.lru_cache(maxsize=16)
def world(name: str) -> World:
    made = World()
    made.apply(plain_state(workload_of(name).case.state()))
    return made


@functools.lru_cache(maxsize=16)
def expected(name: str) -> EvmResult:
    with Engine("evm", Configuration(strategy="sequential", workers=1)) as engine:
        return engine.execute(packed(name), world(name))


def access_list_of(name: str) -> dict[bytes, list[tuple[int, bytes | None]]]:
    """What each transaction leaves, credits added up."""
    said: dict[bytes, list[tuple[int, bytes | None]]] = {}
    now: dict[bytes, bytes | None] = {}
    for step in expected(name).steps[:-1]:
        left = dict(step.writes)
        for key, amount in step.credits.items():
            left[key] = merge(key, now[key] if key in now else world(name).get(key), amount)
        now |= left
        if step.step >= 0:
            for key, value in left.items():
                said.setdefault(key, []).append((step.step, value))
    return said


@pytest.mark.parametrize("run_length", [0, 1, 2, 7, 64])
@pytest.mark.parametrize("strategy", ["block-stm", "locks", "waves", "access-list"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_runs_of_any_length_give_what_one_at_a_time_gives(name: str, strategy: str, run_length: int) -> None:
    block = packed(name, access_list_of(name) if strategy == "access-list" else None)
    configuration = Configuration(strategy=strategy, workers=3, run_length=run_length, estimator="last-run")
    with Engine("evm", configuration) as engine:
        for _ in range(3):  # what was learned from one block is used for the next
            result = engine.execute(block, world(name))
            assert result.rejection is None
            assert result.steps == expected(name).steps
            assert result.outcomes == expected(name).outcomes
            assert result.changes == expected(name).changes
            assert result.totals == expected(name).totals
            assert result.metrics.strategy == strategy
            if run_length:
                assert result.metrics.longest_run == min(run_length, COUNT)


def test_a_block_that_ends_in_a_run_names_the_transaction() -> None:
    block = packed("transfers")
    again = pack(
        page_of(name_fork(OSAKA)),
        plain_environment(workload_of("transfers").case.payload().environment, OSAKA.deposit_contract),
        [*block.raw[:10], block.raw[3], *block.raw[10:]],
    )
    for strategy in ("sequential", "block-stm", "locks", "waves", "adaptive"):
        for run_length in (1, 4, 64):
            configuration = Configuration(strategy=strategy, workers=2, run_length=run_length)
            with Engine("evm", configuration) as engine:
                rejection = engine.execute(again, world("transfers")).rejection
                assert rejection is not None
                assert (rejection.code, rejection.transaction) == ("NONCE_TOO_LOW", 10)


@pytest.mark.parametrize(
    ("name", "estimator", "precision", "recall"),
    [
        ("transfers", "declared", 1.0, 1.0),
        ("to one", "static", 1.0, 1.0),
        ("token", "declared", 1.0, 0.6),
        ("token", "last-run", 1.0, 1.0),
        ("token pair", "last-run", 1.0, 1.0),
        ("swaps in one pool", "last-run", 0.95, 0.99),
        ("swaps in eight pools", "last-run", 0.95, 0.95),
    ],
)
@pytest.mark.parametrize("strategy", ["locks", "waves"])
def test_what_is_expected_of_transactions(
    name: str, estimator: str, precision: float, recall: float, strategy: str
) -> None:
    with Engine("evm", Configuration(strategy=strategy, workers=2, estimator=estimator)) as engine:
        engine.execute(packed(name), world(name))
        metrics = engine.execute(packed(name), world(name)).metrics
    assert metrics.precision is not None
    assert metrics.recall is not None
    assert metrics.precision >= precision
    assert metrics.recall >= recall


def test_calls_that_conflict_are_in_waves_of_their_own_once_the_last_run_is_known() -> None:
    configuration = Configuration(strategy="waves", workers=2, estimator="last-run", run_length=1)
    with Engine("evm", configuration) as engine:
        before = engine.execute(packed("token pair"), world("token pair")).metrics
        after = engine.execute(packed("token pair"), world("token pair")).metrics
        assert (before.waves, after.waves, after.aborts) == (24, COUNT, 0)
        independent = engine.execute(packed("token"), world("token")).metrics
        assert independent.waves == 1


def test_credits_to_one_account_do_not_wait_for_one_another() -> None:
    for estimator in ("declared", "static", "last-run"):
        with Engine("evm", Configuration(strategy="waves", estimator=estimator, run_length=1)) as engine:
            assert engine.execute(packed("to one"), world("to one")).metrics.waves == 1


def test_a_compiled_machine_asks_no_function() -> None:
    with pytest.raises(ConfigurationError, match="asks no function: choose of declared, static, last-run"):
        Engine("evm", Configuration(strategy="locks", estimator="module:function"))


@pytest.mark.parametrize(
    ("name", "strategy", "reason"),
    [
        ("transfers", "sequential", "plain transfers are too little work to share among 2 workers"),
        ("token", "waves", "call alike, and are taken for independent"),
        ("swaps in one pool", "block-stm", "call alike, and are taken for independent, but two pieces conflict"),
        ("pair", "sequential", "one sender has"),
        ("token pair", "sequential", "one sender has"),
    ],
)
def test_adaptive_says_what_it_chose_and_why(name: str, strategy: str, reason: str) -> None:
    with Engine("evm", Configuration(workers=2)) as engine:
        result = engine.execute(packed(name), world(name))
        assert result.steps == expected(name).steps
        assert result.metrics.strategy == strategy
        assert reason in result.metrics.reason
    with Engine("evm", Configuration(workers=1)) as engine:
        metrics = engine.execute(packed(name), world(name)).metrics
        assert (metrics.strategy, metrics.reason) == ("sequential", "there is one worker")


def test_adaptive_takes_the_access_list_of_transactions_that_wait_for_one_another() -> None:
    shape = Shape(FEWEST, 2, 1.0, 0.5, 1.0, 17, True, True, 100_000)
    assert Chooser().choose(shape).strategy == "access-list"
    assert Chooser().choose(shape._replace(has_list=False)).strategy == "sequential"
    assert Chooser().choose(shape._replace(largest_sender=0.01)).strategy == "block-stm"
    unknown = shape._replace(largest_sender=0.0, senders_known=False)
    assert Chooser().choose(unknown).strategy == "access-list"
    assert Chooser().choose(unknown._replace(has_list=False)).strategy == "block-stm"


def test_what_was_taken_for_independent_and_conflicted_is_remembered_and_tried_again() -> None:
    chooser = Chooser()
    calls = Shape(FEWEST, 2, 1.0, 0.01, 0.9, 17, False, True, 100_000, 1.0, 5)
    plain = Shape(FEWEST_PLAIN, 2, 0.0, 0.01, 0.0, 0, False, True, 21_000)
    for shape, otherwise in ((calls, "block-stm"), (plain, "sequential")):
        first = chooser.choose(shape)
        assert first.strategy == "waves"
        chooser.learn(shape, first, shape.transactions)
        assert chooser.choose(shape) == first
        chooser.learn(shape, first, 0, discarded=True)
        for _ in range(TRIED_AGAIN):
            assert chooser.choose(shape).strategy == otherwise
        assert chooser.choose(shape) == first
    assert chooser.choose(calls._replace(call=6)).strategy == "waves"
    assert chooser.choose(plain._replace(transactions=FEWEST_PLAIN - 1)).strategy == "sequential"
    chooser.learn(calls, Choice("block-stm", ""), 0, discarded=True)
    assert chooser.choose(calls).strategy == "waves"


def test_calls_that_name_other_addresses_are_dealt_by_them_before_they_are_given_up() -> None:
    chooser = Chooser()
    calls = Shape(FEWEST, 2, 1.0, 0.01, 0.01, 17, False, True, 100_000, 1.0, 5)
    first = chooser.choose(calls)
    assert (first.strategy, first.dealt) == ("waves", False)
    chooser.learn(calls, first, 0, discarded=True)
    second = chooser.choose(calls)
    assert (second.strategy, second.dealt) == ("waves", True)
    assert chooser.choose(calls._replace(largest_kind=0.9)).strategy == "block-stm"
    chooser.learn(calls, second, 0, discarded=True)
    assert chooser.choose(calls).strategy == "block-stm"


def test_what_got_in_one_anothers_way_is_remembered_and_tried_again() -> None:
    chooser = Chooser()
    shape = Shape(FEWEST, 2, 1.0, 0.01, 1.0, 17, False, True, 100_000)
    first = chooser.choose(shape)
    assert first.strategy == "block-stm"
    chooser.learn(shape, first, FEWEST + 1)
    assert chooser.choose(shape).strategy == "block-stm"
    chooser.learn(shape, first, 2 * FEWEST)
    for _ in range(TRIED_AGAIN):
        assert chooser.choose(shape).strategy == "sequential"
        assert chooser.choose(shape._replace(kind=18)).strategy == "block-stm"
    assert chooser.choose(shape).strategy == "block-stm"
    assert chooser.choose(shape._replace(transactions=FEWEST - 1)).strategy == "sequential"
    assert chooser.choose(shape._replace(largest_sender=0.5)).strategy == "sequential"
    assert chooser.choose(shape._replace(with_data=0.0)).strategy == "sequential"
    assert chooser.choose(shape._replace(with_data=0.0, workers=4)).strategy == "block-stm"
    assert chooser.choose(shape._replace(largest_sender=0.5, senders_known=False)).strategy == "block-stm"
