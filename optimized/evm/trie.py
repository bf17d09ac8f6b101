"""The commitment to a state: a trie of accounts, each of which commits to a trie of its storage.

The tries themselves are C++ (state_trie.hpp), which the compiled engine uses without Python. Here they are for whoever
has changes at hand as bytes. Other threads run while roots are computed.
"""

import cython
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp.vector import vector

# A packed account: address, which parts are set and whether it is held, nonce, balance, code hash.
ACCOUNT_SIZE = cython.declare(cython.int, 20 + 2 + 8 + 32 + 32)
# A packed slot: address, slot, value.
SLOT_SIZE = cython.declare(cython.int, 20 + 32 + 32)

EMPTY_CODE_HASH = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
MAXIMUM_WORKERS = 256


class MissingNode(LookupError):  # noqa: N818 - says what is wrong with the partial state
    """A partial state lacks a node or a code: its hash, whose it is, and on the way to which slot, where to one."""

    def __init__(self, what: str, hash: bytes, address: bytes, slot: int | None = None) -> None:
        super().__init__(what, hash, address, slot)
        self.what = what
        self.hash = hash
        self.address = address
        self.slot = slot

    def __str__(self) -> str:
        return f"{self.what} is missing"


class MalformedNode(ValueError):  # noqa: N818 - says what is wrong with the node
    """Bytes that hash to what their parent says, but are no node."""


def pack_account(address: bytes, *, held=None, nonce=None, balance=None, code_hash=None, wiped=False) -> bytes:
    """What has become of an account. Parts that are None stay as they are.

    ``held``: whether the account is in the state, be it with nothing (EIP-161); ``wiped``: all its storage vanishes
    before slots change. Numbers are checked: OverflowError for one that does not fit.
    """
    if len(address) != 20 or (code_hash is not None and len(code_hash) != 32):
        raise ValueError("an address must be 20 bytes, and a code hash 32")
    parts = HELD * (held is not None) | NONCE_SET * (nonce is not None) | BALANCE_SET * (balance is not None)
    parts |= CODE_SET * (code_hash is not None) | WIPED * bool(wiped)
    return b"".join(
        [
            address,
            bytes((parts, bool(held))),
            (nonce or 0).to_bytes(8, "big"),
            (balance or 0).to_bytes(32, "big"),
            code_hash or bytes(32),
        ]
    )


def pack_slot(address: bytes, slot: int, value: int) -> bytes:
    """What has become of a slot. A value of zero takes it out."""
    if len(address) != 20:
        raise ValueError("an address must be 20 bytes")
    return address + slot.to_bytes(32, "big") + value.to_bytes(32, "big")


@cython.cclass
class StateTrie:
    """A state as its tries know it, whole or partial. It changes in place: :meth:`update` puts in what a block changed.

    With ``root`` it is the state with that root hash, of which ``nodes`` (of both kinds of trie, in any order) and
    ``codes`` are known. Reading and updating raise MissingNode where it lacks a node, and MalformedNode where a node is
    none. After an update that failed so, it is good for nothing any more.
    """

    def __init__(self, root=None, nodes=(), codes=()) -> None:
        # Their bytes stay where they are as long as the list keeps them.
        self.kept = []
        self.is_broken = False
        self.keep(cython.address(self.nodes), nodes)
        self.keep(cython.address(self.codes), codes)
        if root is not None:
            if len(root) != 32:
                raise ValueError("a root must be 32 bytes")
            self.tries.begin_partial(bytes_of(root), cython.address(self.nodes))

    def keep(self, preimages: cython.pointer(Preimages), given: object) -> cython.int:
        """Take in bytes by their hashes, and keep them."""
        places: vector[Bytes]
        place: Bytes
        data: bytes
        for data in given:
            self.kept.append(data)
            place.data = bytes_of(data)
            place.length = len(data)
            places.push_back(place)
        preimages.add(places.data(), places.size())
        return 0

    def update(self, accounts: bytes = b"", slots: bytes = b"", workers: int = 1) -> None:
        """Put in what has changed: records of :func:`pack_account` and :func:`pack_slot`, one after another.

        Per account, storage is wiped first. A slot must be named once. To go back, put in what was there before.
        """
        account_changes: vector[AccountChange]
        slot_changes: vector[SlotChange]
        account: AccountChange
        slot: SlotChange
        threads: cython.size_t = thread_count(workers)
        position: cython.pointer(cython.const[uint8_t])
        _: cython.size_t
        account_count: cython.size_t = len(accounts) // ACCOUNT_SIZE
        slot_count: cython.size_t = len(slots) // SLOT_SIZE
        self.check()
        if len(accounts) % ACCOUNT_SIZE or len(slots) % SLOT_SIZE:
            raise ValueError(f"packed changes must be records of {ACCOUNT_SIZE} and {SLOT_SIZE} bytes")
        account_changes.reserve(account_count)
        slot_changes.reserve(slot_count)
        position = bytes_of(accounts)
        for _ in range(account_count):
            memcpy(account.address.bytes, position, 20)
            account.parts = position[20]
            account.is_held = position[21] != 0
            account.nonce = load_be64(position + 22)
            account.balance = load_be(position + 30)
            memcpy(account.code_hash.bytes, position + 62, 32)
            account_changes.push_back(account)
            position += ACCOUNT_SIZE
        position = bytes_of(slots)
        for _ in range(slot_count):
            memcpy(slot.address.bytes, position, 20)
            slot.slot = load_be(position + 20)
            slot.value = load_be(position + 52)
            slot_changes.push_back(slot)
            position += SLOT_SIZE
        self.put(account_changes.data(), account_count, slot_changes.data(), slot_count, threads)

    def put(
        self,
        accounts: cython.pointer(cython.const[AccountChange]),
        account_count: cython.size_t,
        slots: cython.pointer(cython.const[SlotChange]),
        slot_count: cython.size_t,
        workers: cython.size_t,
    ) -> cython.int:
        """The same for changes that are at hand as C++ has them."""
        gap: StateGap
        self.check()
        self.is_broken = True
        with cython.nogil:
            self.tries.update(accounts, account_count, slots, slot_count, workers, gap)
        raise_gap(cython.address(gap))
        self.is_broken = False
        return 0

    def root(self, workers: int = 1) -> bytes:
        """The state root. Hashes what has changed since it was asked for last, on so many threads."""
        root: uint8_t[32]
        threads: cython.size_t = thread_count(workers)
        self.check()
        with cython.nogil:
            self.tries.root(threads, root)
        return cython.cast(cython.p_char, root)[:32]

    def account(self, address: bytes):
        """Nonce, balance, code hash and whether there is storage; None where there is no such account."""
        name: Address
        gap: StateGap
        value: AccountValue
        balance: uint8_t[32]
        found: cython.bint
        self.check()
        to_address(cython.address(name), address)
        found = self.tries.read_account(name, value, gap)
        raise_gap(cython.address(gap))
        if not found:
            return None
        value.balance.store_be(balance)
        return (
            value.nonce,
            int.from_bytes(cython.cast(cython.p_char, balance)[:32], "big"),
            cython.cast(cython.p_char, value.code_hash.bytes)[:32],
            bool(value.has_storage()),
        )

    def slot(self, address: bytes, slot: int) -> int:
        """The value of a slot; zero where it is absent."""
        name: Address
        gap: StateGap
        key: bytes = slot.to_bytes(32, "big")
        value: uint8_t[32]
        self.check()
        to_address(cython.address(name), address)
        self.tries.read_slot(name, load_be(bytes_of(key)), gap).store_be(value)
        raise_gap(cython.address(gap))
        return int.from_bytes(cython.cast(cython.p_char, value)[:32], "big")

    def code(self, address: bytes) -> bytes:
        """The code of an account, from the codes that the state was made with."""
        account = self.account(address)
        if account is None or account[2] == EMPTY_CODE_HASH:
            return b""
        code_hash: bytes = account[2]
        found: cython.pointer(cython.const[Bytes]) = self.codes.find(bytes_of(code_hash))
        if found == cython.NULL:
            raise MissingNode(f"code 0x{code_hash.hex()} of account 0x{address.hex()}", code_hash, address)
        return cython.cast(cython.p_char, found.data)[: found.length]

    def check(self) -> cython.int:
        """Raise ValueError after an update that failed."""
        if self.is_broken:
            raise ValueError("an update of this state failed: it is good for nothing any more")
        return 0


def secure_root(pairs) -> bytes:
    """The root of a secure trie of any values, into which pairs of key and value are put one after another.

    An empty value takes its key out. Values have at most 1,024 bytes.
    """
    trie: BytesTrie
    root: uint8_t[32]
    for key, value in pairs:
        if not trie.set(bytes_of(key), len(key), bytes_of(value), len(value)):
            raise ValueError(f"a value must be at most 1024 bytes, not {len(value)}")
    trie.root(root)
    return cython.cast(cython.p_char, root)[:32]


def bytes_of(data: bytes) -> cython.pointer(cython.const[uint8_t]):
    """Where the bytes of an object are."""
    return cython.cast(cython.pointer(uint8_t), cython.cast(cython.p_char, data))


def thread_count(workers: object) -> cython.size_t:
    """How many threads were asked for. ValueError for what is no number of threads."""
    if not 1 <= workers <= MAXIMUM_WORKERS:
        raise ValueError(f"workers must be from 1 to {MAXIMUM_WORKERS}, not {workers}")
    return workers


def to_address(target: cython.pointer(Address), address: bytes) -> cython.int:
    """Take in an address. ValueError where it is none."""
    if len(address) != 20:
        raise ValueError(f"an address must be 20 bytes, not {len(address)}")
    memcpy(target.bytes, cython.cast(cython.p_char, address), 20)
    return 0


def raise_gap(gap: cython.pointer(cython.const[StateGap])) -> cython.int:
    """Raise what a gap says, if it is one."""
    slot_bytes: uint8_t[32]
    slot_number = None
    if not gap.gap.is_open:
        return 0
    node_hash = cython.cast(cython.p_char, gap.gap.hash)[:32]
    address = cython.cast(cython.p_char, gap.address.bytes)[:20]
    place = f"account 0x{address.hex()}"
    if gap.is_slot:
        cython.cast(StateGap, gap[0]).slot.store_be(slot_bytes)
        slot_number = int.from_bytes(cython.cast(cython.p_char, slot_bytes)[:32], "big")
        place = f"slot {hex(slot_number)} of {place}"
    what = f"node 0x{node_hash.hex()} on the path to {place}"
    if gap.gap.reason != cython.NULL:
        raise MalformedNode(f"{what} {gap.gap.reason.decode()}")
    raise MissingNode(what, node_hash, address, slot_number)
