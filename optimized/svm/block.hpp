// A block on its way through the machine: what is given of it, the accounts that it meets, and what becomes of each transaction.

#ifndef SAMESTATE_SVM_BLOCK_HPP
#define SAMESTATE_SVM_BLOCK_HPP

#include "samestate/optimized/svm/bank.hpp"
#include "samestate/optimized/svm/errors.hpp"
#include "samestate/optimized/svm/message.hpp"

namespace samestate::svm {

// An account that the block meets.
struct alignas(64) Record {
    Account now;                // in place: as the transactions so far have left it
    Address address;
    const Account* base;        // before the block
    uint64_t program_data;      // of a program of loader v3 that is a key: where the record of its program data is
    uint64_t users;             // who uses it: see conflicts.hpp
    uint64_t cost;              // of transactions that may write to it, as settled so far
    uint64_t key;               // on versioned memory: its KeyRecord
    uint32_t writer;            // conflicts.hpp: the last transaction so far that may write to it, + 1 …
    uint32_t readers;           // … and the last that may read it since, as a place in a list of such, + 1
    Known known;
    uint8_t is_program;         // of loader v3, with program data
    uint8_t has_writer;         // whether any transaction of the block may write to it

    Record* data_record() const { return reinterpret_cast<Record*>(program_data); }
};

// One key of a message.
struct Key {
    Record* record;
    bool is_signer;
    bool is_writable;           // after demotion
};

// Why a block is invalid, apart from what a transaction may be rejected for.
enum class Problem : uint8_t {
    NONE,
    TRANSACTION,                // `error` says why
    MALFORMED,                  // bytes that are no transaction
    BYTECODE,                   // a program would have to be run that is no native one
};

struct Refusal {
    Problem problem = Problem::NONE;
    Error error{};

    explicit operator bool() const { return problem != Problem::NONE; }
};

inline Refusal refuse(TransactionError error, size_t index = 0) {
    return {Problem::TRANSACTION, {error, static_cast<uint8_t>(index), {}}};
}

// What compute budget instructions ask for, or the configuration of version 1.
struct Budget {
    uint64_t unit_limit;
    uint64_t unit_price;        // micro-lamports
    uint64_t loaded_limit;
};

// A transaction once it is admitted: all of it that no other transaction has a say in.
struct Transaction {
    Message message;
    Hash hash;                  // of the message
    Key* keys;
    uint16_t key_count;
    uint16_t nonce;             // the key of its durable nonce, if it has the form of a nonce transaction; else NO_NONCE
    uint32_t fixed_cost;        // signatures, write locks, data
    bool is_duplicate;          // an earlier transaction of the block has the same message
    bool is_recent;             // its blockhash is one of the recent ones
    bool was_processed;         // in an earlier block
    Budget budget;
    uint64_t signature_fee;
    uint64_t priority_fee;
    uint64_t allocation;        // bytes that its System instructions ask for
    Refusal refusal;

    static constexpr uint16_t NO_NONCE = 0xFFFF;

    uint64_t fee() const { return signature_fee + priority_fee < signature_fee ? ~uint64_t{0} : signature_fee + priority_fee; }
};

// A change of an account by a step.
struct Effect {
    Record* record;
    Account after;
};

enum class Status : uint8_t { REFUSED, FEES_ONLY, FAILED, SUCCEEDED };

// What became of a transaction.
struct Outcome {
    Status status;
    Refusal refusal;            // REFUSED
    Error error;                // FEES_ONLY, FAILED
    uint64_t units;
    uint64_t cost;
    uint32_t loaded_size;
    uint32_t log_length;
    const char* logs;           // lines; null: none were kept
    const Effect* effects;
    uint32_t effect_count;
};

// What all transactions of a block have in common.
struct Environment {
    const Rules* rules;
    uint64_t slot;
    uint64_t epoch;
    Hash newest_blockhash;          // the parent's last
    Hash durable_nonce;             // of it: what nonces are advanced to
    uint64_t remembered_price;      // of a signature, by that blockhash: what nonces remember
    uint64_t lamports_per_byte;     // of rent exemption
    bool has_recent_blockhashes;    // the sysvar is not empty
    const uint8_t* slot_hashes;     // data of the sysvar after opening
    uint64_t slot_hashes_length;
};

inline uint64_t minimum_balance(const Environment& environment, uint64_t length) {
    return (128 + length) * environment.lamports_per_byte;
}

}  // namespace samestate::svm

#endif
