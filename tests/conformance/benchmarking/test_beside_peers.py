"""Engines beside outside clients: results compared fact by fact, ratios, and what is told of a client not there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from samestate.conformance.benchmarking import beside_peers, block_facts, evm_engine, evm_workloads, peer_programs
from samestate.conformance.benchmarking.beside_peers import Participants, choose, measure_workload
from samestate.conformance.benchmarking.compared_engine import ComparedSpecification
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.conformance.benchmarking.peer_programs import PEERS, ComparedPeer, PeerProgram, choose_peers
from samestate.conformance.benchmarking.workload_file import document, write_workload
from samestate.conformance.errors import InputError
from samestate.conformance.peers.line_process import PeerFailed
from samestate.conformance.peers.peer import PeerMissing
from samestate.optimized.configuration import Configuration
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.transaction import decode_transaction

SMALL = {
    "transfers": lambda name: evm_workloads.transfers(name, OSAKA, 4, lambda index: f"recipient {index}"),
    "transfers-to-one": lambda name: evm_workloads.transfers(name, OSAKA, 4, lambda index: "recipient"),
    "transfers-pair": lambda name: evm_workloads.contended_transfers(name, OSAKA, 5),
    "erc20": lambda name: evm_workloads.token_transfers(name, OSAKA, 4),
    "erc20-pair": lambda name: evm_workloads.contended_token_transfers(name, OSAKA, 5),
    "swaps-one": lambda name: evm_workloads.swaps(name, OSAKA, 5, 1),
    "swaps-200": lambda name: evm_workloads.swaps(name, OSAKA, 5, 2),
    "failing": lambda name: evm_workloads.block(
        name,
        OSAKA,
        {evm_workloads.LOOP: evm_workloads.contract(evm_workloads.LOOPS["memory"].code())},
        [evm_workloads.Unsigned("looper", evm_workloads.LOOP, 30_000, data=(1000).to_bytes(32, "big"))],
    ),
    "amsterdam": lambda name: evm_workloads.swaps(name, AMSTERDAM, 5, 2),
    "amsterdam-new-accounts": lambda name: new_accounts(name),
    **{f"loop-{name}": lambda given: small_loop(given) for name in evm_workloads.LOOPS},
}
RAW = {
    "raw-transfers": lambda name: evm_workloads.transfers(name, AMSTERDAM, 4, lambda index: f"recipient {index}"),
    "raw-erc20": lambda name: evm_workloads.token_transfers(name, AMSTERDAM, 4),
    "raw-swaps": lambda name: evm_workloads.swaps(name, AMSTERDAM, 4, 1),
}


def small_loop(name: str) -> EvmWorkload:
    return evm_workloads.loop_of_rounds(name.removeprefix("loop-"), 50, 1_000_000)


def new_accounts(name: str) -> EvmWorkload:
    messages = [
        evm_workloads.Unsigned("giver", evm_workloads.address(f"new {index}"), 300_000, value=1) for index in range(3)
    ]
    return evm_workloads.block(name, AMSTERDAM, {}, messages)


def small(name: str) -> EvmWorkload:
    if name in RAW:
        return evm_workloads.with_raw_block(RAW[name](name))
    return SMALL[name](name)


@pytest.fixture
def small_workloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside_peers, "make_workload", small)


def peer(name: str) -> PeerProgram:
    try:
        PEERS[name].command()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    return PEERS[name]


def script(content: str, **settings: Any) -> PeerProgram:
    """A peer that is a shell script; `$1` is the workload."""
    return PeerProgram("scripted", lambda: ["/bin/sh", "-c", content, "scripted"], **settings)


def said(facts_of: EvmWorkload) -> dict[str, Any]:
    """What a peer would say that finds what the specification finds."""
    engine = ComparedSpecification(facts_of)
    result = engine.execute(engine.state, engine.payload)
    cumulative = [0, *(receipt.cumulative_gas_used for receipt in result.receipts)]
    return {
        "gas_used": [after - before for before, after in itertools.pairwise(cumulative)],
        "succeeded": [receipt.succeeded for receipt in result.receipts],
        "logs": [
            [
                [f"0x{log.address.hex()}", [f"0x{topic.hex()}" for topic in log.topics], f"0x{log.data.hex()}"]
                for log in receipt.logs
            ]
            for receipt in result.receipts
        ],
        "accounts": result.state().to_alloc(),
    }


# Facts


def test_facts_are_those_that_the_specification_finds() -> None:
    workload = small("erc20")
    facts = ComparedSpecification(workload).facts()
    assert block_facts.differences(facts, block_facts.of_answer(workload, said(workload))) == ()
    sender = workload.senders[0].hex()
    assert facts[f"account 0x{sender}: nonce"] == 1
    assert facts["transaction 0: succeeded"] is True
    assert sum(" slot " in name and evm_workloads.TOKEN.hex() in name for name in facts) == 8


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda answer, sender: answer["gas_used"].__setitem__(1, 7), r"transaction 1: gas used: \d+ and 7"),
        (lambda answer, sender: answer["succeeded"].__setitem__(2, False), "transaction 2: succeeded: True and False"),
        (lambda answer, sender: answer["logs"][3].clear(), r"transaction 3: logs: .* and \(\)"),
        (lambda answer, sender: answer["logs"][3][0][1].pop(), r"transaction 3: logs: "),
        (lambda answer, sender: answer["gas_used"].pop(), r"transactions: \(4, 4, 4\) and \(3, 4, 4\)"),
        (
            lambda answer, sender: answer["accounts"][sender].update(balance="0x1"),
            r"account 0x\w{40}: balance: \d+ and 1",
        ),
        (lambda answer, sender: answer["accounts"].pop(sender), r"account 0x\w{40}: nonce: 1 and unchanged"),
        (
            lambda answer, sender: answer["accounts"][f"0x{evm_workloads.TOKEN.hex()}"].update(storage={}),
            r"account 0x70ce\w+: slot 0x\w+: \d+ and 0",
        ),
        (
            lambda answer, sender: answer["accounts"].update({f"0x{'77' * 20}": {"balance": "0x5"}}),
            r"account 0x7777\w+: balance: unchanged and 5",
        ),
    ],
)
def test_any_difference_is_named(change: Any, difference: str) -> None:
    workload = small("erc20")
    answer = said(workload)
    change(answer, f"0x{workload.senders[0].hex()}")
    ours = ComparedSpecification(workload).facts()
    found = block_facts.differences(ours, block_facts.of_answer(workload, answer))
    assert found
    with pytest.raises(AssertionError, match=difference):
        raise AssertionError(found[0])


# Files


def test_a_workload_file_has_the_block_in_raw_and_in_fields(tmp_path: Path) -> None:
    workload = small("raw-erc20")
    path = write_workload(workload, tmp_path / "deep")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(document(workload)))
    for given, encoded, sender in zip(
        content["transactions"], workload.case.transactions, workload.senders, strict=True
    ):
        transaction = decode_transaction(encoded)
        assert (given["raw"], given["sender"]) == (f"0x{encoded.hex()}", f"0x{sender.hex()}")
        assert (given["nonce"], given["data"]) == (transaction.nonce, f"0x{transaction.data.hex()}")
    assert len(content["closing"]) == 4
    assert workload.link is not None
    assert content["chain"]["block"] == f"0x{workload.link.block.hex()}"


# Peers


@pytest.mark.peers
@pytest.mark.parametrize("name", SMALL)
def test_revm_finds_what_the_specification_finds(name: str, small_workloads: None, tmp_path: Path) -> None:
    report = measure_workload(name, Participants(("spec",), (2,), (peer("revm"),)), tmp_path, repeat=1)
    assert report is not None
    assert [row.measured.engine.id for row in report.rows] == ["spec", "revm"]
    assert list(report.differences()) == []


@pytest.mark.peers
@pytest.mark.parametrize("name", RAW)
def test_geth_imports_what_the_specification_has_built(name: str, small_workloads: None, tmp_path: Path) -> None:
    peers = (peer("geth"), peer("geth-sequential"))
    report = measure_workload(name, Participants(("spec",), (2,), peers), tmp_path, repeat=1)
    assert report is not None
    assert [row.measured.engine.id for row in report.rows] == ["spec", "geth", "geth-sequential"]
    assert list(report.differences()) == []
    assert report.gas == report.workload.link.header.gas_used  # type: ignore[union-attr]


@pytest.mark.peers
def test_geth_refuses_a_block_whose_root_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workload = small("raw-erc20")
    assert workload.link is not None
    broken = workload.link.block.replace(workload.link.header.state_root, bytes(32))
    file = write_workload(replace(workload, link=replace(workload.link, block=broken)), tmp_path)
    with pytest.raises(PeerFailed, match="geth has ended with status 1"):
        ComparedPeer(peer("geth"), workload, file)
    assert "invalid merkle root" in capfd.readouterr().err


@pytest.mark.peers
def test_pyrevm_is_timed_and_not_compared(small_workloads: None, tmp_path: Path) -> None:
    report = measure_workload("erc20", Participants(("spec",), (2,), (peer("pyrevm"),)), tmp_path, repeat=1)
    assert report is not None
    assert [row.facts is None for row in report.rows] == [False, True]
    assert list(report.differences()) == []


def test_a_peer_is_started_on_the_file_and_asked_by_the_line(small_workloads: None, tmp_path: Path) -> None:
    answer = json.dumps(said(small("transfers")))
    program = script(
        f"""test -s "$1" || exit 9; echo '{answer}'; while read n; do echo '{{"seconds": [0.25]}}'; done"""
    )
    report = measure_workload("transfers", Participants(("spec",), (2,), (program,)), tmp_path, repeat=3)
    assert report is not None and report.peer is not None
    assert report.peer.seconds == 0.25
    assert report.gas == 4 * 21_000
    told = report.document()
    assert told["differences"] == []
    spec, scripted = told["results"]
    assert (scripted["ms"], scripted["ms_all"], scripted["times_as_fast_as_peer"]) == (250.0, [250.0] * 3, 1.0)
    assert spec["times_as_fast_as_peer"] == pytest.approx(250 / spec["ms"], rel=0.01)
    assert scripted["us_per_tx"] == 62_500
    assert [column.header for column in report.table().columns][5:] == ["scripted = 1", "result"]


def test_a_peer_that_finds_something_else_is_told(small_workloads: None, tmp_path: Path) -> None:
    answer = said(small("transfers"))
    answer["gas_used"][2] += 1
    program = script(f"""echo '{json.dumps(answer)}'; while read n; do echo '{{"seconds": [0.25]}}'; done""")
    report = measure_workload("transfers", Participants(("spec",), (2,), (program,)), tmp_path, repeat=1)
    assert report is not None
    assert list(report.differences()) == [
        "transfers: spec and scripted: transaction 2: gas used: 21000 and 21001",
    ]
    assert list(report.table().columns[6].cells) == ["same", "differs"]


def test_a_peer_that_fails_is_told(small_workloads: None, tmp_path: Path) -> None:
    for program in (script("exit 3"), script("echo '{}'; exit 3", is_compared=False)):
        with pytest.raises(PeerFailed, match="scripted has ended with status 3"):
            measure_workload("transfers", Participants((), (2,), (program,)), tmp_path, repeat=1)


def test_a_peer_that_answers_nothing_proper_is_told(small_workloads: None, tmp_path: Path) -> None:
    for program in (
        script("echo '{}'; cat"),
        script("echo '{}'; while read n; do echo '{}'; done", is_compared=False),
        script("""echo '{}'; while read n; do echo '{"seconds": ["soon"]}'; done""", is_compared=False),
    ):
        with pytest.raises(PeerFailed, match=r"^scripted gives no proper answer: (KeyError|ValueError): "):
            measure_workload("transfers", Participants((), (2,), (program,)), tmp_path, repeat=1)


def test_who_takes_what(small_workloads: None, tmp_path: Path) -> None:
    importer = script("exit 3", imports=True)
    assert measure_workload("transfers", Participants((), (2,), (importer,)), tmp_path, repeat=1) is None
    assert [name for name, each in PEERS.items() if each.takes(small("raw-erc20"))] == ["geth", "geth-sequential"]
    assert [name for name, each in PEERS.items() if each.takes(small("erc20"))] == ["revm", "pyrevm"]


# Choosing


def test_a_peer_that_is_not_there_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> str:
        raise PeerMissing(f"{name} is neither installed by `make peers` nor on PATH")

    monkeypatch.setattr(peer_programs, "find_program", missing)
    with pytest.raises(InputError, match="--peer revm: samestate-revm is neither installed by `make peers`"):
        choose_peers(["revm"])
    monkeypatch.setattr(peer_programs, "PYREVM", tmp_path)
    with pytest.raises(InputError, match="--peer pyrevm: pyrevm is not installed: `make peers` installs it"):
        choose_peers(["py*"])
    with pytest.raises(InputError, match="--peer nobody: no peer is called so; known are revm, pyrevm, geth, geth-seq"):
        choose_peers(["nobody"])


def engines(*patterns: str) -> Sequence[str]:
    return choose(patterns, (), ()).strategies


def test_engines_are_chosen_by_id() -> None:
    assert engines("spec") == ("spec",)
    assert engines("optimized:waves", "*-stm") == ("waves", "block-stm")
    assert set(engines("*")) == {*evm_engine.STRATEGIES, "spec"}
    with pytest.raises(InputError, match="--engine reference: is not measured on workloads; known are optimized:"):
        engines("reference")


@pytest.fixture
def without_the_compiled_evm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(evm_engine, "MODULE", "samestate.optimized.nothing")
    yield


def test_the_compiled_evm_is_left_out_only_where_nobody_asked_for_it(
    without_the_compiled_evm: None, small_workloads: None, tmp_path: Path
) -> None:
    chosen = choose((), (), ())
    assert chosen.strategies == ()
    assert chosen.note.startswith("only peers are measured: the compiled EVM is not there: ")
    with pytest.raises(InputError, match="--engine optimized:sequential: the compiled EVM "):
        measure_workload("transfers", choose(("optimized:sequential",), (), ()), tmp_path, repeat=1)


# The compiled EVM, by a stand-in


@dataclass
class StandInResult:
    rejection: str | None


class StandInEngine:
    """What the compiled engine offers, without executing anything."""

    rejection: ClassVar[str | None] = None
    log: ClassVar[list[str]] = []

    def __init__(self, configuration: Configuration) -> None:
        self.name = f"{configuration.strategy} {configuration.workers}"

    def execute(self, block: object) -> StandInResult:
        self.log.append(f"{self.name} executes {block}")
        return StandInResult(self.rejection)

    def close(self) -> None:
        self.log.append(f"{self.name} is closed")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    def adapt(workload: EvmWorkload, strategy: str) -> tuple[tuple[object], Callable[[Any], block_facts.Facts]]:
        return (f"{workload.name} for {strategy}",), lambda result: ComparedSpecification(workload).facts()

    monkeypatch.setattr(evm_engine, "adapt", adapt)
    monkeypatch.setattr(evm_engine, "engine_class", lambda: StandInEngine)
    monkeypatch.setattr(beside_peers, "engine_class", lambda: StandInEngine)
    monkeypatch.setattr(StandInEngine, "log", [])
    return StandInEngine.log


def test_the_compiled_evm_is_measured_with_each_number_of_workers_once_sequential(
    compiled: list[str], small_workloads: None, tmp_path: Path
) -> None:
    report = measure_workload("transfers", choose((), (2, 4), ()), tmp_path, repeat=1)
    assert report is not None
    told = [(row.measured.engine.id, row.measured.engine.workers) for row in report.rows]
    default = Configuration().strategy
    assert told == [("optimized:sequential", 1), (f"optimized:{default}", 2), (f"optimized:{default}", 4)]
    assert compiled[0] == "sequential 1 executes transfers for sequential"
    assert sorted(compiled[-3:]) == sorted(
        f"{each} is closed" for each in (f"{default} 2", f"{default} 4", "sequential 1")
    )
    assert list(report.differences()) == []
    assert report.peer is None


def test_a_block_that_the_compiled_evm_rejects_is_told(
    compiled: list[str], small_workloads: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="--engine optimized:waves: argument workers = 1000: "):
        measure_workload("transfers", choose(("optimized:waves",), (1000,), ()), tmp_path, repeat=1)
    monkeypatch.setattr(StandInEngine, "rejection", "NONCE_TOO_LOW")
    with pytest.raises(RuntimeError, match="optimized:waves: the block was rejected: NONCE_TOO_LOW"):
        measure_workload("transfers", choose(("optimized:waves",), (), ()), tmp_path, repeat=1)
    assert compiled[-1] == "waves 2 is closed"
