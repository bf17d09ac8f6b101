"""States in stores: the same roots as in memory, whatever changes, and nothing there that does not belong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samestate.optimized.evm.filling import Filler, check, flat_number
from samestate.optimized.evm.sorted import hash_of
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.evm.world import World
from samestate.optimized.stores.description import Description, describe
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import NODES, Store, StoreDamaged, StoreFull
from samestate.spec.evm.state import FlatState

KINDS = ["lmdb", "rocksdb"]
Opened = Callable[[], Store]


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    pytest.importorskip({"lmdb": "lmdb", "rocksdb": "rocksdict"}[request.param])
    return lambda: parse_location(f"{request.param}:{tmp_path / 'state'}?sync=off").store(writable=True)


def fill(store: Store, state: FlatState, fork: str = "Prague") -> Description:
    """A state of the specification's, put into a store."""
    filler = Filler(store)
    addresses = {*state.accounts, *state.storage, *state.empty_accounts}
    for digest, address in sorted((hash_of(address), address) for address in addresses):
        account = state.accounts.get(address)
        slots = sorted(
            (hash_of(slot.to_bytes(32, "big")), flat_number(value))
            for slot, value in state.storage.get(address, {}).items()
        )
        if account is None:
            filler.account(digest, 0, 0, b"", slots)
        else:
            filler.account(digest, account.nonce, account.balance, account.code, slots)
    return filler.finish(fork, 0)


def committed(store: Store, world: StoredWorld, height: int) -> bytes:
    root = world.commit(Description("Prague", height, b"").records())
    found = describe(store, "here")
    assert found is not None and (found.height, found.root) == (height, root)
    return root


def slots_below(prefix: str, count: int) -> list[int]:
    """Slots whose hashes begin alike, so that their trie begins with an extension."""
    found = []
    slot = 0
    while len(found) < count:
        if hash_of(slot.to_bytes(32, "big")).hex().startswith(prefix):
            found.append(slot)
        slot += 1
    return found


def number(value: int) -> bytes | None:
    return flat_number(value) or None


def test_an_empty_state_becomes_one_with_accounts_code_and_storage(opened: Opened) -> None:
    store = opened()
    assert describe(store, "here") is None
    description = fill(store, FlatState({}, {}))
    world, in_memory = StoredWorld(store, description.root), World()
    assert world.root() == in_memory.root()
    changes = {
        b"\x01" + b"a" * 20: b"\x05",
        b"\x02" + b"a" * 20: b"\x01",
        b"\x03" + b"a" * 20: b"\x60\x00",
        b"\x04" + b"a" * 20 + bytes(32): b"\x07",
        b"\x00" + b"b" * 20: b"\x01",
    }
    world.apply(changes)
    in_memory.apply(changes)
    assert committed(store, world, 1) == in_memory.root()
    for key in changes:
        assert world.get(key) == in_memory.get(key) == changes[key]
    assert not world.has_storage(b"a" * 20) and world.get(b"\x01" + b"c" * 20) is None
    assert check(store, describe(store, "here")) == (2, 1, 1, 0)
    world.close()


def test_it_is_there_when_it_is_opened_again(opened: Opened) -> None:
    store = opened()
    world = StoredWorld(store, fill(store, FlatState({}, {})).root)
    world.apply({b"\x01" + bytes((n,)) * 20: b"\x05" for n in range(60)})
    root = committed(store, world, 7)
    world.close()
    store = opened()
    found = describe(store, "here")
    assert found == Description("Prague", 7, root)
    world = StoredWorld(store, found.root)
    assert world.get(b"\x01" + b"\x09" * 20) == b"\x05" and world.root() == root
    world.close()


def test_what_is_not_committed_is_let_go_of(opened: Opened) -> None:
    store = opened()
    world = StoredWorld(store, fill(store, FlatState({}, {})).root)
    world.apply({b"\x01" + bytes((n,)) * 20: b"\x05" for n in range(60)})
    root = committed(store, world, 1)
    world.apply({b"\x01" + bytes((n,)) * 20: None for n in range(50)})
    assert world.root() != root
    world.revert()
    assert world.root() == root
    world.apply({b"\x01" + b"\xee" * 20: b"\x05"})
    committed(store, world, 2)
    assert check(store, describe(store, "here")).accounts == 61
    world.close()


def random_blocks(seed: int, addresses: int, slots: list[int], sizes: list[int]) -> Iterator[tuple[dict, list]]:
    """Changes and wipes of some blocks: values come, change and go."""
    draw = random.Random(seed)
    owners = [hash_of(bytes((n % 256, n // 256)))[:20] for n in range(addresses)]
    for size in sizes:
        changes: dict[bytes, bytes | None] = {}
        wipes = [draw.choice(owners) for _ in range(draw.choice((0, 0, 0, 1)))]
        for _ in range(size):
            owner = draw.choice(owners)
            contract = owners[draw.randrange(3)]
            kind = draw.randrange(10)
            if kind < 3:
                changes[b"\x01" + owner] = number(draw.choice((0, 0, 1, 7, 2**70)))
            elif kind == 3:
                changes[b"\x02" + owner] = number(draw.choice((0, 3, 2**63)))
            elif kind == 4:
                changes[b"\x03" + owner] = draw.choice((None, b"\x00", bytes(range(40))))
            else:
                key = b"\x04" + contract + draw.choice(slots).to_bytes(32, "big")
                changes[key] = number(draw.choice((0, 0, 1, 200, 2**255)))
        yield changes, wipes


SIZES = [1, 3, 200, 40, 400, 40, 600, 30, 30, 600, 200, 5]


def random_chain(seed: int) -> Iterator[tuple[dict, list]]:
    """Blocks of those sizes, whose slots lie close together."""
    return random_blocks(seed, 120, [*range(50), *slots_below("a7", 60)] if seed else slots_below("a7", 80), SIZES)


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_give_the_roots_of_a_state_in_memory(opened: Opened, seed: int) -> None:
    store = opened()
    world, in_memory, state = StoredWorld(store, fill(store, FlatState({}, {})).root), World(), FlatState({}, {})
    for height, (changes, wipes) in enumerate(random_chain(seed), 1):
        world.apply(changes, wipes)
        in_memory.apply(changes, wipes)
        state = state.apply(changes, wipes)
        # An account that is emptied leaves no empty account here, as after EIP-158.
        assert committed(store, world, height) == in_memory.root() == state.root(), height
        check(store, describe(store, "here"))
        if height % 4 == 0:
            world.close()
            store = opened()
            world = StoredWorld(store, in_memory.root())
    world.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_state_is_whole_while_it_is_written(opened: Opened, seed: int) -> None:
    """What was committed and is still being written is read by whoever executes the next block, and makes its root."""
    store = opened()
    world, in_memory, state = StoredWorld(store, fill(store, FlatState({}, {})).root), World(), FlatState({}, {})
    for height, (changes, wipes) in enumerate(random_chain(seed), 1):
        world.apply(changes, wipes)
        in_memory.apply(changes, wipes)
        state = state.apply(changes, wipes)
        root = world.commit(Description("Prague", height, b"").records(), workers=1 + seed, waits=False)
        assert root == in_memory.root() == state.root(), height
        for key in changes:
            assert world.get(key) == in_memory.get(key), key.hex()
        for owner in wipes:
            assert world.has_storage(owner) == in_memory.has_storage(owner)
        if height % 3 == 0:
            world.apply({b"\x01" + b"\xee" * 20: b"\x05"})
            world.revert()  # of which nothing is to stay, but what was committed
            assert world.root() == root
        if height % 5 == 0:
            world.settle()
            found = describe(store, "here")
            assert found is not None and (found.height, found.root) == (height, root)
            check(store, found)
    world.close()
    store = opened()
    found = describe(store, "here")
    assert found == Description("Prague", len(SIZES), root)
    check(store, found)
    store.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_tries_that_are_folded_after_each_block_give_the_same_roots(opened: Opened, workers: int) -> None:
    """In tries so large that many parts are hashed together nothing of them is kept that is not asked for again."""
    store = opened()
    world, in_memory = StoredWorld(store, fill(store, FlatState({}, {})).root, fold_after=0, kept_depth=1), World()
    sizes = [30_000, 500, 2000, 1, 900, 3000, 300, 900, 40]
    for height, (changes, wipes) in enumerate(random_blocks(workers, 3000, [*range(3000)], sizes), 1):
        # Storages are wiped when their turn comes, and large again after that.
        wipes = wipes if height > 4 else []
        world.apply(changes, wipes)
        in_memory.apply(changes, wipes)
        root = world.commit(Description("Prague", height, b"").records(), workers=workers, waits=False)
        assert root == in_memory.root(), height
        # Roots, what is one nibble down, and with what leads to storages of their own at most three times that.
        assert world.counts()["kept"] < 16 * 17 * 4, height
    assert world.counts()["values"] > 20_000 and world.counts()["nodes"] > 100
    world.close()
    store = opened()
    found = describe(store, "here")
    assert found is not None and found.root == in_memory.root()
    check(store, found)
    store.close()


def test_a_write_that_fails_behind_is_told_and_leaves_what_was_before(tmp_path: Path) -> None:
    pytest.importorskip("lmdb")
    store = parse_location(f"lmdb:{tmp_path / 'state'}?map_size=512K&sync=off").store(writable=True)
    world = StoredWorld(store, fill(store, FlatState({}, {})).root)
    world.apply({b"\x01" + b"\x05" * 20: b"\x05"})
    root = committed(store, world, 1)
    for tells in (world.settle, lambda: world.commit(Description("Prague", 3, b"").records()), world.root):
        world.apply({b"\x01" + n.to_bytes(20, "big"): b"\x05" for n in range(20_000)})
        larger = world.commit(Description("Prague", 2, b"").records(), waits=False)
        assert world.root() == larger != root and world.get(b"\x01" + (9).to_bytes(20, "big")) == b"\x05"
        if tells == world.root:
            with pytest.raises(StoreFull, match="map size of 524288 bytes"):
                world.close()
            break
        if tells != world.settle:
            world.apply({b"\x01" + b"\x06" * 20: b"\x05"})
        with pytest.raises(StoreFull, match="map size of 524288 bytes"):
            tells()
        assert world.root() == root and describe(store, "here") == Description("Prague", 1, root)
        assert world.get(b"\x01" + (9).to_bytes(20, "big")) is None
    store = parse_location(f"lmdb:{tmp_path / 'state'}").store(writable=True)
    found = describe(store, "here")
    assert found == Description("Prague", 1, root)
    check(store, found)
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_store_is_the_same_however_the_state_came_about(kind: str, tmp_path: Path) -> None:
    """Nothing of earlier states is left: a state that was filled at once has the same values, and no fewer nodes."""
    pytest.importorskip({"lmdb": "lmdb", "rocksdb": "rocksdict"}[kind])
    grown = parse_location(f"{kind}:{tmp_path / 'grown'}?sync=off").store(writable=True)
    world, state = StoredWorld(grown, fill(grown, FlatState({}, {})).root), FlatState({}, {})
    for height, (changes, wipes) in enumerate(random_blocks(5, 300, slots_below("3", 100), [500] * 12), 1):
        world.apply(changes, wipes)
        state = state.apply(changes, wipes)
        committed(grown, world, height)
    at_once = parse_location(f"{kind}:{tmp_path / 'at_once'}?sync=off").store(writable=True)
    assert fill(at_once, state).root == state.root() == world.root()
    for table in range(NODES):
        if table != 2:  # codes stay
            assert list(grown.iterate(table)) == list(at_once.iterate(table))
    assert {*at_once.iterate(NODES)} <= {*grown.iterate(NODES)}
    world.close()
    at_once.close()


def test_a_damaged_value_is_found_by_whoever_changes_what_is_beside_it(opened: Opened) -> None:
    from samestate.optimized.stores.store import ACCOUNTS, Changes

    store = opened()
    world = StoredWorld(store, fill(store, FlatState({}, {})).root)
    addresses = [hash_of(bytes((n,)))[:20] for n in range(100)]
    world.apply({b"\x01" + address: b"\x05" for address in addresses})
    root = committed(store, world, 1)
    name = hash_of(addresses[3])
    store.write(Changes((), {ACCOUNTS: [(name, b"\x00\x01\x06")]}))
    with pytest.raises(StoreDamaged, match="with 100 values below it, is another"):
        check(store, describe(store, "here"))
    world = StoredWorld(store, root)
    from samestate.optimized.evm.trie import MalformedNode

    with pytest.raises(MalformedNode, match="damaged"):
        world.apply({b"\x01" + addresses[3]: b"\x09"})
    world.close()
