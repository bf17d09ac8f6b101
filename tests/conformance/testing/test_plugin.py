"""The plugin of pytest: a client's own tests have cases, on an engine that an option or a fixture names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from samestate.conformance.vectors.places import VECTORS

ROOT = Path(__file__).parents[3]
TOY = VECTORS / "toy" / "conflicts"
TESTS = f"""
import pytest

@pytest.mark.samestate({str(TOY)!r}, keyword="not later_one")
def test_client(samestate_case):
    samestate_case.check()
"""
ENGINE = """
import pytest
import samestate

@pytest.fixture(scope="session")
def samestate_engine():
    def execute(machine, block, state):
        return samestate.apply_block(machine, block, state)
    return samestate.block_engine("mine", execute, machines=["toy"])
"""


def run(folder: Path, tests: str, *words: str, conftest: str = "", python: str = sys.executable) -> tuple[int, str]:
    """The exit code and output of pytest on a file of tests, with the plugin named where it is not installed."""
    (folder / "test_client.py").write_text(tests, encoding="utf-8")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n", encoding="utf-8")
    named = ["-p", "samestate.conformance.testing.plugin"] if python == sys.executable else []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    if named:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    ended = subprocess.run(
        [python, "-m", "pytest", *named, "-rs", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def client() -> str:
    return f"--samestate-engine=command:{sys.executable} {ROOT / 'docs' / 'examples' / 'client.py'}"


def test_a_command_is_tested(tmp_path: Path) -> None:
    code, output = run(tmp_path, TESTS, client())
    assert code == 0, output
    assert "25 passed, 1 skipped" in output
    assert "the engine cannot do: multiple-blocks, rejections" in output


def test_a_difference_fails_the_test_and_is_explained(tmp_path: Path) -> None:
    code, output = run(tmp_path, TESTS.replace("not later_one", "later_one_is_quick"), client())
    assert code == 1
    assert "toy/conflicts/later_one_is_quick (toy)\ngas_used: expected 73740, the engine gives 70560" in output


def test_a_fixture_of_ones_own_is_the_engine(tmp_path: Path) -> None:
    code, output = run(tmp_path, TESTS, conftest=ENGINE)
    assert code == 0, output
    assert "26 passed" in output


def test_several_engines_have_each_case(tmp_path: Path) -> None:
    words = ("--samestate-engine=spec", "--samestate-engine=reference:w*", f"--samestate-path={TOY}")
    tests = "def test_client(samestate_case):\n    samestate_case.check()\n"
    code, output = run(tmp_path, tests, *words, "--collect-only")
    assert code == 0, output
    assert "test_client[spec-toy/conflicts/later_one_is_quick]" in output
    assert "test_client[reference:waves-toy/conflicts/later_one_is_quick]" in output


def test_without_an_engine_tests_are_skipped(tmp_path: Path) -> None:
    code, output = run(tmp_path, TESTS)
    assert code == 0
    assert "no engine is named: --samestate-engine=ID, or a fixture samestate_engine of one's own" in output


@pytest.mark.parametrize(
    ("tests", "words", "complaint"),
    [
        (TESTS, ("--samestate-engine=nobody",), "--samestate-engine: no engine is called 'nobody'"),
        (TESTS.replace("keyword", "keywords"), (), "the marker samestate has no keywords; it has paths, keyword, fork"),
        (TESTS.replace("not later_one", "nowhere_at_all"), (), "the marker samestate leaves no case"),
        (TESTS.replace("conflicts", "conflict"), (), "conflict"),
    ],
)
def test_what_cannot_be_is_told(tests: str, words: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    code, output = run(tmp_path, tests, *words)
    assert code not in (0, 1, 5), output
    assert complaint in output


def test_an_engine_that_is_not_here_fails(tmp_path: Path) -> None:
    code, output = run(tmp_path, TESTS, "--samestate-engine=command:/nowhere/client", "-x")
    assert code == 1
    assert "--engine command:/nowhere/client: cannot be started: No such file or directory" in output


def test_sessions_of_others_import_nothing(tmp_path: Path) -> None:
    """Whoever has this project installed pays for the plugin only where a test takes a case."""
    tests = "import sys\n\ndef test_a():\n    assert 'samestate.spec' not in sys.modules\n"
    code, output = run(tmp_path, tests)
    assert code == 0, output


@pytest.mark.slow
def test_the_wheel_has_the_plugin(tmp_path: Path) -> None:
    """In a fresh environment, whose libraries alone are those of this one."""
    build = ["build", "--build-base", str(tmp_path / "build")]
    wheel = ["bdist_wheel", "--bdist-dir", str(tmp_path / "wheel"), "--dist-dir", str(tmp_path / "dist")]
    environment = {**os.environ, "SAMESTATE_PURE": "1"}
    command = [sys.executable, "setup.py", "--quiet", *build, *wheel]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    (built,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = str(tmp_path / "venv" / "bin" / "python")
    site = Path(subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                               capture_output=True, encoding="utf-8", check=True).stdout.strip())  # fmt: skip
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(built)]
    subprocess.run(install, check=True, capture_output=True)
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    folder = tmp_path / "tests"
    folder.mkdir()
    code, output = run(folder, TESTS, client(), python=python)
    assert code == 0, output
    assert "25 passed, 1 skipped" in output


def test_markers_of_the_suite_are_known_to_whoever_runs_it_installed() -> None:
    """There is no pyproject.toml there, which names them too."""
    suite = ROOT / "conformance" / "suite"
    used = {name for path in suite.glob("*.py") for name in re.findall(r"pytest\.mark\.(\w+)", path.read_text("utf-8"))}
    named = re.findall(r'"markers", "(\w+):', (ROOT / "conformance" / "conftest.py").read_text("utf-8"))
    assert used - {"parametrize", "skipif"} == {*named}
