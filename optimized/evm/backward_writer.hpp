// RLP written from the last byte to the first: whoever writes so knows how long a list is when its prefix is due.

#ifndef SAMESTATE_EVM_BACKWARD_WRITER_HPP
#define SAMESTATE_EVM_BACKWARD_WRITER_HPP

#include <memory>

#include "samestate/optimized/evm/rlp.hpp"

namespace samestate::evm {

class BackwardWriter {
  public:
    const std::uint8_t* data() const { return room_.get() + begin_; }
    std::size_t size() const { return end_ - begin_; }

    void bytes(const std::uint8_t* bytes, std::size_t length) { rlp::write_bytes(extend(rlp::size_of_bytes(bytes, length)), bytes, length); }
    void number(std::uint64_t number) { rlp::write_number(extend(rlp::size_of_number(number)), number); }
    void word(const u256& word) { rlp::write_word(extend(rlp::size_of_word(word)), word); }

    // Begin the list whose items were all written since the writing had this size.
    void list(std::size_t since) {
        const std::size_t payload = size() - since;
        rlp::write_list_prefix(extend(rlp::prefix_size(payload)), payload);
    }

  private:
    // Room for so many bytes in front of all others.
    std::uint8_t* extend(std::size_t count) {
        if (count > begin_) grow(count);
        begin_ -= count;
        return room_.get() + begin_;
    }

    void grow(std::size_t count) {
        std::size_t room = end_ ? end_ * 2 : 4096;
        while (room - size() < count) room *= 2;
        std::unique_ptr<std::uint8_t[]> larger(new std::uint8_t[room]);
        const std::size_t begin = room - size();
        if (size()) std::memcpy(larger.get() + begin, data(), size());
        room_ = std::move(larger);
        begin_ = begin;
        end_ = room;
    }

    std::unique_ptr<std::uint8_t[]> room_;
    std::size_t begin_ = 0;     // of what is written
    std::size_t end_ = 0;       // of the room
};

}  // namespace samestate::evm

#endif
