// What of a transaction depends on nothing but itself and the state before the block: decoding, sanity, budget, lookup tables, locks,
// fee, the fixed part of its cost, and its signatures. Any worker does that for any stretch of the block.
// Source of the order: agave runtime/src/bank.rs (verify_transaction), runtime-transaction/src/runtime_transaction.

#ifndef SAMESTATE_SVM_ADMISSION_HPP
#define SAMESTATE_SVM_ADMISSION_HPP

#include "samestate/optimized/svm/work.hpp"

namespace samestate::svm {

class Admission {
  public:
    Admission(Work& work, Hand& hand) : work_(work), hand_(hand) {}

    // Decodes a stretch of the block, and hashes its messages, several at once.
    void decode_all(size_t first, size_t end) {
        static constexpr char DOMAIN[] = "solana-tx-message-v1";
        for (size_t index = first; index < end; ++index) {
            Transaction& transaction = work_.transactions[index];
            const uint8_t* bytes = work_.input->wire.data() + work_.input->starts[index];
            const size_t length = work_.input->starts[index + 1] - work_.input->starts[index];
            transaction.refusal = {};
            transaction.key_count = 0;
            transaction.is_duplicate = false;
            if (!decode(bytes, length, transaction.message, hand_.room)) {
                transaction.refusal = {Problem::MALFORMED, {}};
                atomic_lower(&work_.malformed, index, "svm.malformed.lower");
                continue;
            }
            const Piece pieces[] = {{reinterpret_cast<const uint8_t*>(DOMAIN), sizeof DOMAIN - 1},
                                    {transaction.message.start, transaction.message.length}};
            hand_.hashes.add(pieces, 2, transaction.hash.bytes);
        }
        hand_.hashes.flush();
    }

    // Admits a stretch that was decoded. `then` is told of each.
    template <class Then>
    void admit_all(size_t first, size_t end, const Then& then) {
        static constexpr size_t FAR = 24, NEAR = 12;      // transactions ahead
        for (size_t index = first; index < end; ++index) {
            if (index + FAR < end)
                for_keys(index + FAR, [this](const Address& address) { work_.accounts.expect(address); });
            if (index + NEAR < end)
                for_keys(index + NEAR, [this](const Address& address) { work_.accounts.approach(address); });
            admit(index);
            then(index);
        }
    }

    // Admits what was decoded, or says why not.
    void admit(size_t index) {
        Transaction& transaction = work_.transactions[index];
        if (transaction.refusal.problem == Problem::MALFORMED) return;
        transaction.refusal = judge(transaction, work_.input->starts[index + 1] - work_.input->starts[index]);
        if (transaction.refusal) {
            transaction.key_count = 0;
            atomic_store(&work_.refused, 1, "svm.refused.store");
            return;
        }
        const auto hash_of = [this](uint32_t number) -> const Hash& { return work_.transactions[number].hash; };
        transaction.is_duplicate = work_.messages.enter(static_cast<uint32_t>(index), hash_of) != HashSet::NOBODY;
        if (transaction.is_duplicate)
            atomic_store(&work_.repeated, 1, "svm.repeated.store");
    }

    // Verifies the signatures of a stretch of transactions.
    void verify(size_t first, size_t end) {
        items_.clear();
        owners_.clear();
        for (size_t index = first; index < end; ++index) {
            const Message& message = work_.transactions[index].message;
            if (work_.transactions[index].refusal) continue;
            for (size_t place = 0; place < message.signature_count; ++place) {
                items_.push_back({message.signatures + 64 * place, message.keys[place].bytes, message.start, message.length});
                owners_.push_back(index);
            }
        }
        const std::unique_ptr<bool[]> verdicts(new bool[items_.size()]);
        if (work_.options.batches) ed25519::verify_batch(items_.data(), items_.size(), verdicts.get());
        else for (size_t place = 0; place < items_.size(); ++place) verdicts[place] = ed25519::verify(items_[place]);
        for (size_t place = 0; place < items_.size(); ++place) {
            if (verdicts[place]) continue;
            work_.transactions[owners_[place]].refusal = refuse(TransactionError::SIGNATURE_FAILURE);
            atomic_store(&work_.refused, 1, "svm.refused.store");
        }
    }

  private:
    // The first keys of a transaction, which are those that others rarely have.
    template <class Then>
    void for_keys(size_t index, const Then& then) const {
        const Message& message = work_.transactions[index].message;
        for (size_t place = 0; place < message.key_count && place < 4; ++place) then(message.keys[place]);
    }

    Refusal judge(Transaction& transaction, size_t length) {
        Message& message = transaction.message;
        if (message.version == Version::ONE && !work_.input->rules.has_version_1)
            return refuse(TransactionError::UNSUPPORTED_VERSION);
        if (!is_sane(message, length)) return refuse(TransactionError::SANITIZE_FAILURE);
        for (size_t index = 0; index < message.instruction_count; ++index)
            message.instructions[index].known = known.find(message.keys[message.instructions[index].program]);
        Requests requests{};
        if (message.version != Version::ONE)
            if (const Refusal refusal = read_requests(message, requests)) return refusal;
        const Address* addresses[MOST_ACCOUNTS];
        if (const Refusal refusal = resolve(message, addresses, transaction.key_count)) return refusal;
        if (const Refusal refusal = lock(transaction, addresses)) return refusal;
        if (message.version == Version::ONE) {
            transaction.budget = {lower(message.configuration.unit_limit, MOST_UNITS), 0,
                                  lower(message.configuration.loaded_limit, MOST_LOADED)};
            transaction.priority_fee = message.configuration.priority_fee;
        } else {
            if (const Refusal refusal = grant(requests, transaction.budget)) return refusal;
            transaction.priority_fee = priority_fee(transaction.budget);
        }
        measure(transaction);
        note_age(transaction);
        return {};
    }

    // The addresses of all keys: static ones, then of all lookups those to be written, then those to be read.
    Refusal resolve(const Message& message, const Address** addresses, uint16_t& count) {
        count = 0;
        for (size_t index = 0; index < message.key_count; ++index) addresses[count++] = message.keys + index;
        if (message.lookup_count == 0) return {};
        size_t readonly = count;
        for (size_t index = 0; index < message.lookup_count; ++index) readonly += message.lookups[index].writable_count;
        size_t writable = count;
        for (size_t index = 0; index < message.lookup_count; ++index) {
            const Lookup& lookup = message.lookups[index];
            TableContent content;
            const Account& table = work_.state->accounts.find(*lookup.table);
            if (const Refusal refusal = read_table(table, work_.environment, content)) return refusal;
            const auto take = [&](const uint8_t* indices, size_t indices_count, size_t& place) {
                for (size_t each = 0; each < indices_count; ++each) {
                    if (indices[each] >= content.count) return false;
                    addresses[place++] = content.addresses + indices[each];
                }
                return true;
            };
            if (!take(lookup.writable, lookup.writable_count, writable) ||
                !take(lookup.readonly, lookup.readonly_count, readonly))
                return refuse(TransactionError::INVALID_ADDRESS_LOOKUP_TABLE_INDEX);
        }
        count = static_cast<uint16_t>(readonly);
        return {};
    }

    // What each key may be, and the record of its account. A key that asks to be written is read all the same where it is reserved, or is
    // the program of an instruction, unless the message names the upgradeable loader.
    Refusal lock(Transaction& transaction, const Address* const* addresses) {
        const Message& message = transaction.message;
        const size_t count = transaction.key_count;
        if (count > MOST_LOCKS) return refuse(TransactionError::TOO_MANY_ACCOUNT_LOCKS);
        size_t loaded_writable = message.key_count;
        for (size_t index = 0; index < message.lookup_count; ++index) loaded_writable += message.lookups[index].writable_count;
        uint64_t programs = 0;
        for (size_t index = 0; index < message.instruction_count; ++index)
            programs |= uint64_t{1} << message.instructions[index].program;
        Key* keys = hand_.room.take_many<Key>(count);
        bool has_loader = false;
        size_t requested = 0;
        for (size_t index = 0; index < count; ++index) {
            Record* record = work_.accounts.find_key(*addresses[index], hand_.records);
            for (size_t other = 0; other < index; ++other)
                if (keys[other].record == record) return refuse(TransactionError::ACCOUNT_LOADED_TWICE);
            const bool is_signer = index < message.required;
            const bool is_writable = index < message.key_count
                ? (is_signer ? index < size_t{message.required} - message.readonly_signed
                             : index < size_t{message.key_count} - message.readonly_unsigned)
                : index < loaded_writable;
            requested += is_writable;
            has_loader |= record->known == Known::LOADER_3;
            keys[index] = {record, is_signer, is_writable && !is_reserved(record->known)};
        }
        if (!has_loader && !MUTANT(DEMOTION_FORGOTTEN))
            for (size_t index = 0; index < count; ++index)
                if (programs >> index & 1) keys[index].is_writable = false;
        transaction.keys = keys;
        transaction.fixed_cost = static_cast<uint32_t>(300 * requested);
        return {};
    }

    // Fee and cost, as far as they do not depend on what the transaction does.
    void measure(Transaction& transaction) {
        const Message& message = transaction.message;
        const PrecompileSignatures verified = precompile_signatures(message);
        const uint64_t signatures = message.signature_count + verified.ed25519 + verified.secp256k1 + verified.secp256r1;
        transaction.signature_fee = work_.input->rules.lamports_per_signature * signatures;
        uint64_t bytes = 0;
        uint64_t allocation = 0;
        bool is_readable = true;
        for (size_t index = 0; index < message.instruction_count; ++index) {
            const Instruction& instruction = message.instructions[index];
            bytes += instruction.data_length;
            if (instruction.known != Known::SYSTEM) continue;
            SystemInstruction fields;
            if (!read_system(instruction.data, instruction.data_length, fields)) {
                is_readable = false;
            } else if (allocates(fields)) {
                is_readable &= fields.space <= LONGEST_DATA;
                allocation += lower(fields.space, LONGEST_DATA);
            }
        }
        transaction.allocation = is_readable ? lower(allocation, MOST_ALLOCATED) : 0;
        transaction.fixed_cost += static_cast<uint32_t>(
            720 * message.signature_count + 2400 * verified.ed25519 + 6690 * verified.secp256k1 + 4800 * verified.secp256r1 +
            lower(bytes, 0xFFFF) / 4);
    }

    // Whether its blockhash is a recent one, and if it has the form of a nonce transaction, of which account.
    void note_age(Transaction& transaction) {
        const Message& message = transaction.message;
        const Hash& blockhash = *reinterpret_cast<const Hash*>(message.blockhash);
        transaction.is_recent = work_.is_recent(blockhash);
        const StatusCache& processed = work_.state->bank.processed;
        transaction.was_processed = !processed.is_empty() && processed.has(blockhash, transaction.hash);
        transaction.nonce = Transaction::NO_NONCE;
        if (transaction.is_recent || message.instruction_count == 0) return;
        const Instruction& first = message.instructions[0];
        if (first.known != Known::SYSTEM || first.data_length < 4 || first.account_count == 0) return;
        if (read_u32(first.data) != static_cast<uint32_t>(SystemTag::ADVANCE_NONCE)) return;
        if (first.accounts[0] < message.key_count && transaction.keys[first.accounts[0]].is_writable)
            transaction.nonce = first.accounts[0];
    }

    Work& work_;
    Hand& hand_;
    std::vector<SignatureView> items_;
    std::vector<size_t> owners_;
};

}  // namespace samestate::svm

#endif
