"""The Python API: every example of its page runs and is typed, and what it gives is what the command gives."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import samestate
from samestate.conformance.api.machines import rejection_codes
from samestate.spec.toy.rejections import Invalid

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n# (\w+\.py)\n(.*?)```\n(?:\n```text\n(.*?)```)?", PAGE, re.DOTALL)
CROSSING = samestate.VECTORS / "toy" / "conflicts" / "crossing.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every example of the page."""
    folder = tmp_path_factory.mktemp("examples")
    for name, code, _ in EXAMPLES:
        (folder / name).write_text(code, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(("name", "output"), [(name, output) for name, _, output in EXAMPLES])
def test_an_example_prints_what_stands_below_it(folder: Path, name: str, output: str) -> None:
    if name == "forgetful.py":
        return
    done = run(folder, name)
    assert (done.stdout, done.stderr) == (output, "")


def test_a_script_is_the_command_with_one_engine_more(folder: Path) -> None:
    ((arguments, output),) = re.findall(r"\$ python (forgetful\.py [^\n]*)\n(.*?)```", PAGE, re.DOTALL)
    (told,) = re.findall(r"toy/conflicts/\w+\.yaml", arguments)
    for more in ((), ("--jobs", "2"), ("--timeout", "60")):
        done = run(folder, *arguments.replace(f"vectors/{told}", str(samestate.VECTORS / told)).split(), *more)
        said = done.stdout.replace(str(samestate.VECTORS), "vectors")
        assert without_time(said) == without_time(output)
        assert done.returncode == 1


def without_time(output: str) -> list[str]:
    return [line for line in output.splitlines() if not re.fullmatch(r"[\d.]+ s", line)]


def test_the_examples_are_typed(folder: Path) -> None:
    names = [str(folder / name) for name, _, _ in EXAMPLES]
    done = run(ROOT, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), *names)
    assert done.returncode == 0, done.stdout


def test_importing_takes_nothing_along() -> None:
    code = "import sys, samestate; print(sorted(name for name in sys.modules if name.startswith('samestate')))"
    assert run(ROOT, "-c", code).stdout == "['samestate']\n"


def test_nothing_but_processes_needs_the_compiled_engine() -> None:
    """An installation without the room `optimized` has all of the API."""
    code = (
        "import sys; sys.modules['samestate.optimized'] = None\n"
        "import samestate\n"
        "[getattr(samestate, name) for name in samestate.__all__]\n"
        f"print(samestate.check(*samestate.read({str(CROSSING)!r})).result.value)"
    )
    assert run(ROOT, "-c", code).stdout == "passed\n"


def test_every_name_is_there_and_has_a_docstring_and_a_place() -> None:
    tree = ast.parse((ROOT / "samestate" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("samestate.")
        for alias in node.names
    }
    fetched = {name: f"samestate.{module}" for module, names in samestate._NAMES.items() for name in names}
    assert typed == fetched
    assert sorted(typed) == sorted(samestate.__all__)
    for name in samestate.__all__:
        found = getattr(samestate, name)
        assert found.__doc__, name
        assert re.search(rf"`{name}\b", PAGE), f"{name} is not in the table of docs/python.md"
    assert set(samestate.__all__) <= set(dir(samestate))


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'reed'"):
        samestate.reed  # noqa: B018


# Reading and checking


def test_read_takes_vectors_and_fixtures_from_one_folder(tmp_path: Path) -> None:
    (tmp_path / "crossing.yaml").write_bytes(CROSSING.read_bytes())
    (tmp_path / "rlp.json").write_text('{"empty": {"in": "", "out": "0x80"}}')
    cases = list(samestate.read(str(tmp_path)))
    assert [case.id.rsplit("/", 1)[-1] for case in cases] == ["crossing", "rlp.json::empty"]
    assert [samestate.check(case).result for case in cases] == [samestate.Result.PASSED] * 2
    on_another = [samestate.check(case, "reference:sequential").result for case in cases]
    assert on_another == [samestate.Result.PASSED, samestate.Result.SKIPPED]


def test_read_says_what_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("format: [")
    with pytest.raises(samestate.InputError, match=r"broken\.yaml"):
        list(samestate.read(tmp_path))
    with pytest.raises(samestate.InputError, match="nowhere"):
        list(samestate.read(tmp_path / "nowhere"))
    with pytest.raises(samestate.InputError, match="atlantis"):
        list(samestate.read(CROSSING, chain="atlantis"))


def test_without_a_path_the_vectors_of_the_installation() -> None:
    first = next(samestate.read())
    assert Path(first.place).is_relative_to(samestate.VECTORS)


def test_an_unknown_engine_is_said_to_be_one() -> None:
    (vector,) = samestate.read(CROSSING)
    with pytest.raises(samestate.InputError, match="did you mean 'reference:waves'"):
        samestate.check(vector, "reference:wavs")


class Raising:
    """An engine with a fault."""

    id = "raising"
    capabilities = samestate.Capabilities(
        {"toy": frozenset({"toy"})}, frozenset(), frozenset({"gas_used"}), samestate.Granularity.NONE
    )

    def run(self, case: samestate.Case) -> Sequence[dict[str, Any]]:
        raise ZeroDivisionError("a fault")

    def close(self) -> None:
        """Nothing was started."""


def test_an_engine_that_raises_has_failed_and_one_that_cannot_is_skipped() -> None:
    (vector,) = samestate.read(CROSSING)
    verdict = samestate.check(vector, Raising())
    assert (verdict.result, verdict.engine) == (samestate.Result.FAILED, "raising")
    assert verdict.reason.startswith("raising crashed: ZeroDivisionError: a fault")
    (other,) = samestate.read(samestate.VECTORS / "toy" / "nonces" / "nonce_before_balance.yaml")
    assert samestate.check(other, Raising()).reason == "the engine cannot do: rejections"
    assert isinstance(other, samestate.Vector)
    with pytest.raises(samestate.InputError, match="the engine cannot do: rejections"):
        samestate.run(other, Raising())


def test_results_of_the_specification_compare_equal() -> None:
    (vector,) = samestate.read(CROSSING)
    assert isinstance(vector, samestate.Vector)
    assert samestate.compare(vector, samestate.run(vector)) is None


# The specification


@pytest.mark.parametrize("place", ["toy/conflicts/crossing.yaml", "evm/funding/funded_to_the_last_wei-amsterdam.yaml"])
def test_decoded_blocks_come_to_the_roots_of_the_vector(place: str) -> None:
    (vector,) = samestate.read(samestate.VECTORS / place)
    assert isinstance(vector, samestate.Vector)
    machine, state, blocks = samestate.decode(vector)
    for block, expected in zip(blocks, vector.expected, strict=True):
        state = samestate.apply_block(machine, block, state).state()
        assert f"0x{state.root().hex()}" == expected["state_root"]


def test_machines_by_name() -> None:
    assert samestate.evm("Osaka").fork.name == "Osaka"
    assert samestate.toy().merge(b"\x01" + bytes(20), None, 5) == b"\x05"
    with pytest.raises(samestate.InputError, match="'Atlantis'; known are Berlin"):
        samestate.evm("Atlantis")


# Machines of one's own


def test_values_are_a_state() -> None:
    state: samestate.State = samestate.Values({b"a1": b"1", b"a2": b"2", b"b1": b"3"}, lambda key: key[:1])
    after = state.apply({b"a3": b"4", b"b1": None}, [b"a"])
    assert [after.get(key) for key in (b"a1", b"a2", b"a3", b"b1")] == [None, None, b"4", None]
    assert state.get(b"a1") == b"1"
    assert after.root() == samestate.Values({b"a3": b"4"}).root() != state.root()
    assert [each.has_storage(b"b") for each in (state, after)] == [True, False]
    assert not samestate.Values({b"b1": b"3"}).has_storage(b"b"), "nobody owns a slot"


@pytest.fixture
def ballot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(folder))
    import ballot

    return ballot.Ballot()


@pytest.mark.parametrize("engine", ["optimized:block-stm", "command:true", "no-such"])
def test_an_engine_that_has_no_machine_of_ones_own(ballot: Any, engine: str) -> None:
    with pytest.raises(samestate.InputError, match=r"machines of one's own|no engine is called"):
        samestate.execute(ballot, (), samestate.Values({}), engine)


@pytest.mark.parametrize("engine", ["reference:access-list", "optimized:access-list@processes"])
def test_no_list_no_execution_from_one(ballot: Any, engine: str) -> None:
    with pytest.raises(samestate.InputError, match="access lists, which machines of one's own have not"):
        samestate.check_machine(ballot, (), samestate.Values({}), engine)


def test_too_many_workers_are_said_to_be(ballot: Any) -> None:
    with pytest.raises(samestate.InputError, match="99999 workers"):
        samestate.execute(ballot, (), samestate.Values({}), "reference:locks", workers=99_999)


def test_a_rejected_block_is_compared_too(ballot: Any) -> None:
    block = ((b"a", b"yes"), (b"b", b"no"), (b"a", b"no"))
    assert samestate.check_machine(ballot, block, samestate.Values({}), "reference:block-stm") == ""
    with pytest.raises(samestate.Rejection, match="has voted before: a") as caught:
        samestate.execute(ballot, block, samestate.Values({}), "reference:waves")
    assert caught.value.transaction == 2


class Forgetting:
    """A ballot whose votes count twice where they are executed in parallel: it keeps state, which no machine may."""

    def __init__(self, ballot: Any) -> None:
        self.ballot, self.blocks = ballot, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ballot, name)

    def start(self, block: Any) -> int:
        self.blocks += 1
        return self.blocks


def test_a_machine_that_keeps_state_is_found_out(ballot: Any) -> None:
    told = samestate.check_machine(Forgetting(ballot), ((b"a", b"yes"),), samestate.Values({}), "reference:locks")
    assert told == "step 0: receipt: expected 2, and it is 3"


def test_a_rejection_code_is_the_machines_own_where_its_module_has_it() -> None:
    assert rejection_codes(Invalid.__module__, "NONCE_TOO_LOW") == {"NONCE_TOO_LOW": Invalid.NONCE_TOO_LOW}
    (made,) = rejection_codes("nowhere", "NONCE_TOO_LOW").values()
    assert isinstance(made, samestate.RejectionCode)
    assert (made.name, made is Invalid.NONCE_TOO_LOW) == ("NONCE_TOO_LOW", False)
