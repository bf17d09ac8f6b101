"""What an engine is given of a plan: chains, links and rounds as maps of strings, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from samestate.conformance.vectors import evm, svm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import PLAN, VALID, Case, member, members, round_results, text
from samestate.conformance.vectors.svm.case import read_entries
from samestate.conformance.vectors.toy.case import read_block as read_toy_block
from samestate.conformance.vectors.toy.case import read_state as read_toy_state
from samestate.spec.chains.evm import EvmStation
from samestate.spec.chains.inbox import Inbox
from samestate.spec.chains.plan import MessageLink, PlannedChain, PlanOfChains
from samestate.spec.chains.round import PlannedBlock, PlanState
from samestate.spec.chains.station import ChainHead
from samestate.spec.chains.svm import PlannedSlot, SvmStation, outbox_account
from samestate.spec.chains.toy import ToyStation
from samestate.spec.svm.addresses import address

NAME: Final = PLAN
FORK: Final = PLAN

ReadStation: TypeAlias = EvmStation | SvmStation | ToyStation


@dataclass(frozen=True, slots=True)
class PlanCase:
    """A plan that was read: itself, where its chains stand at first, and the case of each chain, without blocks."""

    plan: PlanOfChains
    state: PlanState
    parts: Mapping[str, Case]


def read_plan(case: Case) -> PlanCase:
    """The plan of a case. Raises InputError and ValueError, as the cases of its chains do."""
    parts = {name: part_of(case, name) for name in member(case.pre, "chains")}
    stations = {name: read_station(case, part) for name, part in parts.items()}
    chains = {
        name: PlannedChain(
            domain=int(text(written_chain(case, name), "domain")),
            station=stations[name],
            messages_per_block=int(text(written_chain(case, name), "messages_per_block")),
        )
        for name in parts
    }
    links = tuple(
        MessageLink(text(link, "from"), text(link, "to"), int(text(link, "latency")), read_recipient(link, parts))
        for link in members(case.pre, "links")
    )
    heads = {name: read_head(part) for name, part in parts.items()}
    return PlanCase(PlanOfChains(chains, links), PlanState(heads), parts)


def written_chain(case: Case, name: str) -> Object:
    """What a plan says of a chain."""
    return member(member(case.pre, "chains"), name)


def part_of(case: Case, name: str) -> Case:
    """A chain as a case of its own machine, with its blocks, those of rounds without one left out."""
    written = written_chain(case, name)
    machine = member(written, "machine")
    return Case(
        id=f"{case.id}: {name}",
        machine=text(machine, "name"),
        fork=text(machine, "fork"),
        params={key: str(value) for key, value in member(machine, "params").items()},
        selectors=frozenset(),
        pre=member(written, "pre"),
        blocks=tuple(block for _, block in blocks_of(case, name)),
    )


def blocks_of(case: Case, name: str) -> Iterator[tuple[int, Object]]:
    """The blocks of a chain, each with the round that has it, without what they say of messages."""
    for number, round_ in enumerate(case.blocks):
        block = member(round_, "chains").get(name)
        if isinstance(block, dict):
            yield number, {field: value for field, value in block.items() if field != "inbox"}


def read_station(case: Case, part: Case) -> ReadStation:
    """How a chain speaks to others."""
    written = written_chain(case, part.id.removeprefix(f"{case.id}: "))
    relayer = member(written, "relayer")
    if part.machine == evm.NAME:
        return EvmStation(
            rules=evm.fork_of(part),
            chain_id=int(part.params["chain_id"]),
            outbox=unhexed(text(written, "outbox")),
            relayer_key=unhexed(text(relayer, "private_key")),
            gas_limit=int(text(relayer, "gas_limit")),
            gas_price=int(text(relayer, "gas_price")),
        )
    if part.machine == svm.NAME:
        domains = {int(text(written_chain(case, name), "domain")) for name in member(case.pre, "chains")}
        return SvmStation(
            machine=svm.machine_of(part),
            domains={outbox_account(domain): domain for domain in domains},
            relayer_seed=unhexed(text(relayer, "private_key")),
        )
    return ToyStation(
        relayer=unhexed(text(relayer, "address")),
        gas_limit=int(text(relayer, "gas_limit")),
        gas_price=int(text(relayer, "gas_price")),
    )


def read_recipient(link: Object, parts: Mapping[str, Case]) -> bytes:
    """Who receives the messages of a link: nobody in particular on the toy. Raises ValueError for no address."""
    if "recipient" not in link:
        return b""
    written = text(link, "recipient")
    destination = parts.get(text(link, "to"))
    return address(written) if destination is not None and destination.machine == svm.NAME else unhexed(written)


def read_head(part: Case) -> ChainHead:
    """Where a chain stands before its first block. Raises ValueError."""
    if part.machine == evm.NAME:
        return ChainHead(0, evm.state_of(part))
    if part.machine == svm.NAME:
        return ChainHead(0, svm.read_state(part.pre), svm.read_bank(part))
    return ChainHead(0, read_toy_state(part.pre))


# Rounds


def read_planned(part: Case, written: Object) -> PlannedBlock:
    """A block of a chain. Raises Rejection where it is malformed, ValueError where a number does not fit."""
    inbox: Inbox | None = None
    if "inbox" in written:
        inbox = [(text(entry, "source"), int(text(entry, "sequence"))) for entry in members(written, "inbox")]
    return PlannedBlock(read_own_block(part, written), inbox)


def read_own_block(part: Case, written: Object) -> Any:
    """A block of a chain's machine with its own transactions alone. Raises Rejection and ValueError."""
    if part.machine == evm.NAME:
        return evm.read_payload(part, written, evm.read_transactions(written))
    if part.machine == svm.NAME:
        env = member(written, "env")
        return PlannedSlot(
            slot=int(text(env, "slot")),
            leader=address(text(env, "leader")),
            entries=read_entries(written),
            blockhash=unhexed(text(env, "blockhash")),
            unix_timestamp=int(text(env, "unix_timestamp")) if "unix_timestamp" in env else None,
        )
    return read_toy_block(written)


def needed_selectors(blocks: Sequence[Object], expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the machines of its chains."""
    statuses = [text(expect, "status") for expect in expected]
    for expect in expected:
        statuses += [text(each, "status") for each in round_results(expect).values()]
    needed = {"multiple-blocks": len(blocks) > 1, "rejections": any(status != VALID for status in statuses)}
    return sorted(name for name, is_needed in needed.items() if is_needed)
