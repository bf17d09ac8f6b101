"""The curve BN254, asked by several transactions: sums, multiples and pairings, and points that are none."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.curve_points import (
    BN_INFINITY,
    BN_INFINITY_2,
    BN_MODULUS,
    BN_ORDER,
    bn_point,
    bn_point_2,
    bn_point_2_outside,
    word,
)
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN
from samestate.spec.evm.precompiles import BN254_ADD, BN254_MULTIPLY, BN254_PAIRING

ADD_GAS: Final = 150
MULTIPLY_GAS: Final = 6_000
PAIRING_GAS: Final = 45_000
PAIR_GAS: Final = 34_000
OFF_THE_CURVE: Final = word(1) + word(1)
TOO_LARGE: Final = word(BN_MODULUS + 1) + word(2)
"""The generator with the modulus added to its x."""


def added(what: str, data: bytes, answer: bytes | None) -> Question:
    """A question for a sum."""
    return Question(what, data, answer, ADD_GAS)


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def bn254_sums(block: BlockBuilder) -> None:
    """A sum, a double, a point and its opposite, and infinity on either side; input that is short or long."""
    one, two = bn_point(1), bn_point(2)
    ask(
        block,
        BN254_ADD,
        [
            added("1 + 2", one + two, bn_point(3)),
            added("1 + 1", one + one, two),
            added("1 - 1", one + bn_point(-1), BN_INFINITY),
            added("0 + 1", BN_INFINITY + one, one),
            added("1 + 0", one + BN_INFINITY, one),
            added("nothing", b"", BN_INFINITY),
            added("1 and nothing more", one, one),
            added("1 + 2 and more", one + two + b"\x01", bn_point(3)),
            added("1 + 2", one + two, bn_point(3)).with_gas(less=1),
        ],
    )


@scenario(hazards="H51 H65", forks=(BERLIN,))
def bn254_sums_of_no_points(block: BlockBuilder) -> None:
    """Points off the curve, coordinates that are not below the modulus, and half a point: the gas is gone."""
    one = bn_point(1)
    ask(
        block,
        BN254_ADD,
        [
            added("off the curve", OFF_THE_CURVE + one, None),
            added("off the curve, second", one + OFF_THE_CURVE, None),
            added("x beyond the modulus", TOO_LARGE + one, None),
            added("y is the modulus", one + word(0) + word(BN_MODULUS), None),
            added("x without y", one[:32], None),
            added("after all that a sum", one + one, bn_point(2)),
        ],
    )


@scenario(hazards="H51 H65", forks=(BERLIN,))
def bn254_multiples(block: BlockBuilder) -> None:
    """Multiples by zero, one, the order and 2^256-1, of infinity and of what is no point."""

    def multiplied(what: str, data: bytes, answer: bytes | None) -> Question:
        return Question(what, data, answer, MULTIPLY_GAS)

    one = bn_point(1)
    ask(
        block,
        BN254_MULTIPLY,
        [
            multiplied("by 9", one + word(9), bn_point(9)),
            multiplied("by 0", one + word(0), BN_INFINITY),
            multiplied("by nothing", one, BN_INFINITY),
            multiplied("by the order", one + word(BN_ORDER), BN_INFINITY),
            multiplied("by the order and one", one + word(BN_ORDER + 1), one),
            multiplied("by 2^256-1", one + word(2**256 - 1), bn_point(2**256 - 1)),
            multiplied("by 2^248, cut short", one + b"\x01", bn_point(2**248)),
            multiplied("infinity", BN_INFINITY + word(9), BN_INFINITY),
            multiplied("off the curve by 0", OFF_THE_CURVE + word(0), None),
            multiplied("by 9", one + word(9), bn_point(9)).with_gas(less=1),
        ],
    )


def paired(what: str, data: bytes, answer: int | None) -> Question:
    """A question for a pairing: 1, 0 or failure. The price counts whole pairs."""
    gas = PAIRING_GAS + PAIR_GAS * (len(data) // 192)
    return Question(what, data, None if answer is None else word(answer), gas)


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def bn254_pairings(block: BlockBuilder) -> None:
    """No pair, pairs with infinity, pairs that cancel and pairs that don't; for too little gas none."""
    cancelling = bn_point(2) + bn_point_2(3) + bn_point(-3) + bn_point_2(2)
    ask(
        block,
        BN254_PAIRING,
        [
            paired("no pair", b"", 1),
            paired("pairs that cancel", cancelling, 1),
            paired("a pair alone", bn_point(2) + bn_point_2(3), 0),
            paired("infinity of the first group", BN_INFINITY + bn_point_2(3), 1),
            paired("infinity of the second group", bn_point(1) + BN_INFINITY_2, 1),
            paired("pairs that do not cancel", cancelling + bn_point(1) + bn_point_2(1), 0),
            paired("pairs that cancel", cancelling, 1).with_gas(less=1),
        ],
    )


@scenario(hazards="H51 H65", forks=(BERLIN,))
def bn254_pairings_of_no_points(block: BlockBuilder) -> None:
    """Points off their curve or outside their group, coordinates that are too large, and lengths that are no pairs."""
    one, one_2 = bn_point(1), bn_point_2(1)
    ask(
        block,
        BN254_PAIRING,
        [
            paired("first off its curve", OFF_THE_CURVE + one_2, None),
            paired("second off its curve", one + word(1) * 4, None),
            paired("second outside its group", one + bn_point_2_outside(), None),
            paired("infinity with a point outside", BN_INFINITY + bn_point_2_outside(), None),
            paired("a coordinate is the modulus", one + word(BN_MODULUS) + one_2[32:], None),
            paired("a byte too few", (one + one_2)[:-1], None),
            paired("a byte too many", one + one_2 + b"\x00", None),
            paired("after all that no pair", b"", 1),
        ],
    )
