// What a block commits to: of its body, before anything is executed, and of what came of it.

#ifndef SAMESTATE_EVM_COMMITMENTS_HPP
#define SAMESTATE_EVM_COMMITMENTS_HPP

#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/receipts.hpp"
#include "samestate/optimized/evm/step_records.hpp"

namespace samestate::evm {

struct BodyCommitments {
    Hash transactions_root;
    Hash ommers_hash;
    Hash withdrawals_root;      // of no withdrawals, where the body has no list of them
};

// The root over items that lie somewhere as they are: `item(index, bytes, length)` says where.
template <typename Item>
void root_over(std::size_t count, Item item, Hash& root) {
    std::vector<Reference> leaves(count);
    Buffer scratch;
    KeccakBatch batch;
    for (std::size_t place = 0; place < count; ++place) {
        const std::uint8_t* bytes = nullptr;
        std::size_t length = 0;
        item(index_in_order(place, count), bytes, length);
        ordered_leaf(place, count, bytes, length, scratch, batch, leaves[place]);
    }
    batch.flush();
    ordered_root(leaves.data(), count, root.bytes);
}

// The commitments to the body of a block that came as a whole (BlockInput::load).
inline void commit_to_body(const BlockInput& input, BodyCommitments& commitments) {
    const DecodedBlock& block = input.decoded;
    root_over(input.transactions.size(), [&](std::size_t index, const std::uint8_t*& bytes, std::size_t& length) {
        bytes = input.transactions[index].raw;
        length = input.transactions[index].raw_length;
    }, commitments.transactions_root);
    root_over(block.withdrawal_count, [&](std::size_t index, const std::uint8_t*& bytes, std::size_t& length) {
        bytes = block.withdrawals[index].raw;
        length = block.withdrawals[index].raw_length;
    }, commitments.withdrawals_root);
    keccak256(block.raw_ommers, block.raw_ommers_length, commitments.ommers_hash.bytes);
}

// The root over a block's receipts and the bloom of all logs, from the records of its steps: transaction i is step i + 1.
inline void commit_to_receipts(const BlockInput& input, const StepRecords& records, Hash& root, Bloom& bloom) {
    const std::size_t count = input.transactions.size();
    std::vector<ReceiptView> receipts(count);
    std::vector<Bloom> blooms(count);
    std::vector<Reference> leaves(count);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const OutcomeRecord& record = *records.steps[i + 1];
        cumulative += record.figures.gas_paid;
        receipts[i] = ReceiptView{record.type, record.figures.succeeded(), cumulative, record.logs(), record.log_count, record.log_data()};
    }
    ReceiptHasher hasher;
    hasher.hash(receipts.data(), 0, count, count, blooms.data(), leaves.data());
    ordered_root(leaves.data(), count, root.bytes);
    bloom = Bloom{};
    for (const Bloom& each : blooms) bloom.join(each);
}

}  // namespace samestate::evm

#endif
