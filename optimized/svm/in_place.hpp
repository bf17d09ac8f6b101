// A block executed in place, without versions: every account has one value, which whoever holds the account writes.
//
// That is possible because a transaction declares the accounts that it uses (Sealevel). The declared locks are exact: nothing else is
// read or written, but program data and lookup tables, which no block here can change. So what conflicts is known before anything is
// executed, and nothing is ever executed twice.
//
// Workers go through a block together, stage by stage:
//   1. They admit its transactions, in stretches. Each stretch is a *piece*, and each account keeps in one word which piece uses it, and
//      whether any writes to it: so two pieces that share an account, one of them writing, are found in passing.
//   2. They verify signatures.
//   3. One of them looks. If a transaction was refused, or the same message came twice, the block is executed from its beginning by one worker in
//      order, which finds the verdict. If no two pieces conflict, pieces are executed side by side. Else that worker links
//      each transaction to those that have to wait for it: for an account, who reads waits for the last who wrote before, and who
//      writes for all who have read since too. Read and read never wait.
//   4. They execute: pieces, or transactions as they become ready, or wave by wave.
//   5. If anything was refused meanwhile, or a limit could have been exceeded, accounts go back to what they were and one worker
//      executes the block in order. So nothing here judges a block but the loop that a reader can follow.
//
// The record of what each transaction read and wrote does not depend on any of that: it follows from effects in block order (record.hpp).

#ifndef SAMESTATE_SVM_IN_PLACE_HPP
#define SAMESTATE_SVM_IN_PLACE_HPP

#include "samestate/optimized/svm/admission.hpp"
#include "samestate/optimized/svm/settlement.hpp"

namespace samestate::svm {

enum class Order : uint64_t { SEQUENTIAL, PIECES, LOCKS, WAVES };

// What decides how a block is executed.
enum class Strategy : uint64_t { SEQUENTIAL, LOCKS, WAVES, ADAPTIVE };

// Where all workers wait for each other. It is used once for each stage, and counts on.
class Barrier {
  public:
    void begin(size_t workers) {
        workers_ = workers;
        arrived_ = 0;
    }

    // Waits until all have come to the stage of that number, the first being 1; false where the block is stopped.
    template <class Stopped>
    bool wait(uint64_t stage, const Stopped& stopped) {
        atomic_add(&arrived_, 1, "svm.barrier.arrive");
        for (uint64_t rounds = 0; atomic_load(&arrived_, "svm.barrier.load") < stage * workers_; ++rounds) {
            if (stopped()) return false;
            wait_a_little(rounds, "svm.barrier.idle");
        }
        return true;
    }

  private:
    alignas(64) uint64_t arrived_ = 0;
    uint64_t workers_ = 1;
};

// In place, an account is what its record says.
struct RecordSource {
    const Account* load(Record& record) const { return &record.now; }
};

class InPlace {
  public:
    Settlement settlement;
    Order order = Order::SEQUENTIAL;        // how the block was executed in the end
    const char* fallen_back = nullptr;      // why not as was begun
    uint64_t pieces = 0;
    uint64_t waves = 0;
    uint64_t critical_path = 0;             // of the locks, in transactions; 0: not known
    uint64_t stage_times[5] = {};           // nanoseconds at which each stage began, and the end
    std::vector<uint64_t> began, ended;     // of each transaction

    void begin(Work& work, size_t workers, Strategy strategy) {
        work_ = &work;
        workers_ = strategy == Strategy::SEQUENTIAL ? 1 : workers;
        strategy_ = strategy;
        settlement.begin();
        order = Order::SEQUENTIAL;
        fallen_back = nullptr;
        waves = critical_path = 0;
        const size_t count = work.input->count();
        stretch_ = workers_ == 1 ? 256 : lower_stretch(count);
        pieces = (count + stretch_ - 1) / stretch_;
        conflicts_ = 0;
        anomaly_ = 0;
        next_admitted_ = next_verified_ = 0;
        owners_.assign(pieces, nullptr);
        taken_.assign(pieces, 0);
        barrier_.begin(workers_);
        began.assign(count, 0);
        ended.assign(count, 0);
    }

    // Be a worker until the block is done. `stopped` says whether to leave; asked every few microseconds.
    template <class Stopped>
    void run(size_t worker, const Stopped& stopped) {
        if (workers_ == 1) return run_alone(worker, stopped);
        Hand& hand = *work_->hands[worker];
        if (worker == 0) stage_times[0] = now_nanoseconds();
        admit(hand, stopped);
        if (!barrier_.wait(1, stopped)) return;
        if (worker == 0) stage_times[1] = now_nanoseconds();
        if (work_->options.verifies) verify(hand, stopped);
        if (!barrier_.wait(2, stopped)) return;
        if (worker == 0) {
            stage_times[2] = now_nanoseconds();
            look();
            stage_times[3] = now_nanoseconds();
        }
        if (!barrier_.wait(3, stopped)) return;
        uint64_t stage = 3;
        if (order == Order::PIECES) run_pieces(hand, stopped);
        else if (order == Order::LOCKS) run_ready(hand, stopped);
        else if (order == Order::WAVES && !run_waves(hand, stage, stopped)) return;
        else if (order == Order::SEQUENTIAL && worker == 0) run_in_order(hand, stopped);
        if (!barrier_.wait(stage + 1, stopped)) return;
        if (worker == 0) stage_times[4] = now_nanoseconds();
    }

    // When all workers have left: settles the block, and executes it again in order where what was done does not count.
    template <class Stopped>
    void conclude(const Stopped& stopped) {
        if (order == Order::SEQUENTIAL) return;
        uint64_t cost = 0, allocation = 0;
        for (const auto& hand : work_->hands) {
            cost += hand->cost;
            allocation += hand->allocation;
        }
        const Rules& rules = work_->input->rules;
        if (peek(&anomaly_)) fallen_back = "a transaction was refused";
        else if (cost > rules.block_limit - MUTANT(LIMIT_BEFORE_EQUALITY) || allocation > rules.allocation_limit) fallen_back = "a limit was exceeded";
        if (fallen_back == nullptr && cost > rules.account_limit && exceeds_account_limit()) fallen_back = "a limit was exceeded";
        if (fallen_back == nullptr) {
            settlement.totals.cost = cost;
            settlement.totals.allocation = allocation;
            for (const Transaction& transaction : work_->transactions) settlement.count(transaction);
            return;
        }
        order = Order::SEQUENTIAL;
        take_back();
        run_in_order(*work_->hands[0], stopped);
    }

    // Which transactions have a message that an earlier one has.
    void find_duplicates() {
        HashSet seen;
        seen.begin(work_->transactions.size());
        const auto hash_of = [this](uint32_t number) -> const Hash& { return work_->transactions[number].hash; };
        for (size_t index = 0; index < work_->transactions.size(); ++index) {
            Transaction& transaction = work_->transactions[index];
            if (transaction.refusal.problem == Problem::MALFORMED) continue;
            transaction.is_duplicate =
                seen.enter(static_cast<uint32_t>(index), hash_of) != HashSet::NOBODY && !MUTANT(DUPLICATE_PASSES);
        }
    }

    // Notes which accounts any transaction may write to.
    static void note_writers(const Transaction& transaction) {
        if (transaction.refusal) return;
        for (size_t place = 0; place < transaction.key_count; ++place) note_writer(transaction.keys[place]);
    }

  private:
    static constexpr uint32_t END = 0xFFFFFFFF;

    static void note_writer(const Key& key) {
        uint8_t& noted = key.record->has_writer;
        if (key.is_writable && __atomic_load_n(&noted, __ATOMIC_RELAXED) == 0) __atomic_store_n(&noted, 1, __ATOMIC_RELAXED);
    }

    // Stretches short enough for all to have work until the end, and long enough to be worth taking.
    size_t lower_stretch(size_t count) const {
        const size_t stretch = count / (8 * workers_);
        return stretch < 1 ? 1 : stretch > 1024 ? 1024 : stretch;
    }

    // One worker

    // A stretch is executed while it is at hand, admitted just before. Whatever a transaction that cannot be decoded comes after,
    // nothing of the block counts.
    template <class Stopped>
    void run_alone(size_t worker, const Stopped& stopped) {
        Hand& hand = *work_->hands[worker];
        const uint64_t start = now_nanoseconds();
        Admission admission(*work_, hand);
        const size_t count = work_->transactions.size();
        bool goes_on = true;
        for (size_t first = 0; first < count; first += stretch_) {
            const size_t end = first + stretch_ < count ? first + stretch_ : count;
            if (stopped()) return;
            admission.decode_all(first, end);
            if (!goes_on) continue;
            admission.admit_all(first, end, [this](size_t index) { note_writers(work_->transactions[index]); });
            if (work_->options.verifies) admission.verify(first, end);
            goes_on = run_stretch(hand, first, end, stopped);
        }
        if (work_->malformed != ~uint64_t{0}) settlement.end(work_->malformed, {Problem::MALFORMED, {}});
        stage_times[0] = stage_times[1] = stage_times[2] = stage_times[3] = start;
        stage_times[4] = now_nanoseconds();
        hand.busy += stage_times[4] - start;
    }

    // Transactions one after another, each on what the one before it has left, and settled in its turn. False where the block ends.
    template <class Stopped>
    bool run_stretch(Hand& hand, size_t first, size_t end, const Stopped& stopped) {
        for (size_t index = first; index < end; ++index) {
            if (index % 64 == 0) {
                hand.running = index + 1;
                if (stopped()) return false;
            }
            if (MUTANT(DUPLICATE_PASSES)) work_->transactions[index].is_duplicate = false;
            if (!run_one(hand, index, true)) return false;
        }
        return true;
    }

    // The whole block so, once it is admitted.
    template <class Stopped>
    void run_in_order(Hand& hand, const Stopped& stopped) {
        if (work_->malformed != ~uint64_t{0}) settlement.end(work_->malformed, {Problem::MALFORMED, {}});
        else run_stretch(hand, 0, work_->transactions.size(), stopped);
    }

    // Executes a transaction in place. False where the block ends here; out of order, where something is to be looked at.
    bool run_one(Hand& hand, size_t index, bool in_order) {
        Transaction& transaction = work_->transactions[index];
        Outcome& outcome = work_->outcomes[index];
        RecordSource source;
        if (hand.executed++ % 16 == 0) hand.clock = now_nanoseconds();  // a look at the clock costs as much as a tenth of a transfer
        began[index] = ended[index] = hand.clock;
        Execution<RecordSource>(work_->environment, transaction, source, hand.bench, outcome).run();
        if (in_order) {
            if (!settlement.add(work_->input->rules, transaction, outcome, index)) return false;
        } else {
            if (outcome.status == Status::REFUSED) {
                atomic_store(&anomaly_, 1, "svm.anomaly.store");
                return false;
            }
            hand.cost += outcome.cost;
            hand.allocation += transaction.allocation;
            for (size_t place = 0; place < transaction.key_count; ++place)
                if (transaction.keys[place].is_writable) transaction.keys[place].record->cost += outcome.cost;
        }
        for (size_t place = 0; place < outcome.effect_count; ++place)
            outcome.effects[place].record->now = outcome.effects[place].after;
        return true;
    }

    // Accounts as they were when the block was opened.
    void take_back() {
        for (const auto& hand : work_->hands)
            for (size_t index = 0; index < hand->records.size(); ++index) {
                Record& record = hand->records[index];
                record.now = *record.base;
                record.cost = 0;
            }
        for (const Effect& effect : work_->opened) effect.record->now = effect.after;
        settlement.begin();
        if (work_->repeated) find_duplicates();
    }

    bool exceeds_account_limit() const {
        const uint64_t limit = work_->input->rules.account_limit;
        for (const auto& hand : work_->hands)
            for (size_t index = 0; index < hand->records.size(); ++index)
                if (hand->records[index].cost > limit) return true;
        return false;
    }

    // Several workers: admission

    bool take(uint64_t* next, size_t& first, size_t& end, const char* label) {
        const size_t count = work_->transactions.size();
        const uint64_t piece = atomic_add(next, 1, label);
        first = piece * stretch_;
        end = first + stretch_ < count ? first + stretch_ : count;
        return first < count;
    }

    template <class Stopped>
    void admit(Hand& hand, const Stopped& stopped) {
        Admission admission(*work_, hand);
        const uint64_t start = now_nanoseconds();
        size_t first, end;
        while (take(&next_admitted_, first, end, "svm.admission.take")) {
            if (stopped()) return;
            admission.decode_all(first, end);
            admission.admit_all(
                first, end, [&](size_t index) { note_uses(work_->transactions[index], first / stretch_ + 1); });
            owners_[first / stretch_] = &hand;
        }
        hand.busy += now_nanoseconds() - start;
    }

    template <class Stopped>
    void verify(Hand& hand, const Stopped& stopped) {
        Admission admission(*work_, hand);
        const uint64_t start = now_nanoseconds();
        const size_t count = work_->transactions.size();
        for (;;) {
            const size_t first = VERIFIED * atomic_add(&next_verified_, 1, "svm.verification.take");
            if (first >= count || stopped()) break;
            admission.verify(first, first + VERIFIED < count ? first + VERIFIED : count);
        }
        hand.busy += now_nanoseconds() - start;
    }

    // Enters in each account's word that a piece uses it: the piece, or MANY where several read it; and whether one writes.
    void note_uses(const Transaction& transaction, uint64_t piece) {
        if (transaction.refusal) return;
        for (size_t place = 0; place < transaction.key_count; ++place) {
            const Key& key = transaction.keys[place];
            Record& record = *key.record;
            note_writer(key);
            const uint64_t own = piece << 1 | (key.is_writable ? 1 : 0);
            for (uint64_t found = peek(&record.users); found != own;) {
                uint64_t wanted = own;
                if (found) {
                    const bool is_same_piece = found >> 1 == piece;
                    if (is_same_piece && (found & 1)) break;
                    if (!is_same_piece) {
                        if ((found | own) & 1) {
                            if (peek(&conflicts_) == 0) atomic_store(&conflicts_, 1, "svm.conflict.store");
                            break;
                        }
                        if (found == MANY) break;
                        wanted = MANY;
                    }
                }
                if (atomic_replace(&record.users, found, wanted, "svm.user.enter")) break;
                found = peek(&record.users);
            }
        }
    }

    // One worker looks at what was admitted, and says how it is to be executed.
    void look() {
        if (work_->repeated) find_duplicates();
        if (work_->malformed != ~uint64_t{0} || work_->refused || work_->repeated) {
            order = Order::SEQUENTIAL;
            return;
        }
        if (work_->options.pieces && (conflicts_ == 0 || MUTANT(PIECE_CONFLICT_UNSEEN)) && strategy_ != Strategy::WAVES) {
            order = Order::PIECES;
            return;
        }
        link();
        // A block in which nearly all wait for one another is one worker's.
        if (5 * critical_path > 4 * work_->transactions.size()) {
            order = Order::SEQUENTIAL;
        } else if (strategy_ == Strategy::WAVES) {
            sort_waves();
            order = Order::WAVES;
        } else {
            order = Order::LOCKS;
        }
    }

    // Links each transaction to those that wait for it, and finds its wave: one more than the last that it waits for.
    void link() {
        const size_t count = work_->transactions.size();
        nodes_.assign(count, Node{0, END, 0, 0});
        edges_.clear();
        readers_.assign(1, Reader{0, 0});
        for (size_t index = 0; index < count; ++index) {
            const Transaction& transaction = work_->transactions[index];
            Node& node = nodes_[index];
            for (size_t place = 0; place < transaction.key_count; ++place) {
                const Key& key = transaction.keys[place];
                Record& record = *key.record;
                if (!record.has_writer || (MUTANT(READ_LOCKS_IGNORED) && !key.is_writable)) continue;
                if (key.is_writable) {
                    if (record.readers == 0 && record.writer) wait_for(record.writer - 1, index);
                    for (uint32_t reader = record.readers; reader; reader = readers_[reader].before)
                        wait_for(readers_[reader].transaction, index);
                    record.writer = static_cast<uint32_t>(index + 1);
                    record.readers = 0;
                } else {
                    if (record.writer) wait_for(record.writer - 1, index);
                    readers_.push_back({static_cast<uint32_t>(index), record.readers});
                    record.readers = static_cast<uint32_t>(readers_.size() - 1);
                }
            }
            if (node.wave + 1 > critical_path) critical_path = node.wave + 1;
        }
        queue_.assign(count, 0);
        queue_head_ = queue_tail_ = done_ = 0;
        for (size_t index = 0; index < count; ++index)
            if (nodes_[index].pending == 0) queue_[queue_tail_++] = index + 1;
    }

    void wait_for(uint32_t earlier, size_t index) {
        Node& node = nodes_[index];
        Node& before = nodes_[earlier];
        if (before.first != END && edges_[before.first].target == index) return;    // by another account already
        edges_.push_back({static_cast<uint32_t>(index), before.first});
        before.first = static_cast<uint32_t>(edges_.size() - 1);
        ++node.pending;
        if (before.wave + 1 > node.wave) node.wave = before.wave + 1;
    }

    // Several workers: execution

    // Each worker first takes the pieces that it has admitted itself, whose accounts are near; then what others have left.
    template <class Stopped>
    void run_pieces(Hand& hand, const Stopped& stopped) {
        const uint64_t start = now_nanoseconds();
        const size_t count = work_->transactions.size();
        for (const bool own : {true, false}) {
            for (size_t piece = 0; piece < pieces; ++piece) {
                if ((owners_[piece] == &hand) != own) continue;
                if (!atomic_replace(&taken_[piece], 0, 1, "svm.piece.take")) continue;
                const size_t first = piece * stretch_;
                const size_t end = first + stretch_ < count ? first + stretch_ : count;
                hand.running = first + 1;
                if (stopped() || peek(&anomaly_)) break;
                for (size_t index = first; index < end; ++index)
                    if (!run_one(hand, index, false)) break;
            }
        }
        hand.busy += now_nanoseconds() - start;
    }

    // Transactions as they become ready. Who has executed one goes on with the first that waited for it alone; others that have become
    // ready are put into the queue, from which all take: a few at once while it is long.
    template <class Stopped>
    void run_ready(Hand& hand, const Stopped& stopped) {
        const size_t count = work_->transactions.size();
        const uint64_t start = now_nanoseconds();
        uint64_t waited = 0;
        for (bool goes_on = true; goes_on;) {
            const uint64_t head = peek(&queue_head_), tail = peek(&queue_tail_);
            const uint64_t share = tail > head ? (tail - head) / (4 * workers_) : 0;
            const uint64_t taken = share < 1 ? 1 : share > 16 ? 16 : share;
            const uint64_t place = atomic_add(&queue_head_, static_cast<int64_t>(taken), "svm.queue.take");
            for (uint64_t each = place; each < place + taken && goes_on; ++each) {
                uint64_t found = each < count ? atomic_load(&queue_[each], "svm.queue.load") : 0;
                if (found == 0) {
                    const uint64_t idle = now_nanoseconds();
                    for (uint64_t rounds = 0; found == 0; ++rounds) {
                        if (stopped() || peek(&anomaly_) || each >= count) break;
                        if (atomic_load(&done_, "svm.queue.done.load") == count) break;
                        wait_a_little(rounds, "svm.queue.idle");
                        found = atomic_load(&queue_[each], "svm.queue.load");
                    }
                    waited += now_nanoseconds() - idle;
                }
                goes_on = found != 0 && !peek(&anomaly_);
                hand.running = found;
                if (goes_on && hand.executed % 16 == 0 && stopped()) goes_on = false;
                for (uint64_t index = found - 1; goes_on && index != END;) index = run_and_release(hand, index);
            }
        }
        hand.busy += now_nanoseconds() - start - waited;
    }

    // Executes a transaction, and lets go of those that wait for it: one is given back to be executed next, END if there is none.
    uint64_t run_and_release(Hand& hand, size_t index) {
        uint64_t next = END;
        if (!MUTANT(LOCKS_RELEASED_EARLY) && !run_one(hand, index, false)) return END;
        for (uint32_t edge = nodes_[index].first; edge != END; edge = edges_[edge].next) {
            const uint32_t target = edges_[edge].target;
            if (atomic_add(&nodes_[target].pending, -1, "svm.lock.release") != 1) continue;
            if (MUTANT(LOCKS_RELEASED_EARLY)) {
                put_into_queue(target);
                continue;
            }
            // The list is of descending numbers: what comes later is earlier in the block.
            if (next != END) put_into_queue(next);
            next = target;
        }
        if (MUTANT(LOCKS_RELEASED_EARLY)) {
            samestate_point("svm.lock.late");
            if (!run_one(hand, index, false)) return END;
        }
        atomic_add(&done_, 1, "svm.queue.count");
        return next;
    }

    void put_into_queue(uint64_t index) {
        const uint64_t place = atomic_add(&queue_tail_, 1, "svm.queue.put");
        atomic_store(&queue_[place], index + 1, "svm.queue.fill");
    }

    // All of one wave, then all of the next.
    template <class Stopped>
    bool run_waves(Hand& hand, uint64_t& stage, const Stopped& stopped) {
        for (uint64_t wave = 0; wave < waves; ++wave) {
            const uint64_t start = now_nanoseconds();
            const uint64_t first = wave_starts_[wave], end = wave_starts_[wave + 1];
            const uint64_t share = (end - first) / (8 * workers_);
            const uint64_t stretch = share < 1 ? 1 : share > 64 ? 64 : share;
            for (;;) {
                const uint64_t place = first + stretch * atomic_add(&wave_next_[wave], 1, "svm.wave.take");
                if (place >= end || stopped() || peek(&anomaly_)) break;
                for (uint64_t each = place; each < place + stretch && each < end; ++each)
                    if (!run_one(hand, wave_order_[each], false)) break;
            }
            hand.busy += now_nanoseconds() - start;
            if (!barrier_.wait(++stage, stopped)) return false;
        }
        return true;
    }

    // Transactions by wave.
    void sort_waves() {
        const size_t count = work_->transactions.size();
        waves = critical_path;
        wave_starts_.assign(waves + 1, 0);
        for (const Node& node : nodes_) ++wave_starts_[node.wave + 1];
        for (size_t wave = 0; wave < waves; ++wave) wave_starts_[wave + 1] += wave_starts_[wave];
        std::vector<uint64_t> next(wave_starts_.begin(), wave_starts_.end());
        wave_order_.assign(count, 0);
        for (size_t index = 0; index < count; ++index) wave_order_[next[nodes_[index].wave]++] = static_cast<uint32_t>(index);
        wave_next_.assign(waves, 0);
    }

    static constexpr size_t VERIFIED = 64;     // transactions whose signatures are verified together
    static constexpr uint64_t MANY = ~uint64_t{1};

    struct Node {
        uint64_t pending;       // shared: how many it waits for
        uint32_t first;         // of its edges
        uint32_t wave;
        uint64_t padding;
    };
    struct Edge {
        uint32_t target;
        uint32_t next;
    };
    struct Reader {
        uint32_t transaction;
        uint32_t before;        // the one before it, of the same account; 0 = none
    };

    Work* work_ = nullptr;
    size_t workers_ = 1;
    Strategy strategy_ = Strategy::SEQUENTIAL;
    size_t stretch_ = 1;
    Barrier barrier_;
    std::vector<Hand*> owners_;             // of each piece: who has admitted it
    std::vector<uint64_t> taken_;           // shared: whether anybody executes it
    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
    std::vector<Reader> readers_;
    std::vector<uint64_t> queue_;           // shared: transactions that are ready, + 1; 0 = not yet
    std::vector<uint64_t> wave_starts_, wave_next_;     // the latter shared
    std::vector<uint32_t> wave_order_;
    alignas(64) uint64_t next_admitted_ = 0;
    alignas(64) uint64_t next_verified_ = 0;
    alignas(64) uint64_t conflicts_ = 0;
    alignas(64) uint64_t anomaly_ = 0;
    alignas(64) uint64_t queue_head_ = 0;
    alignas(64) uint64_t queue_tail_ = 0;
    alignas(64) uint64_t done_ = 0;
};

}  // namespace samestate::svm

#endif
