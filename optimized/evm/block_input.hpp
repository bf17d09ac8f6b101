// A block as workers get it: its environment, and its transactions out of their bytes.

#ifndef SAMESTATE_EVM_BLOCK_INPUT_HPP
#define SAMESTATE_EVM_BLOCK_INPUT_HPP

#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/decoding.hpp"
#include "samestate/optimized/evm/environment.hpp"
#include "samestate/optimized/evm/senders.hpp"
#include "samestate/optimized/evm/transaction.hpp"

namespace samestate::evm {

// Who sent a transaction, or why nobody did. Found out once a block, and written down by whoever comes first.
struct Sender {
    static constexpr std::uint64_t KNOWN = 1, IN_WRITING = 2;

    Address address;
    Rejection rejection;
    std::uint64_t known;    // shared: 0, IN_WRITING, KNOWN; the rest is one writer's until then, and nobody's to change afterwards

    std::uint8_t code() const { return static_cast<std::uint8_t>(rejection); }
};

// The name of a rejection by its number, of which 0 says that there is none.
inline const char* name_of_rejection(std::uint8_t code) { return rejection_name(static_cast<Rejection>(code)); }

struct BlockInput {
    Environment environment{};
    DecodedBlock decoded{};                 // where it came as a whole
    Shelf shelf;                            // what transactions point into, beside their bytes, which somebody else keeps
    std::vector<Transaction> transactions;
    std::vector<Sender> senders;
    std::uint64_t no_more_senders = 0;      // shared: 1 where whoever recovers senders beforehand should leave
    std::vector<std::uint64_t> groups_taken;    // shared: 1 where somebody has begun to find out the senders of so many transactions
    bool in_lanes = true;                   // whether signers are found out many at once, where the processor can
    std::uint64_t signatures_in_lanes = 0;  // shared: how many were
    std::vector<Hash> hashes;               // of ancestors, the parent's first
    std::vector<std::uint8_t> hash_known;
    std::vector<Withdrawal> withdrawals;
    std::vector<OmmerMiner> ommers;

    BlockInput() = default;
    BlockInput(const BlockInput&) = delete;
    BlockInput& operator=(const BlockInput&) = delete;

    // Take one more transaction out of its bytes. 0, or the number of the rejection that says why they are none.
    std::uint8_t add_transaction(const std::uint8_t* bytes, std::size_t length) {
        transactions.emplace_back();
        std::memset(static_cast<void*>(&transactions.back()), 0, sizeof(Transaction));
        return static_cast<std::uint8_t>(decode_transaction(bytes, length, transactions.back(), shelf).code);
    }

    // Take a whole block out of its bytes, which stay where they are: header, transactions, withdrawals, ommers. What its header says
    // of the environment is in it afterwards. NONE, or why it is no block.
    DecodingError load(const std::uint8_t* bytes, std::size_t length) {
        if (DecodingError error = decode_block(bytes, length, decoded, shelf)) return error;
        const Header& header = decoded.header;
        environment.number = header.number;
        environment.timestamp = header.timestamp;
        environment.gas_limit = header.gas_limit;
        environment.slot_number = header.slot_number;
        environment.base_fee = header.base_fee_per_gas;
        environment.difficulty = header.difficulty;
        environment.prev_randao = header.prev_randao;
        environment.excess_blob_gas = header.excess_blob_gas;
        environment.coinbase = header.coinbase;
        environment.parent_hash = header.parent_hash;
        environment.parent_beacon_block_root = header.parent_beacon_block_root;
        transactions.assign(decoded.transactions, decoded.transactions + decoded.transaction_count);
        for (std::size_t i = 0; i < decoded.withdrawal_count; ++i)
            withdrawals.push_back(Withdrawal{decoded.withdrawals[i].address, decoded.withdrawals[i].amount});
        for (std::size_t i = 0; i < decoded.ommer_count; ++i)
            ommers.push_back(OmmerMiner{decoded.ommers[i].coinbase, decoded.ommers[i].number});
        return {};
    }

    // The hash of the ancestor that lies `distance` blocks back, 1 for the parent.
    void add_block_hash(std::uint64_t distance, const std::uint8_t* hash) {
        if (distance == 0 || distance > BLOCK_HASH_WINDOW) return;
        if (hashes.size() < distance) {
            hashes.resize(distance, Hash{});
            hash_known.resize(distance, 0);
        }
        std::memcpy(hashes[distance - 1].bytes, hash, 32);
        hash_known[distance - 1] = 1;
    }

    void add_withdrawal(const std::uint8_t* address, std::uint64_t amount) {
        Withdrawal withdrawal;
        std::memcpy(withdrawal.address.bytes, address, 20);
        withdrawal.amount = amount;
        withdrawals.push_back(withdrawal);
    }

    void add_ommer(const std::uint8_t* address, std::uint64_t number) {
        OmmerMiner miner;
        std::memcpy(miner.address.bytes, address, 20);
        miner.number = number;
        ommers.push_back(miner);
    }

    // All is in: let the environment point to it.
    void finish() {
        environment.block_hashes = hashes.data();
        environment.block_hash_known = reinterpret_cast<const bool*>(hash_known.data());
        environment.block_hash_count = hashes.size();
        environment.withdrawals = withdrawals.data();
        environment.withdrawal_count = withdrawals.size();
        environment.ommers = ommers.data();
        environment.ommer_count = ommers.size();
        senders.assign(transactions.size(), Sender{Address{}, Rejection::NONE, 0});
        groups_taken.assign((transactions.size() + GROUP - 1) / GROUP, 0);
    }

    // Find senders out from the last transaction on, until somebody has been there or `no_more_senders` is set. While whoever executes
    // the block takes them from the first one on, the two meet.
    void recover_senders(const Recovery& recovery) {
        SenderScratch scratch;
        for (std::size_t i = recovery.many ? groups_taken.size() : senders.size(); i > 0; --i) {
            if (atomic_load(&no_more_senders, "evm.senders.stop")) return;
            if (recovery.many) {
                if (!take_group(i - 1)) return;
                recover_group(i - 1, recovery, scratch);
            } else {
                if (is_known(i - 1)) return;
                sender(i - 1, recovery.one, scratch.message);
            }
        }
    }

    // The sender of a transaction, found out now if nobody has before. Any worker, at any time.
    FoundSender sender(std::size_t transaction, Recover recover, Buffer& scratch) {
        if (is_known(transaction)) return {senders[transaction].address, senders[transaction].rejection};
        FoundSender found{};
        found.rejection = recover_sender(transactions[transaction], recover, scratch, found.address);
        keep(transaction, found);
        return found;
    }

    // The same; where many are found out at once, those of its group with it. While somebody else is at that group already, the next one
    // that nobody is at is found out: by then the other is probably done, and if not, this transaction's is found out by itself. Nobody waits.
    FoundSender sender(std::size_t transaction, const Recovery& recovery, SenderScratch& scratch) {
        std::size_t group = transaction / GROUP;
        while (recovery.many && group < groups_taken.size() && !is_known(transaction)) {
            if (take_group(group)) {
                recover_group(group, recovery, scratch);
                break;
            }
            ++group;
        }
        return sender(transaction, recovery.one, scratch.message);
    }

    // How many signers have been found out in lanes so far.
    std::uint64_t counted_in_lanes() const { return peek(&signatures_in_lanes); }

  private:
    static constexpr std::size_t GROUP = secp256k1::EIGHT;

    // Whether nobody has been at a group before.
    bool take_group(std::size_t group) {
        return !atomic_load(&groups_taken[group], "evm.senders.group") && !atomic_exchange(&groups_taken[group], 1, "evm.senders.group");
    }

    void recover_group(std::size_t group, const Recovery& recovery, SenderScratch& scratch) {
        const Transaction* asked[GROUP];
        std::size_t places[GROUP], count = 0;
        for (std::size_t i = group * GROUP; i < transactions.size() && i < (group + 1) * GROUP; ++i) {
            if (is_known(i)) continue;
            asked[count] = &transactions[i];
            places[count++] = i;
        }
        FoundSender found[GROUP];
        const std::size_t in_lanes = evm::recover_senders(asked, count, recovery.many, scratch, found);
        __atomic_fetch_add(&signatures_in_lanes, in_lanes, __ATOMIC_RELAXED);
        for (std::size_t i = 0; i < count; ++i) keep(places[i], found[i]);
    }

    bool is_known(std::size_t transaction) const { return atomic_load(&senders[transaction].known, "evm.sender.load") == Sender::KNOWN; }

    // Two may come at once, and have found the same: one of them writes it down, and neither waits.
    void keep(std::size_t transaction, const FoundSender& found) {
        Sender& sender = senders[transaction];
        if (!atomic_replace(&sender.known, 0, Sender::IN_WRITING, "evm.sender.take")) return;
        sender.address = found.address;
        sender.rejection = found.rejection;
        atomic_store(&sender.known, Sender::KNOWN, "evm.sender.store");
    }
};

}  // namespace samestate::evm

#endif
