"""The commitment to a state: a trie of accounts, each of which commits to a trie of its storage."""

from collections.abc import Iterable

EMPTY_CODE_HASH: bytes

class MissingNode(LookupError):  # noqa: N818 - says what is wrong with the partial state
    """A partial state lacks a node or a code: its hash, whose it is, and on the way to which slot, where to one."""

    hash: bytes
    address: bytes
    slot: int | None

class MalformedNode(ValueError):  # noqa: N818 - says what is wrong with the node
    """Bytes that hash to what their parent says, but are no node."""

def pack_account(
    address: bytes,
    *,
    held: bool | None = None,
    nonce: int | None = None,
    balance: int | None = None,
    code_hash: bytes | None = None,
    wiped: bool = False,
) -> bytes: ...
def pack_slot(address: bytes, slot: int, value: int) -> bytes: ...
def secure_root(pairs: Iterable[tuple[bytes, bytes]]) -> bytes: ...

class StateTrie:
    def __init__(self, root: bytes | None = None, nodes: Iterable[bytes] = (), codes: Iterable[bytes] = ()) -> None: ...
    def update(self, accounts: bytes = b"", slots: bytes = b"", workers: int = 1) -> None: ...
    def root(self, workers: int = 1) -> bytes: ...
    def account(self, address: bytes) -> tuple[int, int, bytes, bool] | None: ...
    def slot(self, address: bytes, slot: int) -> int: ...
    def code(self, address: bytes) -> bytes: ...
