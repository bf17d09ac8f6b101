"""Bugs about precompiles."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

SUM_1: Final = "    points = [decode_point_1(term[:POINT_1_LENGTH]) for term in terms]"
SUM_2: Final = "    points = [decode_point_2(term[:POINT_2_LENGTH]) for term in terms]"

BUGS: Final = (
    bug(
        "power-of-no-base",
        "MODEXP of a base without bytes is zero, also to the power of zero.",
        (
            "evm.precompiles.modular_exponentiation",
            "    base = int.from_bytes(",
            "    if lengths.base == 0:\n        return bytes(lengths.modulus)\n    base = int.from_bytes(",
        ),
        rule="evm.precompile.modexp.output",
        source="ethereumjs/ethereumjs-monorepo#3168",
    ),
    bug(
        "zeros-of-an-exponent-are-free",
        "The price of MODEXP is by the length of the exponent's number, and not by the length that was announced.",
        (
            "evm.precompiles.modular_exponentiation",
            "    return max(per_byte * (lengths.exponent - head_length) + max(head.bit_length() - 1, 0), 1)",
            '    exponent = int.from_bytes(padded(data, OPERANDS + lengths.base, min(lengths.exponent, 2048)), "big")\n'
            "    beyond = max((exponent.bit_length() + 7) // 8 - 32, 0)\n"
            "    return max(per_byte * beyond + max(head.bit_length() - 1, 0), 1)",
        ),
        rule="evm.precompile.modexp.gas-squarings",
        source="polkadot-evm/frontier#549",
    ),
    bug(
        "precompile-beyond-one-byte",
        "P256VERIFY is not at its address, which is the first one above 255.",
        ("evm.precompiles", "        P256_VERIFY: p256_verify,\n", ""),
        rule="evm.precompile.p256verify.output",
        source="corpus-core/colibri-stateless#256",
    ),
    bug(
        "sum-of-any-points",
        "The sum of multiples takes points on the curve that are not in the first group.",
        ("evm.precompiles.bls12_381_groups", SUM_1, SUM_1.replace("decode_point_1", "decode_curve_point_1")),
        rule="evm.precompile.bls12-381.failure-first-subgroup",
        source="polkadot-evm/frontier#1900",
    ),
    bug(
        "sum-with-the-point-at-infinity",
        "A sum of multiples in the second group in which the point at infinity takes part is that point.",
        (
            "evm.precompiles.bls12_381_groups",
            SUM_2,
            SUM_2 + "\n    if any(not any(term[:POINT_2_LENGTH]) for term in terms):\n"
            "        return bytes(POINT_2_LENGTH)",
        ),
        rule="evm.precompile.bls12-381-sum-second-group.output",
        source="bluealloy/revm#1428",
    ),
    bug(
        "recovery-by-the-last-byte",
        "ECRECOVER looks at the last byte of v alone.",
        (
            "evm.precompiles.signature_recovery",
            "padded(data, 0, 32), word(data, 32), word(data, 64)",
            "padded(data, 0, 32), word(data, 32) & 0xFF, word(data, 64)",
        ),
        rule="evm.precompile.ecrecover.empty-recovery-identifier",
        source="ethereum/ethereumj#353",
    ),
    bug(
        "bad-recovery-is-no-empty-answer",
        "ECRECOVER gives 32 bytes of ones for a v that it does not know.",
        (
            "evm.precompiles.signature_recovery",
            '        # rule: evm.precompile.ecrecover.empty-recovery-identifier\n        return b""',
            '        # rule: evm.precompile.ecrecover.empty-recovery-identifier\n        return b"\\xff" * 32',
        ),
        rule="evm.precompile.ecrecover.empty-recovery-identifier",
        source="aurora-is-near/aurora-engine#513",
    ),
    bug(
        "infinity-pairs-with-everything",
        "A pairing on BN254 is one as soon as one of its points is the point at infinity.",
        (
            "evm.precompiles.bn254",
            "    # rule: evm.precompile.bn254-pairing.output\n",
            "    if any(None in pair for pair in pairs):\n"
            '        return (1).to_bytes(32, "big")\n'
            "    # rule: evm.precompile.bn254-pairing.output\n",
        ),
        rule="evm.precompile.bn254-pairing.output",
        source="ipsilon/evmone#1151",
    ),
    bug(
        "infinity-off-the-curve",
        "The point at infinity of BN254 is taken for a point that is not on the curve.",
        ("evm.precompiles.bn254", "    if x == y == 0:", "    if False:"),
        rule="evm.precompile.bn254.infinity-first-group",
        source="aurora-is-near/aurora-engine#637",
    ),
    bug(
        "pairing-of-any-points",
        "A pairing on BN254 takes points on the curve that are not in the second group.",
        ("evm.precompiles.bn254", "    if not GROUPS.is_in_second_group((x, y)):", "    if False:"),
        rule="evm.precompile.bn254.failure-subgroup",
        source="PegaSysEng/pantheon#1600",
    ),
    bug(
        "output-of-a-failure",
        "A precompile that fails gives back 64 bytes of zeros.",
        (
            "evm.interpreter",
            '    frame.output = b""\n    frame.halt = halt',
            '    frame.output = bytes(64) if isinstance(halt, PrecompileFailed) else b""\n    frame.halt = halt',
        ),
        rule="evm.precompile.failure",
        source="status-im/nimbus-eth1#2953",
    ),
)
