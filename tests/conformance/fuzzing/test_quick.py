"""Compiled strategies compared as they are: with one another alone, and beside the specification."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.optimized import THREADS, has_engine
from samestate.conformance.engines.optimized.engine import OptimizedEngine, make_optimized_engine
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.fuzzing.campaign import case_of
from samestate.conformance.fuzzing.packed import PackedCase, different
from samestate.conformance.vectors.loading import load_vector_file

pytestmark = pytest.mark.skipif(not has_engine(), reason="optimized is not compiled")

STRATEGIES = ("sequential", "block-stm", "locks", "waves", "access-list")
Tamper = Callable[[Any], None]


def fuzz(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, ["fuzz", "--machine", "evm", "--jobs", "1", *arguments])


@pytest.fixture
def tampered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tamper], None]:
    """Registers a strategy that gets wrong what it gives of packed blocks."""

    def register(tamper: Tamper) -> None:
        def make(workers: int) -> OptimizedEngine:
            engine = make_optimized_engine("block-stm", THREADS, workers)
            right = engine.execute_packed

            def execute_packed(*given: Any) -> Any:
                result = right(*given)
                tamper(result)
                return result

            engine.id = "tampered"
            engine.execute_packed = execute_packed  # type: ignore[method-assign]
            return engine

        monkeypatch.setitem(engines.REGISTRY, "tampered", make)

    return register


def more_gas(result: Any) -> None:
    result.totals = result.totals._replace(paid_gas=result.totals.paid_gas + 1)


def failing(result: Any) -> None:
    raise EngineFailure("out of luck")


@pytest.mark.parametrize("senders", ["given", "signed"])
def test_strategies_agree_with_one_another(senders: str, tmp_path: Path) -> None:
    target = tmp_path / "told.json"
    names = [word for strategy in STRATEGIES for word in ("--engine", f"optimized:{strategy}")]
    result = fuzz(*names, "--quick", senders, "--seed", "0", "--blocks", "3", "--txs", "8", "--json", str(target))
    assert result.exit_code == 0, result.output
    told = json.loads(target.read_text())
    executed = {name: counted["executed"] for name, counted in told["engines"].items()}
    assert executed["optimized:sequential"] == executed["optimized:waves"] > 30
    assert 0 < executed["optimized:access-list"] <= executed["optimized:sequential"]
    assert f"--quick {senders} gives the same blocks again" in result.stdout


def test_a_strategy_that_differs_is_found(tmp_path: Path, tampered: Callable[[Tamper], None]) -> None:
    """And is a vector, though the specification may not see again what went wrong."""
    tampered(more_gas)
    names = ("--engine", "optimized:sequential", "--engine", "tampered")
    result = fuzz(*names, "--quick", "given", "--seed", "0", "--blocks", "2", "--txs", "5", "--output", str(tmp_path))
    assert result.exit_code == 1, result.output
    (found,) = (tmp_path / "evm").iterdir()
    header = found.read_text()
    assert "tampered has another sums of gas than optimized:sequential; not when" in header.replace("\n# ", " ")
    assert "--quick given --engine optimized:sequential --engine tampered" in " ".join(header.split())
    assert load_vector_file(found).case.machine == "evm"


@pytest.mark.parametrize(("tamper", "exit_code"), [(more_gas, 1), (failing, 0)])
def test_beside_the_specification_strategies_are_compared_with_one_that_is_right(
    tmp_path: Path, tampered: Callable[[Tamper], None], tamper: Tamper, exit_code: int
) -> None:
    """Where a strategy fails so, the specification's answer is compared; here it does not fail then."""
    tampered(tamper)
    names = ("--engine", "optimized:sequential", "--engine", "tampered")
    result = fuzz(*names, "--seed", "0", "--blocks", "4", "--output", str(tmp_path))
    assert result.exit_code == exit_code, result.output
    if exit_code:
        assert "another sums of gas than a strategy that is right; not when it was asked again" in result.stdout


def test_all_is_compared() -> None:
    """Each part of what is told by itself, and the verdict."""
    engine = make_optimized_engine("sequential", THREADS, 1)
    case, _ = next(
        found
        for found in (case_of("evm", seed, 9) for seed in range(100))
        if found[0].fork == "Amsterdam" and found[1][0]["status"] == "valid"
    )
    packed = PackedCase.of(case)
    assert packed is not None
    told = packed.tell(engine)
    assert different(told, packed.tell(engine)) == ""
    for name in told:
        assert different(told, {**told, name: "another"}) == name
    assert len(told) == 10
    engine.close()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--quick", "mostly"), "--quick mostly: must be given or signed"),
        (
            ("--quick", "given", "--engine", "spec", "--engine", "optimized:locks"),
            "spec is no strategy of the compiled",
        ),
        (("--quick", "given", "--engine", "optimized:locks"), "name two strategies at least"),
        (
            ("--quick", "given", "--engine", "optimized:locks", "--engine", "optimized:waves@processes"),
            "optimized:waves@processes is no strategy of the compiled machine whose workers are threads",
        ),
    ],
)
def test_bad_input_is_told(arguments: tuple[str, ...], complaint: str) -> None:
    result = fuzz(*arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
