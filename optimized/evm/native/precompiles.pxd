# Precompiles and recovery for Python, and the one set of library addresses that all modules of this room use.

from libc.stdint cimport int64_t, uint8_t, uint64_t, uintptr_t
from libcpp cimport bool as cpp_bool
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/evm/native/precompiles.hpp" namespace "samestate::evm" nogil:
    cdef cppclass Output:
        uint8_t* data
        size_t length
        void assign(const uint8_t* source, size_t size) except +

    cdef cppclass Libraries:
        cpp_bool has_secp256k1
        cpp_bool has_gmp
        cpp_bool has_mcl
        cpp_bool has_blst
        int (*through_python)(int precompile, const uint8_t* data, size_t length, Output* output) noexcept with gil

    cdef cppclass PrecompilePrices:
        pass

    PrecompilePrices precompile_prices(uint64_t count, cpp_bool has_p256, cpp_bool since_osaka) noexcept
    const char* const* function_names(const char* library) noexcept
    void set_function(Libraries& libraries, const char* name, uintptr_t address) noexcept
    void set_library(Libraries& libraries, const char* library, cpp_bool there) noexcept
    Libraries* native_libraries

cdef extern from "samestate/optimized/evm/secp256k1/recovery_lanes.hpp" namespace "samestate::evm::secp256k1" nogil:
    cdef cppclass SignedHash:
        pass

cdef extern from *:
    """
    static samestate::evm::Libraries samestate_libraries;

    static uint64_t samestate_calls_through_python() { return samestate_libraries.calls_through_python.load(); }

    static samestate::evm::Precompile samestate_find(const samestate::evm::PrecompilePrices& prices, uint64_t number) {
        samestate::evm::Address address{};
        samestate::store_be64(address.bytes + 12, number);
        return samestate::evm::find_precompile(prices, address);
    }
    static bool samestate_is_precompile(const samestate::evm::PrecompilePrices& prices, uint64_t number) {
        return samestate_find(prices, number) != samestate::evm::Precompile::none;
    }
    static uint64_t samestate_gas(const samestate::evm::PrecompilePrices& prices, uint64_t number, const uint8_t* input,
                                  size_t length) {
        return samestate::evm::precompile_gas(samestate_find(prices, number), prices, input, length);
    }

    // 1 and the output, 0 for a failure, -1 where there is no memory.
    static int samestate_run(const samestate::evm::PrecompilePrices& prices, uint64_t number, const uint8_t* input,
                             size_t length, samestate::evm::Output& output) noexcept {
        try {
            return samestate::evm::run_precompile(samestate_find(prices, number), prices, input, length, output);
        } catch (const samestate::evm::Interrupted&) {
            return -1;
        }
    }
    static bool samestate_find_lanes() {
        samestate_libraries.recover_eight = samestate::evm::secp256k1::recovery_in_lanes();
        return samestate_libraries.recover_eight != nullptr;
    }
    // Recovers `count` signers, in lanes where that is asked for; how many were decided so, or -1.
    static int64_t samestate_recover_many(const samestate::evm::secp256k1::SignedHash* items, size_t count,
                                          uint8_t* addresses, bool* is_signed, bool in_lanes) noexcept {
        uint8_t(*target)[20] = reinterpret_cast<uint8_t(*)[20]>(addresses);
        try {
            if (in_lanes) return static_cast<int64_t>(samestate::evm::recover_addresses(items, count, target, is_signed));
            for (size_t i = 0; i < count; ++i) {
                uint8_t r[32], s[32];
                items[i].r.store_be(r);
                items[i].s.store_be(s);
                is_signed[i] = samestate::evm::recover_address(items[i].hash, r, s, items[i].y_parity, target[i]);
            }
            return 0;
        } catch (const samestate::evm::Interrupted&) {
            return -1;
        }
    }
    static void samestate_set_item(samestate::evm::secp256k1::SignedHash& item, const uint8_t* hash, const uint8_t* r,
                                   const uint8_t* s, int y_parity) {
        std::memcpy(item.hash, hash, 32);
        item.r = samestate::u256::load_be(r);
        item.s = samestate::u256::load_be(s);
        item.y_parity = y_parity;
    }
    static int samestate_recover(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity,
                                 uint8_t* address) noexcept {
        try {
            return samestate::evm::recover_address(hash, r, s, y_parity, address);
        } catch (const samestate::evm::Interrupted&) {
            return -1;
        }
    }
    """
    Libraries samestate_libraries
    cpp_bool samestate_find_lanes() noexcept nogil
    int64_t samestate_recover_many(
        const SignedHash* items, size_t count, uint8_t* addresses, cpp_bool* is_signed, cpp_bool in_lanes
    ) noexcept nogil
    void samestate_set_item(SignedHash& item, const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity) noexcept nogil
    uint64_t samestate_calls_through_python() noexcept nogil
    cpp_bool samestate_is_precompile(const PrecompilePrices& prices, uint64_t number) noexcept nogil
    uint64_t samestate_gas(const PrecompilePrices& prices, uint64_t number, const uint8_t* data, size_t length) noexcept nogil
    int samestate_run(const PrecompilePrices& prices, uint64_t number, const uint8_t* data, size_t length, Output& output) noexcept nogil
    int samestate_recover(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity, uint8_t* address) noexcept nogil


# What another module that runs precompiles does at its import: native_libraries = libraries_address().
cdef Libraries* libraries_address() noexcept nogil
cdef const uint8_t* sized(bytes part, str name) except NULL
cdef int call_python(int precompile, const uint8_t* data, size_t length, Output* output) noexcept with gil
