// One transaction on the state that all earlier ones have left: whether it may be in the block, what it pays, what it does.
// Source of the order: agave svm/src/transaction_processor.rs, account_loader.rs, runtime/src/bank/check_transactions.rs.

#ifndef SAMESTATE_SVM_EXECUTION_HPP
#define SAMESTATE_SVM_EXECUTION_HPP

#include "samestate/optimized/svm/compute_budget.hpp"
#include "samestate/optimized/svm/lookup_tables.hpp"
#include "samestate/optimized/svm/programs.hpp"
#include "samestate/optimized/svm/rent.hpp"

namespace samestate::svm {

// What belongs to a worker while it executes.
struct Bench {
    Room* room;
    bool keeps_effects;                 // beyond the transaction
    Effect effects[MOST_LOCKS];         // where they are not kept
    std::string last_log;               // what was logged last, and where it is kept: most transactions log the same
    const char* last_place;
    Log log;
    const Account* before[MOST_LOCKS];  // as the transaction has found them
    Account accounts[MOST_LOCKS];       // as it leaves them
    Account paid;                       // its fee payer, once the fee is paid …
    Account advanced;                   // … and its nonce account, once the nonce is another
};

// `Source` gives an account from before the transaction: `const Account* load(Record&)`, null where it cannot be had now.
template <class Source>
class Execution {
  public:
    Execution(const Environment& environment, const Transaction& transaction, Source& source, Bench& bench, Outcome& outcome)
        : environment_(environment), own_(transaction), source_(source), bench_(bench), outcome_(outcome) {}

    // Executes it; false where something that it reads cannot be had now. Nothing is written but the outcome.
    bool run() {
        std::memset(static_cast<void*>(&outcome_), 0, sizeof outcome_);
        outcome_.error = outcome_.refusal.error = Error{};
        if (own_.refusal) return refuse_with(own_.refusal);
        if (!load()) return false;
        if (const Refusal refusal = check_age()) return refuse_with(refusal);
        if (const Refusal refusal = pay()) return refuse_with(refusal);
        outcome_.error = check_loaded();
        if (outcome_.error) {
            outcome_.status = Status::FEES_ONLY;
            roll_back();
        } else {
            bool is_specified = true;
            const Error failure = run_instructions(is_specified);
            if (!is_specified) return refuse_with({Problem::BYTECODE, {}});
            outcome_.error = failure ? failure : check_rent();
            outcome_.status = outcome_.error ? Status::FAILED : Status::SUCCEEDED;
            keep_log();
            if (outcome_.error && !MUTANT(WRITES_OF_FAILURES)) roll_back();
            else keep();
        }
        outcome_.cost = own_.fixed_cost + outcome_.units + 8 * ((outcome_.loaded_size + 32767) / 32768);
        return true;
    }

  private:
    bool refuse_with(const Refusal& refusal) {
        outcome_.status = Status::REFUSED;
        outcome_.refusal = refusal;
        return true;
    }

    bool load() {
        for (size_t index = 0; index < own_.key_count; ++index) {
            Record& record = *own_.keys[index].record;
            // The account of Instructions is made up anew for each transaction, and nothing here looks into it.
            bench_.before[index] = record.known == Known::INSTRUCTIONS ? &ABSENT : source_.load(record);
            if (bench_.before[index] == nullptr) return false;
        }
        return true;
    }

    bool is_nonce_transaction() const { return !own_.is_recent; }

    Refusal check_age() {
        if (is_nonce_transaction() && !has_valid_nonce()) return refuse(TransactionError::BLOCKHASH_NOT_FOUND);
        if (own_.was_processed || own_.is_duplicate) return refuse(TransactionError::ALREADY_PROCESSED);
        return {};
    }

    // A durable nonce in the place of a blockhash: the one that the account has stored, which is not the one that it would get now,
    // and whose authority signs the instruction that advances it.
    bool has_valid_nonce() const {
        if (own_.nonce == Transaction::NO_NONCE) return false;
        const Account& account = *bench_.before[own_.nonce];
        Nonce nonce;
        if (account.lamports == 0 || account.owner != known[Known::SYSTEM]) return false;
        if (!read_nonce(account.data, account.length, nonce) || !nonce.is_current || !nonce.is_initialized) return false;
        if (std::memcmp(&nonce.nonce, own_.message.blockhash, 32) != 0) return false;
        if (nonce.nonce == environment_.durable_nonce) return false;
        const Instruction& first = own_.message.instructions[0];
        for (size_t place = 0; place < first.account_count; ++place) {
            const Key& key = own_.keys[first.accounts[place]];
            if (key.is_signer && key.record->address == nonce.authority) return true;
        }
        return false;
    }

    Refusal pay() {
        const Account& payer = *bench_.before[0];
        if (payer.lamports == 0) return refuse(TransactionError::ACCOUNT_NOT_FOUND);
        if (payer.owner != known[Known::SYSTEM] || (payer.length && !is_paying_nonce(payer)))
            return refuse(TransactionError::INVALID_ACCOUNT_FOR_FEE);
        const uint64_t kept = payer.length ? minimum_balance(environment_, NONCE_LENGTH) : 0;
        if (payer.lamports < kept || payer.lamports - kept < own_.fee())
            return refuse(TransactionError::INSUFFICIENT_FUNDS_FOR_FEE);
        bench_.paid = payer;
        bench_.paid.lamports -= own_.fee();
        if (!may_become(environment_, payer, bench_.paid)) return refuse(TransactionError::INSUFFICIENT_FUNDS_FOR_RENT, 0);
        if (is_nonce_transaction() && own_.nonce != 0)
            bench_.advanced = advanced(*bench_.before[own_.nonce], environment_, *bench_.room);
        return {};
    }

    // Sizes and programs, once accounts are loaded. What is wrong here costs the fee and no more (SIMD-0191).
    Error check_loaded() {
        uint64_t size = TABLE_SIZE * own_.message.lookup_count;
        for (size_t index = 0; index < own_.key_count; ++index) {
            const Account& account = *bench_.before[index];
            Record& record = *own_.keys[index].record;
            if (account.lamports == 0) continue;
            size += 64 + account.length;
            if (record.is_program) size += size_of_program_data(index);
        }
        const bool is_too_large = size > own_.budget.loaded_limit;
        outcome_.loaded_size = static_cast<uint32_t>(is_too_large ? own_.budget.loaded_limit : size);
        if (is_too_large) return {TransactionError::MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED, 0, {}};
        for (size_t index = 0; index < own_.message.instruction_count; ++index) {
            const Account& program = *bench_.before[own_.message.instructions[index].program];
            if (program.lamports == 0) return {TransactionError::PROGRAM_ACCOUNT_NOT_FOUND, 0, {}};
            if (program.owner != known[Known::NATIVE_LOADER] && !is_loader(program.owner))
                return {TransactionError::INVALID_PROGRAM_FOR_EXECUTION, 0, {}};
        }
        return {};
    }

    // Program data counts once, and not again where it is a key itself.
    uint64_t size_of_program_data(size_t index) const {
        const Record* data = own_.keys[index].record->data_record();
        for (size_t other = 0; other < own_.key_count; ++other) {
            if (own_.keys[other].record == data) return 0;
            if (other < index && own_.keys[other].record->data_record() == data) return 0;
        }
        return data->base->lamports ? 64 + data->base->length : 0;
    }

    Error run_instructions(bool& is_specified) {
        bench_.accounts[0] = bench_.paid;
        for (size_t index = 1; index < own_.key_count; ++index) bench_.accounts[index] = *bench_.before[index];
        bench_.log.begin();
        Run run{&environment_, &own_, bench_.accounts, bench_.room, &bench_.log, own_.budget.unit_limit, 0};
        Programs programs(run);
        Error error;
        for (size_t index = 0; index < own_.message.instruction_count; ++index) {
            Ending ending = SUCCESS;
            if (!programs.run(own_.message.instructions[index], ending)) {
                is_specified = false;
                return {};
            }
            if (ending) {
                error = {TransactionError::INSTRUCTION_ERROR, static_cast<uint8_t>(index), ending.failure};
                break;
            }
        }
        outcome_.units = own_.budget.unit_limit - run.units_left;
        return error;
    }

    // Native programs move lamports and make none, so all that is left to be checked is rent.
    Error check_rent() const {
        for (size_t index = 0; index < own_.key_count; ++index) {
            const Key& key = own_.keys[index];
            if (!key.is_writable || key.record->known == Known::INCINERATOR || MUTANT(RENT_UNCHECKED)) continue;
            const Account& before = index ? *bench_.before[index] : bench_.paid;
            if (!may_become(environment_, before, bench_.accounts[index]))
                return {TransactionError::INSUFFICIENT_FUNDS_FOR_RENT, static_cast<uint8_t>(index), {}};
        }
        return {};
    }

    void keep_log() {
        const std::string& text = bench_.log.text();
        if (bench_.last_place == nullptr || text != bench_.last_log) {
            bench_.last_log = text;
            bench_.last_place = reinterpret_cast<const char*>(
                bench_.room->copy(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
        }
        outcome_.logs = bench_.last_place;
        outcome_.log_length = static_cast<uint32_t>(text.size());
    }

    Effect* place_for(size_t count) { return bench_.keeps_effects ? bench_.room->take_many<Effect>(count) : bench_.effects; }

    // Enters what an account has become, unless that is what it was.
    void enter(Effect* effects, size_t index, const Account& after) {
        if (is_same(*bench_.before[index], after)) return;
        effects[outcome_.effect_count++] = {own_.keys[index].record, after.lamports ? after : ABSENT};
    }

    void keep() {
        Effect* effects = place_for(own_.key_count);
        for (size_t index = 0; index < own_.key_count; ++index)
            if (own_.keys[index].is_writable) enter(effects, index, bench_.accounts[index]);
        outcome_.effects = effects;
    }

    // Of a transaction that fails there stay the fee and the nonce.
    void roll_back() {
        Effect* effects = place_for(2);
        outcome_.effects = effects;
        if (MUTANT(FEE_OF_FAILURES_FORGOTTEN)) bench_.paid.lamports += own_.fee();
        const bool advances = is_nonce_transaction() && !MUTANT(NONCE_STAYS_ON_FAILURE);
        if (advances && own_.nonce == 0) bench_.paid = advanced(bench_.paid, environment_, *bench_.room);
        enter(effects, 0, bench_.paid);
        if (advances && own_.nonce != 0) enter(effects, own_.nonce, bench_.advanced);
    }

    const Environment& environment_;
    const Transaction& own_;
    Source& source_;
    Bench& bench_;
    Outcome& outcome_;
};

}  // namespace samestate::svm

#endif
