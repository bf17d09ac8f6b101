// Accounts and storage as one step sees and changes them, in its worker's own memory.
//
// A worker has one State. Its records of accounts and slots live as long as the block, so a step that meets an address again finds
// it without asking anybody; what belongs to one step (what was read, set, credited) or to one transaction or system call (what is
// warm, created, destroyed, in transient storage) counts only where the record carries the number of that step or scope, so nothing
// has to be cleared between them.
//
// Steps that a worker takes one after another are a run: one transaction, some, or the whole block. Within a run the records themselves
// keep what a step leaves for the next one; where values from before the run come from is the Source's business: versioned memory under
// the parallel strategies, the state before the block when one run is all of it, which is why that costs no versions.
//
// What holds between any two calls:
// - A part of an account counts as set while its bit is in `set`; else it has the value from before the step. To a balance belongs
//   what was credited since. Observing is never taken back: what a reverted frame has read decides what it did.
// - A sum that 256 bits do not hold is found where somebody looks at it, or when the step ends, and not before: until then it may
//   be rolled back.
// - A slot that was set counts while its owner was not wiped after it was set; a wipe hides what was before the step.
// - Whatever changes first puts what was there on the undo list, so rolling back is going through the list in reverse.

#ifndef SAMESTATE_EVM_STATE_HPP
#define SAMESTATE_EVM_STATE_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/code.hpp"
#include "samestate/optimized/evm/mutants.hpp"

namespace samestate::evm {

// What a key names; also the first byte of its name.
enum Part : std::uint8_t {
    EXISTENCE = 0,  // what the state before the block holds without need: an empty account, or storage alone; absent once it is gone
    BALANCE = 1,
    NONCE = 2,
    CODE = 3,
    SLOT = 4,
};

constexpr std::uint8_t bit(Part part) { return static_cast<std::uint8_t>(1u << part); }

// Values of EXISTENCE.
enum Existence : std::uint8_t { NOT_HELD = 0, HELD_EMPTY = 1, HELD_STORAGE_ALONE = 2 };

// Marks of an account or slot that last for one transaction or system call.
enum Mark : std::uint16_t {
    WARM = 1,
    TOUCHED = 2,        // EIP-161: deleted at the end if it is empty then
    CREATED = 4,        // by this transaction
    DESTROYED = 8,      // at the end of this transaction
    AUTHORITY = 16,     // an authorization of this transaction has written it (EIP-7702)
    DESIGNATED = 32,    // it has, or had at some time in this transaction, a delegation designator
};

struct Account {
    Address address;
    std::uint64_t hash;
    std::uint64_t run;              // whose the next group is
    std::uint8_t loaded;            // which values from before the step are here, by bit(Part)
    std::uint8_t kept;              // which parts earlier steps of the run have changed
    bool kept_credited;             // whether they have credited `kept_credit` to a balance that is neither kept nor loaded
    std::uint32_t epoch;            // how often they have wiped its storage
    u256 kept_credit;
    std::uint64_t step;             // whose the next group is
    std::uint8_t observed;          // which of them the step has read
    std::uint8_t set;               // which parts the step has set
    bool credited;                  // whether `credit` counts: the balance got something since it was set, if it was
    bool credit_overflows;          // … and that is more than `credit` can hold
    bool accessed;                  // on the record as accessed (a touch of the access record)
    std::uint32_t wipes;            // how often the step has wiped its storage
    std::uint64_t scope;            // whose `marks` are
    std::uint16_t marks;
    Existence existence_before, existence;
    std::uint64_t nonce_before, nonce;
    u256 balance_before, balance;
    u256 credit;
    const Code* code_before;
    const Code* code;
    std::int8_t storage_alone;      // the Source's answer: -1 = not asked yet
    std::uint64_t source[8];        // the Source's own; zero when the record is made

    // The balance with what was credited, where it was set or loaded. False: 256 bits do not hold it.
    bool final_balance(u256& total) const {
        total = set & bit(BALANCE) ? balance : balance_before;
        if (!credited) return true;
        total = total + credit;
        return !credit_overflows && !(total < credit);
    }
};

struct Slot {
    u256 key;
    Account* owner;
    std::uint64_t hash;
    std::uint64_t run;              // whose `loaded`, `kept` and `epoch` are
    bool kept;                      // whether earlier steps of the run have changed it, since its owner's storage was wiped
    std::uint64_t step;
    bool loaded, observed, set;
    std::uint32_t set_after;        // the owner's `wipes` when it was set
    std::uint32_t epoch;            // the owner's `epoch` when `before` was stored
    std::uint64_t scope;            // whose `marks` and `transient` are
    std::uint16_t marks;
    std::uint64_t original_scope;   // whose `original` is: it has been set in it
    u256 before, value;
    u256 original;                  // at the start of the scope
    u256 transient;
    std::uint64_t source[2];        // the Source's own
};

// Where values from before the step come from. May throw Interrupted.
class Source {
  public:
    virtual ~Source() = default;
    // Put the part's value from before the step into the record (`…_before`). Not for SLOT.
    virtual void load(Account& account, Part part) = 0;
    virtual void load(Slot& slot) = 0;
    // Whether the state before the block holds storage, but neither nonce nor code (EIP-7610).
    virtual bool has_storage_alone(Account& account) = 0;
    // Whether one run is all of the block: nobody else changes state, so that every credit is added at once.
    virtual bool keeps_values() const = 0;
};

struct Log {
    Address address;
    std::uint32_t topic_count;
    std::uint64_t data;             // where in the step's log data
    std::uint64_t data_length;
    u256 topics[4];
};

class State {
  public:
    // Where a frame began, for rollback.
    struct Checkpoint {
        std::size_t undo, logs, log_data;
        std::int64_t refund;
    };

    std::int64_t refund = 0;        // the refund counter of the scope; rolled back too
    std::vector<Log> logs;          // of the step
    std::vector<std::uint8_t> log_data;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        for (char* piece : pieces_) std::free(piece);
    }

    // A new block, and its first run: nothing is known of any account.
    void begin_block(Source* source, std::uint64_t seed) {
        source_ = source;
        seed_ = seed;
        keeps_ = source->keeps_values();
        for (std::size_t piece = PIECES_KEPT; piece < pieces_.size(); ++piece) std::free(pieces_[piece]);
        if (pieces_.size() > PIECES_KEPT) pieces_.resize(PIECES_KEPT);
        pieces_used_ = 0;
        room_ = 0;
        account_table_.assign(places_for(account_count_, 256), nullptr);
        slot_table_.assign(places_for(slot_count_, 1024), nullptr);
        account_count_ = slot_count_ = 0;
        step_ = scope_ = run_ = 0;
        begin_run();
    }

    // A new run (a new incarnation of one): what records kept for the steps of another does not count.
    void begin_run() {
        ++run_;
        run_accounts.clear();
        run_slots.clear();
    }

    // A new step (a new incarnation of one), and the first scope in it.
    void begin_step() {
        ++step_;
        accounts.clear();
        slots.clear();
        undo_.clear();
        logs.clear();
        log_data.clear();
        begin_scope();
    }

    // A new transaction or system call within the step: nothing is warm, created, destroyed or in transient storage.
    void begin_scope() {
        ++scope_;
        refund = 0;
        scope_accounts.clear();
    }

    // Accounts and slots that the step has met, in order; and the accounts that got a mark in this scope, rolled back or not.
    std::vector<Account*> accounts;
    std::vector<Slot*> slots;
    std::vector<Account*> scope_accounts;

    // Those that the run has met so far.
    std::vector<Account*> run_accounts;
    std::vector<Slot*> run_slots;

    // The record of an address. It stays where it is as long as the block lasts, but belongs to a step only once asked for in it.
    Account& account(const Address& address) {
        std::uint64_t hash = hash_bytes(seed_, address.bytes, sizeof(address.bytes));
        std::size_t place = hash & (account_table_.size() - 1);
        while (Account* found = account_table_[place]) {
            if (found->hash == hash && found->address == address) return fresh(*found);
            place = (place + 1) & (account_table_.size() - 1);
        }
        return make_account(address, hash, place);
    }

    Slot& slot(Account& owner, const u256& key) {
        std::uint64_t hash = hash_bytes(seed_ ^ owner.hash, key.w, sizeof(key.w));
        std::size_t place = hash & (slot_table_.size() - 1);
        while (Slot* found = slot_table_[place]) {
            if (found->hash == hash && found->owner == &owner && found->key == key) return fresh(*found);
            place = (place + 1) & (slot_table_.size() - 1);
        }
        return make_slot(owner, key, hash, place);
    }

    // Values as the step sees them now. Each observes what was before the step, unless the step has set it.

    std::uint64_t nonce(Account& account) {
        if (account.set & bit(NONCE)) return account.nonce;
        observe(account, NONCE);
        return account.nonce_before;
    }

    u256 balance(Account& account) {
        u256 total;
        if (!(account.set & bit(BALANCE))) observe(account, BALANCE);
        if (!account.final_balance(total)) throw Interrupted{Interruption::overflow};
        return total;
    }

    // Never null: an account without code has the empty one.
    const Code& code(Account& account) {
        if (account.set & bit(CODE)) return *account.code;
        observe(account, CODE);
        return *account.code_before;
    }

    Existence existence(Account& account) {
        if (account.set & bit(EXISTENCE)) return account.existence;
        observe(account, EXISTENCE);
        return account.existence_before;
    }

    u256 value(Slot& slot) {
        if (slot.set && slot.set_after == slot.owner->wipes) return slot.value;
        if (slot.owner->wipes) return u256();
        if (!slot.observed) {
            if (!slot.loaded) load(slot);
            slot.observed = true;
        }
        return slot.before;
    }

    // What the slot held when the transaction or system call began.
    u256 original(Slot& slot) { return slot.original_scope == scope_ && !MUTANT(ORIGINAL_IS_CURRENT) ? slot.original : value(slot); }

    // EIP-161: neither code nor nonce nor balance. Observes the code; the nonce only if there is none; the balance only if both are nothing.
    bool is_empty(Account& account) {
        return code(account).size == 0 && nonce(account) == 0 && balance(account).is_zero();
    }

    // Whether the state holds an account there, be it an empty one.
    bool exists(Account& account) { return !is_empty(account) || existence(account) != NOT_HELD; }

    // Whether the state before the block held storage alone there, and it was not cleared since (EIP-7610).
    bool holds_storage_alone(Account& account) {
        if (account.storage_alone < 0) account.storage_alone = source_->has_storage_alone(account);
        return account.storage_alone && existence(account) != NOT_HELD;
    }

    // Whether it did at all: constant within a block, so nothing is observed.
    bool held_storage_alone(Account& account) {
        if (account.storage_alone < 0) account.storage_alone = source_->has_storage_alone(account);
        return account.storage_alone;
    }

    // Changes, all of them rolled back with their frame.

    void set_nonce(Account& account, std::uint64_t nonce) {
        remember(account, NONCE);
        account.set |= bit(NONCE);
        account.nonce = nonce;
    }

    void set_balance(Account& account, const u256& balance) {
        remember(account, BALANCE);
        account.set |= bit(BALANCE);
        account.credited = false;
        account.balance = balance;
    }

    // Add to a balance without looking at it. Not of nothing: that is a touch.
    void credit(Account& account, const u256& amount) {
        undo_.push_back(Undo{Undo::CREDIT, account.credit_overflows, account.credited, 0, &account, account.credit});
        if (!account.credited) {
            account.credited = true;
            account.credit_overflows = false;
            account.credit = amount;
        } else {
            account.credit = account.credit + amount;
            if (account.credit < amount) account.credit_overflows = true;
        }
    }

    void set_code(Account& account, const Code& code) {
        remember(account, CODE);
        account.set |= bit(CODE);
        account.code = &code;
    }

    void set_existence(Account& account, Existence existence) {
        remember(account, EXISTENCE);
        account.set |= bit(EXISTENCE);
        account.existence = existence;
    }

    void set_value(Slot& slot, const u256& value) {
        if (slot.original_scope != scope_) {  // what it was does not change any more in this scope, rolled back or not
            slot.original = this->value(slot);
            slot.original_scope = scope_;
        }
        undo_.push_back(Undo{Undo::VALUE, static_cast<std::uint8_t>(slot.set), false, slot.set_after, &slot, slot.value});
        slot.set = true;
        slot.set_after = slot.owner->wipes;
        slot.value = value;
    }

    // Make every slot of the account absent.
    void wipe(Account& account) {
        undo_.push_back(Undo{Undo::WIPES, 0, false, account.wipes, &account, u256()});
        ++account.wipes;
    }

    u256 transient(Slot& slot) { return slot.scope == scope_ || MUTANT(TRANSIENT_OUTLIVES) ? slot.transient : u256(); }

    void set_transient(Slot& slot, const u256& value) {
        enter_scope(slot);
        undo_.push_back(Undo{Undo::TRANSIENT, 0, false, 0, &slot, slot.transient});
        slot.transient = value;
    }

    // Marks of this transaction or system call.

    bool has_mark(const Account& account, Mark mark) const { return account.scope == scope_ && account.marks & mark; }
    bool has_mark(const Slot& slot, Mark mark) const { return slot.scope == scope_ && slot.marks & mark; }

    // Set a mark; whether it was set already.
    bool mark(Account& account, Mark mark) {
        if (account.scope != scope_) {
            account.scope = scope_;
            account.marks = 0;
            scope_accounts.push_back(&account);
        }
        if (account.marks & mark) return true;
        undo_.push_back(Undo{Undo::ACCOUNT_MARKS, 0, false, account.marks, &account, u256()});
        account.marks |= mark;
        return false;
    }

    bool mark(Slot& slot, Mark mark) {
        enter_scope(slot);
        if (slot.marks & mark) return true;
        undo_.push_back(Undo{Undo::SLOT_MARKS, 0, false, slot.marks, &slot, u256()});
        slot.marks |= mark;
        return false;
    }

    // Put the address on the access record as accessed, whatever becomes of the frame.
    void access(Account& account) { account.accessed = true; }

    Checkpoint checkpoint() const { return Checkpoint{undo_.size(), logs.size(), log_data.size(), refund}; }

    void rollback(const Checkpoint& checkpoint) {
        while (undo_.size() > checkpoint.undo) {
            take_back(undo_.back());
            undo_.pop_back();
        }
        if (!MUTANT(LOGS_AFTER_ROLLBACK)) {
            logs.resize(checkpoint.logs);
            log_data.resize(checkpoint.log_data);
        }
        if (!MUTANT(REFUND_OF_FAILURES)) refund = checkpoint.refund;
    }

    // At the end of a step: what it leaves is what the next one of the run finds.
    void keep_step() {
        for (Account* account : accounts) {
            if (account->wipes) account->epoch += 1;
            if (account->set & bit(NONCE)) keep(*account, NONCE, account->nonce_before, account->nonce);
            if (account->set & bit(CODE)) keep(*account, CODE, account->code_before, account->code);
            if (account->set & bit(EXISTENCE)) keep(*account, EXISTENCE, account->existence_before, account->existence);
            if (account->set & bit(BALANCE) || account->credited) keep_balance(*account);
            account->loaded |= account->set;
        }
        for (Slot* slot : slots) {
            const bool wiped = slot->owner->wipes;
            if (slot->set && slot->set_after == slot->owner->wipes) {
                if (wiped || !slot->loaded || !(slot->value == slot->before)) slot->kept = true;
                slot->before = slot->value;
            } else if (wiped) {
                slot->before = u256();
                slot->kept = false;
            } else {
                continue;
            }
            slot->loaded = true;
            slot->epoch = slot->owner->epoch;
        }
    }

    // Have the value from before the step at hand without observing it, for the record of what changed.
    void load(Account& account, Part part) {
        if (account.loaded & bit(part)) return;
        source_->load(account, part);
        account.loaded |= bit(part);
        if (part == BALANCE && account.kept_credited) {
            account.kept_credited = false;
            account.kept |= bit(BALANCE);
            account.balance_before = account.balance_before + account.kept_credit;
            if (account.balance_before < account.kept_credit) throw Interrupted{Interruption::overflow};
        }
    }

    void load(Slot& slot) {
        if (slot.owner->epoch) {  // wiped since the run began: what was before it does not count
            slot.before = u256();
            slot.epoch = slot.owner->epoch;
        } else {
            source_->load(slot);
        }
        slot.loaded = true;
    }

    std::uint64_t step() const { return step_; }
    std::uint64_t scope() const { return scope_; }
    std::uint64_t run() const { return run_; }

  private:
    struct Undo {
        enum Kind : std::uint8_t { ACCOUNT_EXISTENCE, ACCOUNT_BALANCE, ACCOUNT_NONCE, ACCOUNT_CODE, CREDIT, VALUE, WIPES, TRANSIENT, ACCOUNT_MARKS, SLOT_MARKS };
        Kind kind;
        std::uint8_t set;           // the record's, as it was
        bool credited;
        std::uint32_t number;
        void* what;
        u256 value;
    };

    void observe(Account& account, Part part) {
        if (account.observed & bit(part)) return;
        load(account, part);
        account.observed |= bit(part);
    }

    void remember(Account& account, Part part) {
        Undo undo{static_cast<Undo::Kind>(part), account.set, account.credited, 0, &account, u256()};
        if (part == BALANCE) undo.value = account.balance;
        else if (part == NONCE) undo.value = u256(account.nonce);
        else if (part == CODE) undo.value = u256(reinterpret_cast<std::uintptr_t>(account.code));
        else undo.value = u256(account.existence);
        undo_.push_back(undo);
    }

    void take_back(const Undo& undo) {
        if (undo.kind == Undo::VALUE || undo.kind == Undo::TRANSIENT || undo.kind == Undo::SLOT_MARKS) {
            Slot& slot = *static_cast<Slot*>(undo.what);
            if (undo.kind == Undo::VALUE) {
                slot.set = undo.set;
                slot.set_after = undo.number;
                slot.value = undo.value;
            } else if (undo.kind == Undo::TRANSIENT) {
                slot.transient = undo.value;
            } else if (!MUTANT(WARM_AFTER_ROLLBACK)) {
                slot.marks = static_cast<std::uint16_t>(undo.number);
            }
            return;
        }
        Account& account = *static_cast<Account*>(undo.what);
        switch (undo.kind) {
            case Undo::ACCOUNT_BALANCE:
                account.credited = undo.credited;
                account.balance = undo.value;
                break;
            case Undo::ACCOUNT_NONCE: account.nonce = undo.value.w[0]; break;
            case Undo::ACCOUNT_CODE: account.code = reinterpret_cast<const Code*>(static_cast<std::uintptr_t>(undo.value.w[0])); break;
            case Undo::ACCOUNT_EXISTENCE: account.existence = static_cast<Existence>(undo.value.w[0]); break;
            case Undo::CREDIT:
                account.credited = undo.credited;
                account.credit_overflows = undo.set;
                account.credit = undo.value;
                return;
            case Undo::WIPES: account.wipes = undo.number; return;
            default: account.marks = static_cast<std::uint16_t>(undo.number); return;
        }
        account.set = undo.set;
    }

    template <typename Value>
    void keep(Account& account, Part part, Value& before, const Value& after) {
        if (!(account.loaded & bit(part)) || before != after) account.kept |= bit(part);
        before = after;
    }

    // What is credited to a balance that nobody has looked at stays a credit, unless the block is one run.
    void keep_balance(Account& account) {
        u256 total;
        if (MUTANT(CREDIT_LOST_WHEN_READ) && account.observed & bit(BALANCE) && !(account.set & bit(BALANCE))) return;
        if (!(account.set & bit(BALANCE)) && !(account.loaded & bit(BALANCE))) {
            if (!keeps_) return keep_credit(account);
            load(account, BALANCE);
        }
        if (!account.final_balance(total)) throw Interrupted{Interruption::overflow};
        if (!(account.loaded & bit(BALANCE)) || !(total == account.balance_before)) account.kept |= bit(BALANCE);
        account.kept_credited = false;
        account.balance_before = total;
        account.loaded |= bit(BALANCE);
    }

    void keep_credit(Account& account) {
        if (account.kept_credited) account.kept_credit = account.kept_credit + account.credit;
        else account.kept_credit = account.credit;
        account.kept_credited = true;
        if (account.credit_overflows || account.kept_credit < account.credit) throw Interrupted{Interruption::overflow};
    }

    Account& fresh(Account& account) {
        if (account.step == step_) return account;
        if (account.run != run_) {
            account.run = run_;
            account.loaded = account.kept = 0;
            account.kept_credited = false;
            account.epoch = 0;
            run_accounts.push_back(&account);
        }
        account.step = step_;
        account.observed = account.set = 0;
        account.credited = account.credit_overflows = account.accessed = false;
        account.wipes = 0;
        accounts.push_back(&account);
        return account;
    }

    Slot& fresh(Slot& slot) {
        if (slot.step == step_) return slot;
        fresh(*slot.owner);
        if (slot.run != run_) {
            slot.run = run_;
            slot.loaded = slot.kept = false;
            slot.epoch = 0;
            run_slots.push_back(&slot);
        } else if (slot.epoch != slot.owner->epoch) {
            slot.loaded = slot.kept = false;
        }
        slot.step = step_;
        slot.observed = slot.set = false;
        slots.push_back(&slot);
        return slot;
    }

    void enter_scope(Slot& slot) {
        if (slot.scope == scope_) return;
        slot.scope = scope_;
        slot.marks = 0;
        if (!MUTANT(TRANSIENT_OUTLIVES)) slot.transient = u256();
    }

    // Records come from pieces of memory that all blocks use in turn.
    void* room(std::size_t size) {
        constexpr std::size_t PIECE = 1 << 18;
        if (room_ < size) {
            if (pieces_used_ == pieces_.size()) {
                pieces_.reserve(pieces_used_ + 1);
                char* piece = static_cast<char*>(std::aligned_alloc(64, PIECE));
                if (piece == nullptr) throw Interrupted{Interruption::out_of_memory};
                pieces_.push_back(piece);
            }
            next_ = pieces_[pieces_used_++];
            room_ = PIECE;
        }
        void* taken = next_;
        next_ += size;
        room_ -= size;
        return taken;
    }

    // How large a table is at first for a block like the last one: at most half full, and no giant for ever.
    static std::size_t places_for(std::size_t count, std::size_t least) {
        std::size_t places = least;
        while (places < 2 * count + 2 && places < (std::size_t{1} << 16)) places *= 2;
        return places;
    }

    Account& make_account(const Address& address, std::uint64_t hash, std::size_t place) {
        constexpr std::size_t SIZE = (sizeof(Account) + 63) / 64 * 64;
        Account* made = new (room(SIZE)) Account();
        made->address = address;
        made->hash = hash;
        made->storage_alone = -1;
        account_table_[place] = made;
        if (++account_count_ * 2 > account_table_.size()) grow(account_table_);
        return fresh(*made);
    }

    Slot& make_slot(Account& owner, const u256& key, std::uint64_t hash, std::size_t place) {
        constexpr std::size_t SIZE = (sizeof(Slot) + 63) / 64 * 64;
        Slot* made = new (room(SIZE)) Slot();
        made->owner = &owner;
        made->key = key;
        made->hash = hash;
        slot_table_[place] = made;
        if (++slot_count_ * 2 > slot_table_.size()) grow(slot_table_);
        return fresh(*made);
    }

    template <typename Record>
    static void grow(std::vector<Record*>& table) {
        std::vector<Record*> larger(table.size() * 2, nullptr);
        for (Record* record : table) {
            if (record == nullptr) continue;
            std::size_t place = record->hash & (larger.size() - 1);
            while (larger[place]) place = (place + 1) & (larger.size() - 1);
            larger[place] = record;
        }
        table.swap(larger);
    }

    Source* source_ = nullptr;
    std::uint64_t seed_ = 0;
    std::uint64_t step_ = 0;
    std::uint64_t scope_ = 0;
    std::uint64_t run_ = 0;
    bool keeps_ = false;
    std::vector<Account*> account_table_;
    std::vector<Slot*> slot_table_;
    std::size_t account_count_ = 0;
    std::size_t slot_count_ = 0;
    std::vector<Undo> undo_;
    static constexpr std::size_t PIECES_KEPT = 64;
    std::vector<char*> pieces_;
    std::size_t pieces_used_ = 0;
    char* next_ = nullptr;
    std::size_t room_ = 0;
};

}  // namespace samestate::evm

#endif
