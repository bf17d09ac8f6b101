// Requests to the consensus layer (EIP-7685): deposits out of the block's logs, and what system contracts have queued.

#ifndef SAMESTATE_EVM_REQUESTS_HPP
#define SAMESTATE_EVM_REQUESTS_HPP

#include <cstdint>
#include <cstring>
#include <vector>

#include "samestate/optimized/evm/rejections.hpp"
#include "samestate/optimized/evm/system_calls.hpp"

namespace samestate::evm {

// EIP-6110, EIP-7002, EIP-7251, EIP-8282.
enum RequestType : std::uint8_t {
    DEPOSIT_REQUEST = 0,
    WITHDRAWAL_REQUEST = 1,
    CONSOLIDATION_REQUEST = 2,
    BUILDER_DEPOSIT_REQUEST = 3,
    BUILDER_EXIT_REQUEST = 4,
};

constexpr Address WITHDRAWAL_REQUESTS{{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
                                       0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
constexpr Address CONSOLIDATION_REQUESTS{{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
                                          0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
constexpr Address BUILDER_DEPOSITS{{0x00, 0x00, 0xbf, 0xf4, 0x69, 0x84, 0xe3, 0x72, 0x56, 0x91,
                                    0xfa, 0x54, 0x0a, 0x8c, 0x75, 0x89, 0x30, 0x0d, 0x82, 0x82}};
constexpr Address BUILDER_EXITS{{0x00, 0x00, 0x64, 0xd6, 0x78, 0x50, 0x5a, 0xd4, 0x8f, 0x8c,
                                 0xcb, 0x09, 0x3b, 0xc6, 0x56, 0x13, 0x80, 0x0e, 0x82, 0x82}};

// The first topic of a deposit's log: the hash of "DepositEvent(bytes,bytes,bytes,bytes,bytes)".
constexpr u256 DEPOSIT_EVENT{0xa790803be39038c5, 0xe7e1ee912fc0889a, 0xafea4e5cd82d4049, 0x649bbc62d0e31342};

// The deposits that a block's transactions have logged: their fields one after another, 192 bytes each.
struct Deposits {
    std::vector<std::uint8_t> bytes;
    bool is_malformed = false;      // a log is not laid out as the deposit contract does it: the block is invalid
};

namespace requests {

// Where the length of each field stands in the data of a deposit's log, and that length: public key, withdrawal credentials, amount,
// signature, index (EIP-6110).
struct DepositField {
    std::uint64_t place, length;
};
constexpr DepositField DEPOSIT_FIELDS[5] = {{160, 48}, {256, 32}, {320, 8}, {384, 96}, {512, 8}};
constexpr std::uint64_t DEPOSIT_LOG_LENGTH = 576;

// Whether the five offsets and lengths are those that the deposit contract writes.
inline bool is_laid_out(const std::uint8_t* data) {
    for (std::uint64_t i = 0; i < 5; ++i) {
        if (u256::load_be(data + 32 * i) != u256(DEPOSIT_FIELDS[i].place)) return false;
        if (u256::load_be(data + DEPOSIT_FIELDS[i].place) != u256(DEPOSIT_FIELDS[i].length)) return false;
    }
    return true;
}

inline bool append_deposit(const Rules& rules, const std::uint8_t* data, std::uint64_t length, std::vector<std::uint8_t>& deposits) {
    if (length != DEPOSIT_LOG_LENGTH) return false;
    if (!rules.reads_deposits_by_length && !is_laid_out(data)) return false;
    for (const DepositField& field : DEPOSIT_FIELDS) {
        const std::uint8_t* const value = data + field.place + 32;
        deposits.insert(deposits.end(), value, value + field.length);
    }
    return true;
}

}  // namespace requests

// Take the deposits out of the logs of one transaction, which follow those of the transactions before it (EIP-6110).
inline void collect_deposits(const Rules& rules, const Environment& environment, const Log* logs, std::uint64_t log_count, const std::uint8_t* log_data,
                             Deposits& deposits) {
    if (!rules.has_requests) return;
    for (std::uint64_t i = 0; i < log_count; ++i) {
        const Log& log = logs[i];
        if (log.address != environment.deposit_contract || log.topic_count == 0 || log.topics[0] != DEPOSIT_EVENT) continue;
        if (!requests::append_deposit(rules, log_data + log.data, log.data_length, deposits.bytes)) deposits.is_malformed = true;
    }
}

// The requests of a block in order of their types, each its type byte and its data; none is empty but for the type.
struct Requests {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint64_t> ends;    // where each ends in `bytes`

    void add(RequestType type, const std::uint8_t* data, std::uint64_t length) {
        if (length == 0) return;
        bytes.push_back(type);
        bytes.insert(bytes.end(), data, data + length);
        ends.push_back(bytes.size());
    }
};

// Take what a system contract has queued. It must be there, and may not fail.
inline Rejection collect_queued(Executor& executor, const Address& contract, RequestType type, Requests& requests) {
    const SystemCall call = call_as_system(executor, contract, nullptr, 0);
    if (call.is_missing) return Rejection::SYSTEM_CONTRACT_MISSING;
    if (call.end != End::success) return Rejection::SYSTEM_CONTRACT_FAILED;
    requests.add(type, call.output, call.output_length);
    return Rejection::NONE;
}

// All requests of a block, after withdrawals. Gives why the block is invalid, or nothing.
inline Rejection collect_requests(Executor& executor, const Deposits& deposits, Requests& requests) {
    struct Queue {
        const Address& contract;
        RequestType type;
    };
    if (deposits.is_malformed) return Rejection::INVALID_DEPOSIT_LAYOUT;
    requests.add(DEPOSIT_REQUEST, deposits.bytes.data(), deposits.bytes.size());
    const Queue queues[4] = {{WITHDRAWAL_REQUESTS, WITHDRAWAL_REQUEST},
                             {CONSOLIDATION_REQUESTS, CONSOLIDATION_REQUEST},
                             {BUILDER_DEPOSITS, BUILDER_DEPOSIT_REQUEST},
                             {BUILDER_EXITS, BUILDER_EXIT_REQUEST}};
    const int count = executor.rules->has_builder_requests ? 4 : 2;
    for (int i = 0; i < count; ++i) {
        const Rejection rejection = collect_queued(executor, queues[i].contract, queues[i].type, requests);
        if (rejection != Rejection::NONE) return rejection;
    }
    return Rejection::NONE;
}

}  // namespace samestate::evm

#endif
