# What a block has done to the state. See ledger.py, and ledger.hpp for what each part means.

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.evm.block_records cimport BlockRecords
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.seams cimport Address, Code, CodeTable, Existence, u256
from samestate.optimized.evm.trie cimport AccountChange, SlotChange
from samestate.optimized.evm.worker_seams cimport Item, Malformed, StepRecords, malformed_access_list
from samestate.optimized.evm.world cimport World

cdef extern from "samestate/optimized/evm/ledger.hpp" namespace "samestate::evm" nogil:
    cppclass AccountBefore:
        uint64_t nonce
        u256 balance
        const Code* code
        cbool is_held

    ctypedef cbool (*AskAccount)(void* itself, const Address* address, AccountBefore* found) noexcept nogil
    ctypedef cbool (*AskSlot)(void* itself, const Address* address, const u256* slot, u256* found) noexcept nogil
    ctypedef cbool (*AskSlots)(void* itself, const Address* address) noexcept nogil

    cppclass StateBefore:
        void* itself
        AskAccount account
        AskSlot slot
        AskSlots has_slots

    cppclass LedgerAccount:
        Address address
        uint8_t changed
        uint32_t wipes
        uint32_t first_slot
        Existence existence
        uint64_t nonce
        u256 balance
        const Code* code

    cppclass LedgerSlot:
        uint32_t owner
        uint32_t next
        u256 key
        u256 value

    cppclass Ledger:
        vector[LedgerAccount] accounts
        vector[LedgerSlot] slots
        Address missing
        void begin(const StateBefore& before, const CodeTable* codes, cbool keeps_list) except +
        cbool enter(const StepRecords& records, size_t count) except +
        cbool is_changed(const LedgerSlot& slot) noexcept
        void append_changes(vector[AccountChange]& accounts, vector[SlotChange]& slots) except +
        void append_returns(vector[AccountChange]& accounts, vector[SlotChange]& slots) except +

    uint32_t NOWHERE

cdef extern from "samestate/optimized/evm/backward_writer.hpp" namespace "samestate::evm" nogil:
    cppclass BackwardWriter:
        const uint8_t* data() noexcept
        size_t size() noexcept

cdef extern from "samestate/optimized/evm/access_list.hpp" namespace "samestate::evm" nogil:
    cppclass AccessListWriter:
        BackwardWriter list
        uint64_t items
        void write(const Ledger& ledger) except +

cdef extern from "samestate/optimized/evm/access_list_comparison.hpp" namespace "samestate::evm" nogil:
    string access_list_difference "samestate::evm::AccessListComparison::difference"(const Item& proposed, const Item& right) except +

cdef extern from "samestate/optimized/words/keccak.hpp" namespace "samestate" nogil:
    void keccak256(const uint8_t* data, size_t length, uint8_t* digest) noexcept

# What a ledger, or whoever else executes on a state, asks of it.
cdef void ask_of(StateBefore* before, Direct* direct) noexcept

cdef class BlockLedger:
    cdef readonly World world   # the state before the block
    cdef uint64_t version       # … by its number
    cdef uint64_t number        # of this ledger among those of the world
    cdef Ledger ledger
    cdef Direct direct
    cdef object made            # the changes as Python objects, where somebody has asked for them
    cdef bint has_list          # whether the fork has block access lists
    cdef uint64_t most_items    # of a list
    cdef AccessListWriter writer
    cdef bint is_written
    cdef int check(self) except -1
    cdef int write_list(self) except -1
    cdef int put_into(self, World world) except -1
    cdef int put_account(self, World world, const LedgerAccount* account) except -1
