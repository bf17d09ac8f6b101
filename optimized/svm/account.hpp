// An account as it is passed around: a head of fixed size, and data that lies elsewhere and is never changed where it lies.
//
// Whoever changes data writes all of it anew; whoever changes lamports or owner copies the head alone. So an account of 10 MiB
// costs 64 bytes where it is only paid.

#ifndef SAMESTATE_SVM_ACCOUNT_HPP
#define SAMESTATE_SVM_ACCOUNT_HPP

#include <sys/mman.h>

#include <new>

#include "samestate/optimized/svm/address.hpp"

namespace samestate::svm {

inline constexpr uint64_t LONGEST_DATA = 10 << 20;    // MAX_PERMITTED_DATA_LENGTH

struct Account {
    uint64_t lamports;      // 0: there is no such account, whatever else stands here
    const uint8_t* data;
    uint64_t length;
    Address owner;
    uint64_t executable;    // 0 or 1
};

static_assert(sizeof(Account) == 64, "one line of a cache");

// No account: what a transaction finds where there is none is empty and owned by the System program, whose address is zero.
inline constexpr Account ABSENT{};

// As many zeros as an account may have, which take no memory.
inline const uint8_t* zeros() {
    static const uint8_t* const region = [] {
        void* mapped = mmap(nullptr, LONGEST_DATA, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        return static_cast<const uint8_t*>(mapped);
    }();
    return region;
}

inline bool has_equal_data(const Account& one, const Account& other) {
    return one.length == other.length &&
           (one.data == other.data || one.length == 0 || std::memcmp(one.data, other.data, one.length) == 0);
}

// Whether two accounts are the same to the state: absent accounts are, whatever is left in them.
inline bool is_same(const Account& one, const Account& other) {
    if (one.lamports != other.lamports) return false;
    if (one.lamports == 0) return true;
    return one.executable == other.executable && one.owner == other.owner && has_equal_data(one, other);
}

inline uint64_t read_u64(const uint8_t* bytes) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
}

inline uint32_t read_u32(const uint8_t* bytes) {
    uint32_t word;
    std::memcpy(&word, bytes, 4);
    return word;
}

inline void write_u64(uint8_t* bytes, uint64_t word) { std::memcpy(bytes, &word, 8); }
inline void write_u32(uint8_t* bytes, uint32_t word) { std::memcpy(bytes, &word, 4); }

}  // namespace samestate::svm

#endif
