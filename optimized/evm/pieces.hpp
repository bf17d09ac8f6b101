// A block in pieces: steps that one worker executes one after another as if the block were theirs alone, without versions.
//
// Each piece begins on values that are taken for those before it (piece_source.hpp), and runs as fast as one worker alone does. Whether
// they were the right ones is proven when the piece has ended, from what it has read and left, and not by what any other worker does at
// the time: so pieces need no order, wait for nobody, and share nothing but counters. The proof is of all pieces together; if one fails,
// or ends in anything but success, whatever was executed counts for nothing, and the block is to be executed in another way, which finds
// the verdict. So nothing here judges a block: a block that is not fully in order is discarded.
//
// The proof from an access list. A piece that begins at a step starts from the list's last values before that step. Let the list be
// right before the piece; if each key that the piece has changed has the list's last value before the next piece, and the list says of
// as many keys that the piece changes them, then the list is right before the next piece. The first piece starts from the state before
// the block, of which the list says nothing. That each value within a piece is the list's too is not needed for that: it is found
// where the list that the execution gives is compared (access_list_comparison.hpp).
//
// The proof without a list. Pieces start from the state before the block, and each key that one has used is entered in a table
// (conflict_table.hpp). If no key that one has written was used by another, and none that one has credited was read by another, then each
// has executed as it would have after those before it: of what those have changed it has looked at nothing. Credits add up, and are
// small enough that they fit.
//
// What a list does not speak of, nor a table, must not change: storage that vanishes as a whole, and what the state before the block holds without
// need. A step that changes one of those ends the attempt.

#ifndef SAMESTATE_EVM_PIECES_HPP
#define SAMESTATE_EVM_PIECES_HPP

#include <algorithm>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/conflict_table.hpp"
#include "samestate/optimized/evm/dealing.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/piece_source.hpp"
#include "samestate/optimized/evm/step_records.hpp"
#include "samestate/optimized/evm/worker.hpp"

namespace samestate::evm {

// Why what was executed in pieces counts for nothing.
enum class Discarded : std::uint8_t {
    NO,
    LIST_IS_NO_STATE,
    LIST_DIFFERS,
    LIST_CANNOT_SAY,
    PIECES_CONFLICT,
    ALL_CONNECTED,
    TOO_MANY_KEYS,
    STEP_FAILED,
    STEP_LACKS_STATE,
    BLOCK_IS_INVALID,
};

inline const char* name_of(Discarded reason) {
    switch (reason) {
        case Discarded::LIST_IS_NO_STATE: return "the access list is malformed, out of order, or speaks of steps that the block does not have";
        case Discarded::LIST_DIFFERS: return "a piece has left other values than the access list says";
        case Discarded::LIST_CANNOT_SAY: return "a step has changed what an access list does not speak of";
        case Discarded::PIECES_CONFLICT: return "two pieces conflict";
        case Discarded::ALL_CONNECTED: return "too many transactions are connected by addresses that they name";
        case Discarded::TOO_MANY_KEYS: return "pieces have used more keys than their table has room for";
        case Discarded::STEP_FAILED: return "a step may not be in the block, or took more memory than a worker may have";
        case Discarded::STEP_LACKS_STATE: return "a step wants what is not known of the state";
        case Discarded::BLOCK_IS_INVALID: return "the block has no room for a transaction, or its closing step found it invalid";
        default: return "";
    }
}

// Where the record of a step is: behind so many bytes of a worker's.
struct StepPlace {
    std::uint32_t worker;
    std::uint64_t offset;
};

// What a worker does of a block (worker_steps.pxd): the machine itself is compiled elsewhere.
struct PieceSteps {
    StepResult (*open)(Worker* worker);
    StepResult (*execute)(Worker* worker, std::uint64_t transaction);
    StepResult (*close)(Worker* worker, const Deposits* deposits);
};

// One worker of a block in pieces.
struct PieceWorker {
    Worker* worker = nullptr;
    PieceSource source;
    std::uint64_t looked = 0;       // when it last looked at the clock for the time limit
    std::uint64_t executed = 0;
    std::uint64_t busy = 0;         // nanoseconds
};

// What all workers share on a block, and the coordinator fills in.
class PieceWork {
  public:
    static constexpr std::uint64_t PIECES_PER_WORKER = 4;       // so that nobody waits long for the last one
    static constexpr std::uint64_t BETWEEN_LOOKS = 1'000'000;   // nanoseconds, at the clock for the time limit
    static constexpr std::size_t KEYS_PER_TRANSACTION = 8;      // in the table; if that is too few it is enlarged
    static constexpr double SHARE = 1.2;                        // of what each worker would have, in one piece, is worth dealing

    PieceSteps steps{};
    std::vector<PieceWorker> workers;
    std::vector<std::uint64_t> began, ended;    // by transaction: nanoseconds
    std::vector<StepPlace> places;              // by step: open, the transactions, close
    ListedState list;

    // Divide a block of so many transactions into pieces for a list in these bytes, of which nothing is known yet.
    void begin(std::size_t transactions, std::size_t worker_count, const std::uint8_t* bytes, std::size_t length) {
        divide(transactions, worker_count);
        is_listed_ = true;
        if (!list.begin(bytes, length, piece_of_, pieces() + 1, worker_count)) discard(Discarded::LIST_IS_NO_STATE);
    }

    // The same for pieces that are taken for independent: stretches of the block, or what is connected (dealing.hpp).
    void begin(const BlockInput& input, std::size_t worker_count, bool is_dealt) {
        const std::size_t transactions = input.transactions.size();
        if (discarded() == Discarded::TOO_MANY_KEYS) table_.enlarge();
        divide(transactions, worker_count);
        is_listed_ = false;
        table_.begin(KEYS_PER_TRANSACTION * transactions);
        if (!is_dealt) return;
        const auto share = static_cast<std::size_t>(SHARE * static_cast<double>(transactions) / static_cast<double>(worker_count));
        is_dealt_ = dealing_.deal(input, pieces(), share);
        if (is_dealt_) starts_ = dealing_.starts;
        else discard(Discarded::ALL_CONNECTED);
    }

    // In how many pieces so many transactions are divided.
    static std::size_t pieces_of(std::size_t transactions, std::size_t worker_count) {
        const std::size_t pieces = std::min<std::size_t>(transactions, worker_count * PIECES_PER_WORKER);
        return pieces ? pieces : 1;
    }

    std::size_t pieces() const { return starts_.size() - 1; }

  private:
    void divide(std::size_t transactions, std::size_t worker_count) {
        transactions_ = transactions;
        if (workers.size() < worker_count) workers.resize(worker_count);
        worker_count_ = worker_count;
        began.assign(transactions, 0);
        ended.assign(transactions, 0);
        places.assign(transactions + 2, StepPlace{});
        next_stretch_ = looked_through_ = next_piece_ = 0;
        discarded_ = 0;
        is_dealt_ = false;
        const std::size_t pieces = pieces_of(transactions, worker_count);
        starts_.clear();
        for (std::size_t piece = 0; piece <= pieces; ++piece) starts_.push_back(transactions * piece / pieces);
        // The opening step belongs to the first piece, the closing one is a piece of its own.
        piece_of_.assign(transactions + 2, static_cast<std::uint32_t>(pieces));
        for (std::size_t piece = 0; piece < pieces; ++piece)
            for (std::size_t transaction = starts_[piece]; transaction < starts_[piece + 1]; ++transaction) piece_of_[transaction + 1] = static_cast<std::uint32_t>(piece);
        piece_of_[0] = 0;
    }

  public:
    // Transactions of the largest one.
    std::uint64_t longest() const {
        std::uint64_t most = 1;
        for (std::size_t piece = 0; piece + 1 < starts_.size(); ++piece) most = std::max(most, starts_[piece + 1] - starts_[piece]);
        return most;
    }

    Discarded discarded() const { return static_cast<Discarded>(peek(&discarded_)); }

    // Be a worker until there is nothing left to do, or it would be for nothing.
    void work(std::size_t number) {
        PieceWorker& own = workers[number];
        const std::uint64_t begun = now_nanoseconds();
        own.looked = 0;
        own.executed = 0;
        if (!is_listed_ || look_through(own)) {
            while (!is_over(own, now_nanoseconds())) {
                const std::uint64_t piece = atomic_add(&next_piece_, 1, "pieces.claim");
                if (piece >= pieces()) break;
                if (!run(own, static_cast<std::uint32_t>(number), piece)) break;
            }
        }
        own.busy = now_nanoseconds() - begun;
    }

    // When all workers have left: settle the block in its order, and close it. The coordinator's, who is worker 0. Whether the block
    // is in order; if it is not, `discarded` says why, unless it was stopped.
    bool conclude(Settlement& settlement) {
        if (discarded() != Discarded::NO) return false;
        PieceWorker& own = workers[0];
        const Worker& worker = *own.worker;
        for (std::size_t transaction = 0; transaction < transactions_; ++transaction)
            if (!settlement.add(*worker.executor.rules, *worker.input, transaction, record(transaction + 1))) return discard(Discarded::BLOCK_IS_INVALID);
        begin_piece(own, transactions_ + 1);
        if (!end_step(own, 0, transactions_ + 1, steps.close(own.worker, &settlement.deposits))) return false;
        settlement.refuse(*own.worker->last());
        return !settlement.fault && prove(own, pieces(), transactions_ + 2);
    }

    const OutcomeRecord& record(std::size_t step) const {
        const StepPlace& place = places[step];
        return *reinterpret_cast<const OutcomeRecord*>(workers[place.worker].worker->record.data() + place.offset);
    }

    // Hand all records over, in the order of the block.
    void give(StepRecords& records) {
        std::vector<const std::uint8_t*> begins;
        for (std::size_t number = 0; number < worker_count_; ++number) begins.push_back(records.take(workers[number].worker->record));
        records.steps.reserve(places.size());
        for (const StepPlace& place : places) records.steps.push_back(reinterpret_cast<const OutcomeRecord*>(begins[place.worker] + place.offset));
    }

  private:
    bool discard(Discarded reason) {
        atomic_replace(&discarded_, 0, static_cast<std::uint64_t>(reason), "pieces.discard");
        return false;
    }

    // Whether somebody has found that it is all for nothing, or the block is stopped.
    bool is_over(PieceWorker& own, std::uint64_t now) {
        if (peek(&discarded_)) return true;
        if (now - own.looked < BETWEEN_LOOKS) return false;
        const Executor& executor = own.worker->executor;
        own.looked = now;
        return executor.poll(executor.poll_itself);
    }

    // Look through the list, together with the others. Whether it is a state.
    bool look_through(PieceWorker& own) {
        const std::uint64_t count = list.stretches();
        for (std::uint64_t taken = 0; (taken = atomic_add(&next_stretch_, 1, "pieces.stretch.claim")) < count;) {
            if (!list.look_through(taken)) return discard(Discarded::LIST_IS_NO_STATE);
            atomic_add(&looked_through_, 1, "pieces.stretch.done");
        }
        for (std::uint64_t rounds = 0; atomic_load(&looked_through_, "pieces.stretch.load") < count; ++rounds) {
            if (samestate_interrupted() || is_over(own, now_nanoseconds())) return false;
            wait_a_little(rounds, "pieces.stretch.idle");
        }
        return true;
    }

    static void begin_piece(PieceWorker& own, std::uint64_t index) {
        own.source.index = static_cast<std::uint32_t>(index);
        own.worker->executor.state.begin_run();
    }

    // Execute a piece, and prove it. Whether to go on.
    bool run(PieceWorker& own, std::uint32_t number, std::size_t piece) {
        begin_piece(own, piece == 0 ? 0 : starts_[piece] + 1);
        if (piece == 0 && !end_step(own, number, 0, steps.open(own.worker))) return false;
        std::uint64_t now = now_nanoseconds();
        for (std::uint64_t place = starts_[piece]; place < starts_[piece + 1]; ++place) {
            const std::uint64_t transaction = is_dealt_ ? dealing_.order[place] : place;
            own.worker->running = transaction + 1;
            if (is_over(own, now)) return false;
            began[transaction] = now;
            ++own.executed;
            if (!end_step(own, number, transaction + 1, steps.execute(own.worker, transaction))) return false;
            now = ended[transaction] = now_nanoseconds();
        }
        own.worker->running = 0;
        return prove(own, piece, starts_[piece + 1] + 1);
    }

    // A step has ended: note where its record is, and keep what it leaves. Whether to go on.
    bool end_step(PieceWorker& own, std::uint32_t number, std::size_t step, StepResult result) {
        if (result == STEP_DONE) {
            if (own.worker->last()->fault_code()) return discard(Discarded::STEP_FAILED);
            places[step] = StepPlace{number, own.worker->place()};
            if (!can_be_said(own, result)) return discard_after(result, Discarded::LIST_CANNOT_SAY);
            result = own.worker->keep();
        }
        return result == STEP_DONE || discard_after(result, Discarded::STEP_FAILED);
    }

    bool discard_after(StepResult result, Discarded otherwise) {
        if (result == STEP_STOPPED) return false;
        return discard(result == STEP_MISSING ? Discarded::STEP_LACKS_STATE : otherwise);
    }

    // Whether the step at hand has changed nothing but what keys say whose values can be compared.
    static bool can_be_said(PieceWorker& own, StepResult& result) {
        try {
            for (Account* account : own.worker->executor.state.accounts) {
                if (account->wipes) return false;
                if (account->set & bit(EXISTENCE) && own.source.is_held_without_need(*account)) return false;
            }
        } catch (const Interrupted& interrupted) {
            result = result_of(interrupted.why);
            return false;
        }
        return true;
    }

    // A piece has ended, before the step with the index `end`: prove it. Whether it is right, as far as that shows.
    bool prove(PieceWorker& own, std::size_t piece, std::uint64_t end) {
        return is_listed_ ? compare(own, piece, end) : enter_keys(own);
    }

    // Prove that a piece has conflicted with no other. Whoever writes a code writes the nonce, too, so that of an account whose nonce or
    // balance was used its code is looked after.
    bool enter_keys(PieceWorker& own) {
        State& state = own.worker->executor.state;
        try {
            for (Account* account : state.run_accounts) {
                const bool writes = account->kept & (bit(BALANCE) | bit(NONCE) | bit(CODE));
                if (account->kept_credited && !fits(own.source, *account)) return discard(Discarded::STEP_FAILED);
                if (writes || (account->kept_credited && account->loaded & bit(NONCE))) {
                    if (!enter(account->hash, Use::WRITE)) return false;
                } else if (account->kept_credited) {
                    if (!enter(account->hash, Use::CREDIT)) return false;
                } else if (account->loaded & (bit(BALANCE) | bit(NONCE))) {
                    if (!enter(account->hash, Use::READ)) return false;
                } else if (account->loaded & bit(CODE)) {
                    if (!enter(hash_of_code(*account), Use::READ)) return false;
                }
                if (account->kept & bit(CODE) && !enter(hash_of_code(*account), Use::WRITE)) return false;
            }
        } catch (const Interrupted& interrupted) {
            return discard_after(result_of(interrupted.why), Discarded::STEP_FAILED);
        }
        for (const Slot* slot : state.run_slots) {
            if (slot->kept && slot->epoch == slot->owner->epoch) {
                if (!enter(slot->hash, Use::WRITE)) return false;
            } else if (slot->loaded) {
                if (!enter(slot->hash, Use::READ)) return false;
            }
        }
        return true;
    }

    bool enter(std::uint64_t hash, Use use) {
        if (use == Use::READ && MUTANT(CONFLICT_UNSEEN)) return true;
        const ConflictTable::Answer answer = table_.enter(hash, use);
        if (answer == ConflictTable::ENTERED) return true;
        if (answer == ConflictTable::CONFLICT) return discard(Discarded::PIECES_CONFLICT);
        return discard(Discarded::TOO_MANY_KEYS);
    }

    static std::uint64_t hash_of_code(const Account& account) { return samestate_fold(account.hash ^ 0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu); }

    // Whether what was credited leaves room for as much from each of all workers' pieces.
    static bool fits(PieceSource& source, Account& account) {
        const u256 before = source.balance_before_block(account);
        return !((before.w[3] | account.kept_credit.w[3]) >> 32);
    }

    // Prove that a piece has left what the list says, up to the step with the index `end`. Whether it has.
    bool compare(PieceWorker& own, std::size_t piece, std::uint64_t end) {
        if (MUTANT(PIECE_UNPROVEN)) return true;
        try {
            State& state = own.worker->executor.state;
            std::uint64_t found = 0;
            for (Account* account : state.run_accounts)
                for (Part part : {BALANCE, NONCE, CODE})
                    if (!agrees(own.source, *account, part, static_cast<std::uint32_t>(end), found)) return discard(Discarded::LIST_DIFFERS);
            for (Slot* slot : state.run_slots)
                if (!agrees(own.source, *slot, static_cast<std::uint32_t>(end), found)) return discard(Discarded::LIST_DIFFERS);
            return found == list.changed_keys(piece) || discard(Discarded::LIST_DIFFERS);
        } catch (const Interrupted& interrupted) {
            return discard_after(result_of(interrupted.why), Discarded::STEP_FAILED);
        }
    }

    // The change that the list says a key has in the piece at last, and that it is one more of them; null where it says of none.
    static const ListedChange* change_in_piece(const ListedChanges* changes, std::uint32_t begin, std::uint32_t end, std::uint64_t& found) {
        const ListedChange* last = changes ? changes->before(end) : nullptr;
        if (last == nullptr || last->index < begin) return nullptr;
        ++found;
        return last;
    }

    static bool agrees(PieceSource& source, Account& account, Part part, std::uint32_t end, std::uint64_t& found) {
        const ListedChange* change = change_in_piece(source.changes_of(account, part), source.index, end, found);
        if (change == nullptr) return !(account.kept & bit(part)) || is_as_before(source, account, part);
        if (!(account.loaded & bit(part))) return false;
        if (part == BALANCE) return account.balance_before == change->word();
        if (part == NONCE) return u256(account.nonce_before) == change->word();
        return source.is_code(*account.code_before, *change);
    }

    static bool agrees(PieceSource& source, Slot& slot, std::uint32_t end, std::uint64_t& found) {
        const ListedChange* change = change_in_piece(source.changes_of(slot), source.index, end, found);
        if (change == nullptr) return !slot.kept || is_as_before(source, slot);
        return slot.loaded && slot.before == change->word();
    }

    // Whether what was set in the piece is what was there before it: then nothing has changed.
    static bool is_as_before(PieceSource& source, Account& account, Part part) {
        const Account now = account;
        source.load(account, part);
        if (part == BALANCE) return now.balance_before == account.balance_before;
        if (part == NONCE) return now.nonce_before == account.nonce_before;
        return now.code_before == account.code_before;
    }

    static bool is_as_before(PieceSource& source, Slot& slot) {
        const u256 now = slot.before;
        source.load(slot);
        return now == slot.before;
    }

    std::size_t transactions_ = 0;
    std::size_t worker_count_ = 0;
    std::vector<std::uint64_t> starts_;         // the first transaction of each piece, and the end of the last
    std::vector<std::uint32_t> piece_of_;       // by index in the list
    bool is_listed_ = false;                    // whether pieces start from a list
    ConflictTable table_;                       // where they do not
    Dealing dealing_;
    bool is_dealt_ = false;                     // whether pieces are what is connected, and not stretches of the block
    // Shared by workers as they go; atomic.
    std::uint64_t next_stretch_ = 0;
    std::uint64_t looked_through_ = 0;
    std::uint64_t next_piece_ = 0;
    std::uint64_t discarded_ = 0;               // a Discarded
};

}  // namespace samestate::evm

#endif
