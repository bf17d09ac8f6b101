"""Building: prices for what is scarce, and another try for who was rejected before somebody paid him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest

from samestate.conformance.scheduling.bound import most_fees
from samestate.conformance.scheduling.building import Entries, ExecutedBlock, build
from samestate.conformance.scheduling.packing import Room, pack
from samestate.conformance.scheduling.pending import PRIORITIES, BlockLimits, Pending
from samestate.conformance.scheduling.pricing import priced_orders
from samestate.conformance.vectors.model import Case


@dataclass
class Payments:
    """A mempool of which some need that another has come before them, which ``funded_by`` says and nothing else."""

    candidates: Sequence[Pending]
    funded_by: dict[int, int]
    limits: BlockLimits = field(default_factory=lambda: BlockLimits({"units": 1000}))
    hopeless: dict[int, str] = field(default_factory=dict)
    dimension: str = "units"
    fee_unit: str = "lamports"
    names: Sequence[str] = ()

    def execute(self, entries: Entries) -> ExecutedBlock:
        order = [index for entry in entries for index in entry]
        rejected: dict[int, str] = {}
        for place, index in enumerate(order):
            funder = self.funded_by.get(index)
            if funder is not None and (funder not in order[:place] or funder in rejected):
                rejected[index] = "INSUFFICIENT_FUNDS"
        kept = [index for index in order if index not in rejected]
        return ExecutedBlock(
            {index: self.candidates[index].use for index in kept},
            {index: self.candidates[index].fee for index in kept},
            rejected,
        )

    def case(self, name: str, entries: Entries) -> Case:
        raise NotImplementedError


def paying(fee: int, payer: bytes, *to: bytes) -> Pending:
    return Pending(payer, fee, {"units": 100}, writes=frozenset({payer, *to}))


def test_who_is_paid_in_the_block_pays_in_it() -> None:
    """The poor pay most, and so come first, where they have nothing yet: each is paid by one who pays less."""
    pool = Payments([paying(10, b"rich", b"poor"), paying(20, b"poor", b"poorer"), paying(30, b"poorer")], {1: 0, 2: 1})
    made = build(pool)
    assert made.order == (0, 1, 2) and not made.left_out
    assert made.earned == 60


def test_who_is_paid_by_nobody_is_left_out_with_the_reason() -> None:
    pool = Payments([paying(10, b"rich", b"shop"), paying(30, b"poor")], {1: 7})
    made = build(pool)
    assert made.order == (0,)
    assert made.left_out == {1: "INSUFFICIENT_FUNDS"}


def test_it_is_not_tried_again_for_ever() -> None:
    """One that stays rejected is tried again only where somebody came behind it who might have paid."""
    pool = Payments(
        [paying(10 + each, b"rich-%d" % each, b"poor") for each in range(5)] + [paying(99, b"poor")], {5: 7}
    )
    made = build(pool)
    assert sorted(made.order) == [0, 1, 2, 3, 4]
    assert made.left_out == {5: "INSUFFICIENT_FUNDS"}
    assert made.rounds == 2


# Prices


def contended_pool(seed: int, size: int, hot: int) -> list[Pending]:
    """Transactions of all sizes, of which most write one of some hot keys, a few of these far more than others."""
    draw = Random(seed)
    pool = []
    for index in range(size):
        units = draw.choice((450, 1500, 3000, 30_000, 200_000))
        keys = {b"payer %d" % index}
        if draw.random() < 0.7:
            keys.add(b"hot %d" % int(hot * draw.random() ** 2))
        use = {"units": units, "bytes": draw.choice((0, 0, 200, 10_000))}
        fee = int(units * draw.lognormvariate(0, 1)) + 2500
        pool.append(Pending(b"%d" % index, fee, use, writes=frozenset(keys)))
    return pool


@pytest.mark.parametrize(("seed", "hot", "least"), [(1, 5, 0.985), (2, 20, 0.97), (3, 3, 0.97)])
def test_prices_come_near_to_the_relaxation(seed: int, hot: int, least: float) -> None:
    """Under tight limits of the block and of keys, where fees for shares of the block alone stay further below it."""
    pytest.importorskip("scipy")
    pool = contended_pool(seed, 500, hot)
    units, size = (sum(each.use[name] for each in pool) for name in ("units", "bytes"))
    limits = BlockLimits({"units": units * 3 // 10, "bytes": size * 3 // 10}, {"units": units // 25})
    bound = most_fees(pool, limits, {})

    def share(priority: object) -> float:
        packed = pack(pool, Room(limits), priority=priority)  # type: ignore[arg-type]
        return sum(pool[index].fee for index in packed.order) / bound

    plain = max(map(share, PRIORITIES))
    earned = int(plain * bound)
    priced = max(map(share, priced_orders(pool, limits, {}, earned)))
    assert plain < priced <= 1 + 1e-9 and priced >= least, (plain, priced)


def test_the_order_of_the_pool_changes_no_price() -> None:
    pool = contended_pool(5, 60, 4)
    limits = BlockLimits({"units": 400_000, "bytes": 50_000}, {"units": 250_000})

    def names(of: Sequence[Pending]) -> list[list[bytes]]:
        return [
            [of[index].name for index in pack(of, Room(limits), priority=priority).order]
            for priority in priced_orders(of, limits, {}, 1000)
        ]

    assert names(pool) == names(pool[::-1])


def test_where_nothing_is_scarce_nothing_has_a_price() -> None:
    pool = contended_pool(6, 20, 3)
    assert list(priced_orders(pool, BlockLimits({"units": 10**9, "bytes": 10**9}), {}, 0)) == []


def test_what_fits_no_block_is_no_part_of_the_relaxation() -> None:
    pytest.importorskip("scipy")
    pool = [Pending(b"a", 60, {"gas": 60}), Pending(b"b", 900, {"gas": 101})]
    assert most_fees(pool, BlockLimits({"gas": 100}), {}) == pytest.approx(60)
