"""In the process that has the bug: each vector that comes in is executed, and what it has against the result told."""

from __future__ import annotations

import json
import pickle
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, Final

from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.mutants.specification.judgement import DIFFERS, ENDS, NOWHERE, PASSES, STATE_ROOT, VERDICT
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import VALID, Vector

SECONDS: Final = 30
"""A vector that takes longer ends nowhere: none takes a second on the specification as it is."""


class TooLong(Exception):  # noqa: N818 - says what happened
    """A vector does not end."""


def judge_stdin() -> None:
    """Judge the pickled vectors on stdin, one after another: an empty line on stdout, then a line of JSON for each."""
    vectors: Sequence[Vector] = pickle.load(sys.stdin.buffer)
    print(flush=True)
    signal.signal(signal.SIGALRM, interrupt)
    for vector in vectors:
        print(json.dumps(judgement_of(vector)), flush=True)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise TooLong in whatever runs."""
    raise TooLong(f"did not end in {SECONDS} s")


def judgement_of(vector: Vector) -> dict[str, str]:
    """What the vector has against the specification that runs here."""
    engine = SpecEngine()
    signal.alarm(SECONDS)
    try:
        given = engine.run(vector.case)
        difference = first_difference(
            vector.case, vector.expected, given, engine.capabilities.outputs, Granularity.KEYS, vector.names
        )
    except Exception as end:  # of a wrong specification anything may be expected
        return {"vector": vector.case.id, "outcome": ENDS, "where": f"{type(end).__name__}: {end}"[:200]}
    finally:
        signal.alarm(0)
    if difference is None:
        return {"vector": vector.case.id, "outcome": PASSES}
    return {
        "vector": vector.case.id,
        "outcome": DIFFERS,
        "where": difference.where,
        "values": f"expected {difference.expected}, the specification with the bug gives {difference.given}"[:400],
        "seen": seen_by(vector.expected, given),
    }


def seen_by(expected: Sequence[Object], given: Sequence[Object]) -> str:
    """What shows a difference to whoever compares nothing but verdicts and state roots."""
    for right, result in zip(expected, given, strict=False):
        if is_valid(right) != is_valid(result):
            return VERDICT
        if is_valid(right) and any(right.get(name) != result.get(name) for name in ("state_root", "joint_root")):
            return STATE_ROOT
    return NOWHERE


def is_valid(block: Any) -> bool:
    """Whether a block was accepted."""
    return bool(block["status"] == VALID)
