"""Recovery of eight signers at once on threads, under sanitizers: programs of their own, without Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from samestate.optimized.evm.native import precompiles
from tests.optimized.svm import test_stress as stress

SOURCE = Path(__file__).parent / "recovery_stress.cpp"
GROUPS = Path(__file__).parent / "sender_groups.cpp"

pytestmark = [
    *stress.pytestmark,
    pytest.mark.skipif(not precompiles.has_lanes(), reason="the processor has no AVX-512 IFMA"),
]


@pytest.mark.parametrize("source", [SOURCE, GROUPS])
def test_threads(source: Path, tmp_path: Path) -> None:
    """Silent, unless threads share what belongs to one each."""
    program = stress.built(tmp_path, "-O0", "-fsanitize=thread", source=source)
    silent = stress.run(program)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("all the same\n", "", 0)
    reported = stress.run(program, "race")
    assert "WARNING: ThreadSanitizer: data race" in reported.stderr
    assert reported.returncode == stress.REPORTED


def test_addresses_and_undefined_behaviour(tmp_path: Path) -> None:
    program = stress.built(
        tmp_path, "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", source=SOURCE
    )
    silent = stress.run(program)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("all the same\n", "", 0)
