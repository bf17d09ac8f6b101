"""Eight signers at once: every verdict and address as libsecp256k1 has it, in every lane."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.evm.native import precompiles
from samestate.spec.evm.signature import sign_hash
from tests.optimized.evm.native.crafted_signatures import (
    LAMBDA,
    SHORT,
    START,
    Item,
    N,
    additions,
    exceptional_points,
    item_of,
    split,
)

P = 2**256 - 2**32 - 977
WIDTH = 8

pytestmark = pytest.mark.skipif(not precompiles.has_lanes(), reason="the processor has no AVX-512 IFMA")


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def agree(items: list[Item]) -> int:
    """Recover in lanes and by libsecp256k1, and give how many of them lanes decided."""
    found, decided = precompiles.recover_many(items)
    expected, none = precompiles.recover_many(items, in_lanes=False)
    assert none == 0
    for place, (item, ours, theirs) in enumerate(zip(items, found, expected, strict=True)):
        assert ours == theirs, (place, [part.hex() if isinstance(part, bytes) else part for part in item])
    return decided


def random_item(random: Random) -> Item:
    return random.randbytes(32), random.randbytes(32), random.randbytes(32), random.randrange(2)


def signed_item(random: Random) -> Item:
    message_hash = random.randbytes(32)
    y_parity, r, s = sign_hash(random.randbytes(32), message_hash)
    return message_hash, word(r), word(s), y_parity


def random_items(count: int, seed: int) -> None:
    random = Random(seed)
    for _ in range(count // 10_000):
        items = [random_item(random) for _ in range(10_000)]
        assert agree(items) == 10_000


def test_random_numbers() -> None:
    """Of about half of them r is no x of a point; of the others somebody is the signer."""
    random_items(20_000, 1)


@pytest.mark.soak
def test_millions_of_random_numbers() -> None:
    random_items(3_000_000, 2)


def test_signatures_of_people() -> None:
    random = Random(3)
    items = [signed_item(random) for _ in range(160)]
    high = [(h, r, word(N - int.from_bytes(s, "big")), 1 - parity) for h, r, s, parity in items]
    assert agree(items + high) == 320
    assert None not in precompiles.recover_many(items)[0]
    assert precompiles.recover_many(items)[0] == precompiles.recover_many(high)[0]


@pytest.mark.parametrize("count", range(1, 26))
def test_every_number_of_them(count: int) -> None:
    """One alone is libsecp256k1's, and so is one that is left over."""
    random = Random(count)
    items = [signed_item(random) for _ in range(count)]
    assert agree(items) == count - (count % WIDTH == 1)
    assert precompiles.recover_many([]) == ([], 0)


EDGES = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    N - 1,
    N,
    N + 1,
    N // 2,
    N // 2 + 1,
    P - N,
    P - 1,
    P,
    P + 1,
    2**256 - 1,
    2**128,
    LAMBDA,
]
edges = st.sampled_from(EDGES) | st.integers(0, 2**256 - 1)


def test_numbers_out_of_range_and_on_its_edges() -> None:
    items = [
        (word(e), word(r), word(s), parity)
        for e in (0, 1, N, 2**256 - 1)
        for r in EDGES
        for s in EDGES
        for parity in (0, 1)
    ]
    found = precompiles.recover_many(items)[0]
    agree(items)
    assert min(sum(address is None for address in found), sum(address is not None for address in found)) > 300


@given(st.lists(st.tuples(edges.map(word), edges.map(word), edges.map(word), st.integers(-1, 4)), max_size=20))
def test_any_numbers(items: list[Item]) -> None:
    agree(items)


@pytest.mark.parametrize("parity", [-1, 2, 3, 27, 28, 256, -(2**31)])
def test_a_parity_that_is_none(parity: int) -> None:
    items = [(*signed_item(Random(place))[:3], parity) for place in range(WIDTH)]
    assert precompiles.recover_many(items) == ([None] * WIDTH, WIDTH)
    assert agree(items) == WIDTH


def factors() -> list[tuple[int, int]]:
    """Factors at random, and those in which halves are zero, small, or as large as they come."""
    random = Random(4)
    (a1, b1), (a2, b2) = SHORT
    corners = [(i * a1 + j * a2 + (i * b1 + j * b2) * LAMBDA) // 2 % N for i in (-1, 1) for j in (-1, 1)]
    few = [1, 2, 8, 15, N - 1, LAMBDA, N - LAMBDA, 1 + LAMBDA, 2**128, *corners]
    return [(random.randrange(N), random.randrange(1, N)) for _ in range(3)] + [
        (u1, u2) for u2 in few for u1 in (0, 1, 2**128, N - 1, random.randrange(N))
    ]


def test_halves_stay_below_their_bound() -> None:
    (a1, b1), (a2, _) = SHORT
    random = Random(5)
    for _, u2 in [*factors(), *((0, random.randrange(1, N)) for _ in range(2000))]:
        k1, k2 = split(u2)
        assert (k1 + k2 * LAMBDA - u2) % N == 0
        assert 2 * abs(k1) <= a1 + a2
        assert 2 * abs(k2) <= a1 - b1


def test_factors_of_every_kind() -> None:
    random = Random(6)
    items = [item for u1, u2 in factors() for _ in range(4) if (item := item_of(u1, u2, random.randrange(1, N)))]
    assert agree(items) == len(items)


def crafted(count: int) -> list[Item]:
    return [
        item
        for u1, u2 in factors()[:count]
        for point in exceptional_points(u1, u2)
        if (item := item_of(u1, u2, point)) is not None
    ]


def test_sums_of_a_point_and_itself() -> None:
    """At every addition of a recovery, both ways: no lane decides it, so libsecp256k1 does."""
    u1, u2 = factors()[0]
    assert len(list(additions(u1, u2))) > 80
    items = crafted(3)
    assert len(items) > 450
    found, decided = precompiles.recover_many(items)
    assert decided == 0
    assert sum(address is None for address in found) == 3  # the last sum of each may be infinity, and nothing before
    agree(items)


def test_sums_of_a_point_and_itself_beside_others() -> None:
    """In every lane, between others that are decided, whatever becomes of those."""
    random = Random(7)
    items = crafted(1)
    for number, item in enumerate(items):
        others = [signed_item(random) if (number + i) % 2 else random_item(random) for i in range(WIDTH - 1)]
        batch = [*others[: number % WIDTH], item, *others[number % WIDTH :]]
        assert agree(batch) == WIDTH - 1


@pytest.mark.soak
def test_sums_of_a_point_and_itself_with_factors_of_every_kind() -> None:
    items = crafted(1000)
    assert agree(items) < len(items) // 100


def test_infinity_is_nobody() -> None:
    random = Random(8)
    items = []
    for _ in range(40):
        u1, u2 = random.randrange(N), random.randrange(1, N)
        if item := item_of(u1, u2, -u1 * pow(u2, -1, N)):
            items.append(item)
    assert len(items) > 30
    assert precompiles.recover_many(items) == ([None] * len(items), 0)
    agree(items)


def test_the_point_that_sums_begin_with() -> None:
    """Its multiples, and those of the generator, may be anybody's."""
    random = Random(9)
    points = [
        sign * factor * start % N for start in (1, START, START << 128) for factor in range(1, 20) for sign in (1, -1)
    ]
    items = [item for point in points if (item := item_of(random.randrange(N), random.randrange(1, N), point))]
    agree(items)


def test_every_fate_in_every_lane() -> None:
    """One lane of each kind, at every place, and the others of every other kind."""
    random = Random(10)
    h, r, s, parity = signed_item(random)
    off_curve = next(item for seed in range(100) if precompiles.recover(*(item := random_item(Random(seed)))) is None)
    kinds: list[Item] = [
        (h, r, s, parity), off_curve, (h, bytes(32), s, parity), (h, word(N), s, parity), (h, r, bytes(32), parity),
        (h, r, word(N), parity), (h, r, s, 2), crafted(1)[random.randrange(100)],
    ]  # fmt: skip
    for shift in range(WIDTH):
        batch = kinds[shift:] + kinds[:shift]
        assert agree(batch) == WIDTH - 1
        assert sum(address is not None for address in precompiles.recover_many(batch)[0]) == 2


def test_lengths_are_checked() -> None:
    with pytest.raises(ValueError, match="r has 32 bytes, not 31"):
        precompiles.recover_many([(bytes(32), bytes(31), bytes(32), 0)])
