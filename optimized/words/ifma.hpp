// Vectors of eight 64-bit lanes on processors that multiply 52 bits by 52 in them (AVX-512 IFMA).
//
// A product of two numbers below 2^52 has a low and a high half of 52 bits, each of which is added to a lane. Of what is multiplied, bits above
// the 52nd are not looked at. Whether a processor can, it says when the library is loaded.

#ifndef SAMESTATE_WORDS_IFMA_HPP
#define SAMESTATE_WORDS_IFMA_HPP

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)

#include <immintrin.h>

#define SAMESTATE_IFMA __attribute__((target("avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")))
#define SAMESTATE_IFMA_INSIDE SAMESTATE_IFMA __attribute__((always_inline)) inline

namespace samestate::ifma {

inline constexpr size_t WIDTH = 8;

inline const bool is_there = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}();

SAMESTATE_IFMA_INSIDE __m512i same(uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }

// Not by intrinsics, at which GCC 12 warns of its own headers.
typedef uint64_t Words __attribute__((vector_size(64)));
typedef int64_t SignedWords __attribute__((vector_size(64)));
SAMESTATE_IFMA_INSIDE __m512i shifted_left(__m512i a, int bits) { return (__m512i)((Words)a << bits); }
SAMESTATE_IFMA_INSIDE __m512i shifted_right(__m512i a, int bits) { return (__m512i)((Words)a >> bits); }
SAMESTATE_IFMA_INSIDE __m512i shifted_right_signed(__m512i a, int bits) { return (__m512i)((SignedWords)a >> bits); }

// The words at these places from an address on.
SAMESTATE_IFMA_INSIDE __m512i gathered(__m512i places, const void* address) {
    return _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), 0xFF, places, address, 8);
}

}  // namespace samestate::ifma

#endif

#endif
