"""The seven precompiles on BLS12-381."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import (
    Precompile,
    PrecompileFailure,
    bls12_381_add_first_group,
    bls12_381_add_second_group,
    bls12_381_map_first_group,
    bls12_381_map_second_group,
    bls12_381_pairing,
    bls12_381_sum_first_group,
    bls12_381_sum_second_group,
)

MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


def elements(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(64, "big") for number in numbers)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


GENERATOR = elements(
    0x17F1D3A73197D7942695638C4FA9AC0FC3688C4F9774B905A14E3A3F171BAC586C55E83FF97A1AEFFB3AF00ADB22C6BB,
    0x08B3F481E3AAA0F1A09E30ED741D8AE4FCF5E095D5D00AF600DB18CB2C04B3EDD03CC744A2888AE40CAA232946C5E7E1,
)
GENERATOR_2 = elements(
    0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
    0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
    0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
    0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
)
# EIP-2537, "2*g2".
TWICE_GENERATOR_2 = elements(
    0x1638533957D540A9D2370F17CC7ED5863BC0B995B8825E0EE1EA1E1E4D00DBAE81F14B0BF3611B78C952AACAB827A053,
    0x0A4EDEF9C1ED7F729F520E47730A124FD70662A904BA1074728114D1031E1572C6C886F6B57EC72A6178288C47C33577,
    0x0468FB440D82B0630AEB8DCA2B5256789A66DA69BF91009CBFE6BD221E47AA8AE88DECE9764BF3BD999D95D71E4C9899,
    0x0F6D4552FA65DD2638B361543F887136A43253D9C66C411697003F7A13C308F5422E1AA0A59C8967ACDEFD8B6E36CCF3,
)
INFINITY, INFINITY_2 = bytes(128), bytes(256)
# On the curve y² = x³ + 4, but not in the group: its multiple by the group's order is not infinity.
OUTSIDE = elements(0, 2)
YES, NO = word(1), word(0)


def minus(point: bytes) -> bytes:
    half = len(point) // 2
    ordinates = (int.from_bytes(point[start : start + 64], "big") for start in range(half, len(point), 64))
    return point[:half] + elements(*(-ordinate % MODULUS for ordinate in ordinates))


def outside_the_second_group() -> bytes:
    """A point on the curve y² = x³ + 4 + 4i with a small x that is not in the group."""
    for x in range(1, 100):
        real, imaginary = (x**3 + 4) % MODULUS, 4
        root = square_root(real * real + imaginary * imaginary)
        if root is None:
            continue
        for half in ((real + root) * pow(2, -1, MODULUS), (real - root) * pow(2, -1, MODULUS)):
            y_real = square_root(half)
            if y_real:
                return elements(x, 0, y_real, imaginary * pow(2 * y_real, -1, MODULUS) % MODULUS)
    raise AssertionError("no point on the curve")


def square_root(number: int) -> int | None:
    root = pow(number, (MODULUS + 1) // 4, MODULUS)
    return root if (root * root - number) % MODULUS == 0 else None


OUTSIDE_2 = outside_the_second_group()


def test_fixed_prices() -> None:
    assert bls12_381_add_first_group.gas(b"") == 375
    assert bls12_381_add_second_group.gas(b"") == 600
    assert bls12_381_map_first_group.gas(b"") == 5500
    assert bls12_381_map_second_group.gas(b"") == 23800


def test_prices_of_sums() -> None:
    counts = (0, 1, 2, 3, 64, 128, 129, 1000)
    first = [bls12_381_sum_first_group.gas(bytes(160 * count)) for count in counts]
    assert first == [0, 12000, 22776, 30528, 442368, 797184, 803412, 6228000]
    second = [bls12_381_sum_second_group.gas(bytes(288 * count)) for count in counts]
    assert second == [0, 22500, 45000, 62302, 838080, 1509120, 1520910, 11790000]
    assert bls12_381_sum_first_group.gas(bytes(319)) == 12000


def test_price_of_pairing() -> None:
    prices = [bls12_381_pairing.gas(bytes(384 * count)) for count in range(4)]
    assert prices == [37700, 70300, 102900, 135500]
    assert bls12_381_pairing.gas(bytes(383)) == 37700


def test_doubling() -> None:
    assert bls12_381_add_second_group.run(GENERATOR_2 * 2) == TWICE_GENERATOR_2
    assert bls12_381_sum_second_group.run(GENERATOR_2 + word(2)) == TWICE_GENERATOR_2
    assert bls12_381_add_first_group.run(GENERATOR * 2) == bls12_381_sum_first_group.run(GENERATOR + word(2))


@pytest.mark.parametrize(
    ("add", "point"),
    [
        (bls12_381_add_first_group, GENERATOR),
        (bls12_381_add_first_group, OUTSIDE),
        (bls12_381_add_second_group, GENERATOR_2),
        (bls12_381_add_second_group, OUTSIDE_2),
    ],
    ids=["first", "first, outside", "second", "second, outside"],
)
def test_addition_needs_the_curve_only(add: Precompile, point: bytes) -> None:
    infinity = bytes(len(point))
    assert add.run(point + infinity) == add.run(infinity + point) == point
    assert add.run(point + minus(point)) == add.run(infinity * 2) == infinity


@given(st.lists(st.tuples(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1)), min_size=1, max_size=5))
def test_a_sum_is_the_multiple_by_the_sum(terms: list[tuple[int, int]]) -> None:
    total = word(sum(left * right for left, right in terms) % ORDER)
    for add, generator in ((bls12_381_sum_first_group, GENERATOR), (bls12_381_sum_second_group, GENERATOR_2)):
        data = b"".join(add.run(generator + word(left)) + word(right) for left, right in terms)
        assert add.run(data) == add.run(generator + total)


# EIP-2537, "bls_g1map_616263" and "bls_g2map_616263".
MAPPED = (
    elements(0x147E1ED29F06E4C5079B9D14FC89D2820D32419B990C1C7BB7DBEA2A36A045124B31FFBDE7C99329C05C559AF1C6CC82),
    elements(
        0x009769F3AB59BFD551D53A5F846B9984C59B97D6842B20A2C565BAA167945E3D026A3755B6345DF8EC7E6ACB6868AE6D,
        0x1532C00CF61AA3D0CE3E5AA20C3B531A2ABD2C770A790A2613818303C6B830FFC0ECF6C357AF3317B9575C567F11CD2C,
    ),
)
MAPPED_2 = (
    elements(
        0x138879A9559E24CECEE8697B8B4AD32CCED053138AB913B99872772DC753A2967ED50AABC907937AEFB2439BA06CC50C,
        0x0A1AE7999EA9BAB1DCC9EF8887A6CB6E8F1E22566015428D220B7EEC90FFA70AD1F624018A9AD11E78D588BD3617F9F2,
    ),
    elements(
        0x108ED59FD9FAE381ABFD1D6BCE2FD2FA220990F0F837FA30E0F27914ED6E1454DB0D1EE957B219F61DA6FF8BE0D6441F,
        0x0296238EA82C6D4ADB3C838EE3CB2346049C90B96D602D7BB1B469B905C9228BE25C627BFFEE872DEF773D5B2A2EB57D,
        0x033F90F6057AADACAE7963B0A0B379DD46750C1C94A6357C99B65F63B79E321FF50FE3053330911C56B6CEEA08FEE656,
        0x153606C417E59FB331B7AE6BCE4FBF7C5190C33CE9402B5EBE2B70E44FCA614F3F1382A3625ED5493843D0B0A652FC3F,
    ),
)


def test_maps() -> None:
    assert bls12_381_map_first_group.run(MAPPED[0]) == MAPPED[1]
    assert bls12_381_map_second_group.run(MAPPED_2[0]) == MAPPED_2[1]


@given(st.integers(0, MODULUS - 1), st.integers(0, MODULUS - 1))
def test_maps_end_in_the_groups(left: int, right: int) -> None:
    # A sum is taken only of points in the group.
    point = bls12_381_map_first_group.run(elements(left))
    assert bls12_381_sum_first_group.run(point + word(1)) == point
    point_2 = bls12_381_map_second_group.run(elements(left, right))
    assert bls12_381_sum_second_group.run(point_2 + word(1)) == point_2


def test_pairing() -> None:
    pair, opposite = GENERATOR + GENERATOR_2, minus(GENERATOR) + GENERATOR_2
    assert bls12_381_pairing.run(pair) == NO
    assert bls12_381_pairing.run(pair + opposite) == YES
    assert bls12_381_pairing.run(pair + GENERATOR + minus(GENERATOR_2)) == YES
    assert bls12_381_pairing.run(INFINITY + GENERATOR_2) == YES
    assert bls12_381_pairing.run(GENERATOR + INFINITY_2) == YES
    assert bls12_381_pairing.run(GENERATOR + INFINITY_2 + opposite) == NO
    assert bls12_381_pairing.run(opposite * 2 + GENERATOR + TWICE_GENERATOR_2) == YES


FIXED_LENGTHS = [
    (bls12_381_add_first_group, 256),
    (bls12_381_add_second_group, 512),
    (bls12_381_map_first_group, 64),
    (bls12_381_map_second_group, 128),
]
ITEM_LENGTHS = [(bls12_381_sum_first_group, 160), (bls12_381_sum_second_group, 288), (bls12_381_pairing, 384)]


@pytest.mark.parametrize(("precompile", "length"), FIXED_LENGTHS)
def test_fixed_length(precompile: Precompile, length: int) -> None:
    for wrong in (0, length - 1, length + 1, 2 * length):
        with pytest.raises(PrecompileFailure, match=f"^the input must have {length} bytes, not {wrong}$"):
            precompile.run(bytes(wrong))


@pytest.mark.parametrize(("precompile", "length"), ITEM_LENGTHS)
def test_whole_items(precompile: Precompile, length: int) -> None:
    message = f"^the length of the input must be a positive multiple of {length}, not "
    for wrong in (0, length - 1, length + 1):
        with pytest.raises(PrecompileFailure, match=f"{message}{wrong}$"):
            precompile.run(bytes(wrong))


@pytest.mark.parametrize("wrong", [MODULUS, MODULUS + 1, 2**384, 2**511])
@pytest.mark.parametrize(("precompile", "length"), FIXED_LENGTHS + ITEM_LENGTHS)
def test_field_elements_below_the_modulus(precompile: Precompile, length: int, wrong: int) -> None:
    for position in range(length // 64 if length % 64 == 0 else length // 64 - 1):
        data = bytes(64 * position) + elements(wrong) + bytes(length - 64 * position - 64)
        with pytest.raises(PrecompileFailure, match=f"^a field element must be below the modulus, not {wrong:#x}$"):
            precompile.run(data)


def test_not_on_the_curve() -> None:
    first, second = elements(1, 1), elements(1, 1, 1, 1)
    for precompile, data in (
        (bls12_381_add_first_group, INFINITY + first),
        (bls12_381_sum_first_group, first + word(0)),
        (bls12_381_pairing, first + INFINITY_2),
    ):
        with pytest.raises(PrecompileFailure, match=r"^a point of the first group is not on the curve$"):
            precompile.run(data)
    for precompile, data in (
        (bls12_381_add_second_group, INFINITY_2 + second),
        (bls12_381_sum_second_group, second + word(0)),
        (bls12_381_pairing, INFINITY + second),
    ):
        with pytest.raises(PrecompileFailure, match=r"^a point of the second group is not on the curve$"):
            precompile.run(data)


def test_outside_the_group() -> None:
    for precompile, data in (
        (bls12_381_sum_first_group, OUTSIDE + word(0)),
        (bls12_381_sum_first_group, GENERATOR + word(1) + OUTSIDE + word(1)),
        (bls12_381_pairing, OUTSIDE + INFINITY_2),
    ):
        with pytest.raises(PrecompileFailure, match=r"^a point on the curve of the first group is not in the group$"):
            precompile.run(data)
    for precompile, data in (
        (bls12_381_sum_second_group, OUTSIDE_2 + word(0)),
        (bls12_381_pairing, INFINITY + OUTSIDE_2),
    ):
        with pytest.raises(PrecompileFailure, match=r"^a point on the curve of the second group is not in the group$"):
            precompile.run(data)
