// The exact path: instruction by instruction on the code as it is, every price and every bound checked where it counts.
//
// It runs what the block path (block_path.hpp) leaves to it: code that runs for the first times, so that what runs once is not
// translated; basic blocks that the gas left or the stack does not allow as a whole; and all code of which somebody wants a trace.
// It says what the machine means: the block path has to be equal to it in everything that shows.

#ifndef SAMESTATE_EVM_EXACT_PATH_HPP
#define SAMESTATE_EVM_EXACT_PATH_HPP

#include <cstdint>
#include <utility>

#include "samestate/optimized/evm/analysis.hpp"
#include "samestate/optimized/evm/arithmetic.hpp"
#include "samestate/optimized/evm/calls.hpp"
#include "samestate/optimized/evm/code_table.hpp"
#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/destruction.hpp"
#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/memory_instructions.hpp"
#include "samestate/optimized/evm/state_instructions.hpp"
#include "samestate/optimized/evm/tracing.hpp"
#include "samestate/optimized/evm/values.hpp"

namespace samestate::evm {

// How often `heed_stop` only looks before it lets `poll` look: far less than a millisecond's jumps and calls.
constexpr std::uint32_t LOOKS_BETWEEN_POLLS = 1024;

// Have somebody look at the clock and for signals, and stop where one of them says so.
inline void look_around(Executor& executor) {
    executor.looks = 0;
    if (executor.poll && executor.poll(executor.poll_itself)) throw Interrupted{Interruption::stopped};
}

// Stop where somebody has asked for it. Called at jumps and when a frame is entered or gone on with, so at least once in as many
// instructions as a code has.
inline void heed_stop(Executor& executor) {
    if (executor.stop && peek(executor.stop)) throw Interrupted{Interruption::stopped};
    if (++executor.looks >= LOOKS_BETWEEN_POLLS) look_around(executor);
}

// Where a jump goes: to a JUMPDEST that is no immediate. Whether it may.
inline bool jump_to(Executor& executor, const Frame& frame, const u256& target, std::uint64_t& position) {
    if (!target.fits_u64()) return false;
    if (!analysis_of(*frame.code, executor.codes->analyses()).can_jump_to(target.w[0])) return false;
    position = target.w[0];
    return true;
}

// The instructions that may start another frame, and SELFDESTRUCT: they take their operands and pay for themselves.
inline Next start(Executor& executor, Frame& frame, std::uint8_t opcode) {
    if (opcode == SELFDESTRUCT) return self_destruct(executor, frame);
    if (opcode == CREATE || opcode == CREATE2) return start_creation(executor, frame, opcode);
    return start_call(executor, frame, opcode);
}

// The immediate of an instruction of EIP-8024.
inline std::uint8_t depth_immediate(const Code& code, std::uint64_t position) {
    return position + 1 < code.size ? code.bytes[position + 1] : 0;
}

// Run a frame from `frame.position` until it ends, another frame is entered, or (`proceed`) it has come to where the block path may
// take over: after a jump, or at a JUMPDEST, if `may_leave`.
template <bool traced>
Next run_exact(Executor& executor, Frame& frame, bool may_leave) {
    const Code& code = *frame.code;
    const Rules& rules = *executor.rules;
    const std::uint8_t* bytes = code.bytes;
    const std::uint64_t size = code.size;
    std::uint64_t position = frame.position;
    u256* top = frame.top;  // one past the last item
    bool is_first = true;   // something has to be done before leaving

#define SAMESTATE_EVM_END(how)    \
    do {                          \
        frame.end = how;          \
        goto ended;               \
    } while (false)

    for (;; is_first = false) {
        const std::uint8_t opcode = position < size ? bytes[position] : static_cast<std::uint8_t>(STOP);
        if (opcode == JUMPDEST && may_leave && !is_first) {
            frame.position = position;
            frame.top = top;
            return Next::proceed;
        }
        if constexpr (traced) {
            frame.position = position;
            frame.top = top;
            executor.tracer->step(executor, frame, opcode);
        }
        if (!rules.defined[opcode]) SAMESTATE_EVM_END(End::undefined_instruction);
        const StackUse use = STACK_USES[opcode];
        if (top - frame.stack < use.takes) SAMESTATE_EVM_END(End::stack_underflow);
        if (top - frame.stack - use.takes + use.leaves > static_cast<std::ptrdiff_t>(STACK_LIMIT)) SAMESTATE_EVM_END(End::stack_overflow);
        if (!charge(frame, rules.gas[opcode])) SAMESTATE_EVM_END(End::out_of_gas);

        End end = End::running;
        switch (opcode) {
#define SAMESTATE_EVM_ROW(name, result)             \
    case name: {                                    \
        const u256 a = top[-1], b = top[-2];        \
        top[-2] = result;                           \
        break;                                      \
    }
            SAMESTATE_EVM_BINARY(SAMESTATE_EVM_ROW)
#undef SAMESTATE_EVM_ROW
#define SAMESTATE_EVM_ROW(name, result)     \
    case name: {                            \
        const u256 a = top[-1];             \
        top[-1] = result;                   \
        break;                              \
    }
            SAMESTATE_EVM_UNARY(SAMESTATE_EVM_ROW)
#undef SAMESTATE_EVM_ROW
#define SAMESTATE_EVM_ROW(name, result)                         \
    case name: {                                                \
        const u256 a = top[-1], b = top[-2], c = top[-3];       \
        top[-3] = result;                                       \
        break;                                                  \
    }
            SAMESTATE_EVM_TERNARY(SAMESTATE_EVM_ROW)
#undef SAMESTATE_EVM_ROW
            case EXP: end = exponentiate(frame, top[-1], top[-2], top[-2]); break;
            case KECCAK256: end = hash_memory(executor, frame, top[-1], top[-2], top[-2]); break;

            case BALANCE_OF: end = balance_of(executor, frame, top[-1], top[-1]); break;
            case CALLDATALOAD: top[-1] = input_word(frame, top[-1]); break;
            case CALLDATACOPY:
                end = copy_into_memory(executor, frame, top[-1], top[-2], top[-3], frame.input, frame.input_length);
                break;
            case CODECOPY: end = copy_into_memory(executor, frame, top[-1], top[-2], top[-3], bytes, size); break;
            case EXTCODESIZE: end = code_size_of(executor, frame, top[-1], top[-1]); break;
            case EXTCODECOPY: end = copy_code_of(executor, frame, top[-1], top[-2], top[-3], top[-4]); break;
            case RETURNDATACOPY: end = copy_return_data(executor, frame, top[-1], top[-2], top[-3]); break;
            case EXTCODEHASH: end = code_hash_of(executor, frame, top[-1], top[-1]); break;
            case BLOCKHASH: top[-1] = block_hash(*executor.environment, top[-1]); break;
            case BLOBHASH: top[-1] = blob_hash(executor.transaction, top[-1]); break;

            case POP: break;
            case MLOAD: end = load_word(executor, frame, top[-1], top[-1]); break;
            case MSTORE: end = store_word(executor, frame, top[-1], top[-2]); break;
            case MSTORE8: end = store_byte(executor, frame, top[-1], top[-2]); break;
            case MCOPY: end = copy_memory(executor, frame, top[-1], top[-2], top[-3]); break;
            case SLOAD: end = load_slot(executor, frame, top[-1], top[-1]); break;
            case SSTORE: end = store_slot(executor, frame, top[-1], top[-2]); break;
            case TLOAD: top[-1] = load_transient(executor, frame, top[-1]); break;
            case TSTORE: end = store_transient(executor, frame, top[-1], top[-2]); break;
            case LOG0: case LOG0 + 1: case LOG0 + 2: case LOG0 + 3: case LOG0 + 4:
                end = log(executor, frame, top[-1], top[-2], top - 3, opcode - LOG0);
                break;

            case JUMPDEST: break;
            case JUMP:
            case JUMPI: {
                heed_stop(executor);
                bool jumps = opcode == JUMP || !top[-2].is_zero();
                if (jumps && !jump_to(executor, frame, top[-1], position)) SAMESTATE_EVM_END(End::invalid_jump);
                top -= use.takes;
                position += !jumps;
                if (!may_leave) continue;
                frame.position = position;
                frame.top = top;
                return Next::proceed;
            }

            case DUPN: {
                const std::uint8_t immediate = depth_immediate(code, position);
                if (!is_depth_immediate(immediate)) SAMESTATE_EVM_END(End::invalid_immediate);
                const std::ptrdiff_t depth = depth_of_immediate(immediate);
                if (top - frame.stack < depth) SAMESTATE_EVM_END(End::stack_underflow);
                *top = *(top - depth);
                ++top;
                position += 2;
                continue;
            }
            case SWAPN: {
                const std::uint8_t immediate = depth_immediate(code, position);
                if (!is_depth_immediate(immediate)) SAMESTATE_EVM_END(End::invalid_immediate);
                const std::ptrdiff_t depth = depth_of_immediate(immediate);
                if (top - frame.stack <= depth) SAMESTATE_EVM_END(End::stack_underflow);
                std::swap(top[-1], top[-1 - depth]);
                position += 2;
                continue;
            }
            case EXCHANGE: {
                const std::uint8_t immediate = depth_immediate(code, position);
                if (!is_exchange_immediate(immediate)) SAMESTATE_EVM_END(End::invalid_immediate);
                const Exchanged items = exchanged_by_immediate(immediate);
                const std::ptrdiff_t deeper = items.first < items.second ? items.second : items.first;
                if (top - frame.stack <= deeper) SAMESTATE_EVM_END(End::stack_underflow);
                std::swap(top[-1 - static_cast<std::ptrdiff_t>(items.first)], top[-1 - static_cast<std::ptrdiff_t>(items.second)]);
                position += 2;
                continue;
            }

            case CREATE: case CREATE2:
            case CALL: case CALLCODE: case DELEGATECALL: case STATICCALL:
            case SELFDESTRUCT: {
                frame.position = position + 1;
                frame.top = top;
                const Next next = start(executor, frame, opcode);
                if (next != Next::proceed) {
                    if constexpr (traced) {
                        if (next == Next::end) executor.tracer->leave(executor, frame);
                        else executor.tracer->enter(executor, frame, executor.frames[executor.frame_count - 1]);
                    }
                    return next;
                }
                top = frame.top;
                ++position;
                continue;
            }

            case STOP:
                frame.output = nullptr;
                frame.output_length = 0;
                SAMESTATE_EVM_END(End::success);
            case RETURN:
            case REVERT:
                if (!give_output(executor, frame, top[-1], top[-2])) SAMESTATE_EVM_END(End::out_of_gas);
                SAMESTATE_EVM_END(opcode == RETURN ? End::success : End::revert);

            default:
                if (opcode >= DUP1 && opcode <= DUP16) {
                    *top = *(top - (opcode - DUP1 + 1));
                } else if (opcode >= SWAP1 && opcode <= SWAP16) {
                    std::swap(top[-1], *(top - (opcode - SWAP1 + 2)));
                } else if (opcode >= PUSH1 && opcode <= PUSH32) {
                    const std::uint64_t length = immediate_length(opcode);
                    const std::uint64_t there = size - position - 1 < length ? size - position - 1 : length;
                    std::uint8_t padded[32] = {};
                    for (std::uint64_t place = 0; place < there; ++place) padded[32 - length + place] = bytes[position + 1 + place];
                    *top = u256::load_be(padded);
                    position += length;
                } else {
                    *top = value_of(executor, frame, opcode, position, frame.gas);
                }
        }
        if (end != End::running) SAMESTATE_EVM_END(end);
        top += use.leaves - use.takes;
        ++position;
    }
#undef SAMESTATE_EVM_END

ended:
    frame.top = top;
    frame.position = position;
    if constexpr (traced) executor.tracer->leave(executor, frame);
    return Next::end;
}

}  // namespace samestate::evm

#endif
