"""A state of which a witness proves a part: what a block asks of it is read from the trie, and what is not there named.

A World like any other for whoever executes blocks (world.py), but that nothing is in its table: accounts, slots and
codes come out of a partial trie when somebody first asks for them (witness.hpp).
"""

from collections.abc import Iterable

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.core.arena import make_absent
from cython.cimports.samestate.optimized.core.records import Content
from cython.cimports.samestate.optimized.evm.seams import CODE, SLOT, Address, u256
from cython.cimports.samestate.optimized.evm.trie import StateTrie
from cython.cimports.samestate.optimized.evm.world import SLOT_NAME, AccountRecord, World


def find_content(
    itself: cython.p_void, name: cython.p_const_void, length: uint64_t, found: cython.pointer(Content)
) -> cython.bint:
    """The content of a key by its name. False, and absent, where the witness lacks a node on the way to it."""
    witness: cython.pointer(Witness) = cython.cast(cython.pointer(Witness), itself)
    text: cython.pointer(cython.const[uint8_t]) = cython.cast(cython.pointer(cython.const[uint8_t]), name)
    account: cython.pointer(cython.const[WitnessedAccount]) = cython.NULL
    value: cython.pointer(cython.const[u256]) = cython.NULL
    address: Address
    is_known: cython.bint
    memcpy(address.bytes, text + 1, 20)
    make_absent(found)
    if text[0] == SLOT_NAME:
        is_known = witness.slot(address, text + 21, value)
        if value != cython.NULL:
            found.data = cython.cast(cython.pointer(cython.const[uint8_t]), value.w)
            found.length = 32
        return is_known
    is_known = witness.account(address, account)
    if account != cython.NULL:
        found.data = cython.cast(cython.pointer(cython.const[uint8_t]), account)
        found.length = cython.sizeof(AccountRecord)
    return is_known


def has_slots(itself: cython.p_void, owner: cython.p_const_void, length: uint64_t) -> cython.bint:
    """Whether an owner has a slot."""
    address: Address
    memcpy(address.bytes, cython.cast(cython.pointer(cython.const[uint8_t]), owner) + 1, 20)
    return cython.cast(cython.pointer(Witness), itself).has_slots(address)


if cython.sizeof(WitnessedAccount) != cython.sizeof(AccountRecord):
    raise ImportError("an account in a witness is not laid out as one in a table: witness.hpp and world.pxd differ")


@cython.cclass
class WitnessWorld(World):
    """The state with a root, of which trie nodes (of accounts and storage mixed) and codes are known.

    What it is asked for is read without the interpreter lock. Of what is lacking :meth:`explain` says what it is.
    """

    def __init__(self, root: bytes, nodes: Iterable[bytes], codes: Iterable[bytes]) -> None:
        self.proof = StateTrie(root, nodes, codes)
        self.commit_to(self.proof)
        self.witness.begin(
            cython.address(self.proof.tries), cython.address(self.proof.codes), cython.address(self.codes)
        )
        self.own.itself = cython.address(self.witness)
        self.own.find = find_content
        self.own.has_slots = has_slots
        self.own.outside = cython.NULL
        self.asked = cython.address(self.own)
        self.lacking_code = self.witness.lacking_code()

    def begin_block(self) -> None:
        """See :meth:`World.begin_block`."""
        World.begin_block(self)
        if self.trie.is_broken:
            self.trie.check()
        if self.ahead:
            self.take_back(1)
        self.witness.forget()

    def lacking(self) -> list:
        """See :meth:`World.lacking`."""
        found: list = []
        for name in self.witness.lacking():
            found.append(cython.cast(bytes, name))
        return found

    def explain(self, key: bytes) -> None:
        """Raise MissingNode or MalformedNode where the witness lacks what a key takes (EXISTENCE: the account)."""
        if key[0] == SLOT:
            self.proof.slot(key[1:21], int.from_bytes(key[21:], "big"))
        elif key[0] == CODE:
            self.proof.code(key[1:])
        else:
            self.proof.account(key[1:])

    def get(self, key: bytes) -> bytes | None:
        """See :meth:`World.get`. Raises MissingNode and MalformedNode, too."""
        self.explain(key)
        return World.get(self, key)
