"""Plans: chains by name, and the links between them. A plan is judged before any of its blocks is looked at."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", How a plan is judged

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from samestate.spec.chains.rejections import PlanInvalid
from samestate.spec.chains.station import Station
from samestate.spec.machine import Rejection


@dataclass(frozen=True, slots=True)
class MessageLink:
    """A way for messages from one chain to another.

    ``latency``: how many rounds after it was sent a message is due. ``recipient``: who receives it there, in the bytes
    of an address of that chain; nothing where the machine needs to know nobody.
    """

    source: str
    destination: str
    latency: int
    recipient: bytes = b""


@dataclass(frozen=True, slots=True)
class PlannedChain:
    """A chain of a plan: the number by which others name it, how it speaks to them, how many messages a block takes."""

    domain: int
    station: Station
    messages_per_block: int


@dataclass(frozen=True, slots=True)
class PlanOfChains:
    """Chains by name, and links."""

    chains: Mapping[str, PlannedChain]
    links: tuple[MessageLink, ...] = ()
    _by_ends: Mapping[tuple[str, str], MessageLink] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_ends", {(link.source, link.destination): link for link in self.links})

    def link(self, source: str, destination: str) -> MessageLink:
        """The link between two chains. Raises KeyError where there is none."""
        return self._by_ends[source, destination]

    def destination_of(self, source: str, domain: int) -> str | None:
        """The chain of a domain, where a link leads there."""
        for name, chain in self.chains.items():
            if chain.domain == domain and (source, name) in self._by_ends:
                return name
        return None


def check_plan(plan: PlanOfChains, named: Iterable[str]) -> None:
    """Raise Rejection where there can be no such plan. ``named``: the chains of which its rounds have blocks."""
    domains: dict[int, str] = {}
    for name in sorted(plan.chains):
        domain = plan.chains[name].domain
        if domain in domains:
            # rule: chains.plan.domain-twice
            raise Rejection(PlanInvalid.DOMAIN_TWICE, f"{domain}, of {domains[domain]} and {name}")
        domains[domain] = name
    ends: set[tuple[str, str]] = set()
    for link in plan.links:
        for end in (link.source, link.destination):
            if end not in plan.chains:
                # rule: chains.plan.link-to-no-chain
                raise Rejection(PlanInvalid.LINK_TO_NO_CHAIN, end)
        if link.source == link.destination:
            # rule: chains.plan.link-to-itself
            raise Rejection(PlanInvalid.LINK_TO_ITSELF, link.source)
        if (link.source, link.destination) in ends:
            # rule: chains.plan.link-twice
            raise Rejection(PlanInvalid.LINK_TWICE, f"{link.source} to {link.destination}")
        ends.add((link.source, link.destination))
    immediate = [link for link in plan.links if link.latency < 1]
    cycle = find_cycle(immediate)
    if cycle is not None:
        # rule: chains.plan.cycle-in-a-round
        raise Rejection(PlanInvalid.CYCLE_IN_A_ROUND, " to ".join(cycle))
    for link in immediate:
        # rule: chains.plan.latency
        raise Rejection(PlanInvalid.LINK_WITHOUT_LATENCY, f"{link.source} to {link.destination}")
    for name in named:
        if name not in plan.chains:
            # rule: chains.plan.block-of-no-chain
            raise Rejection(PlanInvalid.BLOCK_OF_NO_CHAIN, name)


def find_cycle(links: Iterable[MessageLink]) -> list[str] | None:
    """Chains from one back to itself, over these links; None where there is no such way."""
    ways: dict[str, list[str]] = {}
    for link in links:
        ways.setdefault(link.source, []).append(link.destination)
    left: set[str] = set()

    def search(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in left:
            return None
        for after in sorted(ways.get(name, ())):
            found = search(after, [*path, name])
            if found is not None:
                return found
        left.add(name)
        return None

    for name in sorted(ways):
        found = search(name, [])
        if found is not None:
            return found
    return None
