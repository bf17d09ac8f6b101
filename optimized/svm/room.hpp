// Memory for what a block makes, of which nothing is given back before the block is forgotten: one for each worker.

#ifndef SAMESTATE_SVM_ROOM_HPP
#define SAMESTATE_SVM_ROOM_HPP

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "samestate/optimized/svm/account.hpp"

namespace samestate::svm {

class Room {
  public:
    // So many bytes, aligned to 8 and not zeroed. Throws bad_alloc.
    uint8_t* take(size_t size) {
        size = (size + 7) & ~size_t{7};
        if (static_cast<size_t>(end_ - next_) < size) {
            if (size > PIECE / 4) {
                large_.emplace_back(new uint8_t[size]);
                return large_.back().get();
            }
            if (used_ == pieces_.size()) pieces_.emplace_back(new uint8_t[PIECE]);
            next_ = pieces_[used_++].get();
            end_ = next_ + PIECE;
        }
        uint8_t* taken = next_;
        next_ += size;
        return taken;
    }

    template <class Thing>
    Thing* take_many(size_t count) {
        return reinterpret_cast<Thing*>(take(count * sizeof(Thing)));
    }

    const uint8_t* copy(const uint8_t* data, size_t length) {
        uint8_t* copied = take(length);
        if (length) std::memcpy(copied, data, length);
        return copied;
    }

    // Nothing of what was taken is needed any more. What is not large stays for the next block.
    void reset() {
        large_.clear();
        used_ = 0;
        next_ = end_ = nullptr;
    }

  private:
    static constexpr size_t PIECE = 1 << 18;

    std::vector<std::unique_ptr<uint8_t[]>> pieces_;
    std::vector<std::unique_ptr<uint8_t[]>> large_;
    size_t used_ = 0;
    uint8_t* next_ = nullptr;
    uint8_t* end_ = nullptr;
};

// A row of plain things that are written before they are read: nobody clears it, and it stays from block to block.
template <class Thing>
class Plain {
  public:
    void resize(size_t count) {
        if (count > room_) {
            things_.reset(static_cast<Thing*>(std::malloc(count * sizeof(Thing))));
            room_ = things_ ? count : 0;
            if (!things_) throw std::bad_alloc();
        }
        count_ = count;
    }

    size_t size() const { return count_; }
    Thing& operator[](size_t index) { return things_.get()[index]; }
    const Thing& operator[](size_t index) const { return things_.get()[index]; }
    const Thing* begin() const { return things_.get(); }
    const Thing* end() const { return things_.get() + count_; }

  private:
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };

    std::unique_ptr<Thing, Free> things_;
    size_t count_ = 0;
    size_t room_ = 0;
};

}  // namespace samestate::svm

#endif
