// What basic blocks are translated into: steps that name where their operands lie, so that nothing is pushed, popped, duplicated or
// swapped while a block runs.

#ifndef SAMESTATE_EVM_STEPS_HPP
#define SAMESTATE_EVM_STEPS_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm {

struct BasicBlock;

// All kinds of steps. SS, SC and CS say of what is fast whether its two operands lie in a slot of the stack or are constants; where no
// such thing is said an operand may be either.
#define SAMESTATE_EVM_STEPS(STEP)                                                                                             \
    /* moving: nothing of the code, but what remains of DUP, SWAP and PUSH when a block ends */                                \
    STEP(COPY) STEP(CONSTANT) STEP(EXCHANGE)                                                                                  \
    /* arithmetic */                                                                                                          \
    STEP(ADD_SS) STEP(ADD_SC) STEP(SUB_SS) STEP(SUB_SC) STEP(SUB_CS) STEP(MUL_SS) STEP(MUL_SC)                                \
    STEP(AND_SS) STEP(AND_SC) STEP(OR_SS) STEP(OR_SC) STEP(XOR_SS) STEP(XOR_SC)                                               \
    STEP(SHL_SS) STEP(SHL_CS) STEP(SHR_SS) STEP(SHR_CS) STEP(SAR_SS) STEP(SAR_CS)                                             \
    STEP(LT_SS) STEP(LT_SC) STEP(GT_SC) STEP(SLT_SS) STEP(SLT_SC) STEP(SGT_SC) STEP(EQ_SS) STEP(EQ_SC)                        \
    STEP(ISZERO_S) STEP(NOT_S) STEP(CLZ_S)                                                                                    \
    STEP(BINARY) STEP(TERNARY) STEP(EXPONENT)                                                                                 \
    /* the frame, the transaction, the block */                                                                               \
    STEP(GAS_LEFT) STEP(CALL_VALUE) STEP(CALL_DATA_SIZE) STEP(VALUE)                                                          \
    STEP(CALL_DATA_WORD) STEP(BLOCK_HASH) STEP(BLOB_HASH)                                                                     \
    /* memory */                                                                                                              \
    STEP(LOAD_S) STEP(LOAD_C) STEP(STORE_S) STEP(STORE_C) STEP(STORE_BYTE) STEP(HASH) STEP(COPY_MEMORY)                       \
    STEP(COPY_CALL_DATA) STEP(COPY_CODE) STEP(COPY_RETURN_DATA) STEP(COPY_CODE_OF)                                            \
    /* state */                                                                                                               \
    STEP(BALANCE_AT) STEP(CODE_SIZE_AT) STEP(CODE_HASH_AT) STEP(LOAD_SLOT) STEP(STORE_SLOT)                                   \
    STEP(LOAD_TRANSIENT) STEP(STORE_TRANSIENT) STEP(WRITE_LOG)                                                                \
    /* what ends a block */                                                                                                   \
    STEP(GO) STEP(JUMP_TO_S) STEP(IF_S) STEP(UNLESS_S)                                                                        \
    STEP(IF_LT_SS) STEP(IF_LT_SC) STEP(IF_GT_SC) STEP(IF_SLT_SS) STEP(IF_SLT_SC) STEP(IF_SGT_SC) STEP(IF_EQ_SS) STEP(IF_EQ_SC) \
    STEP(UNLESS_LT_SS) STEP(UNLESS_LT_SC) STEP(UNLESS_GT_SC) STEP(UNLESS_SLT_SS) STEP(UNLESS_SLT_SC) STEP(UNLESS_SGT_SC)      \
    STEP(UNLESS_EQ_SS) STEP(UNLESS_EQ_SC)                                                                                     \
    STEP(START) STEP(HALT) STEP(GIVE) STEP(LEAVE)

enum class StepKind : std::uint32_t {
#define SAMESTATE_EVM_STEP(name) name,
    SAMESTATE_EVM_STEPS(SAMESTATE_EVM_STEP)
#undef SAMESTATE_EVM_STEP
    count
};

// One step. Where operands lie is said in bytes: those of the stack from where its top was when the block began, constants from the
// step itself. An operand that may be either is a constant if it is odd, and lies one byte before where it says.
struct Step {
    union {
        const void* handler;    // where the block path goes on with it
        std::uint64_t kind;     // a StepKind: where dispatch is a switch, and until the block is finished
    };
    std::int32_t result;        // where the result goes; a third operand of what has none; of what ends a block: how far the top moves
    std::int32_t first, second;
    // The gas of the instructions of the block after this one, paid when it began: so `gas` and this are what is left exactly.
    // Of a branch: how much further on in the code than what is jumped to the block begins that follows.
    std::uint32_t rest;
    union {
        std::uint64_t number;   // where in the code to go on instruction by instruction, if the gas does not suffice for the rest
        BasicBlock** next;           // the block that follows, or null while it was not translated
        struct {
            std::uint32_t position;
            std::uint32_t detail;   // what kind among those that share a handler: an opcode
        };
    };
};

static_assert(sizeof(Step) == 32);

// A basic block. Its steps follow it, and its constants them.
struct BasicBlock {
    std::uint64_t gas;          // of all its instructions, whatever their operands are
    std::uint64_t need;         // bytes of stack that have to be there
    std::uint64_t room;         // how much more than that there may be at most, so that nothing overflows
    std::uint32_t position;     // where it begins in the code
    std::uint32_t step_count;

    const Step* steps() const { return reinterpret_cast<const Step*>(this + 1); }
};

static_assert(sizeof(BasicBlock) == 32);

constexpr std::uint64_t BLOCK_LIMIT = 128;      // instructions of a block

}  // namespace samestate::evm

#endif
