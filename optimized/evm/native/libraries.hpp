// Functions of C libraries that come inside Python wheels, by address.
//
// libraries.py finds them once; whoever calls them holds no interpreter lock. Where a library is not as expected, all
// of its addresses are null and the precompile is run by Python (through_python.py), which takes the lock and is
// counted. Types are what the libraries' headers say, with points and numbers as arrays of limbs.

#ifndef SAMESTATE_EVM_NATIVE_LIBRARIES_HPP
#define SAMESTATE_EVM_NATIVE_LIBRARIES_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/native/output.hpp"
#include "samestate/optimized/evm/native/prices.hpp"
#include "samestate/optimized/evm/secp256k1/signed_hash.hpp"

namespace samestate::evm {

// Numbers of GMP (mpz_t).
struct GmpNumber {
    int capacity;
    int size;
    uint64_t* limbs;
};

// Points of mcl in its wheels' sizes, six words a field element and four a scalar, and of blst.
struct MclScalar { uint64_t w[4]; };
struct MclPoint1 { uint64_t x[6], y[6], z[6]; };
struct MclPoint2 { uint64_t x[2][6], y[2][6], z[2][6]; };
struct MclProduct { uint64_t w[72]; };

struct BlstField { uint64_t w[6]; };
struct BlstField2 { BlstField real, imaginary; };
struct BlstPoint1 { BlstField x, y, z; };
struct BlstPoint2 { BlstField2 x, y, z; };
struct BlstAffine1 { BlstField x, y; };
struct BlstAffine2 { BlstField2 x, y; };
struct BlstProduct { uint64_t w[72]; };

// FUNCTION(name, result, parameters) of each library.
#define SAMESTATE_SECP256K1_FUNCTIONS(FUNCTION)                                                                       \
    FUNCTION(secp256k1_context_create, void*, (unsigned))                                                             \
    FUNCTION(secp256k1_ecdsa_recoverable_signature_parse_compact, int, (const void*, uint8_t*, const uint8_t*, int))  \
    FUNCTION(secp256k1_ecdsa_recover, int, (const void*, uint8_t*, const uint8_t*, const uint8_t*))                   \
    FUNCTION(secp256k1_ec_pubkey_serialize, int, (const void*, uint8_t*, size_t*, const uint8_t*, unsigned))

#define SAMESTATE_GMP_FUNCTIONS(FUNCTION)                                                                   \
    FUNCTION(__gmpz_init, void, (GmpNumber*))                                                               \
    FUNCTION(__gmpz_clear, void, (GmpNumber*))                                                              \
    FUNCTION(__gmpz_powm, void, (GmpNumber*, const GmpNumber*, const GmpNumber*, const GmpNumber*))

#define SAMESTATE_MCL_FUNCTIONS(FUNCTION)                                                                   \
    FUNCTION(mclBn_getCurveType, int, ())                                                                   \
    FUNCTION(mclBnFp_setLittleEndian, int, (uint64_t*, const uint8_t*, size_t))                             \
    FUNCTION(mclBnFp_getLittleEndian, size_t, (uint8_t*, size_t, const uint64_t*))                          \
    FUNCTION(mclBnFr_setLittleEndianMod, int, (MclScalar*, const uint8_t*, size_t))                         \
    FUNCTION(mclBnG1_clear, void, (MclPoint1*))                                                             \
    FUNCTION(mclBnG1_isZero, int, (const MclPoint1*))                                                       \
    FUNCTION(mclBnG1_isValid, int, (const MclPoint1*))                                                      \
    FUNCTION(mclBnG1_normalize, void, (MclPoint1*, const MclPoint1*))                                       \
    FUNCTION(mclBnG1_add, void, (MclPoint1*, const MclPoint1*, const MclPoint1*))                           \
    FUNCTION(mclBnG1_mul, void, (MclPoint1*, const MclPoint1*, const MclScalar*))                           \
    FUNCTION(mclBnG2_isValid, int, (const MclPoint2*))                                                      \
    FUNCTION(mclBnGT_mul, void, (MclProduct*, const MclProduct*, const MclProduct*))                        \
    FUNCTION(mclBnGT_isOne, int, (const MclProduct*))                                                       \
    FUNCTION(mclBn_millerLoopVec, void, (MclProduct*, const MclPoint1*, const MclPoint2*, size_t))          \
    FUNCTION(mclBn_finalExp, void, (MclProduct*, const MclProduct*))

#define SAMESTATE_BLST_FUNCTIONS(FUNCTION)                                                                             \
    FUNCTION(blst_fp_from_bendian, void, (BlstField*, const uint8_t*))                                                 \
    FUNCTION(blst_bendian_from_fp, void, (uint8_t*, const BlstField*))                                                 \
    FUNCTION(blst_p1_affine_on_curve, bool, (const BlstAffine1*))                                                      \
    FUNCTION(blst_p2_affine_on_curve, bool, (const BlstAffine2*))                                                      \
    FUNCTION(blst_p1_affine_in_g1, bool, (const BlstAffine1*))                                                         \
    FUNCTION(blst_p2_affine_in_g2, bool, (const BlstAffine2*))                                                         \
    FUNCTION(blst_p1_from_affine, void, (BlstPoint1*, const BlstAffine1*))                                             \
    FUNCTION(blst_p2_from_affine, void, (BlstPoint2*, const BlstAffine2*))                                             \
    FUNCTION(blst_p1_to_affine, void, (BlstAffine1*, const BlstPoint1*))                                               \
    FUNCTION(blst_p2_to_affine, void, (BlstAffine2*, const BlstPoint2*))                                               \
    FUNCTION(blst_p1_is_inf, bool, (const BlstPoint1*))                                                                \
    FUNCTION(blst_p2_is_inf, bool, (const BlstPoint2*))                                                                \
    FUNCTION(blst_p1_add_or_double, void, (BlstPoint1*, const BlstPoint1*, const BlstPoint1*))                         \
    FUNCTION(blst_p2_add_or_double, void, (BlstPoint2*, const BlstPoint2*, const BlstPoint2*))                         \
    FUNCTION(blst_p1_cneg, void, (BlstPoint1*, bool))                                                                  \
    FUNCTION(blst_p1_mult, void, (BlstPoint1*, const BlstPoint1*, const uint8_t*, size_t))                             \
    FUNCTION(blst_p2_mult, void, (BlstPoint2*, const BlstPoint2*, const uint8_t*, size_t))                             \
    FUNCTION(blst_p1s_mult_pippenger_scratch_sizeof, size_t, (size_t))                                                 \
    FUNCTION(blst_p2s_mult_pippenger_scratch_sizeof, size_t, (size_t))                                                 \
    FUNCTION(blst_p1s_mult_pippenger, void,                                                                            \
             (BlstPoint1*, const BlstAffine1* const*, size_t, const uint8_t* const*, size_t, uint64_t*))               \
    FUNCTION(blst_p2s_mult_pippenger, void,                                                                            \
             (BlstPoint2*, const BlstAffine2* const*, size_t, const uint8_t* const*, size_t, uint64_t*))               \
    FUNCTION(blst_p1_uncompress, int, (BlstAffine1*, const uint8_t*))                                                  \
    FUNCTION(blst_p2_uncompress, int, (BlstAffine2*, const uint8_t*))                                                  \
    FUNCTION(blst_p1_generator, const BlstPoint1*, ())                                                                 \
    FUNCTION(blst_p2_affine_generator, const BlstAffine2*, ())                                                         \
    FUNCTION(blst_map_to_g1, void, (BlstPoint1*, const BlstField*, const BlstField*))                                  \
    FUNCTION(blst_map_to_g2, void, (BlstPoint2*, const BlstField2*, const BlstField2*))                                \
    FUNCTION(blst_miller_loop_n, void, (BlstProduct*, const BlstAffine2* const*, const BlstAffine1* const*, size_t))   \
    FUNCTION(blst_fp12_mul, void, (BlstProduct*, const BlstProduct*, const BlstProduct*))                              \
    FUNCTION(blst_final_exp, void, (BlstProduct*, const BlstProduct*))                                                 \
    FUNCTION(blst_fp12_is_one, bool, (const BlstProduct*))

struct Libraries {
#define SAMESTATE_DECLARE(name, result, parameters) result(*name) parameters;
    SAMESTATE_SECP256K1_FUNCTIONS(SAMESTATE_DECLARE)
    SAMESTATE_GMP_FUNCTIONS(SAMESTATE_DECLARE)
    SAMESTATE_MCL_FUNCTIONS(SAMESTATE_DECLARE)
    SAMESTATE_BLST_FUNCTIONS(SAMESTATE_DECLARE)
#undef SAMESTATE_DECLARE
    // Whether a library is there, whole.
    bool has_secp256k1, has_gmp, has_mcl, has_blst;
    // A context of libsecp256k1, which verification only reads.
    const void* secp256k1_context;
    // Run a precompile by Python, taking the interpreter lock: 1 and the output, 0 for a failure, -1 where Python
    // itself failed.
    int (*through_python)(int precompile, const uint8_t* input, size_t length, Output* output);
    std::atomic<uint64_t> calls_through_python;
    // Our own recovery of eight signers at once, which is compiled into one module alone; null where the processor has no vectors for it.
    secp256k1::RecoverEight recover_eight;
};

// What the functions of one library are called, one after the other; null after the last.
inline const char* const* function_names(const char* library) {
#define SAMESTATE_NAME(name, result, parameters) #name,
    static const char* const secp256k1[] = {SAMESTATE_SECP256K1_FUNCTIONS(SAMESTATE_NAME) nullptr};
    static const char* const gmp[] = {SAMESTATE_GMP_FUNCTIONS(SAMESTATE_NAME) nullptr};
    static const char* const mcl[] = {SAMESTATE_MCL_FUNCTIONS(SAMESTATE_NAME) nullptr};
    static const char* const blst[] = {SAMESTATE_BLST_FUNCTIONS(SAMESTATE_NAME) nullptr};
    static const char* const none[] = {nullptr};
#undef SAMESTATE_NAME
    if (std::strcmp(library, "secp256k1") == 0) return secp256k1;
    if (std::strcmp(library, "gmp") == 0) return gmp;
    if (std::strcmp(library, "mcl") == 0) return mcl;
    if (std::strcmp(library, "blst") == 0) return blst;
    return none;
}

// Give a function its address.
inline void set_function(Libraries& libraries, const char* name, uintptr_t address) {
#define SAMESTATE_SET(function, result, parameters)                                  \
    if (std::strcmp(name, #function) == 0)                                           \
        libraries.function = reinterpret_cast<result(*) parameters>(address);
    SAMESTATE_SECP256K1_FUNCTIONS(SAMESTATE_SET)
    SAMESTATE_GMP_FUNCTIONS(SAMESTATE_SET)
    SAMESTATE_MCL_FUNCTIONS(SAMESTATE_SET)
    SAMESTATE_BLST_FUNCTIONS(SAMESTATE_SET)
#undef SAMESTATE_SET
}

// The library whose functions have all been given their addresses is there; null takes one away again.
inline void set_library(Libraries& libraries, const char* library, bool there) {
    if (std::strcmp(library, "secp256k1") == 0) {
        // The flag for verification, which old versions want and new ones ignore.
        libraries.secp256k1_context = there ? libraries.secp256k1_context_create(0x101) : nullptr;
        libraries.has_secp256k1 = libraries.secp256k1_context != nullptr;
    }
    if (std::strcmp(library, "gmp") == 0) libraries.has_gmp = there;
    if (std::strcmp(library, "mcl") == 0) libraries.has_mcl = there;
    if (std::strcmp(library, "blst") == 0) libraries.has_blst = there;
}

// The libraries of this extension module: each module that runs precompiles is told at its import where they are
// (precompiles.py owns them), since what is inline is there once a module.
inline Libraries* native_libraries = nullptr;

// Run a precompile whose library is not there. Throws Interrupted where Python could not: it is out of memory, or the
// packages that it needs are not there; what was wrong it has written to its error output.
inline bool run_through_python(Precompile precompile, const uint8_t* input, size_t length, Output& output) {
    Libraries& library = *native_libraries;
    library.calls_through_python.fetch_add(1, std::memory_order_relaxed);
    const int result = library.through_python(static_cast<int>(precompile), input, length, &output);
    if (result < 0) throw Interrupted{Interruption::out_of_memory};
    return result != 0;
}

}  // namespace samestate::evm

#endif
