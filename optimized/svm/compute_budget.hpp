// What a transaction asks of the runtime for itself, and its fee.
// Sources: agave compute-budget-instruction/src/, builtins-default-costs/src/lib.rs, fee/src/lib.rs.

#ifndef SAMESTATE_SVM_COMPUTE_BUDGET_HPP
#define SAMESTATE_SVM_COMPUTE_BUDGET_HPP

#include "samestate/optimized/svm/block.hpp"

namespace samestate::svm {

// What its compute budget instructions say, before anybody asks whether such values may be.
struct Requests {
    bool has[5];            // by tag
    uint64_t value[5];
    uint8_t index[5];       // of the instruction
    uint64_t default_units;
};

enum BudgetTag : uint8_t { HEAP = 1, UNIT_LIMIT = 2, UNIT_PRICE = 3, LOADED_LIMIT = 4 };

// Builtins that have not moved to bytecode count 3,000 units by default, all else 200,000 (SIMD-0170).
inline bool is_cheap(Known program) {
    switch (program) {
        case Known::SYSTEM:
        case Known::COMPUTE_BUDGET:
        case Known::LOADER_1:
        case Known::LOADER_2:
        case Known::LOADER_3:
        case Known::LOADER_4:
        case Known::SECP256K1:
        case Known::ED25519: return true;
        default: return false;
    }
}

// Reads the compute budget instructions of a message that is not of version 1.
inline Refusal read_requests(const Message& message, Requests& requests) {
    requests = Requests{};
    for (size_t index = 0; index < message.instruction_count; ++index) {
        const Instruction& instruction = message.instructions[index];
        requests.default_units += is_cheap(instruction.known) ? 3000 : 200000;
        if (instruction.known != Known::COMPUTE_BUDGET) continue;
        const uint8_t tag = instruction.data_length ? instruction.data[0] : 0;
        const size_t size = tag == UNIT_PRICE ? 8 : 4;
        if (tag < HEAP || tag > LOADED_LIMIT || instruction.data_length < 1 + size)
            return {Problem::TRANSACTION, instruction_error(index, InstructionError::INVALID_INSTRUCTION_DATA)};
        if (requests.has[tag]) return refuse(TransactionError::DUPLICATE_INSTRUCTION, index);
        requests.has[tag] = true;
        requests.index[tag] = static_cast<uint8_t>(index);
        requests.value[tag] = size == 8 ? read_u64(instruction.data + 1) : read_u32(instruction.data + 1);
    }
    return {};
}

inline uint64_t lower(uint64_t one, uint64_t other) { return one < other ? one : other; }

// The budget that comes of them.
inline Refusal grant(const Requests& requests, Budget& budget) {
    const uint64_t heap = requests.has[HEAP] ? requests.value[HEAP] : 32768;
    if (heap < 32768 || heap > 262144 || heap % 1024)
        return {Problem::TRANSACTION, instruction_error(requests.index[HEAP], InstructionError::INVALID_INSTRUCTION_DATA)};
    budget.unit_limit = lower(requests.has[UNIT_LIMIT] ? requests.value[UNIT_LIMIT] : requests.default_units, MOST_UNITS);
    budget.unit_price = requests.has[UNIT_PRICE] ? requests.value[UNIT_PRICE] : 0;
    if (requests.has[LOADED_LIMIT] && requests.value[LOADED_LIMIT] == 0)
        return refuse(TransactionError::INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT);
    budget.loaded_limit = lower(requests.has[LOADED_LIMIT] ? requests.value[LOADED_LIMIT] : MOST_LOADED, MOST_LOADED);
    return {};
}

// Price times limit, in whole lamports, rounded up.
inline uint64_t priority_fee(const Budget& budget) {
    const unsigned __int128 micro = static_cast<unsigned __int128>(budget.unit_price) * budget.unit_limit;
    const unsigned __int128 lamports = (micro + 999999) / 1000000;
    return lamports >> 64 ? ~uint64_t{0} : static_cast<uint64_t>(lamports);
}

// How many signatures the precompiles of a message say that they verify: the first byte of each.
struct PrecompileSignatures {
    uint64_t ed25519 = 0, secp256k1 = 0, secp256r1 = 0;
};

inline PrecompileSignatures precompile_signatures(const Message& message) {
    PrecompileSignatures count;
    for (size_t index = 0; index < message.instruction_count; ++index) {
        const Instruction& instruction = message.instructions[index];
        const uint64_t said = instruction.data_length ? instruction.data[0] : 0;
        if (instruction.known == Known::ED25519) count.ed25519 += said;
        if (instruction.known == Known::SECP256K1) count.secp256k1 += said;
        if (instruction.known == Known::SECP256R1) count.secp256r1 += said;
    }
    return count;
}

}  // namespace samestate::svm

#endif
