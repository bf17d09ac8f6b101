// One block from its bytes to its result, as the glue drives it.

#ifndef SAMESTATE_SVM_JOB_HPP
#define SAMESTATE_SVM_JOB_HPP

#include "samestate/optimized/svm/commitment.hpp"
#include "samestate/optimized/svm/in_place.hpp"
#include "samestate/optimized/svm/ticks.hpp"

namespace samestate::svm {

// Whether to stop, asked by a worker.
struct Poll {
    int (*asked)(void* itself) = nullptr;
    void* itself = nullptr;

    bool operator()() const { return asked != nullptr && asked(itself) != 0; }
};

// An account from versioned memory. What `read` returns is a ReadResult of the core, 0 where there is a value.
struct VersionedSource {
    int (*read)(void* itself, uint64_t key, Account* account) = nullptr;
    void* itself = nullptr;
    int result = 0;             // the first that was not 0
    size_t count = 0;
    Account accounts[MOST_LOCKS];

    const Account* load(Record& record) {
        Account* account = &accounts[count++];
        result = read(itself, record.key, account);
        return result == 0 ? account : nullptr;
    }
};

class Job {
  public:
    Work work;
    InPlace in_place;
    std::string problem;        // of the block as such: a code, under which nothing is executed

    // Lays a block out and opens it. Nothing is decoded yet.
    void begin(const BlockInput& input, const State& state, const Options& options, size_t workers) {
        problem.clear();
        work.begin(input, state, options, workers);
        BlockSteps(work).open();
    }

    // What is wrong with the block beside its transactions, in the order in which it is looked for: a transaction that is none, the epoch,
    // ticks, history. All transactions are decoded where there is history; else the first stage does that.
    void check(size_t workers, const Stop& stop, bool& was_stopped) {
        const Bank& parent = work.state->bank;
        const BlockInput& input = *work.input;
        was_stopped = false;
        const bool other_epoch = parent.epochs.epoch_of(input.slot) != parent.epochs.epoch_of(parent.slot);
        if (!other_epoch && !input.has_history) return;
        Admission(work, work.coordinator()).decode_all(0, input.count());
        if (work.malformed != ~uint64_t{0}) return;
        const char* wrong = other_epoch ? "EPOCH_BOUNDARY_NOT_SPECIFIED" : tick_problem(input, parent);
        if (wrong == nullptr && !has_true_history(work, workers, stop, was_stopped)) wrong = "INVALID_ENTRY_HASH";
        if (wrong) problem = wrong;
    }

    // Be a worker until the block is done. False where there was no memory.
    bool run(size_t worker, const Poll& poll) noexcept {
        try {
            if (problem.empty()) in_place.run(worker, poll);
            return true;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

    // Once all workers have left. False where there was no memory.
    bool conclude(const Poll& poll) noexcept {
        try {
            if (problem.empty()) in_place.conclude(poll);
            return true;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

    // Versioned memory: admission comes first, on so many threads.
    void admit_all(size_t workers) {
        const size_t count = work.transactions.size();
        in_parallel(workers, count, 256, [&](size_t first, size_t end, size_t worker) {
            Admission admission(work, *work.hands[worker]);
            admission.decode_all(first, end);
            admission.admit_all(first, end, [&](size_t index) { in_place.note_writers(work.transactions[index]); });
            if (work.options.verifies) admission.verify(first, end);
        });
        if (work.repeated) in_place.find_duplicates();
    }

    static constexpr int NO_MEMORY = -1;

    // A transaction on versioned memory. 0, NO_MEMORY, or the ReadResult that kept it from its end.
    int execute(size_t worker, size_t index, VersionedSource& source) noexcept {
        Hand& hand = *work.hands[worker];
        source.result = 0;
        source.count = 0;
        ++hand.executed;
        hand.running = index + 1;
        try {
            Execution<VersionedSource>(work.environment, work.transactions[index], source, hand.bench, work.outcomes[index]).run();
        } catch (const std::bad_alloc&) {
            return NO_MEMORY;
        }
        return source.result;
    }

    // It is the transaction's turn. Whether the block may have it; then its record says what it has left.
    bool settle(size_t index) noexcept {
        const Outcome& outcome = work.outcomes[index];
        if (!in_place.settlement.add(work.input->rules, work.transactions[index], outcome, index)) return false;
        for (size_t place = 0; place < outcome.effect_count; ++place)
            outcome.effects[place].record->now = outcome.effects[place].after;
        return true;
    }

    void close() { BlockSteps(work).close(in_place.settlement.totals); }

    bool is_invalid() const { return !problem.empty() || verdict(); }

    const Verdict& verdict() const { return in_place.settlement.verdict; }

    // The code of a rejection, as the runtime calls it, in capitals.
    std::string code() const {
        if (!problem.empty()) return problem;
        const Refusal& refusal = verdict().refusal;
        if (refusal.problem == Problem::MALFORMED) return "MALFORMED_TRANSACTION";
        if (refusal.problem == Problem::BYTECODE) return "BYTECODE_NOT_SPECIFIED";
        std::string name = name_of(refusal.error.error);
        if (refusal.error.error == TransactionError::INSTRUCTION_ERROR) name += name_of(refusal.error.failure.error);
        std::string capitals;
        for (const char letter : name) {
            if (letter >= 'A' && letter <= 'Z' && !capitals.empty()) capitals.push_back('_');
            capitals.push_back(static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 32 : letter));
        }
        return capitals;
    }

    // What the runtime itself would print.
    std::string detail() const {
        return verdict().refusal.problem == Problem::TRANSACTION ? text_of(verdict().refusal.error) : "";
    }
};

inline Job* new_job() { return new Job; }
inline void delete_job(Job* job) { delete job; }
inline State* new_state() { return new State; }
inline void delete_state(State* state) { delete state; }

// The state after a block.
inline void apply(State& state, const Work& work, const Hash& hash, const Lattice& lattice) {
    const BlockInput& input = *work.input;
    for (const Change& change : changes_of(work)) state.accounts.put(*change.address, *change.after);
    Bank& bank = state.bank;
    std::vector<Processed> processed;
    processed.reserve(work.transactions.size());
    for (const Transaction& transaction : work.transactions)
        processed.push_back({*reinterpret_cast<const Hash*>(transaction.message.blockhash), transaction.hash});
    bank.processed.add(std::move(processed));
    bank.queue.add(input.blockhash, bank.lamports_per_signature);
    bank.slot = input.slot;
    bank.hash = hash;
    bank.lattice = lattice;
}

}  // namespace samestate::svm

#endif
