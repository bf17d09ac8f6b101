"""MODEXP: base ** exponent % modulus, for numbers of any size (EIP-198).

The input is three lengths in bytes, 32 bytes each, then base, exponent and modulus of these lengths, big-endian. Zeros
follow the end of the input without end. The output is as long as the modulus.
"""

# source: EIP-198, specification

from __future__ import annotations

from typing import NamedTuple

from gmpy2 import powmod

from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure, padded, word

OPERANDS = 96
"""Where base, exponent and modulus begin, one after the other."""

LENGTH_LIMIT = 1024
"""The most bytes that an operand may have since Osaka (EIP-7823)."""


class _Lengths(NamedTuple):
    """The lengths in bytes that the input announces, each up to 2**256 - 1."""

    base: int
    exponent: int
    modulus: int


def _lengths(data: bytes) -> _Lengths:
    return _Lengths(base=word(data, 0), exponent=word(data, 32), modulus=word(data, 64))


def _squarings(data: bytes, lengths: _Lengths, per_byte: int) -> int:
    """How many squarings the exponent is priced at, at least one.

    Of a long exponent only the first 32 bytes are looked at; each byte after them counts as ``per_byte`` squarings.
    """
    head_length = min(lengths.exponent, 32)
    head = int.from_bytes(padded(data, OPERANDS + lengths.base, head_length), "big")
    # rule: evm.precompile.modexp.gas-squarings
    # source: EIP-2565, specification; EIP-7883, specification
    return max(per_byte * (lengths.exponent - head_length) + max(head.bit_length() - 1, 0), 1)


def _limbs(lengths: _Lengths) -> int:
    """The number of 8-byte limbs in the longer one of base and modulus."""
    return (max(lengths.base, lengths.modulus) + 7) // 8


def _gas_berlin(data: bytes) -> int:
    """The price since Berlin (EIP-2565)."""
    lengths = _lengths(data)
    # rule: evm.precompile.modexp.gas-berlin
    # source: EIP-2565, specification
    return max(200, _limbs(lengths) ** 2 * _squarings(data, lengths, per_byte=8) // 3)


def _gas_osaka(data: bytes) -> int:
    """The price since Osaka (EIP-7883)."""
    lengths = _lengths(data)
    # rule: evm.precompile.modexp.gas-osaka
    # source: EIP-7883, specification
    multiplication = 16 if max(lengths.base, lengths.modulus) <= 32 else 2 * _limbs(lengths) ** 2
    return max(500, multiplication * _squarings(data, lengths, per_byte=16))


def _run_berlin(data: bytes) -> bytes:
    """The power, in as many bytes as the modulus has. No input fails."""
    lengths = _lengths(data)
    if lengths.modulus == 0:
        # Here an exponent of any length costs next to nothing, so it must not be read.
        # rule: evm.precompile.modexp.output-empty
        return b""
    exponent_start = OPERANDS + lengths.base
    modulus_start = exponent_start + lengths.exponent
    modulus = int.from_bytes(padded(data, modulus_start, lengths.modulus), "big")
    if modulus == 0:
        # rule: evm.precompile.modexp.output-modulus-zero
        return bytes(lengths.modulus)
    base = int.from_bytes(padded(data, OPERANDS, lengths.base), "big")
    exponent = int.from_bytes(padded(data, exponent_start, lengths.exponent), "big")
    # rule: evm.precompile.modexp.output
    return int(powmod(base, exponent, modulus)).to_bytes(lengths.modulus, "big")


def _run_osaka(data: bytes) -> bytes:
    """The same for operands within the limit (EIP-7823)."""
    if max(_lengths(data)) > LENGTH_LIMIT:
        # rule: evm.precompile.modexp.failure-length
        # source: EIP-7823, specification
        raise PrecompileFailure(f"base, exponent and modulus may have {LENGTH_LIMIT} bytes each")
    return _run_berlin(data)


modular_exponentiation_berlin = Precompile("modular exponentiation", _gas_berlin, _run_berlin)
modular_exponentiation_osaka = Precompile("modular exponentiation", _gas_osaka, _run_osaka)
