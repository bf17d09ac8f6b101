"""Fuzzing: an engine with a bug is found out, its block made small and written as a vector that `check` runs."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.protocol import EngineFailure, EngineTimeout
from samestate.conformance.fuzzing import campaign, panel
from samestate.conformance.fuzzing.shrinking import fewer
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import SELECTOR_GROUPS, Case, members, texts
from samestate.conformance.vectors.places import VECTORS
from samestate.spec.evm.forks import FORKS
from samestate.spec.machine import Key
from samestate.spec.transition import apply_block
from samestate.spec.view import Ledger

Run = Callable[..., Any]
UNREACHABLE = SELECTOR_GROUPS["unreachable"]


def samestate(*arguments: str) -> Any:
    """The command in this process: engines that a test has registered are in no other, unless it says how many."""
    jobs = ("--jobs", "1") if arguments[0] == "fuzz" and "--jobs" not in arguments else ()
    return CliRunner().invoke(command.application, [*arguments, *jobs])


class Forgetful(Ledger):
    """A ledger that shows each step the value from before the block of every slot that ends in an even digit."""

    def value(self, key: Key) -> Any:
        return self.before.get(key) if key[:1] == b"\x03" and key[-1] % 2 == 0 else super().value(key)

    def source(self, key: Key) -> tuple[int, ...]:
        return () if key[:1] == b"\x03" and key[-1] % 2 == 0 else super().source(key)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("samestate.spec.transition.Ledger", Forgetful)
            return apply_block(machine, block, state)

    made = BlockEngine("forgetful", capabilities(("toy",), "", ""), execute)
    monkeypatch.setitem(engines.REGISTRY, "forgetful", lambda workers: made)


@pytest.mark.usefixtures("forgetful")
def test_a_bug_is_found_and_shrunk_to_a_vector(tmp_path: Path) -> None:
    result = samestate("fuzz", "--engine", "forgetful", "--seed", "1", "--blocks", "40", "--output", str(tmp_path))
    assert result.exit_code == 1, result.output
    assert "FOUND forgetful, seed " in result.stdout
    assert "RAW on step" in result.stdout
    assert "seed 1: --machine toy --txs 12 --seed 1 gives the same blocks again" in result.stdout
    (found,) = (tmp_path / "toy").iterdir()
    vector = load_vector_file(found)
    transactions = members(vector.case.blocks[0], "txs")
    assert len(transactions) == 2
    assert sum(len(texts(each, "operations")) for each in transactions) == 2
    assert samestate("check", str(found)).exit_code == 0
    failed = samestate("check", str(found), "--engine", "forgetful")
    assert failed.exit_code == 1
    assert "RAW on step 0 was missed" in failed.output or "cannot be kept" in failed.output


def test_every_fork_gets_blocks_of_every_kind() -> None:
    """The newest most of all, each with valid and invalid blocks, few and many conflicts, with and without lists."""
    plans = [campaign.evm_plan(seed) for seed in range(2000)]
    count = Counter(plan.fork.name for plan in plans)
    assert min(count[fork.name] for fork in FORKS) > 80
    assert count.most_common(1)[0][0] == FORKS[-1].name
    drawn = {(plan.fork.name, plan.is_valid, plan.has_access_list) for plan in plans}
    assert len(drawn) == 4 * len(FORKS)
    assert len({(plan.fork.name, plan.conflict) for plan in plans}) == len(campaign.CONFLICTS) * len(FORKS)


@pytest.mark.usefixtures("forgetful")
def test_the_seed_replays_what_was_found(tmp_path: Path) -> None:
    arguments = ("fuzz", "--engine", "forgetful", "--output", str(tmp_path), "--seed")
    first = samestate(*arguments, "1", "--blocks", "40")
    seed = first.stdout.split("seed ")[1].split(":")[0]
    again = samestate(*arguments, seed, "--blocks", "1")
    assert again.exit_code == 1
    assert f"FOUND forgetful, seed {seed}:" in again.stdout


@pytest.mark.usefixtures("forgetful")
def test_what_was_found_is_written_for_programs(tmp_path: Path) -> None:
    arguments = ("fuzz", "--engine", "forgetful", "--engine", "spec", "--seed", "1", "--blocks", "40")
    target = tmp_path / "found.json"
    result = samestate(*arguments, "--output", str(tmp_path / "found"), "--json", str(target))
    written = json.loads(target.read_text(encoding="utf-8"))
    (finding,) = written["findings"]
    assert (finding["engine"], finding["is_shrunk"]) == ("forgetful", True)
    assert Path(finding["file"]).exists() and f"seed {finding['seed']}" in result.stdout
    assert written["engines"]["spec"] == {"executed": 40, "skipped": 0, "wrong": 0, "known": 0, "reasons": {}}
    printed = samestate(*arguments, "--output", str(tmp_path / "found"), "--json", "-")
    assert json.loads(printed.stdout)["findings"] == written["findings"]


@pytest.mark.parametrize("machine", ["toy", "evm"])
def test_the_specification_agrees_with_itself(machine: str, tmp_path: Path) -> None:
    result = samestate(
        "fuzz", "--engine", "spec", "--machine", machine, "--seed", "5", "--blocks", "10", "--txs", "6",
        "--output", str(tmp_path / "none"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "spec: 10 blocks" in result.stdout
    assert not (tmp_path / "none").exists()


def test_forks_and_states_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are of the forks asked for, and an engine is spared states that no chain reaches, when shrinking too."""
    asked: list[Case] = []

    class Rejecting:
        id, capabilities = "rejecting", capabilities(("evm",), "", "")

        def run(self, case: Case) -> Any:
            asked.append(case)
            return [{**result, "status": "(no)"} for result in execute(case)] if len(asked) > 12 else execute(case)

        def close(self) -> None:
            pass

    monkeypatch.setitem(engines.REGISTRY, "rejecting", lambda workers: Rejecting())
    options = ("--fork", "cancun", "--fork", "Gray Glacier", "--without", "unreachable")
    result = samestate(
        "fuzz", "--machine", "evm", "--engine", "rejecting", *options, "--seed", "1", "--blocks", "40", "--txs", "3",
        "--output", str(tmp_path),
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert {case.fork for case in asked} == {"Cancun", "GrayGlacier"}
    assert len(asked) > 20
    assert not any(case.selectors & {*UNREACHABLE} for case in asked)
    again = " ".join(["--fork Cancun --fork GrayGlacier", *(f"--without {each}" for each in UNREACHABLE)])
    assert f"--seed 1 {again}" in result.stdout
    assert again in next(tmp_path.rglob("*.yaml")).read_text()


def test_an_engine_that_fails_is_found_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        if block.transactions:
            raise EngineFailure("out of memory")
        return apply_block(machine, block, state)

    made = BlockEngine("failing", capabilities(("toy",), "", ""), execute)
    monkeypatch.setitem(engines.REGISTRY, "failing", lambda workers: made)
    result = samestate("fuzz", "--engine", "failing", "--seed", "1", "--blocks", "3", "--output", str(tmp_path))
    assert result.exit_code == 1
    assert "out of memory" in result.stdout


@pytest.mark.usefixtures("forgetful")
def test_an_interruption_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = campaign.drawn
    seen: list[int] = []

    def drawn(machine: str, seed: int, transactions: int, wanted: Any) -> Any:
        seen.append(seed)
        if len(seen) > 40:
            raise KeyboardInterrupt
        return original(machine, seed, transactions, wanted)

    monkeypatch.setattr(panel, "drawn", drawn)
    result = samestate(
        "fuzz", "--engine", "forgetful", "--engine", "spec", "--seed", "1", "--blocks", "400", "--output", str(tmp_path)
    )
    assert result.exit_code == 130
    assert "FOUND forgetful" in result.stdout
    assert len(list((tmp_path / "toy").iterdir())) == 1
    assert "interrupted" in result.stderr


class Failing:
    """An engine of the toy that does on each case what it is told."""

    capabilities = capabilities(("toy",), "", "")

    def __init__(self, id: str, act: Callable[[int, Case], None]) -> None:
        self.id = id
        self.asked = 0
        self.act = act

    def run(self, case: Case) -> Any:
        self.asked += 1
        self.act(self.asked, case)
        return execute(case)

    def close(self) -> None:
        pass


Register = Callable[[str, Callable[[int, Case], None]], Failing]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Register:
    def register(id: str, act: Callable[[int, Case], None]) -> Failing:
        made = Failing(id, act)
        monkeypatch.setitem(engines.REGISTRY, id, lambda workers: made)
        return made

    return register


def test_ctrl_c_while_shrinking_keeps_what_was_found(tmp_path: Path, failing: Register) -> None:
    def act(asked: int, case: Case) -> None:
        if asked > 3:
            raise KeyboardInterrupt
        raise EngineFailure("out of luck")

    failing("unlucky", act)
    result = samestate("fuzz", "--engine", "unlucky", "--seed", "5", "--output", str(tmp_path))
    assert result.exit_code == 130
    assert "FOUND unlucky, seed 5: " in result.stdout
    assert "transactions, not shrunk)" in result.stdout
    assert "shrinking what unlucky gets wrong of seed 5" in result.stderr
    (found,) = (tmp_path / "toy").iterdir()
    assert ", and not shrunk;\n# 1 of 1 executions get it wrong.\n# out of luck\n" in found.read_text()
    assert samestate("check", str(found)).exit_code == 0


def test_any_exception_of_an_engine_is_a_finding_and_loses_no_other(tmp_path: Path, failing: Register) -> None:
    def act(asked: int, case: Case) -> None:
        raise ZeroDivisionError("of what?")

    failing("zero", act)
    failing("more", act)
    result = samestate("fuzz", "--engine", "zero", "--engine", "more", "--seed", "1", "--output", str(tmp_path))
    assert result.exit_code == 1, result.output
    assert result.stdout.count("the engine crashed: ZeroDivisionError: of what?") == 2
    assert sorted(path.name for path in (tmp_path / "toy").iterdir()) == ["more-1.yaml", "zero-1.yaml"]


def test_what_was_found_is_there_whatever_comes_later(
    tmp_path: Path, failing: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(asked: int, case: Case) -> None:
        raise EngineFailure("out of luck")

    original = campaign.drawn

    def drawn(machine: str, seed: int, transactions: int, wanted: Any) -> Any:
        if seed > 1:
            raise RuntimeError("a bug of ours")
        return original(machine, seed, transactions, wanted)

    failing("unlucky", act)
    monkeypatch.setattr(panel, "drawn", drawn)
    result = samestate("fuzz", "--engine", "unlucky", "--engine", "spec", "--seed", "1", "--output", str(tmp_path))
    assert isinstance(result.exception, RuntimeError)
    (found,) = (tmp_path / "toy").iterdir()
    assert ", and not shrunk" not in found.read_text()
    assert samestate("check", str(found)).exit_code == 0


def test_an_engine_that_is_too_slow_is_not_asked_again_and_again(tmp_path: Path, failing: Register) -> None:
    def act(asked: int, case: Case) -> None:
        raise EngineTimeout("gave no answer")

    slow = failing("slow", act)
    result = samestate("fuzz", "--engine", "slow", "--seed", "1", "--output", str(tmp_path))
    assert result.exit_code == 1
    assert slow.asked == 1

    def later(asked: int, case: Case) -> None:
        if asked > 1 or case.blocks[0]["txs"]:
            raise EngineTimeout("gave no answer") if asked > 4 else EngineFailure("out of luck")

    later_slow = failing("later", later)
    result = samestate("fuzz", "--engine", "later", "--seed", "1", "--output", str(tmp_path))
    assert result.exit_code == 1
    (found,) = (tmp_path / "toy").glob("later*")
    assert "# 1 of 1 executions get it wrong.\n# gave no answer\n" in found.read_text()
    assert later_slow.asked < 200


OUTSIDER = """
import json, sys
from samestate.conformance.engines.registry import SpecEngine, PROTOCOL
for line in sys.stdin:
    if json.loads(line)["type"] == "hello":
        capabilities = {**SpecEngine().capabilities.document(), "machines": {"toy": ["toy"]}}
        answer = {"protocol": PROTOCOL, "id": "My Engine/v1.2 (linux)", "capabilities": capabilities}
    else:
        answer = {"error": "\\x1b[31mred\\x00"}
    print(json.dumps(answer), flush=True)
"""


def test_a_reproducer_of_an_outside_engine_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it calls itself and whatever it says; and the command in the reproducer finds the same again."""
    monkeypatch.setenv("PYTHONPATH", str(VECTORS.parent))
    script, output = tmp_path / "engine of mine.py", ("--output", str(tmp_path / "found"))
    script.write_text(OUTSIDER)
    engine = f"command:{sys.executable} '{script}'"
    result = samestate("fuzz", "--engine", engine, "--txs", "5", "--workers", "3", "--seed", "7", *output)
    assert result.exit_code == 1, result.output
    found = tmp_path / "found" / "toy" / "my-engine-v1.2--linux-7.yaml"
    assert samestate("check", str(found)).exit_code == 0
    header = found.read_text().splitlines()
    assert header[2] == "# the engine reports an error: \\x1b[31mred\\x00"
    command_line = shlex.split(header[0].removeprefix("# Found by `").removesuffix("`;"))
    assert command_line == [
        "samestate", "fuzz", "--machine", "toy", "--txs", "5", "--engine", engine, "--workers", "3", "--seed", "7",
        "--blocks", "1",
    ]  # fmt: skip
    first = found.read_bytes()
    found.unlink()
    again = samestate(*command_line[1:], *output)
    assert again.exit_code == 1
    assert found.read_bytes() == first


def test_reproducers_have_names_of_their_own(tmp_path: Path, failing: Register) -> None:
    def act(asked: int, case: Case) -> None:
        raise EngineFailure("out of luck")

    for id in ("two:words", "two words", "Two Words"):
        failing(id, act)
    names = [word for id in ("two:words", "two words", "Two Words") for word in ("--engine", id)]
    result = samestate("fuzz", *names, "--seed", "1", "--output", str(tmp_path))
    assert result.exit_code == 1
    files = sorted(path.name for path in (tmp_path / "toy").iterdir())
    assert files == ["two-words-1-2.yaml", "two-words-1-3.yaml", "two-words-1.yaml"]
    assert samestate("check", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_where_nothing_can_be_written_nothing_is_executed(tmp_path: Path, below: str, failing: Register) -> None:
    engine = failing("counting", lambda asked, case: None)
    (tmp_path / "file").write_text("here")
    result = samestate("fuzz", "--engine", "counting", "--output", str(tmp_path / "file" / below))
    assert result.exit_code == 2
    assert f"cannot be written: {tmp_path / 'file'} is no folder" in result.stderr
    assert engine.asked == 0


def test_an_engine_that_executes_nothing_is_no_success(tmp_path: Path, failing: Register) -> None:
    needy = failing("needy", lambda asked, case: None)
    needy.capabilities = dataclasses.replace(needy.capabilities, machines={"toy": frozenset({"older"})})
    arguments = ("--seed", "1", "--blocks", "1", "--txs", "1", "--output", str(tmp_path))
    alone = samestate("fuzz", "--engine", "nee*", *arguments)
    assert alone.exit_code == 2
    assert "nothing was executed, every block was skipped" in alone.stderr
    named = samestate("fuzz", "--engine", "needy", "--engine", "spec", *arguments)
    assert named.exit_code == 2
    assert "--engine needy: executed nothing" in named.stderr
    matched = samestate("fuzz", "--engine", "nee*", "--engine", "spec", *arguments)
    assert matched.exit_code == 0
    assert "needy: 0 blocks, 1 skipped" in matched.stdout


def test_an_engine_by_name_must_have_the_machine(tmp_path: Path, failing: Register) -> None:
    failing("narrow", lambda asked, case: None)
    arguments = ("--engine", "spec", "--machine", "evm", "--seed", "1", "--blocks", "1", "--output", str(tmp_path))
    named = samestate("fuzz", "--engine", "narrow", *arguments)
    assert named.exit_code == 2
    assert "--engine narrow: has no machine evm" in named.stderr
    matched = samestate("fuzz", "--engine", "narro?", *arguments)
    assert matched.exit_code == 0
    assert "narrow: has no machine evm" in matched.stdout


def test_chains_of_solanas_machine(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ("--machine", "svm", "--fork", "mainnet 2026-07", "--seed", "4", "--blocks", "4", "--jobs", "1")
    engines = ("--engine", "optimized:locks", "--engine", "reference:waves")
    result = samestate("fuzz", *arguments, *engines, "--output", str(tmp_path), "--json", str(report))
    assert result.exit_code == 0, result.output
    assert "optimized:locks: 4 blocks" in result.stdout
    assert "reference:waves: 4 blocks" in result.stdout
    wanted = campaign.Wanted(("mainnet-2026-07",))
    assert {campaign.case_of("svm", seed, 12, wanted)[0].fork for seed in range(4, 8)} == {*wanted.forks}


def test_time_ends_it() -> None:
    result = samestate("fuzz", "--engine", "spec", "--minutes", "0.005", "--seed", "3")
    assert result.exit_code == 0
    assert "seed 3: " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--machine", "avm"), "--machine avm: must be one of evm, svm, toy"),
        (("--engine", "nobody"), "no engine is called 'nobody'"),
        (("--engine", "nobody:*"), "no engine is called 'nobody:*'"),
        (("--blocks", "0"), "--blocks"),
        (("--workers", "0"), "--workers"),
        (("--conflict", "1.5"), "--conflict 1.5: must be between 0 and 1"),
        (("--minutes", "-1"), "--minutes -1: must be more than 0"),
        (("--timeout", "0"), "--timeout 0: must be more than 0"),
        (("--minutes", "nan"), "--minutes nan: must be more than 0"),
        (("--fork", "Prague"), "--fork Prague: no fork is called so; known are toy, signed"),
        (("--machine", "evm", "--fork", "Nowhere"), "--fork Nowhere: no fork is called so"),
        (("--without", "nothing"), "--without nothing: no selector is called so"),
        (("--seed", "many"), "--seed"),
    ],
)
def test_bad_input_is_told(arguments: tuple[str, ...], complaint: str) -> None:
    result = samestate("fuzz", *arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())


def test_an_engine_without_the_machine_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    made = BlockEngine("narrow", capabilities(("toy",), "", ""), apply_block)  # type: ignore[arg-type]
    monkeypatch.setitem(engines.REGISTRY, "narrow", lambda workers: made)
    result = samestate("fuzz", "--engine", "narrow", "--machine", "evm")
    assert result.exit_code == 2
    assert "none of narrow has the machine evm" in result.stderr


def test_parts_are_left_out_big_ones_first() -> None:
    kept = ["".join(each) for each in fewer("abcd")]
    assert kept == ["", "cd", "ab", "bcd", "acd", "abd", "abc"]
    assert list(fewer("")) == []


def test_each_number_of_workers_is_a_run_of_its_own(tmp_path: Path) -> None:
    """But for engines to which it makes no difference; and the command of a finding names one number."""
    target = tmp_path / "found.json"
    result = samestate(
        "fuzz", "--machine", "evm",
        "--engine", "optimized:waves", "--engine", "optimized:sequential", "--engine", "spec",
        "--workers", "1", "--workers", "4", "--blocks", "3", "--seed", "7", "--json", str(target),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert list(json.loads(target.read_text())["engines"]) == [
        "optimized:waves, 1 worker",
        "optimized:waves, 4 workers",
        "optimized:sequential",
        "spec",
    ]
    chosen = {"optimized:waves, 4 workers": campaign.EngineChoice("optimized:waves", 4)}
    question = panel.SearchQuestion("evm", 12, chosen)
    assert "--engine optimized:waves --workers 4 --seed 7" in question.command("optimized:waves, 4 workers", 7)
