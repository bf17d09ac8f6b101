"""The compiled machines with four workers under ThreadSanitizer, AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import ctypes
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from samestate.conformance.engines.optimized.toy import plain_block
from samestate.conformance.exploring.variants import Variant, built, unavailable
from samestate.conformance.generating.signed_blocks import random_signed_block
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.conformance.generating.toy_blocks import random_block
from tests.optimized.sanitizers.evm_blocks import blocks_in_pieces, generated_blocks, real_blocks, vector_blocks
from tests.optimized.sanitizers.stored_chains import token_chain, wiping_chains
from tests.optimized.sanitizers.svm_blocks import svm_blocks
from tests.optimized.toy.blocks import with_its_list

STRESS = Path(__file__).parent / "stress.py"
STORED_STRESS = Path(__file__).parent / "stored_stress.py"
SECONDS = 8
ATTEMPTS = 10
NO_LIMIT = 10**9
REPORTED = 66
"""The exit status of a process in which a sanitizer has reported something."""
SAME_ADDRESSES = 0x0040000
"""ADDR_NO_RANDOMIZE of personality(2)."""


def library(name: str) -> str | None:
    """The runtime of a sanitizer, to be loaded into Python before all else; None where the compiler has none."""
    compiler = os.environ.get("CXX", "g++").split()[0]
    if sys.platform != "linux" or shutil.which(compiler) is None:
        return None
    path = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
    return path if Path(path).is_absolute() and Path(path).exists() else None


def why_not(name: str) -> str | None:
    """Why there cannot be such a run here, or None if there can."""
    return unavailable() or (None if library(name) else f"the compiler has no {name}")


def without_randomization() -> None:
    """ThreadSanitizer cannot map its shadow where newer kernels may put things. Where this is forbidden, it may do."""
    ctypes.CDLL(None).personality(SAME_ADDRESSES)


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Blocks of up to 60 transactions, from hardly any conflicts to many, a part of them with access lists.

    One of 500 that all change one slot and pay one account, for what only long lists of versions need.
    """
    path = tmp_path_factory.mktemp("blocks") / "blocks.pickle"
    made = [random_block(seed, 60, conflict=0.1 + seed % 4 / 4) for seed in range(24)]
    made += [random_signed_block(seed, 20, conflict=0.5) for seed in range(6)]
    long = generate_block(1, 500, 0.5, Workload(keys=100, one_key=True))
    made.insert(3, (with_its_list(long.blocks[0], long.state), long.state))
    path.write_bytes(pickle.dumps([plain_block(block, state) for block, state in made]))
    return path


@pytest.fixture(scope="module")
def evm_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The blocks of all vectors, mixed with generated ones of a dozen transactions; a few real ones, where they are."""
    return write(tmp_path_factory, range(60), 36, 4)


@pytest.fixture(scope="module")
def many_evm_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory, range(1000, 1500), 60, 12)


@pytest.fixture(scope="module")
def blocks_of_svm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random chains of Solana's machine, whose accounts are few, so that nearly all transactions wait for others."""
    path = tmp_path_factory.mktemp("blocks") / "svm.pickle"
    path.write_bytes(pickle.dumps(svm_blocks(range(6), 4, 40)))
    return path


@pytest.fixture(scope="module")
def evm_blocks_in_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blocks") / "pieces.pickle"
    path.write_bytes(pickle.dumps(list(blocks_in_pieces())))
    return path


@pytest.fixture(scope="module")
def stored_chains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chains for states in LMDB."""
    pytest.importorskip("lmdb")
    path = tmp_path_factory.mktemp("blocks") / "chains.pickle"
    path.write_bytes(pickle.dumps([token_chain(3000, 400, 6), *wiping_chains()]))
    return path


def write(tmp_path_factory: pytest.TempPathFactory, seeds: range, transactions: int, real: int) -> Path:
    path = tmp_path_factory.mktemp("blocks") / "evm.pickle"
    made = [*vector_blocks(), *generated_blocks(seeds, transactions), *blocks_in_pieces()]
    if os.environ.get("SAMESTATE_DATA"):
        made += real_blocks(Path(os.environ["SAMESTATE_DATA"]) / "blocks", real)
    random.Random(1).shuffle(made)
    path.write_bytes(pickle.dumps(made))
    return path


def stress(
    variant: Variant,
    libraries: list[str],
    machine: str,
    blocks: Path,
    seconds: float = SECONDS,
    rounds: int = NO_LIMIT,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    arguments = (machine, blocks, seconds, rounds)
    return watched(variant, libraries, STRESS, arguments, seconds + 300, environment)


def watched(
    variant: Variant,
    libraries: list[str],
    program: Path,
    arguments: Sequence[object],
    timeout: float,
    environment: dict[str, str],
) -> subprocess.CompletedProcess[str]:
    """A program of this folder in a process that a sanitizer watches."""
    folder = built(variant)
    settings = os.environ | environment | {"LD_PRELOAD": " ".join(libraries), "PYTHONPATH": str(folder)}
    command = [sys.executable, str(program), f"optimized_{variant}", *map(str, arguments)]
    return subprocess.run(
        command, env=settings, capture_output=True, text=True, timeout=timeout, preexec_fn=without_randomization
    )


def thread_options(environment: dict[str, str]) -> dict[str, str]:
    """For ThreadSanitizer: with a seeded race the first report ends the process."""
    return environment | {"TSAN_OPTIONS": f"exitcode={REPORTED} halt_on_error={int('SAMESTATE_RACE' in environment)}"}


ADDRESS_OPTIONS = {
    "ASAN_OPTIONS": f"exitcode={REPORTED} detect_leaks=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def under_thread_sanitizer(
    machine: str, blocks: Path, seconds: float = SECONDS, rounds: int = NO_LIMIT, **environment: str
) -> subprocess.CompletedProcess[str]:
    library_of_it = [str(library("libtsan.so"))]
    return stress("thread", library_of_it, machine, blocks, seconds, rounds, **thread_options(environment))


def under_address_sanitizer(
    machine: str, blocks: Path, seconds: float = SECONDS, rounds: int = NO_LIMIT
) -> subprocess.CompletedProcess[str]:
    libraries = [str(library("libasan.so")), str(library("libubsan.so"))]
    return stress("address", libraries, machine, blocks, seconds, rounds, **ADDRESS_OPTIONS)


def stored_under_thread_sanitizer(chains: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Chains on states in LMDB. Its own code is not compiled for the sanitizer, and gives no reports."""
    library_of_it = [str(library("libtsan.so"))]
    return watched("thread", library_of_it, STORED_STRESS, (chains, folder), 600, thread_options(environment))


def check_silent(process: subprocess.CompletedProcess[str], *least: int) -> None:
    """Nothing was reported, and at least so much was done: blocks, executions again, blocks in pieces of each kind."""
    assert process.stderr == ""
    assert process.returncode == 0
    done = [int(number) for number in re.findall(r"\d+", process.stdout)]
    assert all(found >= wanted for found, wanted in zip(done, least, strict=False)), process.stdout


def check_reported(machine: str, action: str, blocks: Path, function: str = "atomic_store") -> None:
    """On a busy machine two workers seldom come to an action at once: it is tried again until they do.

    The first report ends the run: workers with such a race may wait for each other without end.
    """
    for _ in range(ATTEMPTS):
        process = under_thread_sanitizer(machine, blocks, SAMESTATE_RACE=action)
        if process.returncode:
            break
    assert "WARNING: ThreadSanitizer: data race" in process.stderr
    assert function in process.stderr
    assert process.returncode == REPORTED


@pytest.mark.sanitizers
@pytest.mark.soak
@pytest.mark.skipif(why_not("libtsan.so") is not None, reason=str(why_not("libtsan.so")))
class TestThreadSanitizer:
    def test_no_report(self, blocks: Path) -> None:
        check_silent(under_thread_sanitizer("toy", blocks), 20, 20)

    @pytest.mark.parametrize("action", ["memory.publish.write", "memory.tower.build"])
    def test_a_plain_store_is_reported(self, action: str, blocks: Path) -> None:
        check_reported("toy", action, blocks)

    def test_no_report_of_the_evm(self, evm_blocks: Path) -> None:
        check_silent(under_thread_sanitizer("evm", evm_blocks, seconds=3 * SECONDS), 60, 1)

    @pytest.mark.parametrize("action", ["memory.publish.write", "codes.place.add"])
    def test_a_plain_store_of_the_evm_is_reported(self, action: str, evm_blocks: Path) -> None:
        check_reported("evm", action, evm_blocks)

    def test_no_report_of_pieces(self, evm_blocks_in_pieces: Path) -> None:
        check_silent(under_thread_sanitizer("evm", evm_blocks_in_pieces, seconds=300, rounds=2), 12, 1, 4, 8, 4)

    @pytest.mark.parametrize(
        ("action", "function"), [("pieces.key.enter", "atomic_replace"), ("pieces.stretch.done", "atomic_add")]
    )
    def test_a_plain_action_on_what_pieces_share_is_reported(
        self, action: str, function: str, evm_blocks_in_pieces: Path
    ) -> None:
        check_reported("evm", action, evm_blocks_in_pieces, function)

    def test_no_report_of_the_svm(self, blocks_of_svm: Path) -> None:
        check_silent(under_thread_sanitizer("svm", blocks_of_svm), 20)

    def test_a_plain_store_of_the_svm_is_reported(self, blocks_of_svm: Path) -> None:
        check_reported("svm", "svm.queue.fill", blocks_of_svm)

    def test_no_report_of_states_on_disk(self, stored_chains: Path, tmp_path: Path) -> None:
        check_silent(stored_under_thread_sanitizer(stored_chains, tmp_path), 50, 50)

    @pytest.mark.parametrize(
        ("action", "function"),
        [("store.scanned", "::load("), ("store.coming.sort", "Lmdb::transact")],
        ids=["reading side by side", "writing behind"],
    )
    def test_a_race_for_a_state_on_disk_is_reported(
        self, action: str, function: str, stored_chains: Path, tmp_path: Path
    ) -> None:
        """Counting as one thread alone may, and changing what the thread that writes is reading."""
        for attempt in range(ATTEMPTS):
            folder = tmp_path / str(attempt)
            process = stored_under_thread_sanitizer(stored_chains, folder, SAMESTATE_RACE=action)
            if process.returncode:
                break
        assert "WARNING: ThreadSanitizer: data race" in process.stderr
        assert function in process.stderr
        assert process.returncode == REPORTED

    def test_no_report_of_many_blocks_of_the_evm(self, many_evm_blocks: Path) -> None:
        check_silent(under_thread_sanitizer("evm", many_evm_blocks, seconds=3600, rounds=1), 1000, 20, 500, 4, 1)


@pytest.mark.sanitizers
@pytest.mark.soak
@pytest.mark.skipif(why_not("libasan.so") is not None, reason=str(why_not("libasan.so")))
class TestAddressSanitizer:
    """And UndefinedBehaviorSanitizer."""

    def test_the_toy(self, blocks: Path) -> None:
        check_silent(under_address_sanitizer("toy", blocks), 20, 1)

    def test_the_evm(self, many_evm_blocks: Path) -> None:
        check_silent(under_address_sanitizer("evm", many_evm_blocks, seconds=3600, rounds=1), 1000, 1, 500, 4, 1)

    def test_states_on_disk(self, stored_chains: Path, tmp_path: Path) -> None:
        libraries = [str(library("libasan.so")), str(library("libubsan.so"))]
        arguments = (stored_chains, tmp_path)
        check_silent(watched("address", libraries, STORED_STRESS, arguments, 600, ADDRESS_OPTIONS), 50, 50)

    def test_the_svm(self, blocks_of_svm: Path) -> None:
        check_silent(under_address_sanitizer("svm", blocks_of_svm), 20)
