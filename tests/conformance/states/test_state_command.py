"""States on disk by the command line: put there, run on, looked at, verified, and refused where they are not usable."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from samestate.conformance.command import application
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import VECTORS
from samestate.optimized.stores.description import Description, describe
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import ACCOUNTS, META, NODES, Changes, Store
from samestate.spec.evm.block import Block, Header
from samestate.spec.evm.chain import to_payload
from samestate.spec.evm.forks import PARIS
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.transition import apply_block
from tests.conformance.checking import cases
from tests.conformance.checking.cases import blockchain_test, write
from tests.conformance.metering.scraping import Scraped, samples_of
from tests.spec.evm.test_state import witness_of

pytest.importorskip("lmdb")
pytest.importorskip("rocksdict")

KINDS = ["lmdb", "rocksdb"]
CHAIN = VECTORS / "evm/chains/delegated_a_block_before-prague.yaml"
ADDRESS = "0x" + "aa" * 20


def samestate(*arguments: object) -> Result:
    return CliRunner().invoke(application, [str(argument) for argument in arguments])


def document(*arguments: object) -> dict[str, Any]:
    result = samestate(*arguments, "--json", "-")
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}:{tmp_path / 'state'}"


def alloc(tmp_path: Path, **accounts: object) -> Path:
    given = accounts or {ADDRESS: {"balance": "0x5", "nonce": "0x2", "code": "0x6000", "storage": {"0x1": "0x7"}}}
    path = tmp_path / "alloc.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


def refused(result: Result) -> str:
    """The one line of bad input."""
    assert result.exit_code == 2, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("samestate: ")]
    assert "Traceback" not in result.output
    return line


# What it is made of


def test_an_allocation_becomes_a_state(place: str, tmp_path: Path) -> None:
    shown = document("state", place, "--import", alloc(tmp_path), "--fork", "Prague", "--account", ADDRESS, "--slot", 1)
    root = FlatState.from_alloc(json.loads((tmp_path / "alloc.json").read_text(encoding="utf-8"))).root()
    assert (shown["fork"], shown["height"], shown["root"]) == ("Prague", 0, f"0x{root.hex()}")
    assert shown["accounts"][ADDRESS] == {
        "is_there": True,
        "nonce": 2,
        "balance": "5",
        "code": "0x6000",
        "storage": {"0x1": "0x7"},
    }
    verified = document("state", place, "--verify")
    assert verified["damage"] is None
    assert verified["contents"] == {"accounts": 1, "slots": 1, "codes": 1, "nodes": 0}


def test_a_genesis_as_geth_writes_it(place: str, tmp_path: Path) -> None:
    genesis = {"config": {"chainId": 7}, "alloc": {"aa" * 20: {"balance": "5"}}, "number": "0x0", "gasLimit": "0x1"}
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(genesis), encoding="utf-8")
    shown = document("state", place, "--import", path, "--fork", "Cancun", "--account", ADDRESS)
    assert shown["accounts"][ADDRESS]["balance"] == "5"


def test_a_fixture_gives_its_genesis(place: str, tmp_path: Path) -> None:
    fixture = write(tmp_path / "fixture.json", {"it": blockchain_test()})
    shown = document("state", place, "--import", fixture)
    assert shown["height"] == 0 and len(shown["block_hash"]) == 66


def test_a_witness_that_proves_all_of_a_state(tmp_path: Path) -> None:
    from samestate.conformance.states.whole_witness import witnessed_accounts
    from samestate.optimized.evm.filling import Filler

    given = {f"0x{n:040x}": {"balance": hex(n + 1), "storage": {"0x1": hex(n + 1)}} for n in range(40)}
    given[ADDRESS] = {"nonce": "0x1", "code": "0x6001", "storage": {hex(n): "0x8" for n in range(90)}}
    state = FlatState.from_alloc(given)
    nodes = list(witness_of(state))
    store = parse_location(f"lmdb:{tmp_path / 'state'}").store(writable=True)
    filler = Filler(store)
    for account in witnessed_accounts("here", state.root(), nodes, [b"\x60\x01"]):
        filler.account(*account)
    assert filler.finish("Prague", 5, b"", state.root()).root == state.root()
    store.close()
    with pytest.raises(ValueError, match=r"here: lacks the node 0x.*: it proves a part of the state"):
        list(witnessed_accounts("here", state.root(), nodes[:-3], [b"\x60\x01"]))
    with pytest.raises(ValueError, match=r"here: lacks the code 0x"):
        list(witnessed_accounts("here", state.root(), nodes, []))


# Chains on it


def roots_of(path: Path) -> list[str]:
    return [
        str(expected["state_root"]) for expected in load_vector_file(path).expected if expected["status"] == "valid"
    ]


@pytest.mark.parametrize("engine", ["optimized", "optimized:block-stm", "spec"])
def test_a_chain_runs_on_a_state_as_in_memory(place: str, engine: str) -> None:
    result = samestate("run", CHAIN, "--state", place, "--engine", engine, "--json", "-")
    assert result.exit_code == 0, result.output
    given = json.loads(result.stdout)
    assert [block["state_root"] for block in given] == roots_of(CHAIN)
    shown = document("state", place, "--verify")
    assert shown["root"] == roots_of(CHAIN)[-1] and shown["height"] == len(given)
    again = samestate("run", CHAIN, "--state", place, "--json", "-")
    assert again.exit_code == 0 and json.loads(again.stdout) == []


def test_what_a_block_names_and_what_the_last_call_read_is_read_ahead(place: str) -> None:
    result = samestate("run", CHAIN, "--state", place, "--engine", "optimized:sequential")
    found = re.search(r"(\d+) keys ahead, which were met (\d+) times, (\d+) on demand", result.output)
    assert found is not None, result.output
    ahead, met, on_demand = map(int, found.groups())
    if place.startswith("lmdb"):  # whose workers ask it themselves, without the interpreter lock
        assert (ahead, met) == (0, 0) and on_demand > 0
    else:
        assert ahead > 0 and met > 0 and on_demand > 0


def test_a_block_is_told_once_it_is_in_the_store(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LMDB writes a block while the next one is executed; what is told then is there whatever comes."""
    from samestate.conformance.states import running
    from samestate.conformance.states.opening import OpenState

    seen: list[tuple[int, int]] = []

    def run(tell: Callable[[str], None]) -> None:
        from samestate.conformance.engines.registry import find_engine

        engine = find_engine("optimized:sequential")
        for _ in running.run_on_state(CHAIN, None, engine, place, tell=tell):
            pass
        engine.close()

    stores: list[Store] = []
    entered = OpenState.__enter__

    def enter(self: OpenState) -> OpenState:
        stores.append(self.store)
        return entered(self)

    def note(line: str) -> None:
        if found := re.match(r"block (\d+): committed: ", line):
            there = describe(stores[0], place)
            assert there is not None
            seen.append((int(found[1]), there.height))

    monkeypatch.setattr(OpenState, "__enter__", enter)
    run(note)
    assert [told for told, _ in seen] == list(range(1, len(seen) + 1)) and len(seen) > 1
    assert all(told <= there <= told + 1 for told, there in seen)


FIRST = 16_000_000


@pytest.fixture
def block_files(place: str, tmp_path: Path) -> Path:
    """A folder of block files that follow on one another, in no order of names; what they say of states is wrong.

    In the place is the state before them.
    """
    document("state", place, "--import", write(tmp_path / "alloc.json", cases.alloc()), "--fork", "Paris")
    changed(place, META, {b"height": str(FIRST - 1).encode()})
    state = FlatState.from_alloc(cases.alloc())
    parent: Header | None = None
    for nonce, name in enumerate(("c", "a", "b")):
        _, header = cases.block_file(FIRST + nonce, parent, nonce)
        block = Block(header, (decode_transaction(cases.transfer(nonce=nonce)),))
        state = apply_block(Evm(PARIS), to_payload(block, 1, {}), state).state()
        content, parent = cases.block_file(FIRST + nonce, parent, nonce, state.root())
        write(tmp_path / "blocks" / f"{name}.json", {**content, "preState": {}})
    return tmp_path / "blocks"


def test_block_files_are_a_chain_in_the_order_of_their_numbers(place: str, block_files: Path) -> None:
    run = ["run", block_files, "--state", place, "--engine", "optimized:sequential"]
    result = samestate(*run, "--case", str(FIRST))
    assert result.exit_code == 0 and f"block {FIRST}: committed" in result.output, result.output
    result = samestate(*run)
    assert result.exit_code == 0, result.output
    told = [line.partition(": ")[0::2] for line in result.stderr.splitlines() if line.startswith("block ")]
    assert [number for number, _ in told] == [f"block {FIRST + index}" for index in range(3)]
    assert "left out" in told[0][1] and all(words.startswith("committed") for _, words in told[1:])
    shown = document("state", place, "--verify")
    assert shown["height"] == FIRST + 2 and shown["damage"] is None


def test_block_files_that_are_no_chain(place: str, tmp_path: Path, block_files: Path) -> None:
    second = json.loads((block_files / "a.json").read_text(encoding="utf-8"))
    write(tmp_path / "twice" / "b.json", second)
    write(tmp_path / "twice" / "a.json", second)
    assert "has the number of" in refused(samestate("run", tmp_path / "twice", "--state", place))
    (block_files / "a.json").unlink()
    line = refused(samestate("run", block_files, "--state", place))
    assert "follows on block 0x" in line and "and the state is after block 0x" in line
    assert document("state", place)["height"] == FIRST
    strange = {**second, "header": {**second["header"], "parentHash": "0x" + "11" * 32}}
    write(block_files / "a.json", strange)
    line = refused(samestate("run", block_files, "--state", place))
    assert f"follows on block 0x{'11' * 32}" in line
    assert document("state", place)["height"] == FIRST


def test_what_a_state_counts_is_in_the_metrics(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scraped(monkeypatch) as scraped:
        result = samestate("run", CHAIN, "--state", place, "--engine", "optimized:sequential", "--metrics-port", 0)
    assert result.exit_code == 0, result.output
    samples = samples_of(scraped.pages[0])
    label = ("state", place)
    blocks = len(roots_of(CHAIN))
    assert samples["samestate_state_commits_total", (label,)] == blocks
    assert samples["samestate_state_block_duration_seconds_count", (label,)] == blocks
    told = re.search(r"(\d+) keys ahead, which were met (\d+) times, (\d+) on demand", result.output)
    assert told is not None
    ahead, met, asked = map(int, told.groups())
    reads = {kind: samples["samestate_state_reads_total", (("kind", kind), label)] for kind in ("ahead", "key")}
    assert reads == {"ahead": ahead, "key": asked} and samples["samestate_state_met_ahead_total", (label,)] == met
    assert samples["samestate_state_read_seconds_total", (label,)] > 0
    assert samples["samestate_state_written_records_total", (label,)] > blocks
    size = document("state", place)["bytes_on_disk"]
    # Files of RocksDB come and go, also when it is opened.
    assert samples["samestate_state_size_bytes", (label,)] == size or (size > 0 and place.startswith("rocksdb"))
    executed = {dict(labels)["engine"] for name, labels in samples if name == "samestate_blocks_total"}
    assert executed == {"optimized:sequential"}


def test_metrics_of_a_run_are_those_of_its_state(place: str) -> None:
    for option, value in (("--metrics-port", "0"), ("--metrics-address", "127.0.0.1")):
        assert f"{option} {value}: goes with --state alone" in refused(samestate("run", CHAIN, option, value))
    line = refused(samestate("run", CHAIN, "--state", place, "--metrics-address", "127.0.0.1"))
    assert "--metrics-address 127.0.0.1: goes with --metrics-port alone" in line


SOME = ("self_destruct", "storage_alone", "empty_accounts", "transitions", "base_fee")


@pytest.mark.parametrize("path", sorted(path for name in SOME for path in (VECTORS / "evm" / name).glob("*1*.yaml")))
def test_vectors_give_on_disk_what_they_expect(path: Path, tmp_path: Path) -> None:
    check_vector(path, tmp_path)


@pytest.mark.soak
def test_every_vector_gives_on_disk_what_it_expects(tmp_path: Path) -> None:
    paths = sorted((VECTORS / "evm").rglob("*.yaml"))
    ran = sum(check_vector(path, tmp_path / str(index)) for index, path in enumerate(paths))
    assert ran > len(paths) // 2


def check_vector(path: Path, folder: Path) -> bool:
    """Whether the blocks of a vector follow on one another; then what came out of them on disk was right."""
    from samestate.conformance.engines.registry import find_engine
    from samestate.conformance.errors import InputError
    from samestate.conformance.states.running import run_on_state

    vector = load_vector_file(path)
    engine = find_engine("optimized:sequential")
    try:
        given = list(run_on_state(path, None, engine, f"lmdb:{folder}?map_size=64M&sync=off"))  # type: ignore[arg-type]
    except InputError as error:
        assert re.search(r"branches|blocks between them are lacking|is of the machine|holds no case", str(error)), path
        return False
    finally:
        engine.close()
    if len(given) != len(vector.expected):
        return False  # the block of another branch, whose number the state is past
    for result, expected in zip(given, vector.expected, strict=True):
        assert (result["status"], result.get("state_root")) == (expected["status"], expected.get("state_root")), path
    return True


# Whatever is wrong with it


def test_what_is_no_place(tmp_path: Path) -> None:
    assert "must be lmdb:PATH or rocksdb:PATH" in refused(samestate("state", tmp_path))
    assert "map_size=lots: must be a number of bytes, as 16G" in refused(samestate("state", "lmdb:x?map_size=lots"))
    assert "no setting of rocksdb is called so: there are cache, sync" in refused(
        samestate("state", "rocksdb:x?size=1")
    )
    assert "sync=maybe: must be on or off" in refused(samestate("state", "lmdb:x?sync=maybe"))
    for setting in ("lmdb:x?map_size", "rocksdb:x?cache"):
        line = refused(samestate("state", f"{setting}=99999999999999999G"))
        assert "=99999999999999999G: must be at most 128T" in line
    assert "sync: is there twice" in refused(samestate("state", "lmdb:x?sync=off&sync=on"))


def test_there_is_no_state(place: str, tmp_path: Path) -> None:
    assert "there is no state: `samestate state PLACE --import FILE` makes one" in refused(samestate("state", place))
    assert not (tmp_path / "state").exists()


def test_where_a_state_is_already(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    line = refused(samestate("state", place, "--import", alloc(tmp_path), "--fork", "Prague"))
    assert "has a state already, at height 0" in line


def test_whose_state_it_is_must_be_said(place: str, tmp_path: Path) -> None:
    assert "--fork: must say whose state it is" in refused(samestate("state", place, "--import", alloc(tmp_path)))
    line = refused(samestate("state", place, "--import", alloc(tmp_path), "--fork", "Bogota"))
    assert "--fork Bogota: no fork is called so: there are" in line
    assert not Path(place.partition(":")[2]).exists()


def test_a_folder_with_a_state_of_the_other_kind(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    kind, _, folder = place.partition(":")
    (other,) = set(KINDS) - {kind}
    for options in ([], ["--import", tmp_path / "alloc.json", "--fork", "Prague"]):
        line = refused(samestate("state", f"{other}:{folder}", *options))
        assert f"the folder has a state in it of the kind {kind}: name another folder" in line
    assert document("state", place, "--verify")["damage"] is None


def test_a_state_of_another_fork(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", alloc(tmp_path), "--fork", "Cancun")
    line = refused(samestate("run", CHAIN, "--state", place))
    assert "is a state of the fork Cancun, at height 0: the blocks are of Prague" in line


def test_another_machine_has_no_states_on_disk(place: str) -> None:
    toy = next((VECTORS / "toy").rglob("*.yaml"))
    line = refused(samestate("run", toy, "--state", place))
    assert "is of the machine toy: only states of the evm lie on disk" in line


@pytest.mark.parametrize("engine", ["reference:block-stm", "optimized@processes"])
def test_an_engine_that_cannot_read_it(place: str, engine: str) -> None:
    line = refused(samestate("run", CHAIN, "--state", place, "--engine", engine))
    assert "only spec and the compiled engines read states on disk" in line


def changed(place: str, table: int, records: dict[bytes, bytes | None]) -> None:
    store = parse_location(place).store(writable=True)
    store.write(Changes((), {table: sorted(records.items())}))
    store.close()


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ({b"format": b"2"}, "has format b'2', and this version reads format 1"),
        ({b"machine": b"svm"}, "is a state of the machine b'svm', not of evm"),
        ({b"root": b"short"}, "what the state says of its height, hash or root is none: it is damaged"),
        ({b"height": b"-1"}, "what the state says of its height, hash or root is none: it is damaged"),
        ({b"fork": b"\xff"}, "what the state says of its fork is no name: it is damaged"),
        ({b"root": None}, "what the state says of itself lacks root: it is damaged, import it again"),
        ({b"more": b"1"}, "what the state says of itself has fields that are none: it is damaged, import it again"),
    ],
)
def test_what_a_state_says_of_itself_is_not_usable(
    place: str, tmp_path: Path, records: dict[bytes, bytes | None], said: str
) -> None:
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    changed(place, META, records)
    assert said in refused(samestate("state", place))


def test_an_import_that_was_cut_off_left_no_state(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    changed(place, META, dict.fromkeys((b"format", b"machine", b"fork", b"height", b"block_hash", b"root")))
    changed(place, NODES, {b"\x00stale": b"node"})
    assert "there is no state, or it was not put there to the end" in refused(samestate("state", place))
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    assert document("state", place, "--verify")["damage"] is None


def test_damage_is_found(place: str, tmp_path: Path) -> None:
    many = {f"0x{n:040x}": {"balance": hex(n + 1)} for n in range(90)}
    document("state", place, "--import", alloc(tmp_path, **many), "--fork", "Prague")
    store = parse_location(place).store(writable=True)
    name, value = next(store.iterate(ACCOUNTS))
    store.write(Changes((), {ACCOUNTS: [(name, value[:-1] + b"\x77")]}))
    store.close()
    result = samestate("state", place, "--verify")
    assert result.exit_code == 1
    assert "damaged: the node 0x0000, with 90 values below it, is another" in result.output


def test_files_of_something_else(tmp_path: Path) -> None:
    for kind, name in (("lmdb", "data.mdb"), ("rocksdb", "CURRENT")):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / name).write_bytes(b"nothing of the kind\n" * 1000)
        line = refused(samestate("state", f"{kind}:{folder}"))
        assert "damaged" in line, line


def test_a_file_without_anything_is_no_state_yet(tmp_path: Path) -> None:
    """As a kill, or a full disk, leaves it before the first byte."""
    folder = tmp_path / "lmdb"
    folder.mkdir()
    (folder / "data.mdb").touch()
    assert "there is no state: `samestate state PLACE --import" in refused(samestate("state", f"lmdb:{folder}"))
    assert samestate("state", f"lmdb:{folder}", "--import", alloc(tmp_path), "--fork", "Prague").exit_code == 0


HOLDER = """
import sys
from samestate.optimized.stores.opening import parse_location
store = parse_location(sys.argv[1]).store(writable=True)
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(place: str, tmp_path: Path) -> Iterator[str]:
    """A state that another process uses."""
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        yield place
        other.kill()


def test_a_state_that_another_process_uses(held: str) -> None:
    assert "another process uses this state: wait for it, or end it" in refused(samestate("state", held))
    assert "another process uses this state" in refused(samestate("run", CHAIN, "--state", held))


def test_a_map_size_that_is_reached(tmp_path: Path) -> None:
    many = {f"0x{n:040x}": {"balance": hex(n + 1), "storage": {"0x1": "0x2"}} for n in range(3000)}
    place = f"lmdb:{tmp_path / 'state'}"
    line = refused(
        samestate("state", f"{place}?map_size=128K", "--import", alloc(tmp_path, **many), "--fork", "Prague")
    )
    assert "the state has reached its map size of 131072 bytes: give more, as in lmdb:" in line
    assert "there is no state, or it was not put there to the end" in refused(samestate("state", place))
    assert document("state", place, "--import", tmp_path / "alloc.json", "--fork", "Prague")["height"] == 0


def test_a_block_that_does_not_fit_leaves_the_state_before_it(tmp_path: Path) -> None:
    from samestate.optimized.evm.stored import StoredWorld
    from samestate.optimized.stores.store import StoreFull

    place = f"lmdb:{tmp_path / 'state'}?map_size=256K"
    document("state", place, "--import", alloc(tmp_path), "--fork", "Prague")
    store = parse_location(place).store(writable=True)
    found = describe(store, place)
    assert found is not None
    world = StoredWorld(store, found.root)
    world.apply({b"\x01" + n.to_bytes(20, "big"): b"\x05" for n in range(5000)})
    with pytest.raises(StoreFull, match="map size of 262144 bytes"):
        world.commit(Description("Prague", 1, b"").records())
    assert world.root() == found.root and describe(store, place) == found
    world.apply({b"\x01" + b"\x05" * 20: b"\x05"})
    world.commit(Description("Prague", 1, b"").records())
    store.close()
    assert document("state", place, "--verify")["height"] == 1


def test_a_block_after_another_that_is_lacking(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", CHAIN)
    changed(place, META, {b"height": b"7", b"block_hash": b""})
    line = refused(samestate("run", CHAIN, "--state", place))
    assert "which is no block of this chain" in line
