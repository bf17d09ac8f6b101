"""The groups of BN254, and whether a product of pairings is one: by the library mcl where it is there, else by py_ecc.

mcl comes with the wheels of pymcl, whose Python face knows another curve only; so its C functions are called, under a
lock, since mcl is set to one curve at a time. A pairing takes it half a millisecond, and py_ecc a third of a second.
Both are tested against one another. Points are pairs of coordinates that are on the curve, None is infinity; a
coordinate of the second group is (real part, imaginary part).
"""

from __future__ import annotations

import ctypes
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Point1: TypeAlias = tuple[int, int] | None
Point2: TypeAlias = tuple[tuple[int, int], tuple[int, int]] | None


class Groups(Protocol):
    """The arithmetic that the precompiles need."""

    def add(self, left: Point1, right: Point1) -> Point1:
        """The sum of two points of the first group."""

    def multiply(self, point: Point1, scalar: int) -> Point1:
        """A multiple of a point of the first group."""

    def is_in_second_group(self, point: Point2) -> bool:
        """Whether a point on the second curve is in the second group."""

    def product_is_one(self, pairs: Sequence[tuple[Point1, Point2]]) -> bool:
        """Whether the product of the pairings is one, as that of no pairing is."""


class PyEccGroups:
    """By py_ecc, in Python."""

    def __init__(self) -> None:
        from py_ecc import fields
        from py_ecc.optimized_bn128 import optimized_curve, optimized_pairing

        self._fields, self._curve, self._pairing = fields, optimized_curve, optimized_pairing

    def _point_1(self, point: Point1) -> Any:
        field = self._fields.optimized_bn128_FQ
        if point is None:
            return field.one(), field.one(), field.zero()
        return field(point[0]), field(point[1]), field.one()

    def _point_2(self, point: Point2) -> Any:
        field = self._fields.optimized_bn128_FQ2
        if point is None:
            return field.one(), field.one(), field.zero()
        return field(point[0]), field(point[1]), field.one()

    def _plain(self, point: Any) -> Point1:
        if self._curve.is_inf(point):
            return None
        x, y = self._curve.normalize(point)
        return int(x), int(y)

    def add(self, left: Point1, right: Point1) -> Point1:
        """See :class:`Groups`, here and below."""
        return self._plain(self._curve.add(self._point_1(left), self._point_1(right)))

    def multiply(self, point: Point1, scalar: int) -> Point1:
        return self._plain(self._curve.multiply(self._point_1(point), scalar))

    def is_in_second_group(self, point: Point2) -> bool:
        return bool(self._curve.is_inf(self._curve.multiply(self._point_2(point), self._curve.curve_order)))

    def product_is_one(self, pairs: Sequence[tuple[Point1, Point2]]) -> bool:
        one = self._fields.optimized_bn128_FQ12.one()
        product = one
        for first, second in pairs:
            # The final exponentiation of a product is the product of the final exponentiations.
            product *= self._pairing.pairing(self._point_2(second), self._point_1(first), final_exponentiate=False)
        return bool(self._pairing.final_exponentiate(product) == one)


ALT_BN128, COMPILED_FOR = 4, 46
"""The curve, and the sizes that the wheels are compiled for: six words of a field, four of a scalar."""
FIELD, SCALAR = 48, 32
"""Bytes of a field element and of a scalar in memory."""


class MclGroups:
    """By mcl. Raises OSError or AttributeError where it is not there or not as expected."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("pymcl")
        if found is None or found.origin is None:
            raise OSError("pymcl is not installed")
        (library,) = Path(found.origin).parent.glob("_pymcl*.so")
        self._c = ctypes.CDLL(str(library))
        self._c.mclBnFp_getLittleEndian.restype = ctypes.c_size_t
        self._lock = threading.Lock()
        self._choose_curve()
        self._order = self._order_of_curve()

    def _choose_curve(self) -> None:
        if self._c.mclBn_init(ALT_BN128, COMPILED_FOR) != 0:
            raise OSError("mcl does not know the curve")

    def _order_of_curve(self) -> bytes:
        text = ctypes.create_string_buffer(200)
        self._c.mclBn_getCurveOrder(text, ctypes.c_size_t(len(text)))
        return text.value

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else uses the library, and it is set to the curve: importing pymcl sets it to another."""
        with self._lock:
            if self._order_of_curve() != self._order:
                self._choose_curve()
            yield

    def _set(self, target: Any, place: int, number: int) -> None:
        data = number.to_bytes(32, "little")
        if self._c.mclBnFp_setLittleEndian(ctypes.byref(target, place * FIELD), data, ctypes.c_size_t(32)) != 0:
            raise ValueError("a coordinate is not in the field")

    def _get(self, source: Any, place: int) -> int:
        data = ctypes.create_string_buffer(FIELD)
        size = self._c.mclBnFp_getLittleEndian(data, ctypes.c_size_t(FIELD), ctypes.byref(source, place * FIELD))
        return int.from_bytes(data.raw[:size], "little")

    def _point_1(self, point: Point1) -> Any:
        made = ctypes.create_string_buffer(3 * FIELD)
        if point is None:
            self._c.mclBnG1_clear(made)
        else:
            for place, number in enumerate((*point, 1)):
                self._set(made, place, number)
        return made

    def _point_2(self, point: Point2) -> Any:
        made = ctypes.create_string_buffer(6 * FIELD)
        if point is None:
            self._c.mclBnG2_clear(made)
        else:
            for place, number in enumerate((*point[0], *point[1], 1, 0)):
                self._set(made, place, number)
        return made

    def _plain(self, point: Any) -> Point1:
        if self._c.mclBnG1_isZero(point):
            return None
        self._c.mclBnG1_normalize(point, point)
        return self._get(point, 0), self._get(point, 1)

    def add(self, left: Point1, right: Point1) -> Point1:
        """See :class:`Groups`, here and below."""
        with self._alone():
            made = ctypes.create_string_buffer(3 * FIELD)
            self._c.mclBnG1_add(made, self._point_1(left), self._point_1(right))
            return self._plain(made)

    def multiply(self, point: Point1, scalar: int) -> Point1:
        with self._alone():
            factor = ctypes.create_string_buffer(SCALAR)
            self._c.mclBnFr_setLittleEndianMod(factor, scalar.to_bytes(32, "little"), ctypes.c_size_t(32))
            made = ctypes.create_string_buffer(3 * FIELD)
            self._c.mclBnG1_mul(made, self._point_1(point), factor)
            return self._plain(made)

    def is_in_second_group(self, point: Point2) -> bool:
        with self._alone():
            return bool(self._c.mclBnG2_isValidOrder(self._point_2(point)))

    def product_is_one(self, pairs: Sequence[tuple[Point1, Point2]]) -> bool:
        with self._alone():
            product, factor = (ctypes.create_string_buffer(12 * FIELD) for _ in range(2))
            self._c.mclBnGT_setInt32(product, 1)
            for first, second in pairs:
                if first is not None and second is not None:
                    self._c.mclBn_millerLoop(factor, self._point_1(first), self._point_2(second))
                    self._c.mclBnGT_mul(product, product, factor)
            self._c.mclBn_finalExp(product, product)
            return bool(self._c.mclBnGT_isOne(product))


def _groups() -> Groups:
    try:
        return MclGroups()
    except (OSError, AttributeError, ValueError):
        return PyEccGroups()


GROUPS: Groups = _groups()
