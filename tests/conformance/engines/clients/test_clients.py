"""Outside clients as engines: what each says is seen through, and whatever it does, the run goes on."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.engines.bounded_run import RunBounds
from samestate.conformance.engines.clients import installed, making
from samestate.conformance.engines.clients.agave.bank import AgaveBank
from samestate.conformance.engines.clients.anvil.judging import AnvilChains
from samestate.conformance.engines.clients.eels.judging import EelsChains
from samestate.conformance.engines.clients.ethereumjs.files import EthereumJsFiles
from samestate.conformance.engines.clients.exported import ExportedCase, Exporter
from samestate.conformance.engines.clients.geth.blocktest import GethBlocktest
from samestate.conformance.engines.clients.geth.chain_import import GethImport, question
from samestate.conformance.engines.clients.judge import JudgeEngine
from samestate.conformance.engines.clients.known import CLIENTS
from samestate.conformance.engines.clients.litesvm.engine import LiteSvmEngine
from samestate.conformance.engines.clients.making import EVERY
from samestate.conformance.engines.clients.revm.btest import RevmBtest
from samestate.conformance.engines.names import choose_engines
from samestate.conformance.engines.protocol import Engine, EngineFailure, EngineTimeout
from samestate.conformance.engines.registry import compare_engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from tests.conformance.checking.cases import samestate

STAND_IN = Path(__file__).with_name("stand_in.py")
TRANSFERS = "evm/transfers/all_but_the_fee-paris"
WITH_LIST = "evm/access_lists/right_list-amsterdam"
GIVEN = {
    "geth:parallel": WITH_LIST,
    "eels": "evm/transfers/from_hand_to_hand-shanghai",
    "agave": "svm/transfers/one_transfer-mainnet-2026-09",
    "litesvm:solders": "svm/transfers/one_transfer-mainnet-2026-07",
    "litesvm:npm": "svm/transfers/one_transfer-mainnet-2026-09",
}
"""What is asked of clients that do not take just any transfers."""
INVALID = "evm/wrong_lists/accounts_out_of_order-amsterdam"
SECONDS = 60.0


def vector(id: str) -> Vector:
    return load_vector_file(VECTORS / f"{id}{SUFFIX}")


def program(folder: Path, behaviour: str) -> str:
    """An executable file, as a client is."""
    path = folder / "client"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} {behaviour} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


MAKERS: dict[str, Callable[[str, float], Engine]] = {
    "geth:blocktest": lambda path, s: JudgeEngine("it", "1", GethBlocktest(path, RunBounds(s, output=1 << 20)), EVERY),
    "revm": lambda path, s: JudgeEngine("it", "1", RevmBtest(path, RunBounds(s, output=1 << 20)), EVERY),
    "geth:parallel": lambda path, s: JudgeEngine("it", "1", GethImport(path, True, s), EVERY),
    "eels": lambda path, s: JudgeEngine("it", "1", EelsChains([path], s), EVERY),
    "ethereumjs": lambda path, s: JudgeEngine("it", "1", EthereumJsFiles([path], s), EVERY),
    "agave": lambda path, s: AgaveBank("it", "1", [path], s),
    "litesvm:npm": lambda path, s: LiteSvmEngine("it", "1", [path], "mainnet-2026-09", s),
}
OF_SOLANA = ("agave", "litesvm:npm")
"""Those whose answers have what came out of a case, and no verdict on it."""


def engine(client: str, folder: Path, behaviour: str, seconds: float = SECONDS) -> Engine:
    return MAKERS[client](program(folder, behaviour), seconds)


def case_for(client: str) -> Vector:
    return vector(GIVEN[client] if client in OF_SOLANA or client == "geth:parallel" else TRANSFERS)


def failure(client: str, folder: Path, behaviour: str, seconds: float = SECONDS) -> str:
    made = engine(client, folder, behaviour, seconds)
    with pytest.raises(EngineFailure) as raised:
        made.run(case_for(client).case)
    made.close()
    return str(raised.value)


# What misleads


@pytest.mark.parametrize("client", [client for client in MAKERS if client not in ("geth:parallel", *OF_SOLANA)])
def test_a_client_that_agrees_gives_what_is_right(client: str, tmp_path: Path) -> None:
    made, given = engine(client, tmp_path, "right"), case_for(client)
    checks: list[str] = []
    assert compare_engine(made, given, checks) is None
    assert {"state_root", "receipts_root", "gas_used"} <= {*checks}
    assert "receipts" not in checks
    made.close()


def test_an_exit_code_of_zero_is_no_verdict(tmp_path: Path) -> None:
    assert failure("geth:blocktest", tmp_path, "wrong").endswith("as the specification has it: post state")
    assert "says nothing of the test, and ended with exit code 0" in failure("geth:blocktest", tmp_path, "silent")
    assert "says nothing of the test" in failure("geth:blocktest", tmp_path, "another-test")


def test_what_revme_skips_is_not_passed(tmp_path: Path) -> None:
    said = failure("revm", tmp_path, "skips")
    assert said == "calls the test passed, but executed it in part: Skipping transition test"
    assert failure("revm", tmp_path, "wrong").endswith(": gas used")


def test_a_file_that_revme_loses_is_told(tmp_path: Path) -> None:
    assert "exit code 1\n  Failed to decode: unknown variant `BPO1`" in failure("revm", tmp_path, "silent")


@pytest.mark.parametrize(
    ("id", "missing"),
    [
        ("evm/wrong_lists/accounts_out_of_order-amsterdam", "revme does not look at an invalid block"),
        ("evm/rewards/reward_comes_last-berlin", "revme knows no ommers"),
    ],
)
def test_what_revme_is_known_to_skip_is_not_given_to_it(id: str, missing: str, tmp_path: Path) -> None:
    assert engine("revm", tmp_path, "right").capabilities.missing(vector(id).case) == missing


def test_a_file_of_a_network_that_revme_does_not_know_is_not_written(tmp_path: Path) -> None:
    case = replace(vector(TRANSFERS).case, fork="GrayGlacier")
    exported = Exporter().export(vector(TRANSFERS).case)
    renamed = ExportedCase(exported.chain, "GrayGlacier", exported.results)
    assert RevmBtest("revme", RunBounds()).refuse(renamed) == "revme does not know GrayGlacier"
    assert case.fork not in making.EVERY - making.UNKNOWN


def test_another_chain_is_for_those_that_are_told_of_it() -> None:
    """Found by fuzzing: blocks of chain 1337, whose signatures a client of chain 1 does not know."""
    exported = Exporter().export(vector(WITH_LIST).case)
    other = replace(exported, chain=replace(exported.chain, chain_id=1337))
    assert GethBlocktest("evm", RunBounds()).refuse(other) == "geth's blocktest is always chain 1"
    assert RevmBtest("revme", RunBounds()).refuse(other) == "revme btest is always chain 1"
    assert GethImport("geth", True, 1).refuse(other) == ""
    assert question(other)["chain_id"] == 1337


def test_a_case_that_no_file_can_say_is_skipped(tmp_path: Path) -> None:
    unreachable = vector("evm/creation/created_over_storage-paris").case
    made = engine("geth:blocktest", tmp_path, "right")
    assert "the engine cannot do: orphan-storage" in made.capabilities.missing(unreachable)


def test_a_list_that_was_not_used_is_no_evidence(tmp_path: Path) -> None:
    assert failure("geth:parallel", tmp_path, "sequentially") == "was to execute in parallel, and did not"
    assert "block 0: it is refused: gas" in failure("geth:parallel", tmp_path, "wrong")
    assert "gives no verdict on each of 1 blocks" in failure("geth:parallel", tmp_path, "half-verdicts")
    assert "head: expected 0x" in failure("geth:parallel", tmp_path, "right")


@pytest.mark.parametrize("client", ["geth:parallel", "eels", "ethereumjs"])
def test_an_answer_without_a_verdict_is_none(client: str, tmp_path: Path) -> None:
    assert "gives no verdict on" in failure(client, tmp_path, "no-verdict")


# What crashes, hangs, prints garbage, answers half


@pytest.mark.parametrize("client", MAKERS)
def test_a_client_that_crashes_says_why(client: str, tmp_path: Path) -> None:
    assert failure(client, tmp_path, "crashes").endswith("exit code 1\n  panic: out of luck")


@pytest.mark.parametrize("client", MAKERS)
def test_a_client_that_hangs_is_killed(client: str, tmp_path: Path) -> None:
    made = engine(client, tmp_path, "hangs", 2)
    with pytest.raises(EngineTimeout, match="gave no answer within 2 seconds, and was killed\n  still thinking"):
        made.run(case_for(client).case)


@pytest.mark.parametrize("client", MAKERS)
def test_garbage_is_no_answer(client: str, tmp_path: Path) -> None:
    assert "it is early" in failure(client, tmp_path, "garbage")


@pytest.mark.parametrize("client", MAKERS)
def test_half_an_answer_is_none(client: str, tmp_path: Path) -> None:
    said = failure(client, tmp_path, "half")
    assert "says nothing of the test" in said or "its answer is not JSON" in said


@pytest.mark.parametrize("client", MAKERS)
def test_a_flood_on_stderr_has_an_end(client: str, tmp_path: Path) -> None:
    said = failure(client, tmp_path, "floods-stderr", 2)
    assert "killed" in said
    assert "no such transaction" in said


@pytest.mark.parametrize("client", ["geth:blocktest", "revm"])
def test_output_without_end_has_one(client: str, tmp_path: Path) -> None:
    assert "wrote more than 1,024 KiB, and was killed" in failure(client, tmp_path, "floods-output")


@pytest.mark.parametrize("client", ["eels", "ethereumjs"])
def test_a_client_that_died_is_started_anew(client: str, tmp_path: Path) -> None:
    made, given = engine(client, tmp_path, "dies-once"), case_for(client)
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(compare_engine(made, given) is None)
        except EngineFailure as failed:
            assert "died with exit code 1\n  out of luck" in str(failed)
            outcomes.append(False)
    made.close()
    assert outcomes == [True, False, True, False]


def anvil(folder: Path, behaviour: str, seconds: float = SECONDS) -> str:
    """What comes of a node that behaves so."""
    made = JudgeEngine("it", "1", AnvilChains(program(folder, behaviour), seconds), frozenset({"Paris"}))
    with pytest.raises(EngineFailure) as raised:
        made.run(vector(TRANSFERS).case)
    return str(raised.value)


def test_a_node_that_ends_or_does_not_listen_says_why(tmp_path: Path) -> None:
    crashes = anvil(tmp_path, "crashes")
    assert "ended: ConnectionError: it does not listen, exit code 1\n  panic: out of luck" in crashes
    assert "it does not listen after 2 seconds\n  still thinking" in anvil(tmp_path, "hangs", 2)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("answers-garbage", "gives no proper answer: JSONDecodeError: "),
        ("answers-nothing", "gave no answer within 2 seconds, and was killed\n  I listen"),
        ("answers-no-result", "gives no proper answer: KeyError: 'result'"),
        ("hangs-up", "ended: RemoteDisconnected: "),
    ],
)
def test_a_node_that_gives_no_proper_answer(behaviour: str, said: str, tmp_path: Path) -> None:
    assert said in anvil(tmp_path, behaviour, 2 if behaviour == "answers-nothing" else SECONDS)


# Names


def test_a_client_is_named_by_its_id_and_by_a_pattern() -> None:
    assert choose_engines(["geth:*", "revm"]) == ["geth:blocktest", "geth:sequential", "geth:parallel", "revm"]
    assert not set(choose_engines(["all"])) & set(CLIENTS)
    with pytest.raises(InputError, match="did you mean 'geth:parallel'"):
        choose_engines(["geth:paralel"])


def test_a_client_that_is_not_here_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed.shutil, "which", lambda name, path=None: None)  # type: ignore[attr-defined]

    def nowhere(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(making.importlib.metadata, "version", nowhere)  # type: ignore[attr-defined]
    for id, means in (("geth", "make peers"), ("geth:parallel", "make peers"), ("revm", "make peers"), ("eels", "pip")):
        with pytest.raises(InputError, match=f"--engine {id}: .* .*{means}"):
            find_engine(id)
    with pytest.raises(InputError, match=r"--engine ethereumjs: node is not installed: Node.js 20 or newer"):
        find_engine("ethereumjs")


def test_every_client_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "PROGRAMS", Path("/nowhere"))
    output = samestate("engines").output
    for id in CLIENTS:
        assert f"│ {id} " in output


# Clients that are here


@pytest.mark.peers
@pytest.mark.parametrize("id", CLIENTS)
def test_a_client_that_is_here_agrees_and_tells_its_version(id: str) -> None:
    try:
        made = find_engine(id)
    except InputError as missing:
        pytest.skip(str(missing))
    given = vector(GIVEN.get(id, TRANSFERS))
    assert getattr(made, "version", "")
    assert any(character.isdigit() for character in str(getattr(made, "version", "")))
    assert made.capabilities.missing(given.case) == ""
    assert compare_engine(made, given) is None
    made.close()


@pytest.mark.peers
@pytest.mark.parametrize("id", ["geth:blocktest", "geth:sequential", "geth:parallel"])
def test_geth_refuses_a_wrong_list(id: str) -> None:
    try:
        made: Any = find_engine(id)
    except InputError as missing:
        pytest.skip(str(missing))
    assert compare_engine(made, vector(INVALID)) is None
    made.close()
