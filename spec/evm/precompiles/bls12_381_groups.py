"""Addition, sums of multiples, and mapping to the two groups of the curve BLS12-381 (EIP-2537)."""

# source: EIP-2537, ABI for operations

from __future__ import annotations

from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from samestate.spec.evm.precompiles.bls12_381_encoding import (
    ELEMENT_LENGTH,
    POINT_1_LENGTH,
    POINT_2_LENGTH,
    SCALAR_LENGTH,
    check_length,
    compact_elements,
    decode_curve_point_1,
    decode_curve_point_2,
    decode_point_1,
    decode_point_2,
    encode_point,
    items,
)
from samestate.spec.evm.precompiles.precompile import Precompile

MULTIPLY_1_LENGTH = POINT_1_LENGTH + SCALAR_LENGTH
MULTIPLY_2_LENGTH = POINT_2_LENGTH + SCALAR_LENGTH

# fmt: off
FIRST_GROUP_DISCOUNT = (
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,
    673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
    625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,
    596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
    575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
    558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
    543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,
    530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
)
SECOND_GROUP_DISCOUNT = (
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,
    711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
    643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,
    606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
    580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
    561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
    546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,
    534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
)
# fmt: on
"""What one of n multiplications costs in a sum of n, in thousandths of its price alone, from n = 1 on; the last number
holds for all longer sums."""


def _sum_gas(count: int, price: int, discounts: tuple[int, ...]) -> int:
    """The price of a sum of ``count`` multiples, one of which alone costs ``price``."""
    if count == 0:
        # rule: evm.precompile.bls12-381.gas-empty-sum
        # source: EIP-2537, Gas schedule
        return 0
    # rule: evm.precompile.bls12-381.gas-sum
    # source: EIP-2537, Gas schedule
    return count * price * discounts[min(count, len(discounts)) - 1] // 1000


def _scalar(data: bytes) -> Scalar:
    """Any 32-byte number; multiplying a point of a group by it is multiplying by the remainder modulo the order."""
    return Scalar.from_be_bytes_mod_order(data)


def _add_1_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-add-first-group.gas
    # source: EIP-2537, Gas schedule
    return 375


def _add_1(data: bytes) -> bytes:
    check_length(data, 2 * POINT_1_LENGTH)
    left, right = decode_curve_point_1(data[:POINT_1_LENGTH]), decode_curve_point_1(data[POINT_1_LENGTH:])
    # rule: evm.precompile.bls12-381-add-first-group.output
    return encode_point(left + right)


def _add_2_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-add-second-group.gas
    # source: EIP-2537, Gas schedule
    return 600


def _add_2(data: bytes) -> bytes:
    check_length(data, 2 * POINT_2_LENGTH)
    left, right = decode_curve_point_2(data[:POINT_2_LENGTH]), decode_curve_point_2(data[POINT_2_LENGTH:])
    # rule: evm.precompile.bls12-381-add-second-group.output
    return encode_point(left + right)


def _sum_1_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-sum-first-group.gas
    # source: EIP-2537, Gas schedule
    return _sum_gas(len(data) // MULTIPLY_1_LENGTH, 12000, FIRST_GROUP_DISCOUNT)


def _sum_1(data: bytes) -> bytes:
    terms = items(data, MULTIPLY_1_LENGTH)
    points = [decode_point_1(term[:POINT_1_LENGTH]) for term in terms]
    scalars = [_scalar(term[POINT_1_LENGTH:]) for term in terms]
    # rule: evm.precompile.bls12-381-sum-first-group.output
    return encode_point(G1Point.multiexp_unchecked(points, scalars))


def _sum_2_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-sum-second-group.gas
    # source: EIP-2537, Gas schedule
    return _sum_gas(len(data) // MULTIPLY_2_LENGTH, 22500, SECOND_GROUP_DISCOUNT)


def _sum_2(data: bytes) -> bytes:
    terms = items(data, MULTIPLY_2_LENGTH)
    points = [decode_point_2(term[:POINT_2_LENGTH]) for term in terms]
    scalars = [_scalar(term[POINT_2_LENGTH:]) for term in terms]
    # rule: evm.precompile.bls12-381-sum-second-group.output
    return encode_point(G2Point.multiexp_unchecked(points, scalars))


def _map_1_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-map-first-group.gas
    # source: EIP-2537, Gas schedule
    return 5500


def _map_1(data: bytes) -> bytes:
    check_length(data, ELEMENT_LENGTH)
    element = compact_elements(data)
    # rule: evm.precompile.bls12-381-map-first-group.output
    return encode_point(G1Point.map_from_fp_be(element))


def _map_2_gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-map-second-group.gas
    # source: EIP-2537, Gas schedule
    return 23800


def _map_2(data: bytes) -> bytes:
    check_length(data, 2 * ELEMENT_LENGTH)
    element = compact_elements(data)
    # rule: evm.precompile.bls12-381-map-second-group.output
    return encode_point(G2Point.map_from_fp2_be(element))


bls12_381_add_first_group = Precompile("bls12-381 add, first group", _add_1_gas, _add_1)
bls12_381_add_second_group = Precompile("bls12-381 add, second group", _add_2_gas, _add_2)
"""Input: two points on the curve; they need not be in the group. Output: their sum."""

bls12_381_sum_first_group = Precompile("bls12-381 sum of multiples, first group", _sum_1_gas, _sum_1)
bls12_381_sum_second_group = Precompile("bls12-381 sum of multiples, second group", _sum_2_gas, _sum_2)
"""Input: one or more terms, each a point of the group and a 32-byte number. Output: the sum of their products."""

bls12_381_map_first_group = Precompile("bls12-381 map, first group", _map_1_gas, _map_1)
bls12_381_map_second_group = Precompile("bls12-381 map, second group", _map_2_gas, _map_2)
"""Input: an element of the field that coordinates are from. Output: the point of the group that it is mapped to by the
simplified SWU map, the isogeny and the multiplication by the cofactor (RFC 9380, section 8.8, without hashing)."""
