// The shape of a block: what can be told of how its transactions get in one another's way before any of them runs.
//
// Told from a sample, so that looking costs nothing beside running the block.

#ifndef SAMESTATE_EVM_SHAPE_HPP
#define SAMESTATE_EVM_SHAPE_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/block_input.hpp"

namespace samestate::evm {

struct BlockShape {
    std::uint64_t sampled;          // how many transactions were looked at
    std::uint64_t with_data;        // … of them have data to call something with, or create
    std::uint64_t largest_sender;   // … are from the one that sends most of them; 0 where senders are not known
    std::uint64_t largest_kind;     // … call the same function with the same addresses among its arguments
    std::uint64_t kind;             // that kind, as a number equal for equal kinds
    std::uint64_t gas_limit;        // of the transactions, on average
    std::uint64_t largest_call;     // … call the same function of the same contract, whatever its arguments
    std::uint64_t call;             // that function, as a number equal for equal ones
};

namespace shapes {

constexpr std::uint64_t SAMPLE = 128;
constexpr std::uint64_t WORDS = 8;      // of the arguments that are looked at

// Numbers and how often each has come.
struct Tally {
    std::uint64_t numbers[2 * SAMPLE] = {};
    std::uint32_t times[2 * SAMPLE] = {};
    std::uint64_t most = 0;
    std::uint64_t number = 0;   // that came most often

    void add(std::uint64_t given) {
        std::uint64_t place = given & (2 * SAMPLE - 1);
        while (times[place] && numbers[place] != given) place = (place + 1) & (2 * SAMPLE - 1);
        numbers[place] = given;
        if (++times[place] <= most) return;
        most = times[place];
        number = given;
    }
};

// Whether a word of the arguments, big-endian, has the form of an address: of one that is no small number.
inline bool is_address(const std::uint8_t* word) {
    static constexpr std::uint8_t nothing[12] = {};
    return std::memcmp(word, nothing, 12) == 0 && std::memcmp(word + 12, nothing, 8) != 0;
}

// Equal for transactions that call the same function of the same contract.
inline std::uint64_t call_of(const Transaction& transaction) {
    const std::uint64_t call = hash_bytes(0, transaction.to.bytes, 20);
    return transaction.data_length < 4 ? call : hash_bytes(call, transaction.data, 4);
}

// Equal for transactions that do so with the same addresses, apart from their sender's own.
inline std::uint64_t kind_of(const Transaction& transaction, const Sender& sender) {
    std::uint64_t kind = call_of(transaction);
    if (transaction.data_length < 4) return kind;
    std::uint64_t words = (transaction.data_length - 4) / 32;
    if (words > WORDS) words = WORDS;
    for (std::uint64_t index = 0; index < words; ++index) {
        const std::uint8_t* word = transaction.data + 4 + 32 * index;
        if (is_address(word) && std::memcmp(word + 12, sender.address.bytes, 20) != 0) kind = hash_bytes(kind, word + 12, 20);
    }
    return kind;
}

}  // namespace shapes

inline BlockShape shape_of(const BlockInput& input) {
    BlockShape shape{};
    shapes::Tally senders, kinds, calls;
    const std::uint64_t count = input.transactions.size();
    const std::uint64_t stride = (count + shapes::SAMPLE - 1) / shapes::SAMPLE;
    bool known = true;
    u256 gas;
    for (std::uint64_t first = 0; first < count; first += stride) {
        // One out of each stretch, at no regular distance: transactions that come by turns are not to look like one.
        std::uint64_t index = first + (first * 0x9E3779B97F4A7C15u >> 32) % stride;
        if (index >= count) index = first;
        const Transaction& transaction = input.transactions[index];
        const Sender& sender = input.senders[index];
        ++shape.sampled;
        gas = gas + u256(transaction.gas_limit);
        known = known && atomic_load(&sender.known, "evm.sender.load") == Sender::KNOWN;
        senders.add(hash_bytes(0, sender.address.bytes, 20));
        if (!transaction.data_length && transaction.has_to) continue;
        ++shape.with_data;
        kinds.add(shapes::kind_of(transaction, sender));
        calls.add(shapes::call_of(transaction));
    }
    shape.largest_sender = known ? senders.most : 0;
    shape.largest_kind = kinds.most;
    shape.kind = kinds.number;
    shape.largest_call = calls.most;
    shape.call = calls.number;
    if (shape.sampled) shape.gas_limit = divide(gas, u256(shape.sampled)).low64();
    return shape;
}

}  // namespace samestate::evm

#endif
