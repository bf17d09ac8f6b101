"""`samestate dispute`: the fault-proof game on a difference of two engines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.disputing.transcript import LARGEST, Refused, read_transcript, write_transcript
from samestate.conformance.disputing.verifying import Verified, verify
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.output.console import console_for, print_line
from samestate.conformance.output.targets import check_file, check_spares, is_stdout, write_whole
from samestate.spec.evm.forks import FORKS

REFUSED = 1
AGREED = 1
ENGINES = 2


def dispute(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CASE]", help="A vector or a fixture file over which engines differ.", show_default=False
        ),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine",
            metavar="ID",
            help="Who plays: spec, optimized, or bug:NAME, a bug that `samestate mutants` seeds in the specification. "
            "Give two, or one that plays against spec.",
        ),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="NAME", help="Part of the name of the case, where there are several."),
    ] = None,
    block: Annotated[
        int | None,
        typer.Option("--block", metavar="N", help="Index of the block; the first with transactions unless given."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", "--json", metavar="FILE", help="Write the transcript here.")
    ] = None,
    verified: Annotated[
        Path | None,
        typer.Option(
            "--verify",
            metavar="FILE",
            help="Verify a transcript: its hashes, its moves, and the one step, without engines.",
        ),
    ] = None,
) -> None:
    """Find the one instruction over which two engines differ, and prove which of them is right about it.

    Both commit to the state after each transaction, and by halving the first one over which they differ is found; then
    likewise in it, after each instruction. The one step that is left is executed by the specification from what both
    agree on. The transcript proves it to anybody: docs/disputes.md has the rules.

    Exit code 1 where the engines agree, or a transcript is refused.
    """
    if verified is not None:
        if path is not None or engine or output is not None:
            raise InputError("--verify: takes a transcript and nothing else: leave CASE, --engine and --output out")
        verify_file(verified)
        return
    if path is None:
        raise InputError("dispute: name a CASE over which engines differ, or a transcript with --verify")
    names = list(engine or ())
    if len(names) == 1:
        names.insert(0, "spec")
    if len(names) != ENGINES:
        raise InputError(f"--engine: must be given once or twice, and is given {len(names)} times")
    if output is not None:
        check_file("--output", output, make_folders=True)
        check_spares((path,), ("--output", output))
    play_case(path, case, block, (names[0], names[1]), output)


def play_case(path: Path, case: str | None, block: int | None, names: tuple[str, str], output: Path | None) -> None:
    """Play, verify what was played, and write it."""
    # only now: to verify a transcript takes neither engine
    from samestate.conformance.disputing.game import Agreement, play
    from samestate.conformance.disputing.parties import PlayedCase, SpecificationParty, party
    from samestate.conformance.disputing.playing import facts_of, play_block
    from samestate.conformance.disputing.telling import tell
    from samestate.conformance.tracing.traceable import choose_block_index, find_case, prepared

    found = find_case(path, case)
    index = choose_block_index(found, block)
    chosen = prepared(found, index)
    facts = facts_of(chosen)
    played = play_block(chosen)
    right = SpecificationParty(chosen, played)
    question = PlayedCase(path, case, index)
    parties = (party(names[0], chosen, right, question), party(names[1], chosen, right, question))
    game = play(chosen, facts, played, parties)
    console = console_for()
    if isinstance(game, Agreement):
        if not is_stdout(output):
            print_line(console, f"{names[0]} and {names[1]} agree on all {game.transactions} transactions of the block")
        raise typer.Exit(AGREED)
    content = write_transcript(game.transcript)
    proven = proof_of(content)
    if output is not None:
        write_whole("--output", output, content, make_folders=True)
    if not is_stdout(output):
        for line in tell(game, proven):
            print_line(console, line)
        if output is not None:
            print_line(console, f"transcript: {output}, {len(content)} bytes")


def proof_of(content: bytes) -> Verified:
    """What a transcript of our own proves. Raises InputError where it proves nothing."""
    try:
        return verify(read_transcript(content))
    except Refused as refused:
        raise InputError(f"this dispute cannot be proven in one step: {refused}") from refused


def verify_file(path: Path) -> None:
    """Verify a transcript, and say what it proves."""
    content = read_input(f"--verify {path}", path, LARGEST)
    console = console_for()
    try:
        transcript = read_transcript(content)
        proven = verify(transcript)
    except Refused as refused:
        print_line(console, f"refused: {refused}")
        raise typer.Exit(REFUSED) from refused
    fork = next(each for each in FORKS if each.name == transcript.block.fork)
    opcode = proven.stepped.opcode
    instruction = None if opcode is None else fork.instruction_table[opcode]
    executed = "no instruction" if opcode is None else "INVALID" if instruction is None else instruction.mnemonic
    print_line(console, f"verified: step {proven.step} of transaction {proven.transaction}, {executed} ({fork.name})")
    print_line(console, f"block: 0x{proven.block.hex()}")
    for name, word, claim in zip(transcript.engines, proven.verdict, transcript.claims, strict=True):
        print_line(console, f"{name} is {word}: it is committed to 0x{claim.hex()}")
    print_line(console, f"by the specification the step leads to 0x{proven.stepped.root.hex()}")
