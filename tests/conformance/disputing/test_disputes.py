"""samestate dispute: seeded bugs are traced to their instruction, and the transcript proves it to whoever reads it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.disputing.memory_pages import (
    PAGE,
    NotOpened,
    OpenedMemory,
    ProofFails,
    memory_root,
    root_of_opened,
    siblings_of,
)
from samestate.conformance.disputing.observing import ended_root
from samestate.conformance.disputing.opening import open_position
from samestate.conformance.disputing.playing import facts_of, play_block, play_transaction
from samestate.conformance.disputing.stepping import root_of, step_from
from samestate.conformance.disputing.transcript import Refused, canonical, read_transcript
from samestate.conformance.disputing.verifying import verify
from samestate.conformance.engines.optimized import has_engine
from samestate.conformance.tracing.traceable import choose_block, find_case
from samestate.conformance.vectors.places import VECTORS
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.state import FlatState

EXAMPLE = Path(__file__).parents[3] / "docs" / "dispute.json"

BUGS = [
    ("sign-lost-at-64-bits", "arithmetic/sign_extensions-berlin", 5, "SIGNEXTEND"),
    ("transient-outlives-its-frame", "transaction_memory/transient_storage_of_a_reverted_frame-cancun", 0, "REVERT"),
    ("refund-uncapped", "gas_limits/room_left_by_refunds-berlin", 0, "STOP"),
    ("jump-into-data", "halts/jumps_to_nowhere-berlin", 0, "JUMP"),
    ("return-data-of-a-creation", "details/what_creations_give_back-berlin", 0, "RETURN"),
    ("failed-frame-keeps-what-came-in", "state_gas/clearing_that_is_undone-amsterdam", 0, "REVERT"),
]
"""A bug of the specification, a vector that shows it, and the transaction and the instruction that it is in."""

COPY = "environment/copies_that_overlap-cancun"

STEPS = [
    "calls/store_with_no_more_than_a_stipend-osaka",
    "creation/nonce_of_the_creator-amsterdam",
    "creation/created_over_storage-paris",
    "invalid/asked_for_a_blob_price_beyond_all_numbers-cancun",
    "self_destruct/to_itself_and_gone-shanghai",
    "state_gas/clearing_that_is_undone-amsterdam",
    "transaction_memory/transient_storage_of_a_reverted_frame-cancun",
]


def dispute(*arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr."""
    result = CliRunner().invoke(application, ["dispute", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def vector(name: str) -> str:
    return str(VECTORS / "evm" / f"{name}.yaml")


# One step


@pytest.mark.parametrize("name", STEPS)
def test_every_step_follows_from_what_is_opened_for_it(name: str) -> None:
    block = choose_block(find_case(Path(vector(name)), None), None)
    facts, played = facts_of(block), play_block(block)
    for index in range(len(facts.transactions)):
        before = played.states[index]
        assert isinstance(before, FlatState)
        steps = play_transaction(block, index, before)
        assert steps.roots[-1] == ended_root(played.results[index].digest())
        for number, (root, following) in enumerate(zip(steps.roots, steps.roots[1:], strict=False)):
            position = open_position(block, facts, index, before, number)
            assert root_of(facts, index, position) == root
            assert step_from(facts, index, position).root == following


def test_pages_prove_the_memory_that_they_are_of() -> None:
    memory = bytes(range(256)) * 5 + bytes(PAGE * 3) + b"\x01"
    for pages in ({0}, {1, 2}, {4, 5, 8}, {100}):
        opened = {page: memory[page * PAGE : (page + 1) * PAGE].ljust(PAGE, b"\0") for page in pages}
        siblings = siblings_of(memory, pages)
        assert root_of_opened(opened, siblings) == memory_root(memory)
        with pytest.raises(ProofFails, match="too many"):
            root_of_opened(opened, [*siblings, bytes(32)])
        with pytest.raises(ProofFails, match="too few"):
            root_of_opened(opened, siblings[:-1])


def test_a_page_that_is_not_opened_is_neither_read_nor_written() -> None:
    memory = OpenedMemory(bytes(3 * PAGE), frozenset({1}))
    memory[PAGE : PAGE + 2] = b"ab"
    assert memory[PAGE : PAGE + 3] == b"ab\0"
    with pytest.raises(NotOpened, match="memory page 0"):
        memory[PAGE - 1 : PAGE + 1] = b"ab"
    with pytest.raises(NotOpened, match="memory page 2"):
        memory[2 * PAGE]


# The game


@pytest.mark.parametrize(("bug", "name", "transaction", "instruction"), BUGS)
def test_a_seeded_bug_is_traced_to_its_instruction(
    bug: str, name: str, transaction: int, instruction: str, tmp_path: Path
) -> None:
    file = tmp_path / "transcript.json"
    code, out, err = dispute(vector(name), "--engine", f"bug:{bug}", "--output", str(file))
    assert (code, err) == (0, "")
    assert f"\nthe step: {instruction} at " in out
    assert f"\nbug:{bug} is wrong\n" in out
    code, out, err = dispute("--verify", str(file))
    assert (code, err) == (0, "")
    assert f" of transaction {transaction}, {instruction} " in out
    assert "\nspec is right: " in out


def test_engines_that_agree_have_nothing_to_dispute_about() -> None:
    code, out, _ = dispute(vector(STEPS[0]), "--engine", "spec", "--engine", "spec")
    assert (code, out) == (1, "spec and spec agree on all 1 transactions of the block\n")


@pytest.mark.skipif(not has_engine(), reason="needs the compiled engine")
def test_the_compiled_engine_plays_by_its_traces() -> None:
    code, out, _ = dispute(vector(BUGS[0][1]), "--engine", "optimized")
    assert (code, out) == (1, "spec and optimized agree on all 6 transactions of the block\n")
    code, out, _ = dispute(vector(BUGS[0][1]), "--engine", f"bug:{BUGS[0][0]}", "--engine", "optimized")
    assert code == 0
    assert "\nthe step: SIGNEXTEND at " in out
    assert "\noptimized is right\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "dispute: name a CASE over which engines differ, or a transcript with --verify"),
        (["CASE"], "--engine: must be given once or twice, and is given 0 times"),
        (["CASE", "--engine", "geth"], "--engine geth: cannot say where it is after each instruction: must be spec"),
        (["CASE", "--engine", "bug:none"], "--engine bug:none: cannot say where it is after each instruction"),
        (["CASE", "--verify", "x"], "--verify: takes a transcript and nothing else"),
        (["--verify", "nowhere.json"], "--verify nowhere.json: cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_played_is_refused(arguments: list[str], message: str) -> None:
    code, _, err = dispute(*(vector(STEPS[0]) if each == "CASE" else each for each in arguments))
    assert code == 2
    assert err.startswith(f"samestate: {message}")


# The transcript


@cache
def example() -> bytes:
    return EXAMPLE.read_bytes()


def sealed(document: dict[str, Any]) -> bytes:
    """A transcript as whoever forges it would write it: with the seal that fits."""
    rest = {name: value for name, value in document.items() if name != "seal"}
    return canonical({**rest, "seal": "0x" + keccak256(canonical(rest)).hex()})


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value that is no object or list, and to every name of a map."""
    if isinstance(value, dict):
        for name in value:
            yield from leaves(value[name], (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path


def changed(value: Any) -> Any:
    """A value with its last byte changed."""
    if value is None:
        return "0x"
    if isinstance(value, bool):
        return not value
    if value == "0x":
        return "0x00"
    last = "1" if value[-1] != "1" else "2"
    return value[:-1] + last


def is_passed_over(path: tuple[str | int, ...]) -> bool:
    """Whether it is a claim that a later question has passed over: no opening says anything of it, only the seal."""
    document = json.loads(example())
    name = path[0]
    if name not in ("transactions", "instructions"):
        return False
    moves = document[name]["moves"]
    apart = [index for index, move in enumerate(moves) if move["claims"][0] != move["claims"][1]]
    if path[1] == "ends":
        return name == "transactions" and bool(apart)
    return path[1] == "moves" and path[3] == "claims" and path[2] in apart[:-1]


def tampered() -> list[Any]:
    return [pytest.param(path, id=".".join(map(str, path))) for path in leaves(json.loads(example()))]


def test_the_example_of_the_documentation_is_verified() -> None:
    proven = verify(read_transcript(example()))
    assert (proven.transaction, proven.verdict) == (0, ("right", "wrong"))
    assert sealed(json.loads(example())) == example()


@pytest.mark.parametrize("path", tampered())
def test_a_transcript_with_a_byte_changed_is_refused(path: tuple[str | int, ...]) -> None:
    document = json.loads(example())
    target = document
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = changed(target[path[-1]])
    with pytest.raises(Refused, match=r"^\S+: |must|form"):
        verify(read_transcript(canonical(document)))
    if path[0] in ("engines", "seal") or is_passed_over(path):
        return  # of no consequence: whoever makes a seal that fits may call the engines what he likes
    with pytest.raises(Refused) as refused:
        verify(read_transcript(sealed(document)))
    assert "seal" not in str(refused.value)


def test_what_is_opened_of_a_frame_with_memory_is_bound_too(tmp_path: Path) -> None:
    file = tmp_path / "transcript.json"
    code, _, _ = dispute(vector(COPY), "--engine", "bug:copy-byte-by-byte", "--output", str(file))
    assert code == 0
    document = json.loads(file.read_bytes())
    frame = document["position"]["frames"][0]
    assert frame["pages"] and frame["siblings"] and frame["items"]
    for path in leaves(frame):
        forged = copy.deepcopy(document)
        target = forged["position"]["frames"][0]
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = changed(target[path[-1]])
        with pytest.raises(Refused, match=r"^position"):
            verify(read_transcript(sealed(forged)))


def test_moves_out_of_order_are_refused() -> None:
    document = json.loads(example())
    moves = document["instructions"]["moves"]
    assert len(moves) > 1
    for wrong in (moves[1:], moves[:-1], [*moves, moves[-1]], [moves[1], moves[0], *moves[2:]]):
        forged = copy.deepcopy(document)
        forged["instructions"]["moves"] = wrong
        with pytest.raises(Refused, match=r"^instructions\.moves"):
            verify(read_transcript(sealed(forged)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is no JSON"),
        (b"[" * 100_000, "more than 32 deep in each other"),
        (b"[" + b"[]," * 2**21 + b"[]]", "the file: has 4194306 values, or nearly: more than 4194304 are not read"),
        (b"[]", "must hold a JSON object"),
        (b"{}", "exactly the fields"),
    ],
)
def test_what_is_no_transcript_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "no.json"
    file.write_bytes(content)
    code, out, _ = dispute("--verify", str(file))
    assert code == 1
    assert out.startswith("refused: ") and message in out


def test_a_transcript_in_another_form_is_refused() -> None:
    with pytest.raises(Refused, match="not in its one form"):
        read_transcript(json.dumps(json.loads(example()), indent=1).encode())


def test_an_opening_that_lacks_a_node_is_refused() -> None:
    document = json.loads(example())
    assert document["position"]["nodes"]
    document["position"]["nodes"].pop()
    with pytest.raises(Refused, match="does not open what the step uses"):
        verify(read_transcript(sealed(document)))
