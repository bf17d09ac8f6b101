"""How each outside client is found here, which version it is, and how its engine is made; :mod:`.known` asks for it."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import sys
from pathlib import Path
from typing import Final

from samestate.conformance.engines.bounded_run import RunBounds, folder_with, run_bounded
from samestate.conformance.engines.clients.agave.bank import AgaveBank
from samestate.conformance.engines.clients.anvil.judging import AnvilChains
from samestate.conformance.engines.clients.anvil.node import HARDFORKS
from samestate.conformance.engines.clients.eels.chains import FORKS as FORKS_OF_EELS
from samestate.conformance.engines.clients.eels.judging import EelsChains
from samestate.conformance.engines.clients.ethereumjs.files import EthereumJsFiles, version_and_command
from samestate.conformance.engines.clients.geth.blocktest import GethBlocktest
from samestate.conformance.engines.clients.geth.chain_import import GethImport
from samestate.conformance.engines.clients.installed import PeerMissing, find_program
from samestate.conformance.engines.clients.judge import SELECTORS_OF_CHAINS, JudgeEngine
from samestate.conformance.engines.clients.litesvm.engine import (
    LiteSvmEngine,
    npm_version_and_command,
    solders_version_and_command,
)
from samestate.conformance.engines.clients.revm.btest import UNKNOWN, RevmBtest
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.exporting.networks import NETWORKS

EVERY: Final = frozenset(NETWORKS)
VERSION_SECONDS: Final = 30.0
EELS: Final = "ethereum-execution"
BANK_PROGRAM: Final = "samestate-bank"
EELS_PROGRAM: Final = "samestate.conformance.engines.clients.eels.program"


def evm_version() -> str:
    """Which of geth's ``evm`` is here."""
    return f"evm {version_of(find_program('evm'))}"


def geth(seconds: float) -> Engine:
    """geth's transition tool."""
    program = shlex.quote(find_program("evm"))
    return TransitionToolEngine(f"{program} t8n", RunBounds(seconds), id="geth")


def geth_blocktest(seconds: float) -> Engine:
    """geth's consumer of tests."""
    judge = GethBlocktest(find_program("evm"), RunBounds(seconds))
    return JudgeEngine("geth:blocktest", evm_version(), judge, EVERY)


def geth_import_version() -> str:
    """Which go-ethereum is in the program."""
    return f"go-ethereum {build_of(find_program('samestate-geth-engine'))}"


def geth_import(strategy: str, seconds: float) -> Engine:
    """geth's import."""
    is_parallel = strategy == "parallel"
    judge = GethImport(find_program("samestate-geth-engine"), is_parallel, seconds)
    forks = frozenset({"Amsterdam"}) if is_parallel else EVERY
    return JudgeEngine(f"geth:{strategy}", geth_import_version(), judge, forks, strategy=strategy)


def geth_sequential(seconds: float) -> Engine:
    """geth's import, one transaction after another."""
    return geth_import("sequential", seconds)


def geth_parallel(seconds: float) -> Engine:
    """geth's import from the block access list."""
    return geth_import("parallel", seconds)


def revm_version() -> str:
    """Which revme is here, as far as it says."""
    program = Path(find_program("revme")).resolve()
    try:
        record = (program.parent.parent / ".crates.toml").read_text(encoding="utf-8")  # where cargo has put it
    except OSError:
        record = ""
    found = re.search(r'"revme (\S+) ', record)
    return f"revme {found[1] if found is not None else version_of(str(program))}"


def revm(seconds: float) -> Engine:
    """revm's consumer of tests."""
    judge = RevmBtest(find_program("revme"), RunBounds(seconds))
    selectors = SELECTORS_OF_CHAINS - {"ommers", "rejections", "fork-transition", "proposed-access-list"}
    return JudgeEngine("revm", revm_version(), judge, EVERY - UNKNOWN, selectors)


def eels_version() -> str:
    """Which EELS is here."""
    try:
        return f"{EELS} {importlib.metadata.version(EELS)}"
    except importlib.metadata.PackageNotFoundError as error:
        raise PeerMissing(f"{EELS} is not installed: pip install 'samestate[peers]'") from error


def eels(seconds: float) -> Engine:
    """EELS in a process of its own."""
    version = eels_version()
    judge = EelsChains([sys.executable, "-m", EELS_PROGRAM], seconds)
    return JudgeEngine("eels", version, judge, frozenset(FORKS_OF_EELS), SELECTORS_OF_CHAINS - {"fork-transition"})


def ethereumjs_version() -> str:
    """Which ethereumjs is here."""
    return version_and_command()[0]


def ethereumjs(seconds: float) -> Engine:
    """ethereumjs."""
    version, command = version_and_command()
    return JudgeEngine("ethereumjs", version, EthereumJsFiles(command, seconds), EVERY)


def anvil_version() -> str:
    """Which anvil is here."""
    return f"anvil {version_of(find_program('anvil'))}"


def anvil(seconds: float) -> Engine:
    """anvil, which makes blocks: what it gives are receipts, and accounts that are compared with the right ones."""
    version = anvil_version()
    judge = AnvilChains(find_program("anvil"), seconds)
    selectors = SELECTORS_OF_CHAINS - {"rejections", "blobs", "ommers", "rewards", "fork-transition", "withdrawals"}
    outputs = frozenset({"gas_used", "receipts"})
    return JudgeEngine("anvil", version, judge, frozenset(HARDFORKS), selectors, outputs)


def agave_version() -> str:
    """Which Bank is in the program."""
    return f"solana-runtime {version_of(find_program(BANK_PROGRAM))}"


def agave(seconds: float) -> Engine:
    """Agave's Bank."""
    return AgaveBank("agave", agave_version(), [find_program(BANK_PROGRAM)], seconds)


def litesvm_solders_version() -> str:
    """Which solders is here."""
    return solders_version_and_command()[0]


def litesvm_solders(seconds: float) -> Engine:
    """LiteSVM out of solders, which has the ruleset of July."""
    version, command = solders_version_and_command()
    return LiteSvmEngine("litesvm:solders", version, command, "mainnet-2026-07", seconds)


def litesvm_npm_version() -> str:
    """Which LiteSVM npm has installed."""
    return npm_version_and_command()[0]


def litesvm_npm(seconds: float) -> Engine:
    """LiteSVM out of npm, which has the ruleset of September."""
    version, command = npm_version_and_command()
    return LiteSvmEngine("litesvm:npm", version, command, "mainnet-2026-09", seconds)


def version_of(program: str) -> str:
    """The first number of a version that a program says."""
    with folder_with() as folder:
        ended = run_bounded([program, "--version"], folder, RunBounds(seconds=VERSION_SECONDS, output=1 << 20))
        found = re.search(r"\d+(?:\.\d+)+", ended.stdout.read_text(encoding="utf-8", errors="replace"))
    return found[0] if found is not None else "of no version that it says"


def build_of(program: str) -> str:
    """The version of go-ethereum that a program says it was built with."""
    with folder_with() as folder:
        ended = run_bounded([program, "-version"], folder, RunBounds(seconds=VERSION_SECONDS, output=1 << 20))
        return ended.stdout.read_text(encoding="utf-8", errors="replace").strip()[:100]
