"""Generated blocks on every engine: hypothesis shrinks what one gets wrong to a vector that `samestate check` runs."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis.strategies import integers

from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.names import REGISTRY
from samestate.conformance.engines.protocol import Engine, EngineFailure
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.fuzzing.campaign import answered, case_of, wrong_about
from samestate.conformance.generating.case import GeneratedCase as GeneratedEvmCase
from samestate.conformance.generating.evm_strategies import conflicts_of, evm_cases
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.conformance.generating.toy_case import GeneratedToyCase
from samestate.conformance.generating.toy_strategies import CaseSizes, toy_cases
from samestate.conformance.generating.vector import evm_case, vector_text
from samestate.conformance.output.targets import write_whole
from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.model import Case, members
from samestate.conformance.vectors.places import SUFFIX
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, PRAGUE

CONFLICTS: Final = (0, 25, 60, 100)
MOST_EXAMPLES: Final = 80
PHASES: Final = (Phase.explicit, Phase.generate, Phase.target, Phase.shrink)
EVM_BLOCKS: Final = range(0, 12)
EVM_TRANSACTIONS: Final = 9

SVM_BLOCKS: Final = range(0, 16)
SVM_TRANSACTIONS: Final = 16

TOY_ENGINES: Final = tuple(id for id in REGISTRY if id != "spec")
EVM_ENGINES: Final = TOY_ENGINES
SVM_ENGINES: Final = (
    "optimized",
    *(
        id
        for id in TOY_ENGINES
        if id.startswith(("optimized:", "reference:")) and "access-list" not in id and "@" not in id
    ),
)
COMPILED: Final = tuple(id for id in REGISTRY if id.startswith("optimized:") and "@" not in id)
DRAWN_FORKS: Final = (BERLIN, PRAGUE, AMSTERDAM)
DRAWN_ENGINES: Final = ("reference:block-stm", *COMPILED)
LARGER_EVM_BLOCKS: Final = range(100, 112)
LARGER_EVM_TRANSACTIONS: Final = 150


@functools.lru_cache(maxsize=64)
def engine_of(id: str, workers: int = 2) -> Engine:
    return find_engine(id, workers=workers)


def complaint(engine: Engine, case: Case, expected: tuple[Any, ...], folder: Path) -> str:
    """What the engine gets wrong, and where the case was written; nothing where it gets it right."""
    wrong = wrong_about(engine, case, expected)
    if wrong is None:
        return ""
    target = folder / f"{engine.id.replace(':', '-').replace('@', '-')}{SUFFIX}"
    named = replace(case, id=f"{case.machine}/generated/{target.stem}")
    text = vector_text(named, expected, f"generated.{case.machine}", f"{engine.id} gets this wrong.")
    write_whole("", target, text)
    return f"{wrong.text}\nagain: samestate check {target} --engine {engine.id}"


def check_toy(engine: Engine, limits: CaseSizes, folder: Path, examples: int) -> int:
    """Hypothesis on one engine. Gives how many cases it executed."""
    executed = 0

    @settings(
        deadline=None, database=None, max_examples=examples, phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(made=toy_cases(limits))
    def check(made: GeneratedToyCase) -> None:
        nonlocal executed
        case = made.case()
        if engine.capabilities.missing(case):
            return
        executed += 1
        wrong = complaint(engine, case, tuple(made.expected()), folder)
        assert not wrong, wrong

    check()
    return executed


def check_evm(engine: Engine, fork: Fork, folder: Path, examples: int) -> int:
    """Hypothesis on one engine, led to blocks that wait and abort. Gives how many cases it executed."""
    executed = 0

    @settings(
        deadline=None, database=None, max_examples=examples, phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(made=evm_cases(fork))
    def check(made: GeneratedEvmCase) -> None:
        nonlocal executed
        case, expected = answered(evm_case("drawn", made, with_access_list=engine.capabilities.needs_access_list))
        if engine.capabilities.missing(case):
            return
        executed += 1
        wrong = complaint(engine, case, expected, folder)
        assert not wrong, wrong
        if expected[0]["status"] == "valid":
            target(float(str(expected[0]["critical_path"])), label="depth")
            target(float(conflicts_of(made)), label="conflicts")

    check()
    return executed


def examples(least: int = 1) -> int:
    """How many examples each test has: what the profile says, and no more than suits a test of every engine."""
    return max(least, min(settings().max_examples, MOST_EXAMPLES) // len(CONFLICTS))


@pytest.mark.parametrize("conflict", CONFLICTS)
@pytest.mark.parametrize("id", TOY_ENGINES)
def test_toy_blocks(id: str, conflict: int, tmp_path: Path) -> None:
    executed = check_toy(
        engine_of(id), CaseSizes(transactions=8, operations=5, conflict=conflict), tmp_path, examples()
    )
    assert executed or engine_of(id).capabilities.needs_access_list


@pytest.mark.parametrize("id", [id for id in TOY_ENGINES if id.startswith("optimized:")])
@pytest.mark.parametrize("conflict", [0.0, 0.2, 0.7, 1.0])
def test_larger_toy_blocks(id: str, conflict: float, tmp_path: Path) -> None:
    made = generate_block(7, 120, conflict, Workload(keys=1000))
    case, expected = made.case(), tuple(made.expected())
    if not engine_of(id).capabilities.missing(case):
        for _ in range(3):
            wrong = complaint(engine_of(id), case, expected, tmp_path)
            assert not wrong, wrong


@pytest.mark.parametrize("fork", DRAWN_FORKS, ids=lambda fork: fork.name)
@pytest.mark.parametrize("id", DRAWN_ENGINES)
def test_drawn_evm_blocks(id: str, fork: Fork, tmp_path: Path) -> None:
    assert check_evm(engine_of(id), fork, tmp_path, examples()) or engine_of(id).capabilities.needs_access_list


@pytest.mark.parametrize("seed", EVM_BLOCKS)
def test_evm_blocks(seed: int, tmp_path: Path) -> None:
    case, expected = case_of(evm.NAME, seed, EVM_TRANSACTIONS)
    executed = 0
    for id in EVM_ENGINES:
        if not engine_of(id).capabilities.missing(case):
            wrong = complaint(engine_of(id), case, expected, tmp_path)
            assert not wrong, f"{id}: {wrong}"
            executed += 1
    assert executed >= len(EVM_ENGINES) - 3  # those that need an access list


@pytest.mark.skipif(not COMPILED, reason="this installation has no compiled engine (SAMESTATE_PURE)")
@pytest.mark.parametrize("seed", LARGER_EVM_BLOCKS)
def test_larger_evm_blocks(seed: int, tmp_path: Path) -> None:
    """Of up to fifty transactions, on the compiled engine with one, two and four workers."""
    case, expected = case_of(evm.NAME, seed, LARGER_EVM_TRANSACTIONS)
    for id in COMPILED:
        for workers in (1, 2, 4):
            if not engine_of(id, workers).capabilities.missing(case):
                wrong = complaint(engine_of(id, workers), case, expected, tmp_path)
                assert not wrong, f"{id} with {workers} workers: {wrong}"


@pytest.mark.parametrize("seed", SVM_BLOCKS)
def test_svm_chains(seed: int, tmp_path: Path) -> None:
    """Chains of Solana's machine on every strategy, the compiled ones with two and four workers."""
    check_svm(seed, tmp_path)


def test_any_svm_chain(tmp_path: Path) -> None:
    @settings(
        deadline=None, database=None, max_examples=examples(4), phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(seed=integers(1000, 2**32))
    def check(seed: int) -> None:
        check_svm(seed, tmp_path)

    check()


def check_svm(seed: int, folder: Path) -> None:
    """The chain of a seed on every engine."""
    case, expected = case_of(svm.NAME, seed, SVM_TRANSACTIONS)
    for id in SVM_ENGINES:
        for workers in (2, 4) if id in COMPILED else (2,):
            assert not engine_of(id, workers).capabilities.missing(case), id
            wrong = complaint(engine_of(id, workers), case, expected, folder)
            assert not wrong, f"{id} with {workers} workers: {wrong}"


def test_some_evm_blocks_carry_an_access_list() -> None:
    cases = [case_of(evm.NAME, seed, EVM_TRANSACTIONS)[0] for seed in EVM_BLOCKS]
    assert any(not engine_of("reference:access-list").capabilities.missing(case) for case in cases)


def test_what_is_wrong_is_shrunk_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that never writes twos: the smallest block that shows it is one transaction, and stands in a file."""
    from typer.testing import CliRunner

    from samestate.conformance import command
    from samestate.conformance.engines.in_process import BlockEngine, capabilities
    from samestate.conformance.vectors.loading import load_vector_file
    from samestate.spec.toy.operations import Sstore
    from samestate.spec.transition import apply_block

    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        for transaction in block.transactions:
            if any(isinstance(operation, Sstore) and operation.value == 2 for operation in transaction.operations):
                raise EngineFailure("stores no twos")
        return apply_block(machine, block, state)

    made = BlockEngine("wary", capabilities((toy.NAME,), "", ""), execute)
    monkeypatch.setitem(engines.REGISTRY, "wary", lambda workers: made)
    with pytest.raises(AssertionError, match="stores no twos"):
        check_toy(made, CaseSizes(transactions=2, operations=3, blocks=1, is_always_valid=True), tmp_path, 1000)
    vector = load_vector_file(tmp_path / f"wary{SUFFIX}")
    transactions = [entry for block in vector.case.blocks for entry in members(block, "txs")]
    assert [entry["operations"] for entry in transactions] == [["SSTORE 0x0 0x2"]]
    samestate = CliRunner()
    check = ["check", str(tmp_path / f"wary{SUFFIX}"), "--engine"]
    assert samestate.invoke(command.application, [*check, "spec"]).exit_code == 0
    assert samestate.invoke(command.application, [*check, "wary"]).exit_code == 1
