"""Every hazard by its id, and why some are shown by no vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.hazards.evm import EVM_HAZARDS
from samestate.conformance.hazards.hazard import Hazard
from samestate.conformance.hazards.signatures import SIGNATURE_HAZARDS
from samestate.conformance.hazards.svm import SVM_HAZARDS

HAZARDS: Final[Mapping[str, Hazard]] = {
    hazard.id: hazard
    for hazard in sorted((*EVM_HAZARDS, *SVM_HAZARDS, *SIGNATURE_HAZARDS), key=lambda hazard: int(hazard.id[1:]))
}
"""In the order of their numbers. Ids are never given to another hazard."""

SHOWN_ELSEWHERE: Final[Mapping[str, str]] = {
    "H140": "A vector has no witness. A block with one whose headers are no chain is bad input to every command "
    "(`tests/conformance/checking/test_blocks.py`).",
    "H82": "A cache of compiled programs is no part of a result, and what is compiled is bytecode, which is not "
    "specified.",
    "H83": "Votes that succeed are not specified: a vector's votes are too old, and count no credit.",
    "H103": "A block that crosses an epoch, and an instruction that deploys, end in the codes that say that they are "
    "not specified (EPOCH_BOUNDARY_NOT_SPECIFIED, BYTECODE_NOT_SPECIFIED).",
    "H105": "Features are activated at the first slot of an epoch, which is not specified, and a cache of compiled "
    "programs is no part of a result.",
    "H107": "Bundles are a leader's: a block has entries, and nothing in it says which transactions came together.",
    "H113": "Only bytecode reads the sysvar of instructions.",
    "H116": "The accounts of genesis come before the first block: a vector begins from a state whose lattice is known.",
    "H119": "A vector is of one ruleset. Where the rulesets differ, it is there under each, with the hash of each.",
    "H122": "Which vote accounts there are is known at the beginning of an epoch, which is not specified.",
}
"""Hazards that no block of a vector can express, each with the reason."""

BY_SCHEDULES: Final[Mapping[str, str]] = {
    "H57": "`vectors/toy/interleavings`, in every order of steps (`reference/explorer/`)",
    "H59": "`vectors/toy/interleavings`, in every order of steps (`reference/explorer/`)",
    "H60": "`vectors/toy/conflicts` and `vectors/toy/interleavings`, in every order of steps (`reference/explorer/`)",
    "H62": "`vectors/toy/interleavings`, in every order of steps (`reference/explorer/`)",
    "H64": "the compiled engine under ThreadSanitizer, and its workers in every order (`conformance/exploring/`)",
}
"""Hazards that only some schedules show: an EVM vector provokes them, and what drives the schedules finds them."""


def sentence_of(id: str) -> str:
    """What goes wrong, for people. Raises KeyError for an id that is none."""
    return f"{id}: {HAZARDS[id].sentence}"
