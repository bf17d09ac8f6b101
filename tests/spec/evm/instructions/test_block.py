"""What instructions say about the block."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.spec.evm.instructions import Instruction, base_fee, blob_base_fee, blob_hash, block, prev_randao

Result = Callable[..., int]
HASHES = {number: number.to_bytes(32, "big") for number in range(1, 1200)}


@pytest.mark.parametrize(
    ("number", "expected"),
    [(743, 0), (744, 744), (999, 999), (1000, 0), (1001, 0), (2**256 - 1, 0)],
)
def test_hashes_of_the_last_256_blocks(result: Result, number: int, expected: int) -> None:
    assert result(block.block_hash, number, number=1000, block_hashes=HASHES) == expected


def test_hash_of_a_block_that_is_not_known(result: Result) -> None:
    assert result(block.block_hash, 999, number=1000) == 0
    assert result(block.block_hash, 0, number=3, block_hashes={0: b"\x01" * 32}) == int("01" * 32, 16)


@pytest.mark.parametrize(
    ("instruction", "given", "expected"),
    [
        (block.coinbase, {"coinbase": b"\x05" * 20}, int("05" * 20, 16)),
        (block.timestamp, {"timestamp": 6}, 6),
        (block.number, {"number": 7}, 7),
        (block.difficulty, {"difficulty": 8, "prev_randao": bytes(31) + b"\x09"}, 8),
        (prev_randao, {"difficulty": 8, "prev_randao": bytes(31) + b"\x09"}, 9),
        (block.gas_limit, {"gas_limit": 10}, 10),
        (block.chain_id, {"chain_id": 11}, 11),
        (base_fee, {"base_fee_per_gas": 12}, 12),
        (blob_base_fee, {"excess_blob_gas": 13}, 20),
    ],
)
def test_fields(result: Result, instruction: Instruction, given: dict[str, object], expected: int) -> None:
    assert result(instruction, **given) == expected


@pytest.mark.parametrize(("index", "expected"), [(0, 0x0101), (1, 0x0102), (2, 0), (2**256 - 1, 0)])
def test_blob_hashes(result: Result, index: int, expected: int) -> None:
    hashes = (bytes(30) + b"\x01\x01", bytes(30) + b"\x01\x02")
    assert result(blob_hash, index, blob_versioned_hashes=hashes) == expected
