"""The curve BLS12-381, asked by several transactions: seven precompiles, what they take, and what is no point."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.curve_points import (
    BLS_INFINITY,
    BLS_INFINITY_2,
    BLS_MODULUS,
    BLS_ORDER,
    bls_mapped,
    bls_mapped_2,
    bls_point,
    bls_point_2,
    bls_point_2_outside,
    bls_point_outside,
    element,
    word,
)
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, PRAGUE
from samestate.spec.evm.precompiles import (
    BLS12_381_ADD_FIRST_GROUP,
    BLS12_381_ADD_SECOND_GROUP,
    BLS12_381_MAP_FIRST_GROUP,
    BLS12_381_MAP_SECOND_GROUP,
    BLS12_381_PAIRING,
    BLS12_381_SUM_FIRST_GROUP,
    BLS12_381_SUM_SECOND_GROUP,
)

ADD_GAS: Final = 375
ADD_2_GAS: Final = 600
SUM_GAS: Final = {0: 0, 1: 12_000, 2: 22_776}
"""Of so many terms: 12,000 each, at a discount of 0.949 for two of them (EIP-2537)."""
SUM_2_GAS: Final = {0: 0, 1: 22_500, 2: 45_000}
"""22,500 each, and no discount for two."""
MAP_GAS: Final = 5_500
MAP_2_GAS: Final = 23_800
PAIRING_GAS: Final = 37_700
PAIR_GAS: Final = 32_600
OFF_THE_CURVE: Final = element(1) + element(1)
OFF_THE_CURVE_2: Final = element(1) * 4
TOO_LARGE: Final = element(BLS_MODULUS) + element(2)
"""The modulus for a coordinate: it is zero, and no field element."""
NOT_ZERO_IN_FRONT: Final = b"\x01" + bytes(127)
"""Of the 64 bytes of a field element the first 16 must be zero."""


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def sums_of_two(block: BlockBuilder) -> None:
    """Sums in the first group, with infinity, with the opposite, and of points outside of the group: all are taken."""

    def added(what: str, data: bytes, answer: bytes | None) -> Question:
        return Question(what, data, answer, ADD_GAS)

    one, outside = bls_point(1), bls_point_outside()
    ask(
        block,
        BLS12_381_ADD_FIRST_GROUP,
        [
            added("1 + 2", one + bls_point(2), bls_point(3)),
            added("1 + 1", one + one, bls_point(2)),
            added("1 - 1", one + bls_point(-1), BLS_INFINITY),
            added("0 + 0", BLS_INFINITY * 2, BLS_INFINITY),
            added("0 + a point outside", BLS_INFINITY + outside, outside),
            added("1 + 2", one + bls_point(2), bls_point(3)).with_gas(less=1),
            added("off the curve", one + OFF_THE_CURVE, None),
            added("a coordinate is the modulus", TOO_LARGE + one, None),
            added("bytes in front are not zero", NOT_ZERO_IN_FRONT + one, None),
            added("nothing", b"", None),
            added("a byte too few", (one + one)[:-1], None),
            added("a byte too many", one + one + b"\x00", None),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def sums_of_two_in_the_second_group(block: BlockBuilder) -> None:
    """The same in the second group."""

    def added(what: str, data: bytes, answer: bytes | None) -> Question:
        return Question(what, data, answer, ADD_2_GAS)

    one, outside = bls_point_2(1), bls_point_2_outside()
    ask(
        block,
        BLS12_381_ADD_SECOND_GROUP,
        [
            added("1 + 2", one + bls_point_2(2), bls_point_2(3)),
            added("1 + 1", one + one, bls_point_2(2)),
            added("1 - 1", one + bls_point_2(-1), BLS_INFINITY_2),
            added("0 + a point outside", BLS_INFINITY_2 + outside, outside),
            added("1 + 2", one + bls_point_2(2), bls_point_2(3)).with_gas(less=1),
            added("off the curve", one + OFF_THE_CURVE_2, None),
            added("a coordinate is the modulus", TOO_LARGE * 2 + one, None),
            added("nothing", b"", None),
            added("a byte too few", (one + one)[:-1], None),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE, AMSTERDAM))
def sums_of_many(block: BlockBuilder) -> None:
    """Multiples by zero, the order and 2^256-1 and sums of them; a point outside of the group is refused."""

    def summed(what: str, data: bytes, answer: bytes | None) -> Question:
        return Question(what, data, answer, SUM_GAS[len(data) // 160])

    one, outside = bls_point(1), bls_point_outside()
    two_terms = one + word(2) + bls_point(3) + word(4)
    ask(
        block,
        BLS12_381_SUM_FIRST_GROUP,
        [
            summed("2 · 1", one + word(2), bls_point(2)),
            summed("0 · 1", one + word(0), BLS_INFINITY),
            summed("the order · 1", one + word(BLS_ORDER), BLS_INFINITY),
            summed("(2^256-1) · 1", one + word(2**256 - 1), bls_point(2**256 - 1)),
            summed("7 · infinity", BLS_INFINITY + word(7), BLS_INFINITY),
            summed("2 · 1 + 4 · 3", two_terms, bls_point(14)),
            summed("2 · 1 + 4 · 3", two_terms, bls_point(14)).with_gas(less=1),
            summed("outside of the group", outside + word(2), None),
            summed("0 · outside of the group", outside + word(0), None),
            summed("off the curve", OFF_THE_CURVE + word(2), None),
            summed("no term", b"", None),
            summed("a byte too many", one + word(2) + b"\x00", None),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def sums_of_many_in_the_second_group(block: BlockBuilder) -> None:
    """The same in the second group, where two terms have no discount."""

    def summed(what: str, data: bytes, answer: bytes | None) -> Question:
        return Question(what, data, answer, SUM_2_GAS[len(data) // 288])

    one, outside = bls_point_2(1), bls_point_2_outside()
    two_terms = one + word(2) + bls_point_2(3) + word(4)
    ask(
        block,
        BLS12_381_SUM_SECOND_GROUP,
        [
            summed("2 · 1", one + word(2), bls_point_2(2)),
            summed("the order · 1", one + word(BLS_ORDER), BLS_INFINITY_2),
            summed("2 · 1 + 4 · 3", two_terms, bls_point_2(14)),
            summed("2 · 1 + 4 · 3", two_terms, bls_point_2(14)).with_gas(less=1),
            summed("outside of the group", outside + word(2), None),
            summed("off the curve", OFF_THE_CURVE_2 + word(2), None),
            summed("no term", b"", None),
            summed("a byte too few", (one + word(2))[:-1], None),
        ],
    )


def paired(what: str, data: bytes, answer: int | None) -> Question:
    """A question for a pairing: 1, 0 or failure."""
    return Question(what, data, None if answer is None else word(answer), PAIRING_GAS + PAIR_GAS * (len(data) // 384))


@scenario(hazards="H51 H65", forks=(PRAGUE, AMSTERDAM))
def pairings(block: BlockBuilder) -> None:
    """Pairs that cancel and pairs that don't, pairs with infinity; for too little gas none."""
    cancelling = bls_point(2) + bls_point_2(3) + bls_point(-3) + bls_point_2(2)
    ask(
        block,
        BLS12_381_PAIRING,
        [
            paired("pairs that cancel", cancelling, 1),
            paired("a pair alone", bls_point(2) + bls_point_2(3), 0),
            paired("infinity of the first group", BLS_INFINITY + bls_point_2(3), 1),
            paired("infinity of the second group", bls_point(1) + BLS_INFINITY_2, 1),
            paired("pairs that cancel", cancelling, 1).with_gas(less=1),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def pairings_of_no_points(block: BlockBuilder) -> None:
    """No pair, points off their curve and outside of their group, coordinates too large, lengths that are no pairs."""
    one, one_2 = bls_point(1), bls_point_2(1)
    ask(
        block,
        BLS12_381_PAIRING,
        [
            paired("no pair", b"", None),
            paired("first off its curve", OFF_THE_CURVE + one_2, None),
            paired("second off its curve", one + OFF_THE_CURVE_2, None),
            paired("first outside of its group", bls_point_outside() + one_2, None),
            paired("second outside of its group", one + bls_point_2_outside(), None),
            paired("infinity with a point outside", BLS_INFINITY + bls_point_2_outside(), None),
            paired("a coordinate is the modulus", TOO_LARGE + one_2, None),
            paired("a byte too many", one + one_2 + b"\x00", None),
            paired("after all that a pair", BLS_INFINITY + one_2, 1),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def field_elements_are_mapped(block: BlockBuilder) -> None:
    """Field elements to points of the first group: zero and the last one too, and the modulus not."""

    def mapped(number: int) -> Question:
        return Question(f"{number:#x}", element(number), bls_mapped(number), MAP_GAS)

    ask(
        block,
        BLS12_381_MAP_FIRST_GROUP,
        [
            mapped(0),
            mapped(1),
            mapped(BLS_MODULUS - 1),
            mapped(7).with_gas(less=1),
            Question("the modulus", element(BLS_MODULUS), None, MAP_GAS),
            Question("bytes in front are not zero", NOT_ZERO_IN_FRONT[:64], None, MAP_GAS),
            Question("nothing", b"", None, MAP_GAS),
            Question("a byte too few", element(7)[1:], None, MAP_GAS),
            Question("a byte too many", element(7) + b"\x00", None, MAP_GAS),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE,))
def pairs_of_field_elements_are_mapped(block: BlockBuilder) -> None:
    """Elements of the second field to points of the second group."""

    def mapped(real: int, imaginary: int) -> Question:
        data = element(real) + element(imaginary)
        return Question(f"{real:#x} + {imaginary:#x} i", data, bls_mapped_2(real, imaginary), MAP_2_GAS)

    ask(
        block,
        BLS12_381_MAP_SECOND_GROUP,
        [
            mapped(0, 0),
            mapped(1, 2),
            mapped(BLS_MODULUS - 1, BLS_MODULUS - 1),
            mapped(7, 0).with_gas(less=1),
            Question("the modulus", element(0) + element(BLS_MODULUS), None, MAP_2_GAS),
            Question("half of one", element(7), None, MAP_2_GAS),
        ],
    )


@scenario(hazards="H45 H51", forks=(CANCUN,))
def before_they_came(block: BlockBuilder) -> None:
    """Before Prague the addresses of the seven are nobody's: calls succeed for no gas, and give nothing."""
    data = bls_point(1) + bls_point(2)
    ask(block, BLS12_381_ADD_FIRST_GROUP, [Question("1 + 2", data, b"", 0), Question("nothing", b"", b"", 0)])
