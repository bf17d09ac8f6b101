// Records of a store by table and key, and what a block makes of them.
//
// Tables are numbers below TABLES, keys and values bytes. A store answers from what was committed last; what is to be written
// next is a Changes, which can be asked as well while it is on its way.

#ifndef SAMESTATE_STORES_RECORDS_HPP
#define SAMESTATE_STORES_RECORDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samestate::stores {

constexpr int TABLES = 5;

// Records that follow one another, in one piece of memory, which is kept for the next.
class Run {
public:
    void clear() {
        bytes_.clear();
        ends_.clear();
    }

    void add(std::string_view key, std::string_view value) {
        bytes_.append(key);
        const size_t behind_key = bytes_.size();
        bytes_.append(value);
        ends_.push_back({behind_key, bytes_.size()});
    }

    size_t size() const { return ends_.size(); }
    size_t bytes() const { return bytes_.size(); }
    std::string_view key(size_t index) const { return between(index ? ends_[index - 1].second : 0, ends_[index].first); }
    std::string_view value(size_t index) const { return between(ends_[index].first, ends_[index].second); }

    void swap(Run& other) {
        bytes_.swap(other.bytes_);
        ends_.swap(other.ends_);
    }

private:
    std::string_view between(size_t first, size_t end) const { return std::string_view(bytes_).substr(first, end - first); }

    std::string bytes_;
    std::vector<std::pair<size_t, size_t>> ends_;   // of the key and of the value of each
};

// The first key behind all that begin with `prefix`; empty where none is.
inline std::string behind(std::string prefix) {
    while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
    return prefix;
}

inline bool begins_with(std::string_view key, std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; }

struct Change {
    std::string key;
    std::string value;
    bool is_put = false;   // false: the key is taken out
};

// What is to be written in one transaction. Ranges go first; of changes to one key the last counts.
class Changes {
public:
    // Takes out all keys of the table that begin so.
    void clear(int table, std::string prefix) { ranges_.push_back({table, std::move(prefix)}); }

    void put(int table, std::string key, std::string value) { tables_[table].push_back({std::move(key), std::move(value), true}); }

    void remove(int table, std::string key) { tables_[table].push_back({std::move(key), std::string(), false}); }

    // Puts the changes of each table in order, each key once. What is asked below is asked after that.
    void sort() {
        for (std::vector<Change>& changes : tables_) {
            std::stable_sort(changes.begin(), changes.end(), [](const Change& one, const Change& other) { return one.key < other.key; });
            size_t kept = 0;
            for (size_t i = 0; i < changes.size(); i++) {
                if (i + 1 < changes.size() && changes[i + 1].key == changes[i].key) continue;
                if (kept != i) changes[kept] = std::move(changes[i]);
                kept++;
            }
            changes.resize(kept);
        }
    }

    // How many keys are changed, those in ranges aside, and how many bytes their new records have.
    size_t records() const {
        size_t count = 0;
        for (const std::vector<Change>& changes : tables_) count += changes.size();
        return count;
    }

    size_t bytes() const {
        size_t total = 0;
        for (const std::vector<Change>& changes : tables_)
            for (const Change& change : changes)
                if (change.is_put) total += change.key.size() + change.value.size();
        return total;
    }

    const std::vector<std::pair<int, std::string>>& ranges() const { return ranges_; }
    const std::vector<Change>& of(int table) const { return tables_[table]; }

    // What the changes make of a key: null where they leave it as it is. What is in a range that is cleared is taken out.
    const Change* find(int table, const std::string& key) const {
        static const Change taken_out;
        const auto place = from(table, key);
        if (place != tables_[table].end() && place->key == key) return &*place;
        return is_cleared(table, key) ? &taken_out : nullptr;
    }

    // Makes of records from `first` on, before `end` (empty: to the end of the table), what the changes make of them.
    void overlay(int table, const std::string& first, const std::string& end, Run& records) const {
        auto change = from(table, first);
        const auto last = end.empty() ? tables_[table].end() : from(table, end);
        if (change == last && ranges_.empty()) return;
        Run made;
        const auto add = [&] {
            if (change->is_put) made.add(change->key, change->value);
            ++change;
        };
        for (size_t i = 0; i < records.size(); i++) {
            const std::string_view key = records.key(i);
            while (change != last && change->key < key) add();
            if (change != last && change->key == key)
                add();
            else if (!is_cleared(table, key))
                made.add(key, records.value(i));
        }
        while (change != last) add();
        records.swap(made);
    }

private:
    bool is_cleared(int table, std::string_view key) const {
        for (const auto& [cleared, prefix] : ranges_)
            if (cleared == table && begins_with(key, prefix)) return true;
        return false;
    }

    std::vector<Change>::const_iterator from(int table, const std::string& key) const {
        return std::lower_bound(
            tables_[table].begin(), tables_[table].end(), key,
            [](const Change& change, const std::string& wanted) { return change.key < wanted; });
    }

    std::vector<std::pair<int, std::string>> ranges_;
    std::vector<Change> tables_[TABLES];
};

}  // namespace samestate::stores

#endif
