"""Precompiles: contracts at fixed addresses whose code is a native function.

A mapping per fork holds only what is new or changed in it; a fork's page merges it over its parent's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from samestate.spec.evm.precompiles.blake2 import blake2f
from samestate.spec.evm.precompiles.bls12_381_groups import (
    bls12_381_add_first_group,
    bls12_381_add_second_group,
    bls12_381_map_first_group,
    bls12_381_map_second_group,
    bls12_381_sum_first_group,
    bls12_381_sum_second_group,
)
from samestate.spec.evm.precompiles.bls12_381_pairing import bls12_381_pairing
from samestate.spec.evm.precompiles.bn254 import bn254_add, bn254_multiply, bn254_pairing
from samestate.spec.evm.precompiles.data_copy import identity
from samestate.spec.evm.precompiles.hashes import ripemd160, sha256
from samestate.spec.evm.precompiles.kzg import point_evaluation
from samestate.spec.evm.precompiles.modular_exponentiation import (
    modular_exponentiation_berlin,
    modular_exponentiation_osaka,
)
from samestate.spec.evm.precompiles.p256 import p256_verify
from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure
from samestate.spec.evm.precompiles.signature_recovery import ecrecover


def _address(number: int) -> bytes:
    return number.to_bytes(20, "big")


ECRECOVER: Final = _address(0x01)
SHA256: Final = _address(0x02)
RIPEMD160: Final = _address(0x03)
IDENTITY: Final = _address(0x04)
MODULAR_EXPONENTIATION: Final = _address(0x05)
BN254_ADD: Final = _address(0x06)
BN254_MULTIPLY: Final = _address(0x07)
BN254_PAIRING: Final = _address(0x08)
BLAKE2F: Final = _address(0x09)
POINT_EVALUATION: Final = _address(0x0A)
BLS12_381_ADD_FIRST_GROUP: Final = _address(0x0B)
BLS12_381_SUM_FIRST_GROUP: Final = _address(0x0C)
BLS12_381_ADD_SECOND_GROUP: Final = _address(0x0D)
BLS12_381_SUM_SECOND_GROUP: Final = _address(0x0E)
BLS12_381_PAIRING: Final = _address(0x0F)
BLS12_381_MAP_FIRST_GROUP: Final = _address(0x10)
BLS12_381_MAP_SECOND_GROUP: Final = _address(0x11)
P256_VERIFY: Final = _address(0x100)

BERLIN_PRECOMPILES: Final[Mapping[bytes, Precompile]] = MappingProxyType(
    {
        ECRECOVER: ecrecover,
        SHA256: sha256,
        RIPEMD160: ripemd160,
        IDENTITY: identity,
        MODULAR_EXPONENTIATION: modular_exponentiation_berlin,
        BN254_ADD: bn254_add,
        BN254_MULTIPLY: bn254_multiply,
        BN254_PAIRING: bn254_pairing,
        BLAKE2F: blake2f,
    }
)
"""Everything up to Berlin, which changed the price of modular exponentiation."""

CANCUN_PRECOMPILES: Final[Mapping[bytes, Precompile]] = MappingProxyType({POINT_EVALUATION: point_evaluation})
"""New in Cancun."""

PRAGUE_PRECOMPILES: Final[Mapping[bytes, Precompile]] = MappingProxyType(
    {
        BLS12_381_ADD_FIRST_GROUP: bls12_381_add_first_group,
        BLS12_381_SUM_FIRST_GROUP: bls12_381_sum_first_group,
        BLS12_381_ADD_SECOND_GROUP: bls12_381_add_second_group,
        BLS12_381_SUM_SECOND_GROUP: bls12_381_sum_second_group,
        BLS12_381_PAIRING: bls12_381_pairing,
        BLS12_381_MAP_FIRST_GROUP: bls12_381_map_first_group,
        BLS12_381_MAP_SECOND_GROUP: bls12_381_map_second_group,
    }
)
"""New in Prague."""

OSAKA_PRECOMPILES: Final[Mapping[bytes, Precompile]] = MappingProxyType(
    {
        P256_VERIFY: p256_verify,
        MODULAR_EXPONENTIATION: modular_exponentiation_osaka,
    }
)
"""New in Osaka, and changed in it: the price and the limits of modular exponentiation."""

__all__ = [
    "BERLIN_PRECOMPILES",
    "BLAKE2F",
    "BLS12_381_ADD_FIRST_GROUP",
    "BLS12_381_ADD_SECOND_GROUP",
    "BLS12_381_MAP_FIRST_GROUP",
    "BLS12_381_MAP_SECOND_GROUP",
    "BLS12_381_PAIRING",
    "BLS12_381_SUM_FIRST_GROUP",
    "BLS12_381_SUM_SECOND_GROUP",
    "BN254_ADD",
    "BN254_MULTIPLY",
    "BN254_PAIRING",
    "CANCUN_PRECOMPILES",
    "ECRECOVER",
    "IDENTITY",
    "MODULAR_EXPONENTIATION",
    "OSAKA_PRECOMPILES",
    "P256_VERIFY",
    "POINT_EVALUATION",
    "PRAGUE_PRECOMPILES",
    "RIPEMD160",
    "SHA256",
    "Precompile",
    "PrecompileFailure",
    "blake2f",
    "bls12_381_add_first_group",
    "bls12_381_add_second_group",
    "bls12_381_map_first_group",
    "bls12_381_map_second_group",
    "bls12_381_pairing",
    "bls12_381_sum_first_group",
    "bls12_381_sum_second_group",
    "bn254_add",
    "bn254_multiply",
    "bn254_pairing",
    "ecrecover",
    "identity",
    "modular_exponentiation_berlin",
    "modular_exponentiation_osaka",
    "p256_verify",
    "point_evaluation",
    "ripemd160",
    "sha256",
]
