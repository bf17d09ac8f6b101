"""Hazards of signatures and keys: what the toy's ruleset `signed` is about."""

from __future__ import annotations

from typing import Final

from samestate.conformance.hazards.hazard import Hazard, HazardGroup, Standing

SIGNATURE_HAZARDS: Final = tuple(
    Hazard(id, HazardGroup.SIGNATURES, Standing.DERIVED, sentence, source)
    for id, sentence, source in (
        ("H147", "A signature is verified ahead of execution by a key that an earlier transaction of the block "
         "registers or replaces.", "Samestate: vectors/FORMAT.md, Signatures"),
        ("H148", "A key stays registered although the transaction that brought it ran out of gas.",
         "Samestate: vectors/FORMAT.md, Signatures"),
        ("H149", "A signature of another chain, transaction or purpose counts.", "FIPS 204, section 3.6.1"),
        ("H150", "Verifiers disagree about one signature: points of small order, numbers that are not reduced, hints "
         "that are not in order.", "RFC 8032, section 5.1.7; FIPS 204, algorithm 21"),
        ("H151", "One half of a hybrid signature is enough.", "Samestate: vectors/FORMAT.md, Signatures"),
    )
)  # fmt: skip
