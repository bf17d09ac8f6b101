"""How field elements and points of the curve BLS12-381 are written in the input and output of precompiles (EIP-2537).

A field element is a 64-byte big-endian number below the field's modulus; its 16 highest bytes are therefore zero. A
coordinate of the second group is two field elements, the real part first. The point at infinity is all zeros.
"""

# source: EIP-2537, ABI for operations

from __future__ import annotations

from py_arkworks_bls12381 import G1Point, G2Point

from samestate.spec.evm.precompiles.precompile import PrecompileFailure

FIELD_MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB

ELEMENT_LENGTH = 64
COMPACT_ELEMENT_LENGTH = 48
"""What the library takes and gives: a field element without the zeros in front."""

POINT_1_LENGTH = 2 * ELEMENT_LENGTH
POINT_2_LENGTH = 4 * ELEMENT_LENGTH
SCALAR_LENGTH = 32


def check_length(data: bytes, length: int) -> None:
    """Raise PrecompileFailure unless the input has ``length`` bytes."""
    if len(data) != length:
        # rule: evm.precompile.bls12-381.failure-length
        raise PrecompileFailure(f"the input must have {length} bytes, not {len(data)}")


def items(data: bytes, length: int) -> list[bytes]:
    """The input cut into items of ``length`` bytes. Raises PrecompileFailure unless it is one or more whole items."""
    if not data or len(data) % length != 0:
        # rule: evm.precompile.bls12-381.failure-item-length
        # source: EIP-2537, ABI for operations; EIP-2537, Behavior on empty inputs
        raise PrecompileFailure(f"the length of the input must be a positive multiple of {length}, not {len(data)}")
    return [data[start : start + length] for start in range(0, len(data), length)]


def compact_elements(data: bytes) -> bytes:
    """All field elements in ``data`` in 48 bytes each. Raises PrecompileFailure unless each is below the modulus."""
    compact = b""
    for start in range(0, len(data), ELEMENT_LENGTH):
        element = int.from_bytes(data[start : start + ELEMENT_LENGTH], "big")
        if element >= FIELD_MODULUS:
            # rule: evm.precompile.bls12-381.failure-field-element
            # source: EIP-2537, Field elements encoding
            raise PrecompileFailure(f"a field element must be below the modulus, not {element:#x}")
        compact += element.to_bytes(COMPACT_ELEMENT_LENGTH, "big")
    return compact


def _full_elements(compact: bytes) -> bytes:
    """The inverse of compact_elements."""
    starts = range(0, len(compact), COMPACT_ELEMENT_LENGTH)
    return b"".join(compact[start : start + COMPACT_ELEMENT_LENGTH].rjust(ELEMENT_LENGTH, b"\x00") for start in starts)


def decode_curve_point_1(data: bytes) -> G1Point:
    """The point in the 128 bytes, in the first group or not. Raises PrecompileFailure unless it is on the curve."""
    elements = compact_elements(data)
    try:
        # "Unchecked" leaves out the check for the subgroup only.
        return G1Point.from_xy_bytes_unchecked_be(elements)
    except ValueError as error:
        # rule: evm.precompile.bls12-381.failure-curve-first-group
        raise PrecompileFailure("a point of the first group is not on the curve") from error


def decode_curve_point_2(data: bytes) -> G2Point:
    """The point in the 256 bytes, in the second group or not. Raises PrecompileFailure unless it is on the curve."""
    elements = compact_elements(data)
    try:
        return G2Point.from_xy_bytes_unchecked_be(elements)
    except ValueError as error:
        # rule: evm.precompile.bls12-381.failure-curve-second-group
        raise PrecompileFailure("a point of the second group is not on the curve") from error


def decode_point_1(data: bytes) -> G1Point:
    """The point of the first group in the 128 bytes. Raises PrecompileFailure if there is none."""
    point = decode_curve_point_1(data)
    if not point.is_in_subgroup():
        # rule: evm.precompile.bls12-381.failure-first-subgroup
        raise PrecompileFailure("a point on the curve of the first group is not in the group")
    return point


def decode_point_2(data: bytes) -> G2Point:
    """The point of the second group in the 256 bytes. Raises PrecompileFailure if there is none."""
    point = decode_curve_point_2(data)
    if not point.is_in_subgroup():
        # rule: evm.precompile.bls12-381.failure-second-subgroup
        raise PrecompileFailure("a point on the curve of the second group is not in the group")
    return point


def encode_point(point: G1Point | G2Point) -> bytes:
    """The 128 or 256 bytes of a point."""
    return _full_elements(point.to_xy_bytes_be())
