// A block divided into runs (runs.py) by what its transactions are expected to access.
//
// A run is executed by one worker and repeated as a whole, and whoever depends on one of its transactions waits for all of them. So
// transactions go into one run that have nothing to do with the rest of the block, or each of which needs one of those before it in the run
// and would have waited for it anyway. One of which it is not known what it calls is a run by itself.

#ifndef SAMESTATE_EVM_EXPECTED_RUNS_HPP
#define SAMESTATE_EVM_EXPECTED_RUNS_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/expected_keys.hpp"

namespace samestate::evm {

class ExpectedRuns {
  public:
    // The first transaction of each run, and the end of the last, into `starts`: runs of at most so many transactions and so much gas. How
    // many transactions the longest has.
    std::uint64_t divide(const BlockInput& input, const std::vector<Expected>& expected, std::uint64_t most, std::uint64_t most_gas, std::vector<std::uint64_t>& starts) {
        const std::size_t count = input.transactions.size();
        connect(expected);
        std::uint64_t gas = 0, longest = count == 0 ? 0 : 1;
        bool is_apart = false;      // whether the run at hand is
        starts.clear();
        for (std::size_t index = 0; index < count; ++index) {
            const std::uint64_t limit = std::min(input.transactions[index].gas_limit, most_gas);
            const bool fits = index != 0 && index - starts.back() < most && gas + limit <= most_gas;
            const bool belongs = fits && (is_apart ? apart_[index] : needed_[index] > starts.back());
            if (!belongs) {
                starts.push_back(index);
                gas = 0;
                is_apart = apart_[index];
            }
            gas += limit;
            longest = std::max<std::uint64_t>(longest, index - starts.back() + 1);
        }
        starts.push_back(count);
        if (count == 0) starts.push_back(count);
        return longest;
    }

  private:
    struct Left {
        std::uint64_t key = 0;
        std::uint64_t by = 0;   // the transaction that leaves it last, and one more; 0: nobody, and the place is free
    };

    // Of each transaction the last one that it needs, and one more, and whether it neither needs one nor is needed.
    void connect(const std::vector<Expected>& expected) {
        std::size_t keys = 0;
        for (const Expected& each : expected) keys += each.writes.size() + each.credits.size();
        std::size_t places = 64;
        while (places < 2 * keys) places *= 2;
        left_.assign(places, Left{});
        needed_.assign(expected.size(), 0);
        apart_.assign(expected.size(), 1);
        for (std::size_t index = 0; index < expected.size(); ++index) {
            const Expected& each = expected[index];
            if (!each.is_known) apart_[index] = 0;
            for (const std::uint64_t key : each.reads) {
                const std::uint64_t by = place_of(key).by;
                if (by == 0 || by == index + 1) continue;
                needed_[index] = std::max(needed_[index], by);
                apart_[index] = apart_[by - 1] = 0;
            }
            for (const std::uint64_t key : each.writes) leave(key, index);
            for (const std::uint64_t key : each.credits) leave(key, index);
        }
    }

    Left& place_of(std::uint64_t key) {
        std::size_t place = key * SPREAD >> 20 & (left_.size() - 1);
        while (left_[place].by && left_[place].key != key) place = (place + 1) & (left_.size() - 1);
        return left_[place];
    }

    void leave(std::uint64_t key, std::size_t index) { place_of(key) = Left{key, index + 1}; }

    static constexpr std::uint64_t SPREAD = 0x9E3779B97F4A7C15;

    std::vector<Left> left_;
    std::vector<std::uint64_t> needed_;
    std::vector<std::uint8_t> apart_;
};

}  // namespace samestate::evm

#endif
