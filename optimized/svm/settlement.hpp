// What is judged in block order: the block's limits. Source: agave cost-model/src/cost_tracker.rs (would_fit).

#ifndef SAMESTATE_SVM_SETTLEMENT_HPP
#define SAMESTATE_SVM_SETTLEMENT_HPP

#include "samestate/optimized/svm/block_steps.hpp"

namespace samestate::svm {

// Where a block has ended before its end.
struct Verdict {
    static constexpr uint64_t NOWHERE = ~uint64_t{0};

    uint64_t transaction = NOWHERE;
    Refusal refusal{};

    explicit operator bool() const { return static_cast<bool>(refusal); }
};

class Settlement {
  public:
    Totals totals;
    Verdict verdict;

    void begin() {
        totals = Totals{};
        verdict = Verdict{};
    }

    // It is the transaction's turn, and its outcome is final: whether the block may have it.
    bool add(const Rules& rules, const Transaction& transaction, const Outcome& outcome, uint64_t index) {
        if (outcome.status == Status::REFUSED) return end(index, outcome.refusal);
        const uint64_t cost = outcome.cost;
        const uint64_t account_limit = rules.account_limit;
        if (totals.cost + cost > rules.block_limit - MUTANT(LIMIT_BEFORE_EQUALITY))
            return end(index, refuse(TransactionError::WOULD_EXCEED_MAX_BLOCK_COST_LIMIT));
        if (cost > account_limit) return end(index, refuse(TransactionError::WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT));
        if (totals.allocation + transaction.allocation > rules.allocation_limit)
            return end(index, refuse(TransactionError::WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT));
        for (size_t place = 0; place < transaction.key_count; ++place)
            if (transaction.keys[place].is_writable && transaction.keys[place].record->cost + cost > account_limit)
                return end(index, refuse(TransactionError::WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT));
        for (size_t place = 0; place < transaction.key_count; ++place)
            if (transaction.keys[place].is_writable) transaction.keys[place].record->cost += cost;
        totals.cost += cost;
        totals.allocation += transaction.allocation;
        count(transaction);
        return true;
    }

    // A transaction that is known to fit.
    void count(const Transaction& transaction) {
        totals.signatures += transaction.message.signature_count;
        totals.signature_fees += transaction.signature_fee;
        totals.priority_fees += transaction.priority_fee;
    }

    bool end(uint64_t index, const Refusal& refusal) {
        verdict = {index, refusal};
        return false;
    }
};

}  // namespace samestate::svm

#endif
