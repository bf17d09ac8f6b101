"""The two libraries for BN254 give the same, at every edge; and the edges are those of EELS."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import PrecompileFailure, bn254, bn254_add, bn254_multiply, bn254_pairing
from samestate.spec.evm.precompiles.bn254 import FIELD_MODULUS, TWIST_CONSTANT
from samestate.spec.evm.precompiles.bn254_groups import Groups, MclGroups, Point1, Point2, PyEccGroups
from tests.spec.evm.precompiles.test_bn254 import GENERATOR, GENERATOR_2, INFINITY, ORDER, words

ONE: Point1 = (1, 2)
ONE_2: Point2 = (
    (int.from_bytes(GENERATOR_2[32:64], "big"), int.from_bytes(GENERATOR_2[:32], "big")),
    (int.from_bytes(GENERATOR_2[96:], "big"), int.from_bytes(GENERATOR_2[64:96], "big")),
)
EDGES = (0, 1, 2, ORDER - 1, ORDER, ORDER + 1, 2**255, 2**256 - 1)
scalars = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**256 - 1))
SLOW = PyEccGroups()


@pytest.fixture(scope="module")
def mcl() -> MclGroups:
    try:
        return MclGroups()
    except (OSError, AttributeError, ValueError) as problem:
        pytest.skip(str(problem))


def multiple(scalar: int) -> Point1:
    return SLOW.multiply(ONE, scalar)


def off_the_subgroup() -> Point2:
    """A point on the second curve that is not in the group: the first one with a small real part."""
    for real in range(1, 100):
        for imaginary in range(100):
            x = (real, imaginary)
            cube = bn254._times(bn254._times(x, x), x)
            square = tuple((part + more) % FIELD_MODULUS for part, more in zip(cube, TWIST_CONSTANT, strict=True))
            root = square_root((square[0], square[1]))
            if root is not None and not SLOW.is_in_second_group((x, root)):
                return x, root
    raise AssertionError("none was found")


def square_root(number: tuple[int, int]) -> tuple[int, int] | None:
    """A root in the field of complex numbers, by the norm: the modulus is 3 modulo 4."""
    a, b = number
    norm = (a * a + b * b) % FIELD_MODULUS
    length = pow(norm, (FIELD_MODULUS + 1) // 4, FIELD_MODULUS)
    half = pow(2, -1, FIELD_MODULUS)
    for sign in (length, -length):
        real = pow((a + sign) * half % FIELD_MODULUS, (FIELD_MODULUS + 1) // 4, FIELD_MODULUS)
        if real:
            root = (real, b * half * pow(real, -1, FIELD_MODULUS) % FIELD_MODULUS)
            if bn254._times(root, root) == number:
                return root
    return None


@given(scalars, scalars)
def test_sums_and_multiples_are_the_same(mcl: MclGroups, left: int, right: int) -> None:
    a, b = multiple(left), multiple(right)
    assert mcl.multiply(ONE, left) == a
    assert mcl.multiply(a, right) == SLOW.multiply(a, right)
    assert mcl.add(a, b) == SLOW.add(a, b)
    assert mcl.add(a, a) == SLOW.add(a, a)
    if a is not None:
        assert mcl.add(a, (a[0], FIELD_MODULUS - a[1])) is None


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((None, 1, 5, ORDER - 5)), st.booleans()), max_size=3))
def test_products_of_pairings_are_the_same(mcl: MclGroups, made: list[tuple[int | None, bool]]) -> None:
    pairs = [(None if scalar is None else multiple(scalar), ONE_2 if there else None) for scalar, there in made]
    assert mcl.product_is_one(pairs) is SLOW.product_is_one(pairs)


def test_pairings_that_cancel_and_those_that_do_not(mcl: MclGroups) -> None:
    for groups in (mcl, SLOW):
        assert groups.product_is_one([])
        assert groups.product_is_one([(multiple(5), ONE_2), (multiple(ORDER - 5), ONE_2)])
        assert not groups.product_is_one([(multiple(5), ONE_2), (multiple(ORDER - 4), ONE_2)])


@pytest.mark.parametrize("name", ["mcl", "py_ecc"])
def test_the_second_group_is_less_than_its_curve(name: str, mcl: MclGroups, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: Groups = mcl if name == "mcl" else SLOW
    stranger = off_the_subgroup()
    assert groups.is_in_second_group(ONE_2)
    assert not groups.is_in_second_group(stranger)
    monkeypatch.setattr(bn254, "GROUPS", groups)
    assert stranger is not None
    (x_real, x_imaginary), (y_real, y_imaginary) = stranger
    data = GENERATOR + words(x_imaginary, x_real, y_imaginary, y_real)
    with pytest.raises(PrecompileFailure, match="not in the group"):
        bn254_pairing.run(data)
    assert bn254_pairing.run(b"") == words(1)
    assert bn254_pairing.run(INFINITY + GENERATOR_2) == bn254_pairing.run(GENERATOR + bytes(128)) == words(1)
    assert bn254_pairing.run(GENERATOR + GENERATOR_2) == words(0)
    assert bn254_add.run(b"") == bn254_multiply.run(b"") == INFINITY


def test_importing_pymcl_elsewhere_changes_nothing(mcl: MclGroups) -> None:
    before = mcl.multiply(ONE, 7)
    importlib.reload(importlib.import_module("pymcl"))
    mcl._c.mclBn_init(5, 46)
    assert mcl.multiply(ONE, 7) == before == multiple(7)
