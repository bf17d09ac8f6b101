// The stack while a basic block is translated: what each item is, and the steps that put it where it belongs.
//
// An item is a constant or a *slot*: a place in the worker's stack, counted from where the top was when the block began. PUSH, DUP, SWAP and
// POP change items and nothing else. When the block ends each item is moved into the slot where the stack has it (`settle`).

#ifndef SAMESTATE_EVM_SYMBOLIC_STACK_HPP
#define SAMESTATE_EVM_SYMBOLIC_STACK_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

#include "samestate/optimized/evm/frame.hpp"
#include "samestate/optimized/evm/steps.hpp"

namespace samestate::evm {

class SymbolicStack {
  public:
    // A slot, or a constant by its number from here on.
    using Item = std::int32_t;
    static constexpr Item CONSTANTS = 1 << 20;

    // What is known of a step until all of them are there.
    struct Shape {
        std::uint8_t constants;     // which of result, first, second and detail count from the constants, by bit
        bool has_rest;
        std::uint64_t paid;         // the gas of the block up to and with its instruction
    };

    int height() const { return height_; }
    const std::vector<Step>& steps() const { return steps_; }
    // A constant of the block, by where it lies among them.
    const u256& constant_at(std::int32_t place) const { return pool_[static_cast<std::size_t>(place) / sizeof(u256)]; }

    // Put every item where the stack has it.
    void settle_all() { settle(low_, height_); }

  protected:
    // Slots from -BELOW on are followed; above, there are no more items than instructions, and as many again that lie elsewhere.
    static constexpr int BELOW = static_cast<int>(STACK_LIMIT);
    static constexpr int ABOVE = 3 * static_cast<int>(BLOCK_LIMIT);
    static_assert(ABOVE <= static_cast<int>(STACK_SPARE));

    SymbolicStack() { std::fill(uses_ + BELOW, uses_ + BELOW + ABOVE, 0); }

    Item& item(int position) { return items_[position + BELOW]; }
    std::int32_t& uses(Item slot) { return uses_[slot + BELOW]; }
    static bool is_constant(Item item) { return item >= CONSTANTS; }
    const u256& value(Item item) const { return constants_[item - CONSTANTS]; }

    // Look as deep as that below the top. What has not been looked at is where it was.
    void reach(int depth) {
        while (low_ > height_ - depth) {
            --low_;
            item(low_) = low_;
            uses(low_) = 1;
        }
    }

    void push(Item pushed) {
        item(height_) = pushed;
        if (!is_constant(pushed)) ++uses(pushed);
        if (++height_ > highest_) highest_ = height_;
    }

    Item pop() {
        reach(1);
        const Item popped = item(--height_);
        if (!is_constant(popped)) --uses(popped);
        return popped;
    }

    void push_constant(const u256& number) {
        constants_.push_back(number);
        push(CONSTANTS + static_cast<Item>(constants_.size()) - 1);
    }

    // A slot for the result that is pushed next: where the stack has it, if nothing lies there that is still an item; else the slot of
    // an operand that is none any more; else the first free one above.
    Item slot_for_result(Item one, Item other) {
        if (uses(height_) == 0) return height_;
        if (!is_constant(one) && uses(one) == 0) return one;
        if (!is_constant(other) && uses(other) == 0) return other;
        return free_slot();
    }

    Item free_slot() {
        Item slot = height_;
        while (uses(slot) != 0) ++slot;
        return slot;
    }

    Step& emit(StepKind kind) {
        Step step{};
        step.kind = static_cast<std::uint64_t>(kind);
        steps_.push_back(step);
        shapes_.push_back(Shape{0, false, gas_});
        return steps_.back();
    }

    static std::int32_t at(Item slot) { return slot * static_cast<std::int32_t>(sizeof(u256)); }

    // Where a constant lies among those of the block, in bytes from the first.
    std::int32_t pooled(Item constant) {
        const std::size_t number = static_cast<std::size_t>(constant - CONSTANTS);
        if (places_.size() <= number) places_.resize(number + 1, -1);
        if (places_[number] < 0) {
            places_[number] = static_cast<std::int32_t>(pool_.size() * sizeof(u256));
            pool_.push_back(constants_[number]);
        }
        return places_[number];
    }

    // Set one of the operands of the last step: 0 = result, 1 = first, 2 = second, 3 = detail. `may_be_either`: the step takes slots and constants there.
    void operand(int which, Item operand, bool may_be_either) {
        Step& step = steps_.back();
        std::int32_t place;
        if (is_constant(operand)) {
            place = pooled(operand) + may_be_either;
            shapes_.back().constants |= static_cast<std::uint8_t>(1 << which);
        } else {
            place = at(operand);
        }
        if (which == 0) step.result = place;
        else if (which == 1) step.first = place;
        else if (which == 2) step.second = place;
        else step.detail = static_cast<std::uint32_t>(place);
    }

    void push_result(Item one, Item other) {
        const Item slot = slot_for_result(one, other);
        steps_.back().result = at(slot);
        push(slot);
    }

    // Move items of [from, to) into their slots. Other items that lie there are moved out of the way. Beyond the limit of work it is left
    // undone.
    void settle(int from, int to) {
        for (bool is_moving = true; is_moving && work_ <= work_limit_;) {
            is_moving = false;
            bool is_waiting = false;
            for (int position = from; position < to; ++position) {
                ++work_;
                const Item source = item(position);
                if (source == position) continue;
                if (uses(position) != 0) {
                    is_waiting = true;
                    continue;
                }
                move(position, source);
                is_moving = true;
            }
            if (is_moving || !is_waiting) continue;
            // What is left waits for one another, in circles, or for an item outside. One is put right by an exchange, or by having
            // what lies in its way go elsewhere, if an exchange would take another item from where it belongs.
            for (int position = from; position < to; ++position) {
                const Item source = item(position);
                if (source == position) continue;
                if (is_constant(source) || uses(source) > 1) vacate(position);
                else exchange(position, source);
                is_moving = true;
                break;
            }
        }
    }

    void move(int position, Item source) {
        emit(is_constant(source) ? StepKind::CONSTANT : StepKind::COPY);
        operand(1, source, false);
        steps_.back().result = at(position);
        if (!is_constant(source)) --uses(source);
        ++uses(position);
        item(position) = position;
    }

    void exchange(Item one, Item other) {
        emit(StepKind::EXCHANGE);
        steps_.back().first = at(one);
        steps_.back().result = at(other);
        work_ += static_cast<std::uint64_t>(height_ - low_);
        for (int position = low_; position < height_; ++position) {
            if (item(position) == one) item(position) = other;
            else if (item(position) == other) item(position) = one;
        }
        std::swap(uses(one), uses(other));
    }

    void vacate(Item slot) {
        const Item free = free_slot();
        emit(StepKind::COPY);
        steps_.back().first = at(slot);
        steps_.back().result = at(free);
        work_ += static_cast<std::uint64_t>(height_ - low_);
        for (int position = low_; position < height_; ++position)
            if (item(position) == slot) item(position) = free;
        uses(free) = uses(slot);
        uses(slot) = 0;
    }

    int height_ = 0;            // counted from where it was when the block began
    int low_ = 0;               // how deep it was looked into
    int highest_ = 0;
    std::uint64_t gas_ = 0;     // of the instructions so far
    std::uint64_t work_ = 0;    // how often an item was looked at to settle it
    std::uint64_t work_limit_ = UINT64_MAX;
    std::vector<Step> steps_;
    std::vector<Shape> shapes_;
    std::vector<u256> pool_;    // the constants that steps use

  private:
    Item items_[BELOW + ABOVE];             // by position
    std::int32_t uses_[BELOW + ABOVE];      // by slot: how many items lie there
    std::vector<u256> constants_;           // all that have come up, by number
    std::vector<std::int32_t> places_;      // where in the pool they are, or -1
};

}  // namespace samestate::evm

#endif
