// Which transactions of a block are probably connected, so that those go into one piece: told from the addresses that they name, before
// any of them runs.
//
// A transaction names its sender, whom it calls, and the addresses among its arguments. Two that name the same are connected, and so are those
// that others connect. Addresses that a large part of the block names (a router, a token that everything is paid in) connect nothing: if they
// did, there would be one piece. Nothing here needs to be right: that pieces do not conflict is proven when they have ended (pieces.hpp).

#ifndef SAMESTATE_EVM_DEALING_HPP
#define SAMESTATE_EVM_DEALING_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/shape.hpp"

namespace samestate::evm {

class Dealing {
  public:
    std::vector<std::uint64_t> order;       // the transactions, piece by piece, those of each in the order of the block
    std::vector<std::uint64_t> starts;      // where in `order` each piece begins, and the end of the last

    // Deal a block's transactions to so many pieces. `share`: of the transactions, what one piece may have at most for it to be worth while.
    // Whether that could be done; if not, nothing is dealt.
    bool deal(const BlockInput& input, std::size_t pieces, std::size_t share) {
        const std::size_t count = input.transactions.size();
        gather(input);
        connect(count, std::max<std::size_t>(2, count / pieces));
        return distribute(count, pieces, share);
    }

  private:
    // An address that is named: how often, and by whom first.
    struct Named {
        std::uint64_t hash = 0;
        std::uint32_t times = 0;
        std::uint32_t first = 0;
    };

    // Enter all that transactions name.
    void gather(const BlockInput& input) {
        const std::size_t count = input.transactions.size();
        std::size_t places = 1024;
        while (places < 8 * count) places *= 2;
        named_.assign(places, Named{});
        entered_ = 0;
        mentions_.clear();
        ends_.clear();
        for (std::size_t index = 0; index < count; ++index) {
            const Transaction& transaction = input.transactions[index];
            mention(input.senders[index].address.bytes, index);
            if (transaction.has_to) mention(transaction.to.bytes, index);
            const std::uint64_t words = transaction.data_length < 4 ? 0 : std::min<std::uint64_t>((transaction.data_length - 4) / 32, shapes::WORDS);
            for (std::uint64_t word = 0; word < words; ++word) {
                const std::uint8_t* const argument = transaction.data + 4 + 32 * word;
                if (shapes::is_address(argument)) mention(argument + 12, index);
            }
            ends_.push_back(mentions_.size());
        }
    }

    void mention(const std::uint8_t* address, std::size_t index) {
        const std::uint64_t hash = hash_bytes(0, address, 20);
        const std::size_t mask = named_.size() - 1;
        std::size_t place = hash >> 20 & mask;
        while (named_[place].times && named_[place].hash != hash) place = (place + 1) & mask;
        Named& found = named_[place];
        if (found.times == 0) {
            // Never more than half full: what is left out connects nothing.
            if (2 * ++entered_ > named_.size()) return;
            found.hash = hash;
            found.first = static_cast<std::uint32_t>(index);
        }
        ++found.times;
        mentions_.push_back(static_cast<std::uint32_t>(place));
    }

    // Join those that name the same, unless more than so many do.
    void connect(std::size_t count, std::size_t most) {
        parents_.resize(count);
        for (std::size_t index = 0; index < count; ++index) parents_[index] = static_cast<std::uint32_t>(index);
        std::size_t mention = 0;
        for (std::size_t index = 0; index < count; ++index)
            for (; mention < ends_[index]; ++mention) {
                const Named& named = named_[mentions_[mention]];
                if (named.times <= most) join(named.first, index);
            }
    }

    std::uint32_t root_of(std::size_t index) {
        while (parents_[index] != index) index = parents_[index] = parents_[parents_[index]];
        return static_cast<std::uint32_t>(index);
    }

    void join(std::size_t one, std::size_t other) {
        const std::uint32_t first = root_of(one), second = root_of(other);
        if (first < second) parents_[second] = first;
        else parents_[first] = second;
    }

    // Give each connected part to the piece that has least.
    bool distribute(std::size_t count, std::size_t pieces, std::size_t share) {
        sizes_.assign(count, 0);
        for (std::size_t index = 0; index < count; ++index) ++sizes_[root_of(index)];
        loads_.assign(pieces, 0);
        piece_of_.resize(count);
        for (std::size_t index = 0; index < count; ++index) {
            const std::uint32_t root = root_of(index);
            if (root == index) {
                const std::size_t least = static_cast<std::size_t>(std::min_element(loads_.begin(), loads_.end()) - loads_.begin());
                loads_[least] += sizes_[index];
                if (loads_[least] > share) return false;
                piece_of_[index] = static_cast<std::uint32_t>(least);
            } else {
                piece_of_[index] = piece_of_[root];     // the root comes before it
            }
        }
        starts.assign(1, 0);
        for (std::size_t piece = 0; piece < pieces; ++piece) starts.push_back(starts.back() + loads_[piece]);
        next_.assign(starts.begin(), starts.end());
        order.resize(count);
        for (std::size_t index = 0; index < count; ++index) order[next_[piece_of_[index]]++] = index;
        return true;
    }

    std::vector<Named> named_;
    std::size_t entered_ = 0;
    std::vector<std::uint32_t> mentions_;       // places in `named_`, transaction by transaction
    std::vector<std::size_t> ends_;             // of each one's
    std::vector<std::uint32_t> parents_, sizes_, piece_of_;
    std::vector<std::uint64_t> loads_, next_;
};

}  // namespace samestate::evm

#endif
