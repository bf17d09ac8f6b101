"""The names that consumers have for networks, and the blob schedules that they are told of."""

from __future__ import annotations

from typing import Final

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.json_values import JsonObject, number
from samestate.conformance.fixtures.forks import BY_NAME, ForkSchedule
from samestate.spec.evm.fork import Fork

NETWORKS: Final = (
    "Berlin",
    "London",
    "ArrowGlacier",
    "GrayGlacier",
    "Paris",
    "Shanghai",
    "Cancun",
    "Prague",
    "Osaka",
    "BPO1",
    "BPO2",
    "Amsterdam",
)
"""The networks of one fork that execution-spec-tests names, oldest first."""

TRANSITIONS: Final = frozenset(
    {
        "BerlinToLondonAt5",
        "ArrowGlacierToParisAtDiffC0000",
        "ParisToShanghaiAtTime15k",
        "ShanghaiToCancunAtTime15k",
        "CancunToPragueAtTime15k",
        "PragueToOsakaAtTime15k",
        "OsakaToBPO1AtTime15k",
        "BPO1ToBPO2AtTime15k",
        "BPO2ToAmsterdamAtTime15k",
    }
)
"""Those of two forks, with the only place at which consumers let the second begin."""


def network_of(schedule: ForkSchedule) -> str:
    """What consumers call the network. Raises Inexpressible where they know none with these rules."""
    first = plain_name(schedule.first)
    name = first if schedule.then is None else f"{first}To{plain_name(schedule.then)}{beginning(schedule)}"
    if name not in NETWORKS and name not in TRANSITIONS:
        raise Inexpressible("no consumer knows a network of these rules", name)
    return name


def plain_name(fork: Fork) -> str:
    """The name of a fork as it stands in the names of networks."""
    return fork.name.replace(" ", "")


def beginning(schedule: ForkSchedule) -> str:
    """Where the second fork begins, as the name of a network has it."""
    if schedule.from_number is not None:
        return f"At{schedule.from_number}"
    if schedule.from_total_difficulty is not None:
        return f"AtDiff{schedule.from_total_difficulty:X}"
    time = schedule.from_timestamp or 0
    return f"AtTime{time // 1000}k" if time % 1000 == 0 else f"AtTime{time}"


def configuration(schedule: ForkSchedule, network: str, chain_id: int) -> JsonObject:
    """What stands under ``config``: the network, and the blob schedules of its forks and of those before them."""
    config: JsonObject = {"network": network, "chainid": number(chain_id)}
    last = plain_name(schedule.then or schedule.first)
    schedules: JsonObject = {}
    for name in NETWORKS[: NETWORKS.index(last) + 1]:
        blobs = BY_NAME[name].blob_schedule
        if blobs is not None:
            schedules[name] = {
                "target": number(blobs.target),
                "max": number(blobs.maximum),
                "baseFeeUpdateFraction": number(blobs.update_fraction),
            }
    return {**config, "blobSchedule": schedules} if schedules else config
