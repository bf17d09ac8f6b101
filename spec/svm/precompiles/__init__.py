"""Precompiles: programs that check signatures which lie in the data of instructions, and do nothing else.

They take no compute units and say nothing. What they check may lie in any instruction of the transaction.
"""

# source: Agave, precompiles/src/lib.rs

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from samestate.spec.svm.addresses import ED25519, SECP256K1, SECP256R1
from samestate.spec.svm.precompiles.ed25519 import check_ed25519
from samestate.spec.svm.precompiles.secp256k1 import check_secp256k1
from samestate.spec.svm.precompiles.secp256r1 import check_secp256r1

SignatureCheck = Callable[[bytes, Sequence[bytes]], None]
"""Raises InstructionError where the data of an instruction is wrong, or a signature that it names; the second argument
is the data of every instruction of the transaction."""

PRECOMPILES: Final[Mapping[bytes, SignatureCheck]] = MappingProxyType(
    {ED25519: check_ed25519, SECP256K1: check_secp256k1, SECP256R1: check_secp256r1}
)
