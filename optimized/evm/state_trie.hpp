// The commitment to a state: a trie of accounts, each of which commits to a trie of its storage (yellow paper, section
// 4.1). It lasts from block to block; a block's changes are put in, and what they have made unknown is hashed.
//
// Both kinds of trie are secure ones: an account stands under the hash of its address, a slot under the hash of its 32
// bytes. The trie may be partial, as in a witness; what is missing is named. Or it is that of a store (state_store.hpp): then values
// are read from there as they were committed last, and what has changed since is given as changes of the store.

#ifndef SAMESTATE_EVM_STATE_TRIE_HPP
#define SAMESTATE_EVM_STATE_TRIE_HPP

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <vector>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/evm/trie_storing.hpp"

namespace samestate::evm {

// What a trie of storage holds of a slot: its value, which is not zero.
struct SlotValue {
    static constexpr size_t LIMIT = 33;
    u256 value;

    size_t write(uint8_t* target) const { return static_cast<size_t>(rlp::write_word(target, value) - target); }

    bool read(const uint8_t* data, size_t length) {
        rlp::Item item;
        if (rlp::check(data, length, &item) || rlp::wrong_number(item, 32)) return false;
        value = rlp::to_word(item.payload, item.length());
        return true;
    }

    // In a store: the number without leading zeros.
    std::string flat() const {
        uint8_t bytes[32];
        value.store_be(bytes);
        const size_t size = rlp::bytes_of_word(value);
        return text_of(bytes + 32 - size, size);
    }

    bool read_flat(const uint8_t* data, size_t length) {
        if (length == 0 || length > 32 || data[0] == 0) return false;
        value = rlp::to_word(data, length);
        return true;
    }

    bool operator==(const SlotValue& other) const { return value == other.value; }
};

using StorageTrie = Trie<SlotValue>;

// What the trie of accounts holds of an account. A storage root of zeros stands for one that is yet to be computed.
struct AccountValue {
    static constexpr size_t LIMIT = 2 + 9 + 33 + 33 + 33;
    uint64_t nonce;
    u256 balance;
    Hash storage_root;
    Hash code_hash;

    // An account that has nothing.
    static AccountValue empty() {
        AccountValue value{0, u256{}, {}, EMPTY_CODE_HASH};
        std::memcpy(value.storage_root.bytes, EMPTY_ROOT, 32);
        return value;
    }

    bool has_storage() const { return std::memcmp(storage_root.bytes, EMPTY_ROOT, 32) != 0; }

    bool is_nothing() const { return !nonce && balance.is_zero() && code_hash == EMPTY_CODE_HASH && !has_storage(); }

    size_t write(uint8_t* target) const {
        uint8_t* end = rlp::write_list_prefix(target, rlp::size_of_number(nonce) + rlp::size_of_word(balance) + 66);
        end = rlp::write_number(end, nonce);
        end = rlp::write_word(end, balance);
        end = rlp::write_bytes(end, storage_root.bytes, 32);
        end = rlp::write_bytes(end, code_hash.bytes, 32);
        return static_cast<size_t>(end - target);
    }

    bool read(const uint8_t* data, size_t length) {
        rlp::Item list, item[4];
        if (rlp::check(data, length, &list) || !list.is_list || rlp::count_items(list) != 4) return false;
        const uint8_t* position = list.payload;
        for (rlp::Item& each : item) each = rlp::next_item(position, list.end);
        if (rlp::wrong_number(item[0], 8) || rlp::wrong_number(item[1], 32)) return false;
        for (int i = 2; i < 4; i++)
            if (item[i].is_list || item[i].length() != 32) return false;
        nonce = rlp::to_number(item[0].payload, item[0].length());
        balance = rlp::to_word(item[1].payload, item[1].length());
        std::memcpy(storage_root.bytes, item[2].payload, 32);
        std::memcpy(code_hash.bytes, item[3].payload, 32);
        return true;
    }

    // In a store: how long the nonce is, and above that what there is beside the numbers; how long the balance is; both numbers
    // without leading zeros; the code's hash, if there is a code; the root of the storage, if there is any.
    static constexpr uint8_t FLAT_CODE = 0x10, FLAT_STORAGE = 0x20;

    std::string flat() const {
        uint8_t bytes[2 + 8 + 32];
        const size_t nonce_size = nonce ? rlp::bytes_of_number(nonce) : 0, balance_size = balance.is_zero() ? 0 : rlp::bytes_of_word(balance);
        const bool has_code = code_hash != EMPTY_CODE_HASH;
        bytes[0] = static_cast<uint8_t>(nonce_size | (has_code ? FLAT_CODE : 0) | (has_storage() ? FLAT_STORAGE : 0));
        bytes[1] = static_cast<uint8_t>(balance_size);
        for (size_t i = 0; i < nonce_size; i++) bytes[2 + i] = static_cast<uint8_t>(nonce >> 8 * (nonce_size - 1 - i));
        uint8_t word[32];
        balance.store_be(word);
        std::memcpy(bytes + 2 + nonce_size, word + 32 - balance_size, balance_size);
        std::string flat = text_of(bytes, 2 + nonce_size + balance_size);
        if (has_code) flat += text_of(code_hash.bytes, 32);
        if (has_storage()) flat += text_of(storage_root.bytes, 32);
        return flat;
    }

    bool read_flat(const uint8_t* data, size_t length) {
        if (length < 2) return false;
        const size_t nonce_size = data[0] & 0x0F, balance_size = data[1];
        const bool has_code = data[0] & FLAT_CODE, has_storage = data[0] & FLAT_STORAGE;
        const size_t numbers = 2 + nonce_size + balance_size;
        if (nonce_size > 8 || balance_size > 32 || data[0] >= 0x40) return false;
        if (length != numbers + (has_code ? 32 : 0) + (has_storage ? 32 : 0)) return false;
        *this = empty();
        nonce = nonce_size ? rlp::to_number(data + 2, nonce_size) : 0;
        balance = balance_size ? rlp::to_word(data + 2 + nonce_size, balance_size) : u256();
        if (has_code) std::memcpy(code_hash.bytes, data + numbers, 32);
        if (has_storage) std::memcpy(storage_root.bytes, data + numbers + (has_code ? 32 : 0), 32);
        return true;
    }

    bool operator==(const AccountValue& other) const {
        return nonce == other.nonce && balance == other.balance && storage_root == other.storage_root &&
               code_hash == other.code_hash;
    }
};

// What a block has made of an account. A part that is not among those that were set stays as it is; an account that is
// left with nothing at all is in the state only if it is held, or if it was in it with nothing and nobody said otherwise.
struct AccountChange {
    enum Part : uint8_t { HELD = 1, BALANCE_SET = 2, NONCE_SET = 4, CODE_SET = 8, WIPED = 16 };
    Address address;
    uint8_t parts;        // of the parts below those that are set; WIPED: all storage has vanished first
    bool is_held;         // EIP-161: be it with nothing
    uint64_t nonce;
    u256 balance;
    Hash code_hash;
};

// What a block has made of a slot. Zero takes it out.
struct SlotChange {
    Address address;
    u256 slot;
    u256 value;
};

// What a partial state lacks, and for what: a node on the path to an account or to a slot of it.
struct StateGap {
    Gap gap;
    Address address;
    bool is_slot;
    u256 slot;
};

class StateTrie {
public:
    using AccountTrie = Trie<AccountValue, std::unique_ptr<StorageTrie>>;

    // Makes it the state with that root, whose nodes are among `nodes`, which must stay as long as the state.
    void begin_partial(const uint8_t* root, const Preimages* nodes) {
        accounts_.begin_partial(root);
        nodes_ = nodes;
    }

    // Makes it the state with that root in a store, which must stay as long as the state. What has changed since it was written
    // there is forgotten.
    void begin_stored(const uint8_t* root, const StateStore* store) {
        store_ = store;
        accounts_.begin_stored(root, std::make_unique<StoredTrie>(store));
        unhashed_.clear();
        touched_.clear();
        emptied_.clear();
        slots_.clear();
        codes_.clear();
        written_.clear();
    }

    // What has changed since it was written to its store, but for codes; `codes`: the hashes of those that accounts came to have.
    // The root has been asked for since the last change. Afterwards all that counts as written.
    void append_stored(stores::Changes& changes, std::vector<std::string>& codes) {
        for (const std::string& owner : emptied_) {
            changes.clear(SLOTS, owner);
            changes.clear(NODES, StoredTrie::nodes_of(owner));
        }
        for (const auto& [key, value] : slots_) {
            if (value.empty())
                changes.remove(SLOTS, key);
            else
                changes.put(SLOTS, key, value);
        }
        for (const std::string& path : touched_) {
            Gap none;
            AccountTrie::Leaf* leaf = accounts_.find(reinterpret_cast<const uint8_t*>(path.data()), nodes_, none);
            if (leaf)
                changes.put(ACCOUNTS, path, leaf->value.flat());
            else
                changes.remove(ACCOUNTS, path);
            if (!leaf || !leaf->extra) continue;
            TrieStoring<SlotValue>::append(leaf->extra->root(), *leaf->extra->stored(), changes);
            written_.insert(leaf);
        }
        TrieStoring<AccountValue, std::unique_ptr<StorageTrie>>::append(accounts_.root(), *accounts_.stored(), changes);
        codes.assign(codes_.begin(), codes_.end());
        touched_.clear();
        emptied_.clear();
        slots_.clear();
        codes_.clear();
    }

    // Forgets what is `depth` nibbles down and deeper, once all is written. Gives how many nodes are left in memory.
    size_t fold(int depth) {
        size_t left = 0;
        for (AccountTrie::Leaf* leaf : written_)
            if (leaf->extra) left += fold_storage(leaf->extra, depth);
        written_.clear();
        return left + accounts_.fold(depth);
    }

    // The bytes of the code of that hash, from the store. False where it failed, or has none.
    bool code(const uint8_t* hash, std::string& bytes) const {
        bool is_there = false;
        return store_ && store_->read(CODES, text_of(hash, 32), bytes, is_there) && is_there;
    }

    // What the state holds of an account: false where nothing, or a gap is. Any number of threads may read at once.
    bool read(const Address& address, AccountValue& value, StateGap& gap) const {
        if (store_) return read_stored(address, value, gap);
        const AccountTrie::Leaf* leaf;
        return read(address, value, &leaf, gap);
    }

    // The value of a slot: zero where there is none, or a gap is. Any number of threads may read at once.
    u256 read(const Address& address, const u256& slot, StateGap& gap) const {
        if (store_) return read_stored(address, slot, gap);
        AccountValue account;
        const AccountTrie::Leaf* leaf;
        if (!read(address, account, &leaf, gap)) return u256{};
        uint8_t path[32];
        path_of(slot, path);
        SlotValue value;
        const StorageTrie::Leaf* slot_leaf;
        const bool found =
            leaf && leaf->extra ? leaf->extra->read(path, nodes_, value, &slot_leaf, gap.gap)
                                : StorageTrie::read_from_root(account.storage_root.bytes, path, nodes_, value, gap.gap);
        if (gap.gap.is_open) name(gap, address, &slot);
        return found ? value.value : u256{};
    }

    // Puts in what a block has changed: first what is wiped, then values. A slot must be named once. False where a
    // partial state lacks what it needs; `gap` says what, and the state is good for nothing any more. What was put in
    // can be taken back by putting in what was there before.
    bool update(
        const AccountChange* accounts, size_t account_count, const SlotChange* slots, size_t slot_count, size_t workers,
        StateGap& gap
    ) {
        std::vector<Part> parts = parts_by_address(accounts, account_count, slots, slot_count);
        std::vector<Entry> entries = entries_of(parts);
        std::vector<Hash> slot_paths(slot_count);
        in_parallel(workers, slot_count, HASHES_A_TASK, [&](size_t first, size_t last, size_t) {
            KeccakBatch batch;
            uint8_t bytes[32];
            for (; first < last; first++) {
                slots[first].slot.store_be(bytes);
                batch.add(bytes, 32, slot_paths[first].bytes);
            }
            batch.flush();
        });
        in_parallel(workers, entries.size(), HASHES_A_TASK, [&](size_t first, size_t last, size_t) {
            KeccakBatch batch;
            for (; first < last; first++) batch.add(entries[first].address->bytes, 20, entries[first].path);
            batch.flush();
        });
        if (store_) {
            std::vector<const uint8_t*> paths;
            for (const Entry& entry : entries) paths.push_back(entry.path);
            accounts_.load(paths, readers(workers));
        }
        for (Entry& entry : entries)
            if (!open(entry, gap)) return false;
        if (store_) load_storages(entries, slot_paths.data(), readers(workers));
        std::vector<Entry*> changed;
        for (Entry& entry : entries)
            if (entry.is_storage_changed) changed.push_back(&entry);
        in_parallel(workers, changed.size(), 16, [&](size_t first, size_t last, size_t) {
            for (; first < last; first++) change_storage(*changed[first], slots, slot_paths.data());
        });
        for (const Entry* entry : changed)
            if (entry->gap.gap.is_open) {
                gap = entry->gap;
                return false;
            }
        // Values before removals: a branch that lost a child before it gained one might have to collapse into a node
        // that a witness lacks.
        for (Entry& entry : entries)
            if (!put_account(entry, gap)) return false;
        for (Entry& entry : entries)
            if (!entry.is_kept && !remove_account(entry, gap)) return false;
        if (store_) note_changes(entries, slots, slot_paths.data());
        return true;
    }

    // Hashes all that has changed, and gives the root.
    void root(size_t workers, uint8_t* root) {
        if (!accounts_.root()) {
            std::memcpy(root, EMPTY_ROOT, 32);
            return;
        }
        hash_storages(workers);
        hash_accounts(workers);
        root_of(accounts_.root()->seen, root);
    }

private:
    using AccountHasher = TrieHasher<AccountValue, std::unique_ptr<StorageTrie>>;

    // One account change, or a run of slot changes of one account.
    struct Part {
        uint64_t order;       // the address's first bytes
        const Address* address;
        const AccountChange* account;
        size_t first_slot, last_slot;
    };

    // All that has changed of one account.
    struct Entry {
        const Address* address;
        const Part* first;
        const Part* last;
        uint8_t path[32];
        AccountTrie::Leaf* leaf;              // null: it was not in the state
        std::unique_ptr<StorageTrie> storage; // where slots have changed
        bool is_storage_changed, is_kept, is_emptied;
        StateGap gap;
    };

    static constexpr const char* UNREADABLE = "could not be read from the store";

    // A storage of which the store has no node is let go of whole. Gives how many nodes are left.
    static size_t fold_storage(std::unique_ptr<StorageTrie>& storage, int depth) {
        const TrieNode* root = storage->root();
        const bool is_large = root->kind == NodeKind::BRANCH && static_cast<const TrieBranch*>(root)->is_stored;
        if (is_large) return storage->fold(depth);
        storage.reset();
        return 0;
    }

    // A thread that has less to do is not worth its start.
    static constexpr size_t HASHES_A_TASK = 2048;

    // Slots of one storage that are worth reading side by side.
    static constexpr size_t READS_A_LOAD = 64;

    struct Stale {
        TrieNode* node;
        int start;
    };

    static void path_of(const u256& slot, uint8_t* path) {
        uint8_t bytes[32];
        slot.store_be(bytes);
        keccak256(bytes, 32, path);
    }

    static void name(StateGap& gap, const Address& address, const u256* slot) {
        gap.address = address;
        gap.is_slot = slot != nullptr;
        if (slot) gap.slot = *slot;
    }

    bool read(const Address& address, AccountValue& value, const AccountTrie::Leaf** leaf, StateGap& gap) const {
        uint8_t path[32];
        keccak256(address.bytes, 20, path);
        const bool found = accounts_.read(path, nodes_, value, leaf, gap.gap);
        if (gap.gap.is_open) name(gap, address, nullptr);
        return found;
    }

    static std::vector<Part> parts_by_address(
        const AccountChange* accounts, size_t account_count, const SlotChange* slots, size_t slot_count
    ) {
        std::vector<Part> parts;
        parts.reserve(account_count + slot_count / 2);
        for (size_t i = 0; i < account_count; i++)
            parts.push_back({load_be64(accounts[i].address.bytes), &accounts[i].address, &accounts[i], 0, 0});
        for (size_t i = 0, last; i < slot_count; i = last) {
            for (last = i + 1; last < slot_count && slots[last].address == slots[i].address; last++) {}
            parts.push_back({load_be64(slots[i].address.bytes), &slots[i].address, nullptr, i, last});
        }
        std::stable_sort(parts.begin(), parts.end(), [](const Part& one, const Part& other) {
            return one.order != other.order ? one.order < other.order : *one.address < *other.address;
        });
        return parts;
    }

    static std::vector<Entry> entries_of(const std::vector<Part>& parts) {
        std::vector<Entry> entries;
        entries.reserve(parts.size());
        const Part* const end = parts.data() + parts.size();
        for (const Part *first = parts.data(), *last; first != end; first = last) {
            for (last = first + 1; last != end && *last->address == *first->address; last++) {}
            entries.emplace_back();
            Entry& entry = entries.back();
            entry.address = first->address;
            entry.first = first;
            entry.last = last;
            entry.leaf = nullptr;
            entry.is_storage_changed = entry.is_kept = entry.is_emptied = false;
        }
        return entries;
    }

    // Finds what the state holds of the account, and takes hold of its storage where that changes.
    bool open(Entry& entry, StateGap& gap) {
        entry.leaf = accounts_.find(entry.path, nodes_, gap.gap);
        if (gap.gap.is_open) {
            name(gap, *entry.address, nullptr);
            return false;
        }
        for (const Part* part = entry.first; part != entry.last; part++)
            entry.is_storage_changed |= !part->account || part->account->parts & AccountChange::WIPED;
        if (!entry.is_storage_changed) return true;
        if (entry.leaf && entry.leaf->extra) {
            entry.storage = std::move(entry.leaf->extra);
        } else {
            entry.storage = storage_of(entry.path, entry.leaf ? entry.leaf->value.storage_root.bytes : EMPTY_ROOT);
        }
        return true;
    }

    std::unique_ptr<StorageTrie> storage_of(const uint8_t* owner, const uint8_t* root) const {
        auto storage = std::make_unique<StorageTrie>();
        if (store_)
            storage->begin_stored(root, std::make_unique<StoredTrie>(store_, text_of(owner, 32)));
        else
            storage->begin_partial(root);
        return storage;
    }

    // What the store will have to be told: whose account and which slots. What was wiped, or has no storage any more, loses all that
    // it has there.
    void note_changes(const std::vector<Entry>& entries, const SlotChange* slots, const Hash* paths) {
        for (const Entry& entry : entries) {
            const std::string owner = text_of(entry.path, 32);
            touched_.insert(owner);
            bool is_emptied = entry.is_emptied;
            for (const Part* part = entry.first; part != entry.last; part++) {
                if (!part->account) continue;
                is_emptied |= (part->account->parts & AccountChange::WIPED) != 0;
                if (part->account->parts & AccountChange::CODE_SET && part->account->code_hash != EMPTY_CODE_HASH)
                    codes_.insert(text_of(part->account->code_hash.bytes, 32));
            }
            if (is_emptied) {
                emptied_.insert(owner);
                slots_.erase(slots_.lower_bound(owner), behind(owner).empty() ? slots_.end() : slots_.lower_bound(behind(owner)));
            }
            for (const Part* part = entry.first; part != entry.last; part++)
                for (size_t i = part->first_slot; i < part->last_slot; i++)
                    slots_[owner + text_of(paths[i].bytes, 32)] = slots[i].value.is_zero() ? std::string() : SlotValue{slots[i].value}.flat();
        }
    }

    bool read_stored(const Address& address, AccountValue& value, StateGap& gap) const {
        uint8_t path[32];
        std::string flat;
        bool is_there = false;
        keccak256(address.bytes, 20, path);
        if (!store_->read(ACCOUNTS, text_of(path, 32), flat, is_there))
            gap.gap.malformed(path, UNREADABLE);
        else if (is_there && !value.read_flat(reinterpret_cast<const uint8_t*>(flat.data()), flat.size()))
            gap.gap.malformed(path, "names an account in no form: the state is damaged");
        if (gap.gap.is_open) name(gap, address, nullptr);
        return is_there && !gap.gap.is_open;
    }

    u256 read_stored(const Address& address, const u256& slot, StateGap& gap) const {
        uint8_t path[32];
        std::string flat;
        bool is_there = false;
        SlotValue value;
        path_of(slot, path);
        if (!store_->read(SLOTS, text_of(owner_of(address), 32) + text_of(path, 32), flat, is_there))
            gap.gap.malformed(path, UNREADABLE);
        else if (is_there && !value.read_flat(reinterpret_cast<const uint8_t*>(flat.data()), flat.size()))
            gap.gap.malformed(path, "names a value in no form: the state is damaged");
        if (gap.gap.is_open) name(gap, address, &slot);
        return is_there && !gap.gap.is_open ? value.value : u256{};
    }

    // The path of an account. A thread that reads a slot often reads the next one of the same account.
    static const uint8_t* owner_of(const Address& address) {
        struct Known {
            Address address{};
            uint8_t path[32];
            bool is_known = false;
        };
        thread_local Known last;
        if (!last.is_known || !(last.address == address)) {
            keccak256(address.bytes, 20, last.path);
            last.address = address;
            last.is_known = true;
        }
        return last.path;
    }

    // How many of the workers may read from the store at once.
    size_t readers(size_t workers) const { return store_->is_free ? workers : 1; }

    // Reads what large changes of storages will need, each storage by all workers; those that change little are read as they do.
    static void load_storages(std::vector<Entry>& entries, const Hash* paths, size_t workers) {
        std::vector<const uint8_t*> wanted;
        for (Entry& entry : entries) {
            wanted.clear();
            for (const Part* part = entry.first; part != entry.last; part++)
                for (size_t i = part->first_slot; i < part->last_slot; i++) wanted.push_back(paths[i].bytes);
            if (wanted.size() >= READS_A_LOAD && entry.storage) entry.storage->load(wanted, workers);
        }
    }

    // Puts in what has changed of one storage; `entry.gap` says what it lacks, if anything.
    void change_storage(Entry& entry, const SlotChange* slots, const Hash* paths) {
        for (const Part* part = entry.first; part != entry.last; part++)
            if (part->account && part->account->parts & AccountChange::WIPED) entry.storage = storage_of(entry.path, EMPTY_ROOT);
        for (const bool is_removal : {false, true})
            for (const Part* part = entry.first; part != entry.last; part++)
                for (size_t i = part->first_slot; i < part->last_slot; i++) {
                    if (slots[i].value.is_zero() != is_removal) continue;
                    if (is_removal)
                        entry.storage->remove(paths[i].bytes, nodes_, entry.gap.gap);
                    else
                        entry.storage->put(paths[i].bytes, SlotValue{slots[i].value}, false, nodes_, entry.gap.gap);
                    if (entry.gap.gap.is_open) return name(entry.gap, slots[i].address, &slots[i].slot);
                }
    }

    bool put_account(Entry& entry, StateGap& gap) {
        const AccountValue before = entry.leaf ? entry.leaf->value : AccountValue::empty();
        AccountValue value = before;
        bool is_held = entry.leaf && before.is_nothing();
        if (entry.is_storage_changed) {
            value.storage_root = Hash{};
            if (entry.storage->is_empty()) {
                entry.is_emptied = true;
                entry.storage.reset();
                std::memcpy(value.storage_root.bytes, EMPTY_ROOT, 32);
            }
        }
        for (const Part* part = entry.first; part != entry.last; part++) {
            const AccountChange* change = part->account;
            if (!change) continue;
            if (change->parts & AccountChange::HELD) is_held = change->is_held;
            if (change->parts & AccountChange::NONCE_SET) value.nonce = change->nonce;
            if (change->parts & AccountChange::BALANCE_SET) value.balance = change->balance;
            if (change->parts & AccountChange::CODE_SET) value.code_hash = change->code_hash;
        }
        entry.is_kept = !value.is_nothing() || is_held;
        if (!entry.is_kept) return true;
        AccountTrie::Leaf* leaf = accounts_.put(entry.path, value, entry.storage != nullptr, nodes_, gap.gap);
        if (!leaf) {
            name(gap, *entry.address, nullptr);
            return false;
        }
        if (entry.is_storage_changed) leaf->extra = std::move(entry.storage);
        const bool was_unhashed = entry.leaf && before.storage_root == Hash{};
        const bool is_unhashed = value.storage_root == Hash{};
        if (is_unhashed && !was_unhashed) unhashed_.push_back(leaf);
        if (was_unhashed && !is_unhashed) strike_out(leaf);
        return true;
    }

    // An account that lost its storage before anybody asked for a root: rare, so a search will do.
    void strike_out(AccountTrie::Leaf* leaf) {
        unhashed_.erase(std::find(unhashed_.begin(), unhashed_.end(), leaf));
    }

    bool remove_account(const Entry& entry, StateGap& gap) {
        if (entry.leaf && entry.leaf->value.storage_root == Hash{}) strike_out(entry.leaf);
        written_.erase(entry.leaf);
        if (accounts_.remove(entry.path, nodes_, gap.gap)) return true;
        name(gap, *entry.address, nullptr);
        return false;
    }

    // The stale nodes that stand so many branches below a node, or the node itself.
    static void stale_below(TrieNode* node, int start, int levels, std::vector<Stale>& found) {
        if (!is_stale(node, start)) return;
        if (levels == 0 || node->kind != NodeKind::BRANCH) {
            found.push_back({node, start});
            return;
        }
        for (TrieNode* child : static_cast<TrieBranch*>(node)->children)
            if (child) stale_below(child, node->depth + 1, levels - 1, found);
    }

    template <class Hasher>
    static void hash_all(const std::vector<Stale>& nodes, size_t workers, size_t stretch) {
        std::vector<Hasher> hashers(workers);
        in_parallel(workers, nodes.size(), stretch, [&](size_t first, size_t last, size_t worker) {
            for (; first < last; first++) hashers[worker].add(nodes[first].node, nodes[first].start);
            hashers[worker].run();
        });
    }

    // First what hangs on the roots, so that one large storage is work for many, then the roots.
    void hash_storages(size_t workers) {
        using Hasher = TrieHasher<SlotValue>;
        std::vector<Stale> nodes;
        for (AccountTrie::Leaf* leaf : unhashed_) stale_below(leaf->extra->root(), 0, 1, nodes);
        hash_all<Hasher>(nodes, workers, 16);
        nodes.clear();
        for (AccountTrie::Leaf* leaf : unhashed_) nodes.push_back({leaf->extra->root(), 0});
        hash_all<Hasher>(nodes, workers, 16);
        for (AccountTrie::Leaf* leaf : unhashed_) root_of(leaf->extra->root()->seen, leaf->value.storage_root.bytes);
        unhashed_.clear();
    }

    // First the subtrees two branches down, then what is above them.
    void hash_accounts(size_t workers) {
        std::vector<Stale> nodes;
        stale_below(accounts_.root(), 0, 2, nodes);
        hash_all<AccountHasher>(nodes, workers, 8);
        hash_all<AccountHasher>({{accounts_.root(), 0}}, 1, 1);
    }

    AccountTrie accounts_;
    const Preimages* nodes_ = nullptr;
    std::vector<AccountTrie::Leaf*> unhashed_;   // all whose storage root is zero
    const StateStore* store_ = nullptr;          // null: it is in none
    std::set<std::string> touched_;              // the paths of accounts that may have changed since it was written to its store
    std::set<std::string> emptied_;                 // … whose storage has vanished
    std::unordered_set<AccountTrie::Leaf*> written_;   // whose storage was written since the tries were folded
    std::map<std::string, std::string> slots_;   // … and which slots have changed, as records of the store
    std::set<std::string> codes_;                 // … and the hashes of codes that accounts came to have
};

}  // namespace samestate::evm

#endif
