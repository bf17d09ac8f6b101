# Precompiles and recovery for Python, and the one set of library addresses that all modules of this room use.

from libc.stdint cimport uint8_t, uint64_t, uintptr_t
from libcpp cimport bool as cpp_bool

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
    uint64_t samestate_calls_through_python() noexcept nogil
    cpp_bool samestate_is_precompile(const PrecompilePrices& prices, uint64_t number) noexcept nogil
    uint64_t samestate_gas(const PrecompilePrices& prices, uint64_t number, const uint8_t* data, size_t length) noexcept nogil
    int samestate_run(const PrecompilePrices& prices, uint64_t number, const uint8_t* data, size_t length, Output& output) noexcept nogil
    int samestate_recover(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity, uint8_t* address) noexcept nogil


# What another module that runs precompiles does at its import: native_libraries = libraries_address().
cdef Libraries* libraries_address() noexcept nogil
cdef int call_python(int precompile, const uint8_t* data, size_t length, Output* output) noexcept with gil
