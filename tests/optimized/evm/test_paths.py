"""Random programs on the block path and on the exact path of the compiled EVM: nothing that shows may differ."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

forks = pytest.importorskip("samestate.optimized.evm.forks", reason="needs the compiled engine")

HERE = Path(__file__).parent / "paths"
ROOT = Path(__file__).parents[3]
COMPILER = (sysconfig.get_config_var("CXX") or "c++").split()[0]
COMMON = ("-std=c++17", "-O1", "-pthread", f"-I{ROOT}", f"-I{HERE}")
WAYS = {
    "threaded": (),
    "leaving early": ("-DSAMESTATE_LEAVES_EARLY",),
    "switched": ("-DSAMESTATE_SWITCHED",),
}

pytestmark = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="needs a C++ compiler")


def rules_of_forks() -> str:
    """A C++ function that gives the rules of each fork by its name."""
    lines = ["#include <string>", '#include "samestate/optimized/evm/rules.hpp"']
    lines.append("inline samestate::evm::Rules rules_of(const std::string& fork) {\n    samestate::evm::Rules rules{};")
    for fork in forks.FORKS.values():
        lines.append(f'    if (fork == "{fork.name}") {{')
        lines += [
            f'        samestate::evm::set_number(rules, "{name}", {value}u);' for name, value in fork.numbers.items()
        ]
        for opcode, gas in fork.instructions.items():
            lines.append(f"        rules.defined[{opcode}] = 1; rules.gas[{opcode}] = {gas};")
        lines.append("    }")
    return "\n".join([*lines, "    return rules;", "}", ""])


def built(name: str, flags: tuple[str, ...], folder: Path) -> Path:
    """A program of this folder, compiled."""
    (folder / "rules_of_forks.hpp").write_text(rules_of_forks(), encoding="utf-8")
    program = folder / name
    source = str(HERE / f"{name}.cpp")
    subprocess.run([COMPILER, *COMMON, *flags, f"-I{folder}", source, "-o", str(program), "-ldl"], check=True)
    return program


@pytest.mark.parametrize("way", ["threaded", "leaving early", pytest.param("switched", marks=pytest.mark.slow)])
def test_both_paths_do_the_same(way: str, tmp_path: Path) -> None:
    program = built("both_paths", WAYS[way], tmp_path)
    result = subprocess.run([program, "1", "2000"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    assert result.stdout.startswith("24000 runs")


@pytest.mark.sanitizers
@pytest.mark.parametrize(
    ("name", "sanitizers", "arguments"),
    [("both_paths", "address,undefined", ("1", "500")), ("shared_codes", "thread", ())],
)
def test_sanitizers_report_nothing(name: str, sanitizers: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    program = built(name, ("-g", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"), tmp_path)
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
