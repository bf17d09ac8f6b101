// What pieces of a block have read, credited and written, so that two that cannot stand side by side are found: a table of hashes that
// workers fill at once, each piece when it has ended.
//
// A key is entered once for each piece, as what was done to it at most. Any number of pieces may have read a key, or credited it; all else
// of two pieces is a conflict, whatever their order in the block. Who enters a key finds what is there, or is found by who comes later: an
// entry is one word, put there in one action. Keys are told apart by hashes under a seed that nobody outside knows. Two that meet
// by chance look like a conflict, which costs an execution and changes nothing.

#ifndef SAMESTATE_EVM_CONFLICT_TABLE_HPP
#define SAMESTATE_EVM_CONFLICT_TABLE_HPP

#include <vector>

#include "samestate/optimized/core/shim.hpp"

namespace samestate::evm {

// What a piece has done to a key.
enum class Use : std::uint64_t { READ = 1, CREDIT = 2, WRITE = 3 };

class ConflictTable {
  public:
    enum Answer { ENTERED, CONFLICT, FULL };

    // A new block: nothing is entered. Room for about so many keys, or what was needed before.
    void begin(std::size_t keys) {
        if (keys < least_) keys = least_;
        std::size_t places = 1024;
        while (places < 2 * keys) places *= 2;
        words_.assign(places, 0);
    }

    // From the next block on, have four times the room.
    void enlarge() { least_ = 2 * words_.size(); }

    // A piece has used a key, by its hash. Any worker, at any time; once for each key of a piece.
    Answer enter(std::uint64_t hash, Use use) {
        const std::uint64_t mask = words_.size() - 1;
        const std::uint64_t own = (hash & TAG) | static_cast<std::uint64_t>(use);
        std::uint64_t place = hash & mask;
        for (int looked = 0; looked < LONGEST; ++looked, place = (place + 1) & mask) {
            std::uint64_t found = peek(&words_[place]);
            while (found == 0) {
                if (atomic_replace(&words_[place], 0, own, "pieces.key.enter")) return ENTERED;
                found = peek(&words_[place]);
            }
            if (((found ^ own) & TAG) == 0) return found == own && use != Use::WRITE ? ENTERED : CONFLICT;
        }
        return FULL;
    }

  private:
    static constexpr std::uint64_t TAG = ~std::uint64_t{3};
    static constexpr int LONGEST = 64;      // places that are looked at for one key

    std::vector<std::uint64_t> words_;      // 0: free; else the upper bits of the hash, and the use
    std::size_t least_ = 0;
};

}  // namespace samestate::evm

#endif
