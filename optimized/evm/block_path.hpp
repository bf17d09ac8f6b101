// The block path: code as translated basic blocks (translation.hpp).
//
// Gas and stack are checked once a block; then its steps run one after another, each going straight to the next one's handler. What may
// fail in the middle (memory that grows, slots, accounts) is given the gas that is left exactly, which is what the block has left
// and what it has paid for instructions to come; if the rest of the block cannot be paid any more, or the whole block cannot be
// when it begins, the exact path goes on at just that instruction. So gas, reads and errors are the same on both paths.

#ifndef SAMESTATE_EVM_BLOCK_PATH_HPP
#define SAMESTATE_EVM_BLOCK_PATH_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "samestate/optimized/evm/exact_path.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/steps.hpp"
#include "samestate/optimized/evm/translation.hpp"

// Threaded dispatch takes the addresses of labels, which the compilers that we know have. Without them it is a switch.
#if defined(__GNUC__) && !defined(SAMESTATE_SWITCHED)
#define SAMESTATE_THREADED 1
#endif

namespace samestate::evm {

// The build for tests leaves a block in the middle wherever it can.
#ifdef SAMESTATE_LEAVES_EARLY
constexpr bool LEAVES_EARLY = true;
#else
constexpr bool LEAVES_EARLY = false;
#endif

// How much gas runs between two looks at whether somebody wants the worker to stop: less than a millisecond's.
constexpr std::int64_t GAS_BETWEEN_STOPS = 1 << 20;

[[gnu::always_inline]] inline void exchange_words(u256& one, u256& other) {
    for (int limb = 0; limb < 4; ++limb) std::swap(one.w[limb], other.w[limb]);
}

// The block that begins at a position; the first who comes there once too often translates and publishes it. Null: it is not worth it yet,
// or there is no memory for it.
[[gnu::noinline]] inline const BasicBlock* translate_block(const Executor& executor, const Frame& frame, Analysis& analysis,
                                                           BasicBlock** place, const void* const* handlers) {
    BasicBlock* found = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    const std::uintptr_t count = reinterpret_cast<std::uintptr_t>(found);
    if (count < executor.codes->analyses().hot_after) {
        __atomic_compare_exchange_n(place, &found, reinterpret_cast<BasicBlock*>(count + 1), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return nullptr;
    }
    Translation translation(*frame.code, *executor.rules, analysis);
    translation.follow(static_cast<std::uint64_t>(place - analysis.published_blocks()));
    std::size_t size = 0;
    BasicBlock* made = translation.finish(handlers, size);
    if (made == nullptr) return nullptr;
    while (!is_translated(found)) {
        if (__atomic_compare_exchange_n(place, &found, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            __atomic_fetch_add(&analysis.bytes, size, __ATOMIC_RELAXED);
            return made;
        }
    }
    std::free(made);
    return found;
}

// Put the stack right in the middle of a block: before the instruction at `position`. `base` is where its top was when the block began.
// Gives where it is now.
[[gnu::noinline]] inline u256* restore_stack(const Executor& executor, const Frame& frame, const Analysis& analysis, const BasicBlock& block,
                                             u256* base, std::uint64_t position) {
    Translation translation(*frame.code, *executor.rules, analysis);
    translation.follow(block.position, position);
    const std::size_t from = translation.steps().size();
    translation.settle_all();
    const auto place = [base](std::int32_t bytes) { return base + bytes / static_cast<std::int32_t>(sizeof(u256)); };
    for (std::size_t index = from; index < translation.steps().size(); ++index) {
        const Step& step = translation.steps()[index];
        switch (static_cast<StepKind>(step.kind)) {
            case StepKind::COPY: *place(step.result) = *place(step.first); break;
            case StepKind::EXCHANGE: std::swap(*place(step.result), *place(step.first)); break;
            default: *place(step.result) = translation.constant_at(step.first); break;
        }
    }
    return base + translation.height();
}

// Run a frame from `frame.position` on, where its stack is as the code has it. As `run`; `proceed`: the exact path is to go on from
// there, at least over one instruction.
inline Next run_blocks(Executor& executor, Frame& frame, Analysis& analysis) {
#if SAMESTATE_THREADED
    static const void* const handlers[] = {
#define SAMESTATE_EVM_STEP(name) &&handle_##name,
        SAMESTATE_EVM_STEPS(SAMESTATE_EVM_STEP)
#undef SAMESTATE_EVM_STEP
    };
#define HANDLER(name) handle_##name:
// What stands before the jump keeps compilers from letting handlers share their ends: a jump of its own is predicted by itself.
#define DISPATCH()                            \
    do {                                      \
        __asm__ volatile("" ::"i"(__COUNTER__)); \
        goto *step->handler;                  \
    } while (false)
#else
    static const void* const* const handlers = nullptr;
#define HANDLER(name) case static_cast<std::uint64_t>(StepKind::name):
#define DISPATCH() goto dispatch
#endif
#define NEXT()      \
    do {            \
        ++step;     \
        DISPATCH(); \
    } while (false)

// Where operands lie: slots, constants, either.
#define SLOT(place) (*reinterpret_cast<u256*>(reinterpret_cast<char*>(base) + (place)))
#define CONSTANT_AT(place) (*reinterpret_cast<const u256*>(reinterpret_cast<const char*>(step) + (place)))
#define EITHER(place) \
    (*reinterpret_cast<const u256*>(((place) & 1 ? reinterpret_cast<const char*>(step) - 1 : reinterpret_cast<const char*>(base)) + (place)))
#define RESULT SLOT(step->result)
#define SET(value) put(RESULT, value)
#define FIRST SLOT(step->first)
#define SECOND SLOT(step->second)
#define SECOND_CONSTANT CONSTANT_AT(step->second)

    BasicBlock** const blocks = analysis.published_blocks();
    std::uint8_t* const memory = frame.memory;  // does not move
    const char* const stack = reinterpret_cast<const char*>(frame.stack);
    u256* base = frame.top;     // where the top of the stack was when the block began
    // What is left of gas, in two parts: what may be used until the next look at `stop`, and the rest.
    std::int64_t reserve = frame.gas > GAS_BETWEEN_STOPS ? frame.gas - GAS_BETWEEN_STOPS : 0;
    std::int64_t gas = frame.gas - reserve;
    BasicBlock** place = blocks + (frame.position < analysis.size ? frame.position : analysis.size);
    const BasicBlock* block;
    const Step* step;

// Run something with the gas that is exactly left. It may end the frame, or leave too little for the rest of the block.
#define PAY(expression)                                         \
    do {                                                        \
        frame.gas = gas + reserve + step->rest;                 \
        const End end = (expression);                           \
        if (end != End::running) {                              \
            frame.end = end;                                    \
            return Next::end;                                   \
        }                                                       \
        gas = frame.gas - reserve - step->rest;                 \
        if (gas < 0 || LEAVES_EARLY) goto look_at_gas;          \
        NEXT();                                                 \
    } while (false)

enter_block:
    block = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (__builtin_expect(!is_translated(block), 0)) {
        block = translate_block(executor, frame, analysis, place, handlers);
        if (block == nullptr) {
            frame.gas = gas + reserve;
            frame.top = base;
            frame.position = static_cast<std::uint64_t>(place - blocks);
            return Next::proceed;
        }
    }
check_block:
    gas -= static_cast<std::int64_t>(block->gas);
    if (__builtin_expect(gas < 0, 0)) goto refill;
    if (__builtin_expect(static_cast<std::uint64_t>(reinterpret_cast<const char*>(base) - stack) - block->need > block->room, 0)) {
        gas += static_cast<std::int64_t>(block->gas);
        goto leave_block;
    }
    step = block->steps();
#if SAMESTATE_THREADED
    DISPATCH();
#else
dispatch:
    switch (step->kind) {
#endif

    HANDLER(COPY) SET(FIRST); NEXT();
    HANDLER(CONSTANT) SET(CONSTANT_AT(step->first)); NEXT();
    HANDLER(EXCHANGE) exchange_words(RESULT, FIRST); NEXT();

    HANDLER(ADD_SS) SET(FIRST + SECOND); NEXT();
    HANDLER(ADD_SC) SET(FIRST + SECOND_CONSTANT); NEXT();
    HANDLER(SUB_SS) SET(FIRST - SECOND); NEXT();
    HANDLER(SUB_SC) SET(FIRST - SECOND_CONSTANT); NEXT();
    HANDLER(SUB_CS) SET(SECOND_CONSTANT - FIRST); NEXT();
    HANDLER(MUL_SS) SET(FIRST * SECOND); NEXT();
    HANDLER(MUL_SC) SET(FIRST * SECOND_CONSTANT); NEXT();
    HANDLER(AND_SS) SET(FIRST & SECOND); NEXT();
    HANDLER(AND_SC) SET(FIRST & SECOND_CONSTANT); NEXT();
    HANDLER(OR_SS) SET(FIRST | SECOND); NEXT();
    HANDLER(OR_SC) SET(FIRST | SECOND_CONSTANT); NEXT();
    HANDLER(XOR_SS) SET(FIRST ^ SECOND); NEXT();
    HANDLER(XOR_SC) SET(FIRST ^ SECOND_CONSTANT); NEXT();
    HANDLER(SHL_SS) SET(shift_left(SECOND, FIRST)); NEXT();
    HANDLER(SHL_CS) SET(shift_left(FIRST, SECOND_CONSTANT)); NEXT();
    HANDLER(SHR_SS) SET(shift_right(SECOND, FIRST)); NEXT();
    HANDLER(SHR_CS) SET(shift_right(FIRST, SECOND_CONSTANT)); NEXT();
    HANDLER(SAR_SS) SET(shift_right_arithmetic(SECOND, FIRST)); NEXT();
    HANDLER(SAR_CS) SET(shift_right_arithmetic(FIRST, SECOND_CONSTANT)); NEXT();
    HANDLER(LT_SS) SET(truth(FIRST < SECOND)); NEXT();
    HANDLER(LT_SC) SET(truth(FIRST < SECOND_CONSTANT)); NEXT();
    HANDLER(GT_SC) SET(truth(FIRST > SECOND_CONSTANT)); NEXT();
    HANDLER(SLT_SS) SET(truth(signed_less(FIRST, SECOND))); NEXT();
    HANDLER(SLT_SC) SET(truth(signed_less(FIRST, SECOND_CONSTANT))); NEXT();
    HANDLER(SGT_SC) SET(truth(signed_less(SECOND_CONSTANT, FIRST))); NEXT();
    HANDLER(EQ_SS) SET(truth(FIRST == SECOND)); NEXT();
    HANDLER(EQ_SC) SET(truth(FIRST == SECOND_CONSTANT)); NEXT();
    HANDLER(ISZERO_S) SET(truth(FIRST.is_zero())); NEXT();
    HANDLER(NOT_S) SET(~FIRST); NEXT();
    HANDLER(CLZ_S) SET(u256(static_cast<std::uint64_t>(count_leading_zeros(FIRST)))); NEXT();
    HANDLER(BINARY) compute(static_cast<std::uint8_t>(step->detail), EITHER(step->first), EITHER(step->second), RESULT); NEXT();
    HANDLER(TERNARY) {
        const u256& third = EITHER(static_cast<std::int32_t>(step->detail));
        compute(static_cast<std::uint8_t>(step->position), EITHER(step->first), EITHER(step->second), third, RESULT);
        NEXT();
    }
    HANDLER(EXPONENT) PAY(exponentiate(frame, EITHER(step->first), EITHER(step->second), RESULT));

    HANDLER(GAS_LEFT) SET(u256(static_cast<std::uint64_t>(gas + reserve + (MUTANT(GAS_OF_WHOLE_BLOCK) ? 0 : step->rest)))); NEXT();
    HANDLER(CALL_VALUE) SET(frame.value); NEXT();
    HANDLER(CALL_DATA_SIZE) SET(u256(frame.input_length)); NEXT();
    HANDLER(VALUE) SET(value_of(executor, frame, static_cast<std::uint8_t>(step->detail), step->position, 0)); NEXT();
    HANDLER(CALL_DATA_WORD) SET(input_word(frame, EITHER(step->first))); NEXT();
    HANDLER(BLOCK_HASH) SET(block_hash(*executor.environment, EITHER(step->first))); NEXT();
    HANDLER(BLOB_HASH) SET(blob_hash(executor.transaction, EITHER(step->first))); NEXT();

    HANDLER(LOAD_S) {
        const u256& offset = EITHER(step->first);
        if (__builtin_expect(!has_word(frame, offset), 0)) PAY(load_word(executor, frame, offset, RESULT));
        SET(u256::load_be(memory + offset.w[0]));
        NEXT();
    }
    HANDLER(LOAD_C) {
        const std::uint64_t offset = static_cast<std::uint64_t>(step->first);
        if (__builtin_expect(offset + 32 > frame.memory_size, 0)) PAY(load_word(executor, frame, u256(offset), RESULT));
        SET(u256::load_be(memory + offset));
        NEXT();
    }
    HANDLER(STORE_S) {
        const u256& offset = EITHER(step->first);
        if (__builtin_expect(!has_word(frame, offset), 0)) PAY(store_word(executor, frame, offset, EITHER(step->second)));
        EITHER(step->second).store_be(memory + offset.w[0]);
        NEXT();
    }
    HANDLER(STORE_C) {
        const std::uint64_t offset = static_cast<std::uint64_t>(step->first);
        if (__builtin_expect(offset + 32 > frame.memory_size, 0)) PAY(store_word(executor, frame, u256(offset), EITHER(step->second)));
        EITHER(step->second).store_be(memory + offset);
        NEXT();
    }
    HANDLER(STORE_BYTE) PAY(store_byte(executor, frame, EITHER(step->first), EITHER(step->second)));
    HANDLER(HASH) PAY(hash_memory(executor, frame, EITHER(step->first), EITHER(step->second), RESULT));
    HANDLER(COPY_MEMORY) PAY(copy_memory(executor, frame, EITHER(step->first), EITHER(step->second), EITHER(step->result)));
    HANDLER(COPY_CALL_DATA)
        PAY(copy_into_memory(executor, frame, EITHER(step->first), EITHER(step->second), EITHER(step->result), frame.input, frame.input_length));
    HANDLER(COPY_CODE)
        PAY(copy_into_memory(executor, frame, EITHER(step->first), EITHER(step->second), EITHER(step->result), frame.code->bytes, frame.code->size));
    HANDLER(COPY_RETURN_DATA) PAY(copy_return_data(executor, frame, EITHER(step->first), EITHER(step->second), EITHER(step->result)));
    HANDLER(COPY_CODE_OF) {
        const u256* top = &FIRST;
        PAY(copy_code_of(executor, frame, top[-1], top[-2], top[-3], top[-4]));
    }

    HANDLER(BALANCE_AT) PAY(balance_of(executor, frame, EITHER(step->first), RESULT));
    HANDLER(CODE_SIZE_AT) PAY(code_size_of(executor, frame, EITHER(step->first), RESULT));
    HANDLER(CODE_HASH_AT) PAY(code_hash_of(executor, frame, EITHER(step->first), RESULT));
    HANDLER(LOAD_SLOT) PAY(load_slot(executor, frame, EITHER(step->first), RESULT));
    HANDLER(STORE_SLOT) PAY(store_slot(executor, frame, EITHER(step->first), EITHER(step->second)));
    HANDLER(LOAD_TRANSIENT) SET(load_transient(executor, frame, EITHER(step->first))); NEXT();
    HANDLER(STORE_TRANSIENT) PAY(store_transient(executor, frame, EITHER(step->first), EITHER(step->second)));
    HANDLER(WRITE_LOG) {
        const u256* top = &FIRST;
        PAY(log(executor, frame, top[-1], top[-2], top - 3, step->detail));
    }

#define MOVE_TOP() base = &RESULT
    HANDLER(GO)
        place = step->next;
        MOVE_TOP();
        goto enter_block;
    HANDLER(JUMP_TO_S) {
        const u256& target = FIRST;
        if (!target.fits_u64() || !analysis.can_jump_to(target.w[0])) {
            frame.gas = gas + reserve;
            frame.end = End::invalid_jump;
            return Next::end;
        }
        place = blocks + target.w[0];
        MOVE_TOP();
        goto enter_block;
    }
#define BRANCH(name, condition)                                                 \
    HANDLER(name)                                                               \
        place = step->next;                                                     \
        if (!(condition)) place += static_cast<std::int32_t>(step->rest);       \
        MOVE_TOP();                                                             \
        goto enter_block;
    BRANCH(IF_S, !FIRST.is_zero())
    BRANCH(UNLESS_S, FIRST.is_zero())
    BRANCH(IF_LT_SS, FIRST < SECOND)
    BRANCH(IF_LT_SC, FIRST < SECOND_CONSTANT)
    BRANCH(IF_GT_SC, FIRST > SECOND_CONSTANT)
    BRANCH(IF_SLT_SS, signed_less(FIRST, SECOND))
    BRANCH(IF_SLT_SC, signed_less(FIRST, SECOND_CONSTANT))
    BRANCH(IF_SGT_SC, signed_less(SECOND_CONSTANT, FIRST))
    BRANCH(IF_EQ_SS, FIRST == SECOND)
    BRANCH(IF_EQ_SC, FIRST == SECOND_CONSTANT)
    BRANCH(UNLESS_LT_SS, !(FIRST < SECOND))
    BRANCH(UNLESS_LT_SC, !(FIRST < SECOND_CONSTANT))
    BRANCH(UNLESS_GT_SC, !(FIRST > SECOND_CONSTANT))
    BRANCH(UNLESS_SLT_SS, !signed_less(FIRST, SECOND))
    BRANCH(UNLESS_SLT_SC, !signed_less(FIRST, SECOND_CONSTANT))
    BRANCH(UNLESS_SGT_SC, !signed_less(SECOND_CONSTANT, FIRST))
    BRANCH(UNLESS_EQ_SS, FIRST != SECOND)
    BRANCH(UNLESS_EQ_SC, FIRST != SECOND_CONSTANT)

    HANDLER(START) {
        place = step->next;
        frame.gas = gas + reserve;
        frame.top = &RESULT;
        frame.position = static_cast<std::uint64_t>(place - blocks);
        const Next next = start(executor, frame, static_cast<std::uint8_t>(step->first));
        if (next != Next::proceed) return next;
        base = frame.top;
        gas = frame.gas - reserve;
        if (gas < 0) {      // the call has taken of the reserve
            reserve += gas;
            gas = 0;
        }
        goto enter_block;
    }
    HANDLER(HALT)
        frame.gas = gas + reserve;
        frame.output = nullptr;
        frame.output_length = 0;
        frame.end = End::success;
        return Next::end;
    HANDLER(GIVE)
        frame.gas = gas + reserve;
        frame.end = End::out_of_gas;
        if (give_output(executor, frame, EITHER(step->first), EITHER(step->second)))
            frame.end = step->detail == RETURN ? End::success : End::revert;
        return Next::end;
    HANDLER(LEAVE)
        frame.gas = gas + reserve;
        frame.top = &RESULT;
        frame.position = step->number;
        return Next::proceed;
#if !SAMESTATE_THREADED
    default: __builtin_unreachable();
    }
#endif

// The gas at hand does not suffice for the block.
refill:
    gas += static_cast<std::int64_t>(block->gas);
    if (reserve > 0) {
        heed_stop(executor);
        look_around(executor);
        gas += reserve;
        reserve = gas > GAS_BETWEEN_STOPS ? gas - GAS_BETWEEN_STOPS : 0;
        if (block->gas > static_cast<std::uint64_t>(GAS_BETWEEN_STOPS)) reserve = 0;
        gas -= reserve;
        goto check_block;
    }
leave_block:
    frame.gas = gas + reserve;
    frame.top = base;
    frame.position = block->position;
    return Next::proceed;

// An instruction in the middle has taken more than there is at hand.
look_at_gas:
    if (gas + reserve >= 0 && !LEAVES_EARLY) {
        gas += reserve;
        reserve = 0;
        NEXT();
    }
    frame.gas = gas + reserve + step->rest;
    frame.top = restore_stack(executor, frame, analysis, *block, base, step->position);
    frame.position = step->position;
    return Next::proceed;

#undef HANDLER
#undef DISPATCH
#undef NEXT
#undef SLOT
#undef CONSTANT_AT
#undef EITHER
#undef RESULT
#undef SET
#undef FIRST
#undef SECOND
#undef SECOND_CONSTANT
#undef PAY
#undef MOVE_TOP
#undef BRANCH
}

}  // namespace samestate::evm

#endif
