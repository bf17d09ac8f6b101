"""A chain of blocks executed on a state on disk, each committed whole: in LMDB while the next one is executed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.metering import meter
from samestate.conformance.metering.advice import StoredReads
from samestate.conformance.metering.stored import StoredMeter, note_block, since, stored_reads
from samestate.conformance.states.chains import StoredChain, find_chain
from samestate.conformance.states.importing import fill, find_source
from samestate.conformance.states.opening import OpenState, find_location, told
from samestate.conformance.vectors.document import Object
from samestate.optimized.stores.description import Description

Tell = Callable[[str], None]
"""What is told while a chain runs, a line at a time."""
Note = Callable[[StoredReads], None]
"""Who is told what each block has asked of the state."""


def run_on_state(
    path: Path,
    name: str | None,
    engine: InProcess,
    location: str,
    network: Network | None = None,
    rulesets: Rulesets = AS_THEY_SAY,
    tell: Tell = lambda line: None,
    note: Note = lambda reads: None,
) -> Iterator[Object]:
    """What comes out of each block of a case that the state does not have yet; each that is valid is committed.

    Where there is no state, the case's own is put there. Raises InputError, EngineFailure.
    """
    chain = find_chain(path, name, engine, network, rulesets)
    with OpenState(find_location(location, "--state"), writable=True) as state:
        if state.description is None:
            description = fill(state, find_source(path, name), None)
            tell(f"{state.location}: the state of the case was put there: {described(description)}")
        yield from execute(state, chain, tell, note, location)


def execute(
    state: OpenState, chain: StoredChain, tell: Tell, note: Note = lambda reads: None, name: str = ""
) -> Iterator[Object]:
    """The blocks that follow on a state, which metrics call ``name``. Raises InputError where one does not."""
    description = state.described()
    current = state.state(chain.forks)
    metered = StoredMeter(name)
    coming: list[str] = []  # what there is to tell of blocks once they are known to be in the store
    try:
        for block in chain.blocks(description):
            if block.number is not None and block.number <= description.height:
                tell(f"block {block.number}: left out, since the state is past its number")
                continue
            if block.number not in (None, description.height + 1):
                raise InputError(
                    f"{state.location}: is at height {description.height}, and the next block has number"
                    f" {block.number}: the blocks between them are lacking"
                )
            began, before_it = time.perf_counter(), current.world.counts()
            with told():
                done = block.execute(current)
                if done.state is not None and done.description is not None:
                    try:
                        done.state.commit(done.description, waits=False)
                    except Exception:
                        coming.clear()  # which of both could not be written nobody says
                        raise
                    coming.append(f"block {block.number}: committed: {described(done.description)}")
                    current, description = done.state, done.description
                    state.description = description
                    if len(coming) > 1:
                        tell(coming[0])
                        del coming[0]
            counts, seconds = current.world.counts(), time.perf_counter() - began
            note(stored_reads(name, since(before_it, counts), seconds))
            if meter.is_on():
                with told():
                    tally = metered.tally(counts, state.store.size())
                note_block(tally, name, seconds)
                meter.note(tally)
            yield done.written
    finally:
        with told():
            current.world.settle()
        for line in coming:
            tell(line)
    counts = current.world.counts()
    if meter.is_on():  # with the last commit
        with told():
            meter.note(metered.tally(counts, state.store.size()))
    tell(
        f"read from the store: {counts['ahead']} keys ahead, which were met {counts['met']} times,"
        f" {counts['on_demand']} on demand, and {counts['values']} values and {counts['nodes']} nodes for roots"
    )


def described(description: Description) -> str:
    """A state in a line."""
    block = f", block 0x{description.block_hash.hex()}" if description.block_hash else ""
    return f"{description.fork}, height {description.height}{block}, root 0x{description.root.hex()}"
