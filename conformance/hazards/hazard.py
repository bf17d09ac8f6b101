"""What a hazard is, and where vectors alone do not show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """How well it is known that engines have gone wrong like this."""

    CONFIRMED = "confirmed"
    """By the project named: a merged fix, or its owner's analysis; or by running the client named."""
    REPORTED = "reported"
    """To the project named, and not merged or answered yet."""
    REVIEWED = "found in review"
    """In the code of the project named, and confirmed by nobody."""
    DERIVED = "derived"
    """From the rules: no public bug is known."""
    NOT_DETERMINISTIC = "not deterministic"
    """Confirmed by the project named: two runs of one client decide differently."""
    OF_A_UNIT = "a unit's fault"
    """Confirmed by the project named, in one unit of a client; no consensus changed."""


class HazardGroup(Enum):
    """What a hazard is about."""

    ORDER = "Validity and order"
    FEES = "Coinbase and fees"
    DESTRUCTION = "Self-destruct and re-creation"
    CODE = "Code and delegation"
    SYSTEM = "System calls and environment"
    RECEIPTS = "Receipts and gas"
    SCHEDULING = "Scheduling and speculation"
    ACCESS_LISTS = "Block access lists"
    SEALEVEL = "Sealevel"
    SIGNATURES = "Signatures and keys"
    SINCE = "Found or confirmed in 2026"


@dataclass(frozen=True, slots=True)
class Hazard:
    """A way to go wrong.

    ``sentence`` says what happens where it is met; ``source``: issues and pull requests, as repository and number, or
    the specification that it follows from.
    """

    id: str
    group: HazardGroup
    standing: Standing
    sentence: str
    source: str
