"""Every hazard by its id, and why some of those of the EVM are shown by no vector of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.hazards.evm import EVM_HAZARDS
from samestate.conformance.hazards.hazard import Hazard
from samestate.conformance.hazards.svm import SVM_HAZARDS

HAZARDS: Final[Mapping[str, Hazard]] = {
    hazard.id: hazard for hazard in sorted((*EVM_HAZARDS, *SVM_HAZARDS), key=lambda hazard: int(hazard.id[1:]))
}
"""In the order of their numbers. Ids are never given to another hazard."""

SHOWN_OF_SVM: Final = frozenset(
    {
        "H78",
        "H79",
        "H80",
        "H81",
        "H84",
        "H85",
        "H86",
        "H87",
        "H88",
        "H89",
        "H90",
        "H91",
        "H92",
        "H93",
        "H94",
        "H95",
        "H96",
        "H97",
        "H98",
        "H99",
        "H100",
        "H102",
        "H104",
        "H106",
        "H108",
        "H109",
        "H110",
        "H112",
        "H114",
        "H115",
        "H117",
        "H118",
        "H120",
        "H121",
        "H123",
        "H124",
        "H125",
    }
)
"""Hazards of Solana's machine that have vectors."""

SHOWN_ELSEWHERE: Final[Mapping[str, str]] = {
    "H140": "A vector has no witness. A block with one whose headers are no chain is bad input to every command "
    "(`tests/conformance/checking/test_blocks.py`).",
    **dict.fromkeys((hazard.id for hazard in SVM_HAZARDS if hazard.id not in SHOWN_OF_SVM), "No vector yet."),
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
