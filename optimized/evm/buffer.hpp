// Bytes that grow at their end, and room for arrays that stay where they are: the two kinds of memory of encodings.

#ifndef SAMESTATE_EVM_BUFFER_HPP
#define SAMESTATE_EVM_BUFFER_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace samestate::evm {

// Bytes that grow at their end. Unlike std::vector it does not fill with zeros what is about to be written.
class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    Buffer(Buffer&& other) noexcept : bytes_(other.bytes_), size_(other.size_), room_(other.room_) {
        other.bytes_ = nullptr;
        other.size_ = other.room_ = 0;
    }
    ~Buffer() { std::free(bytes_); }

    void swap(Buffer& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }

    uint8_t* data() { return bytes_; }
    const uint8_t* data() const { return bytes_; }
    size_t size() const { return size_; }

    // Forgets the bytes and keeps the room.
    void clear() { size_ = 0; }

    // Forgets all bytes from `size` on, which must not be past the end.
    void shrink(size_t size) { size_ = size; }

    // Lengthens by `count` bytes, which the caller writes. Valid until the next call that lengthens.
    uint8_t* extend(size_t count) {
        if (count > room_ - size_) grow(count);
        uint8_t* begin = bytes_ + size_;
        size_ += count;
        return begin;
    }

    void append(const void* bytes, size_t count) {
        uint8_t* target = extend(count);
        if (count) std::memcpy(target, bytes, count);
    }

    void append(uint8_t byte) { *extend(1) = byte; }

    // Zeros up to the next multiple of 8.
    void align() {
        while (size_ % 8) append(uint8_t{0});
    }

private:
    void grow(size_t count) {
        size_t room = room_ ? room_ * 2 : 256;
        while (room - size_ < count) room *= 2;
        void* moved = std::realloc(bytes_, room);
        if (!moved) throw std::bad_alloc();
        bytes_ = static_cast<uint8_t*>(moved);
        room_ = room;
    }

    uint8_t* bytes_ = nullptr;
    size_t size_ = 0;
    size_t room_ = 0;
};

// Room for arrays that stay where they are until all is given back at once: what a decoded block points into.
class Shelf {
public:
    Shelf() = default;
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;
    ~Shelf() { clear(); }

    // An array of `count`, all zero; null where count is zero. Its memory is not touched before it is used.
    template <class T>
    T* take(size_t count) {
        static_assert(std::is_trivially_destructible<T>::value && alignof(T) <= ALIGNMENT, "plain data only");
        if (!count) return nullptr;
        if (count > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
        const size_t size = (count * sizeof(T) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
        if (!last_ || size > last_->room - last_->used) add(size);
        uint8_t* place = reinterpret_cast<uint8_t*>(last_ + 1) + last_->used;
        last_->used += size;
        return reinterpret_cast<T*>(place);
    }

    void clear() {
        while (last_) {
            Board* before = last_->before;
            std::free(last_);
            last_ = before;
        }
    }

private:
    static constexpr size_t ALIGNMENT = 16;
    static constexpr size_t USUAL_ROOM = 1 << 16;

    struct alignas(ALIGNMENT) Board {
        Board* before;
        size_t room;
        size_t used;
    };

    void add(size_t size) {
        const size_t room = size > USUAL_ROOM ? size : USUAL_ROOM;
        void* memory = std::calloc(1, sizeof(Board) + room);
        if (!memory) throw std::bad_alloc();
        last_ = new (memory) Board{last_, room, 0};
    }

    Board* last_ = nullptr;
};

}  // namespace samestate::evm

#endif
