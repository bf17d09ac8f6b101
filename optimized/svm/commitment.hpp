// What a block has changed, and what that makes of the lattice and the bank hash.
// Sources: SIMD-0215; agave runtime/src/bank.rs (hash_internal_state), accounts_lt_hash.rs.

#ifndef SAMESTATE_SVM_COMMITMENT_HPP
#define SAMESTATE_SVM_COMMITMENT_HPP

#include "samestate/optimized/svm/settlement.hpp"

namespace samestate::svm {

// An account that is another after the block than before: the first before and the last after, once, whoever wrote it how often.
struct Change {
    const Address* address;
    const Account* before;
    const Account* after;
};

inline std::vector<Change> changes_of(const Work& work) {
    std::vector<Change> changes;
    for (const auto& hand : work.hands)
        for (size_t index = 0; index < hand->records.size(); ++index) {
            const Record& record = hand->records[index];
            if (!is_same(*record.base, record.now)) changes.push_back({&record.address, record.base, &record.now});
        }
    return changes;
}

// Every account that a step has written, even if it is what it was again. Effects have to be kept for that.
inline std::vector<const Record*> written_by(const Work& work) {
    std::vector<const Record*> written;
    const auto note = [&written](const Effect& effect) { written.push_back(effect.record); };
    for (const Effect& effect : work.opened) note(effect);
    for (const Outcome& outcome : work.outcomes)
        for (size_t place = 0; place < outcome.effect_count; ++place) note(outcome.effects[place]);
    for (const Effect& effect : work.closed) note(effect);
    return written;
}

inline AccountView view_of(const Address& address, const Account& account) {
    return {account.lamports, account.data, account.length, account.executable != 0, account.owner.bytes, address.bytes};
}

// Adds what has changed to the lattice of all accounts. Where more than so many hundredths of the accounts that are listed have changed,
// all are hashed anew: each costs one hash then, and two where it is taken out and put in. False where stopped.
inline bool add_changes(Lattice& lattice, const Lattice& others, const State& state, const std::vector<Change>& changes,
                        size_t workers, size_t rebuild_from, const Stop& stop, bool& was_rebuilt) {
    std::vector<LatticeTerm> terms;
    const size_t listed = state.accounts.entries().size();
    was_rebuilt = 100 * changes.size() > rebuild_from * listed;
    if (!was_rebuilt) {
        terms.reserve(2 * changes.size());
        for (const Change& change : changes) {
            if (change.before->lamports) terms.push_back({view_of(*change.address, *change.before), true});
            if (change.after->lamports) terms.push_back({view_of(*change.address, *change.after), false});
        }
        return add_terms(lattice, terms.data(), terms.size(), workers, stop);
    }
    std::unordered_set<const Account*> changed;
    for (const Change& change : changes) changed.insert(change.before);
    terms.reserve(listed + changes.size());
    for (const AccountTable::Entry* entry : state.accounts.entries())
        if (!changed.count(&entry->account)) terms.push_back({view_of(entry->address, entry->account), false});
    for (const Change& change : changes) terms.push_back({view_of(*change.address, *change.after), false});
    lattice = others;
    return add_terms(lattice, terms.data(), terms.size(), workers, stop);
}

// Adds all accounts that are listed. False where stopped.
inline bool add_all(Lattice& lattice, const State& state, size_t workers, const Stop& stop) {
    std::vector<LatticeTerm> terms;
    for (const AccountTable::Entry* entry : state.accounts.entries())
        terms.push_back({view_of(entry->address, entry->account), false});
    return add_terms(lattice, terms.data(), terms.size(), workers, stop);
}

inline Hash bank_hash(const Bank& parent, const BlockInput& input, uint64_t signatures, const Lattice& lattice) {
    uint8_t number[8];
    Hash hash;
    write_u64(number, signatures);
    Sha256().update(parent.hash.bytes, 32).update(number, 8).update(input.blockhash.bytes, 32).finish(hash.bytes);
    Hash result;
    Sha256().update(hash.bytes, 32).update(reinterpret_cast<const uint8_t*>(lattice.element), 2048).finish(result.bytes);
    uint64_t times = 0;
    bool is_forked = false;
    for (const HardFork& fork : parent.hard_forks)
        if (fork.slot > parent.slot && fork.slot <= input.slot) {
            times += fork.times;
            is_forked = true;
        }
    if (!is_forked) return result;
    write_u64(number, times);
    Sha256().update(result.bytes, 32).update(number, 8).finish(hash.bytes);
    return hash;
}

}  // namespace samestate::svm

#endif
