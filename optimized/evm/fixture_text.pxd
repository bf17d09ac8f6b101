# A document of fixtures as text, asked for parts of it. See fixture_text.py, and the headers for what each part means.

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from samestate.optimized.evm.encodings cimport Header, Recover, native_libraries, recover_address
from samestate.optimized.evm.seams cimport Address, Buffer, u256
from samestate.optimized.evm.worker_seams cimport BlockInput, StepRecords, Transaction

cdef extern from "samestate/optimized/evm/json.hpp" namespace "samestate::evm" nogil:
    cppclass JsonKind:
        pass
    const JsonKind OBJECT "samestate::evm::JsonKind::object"
    const JsonKind STRING "samestate::evm::JsonKind::string"
    const JsonKind LIST "samestate::evm::JsonKind::list"
    cppclass JsonValue:
        uint32_t begin
        uint32_t end
        uint32_t next
        uint32_t count
        cbool is_escaped
    cppclass Json:
        cbool read(const char* text, size_t length) except +
        size_t size() noexcept
        const JsonValue& operator[](uint32_t value) noexcept
        # `is` is a word of Python
        cbool is_kind "is"(uint32_t value, JsonKind kind) noexcept
        cbool is_plain(uint32_t value) noexcept

cdef extern from "samestate/optimized/evm/json_values.hpp" namespace "samestate::evm" nogil:
    cppclass WrittenAccount:
        Address address
        uint64_t nonce
        u256 balance
        size_t code
        size_t code_length
        size_t first_slot
        size_t slot_count
    cppclass WrittenSlot:
        uint8_t name[32]
        u256 value
    cppclass WrittenState:
        vector[WrittenAccount] accounts
        vector[WrittenSlot] slots
        Buffer codes
        cbool read(const Json& json, uint32_t value) except +
    cbool read_bytes(const Json& json, uint32_t value, Buffer& target) except +
    cbool read_word(const Json& json, uint32_t value, u256& word) noexcept

cdef extern from "samestate/optimized/evm/json_copies.hpp" namespace "samestate::evm" nogil:
    cppclass Chosen:
        uint32_t data
        uint32_t gas_limit
        uint32_t value
        uint32_t access_list
    cppclass ListWriter:
        cbool write(const Json& json, uint32_t list) except +
        Buffer written
    cppclass WrittenReceipts:
        cbool agree(const Json& json, uint32_t list, const BlockInput& block) except +
    cbool header_agrees(const Json& json, uint32_t object, const Header& header) except +
    cbool body_agrees(const Json& json, uint32_t object, BlockInput& block, Recover recover) except +
    cbool chosen_transaction_agrees(
        const Json& json, uint32_t object, BlockInput& block, const Chosen& chosen, Recover recover
    ) except +
    cbool receipts_agree(
        const Json& json, uint32_t list, const vector[Transaction]& transactions, const StepRecords& records
    ) except +
    cbool receipt_alone_agrees(
        const Json& json, uint32_t object, const vector[Transaction]& transactions, const StepRecords& records
    ) except +
    void hash_logs(const StepRecords& records, uint8_t* digest) except +

cdef class FixtureText:
    cdef bytes text
    cdef Json json
    cdef WrittenState state
    cdef Buffer scratch
    cdef ListWriter list
    cdef WrittenReceipts receipts
    cdef int check(self, uint32_t value) except -1
    cdef uint32_t member(self, uint32_t value, bytes name) except? 0
