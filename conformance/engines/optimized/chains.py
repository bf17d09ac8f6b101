"""Plans of chains on `optimized`: its own routing of messages, and the chains of a round at once on its threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from samestate.conformance.engines.optimized.chain_blocks import ROOM, AnyStation, notes_of, with_messages
from samestate.conformance.vectors.chains.case import PlanCase
from samestate.conformance.vectors.chains.execution import Planned
from samestate.conformance.vectors.chains.result import (
    NOT_INCLUDED,
    SENT,
    WrittenDelivery,
    WrittenHead,
    WrittenPosting,
    write_block_result,
    write_round,
)
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import text
from samestate.conformance.vectors.rejection import write_rejection
from samestate.optimized.chains.at_once import AtOnce
from samestate.optimized.chains.judging import Way, plan_fault
from samestate.optimized.chains.roots import Stand, inbox_root, joint_root, outbox_root
from samestate.optimized.chains.router import DONE, FAILED, LEFT_OUT, Letter, Note, Router, Terminal
from samestate.optimized.chains.svm_mail import outbox
from samestate.spec.chains.round import PlannedBlock
from samestate.spec.chains.station import ApplyBlock, ChainHead
from samestate.spec.machine import Rejection
from samestate.spec.svm.chain import next_bank

STATUSES: Final = {DONE: "success", FAILED: "failure", LEFT_OUT: NOT_INCLUDED}


@dataclass(frozen=True, slots=True)
class ExecutedChain:
    """What became of the block of a chain, whose place is that of its name; ``codes`` say what is not included."""

    place: int
    written: Object
    head: ChainHead
    fates: tuple[tuple[Letter, int], ...] = ()
    codes: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class CompiledConductor:
    """Carries messages by the compiled room's router. See :class:`samestate.conformance.vectors.chains.Conductor`.

    ``applies`` has what executes blocks, once for each of the threads of ``at_once``: a chain keeps to one of them,
    since engines in process remember the states that they have given.
    """

    def __init__(self, plan: PlanCase, applies: Sequence[ApplyBlock], at_once: AtOnce[list[ExecutedChain]]) -> None:
        self._plan = plan
        self._applies = applies
        self._at_once = at_once
        self._names = sorted(plan.plan.chains)
        self._heads = [plan.state.heads[name] for name in self._names]
        self._roots = [head.state.root() for head in self._heads]
        self._stations = [cast(AnyStation, plan.plan.chains[name].station) for name in self._names]
        self._boxes = {outbox(chain.domain): chain.domain for chain in plan.plan.chains.values()}
        self._router: Router | None = None
        self._round = 0

    def fault(self, named: list[str]) -> str:
        """See :class:`samestate.conformance.vectors.chains.Conductor`."""
        plan = self._plan.plan
        domains = {name: chain.domain for name, chain in plan.chains.items()}
        return plan_fault(domains, [Way(link.source, link.destination, link.latency) for link in plan.links], named)

    def round(self, blocks: Planned) -> Object:
        """See :class:`samestate.conformance.vectors.chains.Conductor`."""
        router = self._router = self._router or self._routes()
        work = [self._work(blocks, worker) for worker in range(len(self._applies))]
        done = sorted((each for part in self._at_once.run(work) for each in part), key=lambda each: each.place)
        delivered, sent = [], []
        for each in done:
            router.end(each.place, each.fates)
            codes = iter(each.codes)
            included = 0
            for letter, fate in each.fates:
                status, source = STATUSES[fate], self._names[letter.source]
                if fate == LEFT_OUT:
                    delivery = WrittenDelivery(source, letter.sequence, status, None, next(codes))
                else:
                    delivery = WrittenDelivery(source, letter.sequence, status, included)
                    included += 1
                delivered.append((self._names[each.place], delivery))
        for each in done:
            for posted in router.post(each.place, self._round, each.notes):
                note = posted.note
                sent.append(
                    WrittenPosting(
                        source=self._names[each.place],
                        transaction=note.transaction,
                        place=note.place,
                        domain=note.domain,
                        payload=note.payload,
                        destination=None if posted.destination < 0 else self._names[posted.destination],
                        sequence=None if posted.sequence < 0 else posted.sequence,
                        status=posted.refusal or SENT,
                    )
                )
            self._heads[each.place] = each.head
            if "state_root" in each.written:
                self._roots[each.place] = unhexed(text(each.written, "state_root"))
        self._round += 1
        stands = [self._stand(router, place) for place in range(len(self._names))]
        return write_round(
            root=joint_root(router, stands),
            heads={
                self._names[each.place]: WrittenHead(
                    stands[each.place].height, stands[each.place].outbox_root, stands[each.place].inbox_root
                )
                for each in done
            },
            delivered=delivered,
            sent=sent,
            chains={self._names[each.place]: each.written for each in done},
        )

    def _routes(self) -> Router:
        """The router of the plan, once it is known to be right."""
        plan = self._plan.plan
        terminals = [
            Terminal(
                name=name,
                domain=plan.chains[name].domain,
                room=ROOM[self._plan.parts[name].machine],
                messages_per_block=plan.chains[name].messages_per_block,
            )
            for name in self._names
        ]
        place = {name: index for index, name in enumerate(self._names)}
        routes = [(place[link.source], place[link.destination], link.latency, link.recipient) for link in plan.links]
        return Router(terminals, routes)

    def _stand(self, router: Router, place: int) -> Stand:
        station = self._stations[place]
        return Stand(
            machine=station.machine_name,
            fork=station.fork,
            height=self._heads[place].height,
            state_root=self._roots[place],
            outbox_root=outbox_root(router, place),
            inbox_root=inbox_root(router, place),
        )

    def _work(self, blocks: Planned, worker: int) -> Callable[[], list[ExecutedChain]]:
        """What a thread does in a round: the chains that are its own, one after another."""
        own = [(place, name) for place, name in enumerate(self._names) if place % len(self._applies) == worker]
        apply = self._applies[worker]
        return lambda: [self._execute(place, blocks[name], apply) for place, name in own if name in blocks]

    def _execute(self, place: int, planned: PlannedBlock | Rejection, apply: ApplyBlock) -> ExecutedChain:
        """The block of one chain. Looks at nothing that another chain's block of the round changes."""
        head, router = self._heads[place], self._router
        assert router is not None
        if isinstance(planned, Rejection):
            return ExecutedChain(place, write_rejection(planned), head)
        code = "" if planned.inbox is None else router.judge(place, self._round, planned.inbox)
        if code:
            return ExecutedChain(place, {"status": code}, head)
        return self._deliver(place, planned.block, router.batch(place, self._round), apply, router)

    def _deliver(self, place: int, own: Any, letters: list[Letter], apply: ApplyBlock, router: Router) -> ExecutedChain:
        """A block with letters before its own transactions: those that may not be in it are left out one by one."""
        head, station = self._heads[place], self._stations[place]
        codes: dict[Letter, str] = {}
        while True:
            taken = [letter for letter in letters if letter not in codes]
            block = with_messages(station, own, head, [self._message(router, place, letter) for letter in taken])
            try:
                result = apply(station.machine, block, head.state)
                break
            except Rejection as rejection:
                if rejection.transaction is None or rejection.transaction >= len(taken):
                    return ExecutedChain(place, write_rejection(rejection), head)
                codes[taken[rejection.transaction]] = rejection.code.name
        succeeded = dict(zip(taken, (receipt.succeeded for receipt in result.receipts), strict=False))
        state = result.state()
        bank = None if head.bank is None else next_bank(head.bank, block, result, state)
        return ExecutedChain(
            place=place,
            written=write_block_result(self._plan.parts[self._names[place]], block, result, state, bank),
            head=ChainHead(head.height + 1, state, bank),
            fates=tuple(
                (letter, LEFT_OUT if letter in codes else DONE if succeeded[letter] else FAILED) for letter in letters
            ),
            codes=tuple(codes[letter] for letter in letters if letter in codes),
            notes=tuple(notes_of(station, self._boxes, block, result)),
        )

    def _message(self, router: Router, place: int, letter: Letter) -> tuple[int, int, bytes, bytes]:
        domain, recipient = router.terminals[letter.source].domain, router.routes[letter.source, place].recipient
        return domain, letter.sequence, letter.payload, recipient
