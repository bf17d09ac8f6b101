// Instructions that give a value and cost nothing that depends on it: those of arithmetic that words do not have as they are, and those
// that look at the frame, the transaction or the block.

#ifndef SAMESTATE_EVM_VALUES_HPP
#define SAMESTATE_EVM_VALUES_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/executor.hpp"

namespace samestate::evm {

// Frame

// CALLDATALOAD: 32 bytes of the input, with zeros where it has ended.
inline u256 input_word(const Frame& frame, const u256& offset) {
    if (!offset.fits_u64() || offset.w[0] >= frame.input_length) return u256(0);
    const std::uint64_t left = frame.input_length - offset.w[0];
    if (left >= 32) return u256::load_be(frame.input + offset.w[0]);
    std::uint8_t padded[32] = {};
    std::memcpy(padded, frame.input + offset.w[0], left);
    return u256::load_be(padded);
}

// BasicBlock

// BLOCKHASH: of one of the 256 blocks before this one, else zero (yellow paper, appendix H).
inline u256 block_hash(const Environment& environment, const u256& number) {
    if (!number.fits_u64() || number.w[0] >= environment.number) return u256(0);
    const std::uint64_t distance = environment.number - number.w[0];
    if (distance > BLOCK_HASH_WINDOW) return u256(0);
    if (distance > environment.block_hash_count || !environment.block_hash_known[distance - 1]) {
        throw Interrupted{Interruption::missing, number.w[0]};
    }
    return u256::load_be(environment.block_hashes[distance - 1].bytes);
}

// BLOBHASH (EIP-4844): zero past the last.
inline u256 blob_hash(const TransactionContext& transaction, const u256& index) {
    if (!index.fits_u64() || index.w[0] >= transaction.blob_hash_count) return u256(0);
    return u256::load_be(transaction.blob_hashes[index.w[0]].bytes);
}

// 0x44: DIFFICULTY, since EIP-4399 PREVRANDAO.
inline u256 difficulty_or_randao(const Executor& executor) {
    const Environment& environment = *executor.environment;
    return executor.rules->prevrandao ? u256::load_be(environment.prev_randao.bytes) : environment.difficulty;
}

// The value of an instruction that takes nothing. `exact_gas` is what the frame has left once the instruction is paid for.
inline u256 value_of(Executor& executor, Frame& frame, std::uint8_t opcode, std::uint64_t position, std::int64_t exact_gas) {
    const Environment& environment = *executor.environment;
    switch (opcode) {
        case ADDRESS: return word_of(frame.self->address);
        case ORIGIN: return word_of(executor.transaction.origin);
        case CALLER: return word_of(frame.caller);
        case CALLVALUE: return frame.value;
        case CALLDATASIZE: return u256(frame.input_length);
        case CODESIZE: return u256(frame.code->size);
        case GASPRICE: return executor.transaction.gas_price;
        case RETURNDATASIZE: return u256(executor.return_data.size());
        case COINBASE: return word_of(environment.coinbase);
        case TIMESTAMP: return u256(environment.timestamp);
        case NUMBER: return u256(environment.number);
        case PREVRANDAO: return difficulty_or_randao(executor);
        case GASLIMIT: return u256(environment.gas_limit);
        case CHAINID: return u256(environment.chain_id);
        case SELFBALANCE: return executor.state.balance(*frame.self);
        case BASEFEE: return environment.base_fee;
        case BLOBBASEFEE:
            if (environment.blob_base_fee_overflows) throw Interrupted{Interruption::unpriced};
            return environment.blob_base_fee;
        case SLOTNUM: return u256(environment.slot_number);
        case PC: return u256(position);
        case MSIZE: return u256(frame.memory_size);
        case GAS: return u256(static_cast<std::uint64_t>(exact_gas));
        default: return u256(0);  // PUSH0
    }
}

}  // namespace samestate::evm

#endif
