// A state in LMDB, read and written without the interpreter lock.
//
// The functions are those of the library inside the `lmdb` wheel (lmdb_functions.py), and no header of theirs is needed: what is called
// stands below, as LMDB 0.9 documents it. Everything answers from what was committed last. One transaction for reading stands open
// on each of a few snapshots, so that threads need not wait for one another; all of them are renewed when a block has been written.
//
// LMDB's own lock file is not used. Without it LMDB asks that nobody reads what is older than the last commit while somebody writes:
// the snapshots are of the last commit, and are renewed before the next one begins.

#ifndef SAMESTATE_STORES_LMDB_HPP
#define SAMESTATE_STORES_LMDB_HPP

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "samestate/optimized/stores/records.hpp"

namespace samestate::stores {

struct LmdbBytes {   // MDB_val
    size_t size;
    const void* data;
};

struct LmdbStatistics {   // MDB_stat
    unsigned page_size, depth;
    size_t branch_pages, leaf_pages, overflow_pages, entries;
};

// FUNCTION(name, result, parameters). A result that is a number is 0, an error of LMDB below 0, or one of the system.
#define SAMESTATE_LMDB_FUNCTIONS(FUNCTION)                                    \
    FUNCTION(version, const char*, (int*, int*, int*))                        \
    FUNCTION(strerror, const char*, (int))                                    \
    FUNCTION(env_create, int, (void**))                                       \
    FUNCTION(env_set_mapsize, int, (void*, size_t))                           \
    FUNCTION(env_set_maxdbs, int, (void*, unsigned))                          \
    FUNCTION(env_open, int, (void*, const char*, unsigned, unsigned))         \
    FUNCTION(env_close, void, (void*))                                        \
    FUNCTION(txn_begin, int, (void*, void*, unsigned, void**))                \
    FUNCTION(txn_commit, int, (void*))                                        \
    FUNCTION(txn_abort, void, (void*))                                        \
    FUNCTION(txn_reset, void, (void*))                                        \
    FUNCTION(txn_renew, int, (void*))                                         \
    FUNCTION(dbi_open, int, (void*, const char*, unsigned, unsigned*))        \
    FUNCTION(stat, int, (void*, unsigned, LmdbStatistics*))                   \
    FUNCTION(cursor_open, int, (void*, unsigned, void**))                     \
    FUNCTION(cursor_renew, int, (void*, void*))                               \
    FUNCTION(cursor_close, void, (void*))                                     \
    FUNCTION(cursor_get, int, (void*, LmdbBytes*, LmdbBytes*, int))           \
    FUNCTION(cursor_put, int, (void*, LmdbBytes*, LmdbBytes*, unsigned))      \
    FUNCTION(cursor_del, int, (void*, unsigned))                              \
    FUNCTION(drop, int, (void*, unsigned, int))

struct LmdbFunctions {
#define SAMESTATE_DECLARE(name, result, parameters) result(*name) parameters = nullptr;
    SAMESTATE_LMDB_FUNCTIONS(SAMESTATE_DECLARE)
#undef SAMESTATE_DECLARE

    // Their names, behind whatever a build has in front of them.
    static std::vector<std::string> names() {
        std::vector<std::string> found;
#define SAMESTATE_NAME(name, result, parameters) found.push_back(#name);
        SAMESTATE_LMDB_FUNCTIONS(SAMESTATE_NAME)
#undef SAMESTATE_NAME
        return found;
    }

    // `addresses`: in the order of the names.
    void fill(const uintptr_t* addresses) {
#define SAMESTATE_FILL(name, result, parameters) name = reinterpret_cast<result(*) parameters>(*addresses++);
        SAMESTATE_LMDB_FUNCTIONS(SAMESTATE_FILL)
#undef SAMESTATE_FILL
    }
};

// What flags and codes are called in LMDB, without MDB_ in front.
enum LmdbFlag : unsigned {
    NOSYNC = 0x10000, RDONLY = 0x20000, NOMETASYNC = 0x40000, NOTLS = 0x200000, NOLOCK = 0x400000, NORDAHEAD = 0x800000,
    CREATE = 0x40000, APPEND = 0x20000,
};
enum LmdbMove : int { LAST = 6, NEXT = 8, SET_KEY = 16, SET_RANGE = 17 };
enum LmdbError : int { NOTFOUND = -30798 };

// The mapped pages of a file, of which no more than `most` bytes stay in the address space of the process. What is let go of stays
// with the system, for as long as it has room, and comes back where it is read again.
class MappedPages {
public:
    explicit MappedPages(size_t most) : most_(most / WINDOW) {}

    // Somebody has read there. The system maps a window of pages around each that is touched.
    void touch(const void* place) {
        const uintptr_t at = reinterpret_cast<uintptr_t>(place);
        if (at < first_ || at >= end_) return;
        const size_t window = (at - first_) / WINDOW;
        std::atomic<uint64_t>& word = seen_[window / 64];
        const uint64_t bit = uint64_t{1} << window % 64;
        if (word.load(std::memory_order_relaxed) & bit || word.fetch_or(bit, std::memory_order_relaxed) & bit) return;
        size_t last = last_.load(std::memory_order_relaxed);
        while (last < window && !last_.compare_exchange_weak(last, window, std::memory_order_relaxed)) {}
        touch_unseen();
    }

    // Somebody has LMDB read a page there that it does not show.
    void touch_unseen() {
        if (first_ && count_.fetch_add(1, std::memory_order_relaxed) + 1 >= most_) let_go();
    }

    // Finds the mapping in which `place` lies, where the system tells: elsewhere nothing is let go of.
    void find(const void* place) {
        std::FILE* maps = first_ ? nullptr : std::fopen("/proc/self/maps", "re");
        if (!maps) return;
        char line[4096];
        while (std::fgets(line, sizeof line, maps)) {
            unsigned long first, end;
            if (std::sscanf(line, "%lx-%lx", &first, &end) != 2) continue;
            const uintptr_t at = reinterpret_cast<uintptr_t>(place);
            if (at < first || at >= end) continue;
            seen_.reset(new std::atomic<uint64_t>[(end - first) / WINDOW / 64 + 1]());
            before_ = resident_of_files();
            end_ = end;
            first_ = first;
            break;
        }
        std::fclose(maps);
    }

    bool is_found() const { return first_ != 0; }

private:
    static constexpr size_t WINDOW = 1 << 16;

    // So many parts has what was touched of the file; they are let go of one after another.
    static constexpr size_t PARTS = 16;

    // What the process has resident of files, in bytes, as the system counts it; 0: it does not tell.
    static size_t resident_of_files() {
        std::FILE* status = std::fopen("/proc/self/status", "re");
        if (!status) return 0;
        char line[256];
        unsigned long kilobytes = 0;
        while (std::fgets(line, sizeof line, status) && std::sscanf(line, "RssFile: %lu kB", &kilobytes) != 1) {}
        std::fclose(status);
        return kilobytes * 1024;
    }

    // How many windows are mapped, as the system says; where it does not, as many as were `counted`.
    size_t mapped(size_t counted) const {
        const size_t now = resident_of_files();
        return now ? (now - std::min(now, before_)) / WINDOW : counted;
    }

    // Lets go of a part and, if that is not enough, of the next. What was touched unseen is counted as often as it was, so the system is
    // asked first. Whatever it says, what comes next has some room before it is asked again.
    void let_go() {
        const std::lock_guard<std::mutex> guard(letting_go_);
        if (count_.load(std::memory_order_relaxed) < most_) return;
        const size_t enough = most_ - most_ / PARTS;
        const size_t words = last_.load(std::memory_order_relaxed) / 64 + 1, words_a_part = (words + PARTS - 1) / PARTS;
        size_t left = mapped(most_);
        for (size_t part = 0; left >= enough && part < PARTS; part++) {
            if (next_ >= words) next_ = 0;
            const size_t last = std::min(next_ + words_a_part, words);
            const uintptr_t from = first_ + next_ * 64 * WINDOW, to = last == words ? end_ : first_ + last * 64 * WINDOW;
            for (; next_ < last; next_++)
                if (seen_[next_].load(std::memory_order_relaxed)) seen_[next_].store(0, std::memory_order_relaxed);
            madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
            left = mapped(left - std::min(left, words_a_part * 64));
        }
        count_ = std::min(left, enough);
    }

    size_t most_;
    uintptr_t first_ = 0, end_ = 0;
    size_t before_ = 0;                               // what was resident of files when nothing was mapped here
    std::unique_ptr<std::atomic<uint64_t>[]> seen_;   // which windows were touched since they were let go of
    std::atomic<size_t> last_{0};                     // the last window that was ever touched
    std::atomic<size_t> count_{0};                    // how many are mapped, and what was touched in them unseen
    size_t next_ = 0;                                 // 64 windows, of which the next part begins
    std::mutex letting_go_;
};

class Lmdb {
public:
    // `resident`: the most bytes of the file that stay mapped.
    Lmdb(const LmdbFunctions& functions, size_t resident) : call_(functions), pages_(resident) {}
    Lmdb(const Lmdb&) = delete;
    Lmdb& operator=(const Lmdb&) = delete;
    ~Lmdb() { close(); }

    // There are databases, but not all that there should be. No error of the system has so high a number.
    static constexpr int INCOMPLETE = 1 << 20;

    // Opens the folder, with a database for each of the names. What is to be written is made. Gives 0 or an error; NOTFOUND where
    // there are no databases.
    int open(const std::string& folder, const std::vector<std::string>& names, bool is_writable, size_t map_size, bool is_synced) {
        is_writable_ = is_writable;
        int error = call_.env_create(&environment_);
        if (!error) error = call_.env_set_mapsize(environment_, map_size);
        if (!error) error = call_.env_set_maxdbs(environment_, TABLES);
        const unsigned flags = NOLOCK | NOTLS | NORDAHEAD | (is_writable ? 0u : RDONLY) | (is_synced ? 0u : NOSYNC | NOMETASYNC);
        if (!error) error = call_.env_open(environment_, folder.c_str(), flags, 0644);
        if (!error) error = open_tables(names);
        for (Snapshot& snapshot : snapshots_)
            if (!error) error = begin(snapshot);
        return error;
    }

    // Waits for what is being written, and gives everything back.
    void close() {
        settle();
        if (!environment_) return;
        for (Snapshot& snapshot : snapshots_) {
            for (void* cursor : snapshot.cursors)
                if (cursor) call_.cursor_close(cursor);
            if (snapshot.transaction) call_.txn_abort(snapshot.transaction);
        }
        call_.env_close(environment_);
        environment_ = nullptr;
    }

    const char* words_of(int error) const { return call_.strerror(error); }

    // The value of a key, as it was committed last. Gives 0 or an error.
    int get(int table, const std::string& key, std::string& value, bool& is_there) {
        Reader reader(*this);
        LmdbBytes name{key.size(), key.data()}, found{};
        // Where it is not there LMDB shows what comes behind, and so which page was read.
        const int error = call_.cursor_get(reader.cursor(table), &name, &found, SET_RANGE);
        is_there = !error && compare(name, key) == 0;
        if (error) return error == NOTFOUND ? 0 : error;
        pages_.touch(found.data);
        if (is_there) value.assign(static_cast<const char*>(found.data), found.size);
        return 0;
    }

    // All records from `first` on that are before `end`, in order; to the end of the table where that is empty, and no more than `most`.
    int scan(int table, const std::string& first, const std::string& end, size_t most, Run& records) {
        Reader reader(*this);
        LmdbBytes key{first.size(), first.data()}, value{};
        void* cursor = reader.cursor(table);
        // LMDB takes no empty key: the first record of all is asked for by the least that there can be.
        static const char least = '\0';
        if (first.empty()) key = {1, &least};
        int error = call_.cursor_get(cursor, &key, &value, SET_RANGE);
        for (; !error && records.size() < most; error = call_.cursor_get(cursor, &key, &value, NEXT)) {
            if (!end.empty() && compare(key, end) >= 0) break;
            records.add({static_cast<const char*>(key.data), key.size}, {static_cast<const char*>(value.data), value.size});
            pages_.touch(value.data);
        }
        return error == NOTFOUND ? 0 : error;
    }

    // Writes changes in one transaction, after whatever is being written. Gives 0 or an error, after which all is as before.
    int write(const Changes& changes) {
        const int error = settle();
        if (error) return error;
        const int written = transact(changes);
        const int renewed = renew();
        return written ? written : renewed;
    }

    // Begins to write changes, after whatever is being written, on a thread of its own, and takes them over. Gives 0, or an error of what
    // was being written; then these are let go of.
    int write_behind(Changes& changes) {
        const int error = settle();
        if (error) return error;
        std::swap(writing_, changes);
        try {
            writer_ = std::thread([this] { written_ = transact(writing_); });
        } catch (const std::system_error&) {   // the system gives no more threads
            return write(writing_);
        }
        return 0;
    }

    // What is being written; null: nothing is.
    const Changes* writing() const { return writer_.joinable() ? &writing_ : nullptr; }

    // Waits for what is being written. Gives 0, or its error, after which all is as before it.
    int settle() {
        if (!writer_.joinable()) return 0;
        writer_.join();
        const int renewed = renew();
        return written_ ? written_ : renewed;
    }

    // Whether it was no error; what it was is kept until somebody takes it.
    bool keeps(int error) {
        if (error) failure_ = error;
        return !error;
    }

    // What a read has failed with since somebody last asked; 0: none has.
    int take_failure() { return failure_.exchange(0); }

private:
    struct Snapshot {
        std::mutex busy;
        void* transaction = nullptr;
        void* cursors[TABLES] = {};
    };

    static constexpr size_t SNAPSHOTS = 16;

    // Whoever reads, on a snapshot that nobody else reads on.
    class Reader {
    public:
        explicit Reader(Lmdb& store) : snapshot_(store.snapshots_[mine() % SNAPSHOTS]), guard_(snapshot_.busy) {}
        void* cursor(int table) { return snapshot_.cursors[table]; }

    private:
        // A number of this thread's.
        static size_t mine() {
            static std::atomic<size_t> next{0};
            thread_local const size_t number = next++;
            return number;
        }

        Snapshot& snapshot_;
        std::lock_guard<std::mutex> guard_;
    };

    // As LMDB orders keys.
    static int compare(const LmdbBytes& key, const std::string& other) {
        const int order = std::memcmp(key.data, other.data(), std::min(key.size, other.size()));
        return order ? order : key.size < other.size() ? -1 : key.size > other.size();
    }

    int open_tables(const std::vector<std::string>& names) {
        void* transaction = nullptr;
        int error = call_.txn_begin(environment_, nullptr, is_writable_ ? 0u : RDONLY, &transaction);
        if (error) return error;
        unsigned everything = 0;
        LmdbStatistics statistics{};
        error = call_.dbi_open(transaction, nullptr, 0, &everything);
        if (!error) error = call_.stat(transaction, everything, &statistics);
        for (size_t table = 0; !error && table < names.size(); table++)
            error = call_.dbi_open(transaction, names[table].c_str(), is_writable_ && !statistics.entries ? CREATE : 0u, &tables_[table]);
        if (error) {
            call_.txn_abort(transaction);
            return error == NOTFOUND && statistics.entries ? INCOMPLETE : error;
        }
        return call_.txn_commit(transaction);
    }

    int begin(Snapshot& snapshot) {
        int error = call_.txn_begin(environment_, nullptr, RDONLY, &snapshot.transaction);
        for (int table = 0; !error && table < TABLES; table++) {
            error = call_.cursor_open(snapshot.transaction, tables_[table], &snapshot.cursors[table]);
            if (!error && !pages_.is_found()) error = find_pages(snapshot.cursors[table]);
        }
        return error;
    }

    int find_pages(void* cursor) {
        LmdbBytes key{}, value{};
        const int error = call_.cursor_get(cursor, &key, &value, LAST);
        if (!error) pages_.find(key.data);
        return error == NOTFOUND ? 0 : error;
    }

    // Has all snapshots answer from what was committed last. Nobody reads meanwhile.
    int renew() {
        int error = 0;
        for (Snapshot& snapshot : snapshots_) {
            const std::lock_guard<std::mutex> guard(snapshot.busy);
            call_.txn_reset(snapshot.transaction);
            if (!error) error = call_.txn_renew(snapshot.transaction);
            for (int table = 0; !error && table < TABLES; table++) {
                error = call_.cursor_renew(snapshot.transaction, snapshot.cursors[table]);
                if (!error && !pages_.is_found()) error = find_pages(snapshot.cursors[table]);
            }
        }
        return error;
    }

    int transact(const Changes& changes) {
        void* transaction = nullptr;
        int error = call_.txn_begin(environment_, nullptr, 0, &transaction);
        if (error) return error;
        for (const auto& [table, prefix] : changes.ranges())
            if (!error) error = clear(transaction, table, prefix);
        for (int table = 0; table < TABLES; table++)
            if (!error) error = put(transaction, table, changes.of(table));
        if (error)
            call_.txn_abort(transaction);
        else
            error = call_.txn_commit(transaction);
        return error;
    }

    // Takes out all keys that begin so.
    int clear(void* transaction, int table, const std::string& prefix) {
        if (prefix.empty()) return call_.drop(transaction, tables_[table], 0);
        void* cursor = nullptr;
        int error = call_.cursor_open(transaction, tables_[table], &cursor);
        while (!error) {
            LmdbBytes key{prefix.size(), prefix.data()}, value{};
            error = call_.cursor_get(cursor, &key, &value, SET_RANGE);
            if (error || key.size < prefix.size() || std::memcmp(key.data, prefix.data(), prefix.size())) break;
            error = call_.cursor_del(cursor, 0);
        }
        if (cursor) call_.cursor_close(cursor);
        return error == NOTFOUND ? 0 : error;
    }

    // Where all keys come after what is there, pages are filled to the end.
    int put(void* transaction, int table, const std::vector<Change>& changes) {
        if (changes.empty()) return 0;
        void* cursor = nullptr;
        int error = call_.cursor_open(transaction, tables_[table], &cursor);
        if (error) return error;
        LmdbBytes key{}, value{};
        error = call_.cursor_get(cursor, &key, &value, LAST);
        unsigned flags = error == NOTFOUND || (!error && compare(key, changes.front().key) < 0) ? APPEND : 0u;
        if (error == NOTFOUND) error = 0;
        for (const Change& change : changes) {
            if (error) break;
            pages_.touch_unseen();
            key = {change.key.size(), change.key.data()};
            if (change.is_put) {
                value = {change.value.size(), change.value.data()};
                error = call_.cursor_put(cursor, &key, &value, flags);
                continue;
            }
            error = call_.cursor_get(cursor, &key, &value, SET_KEY);
            if (!error) error = call_.cursor_del(cursor, 0);
            if (error == NOTFOUND) error = 0;
        }
        call_.cursor_close(cursor);
        return error;
    }

    LmdbFunctions call_;
    MappedPages pages_;
    void* environment_ = nullptr;
    bool is_writable_ = false;
    unsigned tables_[TABLES] = {};
    Snapshot snapshots_[SNAPSHOTS];
    std::thread writer_;
    Changes writing_;
    int written_ = 0;   // what came of what was written behind
    std::atomic<int> failure_{0};
};

// What states ask (state_store.hpp); `itself` is an Lmdb.
inline bool get_record(void* itself, int table, const std::string* key, std::string* value, bool* is_there) noexcept {
    Lmdb* store = static_cast<Lmdb*>(itself);
    try {
        return store->keeps(store->get(table, *key, *value, *is_there));
    } catch (const std::bad_alloc&) {
        return store->keeps(ENOMEM);
    }
}

inline bool scan_records(
    void* itself, int table, const std::string* first, const std::string* end, Run* found
) noexcept {
    Lmdb* store = static_cast<Lmdb*>(itself);
    try {
        return store->keeps(store->scan(table, *first, *end, SIZE_MAX, *found));
    } catch (const std::bad_alloc&) {
        return store->keeps(ENOMEM);
    }
}

}  // namespace samestate::stores

#endif
