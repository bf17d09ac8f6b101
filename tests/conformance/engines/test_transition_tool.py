"""``t8n:COMMAND``: a tool that is right passes, what it gets wrong is told, and nothing that it does is without end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.engines.bounded_run import ERROR_BYTES, RunBounds, run_bounded, tail
from samestate.conformance.engines.process_tree import can_be_measured
from samestate.conformance.engines.protocol import EngineFailure, EngineTimeout
from samestate.conformance.engines.registry import compare_engine, find_engine
from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.engines.transition_tool.inputs import environment_of, transactions_of
from samestate.conformance.engines.transition_tool.results import read_alloc, read_result
from samestate.conformance.errors import InputError
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.evm import rlp
from tests.conformance.checking.cases import block_file, blockchain_test, samestate, write
from tests.peers.geth import find_geth

STAND_IN = Path(__file__).with_name("transition_tool.py")
TRANSFERS = "evm/transfers/all_but_the_fee-paris"
OWN = f"{sys.executable} -m samestate t8n"


def vector(id: str) -> Vector:
    return load_vector_file(VECTORS / f"{id}{SUFFIX}")


def stand_in(behaviour: str, bounds: RunBounds | None = None, name: str = "geth") -> TransitionToolEngine:
    return TransitionToolEngine(f"{sys.executable} {STAND_IN} {behaviour} {name} t8n", bounds)


def ids_of(*folders: str) -> list[str]:
    """The vectors of some folders, by their ids."""
    found = (path for folder in folders for path in sorted((VECTORS / "evm" / folder).rglob(f"*{SUFFIX}")))
    return [str(path.relative_to(VECTORS)).removesuffix(SUFFIX) for path in found]


# Tools that work


@pytest.mark.parametrize("id", one_in(4, ids_of("blobs", "system_contracts", "rewards", "withdrawals")))
def test_the_tool_of_this_project_gives_what_vectors_expect(id: str) -> None:
    """What it is given and what is read of it says all that there is to say: whatever is lost would be a difference."""
    engine, given = TransitionToolEngine(OWN), vector(id)
    if engine.capabilities.missing(given.case):
        pytest.skip(engine.capabilities.missing(given.case))
    checks: list[str] = []
    assert compare_engine(engine, given, checks) is None
    compared = {"state_root", "receipts_root", "gas_used", "receipts", "post_state"}
    assert ({"status"} if "rejections" in given.case.selectors else compared) <= {*checks}


def test_blocks_follow_one_another_on_the_states_that_the_tool_gives() -> None:
    several = [id for id in ids_of(".") if "multiple-blocks" in vector(id).case.selectors]
    engine = TransitionToolEngine(OWN)
    told = [id for id in several if not engine.capabilities.missing(vector(id).case)]
    assert told
    assert compare_engine(engine, vector(told[0])) is None


@pytest.mark.parametrize("form", [lambda: {"case": blockchain_test()}, lambda: block_file()[0]])
def test_fixtures_and_block_files_go_through_a_tool(form: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", form())
    right = samestate("check", path, "--engine", f"t8n:{OWN}")
    assert right.stdout.endswith("\n1 passed, 0 failed, 0 skipped\n"), right.output
    spoilt = samestate("check", path, "--engine", f"t8n:{sys.executable} {STAND_IN} rejects geth t8n")
    assert spoilt.exit_code == 1
    assert "gives rejection (not today) of transaction 0" in spoilt.stdout


def test_the_tool_says_by_its_version_what_it_can_do() -> None:
    geth, unknown, own = stand_in("right"), stand_in("right", name="unknown"), TransitionToolEngine(OWN)
    assert geth.id == "t8n:evm version 1.0-stand-in"
    assert "receipts" in geth.capabilities.outputs
    assert "receipts" not in unknown.capabilities.outputs
    for fork, lacks in (("Amsterdam", (unknown,)), ("BPO2withaccesslists", (unknown, geth))):
        for tool in (unknown, geth, own):
            lacking = f"the engine has no fork {fork}" if tool in lacks else ""
            assert tool.capabilities.lacking(needs(fork)) == lacking
    assert own.id.startswith("t8n:samestate ")


def needs(fork: str) -> Any:
    from samestate.conformance.engines.protocol import Needs

    return Needs("evm", frozenset({fork}))


# Tools that give something wrong


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("wrong-root", "state_root: expected 0x169d7bcd"),
        ("wrong-alloc", "post_state: balance 0x0512008c"),
        ("rejects", "status: expected a valid block, the engine gives rejection (not today) of transaction 0"),
        ("refuses", "the engine gives rejection (the withdrawal queue has no code)"),
    ],
)
def test_what_a_tool_gets_wrong_is_found(behaviour: str, said: str) -> None:
    found = compare_engine(stand_in(behaviour), vector(TRANSFERS))
    assert found is not None
    assert said in str(found)


def test_what_a_tool_does_not_give_is_a_difference() -> None:
    found = compare_engine(stand_in("no-blob-gas"), vector(ids_of("blobs")[0]))
    assert found is not None
    assert found.where == "blob_gas_used"


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("gives-up", "ended with exit code 3\n  no\n  memory for that"),
        ("panics", "ended with exit code 2\n  panic: calculating blob fee"),
        ("is-killed", "ended with exit code -9"),
        ("writes-nothing", "wrote no --output.result: No such file or directory"),
        ("half-a-result", "--output.result: its answer is not JSON: "),
        ("no-map", "--output.result: its answer is not an object: "),
        ("odd-number", 'gasUsed: must be a number, but is "many"'),
    ],
)
def test_a_tool_that_fails_fails_the_case(behaviour: str, said: str) -> None:
    with pytest.raises(EngineFailure) as failure:
        stand_in(behaviour).run(vector(TRANSFERS).case)
    assert said in str(failure.value)


# Tools without end


def test_a_tool_that_never_ends_is_killed() -> None:
    start = time.monotonic()
    with pytest.raises(EngineTimeout, match=r"^gave no answer within 1 seconds, and was killed$"):
        stand_in("never-ends", RunBounds(seconds=1)).run(vector(TRANSFERS).case)
    assert time.monotonic() - start < 60


def test_nothing_that_was_started_goes_on(tmp_path: Path) -> None:
    """What the program has started ends with it, and its folder is left to whoever made it."""
    notes, folder = tmp_path / "processes", tmp_path / "run"
    folder.mkdir()
    script = f"sleep 600 & echo $! > {notes}; wait"
    with pytest.raises(EngineTimeout):
        run_bounded(["sh", "-c", script], folder, RunBounds(seconds=1))
    process = int(notes.read_text())
    deadline = time.monotonic() + 10
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(process)


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    try:
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("behaviour", ["floods-stderr", "floods-output"])
def test_a_tool_that_writes_without_end_is_killed(behaviour: str) -> None:
    with pytest.raises(EngineFailure) as raised:
        stand_in(behaviour, RunBounds(seconds=60, output=1 << 20)).run(vector(TRANSFERS).case)
    first, *said = str(raised.value).splitlines()
    assert first == "wrote more than 1,024 KiB, and was killed"
    assert ("  no such transaction" in said) == (behaviour == "floods-stderr")
    assert len(said) < 100


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no file that never ends")
def test_of_a_file_that_grows_while_it_is_read_no_more_than_its_end_is_told() -> None:
    assert len(tail(Path("/dev/zero"))) == ERROR_BYTES


@pytest.mark.skipif(not can_be_measured(), reason="this system does not tell the memory of processes")
def test_a_tool_that_eats_memory_is_killed() -> None:
    with pytest.raises(EngineFailure, match=r"^took more than 64 MiB of memory, and was killed$"):
        stand_in("eats-memory", RunBounds(seconds=60, memory=64 << 20)).run(vector(TRANSFERS).case)


def test_the_next_case_goes_on_after_all_that() -> None:
    engine = stand_in("right", RunBounds(seconds=60))
    with pytest.raises(EngineFailure):
        stand_in("never-ends", RunBounds(seconds=0.2)).run(vector(TRANSFERS).case)
    assert compare_engine(engine, vector(TRANSFERS)) is None


# Commands that are none


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "must be followed by a command"),
        ("'evm", "cannot be split into words"),
        ("/no/such/evm t8n", "cannot be started: No such file or directory"),
    ],
)
def test_a_command_that_cannot_be_started_is_bad_input(command: str, said: str) -> None:
    with pytest.raises(InputError, match=r"^--engine t8n:") as refused:
        find_engine(f"t8n:{command}")
    assert said in str(refused.value)


# What is written and what is read


def test_a_tool_is_told_the_slot_number_of_forks_that_have_one() -> None:
    for fork, told in (("amsterdam", hex(2_000_000)), ("bpo2withaccesslists", None)):
        case = vector(f"evm/access_lists/right_list-{fork}").case
        assert environment_of(case, case.blocks[0]).get("slotNumber") == told


def test_the_environment_leaves_nothing_to_be_made_up() -> None:
    case = vector(TRANSFERS).case
    env = environment_of(case, case.blocks[0])
    hashes = env["blockHashes"]
    assert len(hashes) == 256
    assert hashes["0x3e7"] == env["parentHash"] != "0x" + "00" * 32
    assert hashes["0x3e6"] == "0x" + "00" * 32
    assert "currentRandom" in env
    assert not {"currentDifficulty", "currentExcessBlobGas", "withdrawals", "ommers"} & env.keys()


def test_transactions_are_one_list_in_rlp() -> None:
    case = vector(TRANSFERS).case
    raws = [bytes.fromhex(str(entry["raw"])[2:]) for entry in case.blocks[0]["txs"]]  # type: ignore[index, union-attr, call-overload]
    assert transactions_of(case.blocks[0]) == f"0x{rlp.encode(raws).hex()}"
    legacy = rlp.encode([b"\x01", b"\x02"])
    block: Any = {"txs": [{"raw": f"0x{legacy.hex()}"}, {"raw": "0x0102"}]}
    both = rlp.encode([[b"\x01", b"\x02"], b"\x01\x02"])
    assert transactions_of(block) == f"0x{both.hex()}"
    assert transactions_of({"txs": []}) == "0xc0"


def test_a_state_is_read_whatever_is_left_out() -> None:
    given = {"0xAA" + "00" * 19: {"balance": "16", "storage": {"0x" + "00" * 31 + "02": "0x00", "1": "0x0a"}}}
    assert read_alloc(given) == {
        "0xaa" + "00" * 19: {"nonce": "0x0", "balance": "0x10", "code": "0x", "storage": {"0x1": "0xa"}}
    }


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"0x" + "aa" * 20: {}, "0x" + "AA" * 20: {}}, "the account"),
        ({"0x" + "aa" * 20: {"storage": {"0x1": "0x1", "0x01": "0x2"}}}, "a slot"),
    ],
)
def test_what_a_tool_gives_twice_is_told(given: dict[str, Any], what: str) -> None:
    with pytest.raises(EngineFailure, match=f"^0x[aA]+: {what} is there twice$"):
        read_alloc(given)


def test_the_first_transaction_that_is_refused_makes_the_block_invalid() -> None:
    rejected = [{"index": 2, "error": "b"}, {"index": 1, "error": "a"}]
    assert read_result({"rejected": rejected}, True) == {"status": "(a)", "transaction": "1"}
    assert read_result({"rejected": [], "blockException": "no code"}, True) == {"status": "(no code)"}


# geth's own


@pytest.mark.peers
@pytest.mark.parametrize("id", ids_of("transfers", "system_contracts", "withdrawals", "rewards"))
def test_geth_gives_what_vectors_expect(id: str) -> None:
    engine, given = find_geth(), vector(id)
    if given.case.fork == "Amsterdam":
        pytest.skip("tests/peers/test_geth_vectors.py has all of Amsterdam, with what differs")
    if engine.capabilities.missing(given.case):
        pytest.skip(engine.capabilities.missing(given.case))
    assert compare_engine(engine, given) is None
