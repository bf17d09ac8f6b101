"""Compiled queues, verdicts and roots, held against the specification's over rounds of random postings."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from samestate.optimized.chains.judging import Way, plan_fault
from samestate.optimized.chains.roots import Stand, inbox_root, joint_root, outbox_root, tree_root
from samestate.optimized.chains.router import DONE, FAILED, LEFT_OUT, Note, Router, Terminal
from samestate.spec.chains.inbox import check_inbox
from samestate.spec.chains.joint_root import HeadRoots
from samestate.spec.chains.joint_root import inbox_root as right_inbox_root
from samestate.spec.chains.joint_root import joint_root as right_joint_root
from samestate.spec.chains.joint_root import outbox_root as right_outbox_root
from samestate.spec.chains.mailboxes import DeliveryStatus, Mailboxes
from samestate.spec.chains.message import Posting
from samestate.spec.chains.plan import MessageLink, PlannedChain, PlanOfChains, check_plan, find_cycle
from samestate.spec.machine import Rejection
from samestate.spec.state.merkle import merkle_root

NAMES = ("ann", "bob", "cleo", "dan")
STATUSES = {DeliveryStatus.SUCCESS: DONE, DeliveryStatus.FAILURE: FAILED, DeliveryStatus.NOT_INCLUDED: LEFT_OUT}


@dataclass(frozen=True)
class Room:
    """A station that takes payloads up to a length, and is asked nothing else but its names."""

    longest: int
    machine_name: str = "toy"
    fork: str = "toy"

    def accepts(self, payload: bytes) -> bool:
        return len(payload) <= self.longest


def random_plan(random: Random) -> PlanOfChains:
    names = NAMES[: random.randint(2, 4)]
    domains = random.sample(range(8), len(names))
    chains = {
        name: PlannedChain(domain, Room(random.choice((1, 8))), random.choice((0, 1, 2, 8)))  # type: ignore[arg-type]
        for name, domain in zip(names, domains, strict=True)
    }
    ends = [(source, to) for source in names for to in names if source != to and random.random() < 0.8]
    return PlanOfChains(chains, tuple(MessageLink(*each, random.randint(1, 3)) for each in ends))


def router_of(plan: PlanOfChains) -> Router:
    names = sorted(plan.chains)
    terminals = [
        Terminal(name, chain.domain, chain.station.longest, chain.messages_per_block)  # type: ignore[attr-defined]
        for name, chain in sorted(plan.chains.items())
    ]
    links = [(names.index(link.source), names.index(link.destination), link.latency, b"") for link in plan.links]
    return Router(terminals, links)


def code_of(claimed: list[tuple[str, int]], boxes: Mailboxes, plan: PlanOfChains, name: str, number: int) -> str:
    try:
        check_inbox(claimed, boxes, name, boxes.due(plan, name, number), plan.chains[name].messages_per_block)
    except Rejection as rejection:
        return rejection.code.name
    return ""


def note_of(posting: Posting) -> Note:
    sequence = -1 if posting.sequence is None else posting.sequence
    return Note(posting.transaction, posting.place, posting.domain, sequence, posting.payload)


@pytest.mark.parametrize("seed", range(60))
def test_rounds_of_random_postings(seed: int) -> None:
    random = Random(seed)
    plan = random_plan(random)
    router, boxes, names = router_of(plan), Mailboxes(), sorted(plan.chains)
    codes = set()
    for number in range(8):
        received = {}
        for place, name in enumerate(names):
            due = boxes.due(plan, name, number)
            letters = [*router.due(place, number)]
            assert [(each.source, each.sequence, each.payload) for each in due] == [
                (names[each.source], each.sequence, each.payload) for each in letters
            ]
            for _ in range(6):
                claimed = [(message.source, message.sequence) for message in due]
                claimed = claimed[: random.randint(0, len(claimed))]
                if random.random() < 0.5:
                    claimed.insert(random.randint(0, len(claimed)), (random.choice(NAMES), random.randrange(5)))
                if random.random() < 0.2:
                    random.shuffle(claimed)
                code = code_of(claimed, boxes, plan, name, number)
                assert router.judge(place, number, claimed) == code
                codes.add(code)
            if random.random() < 0.7:
                batch = router.batch(place, number)
                assert len(batch) == min(len(due), plan.chains[name].messages_per_block)
                received[name] = [(letter, random.choice([*DeliveryStatus])) for letter in batch]
        for name, fates in received.items():
            router.end(names.index(name), [(letter, STATUSES[status]) for letter, status in fates])
            boxes = boxes.receive(name, {(names[letter.source], letter.sequence): status for letter, status in fates})
        for place, name in enumerate(names):
            counts = {to: boxes.next_sequence.get((name, to), 0) for to in names}
            postings = []
            for index in range(random.randint(0, 4)):
                to = random.choice(names)
                sequence = random.choice((None, counts[to], counts[to], counts[to] + index, max(0, counts[to] - 1)))
                domain = plan.chains[to].domain if random.random() < 0.9 else 77
                postings.append(
                    Posting(index // 2, index, domain, sequence, random.randbytes(random.choice((0, 1, 5, 9))))
                )
            boxes, judged = boxes.send(plan, name, number, postings)
            notes = [
                Note(
                    each.transaction,
                    each.place,
                    each.domain,
                    -1 if each.sequence is None else each.sequence,
                    each.payload,
                )
                for each in postings
            ]
            posted = router.post(place, number, notes)
            assert [
                (
                    None if each.destination < 0 else names[each.destination],
                    None if each.sequence < 0 else each.sequence,
                    each.refusal,
                )
                for each in posted
            ] == [
                (each.destination, each.sequence, "" if each.refusal is None else each.refusal.name) for each in judged
            ]
        heads = {}
        for place, name in enumerate(names):
            roots = right_outbox_root(plan, boxes, name), right_inbox_root(plan, boxes, name)
            assert (outbox_root(router, place), inbox_root(router, place)) == roots
            heads[name] = HeadRoots(number, bytes([place]) * 32, *roots)
        stands = [
            Stand("toy", "toy", head.height, head.state_root, head.outbox_root, head.inbox_root)
            for _, head in sorted(heads.items())
        ]
        assert joint_root(router, stands) == right_joint_root(plan, heads)
    assert "" in codes


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_trees_have_the_same_roots(count: int) -> None:
    leaves = [(bytes([number]), bytes(number)) for number in range(count)]
    assert tree_root(leaves) == merkle_root(dict(leaves))


def test_plans_are_judged_alike() -> None:
    random = Random(5)
    seen = set()
    for _ in range(3000):
        names = NAMES[: random.randint(1, 4)]
        domains = {name: random.choice((place, place, place, 1)) for place, name in enumerate(names)}
        ends = [*names, *names, *names, "nobody"]
        latencies = (1, 1, 2) if random.random() < 0.5 else (0, 0, 1)
        links = [
            MessageLink(random.choice(ends), random.choice(ends), random.choice(latencies))
            for _ in range(random.randint(0, 4))
        ]
        named = random.choices(ends, k=2)
        plan = PlanOfChains({name: PlannedChain(domain, Room(1), 1) for name, domain in domains.items()}, tuple(links))  # type: ignore[arg-type]
        try:
            check_plan(plan, named)
            right = ""
        except Rejection as rejection:
            right = rejection.code.name
        assert plan_fault(domains, [Way(each.source, each.destination, each.latency) for each in links], named) == right
        seen.add(right)
    assert len(seen) == 8


def test_a_cycle_is_named() -> None:
    links = [MessageLink("a", "b", 0), MessageLink("b", "c", 0), MessageLink("c", "b", 0), MessageLink("d", "a", 0)]
    assert find_cycle(links) == ["b", "c", "b"]
    assert find_cycle(links[:2]) is None
