"""Outside engines: what they say is compared as far as they can tell, and what they do wrong is told clearly."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines.names import register
from samestate.conformance.engines.registry import CommandEngine, EngineFailure, SpecEngine, compare_engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS

pytestmark = pytest.mark.slow

FUNDED = "evm/funding/funded_by_an_earlier_transaction-amsterdam"
DESTROYED = "evm/self_destruct/destroyed_recreated_called-shanghai"

HELLO = """
import json, sys, time
from samestate.conformance.engines.registry import SpecEngine, PROTOCOL
from samestate.conformance.vectors.model import Case, OUTPUTS, SELECTORS
from samestate.conformance.vectors.comparing import accounts_of, changes_of
from samestate.conformance.vectors.machines import machine_of
spec = SpecEngine()
ACCESS = "keys"
DO = spec.capabilities.document()

def run(case):
    document = Case(case["id"], case["machine"]["name"], case["machine"]["fork"], case["machine"]["params"],
                    frozenset(case["selectors"]), case["pre"], tuple(case["blocks"]), case.get("parent"))
    return [dict(result) for result in spec.run(document)], document

def main(change, access="keys", outputs=OUTPUTS):
    for line in sys.stdin:
        question = json.loads(line)
        if question["type"] == "hello":
            capabilities = {**DO, "access": access, "outputs": list(outputs)}
            answer = {"protocol": PROTOCOL, "id": "outsider", "capabilities": capabilities}
        else:
            results, case = run(question["case"])
            answer = {"results": change(results, case)}
        print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CommandEngine]]:
    monkeypatch.setenv("PYTHONPATH", str(VECTORS.parent))
    started: list[CommandEngine] = []

    def make(body: str, seconds: float = 60) -> CommandEngine:
        script = tmp_path / f"engine{len(started)}.py"
        script.write_text(HELLO + body)
        made = CommandEngine(f"{sys.executable} {script}", seconds)
        started.append(made)
        return made

    yield make
    for each in started:
        each.close()


def is_running(process: int) -> bool:
    """Whether there is still a process of that number; one that has ended and waits for its parent is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def vector(identity: str) -> Vector:
    return load_vector_file(VECTORS / f"{identity}{SUFFIX}")


def test_an_outside_engine_is_compared_to_the_last_key(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("main(lambda results, case: results)")
    assert outsider.id == "outsider"
    for identity in (FUNDED, DESTROYED):
        assert compare_engine(outsider, vector(identity)) is None


def test_engines_that_record_less(engine: Callable[..., CommandEngine]) -> None:
    accounts = engine("""
def change(results, case):
    for result in results:
        result["access"] = [accounts_of(step, machine_of(case).account_of) for step in result["access"]]
        del result["depends"], result["receipts"]
    return results
main(change, "accounts", ["state_root"])""")
    writes = engine("""
def change(results, case):
    values = machine_of(case).state_values(case.pre)
    for result in results:
        result["access"] = [changes_of(step, values) for step in result["access"]]
    return results
main(change, "writes", ["state_root", "gas_used"])""")
    nothing = engine("""
main(lambda results, case: [{"status": r["status"], "state_root": r["state_root"]} for r in results],
     "none", ["state_root"])""")
    assert accounts.capabilities.access is Granularity.ACCOUNTS
    for outsider in (accounts, writes, nothing):
        for identity in (FUNDED, DESTROYED):
            assert compare_engine(outsider, vector(identity)) is None


def test_a_lost_credit_is_seen_by_writes(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("""
def change(results, case):
    values = machine_of(case).state_values(case.pre)
    for result in results:
        result["access"] = [changes_of(step, values) for step in result["access"]]
        result["access"][1]["writes"].popitem()
    return results
main(change, "writes", ["state_root"])""")
    assert "step 0: writes: balance" in str(compare_engine(outsider, vector(FUNDED)))


def test_a_difference_is_explained_by_the_dependency(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("""
def change(results, case):
    step = results[0]["access"][2]
    for key, read in step["reads"].items():
        if read["from"] == ["0"]:
            step["reads"][key] = {"value": "absent", "from": "pre"}
    results[0]["state_root"] = "0x" + "00" * 32
    return results
main(change)""")
    text = str(compare_engine(outsider, vector(FUNDED)))
    assert text.startswith("step 1: reads: balance 0xe1cf6543522c4d510bb4fdb934c69247af058d1e (poor): expected ")
    assert "0x0de0b6b3a7640000 from step 0, the engine gives absent from pre" in text
    assert "the engine gives absent, the value from before step 0: RAW on step 0 was missed" in text


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("print('good morning', flush=True); time.sleep(9)", "its answer is not JSON: 'good morning'"),
        ("print('[]', flush=True); time.sleep(9)", "its answer is not an object"),
        ("print('{}', flush=True); time.sleep(9)", "must have the protocol 'samestate-engine/1'"),
        ("sys.exit('no licence')", "died with exit code 1\n  no licence"),
        ("main(None, access='guesses')", 'access: must be one of keys, accounts, writes, none, not "guesses"'),
        ("main(None, outputs=['luck'])", "'luck' is not known"),
        ("main(None, outputs=[{}])", "outputs: must be a list of strings, not [{}]"),
        ("DO['selectors'] = ['ommers', 7]; main(None)", "selectors: must be a list of strings"),
        ("DO['machines'] = {'toy': 'toy'}; main(None)", 'machines: toy: must be a list of strings, not "toy"'),
        ("DO['machines'] = ['toy']; main(None)", "machines: must be a map from each machine to a list of its forks"),
        ("del DO['access']; DO = None\nprint(json.dumps({'protocol': PROTOCOL}))", "no proper capabilities"),
        ("print(json.dumps({'protocol': PROTOCOL, 'id': 7}))", "id: must be a string that is not empty, not 7"),
        ("print('[' * 200_000)", "nested deeper than 32 levels"),
        ('print(\'{"id": "\\\\ud800"}\')', "half a surrogate pair, '\\ud800'"),
    ],
)
def test_an_engine_that_cannot_say_hello(engine: Callable[..., CommandEngine], body: str, complaint: str) -> None:
    with pytest.raises(InputError) as raised:
        engine(body)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("sys.exit('out of luck')", "died with exit code 1\n  out of luck"),
        ("print('oops') or results", "its answer is not JSON: 'oops'"),
        ("'none'", "has no list 'results'"),
        ("[{'status': 'valid', 'colour': 'red'}]", "colour"),
        ("time.sleep(60)", "gave no answer within 3 seconds"),
        (r"'\ud800'", "half a surrogate pair, '\\ud800'"),
        ("print('[' * 200_000)", "nested deeper than 32 levels"),
        ('print(\'{"results": [], "results": []}\')', 'the name "results" is there twice in one object'),
        ("print('{\"results\": NaN}')", "its answer is not JSON: "),
        ("print('{\"a\":' * 33 + '1' + '}' * 33)", "nested deeper than 32 levels"),
    ],
)
def test_an_engine_that_fails_on_a_case(engine: Callable[..., CommandEngine], change: str, complaint: str) -> None:
    outsider = engine(f"main(lambda results, case: {change})")
    outsider.seconds = 3 if "sleep" in change else 60
    with pytest.raises(EngineFailure) as raised:
        outsider.run(vector(FUNDED).case)
    assert complaint in str(raised.value)


def test_brackets_in_strings_are_not_nested(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("""main(lambda results, case: print(json.dumps({"error": "[{" * 99 + '"' + "[" * 99})))""")
    with pytest.raises(EngineFailure, match=r"reports an error: \[\{\[\{"):
        outsider.run(vector(FUNDED).case)


def test_an_engine_that_does_not_read_is_stopped_in_time(engine: Callable[..., CommandEngine]) -> None:
    """The case is larger than a pipe, so that writing it waits for the engine."""
    outsider = engine("""
print(json.dumps({"protocol": PROTOCOL, "capabilities": DO}), flush=True)
if sys.stdin.readline(): time.sleep(600)""")
    assert outsider.process is not None
    outsider.seconds = 1
    case = vector(FUNDED).case
    began = time.monotonic()
    with pytest.raises(EngineFailure, match="gave no answer within 1 seconds, and was killed"):
        outsider.run(replace(case, params={**case.params, "filler": "0" * (1 << 20)}))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "stray",
    [
        "print(json.dumps({'type': 'log', 'text': 'done'}), flush=True) or results",
        "print(json.dumps({'results': [{'colour': 'red'}]}), flush=True) or results",
        "print(json.dumps({'results': [dict(results[0])]}), flush=True) or results",
    ],
)
def test_a_stray_line_fails_no_case_for_long(engine: Callable[..., CommandEngine], stray: str) -> None:
    """One line too many on the first case: at most that case and the next one fail, and never all that follow."""
    outsider = engine(f"main(lambda results, case: {stray} if 'london' in case.id else results)")
    first, right = vector("evm/funding/funded_to_the_last_wei-london"), vector(FUNDED)
    failed = []
    for each in (first, right, right, right):
        try:
            failed.append(compare_engine(outsider, each) is not None)
        except EngineFailure:
            failed.append(True)
        time.sleep(0.2)
    assert failed.count(True) == 1
    assert failed[2:] == [False, False]


def test_an_engine_says_hello_whenever_it_is_started(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("""
import pathlib
started = pathlib.Path(__file__).with_suffix(".started")
first = json.loads(sys.stdin.readline())
started.write_text((started.read_text() if started.exists() else "") + first["type"] + "\\n")
print(json.dumps({"protocol": PROTOCOL, "id": "outsider", "capabilities": DO}), flush=True)
main(lambda results, case: results if started.read_text().count("hello") > 1 else sys.exit(3))""")
    with pytest.raises(EngineFailure, match="exit code 3"):
        outsider.run(vector(FUNDED).case)
    assert compare_engine(outsider, vector(FUNDED)) is None
    (started,) = Path(outsider.arguments[1]).parent.glob("*.started")
    assert started.read_text() == "hello\nhello\n"


def test_an_engine_with_a_bad_hello_is_not_left_running(tmp_path: Path) -> None:
    """Nor what it has started itself, nor the engines that were started before it."""
    script, notes = tmp_path / "engine.sh", tmp_path / "processes"
    script.write_text(f"echo $$ >> {notes}\nsleep 600 &\necho $! >> {notes}\nread question\necho '{{}}'\nwait\n")
    with pytest.raises(InputError, match="must have the protocol"):
        find_engine(f"command:sh {script}")
    processes = [int(line) for line in notes.read_text().split()]
    assert len(processes) == 2
    deadline = time.monotonic() + 10
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, processes))


@pytest.mark.parametrize("command_line", ['"foo', "foo\\", "", "   "])
def test_a_command_that_is_no_command_line_is_bad_input(command_line: str) -> None:
    with pytest.raises(InputError, match=r"^--engine command:"):
        find_engine(f"command:{command_line}")


def test_what_an_engine_says_can_always_be_printed(tmp_path: Path) -> None:
    """On a terminal without the letters, too: the answer is told with what stands for them."""
    script = tmp_path / "engine.py"
    script.write_text(f"{HELLO}\nmain(lambda results, case: print(json.dumps({{'error': 'сломан'}})))")
    arguments = ["check", str(VECTORS / f"{FUNDED}{SUFFIX}"), "--engine", f"command:{sys.executable} {script}"]
    program = "from samestate.conformance.command import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": str(VECTORS.parent), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1, ended.stderr
    assert "the engine reports an error: \\u0441" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(InputError, match="cannot be started"):
        find_engine("command:/no/such/engine")


def test_an_engine_that_dies_fails_the_case_and_starts_again(engine: Callable[..., CommandEngine]) -> None:
    outsider = engine("main(lambda results, case: results if 'london' not in case.id else sys.exit(3))")
    with pytest.raises(EngineFailure, match="exit code 3"):
        outsider.run(vector("evm/funding/funded_to_the_last_wei-london").case)
    assert compare_engine(outsider, vector(FUNDED)) is None


def test_an_unknown_engine_is_bad_input() -> None:
    result = CliRunner().invoke(command.application, ["run", str(VECTORS / f"{FUNDED}{SUFFIX}"), "--engine", "nobody"])
    assert result.exit_code == 2
    assert "no engine is called 'nobody'; known are spec, " in result.stderr


def test_ids_are_taken_once() -> None:
    with pytest.raises(ValueError, match="taken"):
        register("spec", SpecEngine)


def test_engines_are_listed() -> None:
    listed = CliRunner().invoke(command.application, ["engines", "--engine", "spec"])
    assert listed.output.startswith("spec\n  version: samestate ")
    assert "\n  machine evm: Berlin" in listed.output
    assert '"access": "keys"' in CliRunner().invoke(command.application, ["engines", "--json", "-"]).output
